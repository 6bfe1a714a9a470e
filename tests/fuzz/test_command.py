"""The command `fuzz` as a user types it: what it keeps, what it tells, and when it ends."""

import shlex
import socket
import time
from pathlib import Path

import pytest

from tests.cli.command import command
from tests.fuzz.places import faulty
from tests.servers import Behaviour, serving
from tests.servers import answer as whole

FAULT = ("deletion.messages_of_a_deleted_thread", "DELETION-CHILD-01")
SLOW = 0.8
LATE = 20.0
"""Seconds beyond --max-time that count as not keeping to it; without it the search would take ten times as long."""
REFUSAL = b'{"error": {"message": "No.", "type": "invalid_request_error", "param": null, "code": null}}'


def slowly(seconds: float) -> Behaviour:
    """Answer everything after a while with an object that could be anything."""

    def behave(connection: object, _: bytes) -> None:
        time.sleep(seconds)
        body = b'{"id": "one", "object": "thread", "status": "completed", "thread_id": "two"}'
        connection.sendall(whole(body=body, headers={"x-request-id": "req_1"}))  # type: ignore[attr-defined]

    return behave


@pytest.mark.parametrize(
    ("fault", "requirement", "options"),
    [
        pytest.param(*FAULT, ("--stateful", "--max-examples", "6", "--seed", "7"), marks=pytest.mark.long),
        (
            "errors.unknown_is_null",
            "ERROR-UNKNOWN-01",
            ("--only", "getThread", "--max-examples", "5", "--model", "gpt-4o"),
        ),
    ],
)
def test_the_command_to_run_again_finds_the_same(
    fault: str, requirement: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    with faulty(fault) as url:
        run = command(tmp_path, "fuzz", url, "--profile", "reference", *options)
        rows = {row["requirement"]: row for row in run.report["results"]}
        again = shlex.split(rows[requirement]["exhibits"][0]["rerun"])
        assert again[0] == "assistants-conformance"
        repeated = command(tmp_path, *again[1:])
    assert repeated.verdicts()[requirement] == "fail", again
    assert repeated.report["results"] != []
    assert len(repeated.report["scenarios"]) == 1


def test_what_an_earlier_fuzzing_kept_is_not_mixed_with_the_new(tmp_path: Path) -> None:
    kept = tmp_path / "reports/latest/fuzz"
    kept.mkdir(parents=True)
    earlier = ("stateful.RUN-STATE-05.py", "stateful.RUN-STATE-05.yaml.gz", "createRun.negative.LIMIT-RUN-12.yaml")
    for name in (*earlier, "mine.yaml", "stateful.NO-SUCH-01.py"):
        (kept / name).write_text("")
    with faulty() as url:
        run = command(tmp_path, "fuzz", url, "--only", "listModels", "--max-examples", "2")
    assert sorted(path.name for path in kept.iterdir()) == ["mine.yaml", "stateful.NO-SUCH-01.py"]
    assert any("3 files of an earlier fuzzing removed" in note for note in run.report["header"]["notes"])


@pytest.mark.parametrize("how", ["--schema", pytest.param("--stateful", marks=pytest.mark.long)])
@pytest.mark.parametrize("seconds", [SLOW, pytest.param(60.0, marks=pytest.mark.long)])
def test_the_time_is_kept_however_slowly_an_endpoint_answers(how: str, seconds: float, tmp_path: Path) -> None:
    with serving(slowly(seconds)) as url:
        run = command(tmp_path, "fuzz", url, how, "--max-time", "20", "--timeout", "2")
    assert run.report["header"]["seconds"] < 20 + LATE, run.out
    if seconds == SLOW:
        assert "cut short by --max-time 20" in " ".join(run.out.split())


@pytest.mark.parametrize("words", [("--only", "createThread"), ("--stateful", "--seed", "1")])
def test_an_endpoint_without_a_fault_is_conformant(words: tuple[str, ...], tmp_path: Path) -> None:
    with faulty() as url:
        run = command(tmp_path, "fuzz", url, "--profile", "reference", *words, "--max-examples", "1")
    assert run.code == 0, run.out
    assert 0 < run.report["header"]["accepted"] <= run.report["header"]["exchanges"]


def test_wrong_requests_ought_to_be_refused(tmp_path: Path) -> None:
    run = command(tmp_path, "fuzz", "reference", "--only", "listModels.negative", "--max-examples", "5")
    assert run.code == 0, run.out
    assert run.report["header"]["accepted"] == 0 < run.report["header"]["exchanges"]
    assert "Conformant" in run.out


def test_right_requests_that_are_all_refused_leave_no_verdict(tmp_path: Path) -> None:
    def behave(connection: socket.socket, request: bytes) -> None:
        listed = request.startswith(b"GET /v1/assistants")  # what is asked before the run
        connection.sendall(whole() if listed else whole("429 Too Many Requests", REFUSAL))

    with serving(behave) as url:
        run = command(tmp_path, "fuzz", url, "--only", "listModels", "--max-examples", "2")
    header = run.report["header"]
    assert header["accepted"] == 0 < header["exchanges"]
    assert run.code == 3, run.out
    assert "not one of 2 right requests was accepted" in " ".join(run.out.split())


def test_what_leaves_nothing_to_search_is_refused(tmp_path: Path) -> None:
    for words in (("--only", "createRum"), ("--stateful", "--only", "createRun"), ("--schema", "--only", "stateful")):
        run = command(tmp_path, "fuzz", "reference", *words)
        assert run.code == 2, words
        assert len(run.err.strip().splitlines()) == 1
