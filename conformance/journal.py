"""The journal: every scenario's record is on disk the moment it is made, so a killed run loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

from conformance.attempt import ScenarioRecord
from conformance.files import NotWritten, SecretsLeft, reason, refuse_secrets
from conformance.settings import Errand

NAME = "journal.jsonl"


class NothingToResume(Exception):
    """There is no journal of an interrupted run here, or it is the journal of another run; told to the user."""


class Journal:
    """Appends records as JSON lines to `journal.jsonl` in the report folder; raises `NotWritten`.

    The first line says what the run was asked to do. With `keep` the lines of an interrupted run are kept, less a
    last one that was cut short. A line that could not be written whole is taken back. `known` are secrets that no line
    may hold.
    """

    def __init__(self, folder: Path, errand: Errand, *, keep: bool = False, known: Iterable[str] = ()) -> None:
        self.path = folder / NAME
        self._errand = errand
        self._keep = keep
        self._known = tuple(known)
        self._file: FileIO | None = None
        self._end = 0

    def __enter__(self) -> Journal:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self._keep:
                self._end = self.path.read_bytes().rfind(b"\n") + 1
            self._file = FileIO(self.path, "r+" if self._keep else "w")
            self._file.truncate(self._end)
            self._file.seek(self._end)
        except OSError as problem:
            raise NotWritten(self.path, reason(problem)) from problem
        if not self._keep:
            try:
                self._write({"errand": self._errand.to_dict()})
            except NotWritten:
                self._file.close()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._file:
            self._file.close()

    def add(self, record: ScenarioRecord) -> None:
        """Keep one record; where its texts may hold a secret still, without them: the verdict is not lost."""
        try:
            self._write(record.to_dict())
        except SecretsLeft:
            self._write(record.without_texts().to_dict())

    def _write(self, row: dict[str, Any]) -> None:
        """One line in ASCII, without a buffer: what is written is there whatever becomes of this process."""
        assert self._file is not None
        line = json.dumps(row, separators=(",", ":")) + "\n"
        refuse_secrets(self.path, line, self._known)
        waiting = memoryview(line.encode("ascii"))
        try:
            while waiting:
                waiting = waiting[self._file.write(waiting) or 0 :]
        except OSError as problem:
            with suppress(OSError):  # a cut line is passed over by `--resume` too
                self._file.truncate(self._end)
                self._file.seek(self._end)
            raise NotWritten(self.path, reason(problem)) from problem
        self._end += len(line)


def earlier_records(folder: Path, errand: Errand) -> tuple[ScenarioRecord, ...]:
    """The records of an interrupted run that was asked the same; raises `NothingToResume`."""
    path = folder / NAME
    try:
        lines = path.read_bytes().splitlines(keepends=True)
    except OSError as problem:
        raise NothingToResume(f"there is no run to resume: {path}: {problem.strerror or problem}") from None
    try:
        head, *rows = [json.loads(line) for line in lines if line.endswith(b"\n")]
        before = head["errand"]
        records = tuple(ScenarioRecord.from_dict(row) for row in rows)
        asked = Errand(before["target"], before["profile"], before["model"], tuple(before["only"]))
    except (ValueError, TypeError, KeyError):
        raise NothingToResume(f"{path} is not the journal of a run; leave out --resume to start anew") from None
    if asked != errand:
        raise NothingToResume(f"the run in {path} was of {asked}; ask for the same, or leave out --resume")
    return records
