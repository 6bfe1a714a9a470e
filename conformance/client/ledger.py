"""The cleanup ledger: what a run made on an endpoint, on disk at once, so that after a kill it can still be deleted.

One JSON line when an object is made, one when it is known to be gone. Workers of one run append to the same file: each
line is one write, and the file is opened for appending only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.evidence.safe_files import reason, write_files
from conformance.evidence.secrets import find_secrets

NAME = "leftovers.jsonl"

DELETIONS = {
    "createAssistant": ("deleteAssistant", "assistant_id", "id"),
    "createThread": ("deleteThread", "thread_id", "id"),
    "createThreadAndRun": ("deleteThread", "thread_id", "thread_id"),
    "createVectorStore": ("deleteVectorStore", "vector_store_id", "id"),
    "createFile": ("deleteFile", "file_id", "id"),
}
"""Operation that makes something: the operation that deletes it, its parameter, and the member that holds the id."""


@dataclass(frozen=True)
class Leftover:
    """An object on an endpoint, as the deletion that would remove it."""

    endpoint: str
    deletion: str
    parameter: str
    id: str


class Ledger:
    """What has been made on one endpoint and not yet deleted; kept in memory, and in a file where one is named.

    What holds a secret (one of `known`, or a text of that shape) as its id stays in memory only. Where the file cannot
    be written, the run goes on, and `trouble` tells why.
    """

    def __init__(self, endpoint: str, path: Path | None = None, known: Iterable[str] = ()) -> None:
        self.endpoint = endpoint
        self.path = path
        self.trouble: str | None = None
        self._known = tuple(known)
        self._open: dict[Leftover, None] = {}

    @classmethod
    def resumed(cls, endpoint: str, path: Path) -> Ledger:
        """The ledger of a file, as far as it is about one endpoint. Raises `OSError`."""
        ledger = cls(endpoint, path)
        ledger._open = {leftover: None for leftover in read(path) if leftover.endpoint == endpoint}
        return ledger

    def made(self, operation: str, value: Any) -> None:
        """Note what the answer to an operation shows as made; any other answer or operation is ignored."""
        if operation not in DELETIONS or not isinstance(value, dict):
            return
        deletion, parameter, member = DELETIONS[operation]
        name = value.get(member)
        if isinstance(name, str) and name:
            self._note("made", Leftover(self.endpoint, deletion, parameter, name))

    def gone(self, leftover: Leftover) -> None:
        """Note that an object is no longer there."""
        if leftover in self._open:
            self._note("gone", leftover)

    @property
    def leftovers(self) -> list[Leftover]:
        """What is still there, last made first: a thread goes before the assistant that its runs name."""
        return list(reversed(self._open))

    def _note(self, word: str, leftover: Leftover) -> None:
        if word == "made":
            self._open[leftover] = None
        else:
            del self._open[leftover]
        if self.path is None or find_secrets(leftover.id, self._known):
            return
        try:
            _append(self.path, _line(word, leftover))
        except OSError as problem:
            self.trouble = f"{self.path}: {reason(problem)}"


def read(path: Path) -> list[Leftover]:
    """What the ledger in a file says is still there, in the order of making; a missing file holds nothing.

    Lines that are not of a ledger, such as one that a kill cut short, are passed over. Raises `OSError`.
    """
    left: dict[Leftover, None] = {}
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return []
    for line in lines:
        match _parsed(line):
            case ("made", leftover):
                left[leftover] = None
            case ("gone", leftover):
                left.pop(leftover, None)
    return list(left)


def compact(path: Path) -> list[Leftover]:
    """Rewrite a ledger to what is still there, remove it where nothing is, and return what is.

    Raises `OSError` where it cannot be read, `NotWritten` where it cannot be written.
    """
    left = read(path)
    if left:
        write_files({path: "".join(_line("made", leftover) for leftover in left)})
    else:
        path.unlink(missing_ok=True)
    return left


def _line(word: str, leftover: Leftover) -> str:
    return json.dumps([word, leftover.endpoint, leftover.deletion, leftover.parameter, leftover.id]) + "\n"


def _parsed(line: bytes) -> tuple[str, Leftover] | None:
    try:
        row = json.loads(line)  # not orjson, which refuses the half of a pair that an endpoint's id may hold
    except (ValueError, RecursionError):
        return None
    if not isinstance(row, list) or len(row) != 5 or not all(isinstance(item, str) for item in row):
        return None
    return row[0], Leftover(*row[1:])


def _append(path: Path, line: str) -> None:
    """Add a line, after an end to one that a full disk or a kill cut short."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        size = os.fstat(descriptor).st_size
        cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        waiting = memoryview((b"\n" if cut else b"") + line.encode("ascii"))
        while waiting:
            waiting = waiting[os.write(descriptor, waiting) :]
    finally:
        os.close(descriptor)
