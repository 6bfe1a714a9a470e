"""The journal: every scenario's record is on disk the moment it is made, so a killed run loses nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import orjson

from conformance.attempt import ScenarioRecord
from conformance.report.files import ReportNotWritten
from conformance.settings import Errand

NAME = "journal.jsonl"


class NothingToResume(Exception):
    """There is no journal of an interrupted run here, or it is the journal of another run; told to the user."""


class Journal:
    """Appends records as JSON lines to `journal.jsonl` in the report folder; raises `ReportNotWritten`.

    The first line says what the run was asked to do. With `keep` the lines of an interrupted run are kept, less a
    last one that was cut short.
    """

    def __init__(self, folder: Path, errand: Errand, *, keep: bool = False) -> None:
        self.path = folder / NAME
        self._errand = errand
        self._keep = keep
        self._file: BinaryIO | None = None

    def __enter__(self) -> Journal:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._keep:
                whole = self.path.read_bytes()
                self._file = self.path.open("r+b")
                self._file.seek(whole.rfind(b"\n") + 1)
                self._file.truncate()
            else:
                self._file = self.path.open("wb")
                self._write({"errand": self._errand.to_dict()})
        except OSError as problem:
            raise ReportNotWritten(self.path, problem.strerror or str(problem)) from problem
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, record: ScenarioRecord) -> None:
        """Keep one record."""
        try:
            self._write(record.to_dict())
        except OSError as problem:
            raise ReportNotWritten(self.path, problem.strerror or str(problem)) from problem

    def _write(self, row: dict[str, Any]) -> None:
        assert self._file is not None
        self._file.write(orjson.dumps(row) + b"\n")
        self._file.flush()


def earlier_records(folder: Path, errand: Errand) -> tuple[ScenarioRecord, ...]:
    """The records of an interrupted run that was asked the same; raises `NothingToResume`."""
    path = folder / NAME
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as problem:
        raise NothingToResume(f"there is no run to resume: {path}: {problem.strerror or problem}") from None
    try:
        head, *rows = [orjson.loads(line) for line in lines if line.endswith(b"\n")]
        before = head["errand"]
        records = tuple(ScenarioRecord.from_dict(row) for row in rows)
        asked = Errand(before["target"], before["profile"], before["model"], tuple(before["only"]))
    except (ValueError, TypeError, KeyError):
        raise NothingToResume(f"{path} is not the journal of a run; leave out --resume to start anew") from None
    if asked != errand:
        raise NothingToResume(f"the run in {path} was of {asked}; ask for the same, or leave out --resume")
    return records
