"""Files of JSON lines that are too long to be judged whole: one report, however many judge, and however they end."""

import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.cli.app import app
from conformance.recordings import feed
from conformance.session.auditing import Progress
from tests.cli.command import command
from tests.limits import HANG

THREADS = 1200


def rows(threads: int, wrong: int = 0) -> list[str]:
    """A thread after the other, each made, read twice and deleted; the metadata of the last ones is lost."""
    made = []
    for number in range(threads):
        thread = {"id": f"thread_{number:08d}", "object": "thread", "created_at": 1_772_409_600 + number}
        thread |= {"metadata": {"number": str(number)}, "tool_resources": {}}
        other = thread | {"metadata": {}} if number >= threads - wrong else thread
        deleted = {"id": thread["id"], "object": "thread.deleted", "deleted": True}
        path = f"/threads/{thread['id']}"
        made += [
            row("POST", "/threads", thread, 4 * number, {"metadata": thread["metadata"]}),
            row("GET", path, thread, 4 * number + 1),
            row("GET", path, other, 4 * number + 2),
            row("DELETE", path, deleted, 4 * number + 3),
        ]
    return made


def row(method: str, path: str, answer: Any, at: int, sent: Any = None) -> str:
    headers = {"content-type": "application/json", "x-request-id": f"req_{at:08d}", "padding": "x" * 1900}
    return json.dumps(
        {
            "method": method,
            "url": f"https://endpoint.test/v1{path}",
            "status": 200,
            "started_at": f"2026-03-02T{at // 3600 % 24:02d}:{at // 60 % 60:02d}:{at % 60:02d}Z",
            "seconds": 0.1,
            "request_headers": {"authorization": "Bearer k", "openai-beta": "assistants=v2"},
            "response_headers": headers,
            "request_body": sent,
            "response_body": answer,
        }
    )


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("day")
    lines = rows(THREADS, wrong=2)
    lines.insert(10, "{ cut")
    (folder / "day.jsonl").write_text("\n".join(lines) + "\n")
    assert (folder / "day.jsonl").stat().st_size > feed.WHOLE
    return folder


def here(folder: Path, *words: str) -> tuple[int, str, dict[str, Any]]:
    """(exit code, what is shown, the report) of an audit in this process, which a test may have changed."""
    done = CliRunner().invoke(app, ["audit", *words, "--report", str(folder / "here")], terminal_width=200)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert (folder / "here").exists(), done.output
    return done.exit_code, done.output, json.loads((folder / "here/report.json").read_text())


def told(report: dict[str, Any]) -> dict[str, Any]:
    """A report without what two runs never share."""
    header = {key: value for key, value in report["header"].items() if key not in ("seconds", "started", "command")}
    return report | {"header": header}


def test_processes_make_the_same_report(day: Path) -> None:
    alone = command(day, "audit", "day.jsonl", "--sole-client")
    assert alone.code == 1, alone.out
    (source,) = alone.report["sources"]
    assert (source["rows"], source["exchanges"], source["traces"]) == (4 * THREADS, 4 * THREADS, 1)
    (finding,) = [one for one in alone.report["results"] if one["findings_total"]]
    assert finding["findings_total"] == 2
    assert finding["exhibits"][0]["exchange"] == 4 * (THREADS - 2) + 3
    assert finding["exhibits"][0]["line"] == 4 * (THREADS - 2) + 4  # one line is broken
    assert alone.report["skipped"][0]["reason"].startswith("broken: line 11")
    assert "4,800 rows, 1 trace" in alone.out
    assert "portions: objects of different threads, files and lists are compared within one" in alone.out
    together = command(day, "audit", "day.jsonl", "--sole-client", "-j", "2")
    assert told(together.report) == told(alone.report)


