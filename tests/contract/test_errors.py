from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance import contract
from conformance.contract import BrokenContract
from conformance.contract.errors import KnownError, Member, load_errors

IDS = {"attested": "E-A", "recorded": "E-R", "inferred": "E-I"}
ROW: dict[str, Any] = {
    "key": "full",
    "mistake": "the store is full",
    "message": "Store '(?P<param>[^']+)' is full\\.",
    "status": 400,
    "code": ["full", None],
    "evidence": [{"recorded": "somewhere"}],
}


def loaded(folder: Path, *rows: dict[str, Any]) -> tuple[KnownError, ...]:
    path = folder / "errors.yaml"
    path.write_text(yaml.safe_dump({"requirements": IDS, "errors": list(rows)}))
    return load_errors(path)


@pytest.mark.parametrize(
    ("evidence", "for_status", "for_members"),
    [("recorded", "E-A", "E-R"), ("documented", "E-A", "E-I"), ("spec", "E-A", "E-I"), ("inferred", "E-I", "E-I")],
)
def test_evidence_decides_the_requirements(tmp_path: Path, evidence: str, for_status: str, for_members: str) -> None:
    (known,) = loaded(tmp_path, ROW | {"evidence": [{evidence: "somewhere"}]})
    assert known.requirement == for_status
    assert known.statuses == (400,)
    assert known.members == (Member("code", for_members, ("full", None)), Member("param", for_members, None))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({**ROW, "message": "("}, "error"),
        ({**ROW, "evidence": [{"hearsay": "x"}]}, "hearsay"),
        ({key: value for key, value in ROW.items() if key != "status"}, "status"),
    ],
)
def test_a_broken_row_is_refused(tmp_path: Path, row: dict[str, Any], reason: str) -> None:
    with pytest.raises(BrokenContract) as refusal:
        loaded(tmp_path, row)
    assert reason in refusal.value.reason


def test_a_key_stands_for_one_error(tmp_path: Path) -> None:
    with pytest.raises(BrokenContract, match="named twice"):
        loaded(tmp_path, ROW, ROW)


def test_the_catalogue_names_only_requirements_of_the_registry() -> None:
    requirements = contract.load().requirements
    for known in contract.load().errors:
        assert {known.requirement, *(member.requirement for member in known.members)} <= requirements.keys()


@pytest.mark.parametrize(
    ("message", "key"),
    [
        ("No run step found with id 'step_123'.", "step-not-found"),
        ("No run found with id 'run_x'.", "object-not-found"),
        ("Invalid 'batch_id': 'vs_1'. Expected an ID that begins with 'vsfb_'.", "wrong-prefix"),
        ("Thread thread_1 already has an active run run_1.", "thread-locked-for-runs"),
        (
            "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 101 instead.",
            "integer-out-of-range",
        ),
        ("Cannot cancel run with status 'completed'.", "run-not-cancellable"),
        ("You are not allowed in here.", None),
    ],
)
def test_answers_are_recognised_by_their_message(message: str, key: str | None) -> None:
    errors = contract.load().errors
    found = errors.recognize(message)
    assert (found[0].key if found else None) == key
    assert [known.key for known in errors if known.pattern.fullmatch(message)] == ([] if key is None else [key])
