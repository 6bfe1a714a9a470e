"""Stateful fuzzing: sequences of calls by one client or two, judged as a whole, and shrunk to the shortest."""

import time
from contextlib import suppress
from pathlib import Path

import hypothesis
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.stateful import invariant, run_state_machine_as_test

from conformance.client import interrupt
from conformance.client.endpoint import TimeIsUp
from conformance.client.target import Target
from conformance.contract import Contract
from conformance.fuzz.search import LEVELS, SEQUENCES, Budget, Search, bounded, of_level
from conformance.fuzz.sequence import SequenceDriver
from conformance.fuzz.shrinking import CallSequence, shrink
from conformance.fuzz.state_machine import Client

STEPS = 20
"""Rules of one sequence."""
FOR_SHRINKING = 0.35
"""The share of the time that is kept for making short what was found."""
FOR_PROGRAMS = 0.05
"""The share that is kept for the programs that show it."""


def search_sequences(target: Target, budget: Budget, contract: Contract, ledger: Path | None = None) -> Search:
    """Try sequences until the budget is spent; returns what was seen, and the shortest sequence of all that was broken.

    A sequence that the end of the time or a stop cuts short is judged as far as it came; after a stop nothing is
    shrunk.
    """
    started = time.monotonic()
    result = Search(SEQUENCES)
    found: dict[str, CallSequence] = {}
    end = started + (budget.until - started) * (1 - FOR_SHRINKING - FOR_PROGRAMS)
    last = started + (budget.until - started) * (1 - FOR_PROGRAMS)

    class Judged(Client):
        looks = -1

        def begin(self) -> SequenceDriver:
            if result.examples >= budget.examples or budget.wanted in found or interrupt.asked():
                raise TimeIsUp
            result.timed_out = time.monotonic() > end
            if result.timed_out:
                raise TimeIsUp
            return SequenceDriver(target, contract, ledger, end)

        @invariant()
        def counted(self) -> None:  # before the first rule too
            self.looks += 1

        def teardown(self) -> None:
            try:
                try:
                    super().teardown()
                except TimeIsUp:
                    result.timed_out = not interrupt.asked()
                made, trace = self.session.judged()
            finally:
                self.session.close()
            result.rules += max(self.looks, 0)
            result.count_example(made)
            result.steps += len(self.session.steps)
            for requirement in made.found:
                if requirement not in found or len(self.session.steps) < len(found[requirement].steps):
                    found[requirement] = CallSequence.of(self.session, made, trace)
                    result.first.setdefault(requirement, result.examples)

    settings = hypothesis.settings(bounded(budget.examples), phases=[hypothesis.Phase.generate])
    settings = hypothesis.settings(settings, stateful_step_count=STEPS)
    with suppress(TimeIsUp, Unsatisfiable, Flaky):
        run_state_machine_as_test(hypothesis.seed(budget.seed)(Judged), settings=settings)

    def shorter(sequence: CallSequence) -> None:
        for requirement in sequence.made.found:
            if requirement in found and len(sequence.steps) < len(found[requirement].steps):
                found[requirement] = sequence

    for level in LEVELS:
        wanted = {budget.wanted} if budget.wanted in found else set(found)
        for requirement in sorted(of_level(level, wanted, contract)):
            left = max(1, len(found) - len(result.shrunk))
            until = time.monotonic() + max(0.0, last - time.monotonic()) / left
            reported = found[requirement]
            if not interrupt.asked():
                reported = shrink(reported, requirement, target, contract, until, ledger=ledger, on_sequence=shorter)
            result.shrunk[requirement] = (reported.made, reported.trace)
            result.sequences[requirement] = reported
    result.interrupted = interrupt.asked()
    result.seconds = time.monotonic() - started
    return result
