"""Every planted fault once: the requirement it names finds it, as a rule in the scenario that did in the last proof."""

from pathlib import Path

import pytest

from conformance import contract
from conformance.cli.proof import folder_of
from conformance.contract import Level
from conformance.proof import figures, gaps
from conformance.proof.faults import Fault, all_faults
from conformance.proof.harness import scenarios
from conformance.proof.interception import ignore_broken_answers
from conformance.proof.trial import Fate, Trial, trial
from conformance.session import selection
from tests.cli.command import command

FAULTS = list(all_faults().values())
PARTS = 40
"""The faults are tried in so many tests, which is enough to share them out; each tells all that survived in it."""


def test_there_are_many_faults_and_each_is_told_apart() -> None:
    assert len(FAULTS) >= 150
    assert len({fault.about for fault in FAULTS}) > 0.95 * len(FAULTS)


def test_every_requirement_that_can_fail_has_a_fault_that_trips_it() -> None:
    assert gaps.unplanted(contract.load(), FAULTS) == []
    assert set(gaps.UNPLANTED) <= set(contract.load().requirements)
    assert not set(gaps.UNPLANTED) & {fault.trips for fault in FAULTS}, "planted after all"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_a_fault_names_a_requirement_that_can_fail(fault: Fault) -> None:
    requirement = contract.load().requirements[fault.trips]
    assert requirement.level is not Level.MAY
    assert not requirement.untestable
    assert fault.about.endswith(".")


def test_the_figures_are_those_of_these_faults() -> None:
    """`make proof` writes them anew."""
    kept = figures.load()
    assert kept.faults == len(FAULTS)
    assert set(kept.witnesses) == {fault.id for fault in FAULTS}
    assert set(kept.witnesses.values()) <= set(scenarios())
    assert selection.kills() == kept.killed


def test_a_try_of_some_faults_keeps_the_figures_of_the_others() -> None:
    known, kept = all_faults(), figures.load()
    killed, survived = FAULTS[0], FAULTS[1]
    trials = [Trial(killed.id, killed.trips, killed.about, witness="runs.text"), Trial(survived.id, survived.trips, "")]
    merged = figures.of(trials, known, kept)
    assert merged.faults == len(FAULTS)
    assert merged.witnesses == {
        name: witness for name, witness in {**kept.witnesses, killed.id: "runs.text"}.items() if name != survived.id
    }
    assert merged.killed.get(survived.trips, 0) == kept.killed[survived.trips] - 1


def likely(fault: Fault) -> list[str]:
    """The scenario that found a fault last time, then the others that exercise its requirement."""
    witness = figures.load().witnesses[fault.id]
    return [witness, *(name for name in selection.scenarios_for(fault.trips) if name != witness)]


@pytest.mark.parametrize("part", range(PARTS))
def test_every_fault_is_killed_by_name(part: int, capfd: pytest.CaptureFixture[str]) -> None:
    ignore_broken_answers()
    survived = []
    for fault in FAULTS[part::PARTS]:
        made = trial(fault.id, fault.trips, fault.about, likely(fault))
        if made.fate is not Fate.KILLED or made.broken:
            survived.append(f"{fault.id} must trip {fault.trips}; tripped {made.collateral}; {made.broken}")
        if told := capfd.readouterr().err.strip():  # a traceback, or a server that complains
            survived.append(f"{fault.id} is broken itself: {told.splitlines()[-1]}")
    assert not survived, "\n".join(survived)


def test_an_unknown_fault_is_told_with_what_is_near(tmp_path: pytest.TempPathFactory) -> None:
    asked = command(tmp_path, "proof", "--fault", "runs.resumes_after_cance")  # type: ignore[arg-type]
    assert asked.code == 2
    assert "runs.resumes_after_cancel" in asked.err


def test_faults_are_listed_with_what_they_do(tmp_path: pytest.TempPathFactory) -> None:
    shown = command(tmp_path, "serve", "--faults")  # type: ignore[arg-type]
    assert shown.code == 0
    text = " ".join(shown.out.split())
    assert "runs.created_in_progress RUN-STATE-04 The answer that creates a run shows it in progress already." in text
    assert f"{len(FAULTS)} faults." in text


def test_an_unknown_fault_is_not_served(tmp_path: pytest.TempPathFactory) -> None:
    asked = command(tmp_path, "serve", "--fault", "runs.created_in_progres")  # type: ignore[arg-type]
    assert asked.code == 2
    assert "did you mean runs.created_in_progress" in asked.err


def test_a_matrix_of_some_faults_does_not_replace_that_of_all() -> None:
    checkout = Path(__file__).parents[2]
    ignored = (checkout / ".gitignore").read_text().splitlines()
    assert (checkout / folder_of(of_all=True) / "proof.md").is_file()
    assert any(str(folder_of(of_all=False)).startswith(line) for line in ignored)
