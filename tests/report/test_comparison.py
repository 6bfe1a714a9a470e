"""Two reports beside each other, and reports that are read back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from conformance.report import json_report
from conformance.report.comparison import compare, judges_something
from conformance.report.model import BaselineResult, Report
from conformance.report.stored import UnreadableReport, load
from conformance.report.verdict import Verdict
from tests.report import samples

NAME = "RUN-SHAPE-01"


def of(verdict: Verdict, *, key: str = "member:run:status") -> Report:
    one = replace(samples.cause(samples.broken().results[2].exhibits[0], NAME, key=key))
    failing = verdict is Verdict.FAIL
    return Report(samples.HEADER, (samples.result(NAME, verdict),), causes=(one,) if failing else ())


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (Verdict.PASS, Verdict.FAIL, {"regressed"}),
        (Verdict.WARN, Verdict.FAIL, {"regressed"}),
        (Verdict.PASS, Verdict.ERROR, {"regressed"}),
        (Verdict.FAIL, Verdict.PASS, {"fixed"}),
        (Verdict.ERROR, Verdict.PASS, {"fixed"}),
        (Verdict.PASS, Verdict.WARN, {"newly warned"}),
        (Verdict.UNSUPPORTED, Verdict.PASS, {"newly exercised, holding"}),
        (Verdict.NOT_EXERCISED, Verdict.FAIL, {"newly exercised, failing"}),
        (Verdict.FAIL, Verdict.INCONCLUSIVE, {"newly undecided"}),
        (Verdict.PASS, Verdict.NOT_EXERCISED, {"newly undecided"}),
        *((verdict, verdict, set()) for verdict in Verdict),
    ],
)
def test_each_change_has_its_name(before: Verdict, after: Verdict, told: set[str]) -> None:
    found = compare(of(before), of(after))
    assert {words for words, _ in found.lines()} == told
    assert bool(found) == bool(told)
    assert all(names == (NAME,) for _, names in found.lines())


def test_a_failure_for_another_cause_is_told() -> None:
    found = compare(of(Verdict.FAIL), of(Verdict.FAIL, key="event:streams:done"))
    assert found.moved == (NAME,)
    assert found.sentence() == f"1 failing for another cause ({NAME})"


def test_what_only_one_of_the_reports_has_is_no_change() -> None:
    other = Report(samples.HEADER, (samples.result("RUN-OTHER-01", Verdict.FAIL),))
    assert not compare(of(Verdict.PASS), other)


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [
        ({}, {}, "nothing changed"),
        ({"part": ("--only runs",)}, {"part": ("--only runs",)}, "nothing changed"),
        (
            {"part": ("--only runs", "--exclude locks")},
            {},
            "nothing changed in the 1 requirement that is in both "
            "(before asked for --only runs, --exclude locks, now everything)",
        ),
        (
            {"target": "http://a/v1", "profile": "generic", "model": "one"},
            {"target": "http://b/v1", "profile": "azure", "model": "one"},
            "nothing changed in the 1 requirement that is in both "
            "(before of http://a/v1, now http://b/v1, profile generic, now azure)",
        ),
        ({"profile": "", "model": ""}, {"profile": "azure", "model": "one"}, "nothing changed"),
    ],
)
def test_what_was_asked_for_differently_is_told(then: dict[str, Any], now: dict[str, Any], told: str) -> None:
    old, new = (replace(of(Verdict.PASS), header=replace(samples.HEADER, **header)) for header in (then, now))
    assert compare(old, new).sentence() == told


def test_reports_of_different_requirements_cannot_be_compared() -> None:
    old, new = (of(Verdict.PASS), Report(samples.HEADER, (samples.result("RUN-OTHER-01", Verdict.FAIL),)))
    only = replace(new, header=replace(new.header, part=("--only RUN-OTHER-01",)))
    assert compare(old, only).sentence().startswith("nothing can be compared, no requirement is in both (before ")


@pytest.mark.parametrize(
    ("report", "something"), [(samples.conformant(), True), (samples.broken(), True), (samples.unreachable(), False)]
)
def test_whether_a_report_judged_anything(report: Report, something: bool) -> None:
    assert judges_something(report) is something


@pytest.mark.parametrize(
    "report",
    [
        samples.conformant(),
        samples.broken(),
        samples.unreachable(),
        samples.audit(),
        samples.troubled(),
        replace(samples.broken(), header=replace(samples.HEADER, part=("--only runs",), unasked=(NAME,), model="one")),
        replace(samples.broken(), baseline=BaselineResult("baseline.toml", new=("RUN-SHAPE-01",))),
    ],
)
def test_what_was_written_is_read_back(report: Report, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(json_report.dumps(report))
    assert json_report.dumps(load(tmp_path)) == json_report.dumps(report)
    assert load(tmp_path / "report.json") == load(tmp_path)


def test_a_report_of_before_there_were_causes_is_read(tmp_path: Path) -> None:
    document = json.loads(json_report.dumps(samples.broken()))
    del document["causes"], document["baseline"]
    document["another"] = document["header"]["another"] = 1
    (tmp_path / "report.json").write_text(json.dumps(document))
    assert load(tmp_path).causes == ()


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": 1}', '{"format": 1, "header": 3}', "[" * 5000])
def test_what_is_no_report_is_told_as_that(text: str, tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(UnreadableReport, match="is not a report of this suite"):
        load(tmp_path)


def test_a_report_of_another_format_is_told_as_that(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"format": 99}')
    with pytest.raises(UnreadableReport, match="is of format 99"):
        load(tmp_path)


def test_no_report_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(UnreadableReport, match="there is no report at"):
        load(tmp_path)
