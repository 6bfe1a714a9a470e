from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance import contract
from conformance.contract import BrokenContract
from conformance.contract.lifecycles import Lifecycle, Presence, load_lifecycles

MACHINES = contract.load().lifecycles
RUN = MACHINES["run"]
SUBMITTING = frozenset({"submitToolOuputsToRun"})

LEGAL_RUNS = [
    ("queued", "completed"),
    ("queued", "requires_action"),
    ("in_progress", "queued"),
    ("requires_action", "in_progress"),
    ("cancelling", "completed"),
    ("requires_action", "expired"),
]
ILLEGAL_RUNS = [("cancelling", status) for status in ("queued", "in_progress", "requires_action")]


@pytest.mark.parametrize("machine", list(MACHINES), ids=lambda machine: machine.name)
def test_every_status_can_end_and_no_end_can_be_left(machine: Lifecycle) -> None:
    for status in machine.statuses:
        assert machine.reachable(status, status)
        assert any(machine.reachable(status, end) for end in machine.terminal)
    for end, status in product(machine.terminal, machine.statuses):
        assert machine.reachable(end, status) is (end == status)


@pytest.mark.parametrize("machine", list(MACHINES), ids=lambda machine: machine.name)
def test_every_status_can_be_reached_from_the_beginning(machine: Lifecycle) -> None:
    assert {status for start in machine.initial for status in machine.following(start)} == set(machine.statuses)


@pytest.mark.parametrize("machine", list(MACHINES), ids=lambda machine: machine.name)
def test_what_follows_is_transitive(machine: Lifecycle) -> None:
    for one, two, three in product(machine.statuses, repeat=3):
        if machine.reachable(one, two) and machine.reachable(two, three):
            assert machine.reachable(one, three)


@pytest.mark.parametrize(("was", "status"), LEGAL_RUNS)
def test_pollers_may_skip_statuses(was: str, status: str) -> None:
    assert RUN.reachable(was, status)


@pytest.mark.parametrize(("was", "status"), ILLEGAL_RUNS)
def test_a_run_that_is_being_cancelled_only_ends(was: str, status: str) -> None:
    assert not RUN.reachable(was, status)


def test_a_waiting_run_goes_on_only_with_its_outputs() -> None:
    assert RUN.reachable("requires_action", "in_progress")
    assert not RUN.reachable("requires_action", "in_progress", without=SUBMITTING)
    assert RUN.reachable("requires_action", "expired", without=SUBMITTING)
    # A cancel may come too late, so without the outputs only a cancel explains completion.
    assert not RUN.reachable("requires_action", "completed", without=SUBMITTING | {"cancelRun"})


def test_unknown_statuses_lead_nowhere() -> None:
    assert not RUN.reachable("paused", "paused")
    assert RUN.following("paused") == ()
    assert RUN.rules_for("paused") == ()


def test_statuses_are_those_of_the_schemas() -> None:
    schemas = contract.load().operations.by_id
    assert len(schemas) > 40  # the document is there
    named = {
        "run": "RunObject",
        "step": "RunStepObject",
        "message": "MessageObject",
        "vector_store": "VectorStoreObject",
        "vector_store_file": "VectorStoreFileObject",
        "file_batch": "VectorStoreFileBatchObject",
        "file": "OpenAIFile",
    }
    document = yaml.safe_load((contract.load().folder / "assistants-v2.openapi.yaml").read_text())
    for name, schema in named.items():
        statuses = document["components"]["schemas"][schema]["properties"]["status"]["enum"]
        assert set(MACHINES[name].statuses) == set(statuses), name


def test_machines_are_found_by_object_constant() -> None:
    assert MACHINES.by_object["vector_store.files_batch"] is MACHINES.by_object["vector_store.file_batch"]
    assert MACHINES.by_object["thread.run"] is RUN
    assert len(MACHINES) == 7


def test_presence_tells_the_cell_of_the_matrix() -> None:
    assert RUN.presence("completed_at", "completed") is Presence.PRESENT
    assert RUN.presence("completed_at", "queued") is Presence.NULL
    assert RUN.presence("completed_at", "incomplete") is None
    # Only the first time it is queued.
    assert RUN.presence("started_at", "queued") is None


def test_every_rule_is_judged_under_a_requirement_of_the_registry() -> None:
    requirements = contract.load().requirements
    for machine in MACHINES:
        for rule in machine.rules:
            assert rule.requirement in requirements


MACHINE: dict[str, Any] = {
    "objects": ["x"],
    "statuses": ["open", "closed"],
    "initial": ["open"],
    "terminal": ["closed"],
    "transitions": [{"from": "open", "to": "closed", "trigger": "t", "evidence": "spec", "level": "MUST"}],
    "fields": [{"requirement": "X-1", "fields": ["closed_at"], "value": "present", "statuses": ["closed"]}],
}


def loaded(folder: Path, **changes: Any) -> Lifecycle:
    path = folder / "lifecycles.yaml"
    path.write_text(yaml.safe_dump({"lifecycles": {"door": MACHINE | changes}}))
    return load_lifecycles(path)["door"]


def test_a_file_of_machines_is_loaded(tmp_path: Path) -> None:
    assert loaded(tmp_path).following("open") == ("open", "closed")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"terminal": ["ajar"]}, "unknown statuses ['ajar']"),
        ({"terminal": []}, "terminal statuses"),
        ({"fields": MACHINE["fields"] * 2}, "bound twice: [('closed_at', 'closed')]"),
        ({"fields": [{"requirement": "X-1"}]}, "fields"),
        ({"transitions": [MACHINE["transitions"][0] | {"evidence": "hearsay"}]}, "hearsay"),
        ({"transitions": None}, "TypeError"),
    ],
)
def test_a_broken_machine_is_refused_with_the_reason(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BrokenContract, match=r"lifecycles\.yaml") as refusal:
        loaded(tmp_path, **changes)
    assert reason in refusal.value.reason
