"""Baselines: what is accepted fails nothing, and all that is not as they say does."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from conformance.contract import Evidence, Level, Requirement, Source
from conformance.report import baseline
from conformance.report.baseline import BrokenBaseline, Entry, apply, dumps, load, pruned, written
from conformance.report.conclusion import Outcome, conclude
from conformance.report.model import BaselineResult, Report, ScenarioLine
from conformance.report.verdict import Verdict
from tests.report import samples

NAME, OTHER, FORMER = "RUN-SHAPE-01", "STREAM-STATE-01", "RUN-FORM-01"
TODAY = date(2025, 1, 2)
ACCEPTED = Entry(NAME, "it is known", "https://issues.test/1")
WRITTEN = """
[[accepted]]
requirement = "RUN-SHAPE-01"
reason = "it is known"
link = "https://issues.test/1"
"""


def requirement(name: str, *renamed: str) -> Requirement:
    return Requirement(name, "runs", Level.MUST, "A rule.", (Source(Evidence.SPEC, "x"),), ("runs.x",), renamed=renamed)


REGISTRY = {NAME: requirement(NAME, FORMER), OTHER: requirement(OTHER)}


def report(verdict: Verdict, *sources: str, cause: str = "member:run:status") -> Report:
    """A report with one requirement, which failed in these scenarios if it did; it was looked at in runs.quiet too."""
    shown = samples.broken().results[2].exhibits[0]
    failing = verdict is Verdict.FAIL
    exhibits = tuple(replace(shown, source=source) for source in sources or ("runs.text",)) if failing else ()
    examined = (*sources, "runs.text", "runs.quiet")
    causes = (samples.cause(shown, NAME, key=cause),) if failing else ()
    lines = tuple(ScenarioLine(name, "completed", None, 1, 0, 0.1) for name in dict.fromkeys(examined))
    results = (samples.result(NAME, verdict, exhibits=exhibits, sources=examined), samples.result(OTHER, Verdict.PASS))
    return Report(samples.HEADER, results, lines, causes=causes)


def applied(made: Report, *entries: Entry, scenarios: tuple[str, ...] | None = None) -> BaselineResult:
    found = apply(entries, made, REGISTRY, "baseline.toml", TODAY, scenarios).baseline
    assert found is not None
    return found


def test_a_failure_that_is_accepted_fails_nothing() -> None:
    made = apply([ACCEPTED], report(Verdict.FAIL), REGISTRY, "baseline.toml", TODAY)
    assert made.baseline == BaselineResult("baseline.toml", accepted=(NAME,))
    assert conclude(made).outcome is Outcome.ACCEPTED
    assert "1 of 2 exercised requirements failed, all of them accepted" in conclude(made).sentence


@pytest.mark.parametrize(
    ("entry", "verdict", "told"),
    [
        (replace(ACCEPTED, requirement=OTHER), Verdict.FAIL, BaselineResult("b", new=(NAME,), passing=(OTHER,))),
        (ACCEPTED, Verdict.PASS, BaselineResult("b", passing=(NAME,))),
        (ACCEPTED, Verdict.INCONCLUSIVE, BaselineResult("b")),
        (replace(ACCEPTED, expires=date(2025, 1, 2)), Verdict.FAIL, BaselineResult("b", accepted=(NAME,))),
        (replace(ACCEPTED, expires=date(2025, 1, 1)), Verdict.FAIL, BaselineResult("b", new=(NAME,), expired=(NAME,))),
        (replace(ACCEPTED, expires=date(2025, 1, 1)), Verdict.PASS, BaselineResult("b", expired=(NAME,))),
        (replace(ACCEPTED, requirement="RUN-NONE-01"), Verdict.PASS, BaselineResult("b", unknown=("RUN-NONE-01",))),
        (replace(ACCEPTED, requirement=FORMER), Verdict.FAIL, BaselineResult("b", accepted=(NAME,))),
        (replace(ACCEPTED, flaky=True), Verdict.FAIL, BaselineResult("b", flaky=(NAME,))),
        (replace(ACCEPTED, flaky=True), Verdict.PASS, BaselineResult("b", flaky=(NAME,))),
    ],
)
def test_what_an_entry_makes_of_a_verdict(entry: Entry, verdict: Verdict, told: BaselineResult) -> None:
    found = applied(report(verdict), entry)
    assert replace(found, file="b") == told
    made = apply([entry], report(verdict), REGISTRY, "b", TODAY)
    red = bool(told.new or told.passing or told.expired or told.unknown)
    assert (conclude(made).outcome is Outcome.NOT_CONFORMANT) is red


def test_an_entry_of_one_scenario_accepts_no_other() -> None:
    own = replace(ACCEPTED, scenario="runs.text")
    assert applied(report(Verdict.FAIL, "runs.text"), own).accepted == (NAME,)
    assert applied(report(Verdict.FAIL, "runs.text", "runs.cancel"), own).new == (NAME,)
    also = replace(ACCEPTED, scenario="runs.cancel")
    assert applied(report(Verdict.FAIL, "runs.text", "runs.cancel"), own, also).accepted == (NAME,)


def test_an_entry_of_a_scenario_is_over_where_it_was_looked_at_there_in_vain() -> None:
    own = (replace(ACCEPTED, scenario="runs.text"), replace(ACCEPTED, scenario="runs.quiet"))
    assert applied(report(Verdict.FAIL, "runs.text"), *own).passing == (NAME,)
    elsewhere = replace(ACCEPTED, scenario="runs.not_driven")
    assert applied(report(Verdict.PASS), elsewhere).passing == ()


def test_an_entry_of_one_cause_accepts_no_other() -> None:
    own = replace(ACCEPTED, cause="member:run:status")
    assert applied(report(Verdict.FAIL), own).accepted == (NAME,)
    assert applied(report(Verdict.FAIL, cause="event:streams:done"), own).new == (NAME,)


def test_a_scenario_that_there_is_not_is_unknown() -> None:
    own = replace(ACCEPTED, scenario="runs.never")
    assert applied(report(Verdict.FAIL), own, scenarios=("runs.text",)).unknown == (f"{NAME} in runs.never",)
    assert applied(report(Verdict.FAIL), own, scenarios=None).unknown == ()


def test_what_was_not_asked_for_is_neither_over_nor_new() -> None:
    partial = replace(report(Verdict.PASS), results=())
    assert applied(partial, ACCEPTED) == BaselineResult("baseline.toml")


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "baseline.toml"
    path.write_text(WRITTEN)
    assert load(path) == (ACCEPTED,)
    path.write_text("")
    assert load(path) == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[accepted]", "is no TOML"),
        ("[accepted]\nrequirement = 'X'", "with two brackets"),
        ("[[known]]", "unknown known; entries stand under"),
        ("[[accepted]]\nrequirement = 'X'", "reason and link must be given"),
        (f"{WRITTEN}expires = '2030-01-01'", "expires must be a day"),
        (f"{WRITTEN}expires = 2030-01-01T00:00:00Z", "expires must be a day"),
        (f"{WRITTEN}scenario = 3", "scenario must be text"),
        (f"{WRITTEN}flaky = 'yes'", "flaky must be true or false"),
        (f"{WRITTEN}senario = 'runs.text'", "unknown senario; known are"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "baseline.toml").write_text(text)
    with pytest.raises(BrokenBaseline, match=told):
        load(tmp_path / "baseline.toml")


def test_no_file_is_told_as_that(tmp_path: Path) -> None:
    with pytest.raises(BrokenBaseline, match="there is no baseline at"):
        load(tmp_path / "baseline.toml")


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    entries = (
        replace(ACCEPTED, scenario="runs.text", cause="x", expires=date(2030, 12, 31), flaky=True),
        replace(ACCEPTED, requirement=OTHER, reason='quotes " and\nlines'),
    )
    (tmp_path / "baseline.toml").write_text(dumps(entries))
    assert load(tmp_path / "baseline.toml") == entries


def test_writing_keeps_what_stands_there_and_adds_what_fails() -> None:
    known = (replace(ACCEPTED, reason="by hand"),)
    assert written(report(Verdict.FAIL), known, "new", "https://issues.test/2", None) == known
    (made,) = written(report(Verdict.FAIL), (), "new", "https://issues.test/2", date(2030, 1, 1))
    assert made == Entry(NAME, "new", "https://issues.test/2", expires=date(2030, 1, 1))
    assert written(report(Verdict.PASS), (), "new", "https://issues.test/2", None) == ()


def test_what_showed_now_and_then_is_written_as_flaky() -> None:
    made = report(Verdict.FAIL)
    shown = tuple(replace(one, seen=1, repeats=3) for one in made.results[0].exhibits)
    (entry,) = written(
        replace(made, results=(replace(made.results[0], exhibits=shown),)), (), "new", "https://issues.test/2", None
    )
    assert entry.flaky


def test_pruning_drops_what_is_over_and_what_names_nothing() -> None:
    unknown, flaky = replace(ACCEPTED, requirement="RUN-NONE-01"), replace(ACCEPTED, flaky=True)
    entries = (ACCEPTED, unknown, flaky)
    assert pruned(entries, report(Verdict.PASS), REGISTRY) == (flaky,)
    assert pruned(entries, report(Verdict.FAIL), REGISTRY) == (ACCEPTED, flaky)
    assert pruned([replace(ACCEPTED, requirement=FORMER)], report(Verdict.FAIL), REGISTRY) == (ACCEPTED,)


def test_a_written_baseline_accepts_what_it_was_written_from() -> None:
    made = samples.troubled()
    names = {result.requirement: requirement(result.requirement) for result in made.results}
    entries = written(made, (), "known", "https://issues.test/1", None)
    found = apply(entries, made, names, "b", TODAY).baseline
    assert found is not None
    assert len(found.accepted) == 80
    assert not found.red
    assert baseline.dumps(entries).count("[[accepted]]") == 80
