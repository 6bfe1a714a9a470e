"""A run told to stop, by Ctrl-C, SIGTERM or kill -9, beside an endpoint that does not answer."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from conformance.client import interrupt
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.session import report_folder
from conformance.session.report_folder import owned
from tests.cli.command import FOR_EVER, UNHURRIED, command, journalled
from tests.hostile.endpoints import STREAM_HEAD, Hostility, asks_anything, asks_for_a_stream, hostile, reads_a_thread
from tests.limits import HANG, wait_until
from tests.servers import Behaviour

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
PROGRAM = "from conformance.cli import main; main()"
SCENARIOS = ("--only", "objects.assistant_lifecycle,objects.thread_lifecycle,streams.text", "--repeats", "1")
SECOND = 2 * interrupt.ECHO


@dataclass
class Trap:
    """What an endpoint does with the request that it never answers; `entered` tells that one has come."""

    drip: bytes = b""
    entered: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def __call__(self, connection: socket.socket, _: bytes) -> None:
        if self.drip:
            connection.sendall(STREAM_HEAD)
        self.entered.set()
        while not self.over.wait(0.05):
            connection.sendall(self.drip)


@dataclass
class Ended:
    """How a run ended, with what of its processes was left."""

    code: int
    out: str
    err: str
    left: list[int]


@contextmanager
def trapped(trap: Trap, when: Callable[[bytes], bool] = reads_a_thread) -> Iterator[tuple[ReferenceServer, str]]:
    with ReferenceServer(Settings(control=True)) as server:
        port = int(server.url.split(":")[2].split("/")[0])
        behave: Behaviour = trap
        with hostile(Hostility("trap", behave, trigger=when), port) as url:
            try:
                yield server, url
            finally:
                trap.over.set()


def started(folder: Path, url: str, *words: str) -> subprocess.Popen[str]:
    with (folder / "err").open("wb") as err:
        return subprocess.Popen(
            [sys.executable, "-c", UNHURRIED, "run", url, "--profile", "reference", *SCENARIOS, *FOR_EVER, *words],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=err,
            text=True,
            start_new_session=True,
        )


def living(session: int) -> list[int]:
    """The processes of a session that are more than an entry waiting to be taken off the kernel's list."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            status = (entry / "stat").read_text().rpartition(")")[2].split() if entry.name.isdigit() else None
        except OSError:
            continue  # it is gone already
        if status and status[3] == str(session) and status[0] not in "ZX":
            found.append(int(entry.name))
    return found


def connected(pids: list[int]) -> list[int]:
    """Those of the processes that still have open files, as one that the kernel is taking down has not."""
    return [pid for pid in pids if any(Path(f"/proc/{pid}/fd").iterdir())]


def signalled(folder: Path, trap: Trap, signals: list[signal.Signals], url: str, *words: str, group: bool) -> Ended:
    """A run that gets each of these signals, alone or with its group, once it has heard the one before."""
    err = folder / "err"
    with started(folder, url, *words) as process:
        assert trap.entered.wait(HANG)
        for position, number in enumerate(signals):
            if position:
                wait_until(lambda: "stopping" in err.read_text(), "the first signal")
                time.sleep(SECOND)
            (os.killpg if group else os.kill)(process.pid, number)
        out, _ = process.communicate(timeout=HANG)
    assert "Traceback" not in err.read_text()
    assert "Warning" not in err.read_text()
    return Ended(process.returncode, out, err.read_text(), living(process.pid))


@pytest.mark.parametrize("jobs", [pytest.param("1", marks=pytest.mark.long), "2"])
@pytest.mark.parametrize(
    ("number", "everybody", "code", "told"),
    [
        (signal.SIGINT, True, 130, "stopping; the report of what was judged follows. Ctrl-C again stops at once"),
        (signal.SIGTERM, False, 143, "stopping, as SIGTERM asks; the report of what was judged follows"),
    ],
)
def test_a_stop_reports_in_time_and_the_rest_is_resumed(
    number: signal.Signals, everybody: bool, code: int, told: str, jobs: str, tmp_path: Path
) -> None:
    trap = Trap()
    with trapped(trap) as (server, url):
        ended = signalled(tmp_path, trap, [number], url, "-j", jobs, group=everybody)
        assert ended.code == code
        assert ended.left == []
        assert told in ended.err
        assert "the same command with --resume goes on behind it" in ended.err
        report = json.loads((tmp_path / "reports/latest/report.json").read_text())
        assert report["header"]["interrupted"]
        judged = {row["scenario"] for row in journalled(tmp_path)}
        assert {row["name"] for row in report["scenarios"]} == judged
        assert "objects.thread_lifecycle" not in judged, "an answer that was cut off has been judged"
        assert not server.endpoint.store.threads, "what the broken scenario made is still there"
        trap.over.set()
        resumed = command(tmp_path, "run", url, "--profile", "reference", *SCENARIOS, "--resume")
    assert {row["scenario"] for row in journalled(tmp_path)} > judged
    assert len(resumed.report["scenarios"]) == 3


