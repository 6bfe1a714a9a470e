"""How the tests of further checks of runs and steps judge a trace: by all of them at once."""

from __future__ import annotations

from conformance import contract
from conformance.checks.judge import Judgement, judge
from conformance.trace.trace import Trace
from tests.checks.watched import all_watched

NAMES = frozenset({"cancels", "identity.inherited", "locks", "runs", "steps", "tools.choices", "tools.races"})
"""Areas, and single checks of others."""


def judged(trace: Trace) -> Judgement:
    """The judgement of these modules; a check that raises fails the test."""
    checks = [check for name, check in all_watched().items() if {name, name.partition(".")[0]} & NAMES]
    judgement = judge(trace, contract.load(), checks)
    assert not judgement.crashed
    return judgement


def tripped(trace: Trace) -> set[str]:
    """The ids of the requirements that the trace violates."""
    return {finding.requirement for finding in judged(trace).findings}


def examined(trace: Trace) -> set[str]:
    """The ids of the requirements that the trace puts to the test."""
    return set(judged(trace).examined)
