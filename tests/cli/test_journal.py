"""The journal of a run that did not finish: set aside, gone on with, or refused, and never lost without a word."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.client.target import load_profile
from conformance.session.attempt import ScenarioRecord
from conformance.session.journal import ASIDE, Earlier, Journal, NothingToResume, earlier_run
from conformance.session.settings import RunSpec, from_options
from tests.cli.command import command, journalled
from tests.limits import HANG

SPEC = from_options(target="http://one.invalid/v1").spec


def record(name: str, **values: Any) -> ScenarioRecord:
    return ScenarioRecord(name, "completed", **values)


def unfinished(folder: Path, *records: ScenarioRecord, spec: RunSpec = SPEC) -> None:
    with Journal(folder, spec) as journal:
        for one in records:
            journal.add(one)


def test_an_unfinished_journal_is_set_aside_once_and_told(tmp_path: Path) -> None:
    unfinished(tmp_path, record("objects.empty_thread"), record("objects.thread_lifecycle"))
    before = (tmp_path / "journal.jsonl").read_bytes()
    with Journal(tmp_path, SPEC) as journal:
        assert journal.remark is not None
        assert f"held 2 judged scenarios of a run that did not finish; kept as {tmp_path / ASIDE}" in journal.remark
        assert "--resume" in journal.remark
        assert "in place of an older one" not in journal.remark
        journal.add(record("runs.text"))
    assert (tmp_path / ASIDE).read_bytes() == before
    with Journal(tmp_path, SPEC) as journal:
        assert journal.remark is not None
        assert "held 1 judged scenario " in journal.remark
        assert "in place of an older one" in journal.remark
        journal.finish()
    assert b"runs.text" in (tmp_path / ASIDE).read_bytes()


@pytest.mark.parametrize("finished", [True, False])
def test_nothing_is_said_where_nothing_is_lost(finished: bool, tmp_path: Path) -> None:
    with Journal(tmp_path, SPEC) as journal:
        if finished:
            journal.add(record("objects.empty_thread"))
            journal.finish()
    with Journal(tmp_path, SPEC) as journal:
        assert journal.remark is None
    assert [path.name for path in tmp_path.iterdir()] == ["journal.jsonl"]


def test_a_run_into_the_folder_of_a_killed_one_goes_on_and_tells(tmp_path: Path) -> None:
    unfinished(tmp_path / "reports/latest", record("objects.empty_thread"))
    done = command(tmp_path, "run", "--only", "objects.empty_thread")
    assert done.code == 0
    assert done.err.startswith("reports/latest/journal.jsonl held 1 judged scenario of a run that did not finish; kept")
    again = command(tmp_path, "run", "--only", "objects.empty_thread")
    assert "did not finish" not in again.err


def test_a_finished_run_is_not_driven_again(tmp_path: Path) -> None:
    first = command(tmp_path, "run", "--only", "objects")
    again = command(tmp_path, "run", "--only", "objects", "--resume")
    assert again.code == 0
    assert "went to its end: nothing is driven again, the report is made anew" in again.err
    assert again.verdicts() == first.verdicts()
    assert len(journalled(tmp_path)) == len(first.report["scenarios"])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"suite": "0.0.9"}, "was judged by version 0.0.9 of the suite, this is 0.1.0: go on with that one"),
        ({"target": "http://two.invalid/v1"}, "was of http://two.invalid/v1 (profile generic, model gpt-4o-mini)"),
        ({"model": "gpt-9"}, "(profile generic, model gpt-9); ask for the same"),
        ({"record": "mine"}, " --record mine; ask for the same"),
        ({"only": ("runs",)}, " --only runs; ask for the same"),
        ({"dialect": "0123456789ab"}, "was of another profile generic, whose settings have changed since"),
    ],
)
def test_another_run_is_refused_with_the_difference(change: dict[str, Any], told: str, tmp_path: Path) -> None:
    unfinished(tmp_path, record("objects.empty_thread"), spec=replace(SPEC, **change))
    with pytest.raises(NothingToResume) as refused:
        earlier_run(tmp_path, SPEC)
    assert told in str(refused.value)
    assert str(refused.value).endswith(", or leave out --resume")


def test_more_patience_is_no_other_run_and_is_told(tmp_path: Path) -> None:
    unfinished(tmp_path, record("objects.empty_thread"))
    earlier = earlier_run(tmp_path, replace(SPEC, timeout=60.0, repeats=5))
    assert earlier == Earlier(
        (record("objects.empty_thread"),), "going on with --timeout 60 (until now 30), --repeats 5 (until now 3)"
    )


def test_a_profile_of_the_same_name_that_says_something_else_is_another(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    digests = set()
    for text in ("", "poll_seconds = 1.0", 'capabilities = ["clock", "script"]', 'capabilities = ["script", "clock"]'):
        path.write_text(text)
        digests.add(from_options(target="http://one.invalid/v1", profile=str(path)).spec.dialect)
    assert len(digests) == 3
    assert load_profile("generic")


@pytest.mark.parametrize(
    "end", [b'{"scenario":"runs.te', b"\x00" * 4096, b'{"scenario":"runs.text","outcome":"completed"}'], ids=repr
)
def test_a_last_line_without_an_end_is_no_line(end: bytes, tmp_path: Path) -> None:
    unfinished(tmp_path, record("objects.empty_thread"))
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(end)
    assert [one.scenario for one in earlier_run(tmp_path, SPEC).records] == ["objects.empty_thread"]
    with Journal(tmp_path, SPEC, keep=True) as journal:
        journal.add(record("runs.text"))
    assert [one.scenario for one in earlier_run(tmp_path, SPEC).records] == ["objects.empty_thread", "runs.text"]


@pytest.mark.parametrize(
    "line", [b"[]\n", b"3\n", b"null\n", b"{}\n", b"\xff\n", b"[" * 100_000 + b"\n", b'{"scenario":["x"]}\n'], ids=len
)
def test_a_line_that_is_no_record_is_told_and_never_overwritten(line: bytes, tmp_path: Path) -> None:
    unfinished(tmp_path, record("objects.empty_thread"))
    path = tmp_path / "journal.jsonl"
    path.write_bytes(path.read_bytes() + line)
    with pytest.raises(NothingToResume, match="is not the journal of a run; leave out --resume"):
        earlier_run(tmp_path, SPEC)
    with Journal(tmp_path, SPEC) as journal:
        assert journal.remark
    assert line in (tmp_path / ASIDE).read_bytes()


def test_what_stands_there_twice_counts_once(tmp_path: Path) -> None:
    unfinished(tmp_path, record("objects.empty_thread", exchanges=1), record("objects.empty_thread", exchanges=2))
    assert earlier_run(tmp_path, SPEC).records == (record("objects.empty_thread", exchanges=2),)


@pytest.mark.parametrize("text", ["\ud800 \udfff", "\u2028\x85\r\n\x00", "x" * 3_000_000, "😀é"], ids=ascii)
def test_any_text_comes_back_as_it_was(text: str, tmp_path: Path) -> None:
    unfinished(tmp_path, record("objects.empty_thread", reason=text))
    assert earlier_run(tmp_path, SPEC).records == (record("objects.empty_thread", reason=text),)
    assert len((tmp_path / "journal.jsonl").read_bytes().splitlines()) == 2


def _moved(folder: Path) -> Path:
    return folder.rename(folder.with_name("elsewhere"))


@pytest.mark.parametrize(
    "move", [_moved, pytest.param(lambda folder: folder, marks=pytest.mark.long)], ids=["moved", "in place"]
)
def test_a_folder_may_be_moved_between_two_halves_of_a_run(move: Callable[[Path], Path], tmp_path: Path) -> None:
    whole = command(tmp_path, "run", "--only", "objects").verdicts()
    path = tmp_path / "reports/latest/journal.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))
    folder = move(tmp_path / "reports/latest")
    resumed = command(tmp_path, "run", "--only", "objects", "--resume", "--report", str(folder))
    assert resumed.code == 0, resumed.err
    rows = json.loads((folder / "report.json").read_text())["results"]
    assert {row["requirement"]: row["verdict"] for row in rows} == whole


def test_what_could_not_be_kept_is_driven_again(tmp_path: Path) -> None:
    unfinished(tmp_path, record("objects.empty_thread"), record("objects.thread_lifecycle", unwritten="no room"))
    assert [one.scenario for one in earlier_run(tmp_path, SPEC).records] == ["objects.empty_thread"]


def test_an_option_that_the_earlier_run_did_not_have_is_named(tmp_path: Path) -> None:
    unfinished(tmp_path, record("objects.empty_thread"))
    asked = from_options(target="http://one.invalid/v1", only=("objects",)).spec
    with pytest.raises(NothingToResume, match=r"model [^,]*, without --only; ask for the same"):
        earlier_run(tmp_path, asked)


def test_a_folder_that_is_not_there_is_not_clean(tmp_path: Path) -> None:
    done = command(tmp_path, "clean", "http://127.0.0.1:9/v1", "--report", "nowhere")
    assert done.code == 2
    assert done.err == "assistants-conformance: nowhere is no report folder; name that of the run with --report\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("silent", [False, True])
def test_a_full_standard_output_is_not_blamed_on_the_folder(silent: bool, tmp_path: Path) -> None:
    words = [sys.executable, "-c", "from conformance.cli import main; main()", "run", "--only", "objects.empty_thread"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            words, cwd=tmp_path, stdout=full, stderr=full if silent else subprocess.PIPE, text=True, timeout=HANG
        )
    assert done.returncode == 2
    if not silent:
        assert done.stderr.splitlines()[-1].startswith("assistants-conformance: standard output: No space left")
        assert (tmp_path / "reports/latest/report.json").exists()
