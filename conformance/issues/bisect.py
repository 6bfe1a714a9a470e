"""The exact release at which an issue came or went, found by halving between two that differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from conformance.issues.catalogue import Issue
from conformance.issues.cell import Cell
from conformance.issues.releases import published
from conformance.issues.sdk import Sdk
from conformance.issues.trials import Trials, run_trials


@dataclass(frozen=True)
class Boundary:
    """Two neighbouring published releases of which one has the issue and the other has not."""

    key: str
    last: Sdk
    first: Sdk
    fixed: bool

    def describe(self) -> str:
        """The boundary in words."""
        if self.fixed:
            return f"{self.key}: {self.last} is the last with the issue, {self.first} the first without"
        return f"{self.key}: {self.last} is the last without the issue, {self.first} the first with it"


class NoBoundary(Exception):
    """Why nothing could be halved."""


def boundary(key: str, releases: Sequence[Sdk], first: Cell, last: Cell, ask: Callable[[Sdk], Cell]) -> Boundary:
    """The first change between two releases that differ; raises `NoBoundary`.

    `releases` are all that are published, oldest first. One that was not measured (not applicable, could not run) is
    left out, and its neighbour asked instead.
    """
    if first.affected is None or last.affected is None:
        unknown = first if first.affected is None else last
        raise NoBoundary(f"{key} on {unknown.sdk}: {unknown.outcome}, {unknown.reason or 'no reason told'}")
    if first.affected is last.affected:
        raise NoBoundary(
            f"{key}: {first.sdk} and {last.sdk} are alike ({first.outcome}), so there is nothing between them"
        )
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
    return Boundary(key, low.sdk, high.sdk, fixed=bool(low.affected))


def bisect(issue: Issue, first: Sdk, last: Sdk, *, done: Callable[[Cell], None]) -> Boundary:
    """Where an issue came or went between two releases; raises `NoBoundary` and `NoRegistry`."""

    def ask(sdk: Sdk) -> Cell:
        return run_trials(Trials((issue,), (sdk,), workarounds=False), done, 1)[0]

    releases = published(first.language)
    return boundary(issue.key, releases, ask(first), ask(last), ask)
