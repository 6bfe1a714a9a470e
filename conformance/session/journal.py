"""The journal: every scenario's record is on disk the moment it is made, so a killed run loses nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from conformance.evidence.redaction import redact
from conformance.evidence.safe_files import NotWritten, SecretsLeft, make_folder, reason, refuse_secrets
from conformance.report.conclusion import counted
from conformance.session.attempt import ScenarioRecord
from conformance.session.report_folder import JOURNAL, owned
from conformance.session.settings import RunSpec

ASIDE = "journal.unfinished.jsonl"
FINISHED = {"finished": True}
"""The last line of a run that went to its end."""


class NothingToResume(Exception):
    """There is no journal of a run here, or it is the journal of another run; told to the user."""


class Journal:
    """Appends records as JSON lines to `journal.jsonl` in the report folder, which it owns; raises `NotWritten`.

    The first line says what the run was asked to do. With `keep` the lines of an interrupted run are kept, less a
    last one that was cut short. Without, an unfinished run's journal is set aside, and `remark` tells so. A line that
    could not be written whole is taken back. `known` are secrets that no line may hold.
    """

    def __init__(self, folder: Path, spec: RunSpec, *, keep: bool = False, known: Iterable[str] = ()) -> None:
        self.path = folder / JOURNAL
        self.remark: str | None = None
        self._spec = spec
        self._keep = keep
        self._known = tuple(known)
        self._file: FileIO | None = None
        self._end = 0
        self._resources = ExitStack()

    def __enter__(self) -> Journal:
        with ExitStack() as resources:
            make_folder(self.path.parent)
            resources.enter_context(owned(self.path.parent))
            try:
                if self._keep:
                    self._end = self.path.read_bytes().rfind(b"\n") + 1
                else:
                    self.remark = _set_aside(self.path)
                self._file = resources.enter_context(FileIO(self.path, "r+" if self._keep else "w"))
                self._file.truncate(self._end)
                self._file.seek(self._end)
            except OSError as problem:
                raise NotWritten(self.path, reason(problem)) from problem
            if not self._keep:
                self._write({"spec": self._spec.to_dict()})
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    def add(self, record: ScenarioRecord) -> None:
        """Keep one record; where its texts hold a secret still, without it: the verdict is not lost."""
        try:
            self._write(record.to_dict())
        except SecretsLeft:
            self._write(redact(record, self._known).to_dict())

    def finish(self) -> None:
        """Note that the run went to its end: the next one may take its place without a word."""
        self._write(FINISHED)

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


@dataclass(frozen=True)
class Earlier:
    """What an interrupted run has brought, and what the user is to know about going on with it."""

    records: tuple[ScenarioRecord, ...] = ()
    remark: str | None = None


def earlier_run(folder: Path, spec: RunSpec) -> Earlier:
    """The interrupted run in a folder that was asked the same; raises `NothingToResume`.

    Of a scenario that stands there twice, the later record counts.
    """
    path = folder / JOURNAL
    try:
        rows = _rows(path)
    except OSError as problem:
        raise NothingToResume(f"there is no run to resume: {path}: {problem.strerror or problem}") from None
    try:
        before, records = _read(rows, spec)
    except _AnotherRun as problem:
        raise NothingToResume(f"the run in {path} {problem}, or leave out --resume") from None
    except (LookupError, TypeError, ValueError, AttributeError):
        raise NothingToResume(f"{path} is not the journal of a run; leave out --resume to start anew") from None
    remarks = [spec.changes(before)]
    if rows[-1] == FINISHED:
        remarks.append(f"the run in {path} went to its end: nothing is driven again, the report is made anew")
    # of what could not be kept the second try may find room
    return Earlier(tuple(one for one in records if not one.unwritten), "; ".join(filter(None, remarks)) or None)


def stored_run(path: Path) -> tuple[RunSpec, tuple[ScenarioRecord, ...], bool]:
    """What a run was asked, what it brought, and whether it went to its end; raises `NothingToResume`."""
    try:
        rows = _rows(path)
        spec, records = _read(rows)
    except OSError as problem:
        raise NothingToResume(f"there is no journal at {path}: {problem.strerror or problem}") from None
    except (LookupError, TypeError, ValueError, AttributeError):
        raise NothingToResume(f"{path} is not the journal of a run of this version") from None
    return spec, records, rows[-1] == FINISHED


class _AnotherRun(Exception):
    """A journal of a run that was asked something else."""


def _read(rows: list[Any], spec: RunSpec | None = None) -> tuple[RunSpec, tuple[ScenarioRecord, ...]]:
    """What a journal holds; with `spec`, raises `_AnotherRun` where it was asked something else."""
    before = RunSpec.from_dict(rows[0]["spec"])
    if spec is not None and (refusal := spec.refusal(before)):
        raise _AnotherRun(refusal)
    records = {row["scenario"]: ScenarioRecord.from_dict(row) for row in rows[1:] if row != FINISHED}
    return before, tuple(records.values())


def _rows(path: Path) -> list[Any]:
    """The lines of a journal, less a last one that was cut short. One that is not JSON is None. Raises `OSError`."""
    return [_parsed(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)  # not orjson, which refuses the half of a pair that an endpoint's text may hold
    except (ValueError, RecursionError):
        return None


def _set_aside(path: Path) -> str | None:
    """Keep the journal of a run that did not finish under another name, and tell so. Raises `OSError`."""
    try:
        rows = _rows(path)
    except FileNotFoundError:
        return None
    if len(rows) < 2 or rows[-1] == FINISHED:
        return None
    aside = path.with_name(ASIDE)
    instead = ", in place of an older one" if aside.exists() else ""
    path.replace(aside)
    count = counted(len(rows) - 1, "judged scenario")
    return (
        f"{path} held {count} of a run that did not finish; kept as {aside}{instead}. "
        f"--resume goes on with such a run: to do so, stop this one and rename the file back"
    )
