"""How the tests of checks judge a trace: by the checks of the areas that they are about, none of which may raise."""

from conformance import contract
from conformance.checks.judge import Judgement, judge
from conformance.trace.trace import Trace
from tests.checks.watched import all_watched


class Checks:
    """The checks of some areas (`runs`), or of some names (`lists.stable`)."""

    def __init__(self, *names: str) -> None:
        self.names = frozenset(names)

    def judged(self, trace: Trace) -> Judgement:
        """What these checks make of a trace."""
        areas = {name: name.partition(".")[0] for name in all_watched()}
        chosen = [check for name, check in all_watched().items() if {name, areas[name]} & self.names]
        judgement = judge(trace, contract.load(), chosen)
        assert judgement.crashed == {}
        return judgement

    def tripped(self, trace: Trace) -> set[str]:
        """The ids of the requirements that a trace violates."""
        return {finding.requirement for finding in self.judged(trace).findings}

    def examined(self, trace: Trace) -> set[str]:
        """The ids of the requirements that a trace puts to the test."""
        return set(self.judged(trace).examined)


OBJECTS = Checks("errors", "messages", "objects", "runs", "steps")
"""Single objects and errors."""
HISTORIES = Checks(
    *("cancels", "deletion", "identity", "lists", "locks", "messages", "objects", "runs"),
    *("tools.submissions", "tools.kept", "tools.asked_again", "tools.outputs", "tools.races"),
    *("tools.parallel", "tools.choices", "limits.assistant_defaults"),
)
"""What is told of an object over time, together, so that no fault is found twice."""
RUNS = Checks(*("cancels", "identity.inherited", "locks", "runs", "steps", "tools.choices", "tools.races"))
"""Runs and steps."""
STORES = Checks(
    *("annotations", "attachments", "batches", "files", "hosted_tools", "identity", "lists", "objects"),
    *("search", "store_files", "vector_stores"),
)
"""Files and vector stores, and what holds for all objects."""
STREAMS = Checks("streams", "deltas")
ALL = Checks(*(name.partition(".")[0] for name in all_watched()))


def judged_by(*names: str) -> set[str]:
    """The ids that these checks, or the checks of these modules, judge, by the registry."""
    return {
        requirement.id
        for requirement in contract.load().requirements.values()
        if any(name in names or name.partition(".")[0] in names for name in requirement.checks)
    }


def ids_of(area: str) -> set[str]:
    """The ids of an area's requirements that the checks of the same name judge."""
    return {id for id in judged_by(area) if contract.load().requirements[id].area == area}
