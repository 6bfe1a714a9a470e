"""Stateful fuzzing: sequences of calls by one client or two, judged after every step, shrunk to the shortest."""

from __future__ import annotations

import time
from collections.abc import Callable

import hypothesis
from hypothesis.stateful import invariant, run_state_machine_as_test

from conformance.attempt import failing
from conformance.contract import Contract
from conformance.contract.requirements import Level
from conformance.fuzz.machine import Client
from conformance.fuzz.search import (
    LEVELS,
    ROUNDS,
    Budget,
    Search,
    TimeIsUp,
    Violation,
    bounded,
    ends_with_violation,
    of_level,
)
from conformance.fuzz.session import Session
from conformance.target import Target

NAME = "stateful"
STEPS = 30
"""Steps of one sequence at most."""


def explore(target: Target, budget: Budget, contract: Contract) -> Search:
    """Try sequences until the budget is spent; returns what was seen, and the shortest story of all that was broken."""
    begun = time.monotonic()
    result = Search(NAME)
    kinds: dict[str, type[Violation]] = {}
    for level in LEVELS:
        if level is not Level.MUST and not of_level(level, result.warned, contract):
            continue
        allowed = result.examples + budget.examples
        for turn in range(ROUNDS):
            machine = _machine(target, budget, contract, result, kinds, frozenset(result.smallest), level)
            machine = hypothesis.seed(budget.seed + turn)(machine)
            left = allowed - result.examples
            if left <= 0 or not ends_with_violation(_test(machine, left)):
                break
    result.seconds = time.monotonic() - begun
    return result


def _test(machine: type[Client], examples: int) -> Callable[[], None]:
    settings = hypothesis.settings(bounded(examples), stateful_step_count=STEPS)
    return lambda: run_state_machine_as_test(machine, settings=settings)


def _machine(
    target: Target,
    budget: Budget,
    contract: Contract,
    result: Search,
    kinds: dict[str, type[Violation]],
    settled: frozenset[str],
    level: Level,
) -> type[Client]:
    class Judged(Client):
        def begin(self) -> Session:
            if time.monotonic() > budget.until:
                raise TimeIsUp
            self.judged_steps = 0
            return Session(target, contract)

        @invariant()
        def keeps_the_contract(self) -> None:
            steps = self.session.steps
            if len(steps) == self.judged_steps:
                return
            if time.monotonic() > budget.until:
                self.session.close()
                raise TimeIsUp
            self.judged_steps = len(steps)
            made, trace = self.session.judged()
            self.last = made
            for requirement in set(made.found) - failing(made.found, contract):
                result.warned.setdefault(requirement, made)
            for requirement in sorted(of_level(level, made.found, contract) - settled):
                result.smallest[requirement] = (made, trace)
                result.stories[requirement] = tuple(steps)
                raise kinds.setdefault(requirement, type(requirement, (Violation,), {}))(requirement)

        def teardown(self) -> None:
            super().teardown()
            result.examples += 1
            result.steps += self.judged_steps
            if self.judged_steps:
                result.exchanges += self.last.exchanges
                result.streams += self.last.streams
                result.examined.update(self.last.examined)
                result.crashed.update(self.last.crashed)

    return Judged
