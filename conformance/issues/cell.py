"""One cell: an issue on a release, under its condition and under a correct server, judged by its signs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import groupby
from typing import Any

from conformance.issues.catalogue import Issue, Workaround
from conformance.issues.conditions import CONDITIONS
from conformance.issues.describe import describe_sign
from conformance.issues.oracle import Observed
from conformance.issues.sdk import Sdk
from conformance.issues.worker import Performer

NEW_ID = re.compile(r"\b(thread|run|asst|msg|step|call|file)([_-])\w{16,}")
_MOST_LINES = 12


class Outcome(StrEnum):
    """What came of trying to show an issue."""

    REPRODUCED = "reproduced"
    NOT_REPRODUCED = "not reproduced"
    NOT_APPLICABLE = "not applicable"
    HUNG = "hung"
    COULD_NOT_RUN = "could not run"


@dataclass(frozen=True)
class WorkaroundResult:
    """Whether a workaround did what it promises on this release; `problem` is what went wrong instead."""

    mode: str
    works: bool
    problem: str = ""


@dataclass(frozen=True)
class Cell:
    """The verdict on one issue with one release, and what it rests on."""

    key: str
    sdk: Sdk
    outcome: Outcome
    reason: str = ""
    signals: Mapping[str, Any] = field(default_factory=dict)
    control: Mapping[str, Any] = field(default_factory=dict)
    wire: tuple[str, ...] = ()
    workarounds: tuple[WorkaroundResult, ...] = ()
    seconds: float = 0.0

    @property
    def affected(self) -> bool | None:
        """Whether the release has the issue; None where that was not measured."""
        # Of what hung the control has ended: whatever the release does there, it does for the condition.
        return {Outcome.REPRODUCED: True, Outcome.HUNG: True, Outcome.NOT_REPRODUCED: False}.get(self.outcome)


def shortened(wire: Sequence[str]) -> tuple[str, ...]:
    """The exchanges, a repeated one once with its count; ids are cut, which are new each time."""
    counted = [(line, len(list(alike))) for line, alike in groupby(NEW_ID.sub(r"\1\2…", line) for line in wire)]
    lines = [line if count == 1 else f"{line} ({count} times)" for line, count in counted]
    return (*lines[:_MOST_LINES], *([f"and {len(lines) - _MOST_LINES} more"] if len(lines) > _MOST_LINES else []))


def run_trial(issue: Issue, sdk: Sdk, performer: Performer, *, workarounds: bool = True, port: int = 0) -> Cell:
    """Perform an issue's probe under its condition and under the control, and judge."""
    language = sdk.language
    if language not in issue.signs:
        return Cell(issue.key, sdk, Outcome.NOT_APPLICABLE, f"the issue cannot show in {language}")
    if not (sdk.speaks_v2 or issue.before_v2):
        return Cell(issue.key, sdk, Outcome.NOT_APPLICABLE, "the release speaks Assistants v1")
    try:
        found = run_probe(issue, sdk, performer, "condition", planted=True, port=port)
        if found.not_applicable:
            return Cell(issue.key, sdk, Outcome.NOT_APPLICABLE, found.not_applicable, signals=found.signals)
        control = run_probe(issue, sdk, performer, "control", planted=False, port=port)
        done = judge_probe(issue, sdk, found, control)
        if workarounds and done.affected:
            tried = tuple(
                _workaround_result(issue, one, run_probe(issue, sdk, performer, one.mode, planted=True, port=port))
                for one in issue.workarounds
                if language in one.languages
            )
            done = replace(done, workarounds=tried)
    except OSError as problem:
        return Cell(issue.key, sdk, Outcome.COULD_NOT_RUN, f"no server on loopback: {problem.strerror or problem}")
    return done


def run_probe(issue: Issue, sdk: Sdk, performer: Performer, mode: str, *, planted: bool, port: int = 0) -> Observed:
    """What comes of running an issue's probe in a mode, with its condition planted or not; raises OSError."""
    condition = CONDITIONS[issue.key]
    # Where the mistake is the client's, the probe itself is what differs; the server is the same and correct.
    try:
        with condition.server(planted=planted, port=port) as server:
            return performer.perform(server, mode, issue.probe(sdk.language), issue.deadline)
    finally:
        if issue.own_process:
            performer.end()  # what it did to its process must not be there for the next one


def judge_probe(issue: Issue, sdk: Sdk, found: Observed, control: Observed) -> Cell:
    """The verdict on what was seen under the condition and in the control."""
    signs = issue.signs[sdk.language]
    outcome, reason = Outcome.NOT_REPRODUCED, ""
    missing = [sign for sign in signs if not sign.seen(found)]
    if found.trouble:
        outcome, reason = Outcome.COULD_NOT_RUN, f"the probe broke off: {found.trouble}"
    elif control.trouble:
        outcome, reason = Outcome.COULD_NOT_RUN, f"the control broke off: {control.trouble}"
    elif control.hung:
        outcome, reason = Outcome.COULD_NOT_RUN, f"the control did not end within {issue.deadline:g} s"
    elif unmet := [sign for sign in issue.needs.get(sdk.language, ()) if not sign.seen(control)]:
        outcome, reason = (
            Outcome.NOT_APPLICABLE,
            f"it fails without the condition too: not {describe_sign(unmet[0].rule)}",
        )
    elif all(sign.seen(control) for sign in signs):
        outcome, reason = Outcome.COULD_NOT_RUN, "the control shows it too, so that nothing is bound to the condition"
    elif found.hung:
        outcome, reason = Outcome.HUNG, f"cut off after {issue.deadline:g} s"
    elif not missing:
        outcome = Outcome.REPRODUCED
    if outcome is Outcome.HUNG and issue.hangs and missing:
        outcome, reason = Outcome.COULD_NOT_RUN, f"hung, but without {describe_sign(missing[0].rule)}"
    if outcome is Outcome.NOT_REPRODUCED:
        reason = f"not seen: {describe_sign(missing[0].rule)}"
    return Cell(
        issue.key,
        sdk,
        outcome,
        reason,
        found.signals,
        control.signals,
        shortened([exchange.line() for exchange in found.log]),
        seconds=round(found.seconds + control.seconds, 2),
    )


def _workaround_result(issue: Issue, workaround: Workaround, observed: Observed) -> WorkaroundResult:
    if all(sign.seen(observed) for sign in workaround.holds) and not observed.hung:
        return WorkaroundResult(workaround.mode, True)
    if observed.hung:
        return WorkaroundResult(workaround.mode, False, f"cut off after {issue.deadline:g} s")
    error = observed.signals.get("error")
    problem = f"{error['class']}: {error['message']}" if isinstance(error, dict) else observed.trouble
    return WorkaroundResult(workaround.mode, False, problem or observed.not_applicable or f"{dict(observed.signals)}")