def test_a_stream_without_end_does_not_hold_up_a_stop(tmp_path: Path) -> None:
    trap = Trap(drip=b": more\n\n")
    with trapped(trap, asks_for_a_stream) as (_, url):
        ended = signalled(tmp_path, trap, [signal.SIGTERM], url, group=False)
    assert ended.code == 143
    judged = {row["scenario"] for row in journalled(tmp_path)}
    assert judged == {"objects.assistant_lifecycle", "objects.thread_lifecycle"}


@pytest.mark.parametrize("jobs", ["1", pytest.param("2", marks=pytest.mark.long)])
def test_a_second_one_stops_at_once_and_loses_no_verdict(jobs: str, tmp_path: Path) -> None:
    trap = Trap()
    with trapped(trap) as (_, url):
        ended = signalled(tmp_path, trap, [signal.SIGINT] * 2, url, "-j", jobs, group=True)
    assert ended.code == 130
    assert ended.left == []
    assert ended.out == ""
    last = ended.err.splitlines()[-1]
    assert last.startswith("assistants-conformance: stopped at once, without a report; reports/latest/journal.jsonl")
    assert "--resume" in last
    if jobs == "1":  # with two, the trap may have been the first to be met
        assert [row["scenario"] for row in journalled(tmp_path)] == ["objects.assistant_lifecycle"]


def test_a_stop_before_anything_is_driven(tmp_path: Path) -> None:
    trap = Trap()
    with trapped(trap, asks_anything) as (_, url):
        ended = signalled(tmp_path, trap, [signal.SIGINT], url, group=False)
    assert ended.code == 130
    assert "Interrupted: nothing was judged." in ended.out


def test_nothing_goes_on_behind_a_killed_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that wait for an answer end with their run; `clean` and `--resume` begin when they are gone."""
    trap = Trap()
    with trapped(trap) as (server, url):
        process = started(tmp_path, url, "-j", "2")
        assert trap.entered.wait(HANG)
        workers = [pid for pid in living(process.pid) if pid != process.pid]
        assert len(workers) == 2
        process.kill()
        process.communicate(timeout=HANG)
        monkeypatch.setattr(report_folder, "LOCK_TIMEOUT", HANG)
        with owned(tmp_path / "reports/latest"):
            assert not set(workers) & set(connected(living(process.pid)))
        cleaned = command(tmp_path, "clean", url, "--profile", "reference")
        assert cleaned.code == 0, cleaned.out + cleaned.err
        assert not server.endpoint.store.threads


@pytest.mark.parametrize("words", [("run",), ("run", "--resume"), ("clean", "http://127.0.0.1:9/v1")])
def test_a_folder_in_use_is_refused(words: tuple[str, ...], tmp_path: Path) -> None:
    folder = tmp_path / "reports/latest"
    folder.mkdir(parents=True)
    if "--resume" in words:
        command(tmp_path, "run", "--only", "objects.empty_thread")
        words = (*words, "--only", "objects.empty_thread")
    before = sorted((path.name, path.read_bytes()) for path in folder.iterdir())
    with owned(folder):
        refused = command(tmp_path, *words)
    assert refused.code == 2
    assert refused.err == (
        "assistants-conformance: reports/latest: another run is at work there; "
        "wait until it ends, or name another folder (--report)\n"
    )
    assert sorted((path.name, path.read_bytes()) for path in folder.iterdir()) == before


def test_other_commands_end_by_sigterm_as_by_ctrl_c(tmp_path: Path) -> None:
    words = [sys.executable, "-c", PROGRAM, "serve", "--port", "0"]
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().split(" at ")[1].split()[0]
    httpx.get(f"{url}/assistants")  # it serves, and has its own way with signals
    process.terminate()
    _, err = process.communicate(timeout=HANG)
    assert (process.returncode, err) == (0, "assistants-conformance: stopping\n")
