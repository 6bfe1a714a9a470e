"""From one run to the next: what failed again, what changed, what is accepted, and how much a run would be."""

import json
import re
import shutil
from collections.abc import Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import xmlschema

from conformance.cli.fuzz import fuzz
from conformance.contract import resources
from conformance.proof.faults import named
from conformance.proof.faults.hooks import plant
from conformance.reference.server import ReferenceServer
from tests.cli.command import Run, command
from tests.servers import EMPTY_PAGE, always, routed, serving

WHY = ("--reason", "it is known", "--link", "https://issues.test/1")
SCHEMA: dict[str, Any] = json.loads((resources.specs() / "report.schema.json").read_text())


@pytest.fixture(scope="module")
def wrong_url() -> Iterator[str]:
    """An endpoint that answers every request for a route it has with an empty page."""
    with serving(routed(always(body=EMPTY_PAGE))) as url:
        yield url


@pytest.fixture(scope="module")
def first(wrong_url: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run against it, of two scenarios."""
    folder = tmp_path_factory.mktemp("first")
    return command(folder, "run", wrong_url, "--only", "objects.thread", "--repeats", "1")


@pytest.fixture
def folder(first: Run, tmp_path: Path) -> Path:
    """A folder with the report of that run."""
    shutil.copytree(first.folder / "reports", tmp_path / "reports")
    return tmp_path


def test_a_run_that_fails_tells_causes_and_what_to_type(first: Run, wrong_url: str) -> None:
    assert first.code == 1
    assert first.out.startswith("Not conformant: ")
    assert "the first to mend first" in first.out
    assert f"  assistants-conformance run {wrong_url} --only objects." in first.out
    assert first.report["causes"]
    assert len(first.out.splitlines()) <= 60
    assert "objects.thread is a group of scenarios" in first.err


def test_the_report_of_a_run_fits_its_published_schema(first: Run) -> None:
    jsonschema_rs.validate(SCHEMA, first.report)
    xmlschema.XMLSchema(resources.specs() / "junit.xsd").validate(first.folder / "reports/latest/junit.xml")
    failed = {row["requirement"] for row in first.report["results"] if row["verdict"] == "fail"}
    assert failed == {name for cause in first.report["causes"] for name in cause["failed"]}


def test_one_scenario_is_shown_with_its_exchanges(folder: Path, wrong_url: str) -> None:
    assert "exchange 1: POST" in command(folder, "run", wrong_url, "--only", "objects.empty_thread").out


def test_only_what_failed_is_driven_again(folder: Path, wrong_url: str, first: Run) -> None:
    again = command(folder, "run", wrong_url, "--failed", "--repeats", "1")
    assert again.code == 1
    assert {row["name"] for row in again.report["scenarios"]} == {row["name"] for row in first.report["scenarios"]}
    failed = {row["requirement"] for row in first.report["results"] if row["verdict"] == "fail"}
    assert again.verdicts() == dict.fromkeys(failed, "fail"), "what did not fail is not asked for"
    assert "since 2" in again.out
    assert "nothing changed" in again.out


def test_what_has_come_to_fail_instead_fails_the_run(tmp_path: Path) -> None:
    def driven(fault: str, *words: str) -> Run:
        server = ReferenceServer()
        plant(server.app, named([fault]))
        with server:
            return command(tmp_path, "run", server.url, "--only", "messages", "--repeats", "1", *words)

    before = driven("annotations.annotated_user").verdicts()
    after = driven("messages.sent_message_has_a_run", "--failed")
    new, mended = "MESSAGE-AUTHOR-01", next(name for name, verdict in before.items() if verdict == "fail")
    assert (before[new], after.verdicts()[new]) == ("pass", "fail")
    assert after.verdicts()[mended] == "pass"
    assert after.code == 1


def test_of_what_failed_only_what_is_asked_for_is_driven_again(folder: Path, wrong_url: str, first: Run) -> None:
    assert first.code == 1
    none = command(folder, "run", wrong_url, "--only", "locks", "--failed", "--plan")
    assert (none.code, none.out) == (0, "nothing of what is asked for failed in reports/latest\n")
    some = command(folder, "run", wrong_url, "--only", "objects", "--failed", "--plan")
    everything = command(folder, "run", wrong_url, "--only", "objects", "--plan")
    assert some.code == everything.code == 0
    assert some.out != everything.out


def test_what_fails_besides_is_told_on_one_line_and_not_counted(folder: Path, wrong_url: str, first: Run) -> None:
    one = next(row["requirement"] for row in first.report["results"] if row["verdict"] == "fail")
    again = command(folder, "run", wrong_url, "--failed", "--only", one, "--repeats", "1", "--verbose")
    assert again.verdicts() == {one: "fail"}
    assert re.search(r"not asked for: \d+ more requirements? fail", " ".join(again.out.split()))
    told = [line for line in again.err.splitlines() if "fail" in line]
    assert told
    assert all(line.endswith(", 1 requirement fails") for line in told)


def test_where_nothing_failed_nothing_is_driven_again(tmp_path: Path) -> None:
    command(tmp_path, "run", "--only", "objects.empty_thread")
    done = command(tmp_path, "run", "--failed")
    assert (done.code, done.out) == (0, "nothing failed in reports/latest\n")


def test_without_a_report_nothing_can_be_driven_again(tmp_path: Path) -> None:
    done = command(tmp_path, "run", "--failed")
    assert done.code == 2
    assert "--failed drives again what failed last time, but there is no report at" in done.err


def test_a_run_of_nothing_keeps_the_report_that_is_there(folder: Path, first: Run) -> None:
    done = command(folder, "run", "http://127.0.0.1:9/v1")
    assert done.code == 4
    assert "in reports/latest is kept" in " ".join(done.out.split())
    assert done.report == first.report


def test_what_failed_besides_is_named(folder: Path, wrong_url: str) -> None:
    done = command(folder, "run", wrong_url, "--only", "OBJECT-TIME-01", "--repeats", "1")
    assert "not asked for: " in " ".join(done.out.split())


def test_what_failed_besides_is_in_no_baseline_and_contradicts_no_verdict(tmp_path: Path) -> None:
    others = "MESSAGE-AUTHOR-01,OBJECT-LINK-02"
    server = ReferenceServer()
    plant(server.app, named(["messages.sent_message_has_a_run"]))
    with server:
        done = command(tmp_path, "run", server.url, "--only", "messages", "--exclude", others, "--repeats", "1")
    assert done.code == 0
    assert done.out.startswith("What was asked for holds: none of ")
    assert done.report["header"]["unasked"] == others.split(",")
    written = command(tmp_path, "baseline", "write", "reports/latest", *WHY)
    assert "not added: 2 failures that were not asked for (MESSAGE-AUTHOR-01, OBJECT-LINK-02)" in written.out


def test_reports_are_compared(folder: Path, first: Run, tmp_path: Path) -> None:
    better = json.loads((folder / "reports/latest/report.json").read_text())
    fixed = next(row for row in better["results"] if row["verdict"] == "fail")
    fixed["verdict"] = "pass"
    (tmp_path / "better.json").write_text(json.dumps(better))
    done = command(folder, "compare", "reports/latest", "better.json")
    assert (done.code, done.out.splitlines()[0]) == (0, "fixed (1)")
    assert done.out.splitlines()[1] == f"  {fixed['requirement']}  {fixed['rule']}"
    back = command(folder, "compare", "better.json", "reports/latest/report.json")
    assert (back.code, back.out.splitlines()[0]) == (1, "regressed (1)")
    assert command(folder, "compare", "reports/latest", "reports/latest").out == "nothing changed\n"
    assert command(folder, "compare", "reports/latest", "nowhere").code == 2


def test_a_baseline_accepts_what_it_was_written_from_and_nothing_else(folder: Path, wrong_url: str) -> None:
    assert command(folder, "baseline", "write", "reports/latest", *WHY).code == 0
    run = ("run", wrong_url, "--only", "objects.thread", "--repeats", "1", "--baseline", "baseline.toml")
    done = command(folder, *run)
    assert done.code == 0
    assert "as the baseline says" in done.out
    jsonschema_rs.validate(SCHEMA, done.report)
    path = folder / "baseline.toml"
    head, first_entry, *others = path.read_text().split("[[accepted]]\n")
    path.write_text("[[accepted]]\n".join((head, *others)))
    worse = command(folder, *run)
    assert worse.code == 1
    assert worse.out.startswith("Not as the baseline says: 1 new failure (")
    assert worse.report["baseline"]["new"] == [first_entry.split('"')[1]]


def test_a_baseline_is_pruned(folder: Path) -> None:
    command(folder, "baseline", "write", "reports/latest", *WHY)
    path = folder / "baseline.toml"
    entries = path.read_text().count("[[accepted]]")
    path.write_text(path.read_text() + '\n[[accepted]]\nrequirement = "RUN-NONE-01"\nreason = "x"\nlink = "y"\n')
    done = command(folder, "baseline", "prune", "baseline.toml", "reports/latest")
    assert done.out == f"1 of {entries + 1} entries were dropped from baseline.toml\n"
    assert path.read_text().count("[[accepted]]") == entries


def test_reason_and_link_are_asked_for(folder: Path) -> None:
    assert command(folder, "baseline", "write", "reports/latest", "--reason", "x").code == 2
    (folder / "bad.toml").write_text('[[accepted]]\nrequirement = "RUN-STATE-01"\n')
    done = command(folder, "run", "--only", "objects.empty_thread", "--baseline", "bad.toml")
    assert done.code == 2
    assert "reason and link must be given" in done.err


def test_a_plan_sends_nothing(tmp_path: Path) -> None:
    done = command(tmp_path, "run", "http://127.0.0.1:9/v1", "--plan", "--only", "objects.empty_thread")
    assert done.code == 0
    assert done.out.startswith("1 scenario, about ")
    assert re.search(
        r"about 0 s at 5 ms an answer and 0 s a run, \d s at 100 ms an answer and 1 s a run \(-j 1\)", done.out
    )
    assert not (tmp_path / "reports").exists()


def test_a_plan_goes_by_the_last_run_against_the_same_endpoint(folder: Path, wrong_url: str) -> None:
    done = command(folder, "run", wrong_url, "--plan", "--only", "objects.thread", "-j", "2")
    assert done.out.endswith(" s, as measured last time (-j 2)\n")


def test_an_audit_of_nothing_keeps_the_report_that_is_there(folder: Path, first: Run) -> None:
    (folder / "empty").mkdir()
    done = command(folder, "audit", "empty")
    assert done.code != 0
    assert "is kept" in " ".join(done.out.split())
    assert done.report == first.report


def test_what_is_recorded_is_repeated_too(tmp_path: Path, wrong_url: str) -> None:
    words = ("run", wrong_url, "--only", "objects.empty_thread", "--repeats", "2", "--record", "cassettes")
    done = command(tmp_path, *words)
    shown = [exhibit for row in done.report["results"] for exhibit in row["exhibits"]]
    assert {exhibit["repeats"] for exhibit in shown} == {2}
    assert (tmp_path / "cassettes/objects/empty_thread.yaml").is_file()


def test_fuzzing_without_its_libraries_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("conformance.cli.fuzz.installed", lambda name: name != "schemathesis")
    with pytest.raises(SystemExit) as end:
        fuzz(**dict.fromkeys(signature(fuzz).parameters))
    assert end.value.code == 2
    assert "fuzzing needs schemathesis: pip install 'assistants-conformance[fuzz]'" in capsys.readouterr().err
