"""Judging while the traffic goes on: the journal is followed, and judged as an audit of it would."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import orjson

from conformance.contract import Contract
from conformance.recordings.audit import AuditedFile, audit_recording
from conformance.recordings.detect import read_rows
from conformance.recordings.recording import Malformed, Recording
from conformance.report.conclusion import counted
from conformance.report.model import Report, Skipped
from conformance.session.attempt import ScenarioRecord, united
from conformance.session.audit_report import header_of, records_of, report_on

WINDOW = 16 * 1024 * 1024
"""Bytes of the journal that are judged together; what is older was judged, and only its verdicts are kept."""
AT_REST = 3
"""Judging takes at most one second in so many: the rest is for the traffic, which may be on the same machine."""


@dataclass(frozen=True)
class Passed:
    """An exchange as the journal has it, in a few words."""

    number: int
    method: str
    url: str
    status: int | None
    seconds: float
    stream: bool
    failure: str | None


class JournalJudge:
    """Follows a journal (`exchanges.jsonl`) and judges it in windows; nothing of a file is kept but the open window.

    `judge` costs what the open window costs, `report` next to nothing. `upstream` is named in the report;
    with `sole_client` nobody else used it.
    """

    def __init__(self, path: Path, contract: Contract, upstream: str, *, sole_client: bool = False) -> None:
        self._path = path
        self._contract = contract
        self._upstream = upstream
        self._sole_client = sole_client
        self._began, self._started = time.monotonic(), datetime.now(UTC)
        self._offset = 0
        self._lines: list[bytes] = []
        self._size = 0
        self._closed: list[ScenarioRecord] = []
        self._windows = 0
        self._open: list[ScenarioRecord] = []
        self._skipped: list[Skipped] = []
        self._open_skipped: list[Skipped] = []
        self._judged, self._rest_until, self._is_warm = 0, 0.0, False

    def read(self) -> Iterator[Passed]:
        """What the journal holds since the last call; a window that is full is judged on the way."""
        with self._path.open("rb") as file:
            file.seek(self._offset)
            for line in file:
                if not line.endswith(b"\n"):
                    return  # it is being written
                if self._size + len(line) > WINDOW and self._lines:
                    self._close()
                self._offset += len(line)
                self._size += len(line)
                self._lines.append(line)
                yield _passed(line)

    @property
    def is_due(self) -> bool:
        """Whether there is something new to judge, and the time for it."""
        return self._judged < len(self._lines) and time.monotonic() >= self._rest_until

    def judge(self) -> None:
        """Judge the open window."""
        if self._judged == len(self._lines):
            return
        began = time.monotonic()
        self._judged = len(self._lines)
        name = self._path.name
        try:
            found = read_rows(b"".join(self._lines), name)
        except Malformed as problem:
            self._open_skipped = [Skipped(name, str(problem), len(self._lines))]
            return
        recording = Recording(self._path, found.format, found.rows, tuple(found.broken))
        outcome = audit_recording(recording, name, self._contract)
        self._open = records_of(outcome, self._contract, sole_client=self._sole_client)
        self._open_skipped = outcome.skipped
        now = time.monotonic()
        if self._is_warm:  # the first time has to read the contract
            self._rest_until = now + AT_REST * (now - began)
        self._is_warm = True

    def _close(self) -> None:
        """Judge the open window for the last time, and forget it but for its verdicts."""
        self.judge()
        self._closed = united([*self._closed, *self._open])
        self._skipped = _summed(self._skipped + self._open_skipped)
        self._windows += 1
        self._lines, self._size, self._judged, self._open, self._open_skipped = [], 0, 0, [], []

    @property
    def records(self) -> list[ScenarioRecord]:
        """What was judged so far."""
        return self._closed + self._open

    def report(self, problem: str | None = None) -> Report:
        """What all that was judged comes to."""
        records, contract = self.records, self._contract
        notes = []
        if self._windows:
            notes.append(f"judged in {counted(self._windows + 1, 'window')} of {WINDOW // 2**20} MiB each")
        header = header_of(
            records,
            mode="proxy",
            target=self._upstream,
            command=" ".join(["assistants-conformance", *sys.argv[1:]]),
            started=self._started,
            seconds=time.monotonic() - self._began,
            problem=problem,
            notes=notes,
        )
        file = AuditedFile(self._path.name, exchanges=header.exchanges, streams=header.streams)
        return report_on(records, header, contract, [file], _summed(self._skipped + self._open_skipped))


def _passed(line: bytes) -> Passed:
    row = orjson.loads(line)
    types = [value for name, value in row.get("response_headers", ()) if name.lower() == "content-type"]
    return Passed(
        row["number"],
        row["method"],
        row["url"],
        row["status"],
        row["seconds"],
        any(value.startswith("text/event-stream") for value in types),
        row.get("failure"),
    )


def _summed(skipped: list[Skipped]) -> list[Skipped]:
    """What was not judged, each reason once."""
    found: dict[tuple[str, str], Skipped] = {}
    for row in skipped:
        key = (row.source, row.reason)
        found[key] = replace(row, count=row.count + (found[key].count if key in found else 0))
    return list(found.values())
