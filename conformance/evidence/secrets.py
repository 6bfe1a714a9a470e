"""Secrets in a text: those we were given, in their usual spellings, and those of others, by their shape.

`redact_text` replaces them, `find_secrets` is what every writer asks before it writes. To find a given secret the one
undoes escapes and looks for encodings, the other undoes both by the standard library: a mistake in one is seen by the
other. No pattern looks further than the run of characters it starts in: a hostile text takes linear time.
"""

import base64
import binascii
import html
import json
import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, reduce
from typing import NamedTuple
from urllib.parse import unquote

REDACTED = "redacted"
WITHHELD = "(withheld: it holds what may be a secret)"
CUT = "…"
"""What stands in our texts where a long value was cut, perhaps in the middle of a secret."""
SHORTEST_PIECE = 4
"""Characters before a cut that are taken for the beginning of a given secret."""
MAX_ROUNDS = 8  # what is left after a replacement can look like a secret only where one stood beside it


class Span(NamedTuple):
    """A piece of a text that is replaced."""

    start: int
    end: int
    word: str = REDACTED


def is_unmistakable(secret: str) -> bool:
    """Whether its characters are the secret wherever they stand; others, such as `test-key`, only as a word."""
    letters = any(character.isalpha() for character in secret)
    return len(secret) >= 12 and letters and any(character.isdigit() for character in secret)


def redact_text(text: str, known: Iterable[str] = ()) -> str:
    """The text without secrets; `WITHHELD` where the second look still finds one."""
    known = tuple(known)
    for _ in range(MAX_ROUNDS):
        if not (spans := merged(secret_spans(text, known))):
            break
        text = replaced(text, spans)
    return WITHHELD if find_secrets(text, known) else text


def replaced(text: str, spans: list[Span]) -> str:
    """The text with each of these spans, which are in order and apart, replaced by its word."""
    pieces: list[str] = []
    done = 0
    for start, end, word in spans:
        pieces += (text[done:start], word)
        done = end
    return "".join([*pieces, text[done:]])


def merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that overlap as one."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start < found[-1].end:
            last = found.pop()
            span = Span(last.start, max(last.end, span.end), last.word or span.word)
        found.append(span)
    return found


def secret_spans(text: str, known: Iterable[str], literals: Iterable[str] = ()) -> Iterator[Span]:
    """Where a text holds a secret: a `known` one in any spelling, a literal as it is, or one of a known shape."""
    for secret in known:
        yield from _known_spans(text, secret)
    for literal in literals:
        if literal in text:
            yield from (Span(*found.span()) for found in re.finditer(re.escape(literal), text))
    lower = text.lower()
    for sign, pattern in _SHAPES:
        if sign in lower:
            yield from (Span(*found.span("secret")) for found in pattern.finditer(text))
    if "basic " in lower:
        for found in _BASIC.finditer(text):
            if _holds_password(found["secret"]):
                yield Span(*found.span("secret"))


# Secrets of others ----------------------------------------------------------------------------------------------------

SECRET_QUERY = r"api-?_?key|key|token|access_token|subscription-key|sig|signature|secret"
_MEMBER = (
    r"(?:x[-_])?api[-_]?key|authorization|(?:access|refresh|id|auth|session)[-_]token|client[-_]secret|password"
    r"|openai[-_](?:organization|project)"
)
# An escape ends in letters or digits and is no part of a word: a line break in JSON, %2F in a URL.
_ESCAPED = r"(?<=\\[bfnrt])|(?<=\\u[0-9A-Fa-f]{4})|(?<=%[0-9A-Fa-f]{2})"
_START = rf"(?:(?<![A-Za-z0-9_-])|{_ESCAPED})"
_WORD = rf"(?:\b|{_ESCAPED})"
_BASIC = re.compile(rf"{_WORD}Basic +(?!{REDACTED}\b)(?P<secret>[A-Za-z0-9+/]{{4,}}={{0,2}})", re.ASCII | re.IGNORECASE)


def _shape(sign: str, before: str, character: str, times: str, ahead: str = "", behind: str = "") -> re.Pattern[str]:
    """What stays, and the secret after it: so many such characters. The fixed word alone is a secret no more."""
    pattern = rf"(?:{before})(?!{REDACTED}(?!{character})){ahead}(?P<secret>{character}{times}){behind}"
    return re.compile(pattern, re.ASCII | re.IGNORECASE)


