"""A fuzzing told to stop, by Ctrl-C or SIGTERM: what was found till then is reported, with its evidence, in time."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conformance import contract, stopping
from conformance.checks import all_checks
from conformance.judge import judge
from conformance.recordings.cassette import read
from tests.fuzz.places import faulty
from tests.hostile.endpoints import Hostility, asks_anything, hostile

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
PROGRAM = "from conformance.cli import main; main()"
IN_TIME = stopping.LONGEST + 2  # what CI systems grant
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
FAULTS = ("deletion.messages_of_a_deleted_thread", "errors.unknown_is_null")


@dataclass
class Trap:
    """An endpoint that answers no more from its `nth` matching request on; `entered` tells that it has come."""

    nth: int
    matches: Callable[[bytes], bool] = asks_anything
    seen: int = 0
    entered: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def springs(self, request: bytes) -> bool:
        self.seen += self.matches(request)
        return self.seen >= self.nth

    def __call__(self, *_: object) -> None:
        self.entered.set()
        self.over.wait(60)


@contextmanager
def trapped(trap: Trap) -> Iterator[str]:
    with faulty(*FAULTS) as behind:
        port = int(behind.split(":")[2].split("/")[0])
        with hostile(Hostility("trap", trap, trigger=trap.springs), port) as url:
            try:
                yield url
            finally:
                trap.over.set()


@dataclass(frozen=True)
class Ended:
    """How a fuzzing ended, `seconds` after the signal."""

    code: int
    out: str
    err: str
    seconds: float
    report: dict[str, Any]

    @property
    def told(self) -> str:
        return " ".join(self.out.split())

    @property
    def broken(self) -> set[str]:
        return {row["requirement"] for row in self.report["results"] if row["verdict"] in ("fail", "warn")}


def stopped(folder: Path, trap: Trap, number: signal.Signals, *words: str) -> Ended:
    """Fuzz until the trap springs, then stop it by a signal."""
    with trapped(trap) as url:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "fuzz", url, "--profile", "reference", *words],
            cwd=folder,
            env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert trap.entered.wait(60)
        begun = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
        seconds = time.monotonic() - begun
    assert "Traceback" not in err, err
    report = json.loads((folder / "reports/latest/report.json").read_text())
    return Ended(process.returncode, out, err, seconds, report)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_what_sequences_had_found_is_reported(number: signal.Signals, code: int, tmp_path: Path) -> None:
    ended = stopped(tmp_path, Trap(700), number, "--stateful", "--seed", "1")
    print(ended)
    print(sorted((tmp_path / "reports/latest/fuzz").glob("*")))
    assert 0
