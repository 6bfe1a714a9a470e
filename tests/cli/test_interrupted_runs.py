"""Runs ended from outside: at any time, by a signal or a full disk, no verdict already made is lost."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from conformance.client import ledger
from conformance.client.ledger import Ledger
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.session.selection import Selection
from tests.cli.command import command, journalled
from tests.limits import HANG, wait_until

PROGRAM = "from conformance.cli import main; main()"
ONLY = "objects,messages,runs.text,streams.text,lists.messages"
WORDS = ("--profile", "reference", "--only", ONLY)
SCENARIOS = len(Selection.of((ONLY,)).scenarios or ())
JOBS = 2


def alive(server: ReferenceServer) -> int:
    """How many objects are on an endpoint that a run makes and deletes."""
    store = server.endpoint.store
    return sum(map(len, (store.assistants, store.threads, store.files, store.vector_stores)))


def gone(group: int) -> bool:
    """Whether no process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return True
    return False


def ended(folder: Path, url: str, by: signal.Signals, lines: int, pause: float) -> None:
    """Start a parallel run, end it after so many finished scenarios and seconds, and wait for its workers to go."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "run", url, *WORDS, "-j", str(JOBS), "--verbose"],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    while lines and (line := process.stderr.readline()):
        lines -= line.startswith("[")  # others tell what was asked for
    time.sleep(pause)
    if by is signal.SIGKILL:
        process.kill()
    else:
        os.killpg(process.pid, by)  # what Ctrl-C does: everybody gets it
    process.communicate(timeout=HANG)
    wait_until(lambda: gone(process.pid), "the end of the workers")
    if by is signal.SIGINT:
        assert process.returncode == 130


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The verdicts of a run that nobody ended."""
    with ReferenceServer(Settings(control=True)) as server:
        done = command(tmp_path_factory.mktemp("whole"), "run", server.url, *WORDS)
    assert len(done.report["scenarios"]) == SCENARIOS
    return done.verdicts()


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_parallel_run_ended_at_any_time_is_finished_and_cleaned(
    by: signal.Signals, seed: int, whole: dict[str, str], tmp_path: Path
) -> None:
    chance = random.Random(f"{by}{seed}")
    lines = chance.randint(1, SCENARIOS - 3)
    with ReferenceServer(Settings(control=True)) as server:
        ended(tmp_path, server.url, by, lines, chance.random() / 20)
        judged = {row["scenario"]: row for row in journalled(tmp_path)}
        assert len(judged) >= lines - 1, "a scenario was told as done and is not in the journal"
        cleaned = command(tmp_path, "clean", server.url)
        assert cleaned.code == 0, cleaned.out
        # what was asked for when the kill came, and whose answer nobody read, stands in no ledger (SECURITY.md)
        assert alive(server) <= (JOBS if by is signal.SIGKILL else 0)
        before = alive(server)
        resumed = command(tmp_path, "run", server.url, *WORDS, "--resume")
        assert resumed.code == 0, resumed.out + resumed.err
        assert alive(server) == before
    assert resumed.verdicts() == whole
    after = journalled(tmp_path)
    assert len(after) == len({row["scenario"] for row in after}) == SCENARIOS
    assert {name: row for name, row in judged.items() if row in after} == judged
    assert "nothing is left" in command(tmp_path, "clean").out


FULL = """
import resource, sys
sys.dont_write_bytecode = True  # Python 3.11 keeps bytecode that was cut short, and the checkout would be broken
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)), -1))
from conformance.cli import main
main()
"""


def test_a_full_disk_stops_a_run_with_a_reason_and_it_goes_on_when_there_is_room(
    whole: dict[str, str], tmp_path: Path
) -> None:
    with ReferenceServer(Settings(control=True)) as server:
        words = [sys.executable, "-c", FULL, "12000", "run", server.url, *WORDS]
        done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=HANG)
        told = " ".join(done.stdout.split())
        assert "Traceback" not in done.stderr + done.stdout
        assert done.returncode == 2
        assert "journal.jsonl: File too large; make room, or name another folder" in told
        assert "run --resume goes on behind it" in told
        assert "the report was not written" in done.stderr.splitlines()[-1]
        assert "Conformant" not in told
        assert alive(server) == 0
        left = sorted(path.name for path in (tmp_path / "reports/latest").iterdir())
        assert left in (["journal.jsonl"], ["journal.jsonl", "leftovers.jsonl"])
        journal = (tmp_path / "reports/latest/journal.jsonl").read_bytes()
        assert journal.endswith(b"\n")
        assert 1 < len(journal.splitlines()) < SCENARIOS
        resumed = command(tmp_path, "run", server.url, *WORDS, "--resume")
    assert resumed.code == 0, resumed.out
    assert resumed.verdicts() == whole