_SHAPES = tuple(
    (sign, _shape(sign, *parts))
    for sign, *parts in (
        # (a text without which it never matches, what stays, the characters of the secret, how many, what must follow)
        *(
            (sign, _START + sign, r"[A-Za-z0-9_*-]", "{8,}", r"(?=[A-Za-z_-]*[0-9*]|[A-Za-z_-]{20})")
            for sign in ("sk-", "sess-")
        ),
        *((sign, _START + sign, r"[A-Za-z0-9]", "{12,}", r"(?=[A-Za-z]*[0-9])") for sign in ("org-", "proj_")),
        (
            "bearer ",
            _WORD + "Bearer +",
            r"[\w.~+/=*-]",
            "{8,}",
            r"(?![a-z_]+=\")(?=[a-z._~+/=*-]*[0-9]|[a-z._~+/=*-]{20})",
        ),
        ("eyj", _START + r"(?=eyJ)", r"[\w-]", r"{11,}\.[\w-]{8,}\.[\w-]+"),
        ("api-key: ", _WORD + "api-key: ?", r"[\w*-]", "{16,}", r"(?=[A-Za-z_*-]*[0-9])"),
        ("=", rf"[?&](?:{SECRET_QUERY})=", r"[^&#\s\"'\\<>]", "+", r"(?!\$[A-Z_]+(?![^&#\s\"'\\<>]))"),  # $NAME stays
        ("__cf_bm=", _WORD + "__cf_bm=", r"[^;,\s\"'\\]", "+"),
        ("_cfuvid=", _WORD + "_cfuvid=", r"[^;,\s\"'\\]", "+"),
        ("://", r"://[^/?#\s\"'\\@:]*:", r"[^/?#\s\"'\\@]", "+", "", r"(?=@)"),
        # members of JSON, and of JSON within a text of JSON or as Python prints it
        ('"', rf"\"(?:{_MEMBER})\"\s{{0,9}}:\s{{0,9}}\"", r"(?:[^\"\\\r\n]|\\[^\r\n])", "+"),
        ('\\"', rf"\\{{1,7}}\"(?:{_MEMBER})\\{{1,7}}\"\s{{0,9}}:\s{{0,9}}\\{{1,7}}\"", r"[^\"\\\r\n]", "+"),
        ("'", rf"'(?:{_MEMBER})'\s{{0,9}}:\s{{0,9}}'", r"[^'\\\r\n]", "+"),
    )
)


def _holds_password(token: str) -> bool:
    """Whether a token is `name:password` in base64, as basic authentication sends it."""
    try:
        return b":" in base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        return False


# Secrets we were given ------------------------------------------------------------------------------------------------


def _known_spans(text: str, secret: str) -> Iterator[Span]:
    """Where a text holds a given secret: as it is, with escapes in it, in hexadecimal or in base64."""
    spelled = json.dumps(secret, ensure_ascii=False)[1:-1]
    for plain in {secret, spelled}:  # its own backslashes are no escapes
        yield from (Span(*found) for found in _copies(text, plain))
    for coded in _encodings(secret):
        yield from (Span(*found) for found in _copies(text, coded, coded=True))
    plain, ends, shifts = _unescaped(text)
    if ends:
        for places in _copies(plain, secret):
            start, end = (place + (shifts[at - 1] if (at := bisect_right(ends, place)) else 0) for place in places)
            yield Span(start, end)


def _copies(text: str, secret: str, *, coded: bool = False) -> Iterator[tuple[int, int]]:
    """Where a text holds a secret whole, or, before the mark of a cut, its beginning."""
    as_word = not coded and not is_unmistakable(secret)
    if not as_word and (not coded or secret.islower()):
        secret, text = secret.lower(), _lower(text)
    at = text.find(secret)
    while at >= 0:
        end = at + len(secret)
        if not as_word or not (_in_word(text, at) or _in_word(text, end)):
            yield at, end
        at = text.find(secret, at + 1)
    cut = text.find(CUT)
    while cut >= 0:
        begin = max(0, cut - len(secret))
        while (begin := text.find(secret[:SHORTEST_PIECE], begin, cut)) >= 0:
            if secret.startswith(text[begin:cut]) and not (as_word and _in_word(text, begin)):
                yield begin, cut
                break
            begin += 1
        cut = text.find(CUT, cut + 1)


def _lower(text: str) -> str:
    """In small letters, each in its place: some letters of other scripts become two."""
    lower = text.lower()
    return lower if len(lower) == len(text) else "".join(c.lower() if c.isascii() else c for c in text)


def _in_word(text: str, at: int) -> bool:
    """Whether letters or digits stand on both sides of a place."""
    return 0 < at < len(text) and bool(re.fullmatch("[A-Za-z0-9]{2}", text[at - 1 : at + 1]))