def test_it_is_what_the_whole_comes_to(day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_portions = command(day, "audit", "day.jsonl", "--sole-client").report
    monkeypatch.setattr(feed, "WHOLE", 2**30)
    _, _, whole = here(day, str(day / "day.jsonl"), "--sole-client")
    assert "portions" not in str(whole["header"]["notes"])
    for one, other in zip(in_portions["results"], whole["results"], strict=True):
        same = ("requirement", "verdict", "findings_total", "exhibits")
        assert [one[name] for name in same] == [other[name] for name in same]
    assert in_portions["causes"] == whole["causes"]
    assert in_portions["operations"] == whole["operations"]


def test_packed_and_piped_lines_are_streamed_too(day: Path) -> None:
    content = (day / "day.jsonl").read_bytes()
    (day / "packed.jsonl.gz").write_bytes(gzip.compress(content, 1))
    assert "portions" in command(day, "audit", "packed.jsonl.gz").out
    words = [sys.executable, "-c", "from conformance.cli import main; main()", "audit", "-"]
    piped = subprocess.run(words, cwd=day, input=content, capture_output=True, timeout=HANG)
    assert b"4,800 rows, 1 trace" in piped.stdout, piped.stdout
    cut = gzip.compress(content, 1)[:-200]
    (day / "cut.jsonl.gz").write_bytes(cut)
    reasons = [one["reason"] for one in command(day, "audit", "cut.jsonl.gz").report["skipped"]]
    assert any("cannot be read any further" in reason for reason in reasons)


def test_a_file_that_grows_is_judged_until_it_is_told_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, later = tmp_path / "live.jsonl", "\n".join(rows(4, wrong=1)[8:]) + "\n"
    path.write_text("\n".join(rows(2)) + "\n")
    steps = iter((later[:-40], later[-40:]))

    def wait(_: float) -> None:
        """Nothing more came: half of a row is written, then the rest of it, then the audit is told to end."""
        more = next(steps, None)
        if more is None:
            os.kill(os.getpid(), signal.SIGINT)
        else:
            with path.open("a") as file:
                file.write(more)

    monkeypatch.setattr(feed, "sleep", wait)
    code, out, report = here(tmp_path, str(path), "--follow", "--sole-client")
    assert code == 1, out
    assert "16 rows, 1 trace" in out
    assert not report["skipped"]
    assert not report["header"]["interrupted"]


def test_a_followed_file_that_is_replaced_is_read_from_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, steps = tmp_path / "live.jsonl", iter((0, 1))
    path.write_text("\n".join(rows(2)) + "\n")

    def wait(_: float) -> None:
        if next(steps, None) is None:
            os.kill(os.getpid(), signal.SIGINT)
        else:
            (tmp_path / "new").write_text("\n".join(rows(3)[8:]) + "\n")
            (tmp_path / "new").replace(path)

    monkeypatch.setattr(feed, "sleep", wait)
    _, out, _ = here(tmp_path, str(path), "--follow", "--sole-client")
    assert "16 rows, 1 trace" in out  # 8, and twice the 4 of the file that took its place


def test_what_cannot_be_followed_and_a_folder_without_recordings_are_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, content in (("a.har", '{"log": {"version": "1.2", "entries": []}}'), ("b.har", '{\n"log": {\n}\n}\n')):
        (tmp_path / name).write_text(content)
        code, out, report = here(tmp_path, str(tmp_path / name), "--follow")
        assert code == 2, out
        assert "no JSON lines, which alone can be followed" in report["skipped"][0]["reason"]
    _, out, _ = here(tmp_path, str(tmp_path / "empty"))
    assert "looks like a recording" in out


def test_what_was_judged_before_an_interruption_is_reported(day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def interrupting(_: object) -> Iterator[Callable[[Progress], None]]:
        def interrupt(how_far: Progress) -> None:
            assert how_far.size
            assert 0 < how_far.read <= how_far.size
            raise KeyboardInterrupt

        yield interrupt

    monkeypatch.setattr("conformance.cli.progress.progress", interrupting)
    code, out, report = here(day, str(day / "day.jsonl"), "--sole-client")
    assert code == 130, out
    assert report["header"]["interrupted"]
    assert 0 < report["header"]["exchanges"] < 4 * THREADS
    assert [one for one in report["results"] if one["verdict"] == "pass"]
