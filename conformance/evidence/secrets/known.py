"""A secret whose value is known, such as the key in use: where a text holds it, whole or cut, in whatever spelling."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from conformance.evidence.secrets.pieces import Pieces, pieces_of

UNMISTAKABLE = 12
"""A secret of so many characters, with letters and digits, is taken out also from within longer words."""
_SHORTEST_CORE = 8
_TELLING = 6
"""Characters of a cut secret that give it away, beside the words that many keys begin with (`sk-proj-`)."""
_SHORTEST_PIECE = 10
_QUOTES = "\"'\\"
_WORDS = re.compile(r"(?:[A-Za-z][a-z]{0,15}[-_])*")
_ORDINARY_END = re.compile(r"(?:[A-Za-z]?[a-z]*[-_.])*[A-Za-z]?[a-z]*[0-9]*")
_REST = re.compile(r"(?:[\w\-%#;]|&(?=#)|\\{1,8}[ux][0-9A-Fa-f]{2,4})*", re.ASCII)
"""What stands behind the beginning of a secret and is taken for more of it, where the whole one does not follow."""
_ANY_ESCAPE_UNDONE = re.compile(r"[A-Za-z0-9_.+*!-]*")
"""Secrets that hold nothing like an escape: undoing all escapes of a text, which is faster, loses none of them."""
_ESCAPES = re.compile(r"\\[ux\"'/\\]|%[0-9A-Fa-f]{2}|&(?:#|amp|lt|gt|quot)|~[01]")


@dataclass(frozen=True)
class Known:
    """The patterns of one secret; each is compiled once.

    `plain` and `escaped` find it, or the beginning that gives it away; `letters` then follow it to where it was cut.
    `plain_end` and `escaped_end` find one that was cut in front. `coded` are hexadecimal and base64. `pieces` are
    those from anywhere in an unmistakable one, and undo escapes.
    """

    secret: str
    head: int
    plain: re.Pattern[str]
    escaped: re.Pattern[str]
    letters: tuple[re.Pattern[str], ...]
    coded: tuple[re.Pattern[str], ...]
    pieces: Pieces
    end: int = 0
    plain_end: re.Pattern[str] | None = None
    escaped_end: re.Pattern[str] | None = None

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where the secret stands in a text, as start and end; places may overlap."""
        escaped = _ESCAPES.search(text) is not None
        yield from self._copies(text, self.escaped if escaped else self.plain)
        yield from self._ends(text, self.escaped_end if escaped else self.plain_end)
        yield from self._coded_ones(text)
        yield from self.pieces.places(text)
        for undone in self.pieces.undone(text):
            for places in (
                self._copies(undone.text, self.plain),
                self._ends(undone.text, self.plain_end),
                self._coded_ones(undone.text),
                self.pieces.places(undone.text),
            ):
                for start, end in places:
                    yield undone.place(start), undone.place(end)

    def _coded_ones(self, text: str) -> Iterator[tuple[int, int]]:
        for coded in self.coded:
            for found in coded.finditer(text):
                yield found.span()

    def _copies(self, text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        end = 0
        while found := pattern.search(text, end):
            end = self._followed(text, found.end())
            yield found.start(), end

    def _ends(self, text: str, pattern: re.Pattern[str] | None) -> Iterator[tuple[int, int]]:
        for found in pattern.finditer(text) if pattern else ():
            yield self._traced_back(text, found.start()), found.end()

    def _followed(self, text: str, end: int) -> int:
        certain = None  # where a quote begins that may be the end of a text instead
        for letter, character in zip(self.letters, self.secret[self.head :], strict=True):
            if certain is None and character in _QUOTES:
                certain = end
            found = letter.match(text, end)
            if found is None:
                end = end if certain is None else certain
                rest = _REST.match(text, end)
                return rest.end() if rest else end
            end = found.end()
        return end

    def _traced_back(self, text: str, start: int) -> int:
        place = len(self.secret) - self.end
        while place and start and text[start - 1].lower() == self.secret[place - 1].lower():
            place, start = place - 1, start - 1
        return start


@lru_cache(maxsize=64)
def known_secret(secret: str) -> Known:
    """The patterns for a secret as it is, escaped for JSON, URLs or HTML in part or whole, and encoded."""
    secret = secret.strip(_QUOTES) or secret  # a quote beside it may be the end of the text that holds it
    if not unmistakable(secret):
        before, after = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
        return Known(
            secret,
            len(secret),
            re.compile(before + re.escape(secret) + after),
            re.compile(before + "".join(map(_spelled, secret)) + after),
            (),
            _coded(secret, ""),
            pieces_of(secret, anywhere=False),
        )
    head, end = _telling_beginning(secret), _telling_end(secret)
    letters = re.escape if _ANY_ESCAPE_UNDONE.fullmatch(secret) else _all_spelled
    return Known(
        secret,
        head,
        re.compile(re.escape(secret[:head]), re.IGNORECASE),
        re.compile(letters(secret[:head]), re.IGNORECASE),
        tuple(re.compile(_spelled(letter), re.IGNORECASE) for letter in secret[head:]),
        _coded(secret[:head], "*", secret[-end:] if end else ""),
        pieces_of(secret),
        end,
        re.compile(re.escape(secret[-end:]), re.IGNORECASE) if end else None,
        re.compile(letters(secret[-end:]), re.IGNORECASE) if end else None,
    )


def unmistakable(secret: str) -> bool:
    """Whether a secret is long and mixed enough that its letters elsewhere are the same secret, not part of a word."""
    letters = any(character.isalpha() for character in secret)
    return len(secret) >= UNMISTAKABLE and letters and any(character.isdigit() for character in secret)


def _telling_beginning(secret: str) -> int:
    """How many characters from its beginning give a secret away: the words that it begins with, and six more.

    One that is made of little else than words gives itself away as a whole only, as any part of it is ordinary text.
    """
    found = _WORDS.match(secret)
    words = found.end() if found else 0
    length = max(words + _TELLING, _SHORTEST_PIECE)
    while not words and length <= len(secret) and secret[:length].isalpha() and secret[:length].islower():
        length += 1
    quoted = any(character in _QUOTES for character in secret[:length])
    return len(secret) if length > len(secret) or quoted else length


def _telling_end(secret: str) -> int:
    """How many of its last characters give a secret away; 0 where they are a word, or only a number."""
    end = secret[-_SHORTEST_PIECE:]
    mixed = any(letter.isalpha() for letter in end) and any(letter.isdigit() for letter in end)
    return len(end) if mixed and len(secret) >= 2 * _SHORTEST_PIECE and not _ORDINARY_END.fullmatch(end) else 0


def _all_spelled(secret: str) -> str:
    return "".join(map(_spelled, secret))


def _spelled(character: str) -> str:
    """One character as it is or in any escape, which end after a few characters: matching never goes back far."""
    code = ord(character)
    percent = "".join(f"%(?:25){{0,3}}{byte:02x}" for byte in character.encode())
    slashes = r"(?:\\|%(?:25){0,2}5c){1,8}"
    ways = [f"(?i:{percent})", rf"(?i:{slashes}(?:u{code:04x}|x{code:02x}))"]
    ways.append(rf"&(?i:amp;)?#(?:0*+{code}|(?i:x0*+{code:x}));")
    if (named := escape(character)) != character:
        ways += [re.escape(named), re.escape(escape(named))]
    if character in "\"\\/'":
        ways.append(rf"\\{{1,8}}{re.escape(character)}")
    if character in "~/":  # in a JSON pointer
        ways.append("~0" if character == "~" else "~1")
    ways.append(re.escape(character))  # last: the others may begin with it
    return f"(?:{'|'.join(ways)})"


def _coded(secret: str, more: str, end: str = "") -> tuple[re.Pattern[str], ...]:
    """Hexadecimal and base64 of a secret, or of its end, with what follows there where `more` is `*`."""
    either = [part.encode() for part in (secret, end) if part]
    digits = "|".join(part.hex() for part in either)
    found = [re.compile(f"(?:{digits})" + (f"[0-9a-f]{more}" if more else ""), re.IGNORECASE)]
    if cores := sorted({core for part in either for core in _cores(part) if len(core) >= _SHORTEST_CORE}):
        tail = f"[A-Za-z0-9+/_-]{more}=*" if more else ""
        found.append(re.compile(f"(?:{'|'.join(map(re.escape, cores))}){tail}"))
    return tuple(found)


def _cores(secret: bytes) -> list[str]:
    """What base64 of a longer text always holds, whichever of three places the secret begins at."""
    cores = []
    for offset in range(3):
        coded = base64.b64encode(bytes(offset) + secret)
        first = -(-offset * 8 // 6)  # characters that also depend on what stands before
        last = (offset + len(secret)) * 8 // 6  # and those behind
        core = coded[first:last].decode()
        cores += [core, core.replace("+", "-").replace("/", "_")]
    return cores
