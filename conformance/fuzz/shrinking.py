"""Shrinks a sequence: its steps are taken again without some of them, while the same requirement is broken."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance.client import interrupt
from conformance.client.endpoint import TimeIsUp
from conformance.client.target import Target
from conformance.contract import Contract
from conformance.fuzz.sequence import CallMode, MissingResource, ResourceRef, SequenceDriver, Step
from conformance.session.attempt import FindingRecord, ScenarioRecord
from conformance.trace.trace import Trace

NEEDED = frozenset({"model", "assistant_id", "role", "content", "tool_outputs", "file_id", "file_ids", "query"})
"""Members of bodies that an operation does not go without."""


@dataclass(frozen=True)
class CallSequence:
    """Steps that were taken, with their record and trace. `spans` tells which exchanges belong to which step.

    `shortest` is False where the time ran out, or a stop was asked for, before nothing more could be left out.
    """

    steps: tuple[Step, ...]
    spans: tuple[tuple[int, int], ...]
    names: dict[str, ResourceRef]
    made: ScenarioRecord
    trace: Trace
    shortest: bool = False

    @classmethod
    def of(cls, session: SequenceDriver, made: ScenarioRecord, trace: Trace) -> CallSequence:
        """The sequence of a session that has been judged."""
        return cls(tuple(session.steps), tuple(session.spans), session.names, made, trace)

    def finding(self, requirement: str) -> FindingRecord:
        """The first finding of a requirement that the sequence shows."""
        return next(one for one in self.made.findings if one.requirement == requirement)


def shrink(
    sequence: CallSequence,
    requirement: str,
    target: Target,
    contract: Contract,
    until: float,
    *,
    ledger: Path | None = None,
    on_sequence: Callable[[CallSequence], None] = lambda _: None,
) -> CallSequence:
    """The shortest sequence that breaks the same requirement: no step of it can be left out, and no member of a body.

    Every sequence tried on the way is reported of: it may be a short one for another requirement.
    """
    best = sequence

    def shows(steps: tuple[Step, ...]) -> bool:
        nonlocal best
        over = interrupt.asked() or time.monotonic() >= until
        made = None if over else replay(steps, target, contract, until, ledger)
        if made is not None:
            on_sequence(made)
        if made is None or requirement not in made.made.found:
            return False
        best = made
        return True

    up_to = _up_to(sequence, sequence.finding(requirement).exchange)
    shows(_about(up_to)) or shows(up_to)
    size = max(1, len(best.steps) // 2)
    while size:
        at = len(best.steps)
        while at > 0:
            at -= size
            if shows(_without(best.steps, max(at, 0), at + size)):
                at = min(at, len(best.steps))
        size //= 2
    better = True
    while better:  # what one step needed may not be needed any more when another one is gone
        better = any(shows(simpler) for simpler in _simpler(best.steps))
    return replace(best, shortest=time.monotonic() < until and not interrupt.asked())


def replay(
    steps: tuple[Step, ...],
    target: Target,
    contract: Contract,
    until: float | None = None,
    ledger: Path | None = None,
    *,
    to_the_end: bool = True,
) -> CallSequence | None:
    """The steps, taken anew; None where one is about a resource that was not created, or no time is left.

    With `to_the_end` off, the steps before such a one.
    """
    session = SequenceDriver(target, contract, ledger, until)
    try:
        with suppress(*(() if to_the_end else (MissingResource,))):
            session.again(steps)
        made, trace = session.judged()
    except (MissingResource, TimeIsUp):
        return None
    finally:
        session.close()
    return CallSequence.of(session, made, trace)


def _up_to(sequence: CallSequence, exchange: int) -> tuple[Step, ...]:
    """The steps of a sequence up to the one that an exchange belongs to."""
    for number, (begin, _) in enumerate(sequence.spans):
        if begin > exchange:
            return sequence.steps[:number]
    return sequence.steps


def _about(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The steps that are about nothing but what the last one is about, and what that is made from."""
    known = set(steps[-1].needs)
    for step in reversed(steps):
        if step.makes in known:
            known |= step.needs
    kept = [step for step in steps if step.makes in known or (step.needs and step.needs <= known)]
    return (*kept, steps[-1]) if steps[-1] not in kept else tuple(kept)


def _without(steps: tuple[Step, ...], begin: int, end: int) -> tuple[Step, ...]:
    """The steps without some of them, and without those that are about what these made."""
    missing: set[ResourceRef] = set()
    kept = []
    for number, step in enumerate(steps):
        if begin <= number < end or step.needs & missing:
            if step.makes:
                missing.add(step.makes)
        else:
            kept.append(step)
    return tuple(kept)


def _simpler(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """Steps that are simpler in one way: a step less, one page or look in the place of many, a member less."""
    for number in reversed(range(len(steps))):
        yield _without(steps, number, number + 1)
    for number, step in enumerate(steps):
        for simpler in _simpler_step(step):
            yield (*steps[:number], simpler, *steps[number + 1 :])


def _simpler_step(step: Step) -> Iterator[Step]:
    if step.how is CallMode.ALL_PAGES:
        yield replace(step, how=CallMode.ONCE)
    if step.query:
        for key in step.query:
            yield replace(step, query=_less(step.query, key) or None)
    if isinstance(step.body, dict):
        for key, value in step.body.items():
            if key not in NEEDED:
                yield replace(step, body=_less(step.body, key))
            if isinstance(value, list) and len(value) > 1:
                yield replace(step, body={**step.body, key: value[1:]})
                yield replace(step, body={**step.body, key: value[:-1]})


def _less(members: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in members.items() if name != key}
