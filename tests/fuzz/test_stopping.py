"""A fuzzing told to stop, by Ctrl-C or SIGTERM: what was found till then is reported, with its evidence, in time."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import FOR_EVER, UNHURRIED, command
from tests.fuzz.places import faulty
from tests.fuzz.test_sequences import told
from tests.hostile.endpoints import Hostility, asks_anything, hostile
from tests.limits import HANG

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
FOUND = {"DELETION-CHILD-01", "DELETION-GONE-01"}
NEVER_ANSWERED = {"WIRE-ANSWER-01"}
FAULTS = ("deletion.messages_of_a_deleted_thread", "errors.unknown_is_null")


@dataclass
class Trap:
    """An endpoint that answers matching requests no more from the `nth` on; `entered` tells that it has come.

    It still deletes: a cleanup that waits in vain is not what is tested with it, and would take all its time.
    """

    nth: int
    matches: Callable[[bytes], bool] = asks_anything
    seen: int = 0
    entered: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def springs(self, request: bytes) -> bool:
        matches = self.matches(request) and not request.startswith(b"DELETE")
        self.seen += matches
        return matches and self.seen >= self.nth

    def __call__(self, *_: object) -> None:
        self.entered.set()
        self.over.wait(HANG)


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
    """How a fuzz run ended."""

    code: int
    out: str
    err: str
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
            [sys.executable, "-c", UNHURRIED, "fuzz", url, "--profile", "reference", *FOR_EVER, *words],
            cwd=folder,
            env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert trap.entered.wait(HANG)
        process.send_signal(number)
        out, err = process.communicate(timeout=HANG)
    assert "Traceback" not in err, err
    report = json.loads((folder / "reports/latest/report.json").read_text())
    return Ended(process.returncode, out, err, report)


@pytest.mark.parametrize(
    ("number", "code"), [SIGNALS[0], *(pytest.param(*one, marks=pytest.mark.long) for one in SIGNALS[1:])]
)
def test_what_sequences_had_found_is_reported(number: signal.Signals, code: int, tmp_path: Path) -> None:
    ended = stopped(tmp_path, Trap(450), number, "--stateful", "--seed", "7")
    assert ended.code == code
    assert ended.report["header"]["interrupted"]
    assert ended.broken >= FOUND
    assert not ended.broken & NEVER_ANSWERED, "an answer that was cut off has been judged"
    assert re.search(r"sequences: [1-9]\d* of 50, .*; stopped before the end", ended.told)
    assert re.search(r"[1-9]\d* not fully shrunk: the run was stopped", ended.told)
    kept = tmp_path / "reports/latest/fuzz"
    for requirement in FOUND:
        (cassette,) = kept.glob(f"stateful.{requirement}.yaml*")
        audited = command(tmp_path, "audit", str(cassette))
        assert requirement in audited.out
        program = kept / f"stateful.{requirement}.py"
    with faulty(*FAULTS) as url:
        again = told(program, OPENAI_BASE_URL=url)
    assert (again.returncode, again.stdout.splitlines()[-1]) == (1, "reproduced"), again.stderr


def test_what_requests_had_found_is_reported(tmp_path: Path) -> None:
    """The right requests are made, the search under way has found something, and the others are not begun."""
    trap = Trap(8, lambda request: request.startswith(b"GET /v1/threads/"))
    ended = stopped(tmp_path, trap, signal.SIGINT, "--schema", "--only", "getThread,listMessages,createRun,listRuns")
    assert ended.code == 130
    assert ended.report["header"]["interrupted"]
    right = {f"{name}.positive" for name in ("getThread", "listMessages", "createRun", "listRuns")}
    assert {row["name"] for row in ended.report["scenarios"]} == {*right, "getThread.negative"}
    assert "ERROR-UNKNOWN-01" in ended.broken
    assert not ended.broken & NEVER_ANSWERED
    assert "stopped before its end: getThread.negative" in ended.told
    told = "1 of 4 operations exercised with wrong requests; stopped before: listMessages"
    assert any(note.startswith(told) for note in ended.report["header"]["notes"])
    assert (tmp_path / "reports/latest/fuzz/getThread.negative.ERROR-UNKNOWN-01.yaml").exists()


def test_a_stop_while_the_endpoint_never_answers(tmp_path: Path) -> None:
    ended = stopped(tmp_path, Trap(1), signal.SIGTERM, "--schema")
    assert ended.code == 143
    assert "Interrupted: nothing was judged." in ended.told
    assert "the report of what was judged follows" in ended.err
    stopped_before = next(note for note in ended.report["header"]["notes"] if "right requests" in note)
    assert len(stopped_before) < 200
    assert "stopped before: " in stopped_before
    assert stopped_before.endswith(" more")


@pytest.mark.long
def test_what_was_not_yet_shrunk_is_reported(tmp_path: Path) -> None:
    """Three sequences take some 400 requests, and making short what they show as many again."""
    ended = stopped(tmp_path, Trap(550), signal.SIGTERM, "--stateful", "--max-examples", "3", "--seed", "7")
    assert ended.code == 143
    assert ended.report["header"]["interrupted"]
    assert ended.broken >= FOUND
    assert not ended.broken & NEVER_ANSWERED
    assert "sequences: 3 of 3, " in ended.told
    assert re.search(r"[1-9]\d* not fully shrunk: the run was stopped", ended.told)
