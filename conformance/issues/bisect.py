"""The exact release at which an issue came or went, found by halving between two that differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from conformance.issues.cell import Cell
from conformance.issues.sdk import Sdk


@dataclass(frozen=True)
class Turn:
    """Two neighbouring published releases of which one has the issue and the other has not."""

    key: str
    last: Sdk
    first: Sdk
    fixed: bool

    def told(self) -> str:
        """The turn in words."""
        if self.fixed:
            return f"{self.key}: {self.last} is the last with the issue, {self.first} the first without"
        return f"{self.key}: {self.last} is the last without the issue, {self.first} the first with it"


class NoTurn(Exception):
    """Why nothing could be halved."""


def turn(key: str, releases: Sequence[Sdk], first: Cell, last: Cell, ask: Callable[[Sdk], Cell]) -> Turn:
    """The first change between two releases that differ; raises `NoTurn`.

    `releases` are all that are published, oldest first. One that was not measured (not applicable, could not run) is
    left out, and its neighbour asked instead.
    """
    if first.affected is None or last.affected is None:
        unknown = first if first.affected is None else last
        raise NoTurn(f"{key} on {unknown.sdk}: {unknown.shown}, {unknown.reason or 'no reason told'}")
    if first.affected is last.affected:
        raise NoTurn(f"{key}: {first.sdk} and {last.sdk} are alike ({first.shown}), so there is nothing between them")
    between = [one for one in releases if first.sdk.order < one.order < last.sdk.order]
    low, high = first, last
    while between:
        middle = ask(between[len(between) // 2])
        if middle.affected is None:
            between.remove(middle.sdk)
        elif middle.affected is low.affected:
            low = middle
        else:
            high = middle
        between = [one for one in between if low.sdk.order < one.order < high.sdk.order]
    return Turn(key, low.sdk, high.sdk, fixed=bool(low.affected))
