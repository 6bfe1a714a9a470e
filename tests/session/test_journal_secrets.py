"""The journal loses no verdict where the words of a record may hold a secret."""

from pathlib import Path

from conformance.evidence.secrets import REDACTED
from conformance.session.attempt import FindingRecord, ScenarioRecord
from conformance.session.journal import Journal, earlier_run
from conformance.session.settings import from_options

KEY = "sk-proj-Planted0123456789abcdefXYZ"


def test_a_record_whose_texts_hold_a_secret_is_kept_without_them(tmp_path: Path) -> None:
    spec = from_options(target="http://x.test/v1").spec
    finding = FindingRecord("RUN-STATE-01", 3, None, f"/{KEY}", "a status", KEY, [(KEY, True)], f"curl {KEY}")
    made = ScenarioRecord(
        "runs.x", "inconclusive", KEY, 4, examined={"A-1": 2}, found={"RUN-STATE-01": 1}, findings=[finding]
    )
    harmless = ScenarioRecord("runs.y", "completed", None, 1)
    with Journal(tmp_path, spec, known=(KEY,)) as journal:
        journal.add(made)
        journal.add(harmless)
    first, second = earlier_run(tmp_path, spec).records
    assert KEY not in (tmp_path / "journal.jsonl").read_text()
    assert (first.found, first.examined, first.reason) == (made.found, made.examined, REDACTED)
    assert [(one.requirement, one.exchange, one.actual) for one in first.findings] == [("RUN-STATE-01", 3, REDACTED)]
    assert second == harmless
    assert (first.findings[0].pointer, first.findings[0].curl) == (f"/{REDACTED}", f"curl {REDACTED}")
