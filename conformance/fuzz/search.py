"""A bounded search for violations: hypothesis makes examples and shrinks the ones that break a requirement."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import hypothesis
from hypothesis.errors import Flaky, Unsatisfiable

from conformance.client import interrupt
from conformance.client.endpoint import TimeIsUp
from conformance.contract import Contract, Level
from conformance.session.attempt import FindingRecord, Outcome, ScenarioRecord, failing
from conformance.trace.trace import Trace

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from conformance.fuzz.shrinking import CallSequence

Sample = tuple[ScenarioRecord, Trace]
"""What came of one example."""
Execute = Callable[[Any], Sample]
SEQUENCES = "stateful"
"""The name of the search by sequences; the others are called after an operation and a mode."""
ROUNDS = 12
"""How many times the search begins anew, each time blind to what it has found before."""
STUCK = 3
"""After so many examples in a row that could not be driven, the search gives up."""


class Violation(Exception):
    """An example that breaks a requirement; a class of its own for each, so that each is shrunk on its own."""


@dataclass(frozen=True)
class Budget:
    """How long a search may take: examples in all, seconds of `time.monotonic` to stop at, and the seed.

    A search of sequences is over, too, when it has seen the `wanted` requirement broken.
    """

    examples: int
    until: float
    seed: int
    wanted: str | None = None


@dataclass
class Search:
    """What a search brought: counts over all examples, and for each broken requirement its smallest example."""

    name: str
    planned: int = 0
    """Examples that are to be tried always."""
    bounds: int = 0
    """How many of them were."""
    timed_out: bool = False
    """The time was up before the search was over."""
    interrupted: bool = False
    """A stop was asked for before the search was over."""
    examples: int = 0
    driven: int = 0
    """Examples that were driven to their end."""
    empty: str | None = None
    """Why there is nothing to search."""
    steps: int = 0
    """Calls and groups of calls in sequences."""
    rules: int = 0
    """Rules of the stateful model that made them."""
    exchanges: int = 0
    accepted: int = 0
    streams: int = 0
    examined: Counter[str] = field(default_factory=Counter)
    warned: set[str] = field(default_factory=set)
    """Requirements that are not told again: an earlier search has, and their violation fails no run."""
    smallest: dict[str, Sample] = field(default_factory=dict)
    """For each broken requirement the example that sends least."""
    sequences: dict[str, CallSequence] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    """After how many sequences each broken requirement showed."""
    crashed: dict[str, str] = field(default_factory=dict)
    undriven: ScenarioRecord | None = None
    seconds: float = 0.0

    @property
    def over(self) -> bool:
        """Whether there is no time, or no use, to go on."""
        return self.timed_out or self.interrupted or self.undriven is not None

    def count(self, made: ScenarioRecord, examples: int = 1) -> None:
        """Add what the trace of so many examples holds."""
        self.examples += examples
        self.exchanges += made.exchanges
        self.accepted += made.accepted
        self.streams += made.streams
        self.examined.update(made.examined)
        self.crashed.update(made.crashed)

    def keep(self, made: ScenarioRecord, trace: Trace, contract: Contract) -> None:
        """Keep an example where it is the smallest that breaks a requirement."""
        for requirement in made.found.keys() - self.warned:
            if contract.requirements[requirement].level is Level.MAY:
                continue
            kept = self.smallest.get(requirement)
            if kept is None or _sent(trace) < _sent(kept[1]):
                self.smallest[requirement] = made, trace

    def record(self) -> ScenarioRecord:
        """The search as the record of one scenario."""
        findings: list[FindingRecord] = []
        for requirement, (made, _) in sorted(self.smallest.items()):
            findings += [finding for finding in made.findings if finding.requirement == requirement]
        undriven = self.undriven
        return ScenarioRecord(
            scenario=self.name,
            outcome=undriven.outcome if undriven else Outcome.COMPLETED,
            reason=undriven.reason if undriven else None,
            exchanges=self.exchanges,
            accepted=self.accepted,
            streams=self.streams,
            seconds=round(self.seconds, 3),
            examined=dict(self.examined),
            found={name: made.found[name] for name, (made, _) in sorted(self.smallest.items())},
            findings=findings,
            crashed=self.crashed,
        )


def search(
    result: Search,
    always: Sequence[Any],
    strategy: SearchStrategy[Any] | None,
    execute: Execute,
    budget: Budget,
    contract: Contract,
) -> None:
    """Look for examples that break a requirement, until the budget is spent, and add what comes of it to the result.

    First all that are tried always, then at random as many of the strategy as the budget has examples. Of these every
    one that breaks a MUST is found once and shrunk; of what breaks less, the smallest that came is kept. After a stop,
    what was found till then stands.
    """
    started = time.monotonic()
    kinds: dict[str, type[Violation]] = {}
    failures = 0

    def tried(example: Any) -> ScenarioRecord:
        nonlocal failures
        try:
            made, trace = execute(example)
        except TimeIsUp:
            result.timed_out = True
            raise
        except KeyboardInterrupt:  # the example under way was broken off; those before it stand
            if not interrupt.asked():
                raise
            result.interrupted = True
            raise TimeIsUp from None
        result.count(made)
        result.driven += made.outcome == Outcome.COMPLETED
        failures = 0 if made.outcome == Outcome.COMPLETED else failures + 1
        if failures >= STUCK:
            result.undriven = made
            raise TimeIsUp  # there is time, but no use
        result.keep(made, trace, contract)
        return made

    def trial(example: Any) -> None:
        for requirement in sorted(failing(tried(example).found, contract) - settled):
            kind = kinds.setdefault(requirement, type(requirement, (Violation,), {}))
            raise kind(requirement)

    with suppress(TimeIsUp):
        for example in always:
            tried(example)
            result.bounds += 1
    allowed = result.examples + budget.examples
    for turn in range(ROUNDS):
        settled = set(kinds)
        if strategy is None or result.over or result.examples >= allowed:
            break
        settings = bounded(allowed - result.examples)
        test = hypothesis.seed(budget.seed + turn)(settings(hypothesis.given(strategy)(trial)))
        if not ends_with_violation(test):
            break
    result.seconds += time.monotonic() - started


def _sent(trace: Trace) -> int:
    """How much was sent, in bytes."""
    return sum(len(exchange.request.url) + len(exchange.request.body) for exchange in trace.exchanges)


def bounded(examples: int) -> hypothesis.settings:
    """Hypothesis without a clock, a memory or an opinion of its own: so many examples, then shrinking."""
    return hypothesis.settings(
        max_examples=examples,
        phases=[hypothesis.Phase.generate, hypothesis.Phase.shrink],
        suppress_health_check=list(hypothesis.HealthCheck),
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=True,
        verbosity=hypothesis.Verbosity.quiet,
    )


def ends_with_violation(test: Callable[[], Any]) -> bool:
    """Run a test of hypothesis once; returns whether it found a violation, so that looking on is worth while."""
    try:
        test()
    except (Violation, Flaky):
        return True  # flaky: the endpoint broke a requirement and then kept it; that it broke it stands
    except BaseExceptionGroup as several:
        ours = (Violation, Flaky, TimeIsUp, BaseExceptionGroup)
        if several.subgroup(lambda problem: not isinstance(problem, ours)):
            raise
        return several.subgroup(TimeIsUp) is None  # the time may run out while one of several is shrunk
    except (TimeIsUp, Unsatisfiable):
        return False
    return False
