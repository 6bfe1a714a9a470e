"""What a whole report comes to, in one word for programs and one sentence for people."""

from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from conformance.report.model import BaselineResult, Report
from conformance.report.plain import shown
from conformance.report.verdict import Verdict


class Outcome(StrEnum):
    """How a run ended."""

    CONFORMANT = "conformant"
    HOLDS = "holds"
    """What was asked for holds, and something else was seen to fail."""
    NOT_CONFORMANT = "not-conformant"
    ACCEPTED = "accepted"
    ERROR = "error"
    NOTHING_JUDGED = "nothing-judged"
    UNDECIDED = "undecided"
    INTERRUPTED = "interrupted"


WRONG = ".negative"
"""How the searches of a fuzzing end that make wrong requests."""


@dataclass(frozen=True)
class Conclusion:
    """The outcome of a report. `sentence` says it in words, `counts` what else there is to know; both end in a stop."""

    outcome: Outcome
    sentence: str
    counts: str


def exercised(verdict: Verdict) -> bool:
    """Whether a requirement with this verdict was put to the test and decided."""
    match verdict:
        case Verdict.FAIL | Verdict.WARN | Verdict.PASS:
            return True
        case Verdict.ERROR | Verdict.INCONCLUSIVE | Verdict.UNSUPPORTED | Verdict.NOT_EXERCISED:
            return False
        case _:
            assert_never(verdict)


def conclude(report: Report) -> Conclusion:
    """The outcome of a report; a stop by the user or a problem of the run outweighs what was judged before it."""
    outcome, sentence = _conclude(report)
    return Conclusion(outcome, sentence, _counts(report))


def _conclude(report: Report) -> tuple[Outcome, str]:
    tested = sum(1 for result in report.results if exercised(result.verdict))
    failed, errors = report.count(Verdict.FAIL), report.count(Verdict.ERROR)
    score = f"{failed:,} of {counted(tested, 'exercised requirement')} failed"
    if report.header.interrupted:
        return Outcome.INTERRUPTED, f"Interrupted: {score} so far." if tested else "Interrupted: nothing was judged."
    if report.header.problem is not None:
        if tested:
            return Outcome.ERROR, f"Not complete ({score}): {_problem(report.header.problem, 240)}"
        return Outcome.ERROR, f"No verdict: {_problem(report.header.problem, 600)}"
    if report.baseline is not None and report.baseline.red:
        return Outcome.NOT_CONFORMANT, f"Not as the baseline says: {_red(report.baseline)}."
    if failed and report.baseline is not None and not errors:
        told = f"Not conformant, as the baseline says: {score}, all of them accepted"
        return Outcome.ACCEPTED, f"{told}{_flaky(report.baseline)}."
    if failed:
        return Outcome.NOT_CONFORMANT, f"Not conformant: {score}."
    if errors:
        return Outcome.ERROR, f"No verdict: {counted(errors, 'requirement')} could not be judged because of an error."
    if report.broken:
        return Outcome.ERROR, f"No verdict: {counted(report.broken, 'scenario')} ended by an error of the suite's own."
    if not tested:
        return Outcome.NOTHING_JUDGED, "Nothing was judged."
    if not report.header.exchanges and report.header.mode != "replay":
        return Outcome.NOTHING_JUDGED, "Nothing was judged: not one request was answered."
    if right := _refused(report):
        return Outcome.UNDECIDED, f"No verdict: not one of {counted(right, 'right request')} was accepted."
    # An endpoint that refuses or lacks half of it all breaks few rules; that the rest holds is no verdict on it.
    open_ones = [one for one in report.results if one.verdict in (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED)]
    if (undecided := len(open_ones)) >= tested:
        reason = open_ones[0].reason
        told = f"{undecided:,} of {counted(undecided + tested, 'requirement')} could not be decided"
        return Outcome.UNDECIDED, f"No verdict: {told} ({shown(reason or 'no reason told', 120)})."
    warned = ", with a warning" if report.count(Verdict.WARN) else ""
    one = f"the one exercised requirement holds{warned}"
    told = one if tested == 1 else f"none of {tested:,} exercised requirements failed"
    if others := len(report.header.unasked):
        fail = "another one fails" if others == 1 else f"{others:,} others fail"
        return Outcome.HOLDS, f"What was asked for holds: {told}; {fail}."
    where = " in what it has" if report.count(Verdict.UNSUPPORTED) else ""
    return Outcome.CONFORMANT, f"Conformant{' in what was asked for' if report.header.part else where}: {told}."


def _red(baseline: BaselineResult) -> str:
    told = (
        (baseline.new, "new failure", "new failures"),
        (baseline.passing, "unexpected pass", "unexpected passes"),
        (baseline.expired, "expired entry", "expired entries"),
        (baseline.unknown, "unknown entry", "unknown entries"),
    )
    return ", ".join(f"{counted(len(names), one, many)} ({few(list(names))})" for names, one, many in told if names)


def _flaky(baseline: BaselineResult) -> str:
    return f", {counted(len(baseline.flaky), 'known to be flaky', 'known to be flaky')}" if baseline.flaky else ""


def _refused(report: Report) -> int:
    """How many right requests a fuzzing made where no request at all was accepted; wrong ones ought to be refused."""
    if report.header.mode != "fuzz" or report.header.accepted:
        return 0
    return sum(line.exchanges for line in report.scenarios if not line.name.endswith(WRONG))


def _problem(told: str, limit: int) -> str:
    reason = shown(told, limit)
    return reason if reason.endswith((".", "?", "!")) else f"{reason}."


def _counts(report: Report) -> str:
    parts = [
        counted(report.count(verdict), *_NOUNS[verdict]) if verdict in _NOUNS else f"{report.count(verdict):,} {word}"
        for verdict, word in _WORDS.items()
        if report.count(verdict)
    ]
    return f"{', '.join(parts)}." if parts else ""


_NOUNS = {Verdict.ERROR: ("error",), Verdict.WARN: ("warning",)}
_WORDS = {
    Verdict.PASS: "passed",
    Verdict.WARN: "warning",
    Verdict.ERROR: "error",
    Verdict.UNSUPPORTED: "unsupported",
    Verdict.INCONCLUSIVE: "inconclusive",
    Verdict.NOT_EXERCISED: "not exercised",
}


def outcome_style(outcome: Outcome) -> str:
    """The colour in which an outcome is told."""
    match outcome:
        case Outcome.CONFORMANT | Outcome.ACCEPTED:
            return "bold green"
        case Outcome.NOT_CONFORMANT | Outcome.ERROR:
            return "bold red"
        case Outcome.HOLDS | Outcome.NOTHING_JUDGED | Outcome.UNDECIDED | Outcome.INTERRUPTED:
            return "bold yellow"
        case _:
            assert_never(outcome)


FEW = 5


def few(names: list[str]) -> str:
    """Names, of many the first and how many more: a note that is too long is cut anywhere."""
    more = len(names) - FEW
    return ", ".join(names) if more <= 1 else f"{', '.join(names[:FEW])} and {more:,} more"


def counted(count: int, one: str, many: str | None = None) -> str:
    """A count with its noun: "1 error", "2,000 errors"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
