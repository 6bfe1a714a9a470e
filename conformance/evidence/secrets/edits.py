"""Replacing secrets in a text, and telling where everything else has moved to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conformance.evidence.secrets.known import known_secret
from conformance.evidence.secrets.shapes import REDACTED, SHAPES

_PASSES = 8  # what is left after a replacement can look like a secret only where one stood beside it


@dataclass(frozen=True)
class Span:
    """A piece of a text that is replaced: by the fixed word, or by nothing where the word stands before it already."""

    start: int
    end: int
    word: str = REDACTED


def redact_text(text: str, known: Iterable[str] = ()) -> str:
    """The text with every secret of a known shape, and every known secret as far as SECURITY.md tells, replaced."""
    return Edits(text, known=tuple(known)).text


class Edits:
    """A text after its replacements, and where each place of the old text lies in the new one.

    `literals` go where they stand as they are, `known` ones as SECURITY.md lists. In an event stream a secret that
    deltas bring piece by piece is found too.
    """

    def __init__(self, text: str, literals: Iterable[str] = (), known: tuple[str, ...] = ()) -> None:
        self._rounds: list[list[tuple[int, int, int]]] = []
        self.text = text
        literals = tuple(literals)
        for _ in range(_PASSES):
            before = self.text
            self._replace(literals, known)
            if self.text == before:
                return

    def moved(self, offsets: Iterable[int]) -> list[int]:
        """Where offsets of the old text lie in the new one; inside a secret they lie at most at the end of its word."""
        places = list(offsets)
        for spans in self._rounds:
            places = _moved(places, spans)
        return places

    def _replace(self, literals: tuple[str, ...], known: tuple[str, ...]) -> None:
        text = self.text
        spans: list[tuple[int, int, int]] = []  # start and end in the old text, end in the new one
        pieces: list[str] = []
        length = done = 0
        for span in _merged(_spans(text, literals, known)):
            length += span.start - done + len(span.word)
            pieces += (text[done : span.start], span.word)
            spans.append((span.start, span.end, length))
            done = span.end
        if spans:
            pieces.append(text[done:])
            self.text = "".join(pieces)
            self._rounds.append(spans)


def _moved(offsets: list[int], spans: list[tuple[int, int, int]]) -> list[int]:
    moved: list[int] = []
    before = 0  # spans that end at or before the offset; offsets ascend, or the search starts anew
    for offset in offsets:
        if before and spans[before - 1][1] > offset:
            before = 0
        while before < len(spans) and spans[before][1] <= offset:
            before += 1
        shift = spans[before - 1][2] - spans[before - 1][1] if before else 0
        inside = before < len(spans) and spans[before][0] < offset
        moved.append(min(offset + shift, spans[before][2]) if inside else offset + shift)
    return moved


def _spans(text: str, literals: tuple[str, ...], known: tuple[str, ...]) -> Iterator[Span]:
    joined = list(_joined(text))
    inside = [place for pieces in joined for place in pieces]
    inside.sort()
    yield from _outside(_secrets(text, literals, known), inside)
    for pieces in joined:
        yield from _in_pieces(text, pieces, literals, known)


def _secrets(text: str, literals: tuple[str, ...], known: tuple[str, ...]) -> Iterator[Span]:
    for literal in literals:
        for found in re.finditer(re.escape(literal), text):
            yield Span(*found.span())
    for secret in known:
        for start, end in known_secret(secret).places(text):
            yield Span(start, end)
    lower = text.lower()
    for shape in SHAPES:
        if shape.sign not in lower:
            continue
        for found in shape.pattern.finditer(text):
            if shape.decide(found["secret"]):
                yield Span(*found.span("secret"))


_DELTA_LINE = re.compile(r"(?:^|(?<=\r))data:[^\r\n]*\.delta\"[^\r\n]*", re.MULTILINE)
_OWNER = re.compile(r"\"id\"\s{0,3}:\s{0,3}\"([^\"\\\r\n]*)\"")
_PIECE = re.compile(r"\"(value|arguments|input|logs|output)\"\s{0,3}:\s{0,3}\"((?:[^\"\\\r\n]|\\[^\r\n])*)\"")


def _joined(text: str) -> Iterator[list[tuple[int, int]]]:
    """The texts that an event stream brings in deltas, each as the places of its pieces."""
    if "data:" not in text or '.delta"' not in text:
        return
    texts: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for line in _DELTA_LINE.finditer(text):
        owner = _OWNER.search(text, *line.span())
        for piece in _PIECE.finditer(text, *line.span()):
            texts.setdefault((owner[1] if owner else "", piece[1]), []).append(piece.span(2))
    yield from texts.values()


def _outside(spans: Iterable[Span], inside: list[tuple[int, int]]) -> Iterator[Span]:
    """Those spans that do not lie within one of the places, which are looked at as a whole."""
    if not inside:
        yield from spans
        return
    starts = [start for start, _ in inside]
    for span in spans:
        at = bisect_right(starts, span.start) - 1
        if at < 0 or span.end > inside[at][1]:
            yield span


def _in_pieces(
    text: str, pieces: list[tuple[int, int]], literals: tuple[str, ...], known: tuple[str, ...]
) -> Iterator[Span]:
    """Secrets of the text that the pieces make up: the word stands in the first piece, nothing in the others."""
    whole = "".join(text[start:end] for start, end in pieces)
    found = list(_merged(_secrets(whole, literals, known)))
    if not found:
        return
    begin, waiting = 0, iter(found)
    span = next(waiting, None)
    for start, end in pieces:
        finish = begin + end - start
        while span is not None and span.start < finish:
            first, last = max(span.start, begin), min(span.end, finish)
            yield Span(start + first - begin, start + last - begin, REDACTED if first == span.start else "")
            if span.end > finish:
                break
            span = next(waiting, None)
        begin = finish


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans in order, those that overlap as one."""
    last: Span | None = None
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if last is not None and span.start < last.end:
            last = Span(last.start, max(last.end, span.end), last.word or span.word)
            continue
        if last is not None:
            yield last
        last = span
    if last is not None:
        yield last
