"""The journal: every scenario's record is on disk the moment it is made, so a killed run loses nothing."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import orjson

from conformance.attempt import ScenarioRecord
from conformance.report.files import ReportNotWritten


class Journal:
    """Appends records as JSON lines to `journal.jsonl` in the report folder; raises `ReportNotWritten`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "journal.jsonl"
        self._file: BinaryIO | None = None

    def __enter__(self) -> Journal:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("wb")
        except OSError as problem:
            raise ReportNotWritten(self.path, problem.strerror or str(problem)) from problem
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, record: ScenarioRecord) -> None:
        """Keep one record."""
        assert self._file is not None
        try:
            self._file.write(orjson.dumps(record.to_dict()) + b"\n")
            self._file.flush()
        except OSError as problem:
            raise ReportNotWritten(self.path, problem.strerror or str(problem)) from problem
