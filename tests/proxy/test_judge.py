"""The journal is judged as it grows, in windows of which only verdicts are kept."""

import json
import tracemalloc
from pathlib import Path

import pytest

from conformance import contract
from conformance.proxy import judge as judge_module
from conformance.proxy.judge import JournalJudge
from conformance.report.verdict import Verdict

HEADERS = [["OpenAI-Beta", "assistants=v2"]]


def line(number: int, *, wrong: bool = False) -> bytes:
    """A thread that is created, of which the answer may lack a member."""
    thread = {"id": f"thread_{number:024}", "object": "thread", "created_at": 1767323045, "metadata": {}}
    thread |= {} if wrong else {"tool_resources": {}}
    row = {
        "number": number,
        "method": "POST",
        "url": "http://endpoint.test/v1/threads",
        "status": 201 if wrong else 200,
        "started_at": 1767323045 + number / 100,
        "seconds": 0.001,
        "request_headers": HEADERS,
        "request_body": "{}",
        "response_headers": [["Content-Type", "application/json"]],
        "response_body": json.dumps(thread),
    }
    return json.dumps(row).encode() + b"\n"


def judged(path: Path) -> JournalJudge:
    made = JournalJudge(path, contract.load(), "http://endpoint.test/v1")
    list(made.read())
    made.judge()
    return made


def verdicts(made: JournalJudge) -> dict[str, tuple[Verdict, int, int]]:
    results = made.report().results
    return {one.requirement: (one.verdict, one.examined, one.findings_total) for one in results}


def test_windows_come_to_the_same_verdicts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "exchanges.jsonl"
    path.write_bytes(b"".join(line(number, wrong=number % 7 == 0) for number in range(1, 120)))
    whole = verdicts(judged(path))
    monkeypatch.setattr(judge_module, "WINDOW", 8_000)
    made = judged(path)
    in_windows = verdicts(made)
    assert whole["SCHEMA-STATUS-01"] == in_windows["SCHEMA-STATUS-01"]
    assert whole["SCHEMA-STATUS-01"][::2] == (Verdict.FAIL, 17)
    assert {name: told[0] for name, told in in_windows.items()} == {name: told[0] for name, told in whole.items()}
    assert made.report().header.exchanges == 119
    assert len(made.records) == 2  # all closed windows, and the open one
    assert "judged in" in " ".join(made.report().header.notes)


def test_a_line_is_judged_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "exchanges.jsonl"
    first, second = line(1), line(2)
    path.write_bytes(first + second[:40])
    made = JournalJudge(path, contract.load(), "http://endpoint.test/v1")
    assert [one.number for one in made.read()] == [1]
    with path.open("ab") as file:
        file.write(second[40:])
    assert [one.number for one in made.read()] == [2]
    made.judge()
    assert made.report().header.exchanges == 2


def test_memory_does_not_grow_with_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge_module, "WINDOW", 20_000)
    path = tmp_path / "exchanges.jsonl"
    path.touch()
    made, sizes = JournalJudge(path, contract.load(), "http://endpoint.test/v1"), []
    tracemalloc.start()
    try:
        for begin in range(1, 600, 100):
            with path.open("ab") as file:
                file.write(b"".join(line(number, wrong=True) for number in range(begin, begin + 100)))
            list(made.read())
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[-1] - sizes[2] < 200_000, sizes
