"""`requirements` and `explain`, over a small registry."""

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from conformance import contract
from conformance.cli.explain import explain, requirements
from conformance.contract import Contract
from conformance.session import selection

REGISTRY = {
    "runs": """
area: runs
requirements:
  - id: RUN-STATE-01
    level: MUST
    rule: A run never leaves a terminal status.
    evidence:
      - documented: Assistants deep dive, run lifecycle
      - recorded: alexrudall/ruby-openai runs_cancel.yml (2023-11)
    checks: [runs.transitions]
  - id: RUN-STATE-02
    level: SHOULD
    rule: A run in a [bold]hurry[/bold] is judged in time.
    evidence: [{inferred: a public emulator}]
    checks: [runs.in_time, runs.at_all]
    live_only: true
    since: 2024-06-08
    note: Only where the
      clock is ours.
    conflict: The guide says a minute, the document ten. The document was
      taken.
""",
    "streams": """
area: streams
requirements:
  - id: STREAM-END-01
    level: MAY
    rule: A stream closes its connection.
    evidence: [{sdk: openai-python 1.0}]
    untestable: a client cannot tell who closed it
    since: 2024-01-01
    until: 2024-12-31
""",
}


@pytest.fixture(autouse=True)
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "requirements"
    folder.mkdir()
    for area, text in REGISTRY.items():
        (folder / f"{area}.yaml").write_text(text)
    monkeypatch.setattr(contract, "load", lambda: Contract(tmp_path))
    seen = {"runs.cancel": frozenset({"RUN-STATE-01"}), "runs.create": frozenset({"RUN-STATE-01"})}
    monkeypatch.setattr(selection, "load", lambda: seen)
    traffic = selection.RealTraffic("0123456789abcdef", 3, 1200, {"RUN-STATE-01": 1234})
    monkeypatch.setattr(selection, "real_traffic", lambda: traffic)
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("area", [None, "streams"])
def test_the_list(area: str | None, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    requirements(area)
    assert capsys.readouterr().out == snapshot


@pytest.mark.parametrize("area", [None, "runs"])
def test_the_coverage_page(area: str | None, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    requirements(area, coverage=True)
    assert capsys.readouterr().out == snapshot


@pytest.mark.parametrize("name", ["RUN-STATE-01", "RUN-STATE-02", "STREAM-END-01"])
def test_one_in_full(name: str, capsys: pytest.CaptureFixture[str], snapshot: SnapshotAssertion) -> None:
    explain(name)
    assert capsys.readouterr().out == snapshot


def test_case_does_not_matter(capsys: pytest.CaptureFixture[str]) -> None:
    explain("run-state-01")
    assert "RUN-STATE-01" in capsys.readouterr().out


def test_without_cassettes_no_scenario_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(selection, "load", dict)
    explain("RUN-STATE-02")
    assert "exercised by" not in capsys.readouterr().out


@pytest.mark.parametrize(("count", "last"), [(12, "runs: s00, s01"), (15, "and 3 more")])
def test_of_many_scenarios_the_first_are_named(
    count: int, last: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"{'runs' if number < 9 else 'streams'}.s{number:02}" for number in range(count)]
    monkeypatch.setattr(selection, "load", lambda: {name: frozenset({"RUN-STATE-01"}) for name in names})
    explain("RUN-STATE-01")
    told = capsys.readouterr().out
    assert last in told
    assert "streams: s09, s10, s11\n" in told
    assert ("more" in told) == (count > 12)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("RUN-STAT-01", "did you mean RUN-STATE-01 or RUN-STATE-02"),
        ("run-stat-02", "RUN-STATE-02"),
        ("nothing", "there is no requirement 'nothing' (see: assistants-conformance requirements)"),
        ("\x1b[2J", "'\\x1b[2J'"),
    ],
)
def test_an_unknown_id(wrong: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        explain(wrong)
    assert stopped.value.code == 2
    assert told in capsys.readouterr().err


def test_an_unknown_area(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        requirements("run")
    assert stopped.value.code == 2
    assert "there is no area 'run'; did you mean runs? (the areas are runs, streams)" in capsys.readouterr().err


def test_a_broken_registry(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "requirements" / "runs.yaml").write_text("{")
    for command in (lambda: requirements(None), lambda: explain("RUN-STATE-01")):
        with pytest.raises(SystemExit) as stopped:
            command()
        assert stopped.value.code == 2
        assert "runs.yaml" in capsys.readouterr().err
