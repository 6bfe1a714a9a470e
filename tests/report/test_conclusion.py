"""What a report comes to."""

from dataclasses import replace

import pytest

from conformance.cli.exit import exit_code
from conformance.report.conclusion import Outcome, conclude, exercised
from conformance.report.model import Report, ScenarioLine
from conformance.report.verdict import Verdict
from tests.report import samples


def report(*verdicts: Verdict, problem: str | None = None, interrupted: bool = False) -> Report:
    results = tuple(samples.result(f"RUN-A-{number:02}", verdict) for number, verdict in enumerate(verdicts, 1))
    return Report(replace(samples.HEADER, problem=problem, interrupted=interrupted), results)


@pytest.mark.parametrize(
    ("verdicts", "outcome", "sentence"),
    [
        ("pass pass", Outcome.CONFORMANT, "Conformant: none of 2 exercised requirements failed."),
        ("pass", Outcome.CONFORMANT, "Conformant: the one exercised requirement holds."),
        (
            "warn pass unsupported",
            Outcome.CONFORMANT,
            "Conformant in what it has: none of 2 exercised requirements failed.",
        ),
        ("pass fail error", Outcome.NOT_CONFORMANT, "Not conformant: 1 of 2 exercised requirements failed."),
        ("fail", Outcome.NOT_CONFORMANT, "Not conformant: 1 of 1 exercised requirement failed."),
        ("error pass", Outcome.ERROR, "No verdict: 1 requirement could not be judged because of an error."),
        ("not-exercised unsupported", Outcome.NOTHING_JUDGED, "Nothing was judged."),
        ("", Outcome.NOTHING_JUDGED, "Nothing was judged."),
        (
            "pass warn inconclusive inconclusive",
            Outcome.UNDECIDED,
            "No verdict: 2 of 4 requirements could not be decided (no reason told).",
        ),
        (
            "pass inconclusive unsupported not-exercised",
            Outcome.UNDECIDED,
            "No verdict: 2 of 3 requirements could not be decided (no reason told).",
        ),
        (
            "warn unsupported",
            Outcome.UNDECIDED,
            "No verdict: 1 of 2 requirements could not be decided (no reason told).",
        ),
        ("warn", Outcome.CONFORMANT, "Conformant: the one exercised requirement holds, with a warning."),
        (
            "pass pass unsupported",
            Outcome.CONFORMANT,
            "Conformant in what it has: none of 2 exercised requirements failed.",
        ),
        (
            "fail inconclusive inconclusive",
            Outcome.NOT_CONFORMANT,
            "Not conformant: 1 of 1 exercised requirement failed.",
        ),
    ],
)
def test_in_words(verdicts: str, outcome: Outcome, sentence: str) -> None:
    conclusion = conclude(report(*map(Verdict, verdicts.split())))
    assert (conclusion.outcome, conclusion.sentence) == (outcome, sentence)


def test_a_problem_outweighs_what_was_judged_before_it() -> None:
    assert conclude(report(Verdict.FAIL, problem="gone")).outcome is Outcome.ERROR
    assert conclude(report(Verdict.PASS, problem="gone")).sentence.startswith("Not complete (0 of 1")
    assert conclude(report(problem="gone")).sentence == "No verdict: gone."


def test_an_interruption_outweighs_everything() -> None:
    stopped = conclude(report(Verdict.FAIL, Verdict.PASS, problem="gone", interrupted=True))
    assert stopped.outcome is Outcome.INTERRUPTED
    assert stopped.sentence == "Interrupted: 1 of 2 exercised requirements failed so far."
    assert conclude(report(interrupted=True)).sentence == "Interrupted: nothing was judged."


def test_counts_name_everything_but_failures_and_nothing_empty() -> None:
    assert conclude(report(*Verdict)).counts == (
        "1 passed, 1 warning, 1 error, 1 unsupported, 1 inconclusive, 1 not exercised."
    )
    assert conclude(report(Verdict.WARN, Verdict.WARN)).counts == "2 warnings."
    assert conclude(report()).counts == ""


def test_only_decided_requirements_count_as_exercised() -> None:
    assert {verdict for verdict in Verdict if exercised(verdict)} == {Verdict.FAIL, Verdict.WARN, Verdict.PASS}


@pytest.mark.parametrize(
    ("verdicts", "unasked", "outcome", "sentence"),
    [
        ("pass unsupported pass", 0, Outcome.CONFORMANT, "Conformant in what was asked for: none of 2 exercised"),
        ("pass", 1, Outcome.HOLDS, "What was asked for holds: the one exercised requirement holds; another one fails."),
        ("pass pass", 2, Outcome.HOLDS, "What was asked for holds: none of 2 exercised requirements failed; 2 others"),
        ("pass fail", 2, Outcome.NOT_CONFORMANT, "Not conformant: 1 of 2 exercised requirements failed."),
    ],
)
def test_the_verdict_on_a_part_is_not_one_on_the_endpoint(
    verdicts: str, unasked: int, outcome: Outcome, sentence: str
) -> None:
    whole = report(*map(Verdict, verdicts.split()))
    others = tuple(f"RUN-B-{number:02}" for number in range(unasked))
    made = replace(whole, header=replace(whole.header, part=("--only runs",), unasked=others))
    assert conclude(made).outcome is outcome
    assert conclude(made).sentence.startswith(sentence)
    assert exit_code(made) == (1 if outcome is Outcome.NOT_CONFORMANT else 0)


def test_fuzzing_in_which_nothing_was_accepted_has_no_verdict() -> None:
    whole = report(Verdict.PASS)
    right, wrong = (ScenarioLine(f"getRun.{mode}", "completed", None, 210, 0, 1.0) for mode in ("positive", "negative"))
    refused = replace(whole, header=replace(whole.header, mode="fuzz", exchanges=420, accepted=0))
    both = replace(refused, scenarios=(right, wrong))
    assert conclude(both).sentence == "No verdict: not one of 210 right requests was accepted."
    assert conclude(replace(both, header=replace(both.header, accepted=1))).outcome is Outcome.CONFORMANT
    assert conclude(replace(refused, scenarios=(wrong,))).outcome is Outcome.CONFORMANT
