"""The second look: what still seems to be a secret in a text that is about to be written.

Shares no pattern with the redaction: it looks for the words before secrets and at the characters after them, and for
known secrets it undoes escapes and encodings instead of spelling them.
"""

from __future__ import annotations

import base64
import html
import re
import string
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

_FIXED = "redacted"
_KEY = frozenset(string.ascii_letters + string.digits + "-_*")
_VALUE = _KEY | frozenset(".~+/=")
_WORD = frozenset(string.ascii_letters + string.digits)
_SMALL = frozenset(string.ascii_lowercase)
_ESCAPING = frozenset("\\%&~")
_LONGEST_TOKEN = 4096
_LONGEST_SEPARATOR = 32
_PIECE = 12
_NEEDLE = 7
_UNDONE = 3  # an escape within an escape within an escape


@dataclass(frozen=True)
class _Sign:
    """A word that stands before secrets: what it announces, of which characters, and from which length on.

    `before` are the characters one of which must stand before the word. The `member` of an object is followed by what
    separates its name from its value.
    """

    word: str
    kind: str
    characters: frozenset[str]
    shortest: int
    holds: Callable[[str], bool]
    before: str = ""
    member: bool = False


def _always(_: str) -> bool:
    return True


def _has_digit(token: str) -> bool:
    return any(character.isdigit() for character in token)


def _has_three_parts(token: str) -> bool:
    parts = token.split(".")
    return len(parts) >= 3 and len(parts[0]) >= 8 and len(parts[1]) >= 8 and len(parts[2]) > 0


def _is_password(token: str) -> bool:
    try:
        return b":" in base64.b64decode(token, validate=True)
    except ValueError:
        return False


def _member(word: str, kind: str) -> _Sign:
    return _Sign(word, kind, _VALUE, 12, _has_digit, before="\"'", member=True)


_SIGNS = (
    _Sign("sk-", "an API key", _KEY, 16, _has_digit),
    _Sign("sess-", "a session key", _KEY, 16, _has_digit),
    _Sign("bearer ", "a bearer token", _VALUE, 16, _has_digit),
    _Sign("basic ", "a password", _VALUE, 8, _is_password),
    _Sign("api-key: ", "an API key", _KEY, 16, _has_digit),
    _Sign("api-key=", "an API key", _KEY, 8, _always, before="?&"),
    _member("api-key", "an API key"),
    _member("api_key", "an API key"),
    _member("x-api-key", "an API key"),
    _member("authorization", "a credential"),
    _member("client_secret", "a secret"),
    _member("password", "a password"),
    *(_member(f"{one}_token", "a token") for one in ("access", "refresh", "id", "auth", "session")),
    _Sign("__cf_bm=", "a cookie", _VALUE, 8, _always),
    _Sign("_cfuvid=", "a cookie", _VALUE, 8, _always),
    _Sign("eyj", "a signed token", _WORD | frozenset("-_."), 24, _has_three_parts),
    _Sign("org-", "an organisation", _WORD, 16, _has_digit),
    _Sign("proj_", "a project", _WORD, 16, _has_digit),
)


def find_secrets(text: str, known: Iterable[str] = ()) -> list[str]:
    """What looks like a secret, told by its kind and place and never shown; normally nothing.

    `known` secrets, and beginnings and ends of them that give them away, are found in any case of letters, escaped or
    encoded any way that is undone here.
    """
    found: list[str] = []
    plain = re.sub(r"[^\x00-\x7f]", "\x1a", text)  # lower() may lengthen other letters, and places would be wrong
    lower = plain.lower()
    lines = _Lines(plain)
    for sign in _SIGNS:
        at = lower.find(sign.word)
        while at >= 0:
            start = at + len(sign.word)
            value = _value_of(plain, start) if sign.member else start
            token = _token(plain, value, sign.characters) if value else ""
            if len(token) >= sign.shortest and _announced(plain, at, sign) and _reveals(token, sign):
                found.append(f"{sign.kind} of {len(token)} characters {lines.place(at)}")
            at = lower.find(sign.word, (value or start) + len(token))
    for secret in known:
        found += _copies(text, secret)
    return found


