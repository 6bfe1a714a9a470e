"""The journal is judged as it grows, in portions of which only verdicts are kept."""

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from conformance import contract
from conformance.proxy import judge as judge_module
from conformance.proxy.judge import JournalJudge
from conformance.report.verdict import Verdict
from conformance.trace import window
from conformance.trace.window import Window

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


@pytest.fixture
def following() -> Iterator[Callable[..., JournalJudge]]:
    with ExitStack() as opened:

        def follow(path: Path, **options: bool) -> JournalJudge:
            made = JournalJudge(path, contract.load(), "http://endpoint.test/v1", **options)
            opened.callback(made.close)
            judge(made)
            return made

        yield follow


def judge(made: JournalJudge) -> JournalJudge:
    list(made.read())
    made.judge()
    return made


def verdicts(made: JournalJudge) -> dict[str, tuple[Verdict, int, int]]:
    results = made.report().results
    return {one.requirement: (one.verdict, one.examined, one.findings_total) for one in results}


def test_portions_come_to_the_same_verdicts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, following: Callable[..., JournalJudge]
) -> None:
    path = tmp_path / "exchanges.jsonl"
    path.write_bytes(b"".join(line(number, wrong=number % 7 == 0) for number in range(1, 120)))
    whole = verdicts(following(path))
    monkeypatch.setattr(judge_module, "Window", partial(Window, size=10))
    made = following(path)
    in_portions = verdicts(made)
    assert whole["SCHEMA-STATUS-01"] == in_portions["SCHEMA-STATUS-01"]
    assert whole["SCHEMA-STATUS-01"][::2] == (Verdict.FAIL, 17)
    assert {name: told[0] for name, told in in_portions.items()} == {name: told[0] for name, told in whole.items()}
    assert made.report().header.exchanges == 119
    assert len(made.records) == 2  # what is settled, and what is open
    assert "judged in" in " ".join(made.report().header.notes)


def test_a_request_under_way_may_have_done_what_another_client_sees(
    tmp_path: Path, following: Callable[..., JournalJudge]
) -> None:
    """A thread is read by one client before the other, who makes it, has the end of his answer."""
    path = tmp_path / "exchanges.jsonl"
    made = json.loads(line(2))
    thread = json.loads(made["response_body"])
    changed = json.dumps(thread | {"metadata": {"a": "b"}})
    about = made | {"url": f"{made['url']}/{thread['id']}", "response_body": changed}
    change = about | {"number": 3, "started_at": 1767323046, "seconds": 2, "request_body": '{"metadata":{"a":"b"}}'}
    read = about | {"number": 4, "started_at": 1767323047, "method": "GET", "request_body": ""}
    rows = [line(1), json.dumps(made).encode() + b"\n", json.dumps(read).encode() + b"\n"]
    path.write_bytes(b"".join(rows))
    judging = following(path, sole_client=True)
    assert verdicts(judging)["IDENTITY-READ-01"][0] is Verdict.WARN  # as if exchange 3 were another client's
    with path.open("ab") as file:
        file.write(json.dumps(change).encode() + b"\n")
    assert verdicts(judge(judging))["IDENTITY-READ-01"][0] is Verdict.NOT_EXERCISED  # the change was under way
    path.write_bytes(b"".join([*rows[:2], json.dumps(read | {"number": 3}).encode() + b"\n"]))
    assert verdicts(following(path, sole_client=True))["IDENTITY-READ-01"][0] is Verdict.FAIL


def test_a_request_that_never_ends_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, following: Callable[..., JournalJudge]
) -> None:
    monkeypatch.setattr(judge_module, "SIZE", 20)
    path = tmp_path / "exchanges.jsonl"
    path.write_bytes(b"".join(line(number, wrong=number > 90) for number in range(1, 100) if number != 30))
    made = following(path)
    assert len(made._following) == 0
    with path.open("ab") as file:
        file.write(line(30))
    assert judge(made).report().header.exchanges == 99
    assert verdicts(made)["SCHEMA-STATUS-01"][0] is Verdict.FAIL


def test_a_line_is_judged_once_it_is_whole(tmp_path: Path, following: Callable[..., JournalJudge]) -> None:
    path = tmp_path / "exchanges.jsonl"
    first, second = line(1), line(2)
    path.write_bytes(first + second[:40])
    made = following(path)
    assert made.report().header.exchanges == 1
    with path.open("ab") as file:
        file.write(second[40:])
    assert [one.number for one in made.read()] == [2]
    made.judge()
    assert made.report().header.exchanges == 2


def test_memory_does_not_grow_with_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, following: Callable[..., JournalJudge]
) -> None:
    monkeypatch.setattr(judge_module, "Window", partial(Window, size=20))
    monkeypatch.setattr(window, "REMEMBERED", 50)
    path = tmp_path / "exchanges.jsonl"
    path.touch()
    made, sizes = following(path), []
    tracemalloc.start()
    try:
        for begin in range(1, 600, 100):
            with path.open("ab") as file:
                file.write(b"".join(line(number, wrong=True) for number in range(begin, begin + 100)))
            list(made.read())
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[-1] - sizes[2] < 200_000, sizes
