"""A run that was killed: nothing is judged twice, nothing is lost, and what it made can be deleted."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from conformance.client import ledger
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.cli.command import command, journalled
from tests.limits import HANG

HEADERS = {"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer any"}
ONLY = ("--only", "objects", "--only", "messages")


def _killed(folder: Path, *words: str, after: int) -> None:
    """Run a command and kill it once so many scenarios have been told as done."""
    process = subprocess.Popen(
        [sys.executable, "-c", "from conformance.cli import main; main()", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    while after and (line := process.stderr.readline()):
        after -= line.startswith("[")  # others tell what was asked for
    process.kill()
    process.communicate(timeout=HANG)


@pytest.mark.parametrize("after", [pytest.param(1, marks=pytest.mark.long), 4])
def test_a_killed_run_is_resumed_where_it_stood(after: int, tmp_path: Path) -> None:
    with ReferenceServer(Settings(control=True)) as server:
        words = ("run", server.url, "--profile", "reference", *ONLY)
        whole = command(tmp_path, *words, "--report", "whole")
        _killed(tmp_path, *words, "--verbose", after=after)
        before = [row["scenario"] for row in journalled(tmp_path)]
        resumed = command(tmp_path, *words, "--resume")
        rows = journalled(tmp_path)
        left = command(tmp_path, "clean", server.url)
        listed = httpx.get(f"{server.url}/assistants", headers=HEADERS).json()
    assert resumed.code == whole.code == 0, resumed.out + resumed.err
    assert before, "nothing was judged before the kill"
    scenarios = [row["scenario"] for row in rows]
    assert len(scenarios) == len(set(scenarios)), "a scenario was driven twice"
    assert scenarios[: len(before)] == before
    expected = json.loads((tmp_path / "whole/report.json").read_text())
    assert sorted(scenarios) == sorted(row["name"] for row in expected["scenarios"])
    assert resumed.verdicts() == {row["requirement"]: row["verdict"] for row in expected["results"]}
    assert left.code == 0, left.out
    assert listed["data"] == []


def test_another_errand_is_not_resumed(tmp_path: Path) -> None:
    command(tmp_path, "run", "--only", "objects")
    asked = command(tmp_path, "run", "--only", "messages", "--resume")
    assert asked.code == 2
    assert "ask for the same, or leave out --resume" in asked.err
    assert command(tmp_path, "run", "--only", "objects", "--resume", "--report", "elsewhere").code == 2


@pytest.mark.parametrize(
    "content", [b"", b"{}\n", b"[1]\n", b"null\n", b"\x00\xff\n", b'{"spec": 3}\n', b'{"spec":{"t']
)
def test_a_broken_journal_is_told(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "reports/latest").mkdir(parents=True)
    (tmp_path / "reports/latest/journal.jsonl").write_bytes(content)
    asked = command(tmp_path, "run", "--resume")
    assert asked.code == 2
    assert "journal.jsonl is not the journal of a run" in asked.err


def test_a_line_that_the_kill_cut_short_is_driven_again(tmp_path: Path) -> None:
    words = ("run", "--only", "objects")
    whole = command(tmp_path, *words)
    journal = tmp_path / "reports/latest/journal.jsonl"
    *lines, _ = journal.read_bytes().splitlines(keepends=True)  # the last line tells that the run came to its end
    journal.write_bytes(b"".join(lines)[:-40])
    resumed = command(tmp_path, *words, "--resume")
    assert resumed.code == 0
    assert resumed.verdicts() == whole.verdicts()
    rows = journalled(tmp_path)
    assert len(rows) == len(whole.report["scenarios"])


def test_cleaning_touches_only_what_the_ledger_names_on_that_endpoint(tmp_path: Path) -> None:
    path = tmp_path / "reports/latest" / ledger.NAME
    path.parent.mkdir(parents=True)
    with ReferenceServer(Settings()) as server, httpx.Client(base_url=server.url, headers=HEADERS) as client:
        mine, other = (client.post("/threads", json={}).json()["id"] for _ in range(2))
        ledger.Ledger(server.url, path).made("createThread", {"id": mine})
        ledger.Ledger("http://elsewhere.invalid/v1", path).made("createThread", {"id": other})
        ledger.Ledger(server.url, path).made("createThread", {"id": "../assistants/x"})
        cleaned = command(tmp_path, "clean", server.url)
        statuses = [client.get(f"/threads/{name}").status_code for name in (mine, other)]
    assert cleaned.code == 0, cleaned.err
    assert "2 of 2 leftovers deleted" in cleaned.out
    assert "1 object is left on http://elsewhere.invalid/v1; delete with: assistants-conformance clean" in cleaned.out
    assert statuses == [404, 200]
    assert [left.endpoint for left in ledger.read(path)] == ["http://elsewhere.invalid/v1"]


def test_where_another_endpoint_was_driven_it_is_told_that_nothing_was_done(tmp_path: Path) -> None:
    path = tmp_path / "kept" / ledger.NAME
    path.parent.mkdir()
    for number in range(4):
        ledger.Ledger("http://here.invalid/v1", path).made("createThread", {"id": f"thread_{number}"})
    cleaned = command(tmp_path, "clean", "http://there.invalid/v1", "--report", "kept")
    assert cleaned.code == 0
    assert cleaned.out.splitlines() == [
        f"nothing was deleted: kept/{ledger.NAME} names no objects on http://there.invalid/v1",
        "4 objects are left on http://here.invalid/v1; delete with: assistants-conformance clean "
        "http://here.invalid/v1 --report kept",
    ]
    assert len(ledger.read(path)) == 4


def test_where_nothing_is_left_that_is_told(tmp_path: Path) -> None:
    (tmp_path / "reports/latest").mkdir(parents=True)
    cleaned = command(tmp_path, "clean", "http://there.invalid/v1")
    assert cleaned.code == 0
    assert cleaned.out.strip() == f"nothing is left: reports/latest/{ledger.NAME} names no objects"


def test_what_cannot_be_deleted_stays_in_the_ledger(tmp_path: Path) -> None:
    path = tmp_path / "reports/latest" / ledger.NAME
    path.parent.mkdir(parents=True)
    ledger.Ledger("http://127.0.0.1:9/v1", path).made("createThread", {"id": "thread_1"})
    cleaned = command(tmp_path, "clean", "http://127.0.0.1:9/v1", "--timeout", "1")
    assert cleaned.code == 4
    assert "thread_1: its deletion was not answered (no connection" in cleaned.out
    assert [left.id for left in ledger.read(path)] == ["thread_1"]
