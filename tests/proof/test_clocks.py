"""A fault is found wherever in a second its endpoint is: seconds that turn in between must not hide it."""

import itertools
import time
from types import SimpleNamespace

import pytest

from conformance.proof.faults import Fault, all_faults
from conformance.proof.interception import ignore_broken_answers
from conformance.proof.trial import Fate, trial
from conformance.reference import clock
from tests.proof.test_faults import likely

FAULTS = list(all_faults().values())
AT_RISK = [fault for fault in FAULTS if fault.frozen_clock or fault.area in ("lists", "objects")]
"""What speaks of the times of objects; the long form tries all."""


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second passes at each look at the clock."""
    looks = itertools.count()
    ticking = SimpleNamespace(time=time.time, monotonic=lambda: time.monotonic() + next(looks))
    monkeypatch.setattr(clock, "time", ticking)


def survivors(faults: list[Fault]) -> list[str]:
    ignore_broken_answers()
    tried = [trial(fault.id, fault.trips, fault.about, likely(fault)) for fault in faults]
    return [f"{made.fault}: {made.collateral}" for made in tried if made.fate is not Fate.KILLED or made.broken]


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("part", range(4))
def test_a_fault_is_killed_though_seconds_turn(part: int) -> None:
    assert len(AT_RISK) >= 20
    assert survivors(AT_RISK[part::4]) == []


@pytest.mark.long
@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("part", range(20))
def test_every_fault_is_killed_though_seconds_turn(part: int) -> None:
    assert survivors(FAULTS[part::20]) == []


def test_a_clock_that_stands_goes_only_forward_when_told() -> None:
    standing = clock.Clock()
    standing.stand()
    before = standing.exact()
    assert standing.exact() == before
    standing.advance(2.5)
    assert standing.exact() == before + 2.5
