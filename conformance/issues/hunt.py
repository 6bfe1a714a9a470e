"""A bisection carried out: asks the registry what lies between two releases, and tries out what it has to."""

from __future__ import annotations

from collections.abc import Callable

from conformance.issues.bisect import Turn, turn
from conformance.issues.catalogue import Issue
from conformance.issues.cell import Cell
from conformance.issues.releases import published
from conformance.issues.sdk import Sdk
from conformance.issues.trials import Trials, carry_out


def hunt(issue: Issue, first: Sdk, last: Sdk, *, told: Callable[[Cell], None]) -> Turn:
    """Where an issue came or went between two releases; raises `NoTurn` and `NoRegistry`."""

    def ask(sdk: Sdk) -> Cell:
        return carry_out(Trials((issue,), (sdk,), remedies=False), told, 1)[0]

    releases = published(first.language)
    return turn(issue.key, releases, ask(first), ask(last), ask)
