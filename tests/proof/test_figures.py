"""The committed figures of the proof: what a proof of some faults changes in those of all."""

from __future__ import annotations

from conformance.proof import figures
from conformance.proof.faults import all_faults
from conformance.proof.trial import Trial

KNOWN = all_faults()
FIRST, SECOND, *_ = KNOWN.values()


def test_the_outcome_of_some_faults_is_merged_into_the_figures_of_all() -> None:
    before = figures.load()
    killed = Trial(FIRST.id, FIRST.trips, FIRST.about, witness="runs.text")
    survived = Trial(SECOND.id, SECOND.trips, SECOND.about)
    after = figures.merged(before, [killed, survived])
    others = {id: witness for id, witness in before.witnesses.items() if id not in (FIRST.id, SECOND.id)}
    assert after.witnesses == {**others, FIRST.id: "runs.text"}
    assert after.survived == [SECOND.id]
    assert after.faults == before.faults
    again = Trial(SECOND.id, SECOND.trips, SECOND.about, witness="runs.text")
    assert figures.merged(after, [again]).survived == []


def test_faults_that_there_are_no_longer_are_dropped() -> None:
    before = figures.Figures(2, {"X": 1}, {"gone.away": "runs.text", FIRST.id: "runs.text"})
    assert figures.merged(before, []) == figures.Figures(1, {FIRST.trips: 1}, {FIRST.id: "runs.text"})