@lru_cache(maxsize=64)
def _encodings(secret: str) -> tuple[str, ...]:
    """A secret in hexadecimal, and what base64 of a text around it always holds, at each place in a group of three."""
    content = secret.encode()
    found = [content.hex()]
    for offset in range(3):
        whole = base64.b64encode(bytes(offset) + content).decode()
        core = whole[-(-offset * 8 // 6) : (offset + len(content)) * 8 // 6]  # less what its neighbours change
        found += [core, core.replace("+", "-").replace("/", "_")]
    return tuple(dict.fromkeys(found))


_ESCAPE = re.compile(
    r"\\{1,8}(?:u00(?P<json>[2-7][0-9a-f])|(?P<itself>[\"'/\\]))|%(?:25){0,3}(?P<percent>[2-7][0-9a-f])"
    r"|(?P<pointer>~[01])",
    re.IGNORECASE,
)


def _unescaped(text: str) -> tuple[str, list[int], list[int]]:
    """A text without the escapes of JSON, its pointers and URLs; where each ended, and how much further on it was."""
    pieces: list[str] = []
    ends: list[int] = []
    shifts: list[int] = []
    length = done = 0
    for found in _ESCAPE.finditer(text):
        pieces += (text[done : found.start()], _character(found))
        length += found.start() - done + 1
        done = found.end()
        ends.append(length)
        shifts.append(done - length)
    return "".join([*pieces, text[done:]]), ends, shifts


def _character(escape: re.Match[str]) -> str:
    if escape["pointer"]:
        return "/" if escape["pointer"] == "~1" else "~"
    return escape["itself"] or chr(int(escape["json"] or escape["percent"], 16))


# The second look ------------------------------------------------------------------------------------------------------

_API_KEY = re.compile(
    rf"(?:(?<![\w*-])|{_ESCAPED})(?:sk|sess)-(?!{REDACTED}(?![\w*-]))(?=[\w*-]*[0-9])[\w*-]{{16,}}", re.ASCII
)


def find_secrets(text: str, known: Iterable[str] = ()) -> list[str]:
    """What is left of `known` secrets in a text, and API keys of others: told by kind and line, never shown."""
    found = [f"an API key of {len(key[0])} characters {_line(text, key.start())}" for key in _API_KEY.finditer(text)]
    readings = [*_readings(text), *_decodings(text)] if (known := tuple(known)) else []
    for secret in known:
        copies = ((way, _find(reading, secret, as_word=not way.startswith("in "))) for way, reading in readings)
        found += [f"the API key in use {way or _line(text, at)}" for way, at in copies if at >= 0][:1]
    return found


def _find(text: str, secret: str, *, as_word: bool) -> int:
    """Where a text holds a secret; -1 where it does not."""
    pattern = re.escape(secret)
    if is_unmistakable(secret):
        pattern = f"(?i:{pattern})"
    elif as_word:
        pattern = rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"
    copy = re.search(pattern, text)
    return copy.start() if copy else -1


def _line(text: str, at: int) -> str:
    return f"in line {text.count(chr(10), 0, at) + 1}"


def _readings(text: str) -> Iterator[tuple[str, str]]:
    """A text as it is, and with its escapes undone, each with a word for that."""
    yield "", text
    yield "as a JSON pointer", text.replace("~1", "/").replace("~0", "~")
    yield from (("with escapes", undo(text)) for undo in _UNDO)
    plain = text
    for _ in range(4):  # an escape within an escape within an escape
        before, plain = plain, reduce(lambda one, undo: undo(one), _UNDO, plain)
        if plain == before:
            break
        yield "with escapes", plain


def _without_json_escapes(text: str) -> str:
    return re.sub(r"\\+(?:u00([0-9a-fA-F]{2})|([\"'/\\]))", lambda escape: escape[2] or chr(int(escape[1], 16)), text)


_UNDO: tuple[Callable[[str], str], ...] = (_without_json_escapes, unquote, html.unescape)


def _decodings(text: str) -> Iterator[tuple[str, str]]:
    """What the words of a text say in base64 of either alphabet and in hexadecimal, wherever in a group they begin."""
    tokens = {token.replace("-", "+").replace("_", "/") for token in re.findall(r"[A-Za-z0-9+/_-]{11,}", text)}
    for start in range(4):
        parts = (token[start : len(token) - ((len(token) - start) % 4 == 1)] for token in tokens)
        yield "in base64", "\n".join(base64.b64decode(part + "==").decode("latin-1") for part in parts)
    digits: list[str] = re.findall(r"[0-9A-Fa-f]{16,}", text)
    for start in range(2):
        pairs = (token[start : start + (len(token) - start) // 2 * 2] for token in digits)
        yield "in hexadecimal", "\n".join(bytes.fromhex(pair).decode("latin-1") for pair in pairs)