def test_a_verdict_that_could_not_be_written_is_none(tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-c",
        FULL,
        "20000",
        "run",
        "--only",
        "objects.assistant_lifecycle,objects.thread_lifecycle",
    ]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=HANG)
    why = "the report was not written: reports/latest/report.json: File too large; make room, or name another folder"
    told = " ".join(done.stdout.split())
    assert done.returncode == 2
    assert re.match(rf"Not complete \(0 of (\d+) exercised requirements failed\): {re.escape(why)}\. \1 passed\.", told)
    assert "Conformant" not in told
    assert done.stderr.splitlines()[-1] == f"assistants-conformance: {why}"
    assert [path.name for path in (tmp_path / "reports/latest").iterdir()] == ["journal.jsonl"]


@pytest.mark.parametrize("place", ["taken", "taken/below", "/proc/none", "/dev/full"])
def test_a_folder_that_cannot_be_is_told_before_anything_is_driven(place: str, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with ReferenceServer(Settings()) as server:
        done = command(tmp_path, "run", server.url, "--only", "objects.empty_thread", "--report", place)
        assert alive(server) == 0
    assert done.code == 2
    assert len(done.err.splitlines()) == 1
    assert place in done.err
    assert "; name a folder that can be written to" in done.err
    assert ("is not a folder" in done.err) is (place != "/proc/none")


def test_a_wrong_word_leaves_the_journal_of_an_interrupted_run(tmp_path: Path) -> None:
    command(tmp_path, "run", "--only", "objects.empty_thread")
    journal = tmp_path / "reports/latest/journal.jsonl"
    before = journal.read_bytes()
    assert command(tmp_path, "run", "--only", "thraeds").code == 2
    assert journal.read_bytes() == before


def test_a_ledger_that_cannot_grow_stops_nobody_and_tells(tmp_path: Path) -> None:
    book = Ledger("http://one.invalid/v1", tmp_path)  # a folder
    book.made("createThread", {"id": "thread_1"})
    assert [left.id for left in book.leftovers] == ["thread_1"]
    assert book.trouble is not None
    assert "name a folder that can be written to" in book.trouble
    book.gone(book.leftovers[0])
    assert book.leftovers == []


def test_a_line_behind_a_cut_one_is_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / ledger.NAME
    book = Ledger("http://one.invalid/v1", path)
    book.made("createThread", {"id": "thread_1"})
    with path.open("ab") as file:
        file.write(b'["made","http://one.inv')
    book.made("createThread", {"id": "thread_2"})
    book.gone(book.leftovers[1])
    assert [left.id for left in ledger.read(path)] == ["thread_2"]
    assert [left.id for left in ledger.compact(path)] == ["thread_2"]
    assert [entry.name for entry in tmp_path.iterdir()] == [ledger.NAME]


@pytest.mark.parametrize("name", ["thread_sk-proj-Abcdefgh1234567890", "key-in-use-77-in-use", "sk-Abcdefgh1234567890"])
def test_an_id_that_holds_a_secret_is_deleted_and_never_stored(name: str, tmp_path: Path) -> None:
    path = tmp_path / ledger.NAME
    book = Ledger("http://one.invalid/v1", path, ("key-in-use-77-in-use", "sk-proj-Abcdefgh1234567890"))
    book.made("createThread", {"id": name})
    book.made("createThread", {"id": "thread_2"})
    assert [left.id for left in book.leftovers] == ["thread_2", name]
    assert name not in path.read_text()
    for left in book.leftovers:
        book.gone(left)
    assert ledger.compact(path) == []


def test_what_is_left_is_told_without_a_target_and_no_key_goes_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "reports/latest" / ledger.NAME
    path.parent.mkdir(parents=True)
    with ReferenceServer(Settings()) as server:
        Ledger(server.url, path).made("createThread", {"id": "thread_1"})
        told = command(tmp_path, "clean")
    assert told.code == 0
    assert told.out == f"1 object is left on {server.url}; delete with: assistants-conformance clean {server.url}\n"
    assert [left.id for left in ledger.read(path)] == ["thread_1"]


def test_ids_are_shown_without_what_a_terminal_obeys(tmp_path: Path) -> None:
    path = tmp_path / "reports/latest" / ledger.NAME
    path.parent.mkdir(parents=True)
    Ledger("http://127.0.0.1:9/v1", path).made("createThread", {"id": "thread_\x1b[2J\r\n\x9b31m\u202e"})
    told = command(tmp_path, "clean", "http://127.0.0.1:9/v1", "--timeout", "1")
    assert told.code == 4
    assert "thread_\\x1b[2J\\r\\n\\x9b31m\\u202e" in told.out
