"""A proof that was stopped: one that has tried something tells what, one that has not writes nothing."""

from pathlib import Path
from typing import Any

import pytest

from conformance.cli.proof import proof
from conformance.proof import run
from conformance.proof.faults import all_faults
from conformance.proof.trial import Trial

INTERRUPTED = 130


def stopped(trials: list[Trial], folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proof whose user stopped it once these trials were over."""

    def prove(*_: Any, **__: Any) -> run.Proof:
        return run.Proof(trials=trials, interrupted=True)

    monkeypatch.setattr(run, "prove", prove)
    with pytest.raises(SystemExit) as end:
        proof(fault=(), jobs=1, thorough=False, everything=False, report=folder, save=None)
    assert end.value.code == INTERRUPTED


def test_where_nothing_was_tried_no_report_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped([], tmp_path / "proof", monkeypatch)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == f"Stopped before one of {len(all_faults())} faults was tried: no report was written.\n"
    assert not (tmp_path / "proof").exists()


def test_what_was_tried_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fault = next(iter(all_faults().values()))
    stopped([Trial(fault.id, fault.trips, fault.about)], tmp_path / "proof", monkeypatch)
    assert "0 of 1 planted faults were killed by name" in capsys.readouterr().out
    assert (tmp_path / "proof/proof.json").is_file()
