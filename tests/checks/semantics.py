"""How the tests of the semantic areas judge a trace: by all of these areas at once, so that no fault is told twice."""

from __future__ import annotations

from conformance import contract
from conformance.checks.judge import Judgement, judge
from conformance.trace.trace import Trace
from tests.checks.watched import all_watched

MODULES = frozenset(
    {
        "cancels",
        "deletion",
        "identity",
        "lists",
        "locks",
        "tools",
        "objects",
        "runs",
        "messages",
    }
)


def judged(trace: Trace) -> Judgement:
    """The judgement of the semantic areas; a check that raises fails the test."""
    checks = [
        check
        for name, check in all_watched().items()
        if name == "limits.assistant_defaults" or name.partition(".")[0] in MODULES
    ]
    judgement = judge(trace, contract.load(), checks)
    assert not judgement.crashed
    return judgement


def tripped(trace: Trace) -> set[str]:
    """The ids of the requirements that the trace violates."""
    return {finding.requirement for finding in judged(trace).findings}


def judged_by(*names: str) -> set[str]:
    """The ids that these checks, or the checks of these modules, judge, by the registry."""
    return {
        requirement.id
        for requirement in contract.load().requirements.values()
        if any(name in names or name.partition(".")[0] in names for name in requirement.checks)
    }