class _Lines:
    """Where the lines of a text begin; looked for when the first place is asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] = []

    def place(self, at: int) -> str:
        if not self._starts:
            self._starts = [0, *(found.end() for found in re.finditer("\n", self._text))]
        line = bisect_right(self._starts, at)
        return f"in line {line}, column {at - self._starts[line - 1] + 1}"


def _announced(text: str, at: int, sign: _Sign) -> bool:
    before = text[at - 1] if at else " "
    return before in sign.before if sign.before else not (before.isalnum() or before in "-_.")


def _value_of(text: str, at: int) -> int:
    """Where the text of a member begins whose name ends here; 0 where there is none."""
    end = at
    while end < len(text) and end - at < _LONGEST_SEPARATOR and text[end] in "\\\"': \t":
        end += 1
    name_ends, colon, begins = text[at:end].partition(":")
    quoted = name_ends[:1] in ("\\", '"', "'") and re.fullmatch(r"[\s\\]*[\"']", begins)
    return end if colon and quoted else 0


def _reveals(token: str, sign: _Sign) -> bool:
    return token != _FIXED and sign.holds(token)


def _token(text: str, start: int, characters: frozenset[str]) -> str:
    end = start
    while end < len(text) and end - start < _LONGEST_TOKEN and text[end] in characters:
        end += 1
    return text[start:end]


def _copies(text: str, secret: str) -> Iterator[str]:
    """Where a known secret stands, line by line, in whatever spelling; a line tells it once."""
    stands, shortest = _recogniser(secret), min(len(secret), 10)
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) < shortest:
            continue
        for way, variant in _undone(line):
            if stands(variant):
                yield f"the API key in use in line {number}{way}"
                break


def _undone(line: str) -> Iterator[tuple[str, str]]:
    yield "", line
    seen, latest = {line}, [line]
    ways = _WAYS if len(line) <= _LONGEST_LINE else (_all_undone,)
    for _ in range(_UNDONE):
        latest = sorted({way(one) for one in latest for way in ways if _ESCAPING.intersection(one)} - seen)
        seen.update(latest)
        yield from ((", escaped", plain) for plain in latest)
    for undo in _SELDOM:
        if (plain := undo(line)) != line:
            yield ", escaped", plain
    for token in re.findall(r"[A-Za-z0-9+/_-]{10,}", line):
        for start in range(4):
            yield ", in base64", _decoded(token[start:]).decode("latin-1")
    for digits in re.findall(r"[0-9a-fA-F]{16,}", line):
        for start in range(2):
            even = digits[start:][: (len(digits) - start) // 2 * 2]
            yield ", in hexadecimal", bytes.fromhex(even).decode("latin-1")


def _recogniser(secret: str) -> Callable[[str], bool]:
    """Tells whether a secret is in a text: a short or plain one only as a word, where it is no part of another.

    Of a long and mixed one the beginning, the end or any twelve characters are enough, where those are no ordinary
    text themselves.
    """
    mixed = len(secret) >= 12 and _has_digit(secret) and any(character.isalpha() for character in secret)
    if not mixed:
        return lambda text: _is_word_of(secret, text)
    pieces = {secret[: _beginning(secret)].lower()}
    if len(secret) >= 20 and not _is_ordinary(secret[-10:]):
        pieces.add(secret[-10:].lower())
    within = _needles(secret)
    return lambda text: (
        any(piece in text.lower() for piece in pieces)
        or any(needle in text and _goes_on(text, secret, at) for at, needle in within)
    )


def _beginning(secret: str) -> int:
    """How much of a secret is as good as all of it: six characters behind the words that many keys begin with."""
    words = 0
    for end, character in enumerate(secret):
        if character in "-_" and _is_part(secret[words:end]):
            words = end + 1
        elif not character.isascii() or not character.isalpha():
            break
    enough = max(words + 6, 10)
    if words == 0:
        letters = next((n for n, character in enumerate(secret) if character not in _SMALL), len(secret))
        enough = max(enough, letters + 1)
    if any(quote in secret[:enough] for quote in "\"'\\"):
        return len(secret)
    return min(enough, len(secret))


def _is_part(word: str) -> bool:
    """Whether a word is one as keys begin with: of letters, small but for the first."""
    return 1 <= len(word) <= 16 and word[:1].isalpha() and all(letter in _SMALL for letter in word[1:])


def _is_ordinary(end: str) -> bool:
    """Whether the end of a secret is a number, or words with a number behind them."""
    words = end.rstrip(string.digits)
    parts = re.split(r"[-_.]", words)
    named = all(letter in _SMALL for part in parts for letter in part[1:]) and words.replace("-", "a").isascii()
    letters = all(character.isalpha() or character in "-_." for character in words)
    return not _has_digit(end) or not any(character.isalpha() for character in end) or (named and letters)


def _needles(secret: str) -> list[tuple[int, str]]:
    """Seven characters from so many places of a secret that any twelve of it hold some; none if all of it is plain.

    All are looked for in a text, which is faster than to look up each place of the text.
    """
    if _is_plain(secret):
        return []
    places = {*range(0, len(secret) - _NEEDLE + 1, _PIECE - _NEEDLE + 1), len(secret) - _NEEDLE}
    return [(at, secret[at : at + _NEEDLE]) for at in sorted(places)]


def _goes_on(text: str, secret: str, at: int) -> bool:
    """Whether a text holds twelve characters of a secret or more around those seven, and they are no ordinary text."""
    needle = secret[at : at + _NEEDLE]
    found = text.find(needle)
    while found >= 0:
        begin, end = found, found + _NEEDLE
        while begin and at - (found - begin) and text[begin - 1] == secret[at - (found - begin) - 1]:
            begin -= 1
        while end < len(text) and at + end - found < len(secret) and text[end] == secret[at + end - found]:
            end += 1
        if end - begin >= _PIECE and not _is_plain(text[begin:end]):
            return True
        found = text.find(needle, found + 1)
    return False


def _is_plain(piece: str) -> bool:
    """Whether a piece is words, each with a number behind it or without: small letters but for the first."""
    words = [part.rstrip(string.digits) for part in re.split(r"[-_.]", piece)]
    return all(not word or (word[0] in string.ascii_letters and _SMALL.issuperset(word[1:])) for word in words)


def _is_word_of(secret: str, text: str) -> bool:
    at = text.find(secret)
    while at >= 0:
        around = text[at - 1 : at] + text[at + len(secret) : at + len(secret) + 1]
        if not any(character in _WORD for character in around):
            return True
        at = text.find(secret, at + 1)
    return False


def _unescaped(text: str) -> str:
    """JSON's escapes undone, one level of them."""
    return re.sub(
        r"\\(?:u00([0-9a-fA-F]{2})|x([0-9a-fA-F]{2})|([\"'/\\]))",
        lambda found: found[3] or chr(int(found[1] or found[2], 16)),
        text,
    )


