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
from conformance.contract import Contract, Level
from conformance.fuzz.search import SEQUENCES, Budget, Search, bounded
from conformance.fuzz.sequence import SequenceDriver
from conformance.fuzz.shrinking import CallSequence, shrink
from conformance.fuzz.state_machine import Client
from conformance.session.attempt import Outcome, failing

STEPS = 20
"""Rules of one sequence."""
FOR_SHRINKING, FOR_PROGRAMS = 0.35, 0.05
"""The most of the time, as shares, that is kept for making short what was found, and for the programs of it."""
FOR_ONE = 20.0
"""Seconds in which one sequence is made short; while little is found the search goes on for longer."""


def search_sequences(target: Target, budget: Budget, contract: Contract, ledger: Path | None = None) -> Search:
    """Try sequences until the budget is spent; returns what was seen, and the shortest sequence of all that was broken.

    A sequence that the end of the time or a stop cuts short is judged as far as it came; after a stop nothing is
    shrunk.
    """
    started = time.monotonic()
    result = Search(SEQUENCES)
    last = budget.until - (budget.until - started) * FOR_PROGRAMS

    def end() -> float:
        return last - min((budget.until - started) * FOR_SHRINKING, FOR_ONE * len(result.sequences))

    def keep(sequence: CallSequence) -> None:
        for requirement in sequence.made.found:
            if contract.requirements[requirement].level is Level.MAY:
                continue
            known = result.sequences.get(requirement)
            if known is None or len(sequence.steps) < len(known.steps):
                result.sequences[requirement] = sequence

    class Judged(Client):
        looks = -1

        def begin(self) -> SequenceDriver:
            if result.examples >= budget.examples or budget.wanted in result.sequences or interrupt.asked():
                raise TimeIsUp
            result.timed_out = time.monotonic() > end()
            if result.timed_out:
                raise TimeIsUp
            return SequenceDriver(target, contract, ledger, end())

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
            result.count(made)
            result.driven += made.outcome == Outcome.COMPLETED
            result.steps += len(self.session.steps)
            for requirement in made.found:
                result.first.setdefault(requirement, result.examples)
            keep(CallSequence.of(self.session, made, trace))

    settings = hypothesis.settings(bounded(budget.examples), phases=[hypothesis.Phase.generate])
    settings = hypothesis.settings(settings, stateful_step_count=STEPS)
    with suppress(TimeIsUp, Unsatisfiable, Flaky):
        run_state_machine_as_test(hypothesis.seed(budget.seed)(Judged), settings=settings)

    must = failing(dict.fromkeys(result.sequences, 1), contract)
    wanted = (
        [budget.wanted]
        if budget.wanted in result.sequences
        else sorted(result.sequences, key=lambda one: (one not in must, one))
    )
    for place, requirement in enumerate(wanted):
        until = time.monotonic() + max(0.0, last - time.monotonic()) / (len(wanted) - place)
        sequence = result.sequences[requirement]
        if not interrupt.asked():
            sequence = shrink(sequence, requirement, target, contract, until, ledger=ledger, on_sequence=keep)
        result.sequences[requirement] = sequence
        result.smallest[requirement] = sequence.made, sequence.trace
    result.interrupted = interrupt.asked()
    result.seconds = time.monotonic() - started
    return result
