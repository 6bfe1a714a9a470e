"""How the areas' tests judge a trace: what was found, what was looked at, and what a planted fault must trip."""

from __future__ import annotations

from conformance import contract
from conformance.checks import errors, messages, objects, runs, steps
from conformance.checks.judge import Judgement, judge
from conformance.trace.trace import Trace
from tests.checks.watched import all_watched

AREAS = frozenset(area.__name__.rpartition(".")[2] for area in (errors, messages, objects, runs, steps))


def judged(trace: Trace) -> Judgement:
    """The judgement of the five areas that judge single objects and errors; a check that raises fails the test."""
    checks = [check for name, check in all_watched().items() if name.partition(".")[0] in AREAS]
    judgement = judge(trace, contract.load(), checks)
    assert not judgement.crashed
    return judgement


def tripped(trace: Trace) -> set[str]:
    """The ids of the requirements that the trace violates."""
    return {finding.requirement for finding in judged(trace).findings}


def ids_of(area: str) -> set[str]:
    """The ids of an area's requirements that the checks of the same name judge."""
    return {
        requirement.id
        for requirement in contract.load().requirements.values()
        if requirement.area == area and any(name.partition(".")[0] == area for name in requirement.checks)
    }
