"""Pieces from anywhere in a known secret: so many of its characters in a row, whatever stands around them."""

from __future__ import annotations

import base64
import html
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_SHORTEST = 12
_SHORTEST_BASE64 = 15
"""Characters of base64 that twelve of the secret determine, wherever in a group they begin."""
_GRAM = 5
_STEP = _SHORTEST - _GRAM + 1
"""In a piece of twelve at least, a gram begins at one of the places of a text that are so far apart."""
_ORDINARY = re.compile(r"(?:[A-Za-z]?[a-z]*[0-9]*[-_.])*[A-Za-z]?[a-z]*[0-9]*")

_SLASHES = r"(?:(?<=\\)|(?<=%)(?:25){0,2}5c)(?:\\|%(?:25){0,2}5c){0,7}"
_LETTER = (
    rf"{_SLASHES}(?:(?:u00|U0{{6}}|x)(?P<hex>[2-7][0-9a-f])|u\{{0{{0,4}}(?P<braced>[2-7][0-9a-f])\}}"
    r"|(?P<octal>1[0-7]{2}|0?[4-7][0-7])|u(?:00ad|200[b-f]|206[0-4]|feff))"
    r"|(?<=%)(?:25){0,3}(?P<percent>[2-7][0-9a-f])|(?<==)(?P<quoted>[2-7][0-9a-f])"
    r"|(?<=&)(?:amp;)?#(?:0*+(?P<decimal>[0-9]{2,3})|x0*+(?P<sedecimal>[2-7][0-9a-f]));"
)
_ODD_LETTER = rf"|{_SLASHES}(?P<itself>[\"'/\\])|(?<=~)(?P<pointer>[01])|(?<=&)(?:amp;)?(?P<named>amp|lt|gt|quot);"
_UNSEEN = (
    r"|(?<=[\u00ad\u200b-\u200f\u2060-\u2064\ufeff])"
    r"|(?<=\xc2)\xad|(?<=\xe2)(?:\x80[\x8b-\x8f]|\x81[\xa0-\xa4])|(?<=\xef)\xbb\xbf"  # UTF-8: bodies are read as bytes
)


def _escape(more: str = "", ahead: str = "", unseen: str = "") -> re.Pattern[str]:
    """Starts with plain characters, which are looked for fast."""
    return re.compile(rf"[\\%=&~{unseen}]{ahead}(?i:{_LETTER}{more}{_UNSEEN if unseen else ''})")


_FIRST_UNSEEN = r"\u00ad\u200b-\u200f\u2060-\u2064\ufeff\xc2\xe2\xef"
_ESCAPE = _escape(ahead=r"(?=[^\"nrtU]|U000000)"), _escape(unseen=_FIRST_UNSEEN)
"""For texts of ASCII and others; what escapes in JSON mostly do, such as a quote, is passed over at once."""
_ODD_ESCAPE = _escape(_ODD_LETTER), _escape(_ODD_LETTER, unseen=_FIRST_UNSEEN)
"""The same for a secret that holds characters which have escapes of their own."""
_PAIR = "[0-9A-Fa-f]{2}"
_SPACE = re.compile(rf"[ :-](?<=\b{_PAIR}.)(?={_PAIR}\b)")
"""What separates the bytes of a text in hexadecimal."""
_SPACED = re.compile(rf"[ :-](?<=\b{_PAIR}.)(?:{_PAIR}[ :-]){{8}}{_PAIR}")  # ten, the shortest end that is told


@dataclass(frozen=True)
class Pieces:
    """The ways a secret is written, each with the length of the shortest piece, and where their grams stand in them."""

    ways: tuple[tuple[str, int], ...]
    grams: dict[str, tuple[tuple[int, int], ...]]
    escape: tuple[re.Pattern[str], re.Pattern[str]]

    def undone(self, text: str) -> Iterator[Undone]:
        """The text without its escapes, and with bytes in hexadecimal closed up, as far as it holds any."""
        escape = self.escape[0 if text.isascii() else 1]
        for pattern in (escape, _SPACE) if _SPACED.search(text) else (escape,):
            if (undone := _undone(text, pattern)) is not None:
                yield undone

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Where pieces stand in a text, as start and end of each as long as it goes on; places may overlap."""
        grams, done = self.grams, 0
        if not grams:
            return
        for at in [at for at in range(0, len(text) - _GRAM + 1, _STEP) if text[at : at + _GRAM] in grams]:
            if at + _GRAM <= done:
                continue
            for way, place in grams[text[at : at + _GRAM]]:
                secret, shortest = self.ways[way]
                before = _shared(reversed(secret[:place]), reversed(text[max(0, at - place) : at]))
                behind = _shared(secret[place:], text[at : at + len(secret) - place])
                piece = secret[place - before : place + behind]
                if len(piece) >= shortest and not (way == 0 and _ORDINARY.fullmatch(piece)):
                    done = max(done, at + behind)
                    yield at - before, at + behind


@lru_cache(maxsize=64)
def pieces_of(secret: str, *, anywhere: bool = True) -> Pieces:
    """What to look for; nothing where all of the secret is words with numbers behind them, or only the whole counts."""
    ways = [(secret, _SHORTEST)]
    coded = secret.encode()
    ways += [(way, 2 * _SHORTEST) for way in (coded.hex(), coded.hex().upper())]
    for offset in range(3):
        core = base64.b64encode(bytes(offset) + coded).decode().rstrip("=")
        ways += [(way, _SHORTEST_BASE64) for way in {core, core.replace("+", "-").replace("/", "_")}]
    grams: dict[str, list[tuple[int, int]]] = {}
    if anywhere and not _ORDINARY.fullmatch(secret):
        for number, (way, _) in enumerate(ways):
            for place in range(len(way) - _GRAM + 1):
                grams.setdefault(way[place : place + _GRAM], []).append((number, place))
    odd = any(character in "\"'/\\~&<>" for character in secret)
    return Pieces(tuple(ways), {gram: tuple(places) for gram, places in grams.items()}, _ODD_ESCAPE if odd else _ESCAPE)


def _shared(one: Iterator[str] | str, other: Iterator[str] | str) -> int:
    length = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        length += 1
    return length


@dataclass(frozen=True)
class Undone:
    """A text without its escapes: behind each, where it goes on in this text, and how much further on in the old."""

    text: str
    ends: list[int]
    shifts: list[int]

    def place(self, at: int) -> int:
        """Where a place of this text lies in the old one."""
        before = bisect_right(self.ends, at)
        return at + self.shifts[before - 1] if before else at


def _undone(text: str, pattern: re.Pattern[str]) -> Undone | None:
    pieces: list[str] = []
    ends: list[int] = []
    shifts: list[int] = []
    length = done = 0
    for found in pattern.finditer(text):
        letter = _letter(found)
        pieces += (text[done : found.start()], letter)
        length += found.start() - done + len(letter)
        done = found.end()
        ends.append(length)
        shifts.append(done - length)
    if not ends:
        return None
    pieces.append(text[done:])
    return Undone("".join(pieces), ends, shifts)


def _letter(found: re.Match[str]) -> str:
    """What an escape stands for: one character, or nothing."""
    kind, told = found.lastgroup, found[found.lastgroup or 0]
    if kind is None:
        return ""
    if kind in ("itself", "named"):
        return told if kind == "itself" else html.unescape(f"&{told.lower()};")
    if kind == "pointer":
        return "/" if told == "1" else "~"
    return chr(int(told, {"octal": 8, "decimal": 10}.get(kind, 16)))
