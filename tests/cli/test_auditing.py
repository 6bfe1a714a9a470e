"""What an audit is given, and how it tells what belongs together."""

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.command import command
from tests.limits import HANG
from tests.recordings.samples import FLAT, SAMPLES


def test_a_folder_of_every_format_is_one_verdict_with_a_table_of_sources(tmp_path: Path) -> None:
    for number, (_, content) in enumerate(SAMPLES.values()):
        (tmp_path / f"{number}.json").write_bytes(content)
    done = command(tmp_path, "audit", ".")
    assert done.code == 0, done.out
    assert done.report["header"]["exchanges"] == len(SAMPLES)
    assert {row["format"] for row in done.report["sources"]} == {format_ for format_, _ in SAMPLES.values()}
    assert f"Sources ({len(SAMPLES)})" in done.out
    assert f"and {len(SAMPLES) - 8} more" in done.out
    assert "Sources" in (tmp_path / "reports/latest/report.txt").read_text()
    assert f"{len(SAMPLES)} rows, {len(SAMPLES)} traces" in done.out


def test_patterns_and_what_is_piped_in(tmp_path: Path) -> None:
    for name in ("logs/a/one.har", "logs/b/two.har", "logs/three.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(SAMPLES["HAR"][1])
    done = command(tmp_path, "audit", "logs/**/*.har")
    assert [row["name"] for row in done.report["sources"]] == ["one.har", "two.har"]
    assert command(tmp_path, "audit", "logs/*.jsonl").code == 2
    words = [sys.executable, "-c", "from conformance.cli import main; main()", "audit", "-"]
    piped = subprocess.run(words, cwd=tmp_path, input=SAMPLES["JSON lines"][1] * 3, capture_output=True, timeout=HANG)
    assert piped.returncode == 1  # three threads with one id
    assert "standard input, exchange 2" in piped.stdout.decode()


def test_what_is_one_trace_can_be_said(tmp_path: Path) -> None:
    """A thread that was created without metadata and is read with some: wrong only where it is one story."""
    made = FLAT["response_body"]
    changed = {"response_body": made | {"metadata": {"a": "b"}}, "request_body": None}
    for name, row in (("a", FLAT), ("b", FLAT | {"method": "GET", "url": f"{FLAT['url']}/{made['id']}"} | changed)):
        undated = row | {"started_at": None, "response_headers": {**row["response_headers"], "Date": ""}}
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(undated) + "\n")
    told = []
    for words in ((), ("--one-trace",), ("--trace-per-file",)):
        done = command(tmp_path, "audit", "a.jsonl", "b.jsonl", "--sole-client", *words)
        told.append((done.code, [note for note in done.report["header"]["notes"] if "row" in note]))
    assert told == [(0, ["2 rows, 2 traces"]), (1, ["2 rows, 1 trace"]), (0, ["2 rows, 2 traces"])]


def test_what_another_client_may_have_done_warns_unless_there_was_none(tmp_path: Path) -> None:
    """A message that nobody is seen to send: another client's, or the endpoint's fault."""
    thread, at = FLAT["response_body"], f"{FLAT['url']}/{FLAT['response_body']['id']}/messages"
    text = {"type": "text", "text": {"value": "Hello.", "annotations": []}}
    found = {"id": "msg_1", "object": "thread.message", "created_at": thread["created_at"], "role": "user"}
    found |= {"thread_id": thread["id"], "run_id": None, "assistant_id": None, "content": [text]}
    found |= {"attachments": [], "metadata": {}}
    page = {"object": "list", "data": [found], "first_id": "msg_1", "last_id": "msg_1", "has_more": False}
    listed = FLAT | {"method": "GET", "url": at, "request_body": None, "response_body": page}
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, (FLAT, listed))))
    open_ended, alone = command(tmp_path, "audit", "a.jsonl"), command(tmp_path, "audit", "a.jsonl", "--sole-client")
    assert (open_ended.code, alone.code) == (0, 1)
    assert "1 warning may be another client's doing: with --sole-client they fail" in open_ended.out
    assert "MESSAGE-MADE-01" in alone.out
