"""What malformed requests held and an endpoint took all the same: to show it is no second fault."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.contract.json_pointer import split
from conformance.contract.schemas import SchemaViolation
from conformance.trace.json import Json, json_equal

_TOLD_BY = 2
"""How many steps from the end tell a place: what was sent as the tool of an assistant is shown in its runs too."""


class Taken:
    """The malformed values of a trace's requests so far.

    FakeAI takes a tool of an unknown type and shows it ever after; that it was taken is told by the check of bounds.
    """

    def __init__(self) -> None:
        self._values: list[tuple[tuple[str, ...], Json]] = []

    def add(self, sent: Json, broken: Iterable[SchemaViolation]) -> None:
        """Remember what a request held at the places where it broke the contract; the body as a whole is none."""
        for violation in broken:
            if violation.pointer and (found := _at(sent, violation.pointer)):
                self._values.append((split(violation.pointer), found[0]))

    def shows(self, violation: SchemaViolation, answer: Json) -> bool:
        """Whether an answer violates the contract only in showing what a request held at such a place."""
        if not self._values or not (found := _at(answer, violation.pointer)):
            return False
        place = split(violation.pointer)
        return any(_alike(place, other) and json_equal(found[0], value) for other, value in self._values)


def _alike(place: tuple[str, ...], other: tuple[str, ...]) -> bool:
    known = other[-_TOLD_BY:]
    return place[-len(known) :] == known


def _at(value: Json, pointer: str) -> tuple[Json, ...]:
    """The one value at a JSON pointer, or none."""
    for step in split(pointer):
        if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return ()
    return (value,)
