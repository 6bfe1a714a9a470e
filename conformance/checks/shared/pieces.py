"""What the lists and strings of deltas have in common: entries under an index, strings that come in pieces."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.checks.check import Examined, Finding, Observation
from conformance.trace.json import format_value, is_integer, mapping, sequence
from conformance.trace.trace import Where

_CONTEXT = 30


@dataclass
class Indices:
    """The indices under which the deltas of one object bring the entries of a list."""

    requirement: str
    seen: dict[int, None] = field(default_factory=dict)
    last: int = 0
    broken: bool = False

    def take(self, index: int, where: Where, position: int) -> Iterator[Observation]:
        """Take note of the index of the entry at a position; a numbering that is wrong is told once."""
        self.last = index
        if index in self.seen:
            return
        yield Examined(self.requirement, where.exchange)
        expected = len(self.seen)
        self.seen[index] = None
        if index != expected and not self.broken:
            self.broken = True
            place = where.below(position, "index")
            yield Finding(
                self.requirement, place, f"index {expected} for the next new entry", f"index {format_value(index)}"
            )


@dataclass
class Pieces:
    """A string that comes in pieces. `whole` is False once something else than a piece came."""

    parts: list[str] = field(default_factory=list)
    whole: bool = True

    @property
    def joined(self) -> str:
        """What the pieces add up to."""
        return "".join(self.parts)

    def take(self, holder: dict[str, Any], key: str) -> None:
        """Take the next piece, if the delta has one. A null adds nothing; that it is none is the schema's affair."""
        piece = holder.get(key)
        if isinstance(piece, str):
            self.parts.append(piece)
        elif piece is not None:
            self.whole = False


def entries_of(entries: Any) -> Iterator[tuple[int, int | None, dict[str, Any]]]:
    """Each entry of a delta's list: its position, its index (None where there is no usable one), and itself."""
    for position, entry in enumerate(sequence(entries)):
        index = mapping(entry).get("index")
        yield position, index if is_integer(index) and index >= 0 else None, mapping(entry)


def once_each(
    entries: list[tuple[int, int | None, dict[str, Any]]], where: Where, deltas: int = 1
) -> Iterator[Observation]:
    """One delta, or each of several that are alike, brings at most one entry for each index of a list."""
    taken: set[int] = set()
    if entries:
        yield Examined("DELTA-INDEX-04", where.exchange, deltas)
    for position, index, _ in entries:
        if index in taken:
            actual = f"a second entry for index {format_value(index)}"
            yield Finding("DELTA-INDEX-04", where.below(position), "one entry for each index", actual)
            return
        if index is not None:
            taken.add(index)


def difference(pieces: str, finished: str) -> str:
    """Where two strings part, for a reader."""
    shorter = min(len(pieces), len(finished))
    at = next((i for i in range(shorter) if pieces[i] != finished[i]), shorter)
    one, other = (
        f"{format_value(s[at : at + _CONTEXT])}" if at < len(s) else "nothing more" for s in (pieces, finished)
    )
    return f"from character {at} on the deltas have {one}, the finished object {other}"
