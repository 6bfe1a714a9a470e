"""Halving finds the release where an issue came or went."""

import pytest

from conformance.issues.bisect import NoBoundary, boundary
from conformance.issues.cell import Cell, Outcome
from conformance.issues.sdk import Language, Sdk

RELEASES = [Sdk(Language.NODE, f"4.{minor}.0") for minor in range(40, 80)]


def cell(sdk: Sdk, shown: Outcome) -> Cell:
    return Cell("KI-02", sdk, shown)


def hunt(first_fixed: int, unmeasured: tuple[int, ...] = ()) -> tuple[str, str, bool, int]:
    asked = []

    def ask(sdk: Sdk) -> Cell:
        asked.append(sdk)
        minor = sdk.order[1]
        if minor in unmeasured:
            return cell(sdk, Outcome.COULD_NOT_RUN)
        return cell(sdk, Outcome.NOT_REPRODUCED if minor >= first_fixed else Outcome.REPRODUCED)

    found = boundary("KI-02", RELEASES, ask(RELEASES[0]), ask(RELEASES[-1]), ask)
    return found.last.version, found.first.version, found.fixed, len(asked)


@pytest.mark.parametrize("minor", [41, 55, 56, 79])
def test_it_finds_the_first_fixed_release(minor: int) -> None:
    last, first, fixed, asked = hunt(minor)
    assert (last, first, fixed) == (f"4.{minor - 1}.0", f"4.{minor}.0", True)
    assert asked <= 8


def test_a_release_that_could_not_run_is_left_out() -> None:
    assert hunt(60, unmeasured=(59, 60))[:3] == ("4.58.0", "4.61.0", True)


def test_it_finds_the_first_broken_release_too() -> None:
    def ask(sdk: Sdk) -> Cell:
        return cell(sdk, Outcome.REPRODUCED if sdk.order[1] >= 50 else Outcome.NOT_REPRODUCED)

    found = boundary("KI-02", RELEASES, ask(RELEASES[0]), ask(RELEASES[-1]), ask)
    assert found.describe() == "KI-02: node==4.49.0 is the last without the issue, node==4.50.0 the first with it"


@pytest.mark.parametrize("shown", [Outcome.REPRODUCED, Outcome.NOT_APPLICABLE])
def test_releases_that_are_alike_or_were_not_measured_have_no_turn(shown: Outcome) -> None:
    first, last = cell(RELEASES[0], Outcome.REPRODUCED), cell(RELEASES[-1], shown)
    with pytest.raises(NoBoundary):
        boundary("KI-02", RELEASES, first, last, lambda sdk: cell(sdk, Outcome.REPRODUCED))