def _all_undone(text: str) -> str:
    """Every escape undone, however many backslashes stand before it."""
    coded = re.sub(r"(?<!\\)\\+(?:u00|x)([0-9a-fA-F]{2})", lambda found: chr(int(found[1], 16)), text)
    return html.unescape(unquote(re.sub(r"(?<!\\)\\+([\"'/\\])", r"\1", coded)))


def _pointed(text: str) -> str:
    """The escapes of a JSON pointer undone."""
    return text.replace("~1", "/").replace("~0", "~")


def _seldom_undone(text: str) -> str:
    """Escapes undone that are none of JSON, URLs or HTML but of C, JavaScript and mail; letters gone that none sees."""
    if "\\u" in text:
        text = re.sub(r"\\u(?:00ad|200[b-f]|206[0-4]|feff)", "", text, flags=re.IGNORECASE)
    if not text.isascii():
        text = _UNSEEN.sub("", text)
    if "=" in text or "\\u{" in text or "\\U000000" in text:
        pattern = r"(?<!\\)\\+u\{0*([2-7][0-9a-fA-F])\}|(?<!\\)\\+U000000([2-7][0-9a-fA-F])|=([2-7][0-9A-Fa-f])"
        text = re.sub(pattern, lambda found: chr(int(found[1] or found[2] or found[3], 16)), text)
    return re.sub(r"(?<!\\)\\+([01]?[0-7]{2})", lambda found: chr(int(found[1], 8)), text) if "\\" in text else text


_UNSEEN = re.compile(
    "[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]|\xc2\xad|\xe2\x80[\x8b-\x8f]|\xe2\x81[\xa0-\xa4]|\xef\xbb\xbf"
)


def _closed_up(text: str) -> str:
    """Bytes in hexadecimal that stand apart, read as the characters that they are."""
    return re.sub(
        r"\b(?:[0-9A-Fa-f]{2}[ :-]){9,}[0-9A-Fa-f]{2}\b",
        lambda found: bytes.fromhex(re.sub("[ :-]", "", found[0])).decode("latin-1"),
        text,
    )


_SELDOM: tuple[Callable[[str], str], ...] = (_seldom_undone, _closed_up)
_WAYS: tuple[Callable[[str], str], ...] = (_unescaped, unquote, html.unescape, _pointed, _all_undone)
_LONGEST_LINE = 100_000  # in longer ones escapes are undone in one order only


def _decoded(token: str) -> bytes:
    """A token read as base64 of either alphabet, as far as it goes."""
    body = token.rstrip("=").replace("-", "+").replace("_", "/")
    if not re.fullmatch(r"[A-Za-z0-9+/]*", body):
        return b""
    body = body[: len(body) - 1] if len(body) % 4 == 1 else body
    return base64.b64decode(body + "=" * (-len(body) % 4))
