"""The lock of a thread: while a run of it is active it takes neither messages nor runs, and afterwards it does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.checks.asked import (
    ELSEWHERE,
    Asked,
    after,
    asked,
    by_path,
    certainly_before,
    last_before,
    shown_in,
    status_of,
)
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.routes import CREATING_RUNS
from conformance.contract import Contract
from conformance.contract.lifecycles import Lifecycle
from conformance.trace.json import mapping, sequence, shown, text
from conformance.trace.order import before
from conformance.trace.trace import Sighting, Trace

LOCKED = {"createMessage": "LOCK-MESSAGE-01", "createRun": "LOCK-RUN-01"}
# How a refusal says that it is for an active run: the API's own words, and what others say in their place.
_SAYS_ACTIVE = re.compile(r"\bactive\b|\blocked\b", re.IGNORECASE)
# What may be inactive, locked or in conflict, too, without a run being in the way.
_OF_OTHERS = re.compile(
    r"\b(?:account|subscription|organi[sz]ation|project|billing|plan|model|deployment|server|service|system)\b"
    r"|overloaded|rate[ _-]?limit|too many requests",
    re.IGNORECASE,
)
LONGEST_MESSAGE = 2_000


def _runs_of_threads(trace: Trace) -> dict[str, dict[str, tuple[Sighting, ...]]]:
    """The sightings of runs, by thread and run."""
    found: dict[str, dict[str, tuple[Sighting, ...]]] = {}
    for run_id, seen in trace.of_kind("thread.run"):
        if thread_id := text(seen[0].value.get("thread_id")):
            found.setdefault(thread_id, {})[run_id] = seen
    return found


def _message(one: Asked) -> str:
    return (text(mapping(one.answer.get("error")).get("message")) or "")[:LONGEST_MESSAGE]


@check("LOCK-MESSAGE-01", "LOCK-RUN-01", "LOCK-NAMES-01")
def active(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """While a run is active its thread takes neither a message nor a second run.

    A run was active for certain where it had been seen before the request, and had not ended in a later answer.
    """
    machine = contract.lifecycles["run"]
    threads = _runs_of_threads(trace)
    for one in asked(trace, contract):
        requirement = LOCKED.get(one.operation)
        thread_id = one.path.get("thread_id", "")
        if requirement is None or one.status is None or one.status >= 500 or one.status in ELSEWHERE:
            continue
        holder = next(
            (
                (run_id, proof)
                for run_id, seen in threads.get(thread_id, {}).items()
                if (proof := _active(trace, seen, one, machine)) is not None
            ),
            None,
        )
        if holder is None:
            continue
        run_id, proof = holder
        yield Examined(requirement, one.number)
        if one.status != 400:
            told = f'run {shown(run_id)} is active: "{status_of(proof)}" still in exchange {proof.where.exchange}'
            yield Finding(
                requirement,
                one.where,
                f"status 400 while a run of the thread is active ({told})",
                f"status {one.status}",
            )
        elif _SAYS_ACTIVE.search(_message(one)):
            yield Examined("LOCK-NAMES-01", one.number)
            if run_id not in _message(one) or thread_id not in _message(one):
                yield Finding(
                    "LOCK-NAMES-01",
                    below(one.where, "error", "message"),
                    f"a message that names thread {shown(thread_id)} and its active run {shown(run_id)}",
                    f"message {shown(_message(one))}",
                )


def _active(trace: Trace, seen: tuple[Sighting, ...], one: Asked, machine: Lifecycle) -> Sighting | None:
    """The later sighting that proves that a run was active all the time; None where nothing does."""
    earlier = last_before(trace, seen, one.exchange)
    if earlier is None or status_of(earlier) not in set(machine.statuses) - machine.terminal:
        return None
    later = [s for s in after(trace, seen, one.exchange) if status_of(s) in set(machine.statuses) - machine.terminal]
    return later[-1] if later else None


@check("LOCK-FREE-01")
def idle(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """When every run of a thread has ended, or there is none, nothing is refused for an active run.

    Judged for threads of the trace's own: others may run on theirs.
    """
    machine = contract.lifecycles["run"]
    threads = _runs_of_threads(trace)
    requests = asked(trace, contract)
    made, runs = shown_in(trace, ("thread", "thread.run")), shown_in(trace, ("thread.run",))
    creators = {runs[o.number].id: o.exchange for o in requests if o.operation in CREATING_RUNS and o.number in runs}
    own: set[str] = set()
    for one in requests:
        if one.operation in ("createThread", "createThreadAndRun") and one.number in made:
            value = made[one.number].value
            own.add(text(value.get("thread_id")) or made[one.number].id)
        thread_id = one.path.get("thread_id", "")
        if one.operation not in LOCKED or thread_id not in own or one.status is None or one.status >= 500:
            continue
        ended = all(
            any(status_of(s) in machine.terminal and certainly_before(trace, s, one.exchange) for s in seen)
            for run_id, seen in threads.get(thread_id, {}).items()
            if run_id not in creators or before(creators[run_id], one.exchange)
        )
        if not ended or _may_run(requests, one, thread_id, runs):
            continue
        yield Examined("LOCK-FREE-01", one.number)
        if _blames_a_run(one):
            yield Finding(
                "LOCK-FREE-01",
                one.where,
                "no refusal for an active run: every run of the thread has ended",
                f"status {one.status}: {shown(_message(one))}",
            )


def _blames_a_run(one: Asked) -> bool:
    message = _message(one)
    if _OF_OTHERS.search(message):
        return False
    return one.status in (409, 423) or (one.status == 400 and _SAYS_ACTIVE.search(message) is not None)


def _may_run(requests: list[Asked], one: Asked, thread_id: str, made: dict[int, Sighting]) -> bool:
    """Whether a run may have been made that the trace does not show, or may be made at the same time."""
    return any(
        other.operation == "createRun"
        and other.path.get("thread_id") == thread_id
        and other is not one
        and not before(one.exchange, other.exchange)
        and not other.refused
        and (other.number not in made or not before(other.exchange, one.exchange))
        for other in requests
    )


@check("LIMIT-RUN-10")
def nothing_to_say(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run needs something to start from: a message of the user's, or instructions."""
    requests = asked(trace, contract)
    made = shown_in(trace, ("thread",))
    empty = {
        made[one.number].id
        for one in requests
        if one.operation == "createThread" and one.ok and one.number in made and not sequence(one.sent.get("messages"))
    }
    assistants = dict(trace.of_kind("assistant"))
    fillers = by_path([one for one in requests if one.operation in LOCKED and not one.refused], "thread_id")
    for one in requests:
        thread_id = one.path.get("thread_id", "")
        if one.operation != "createRun" or thread_id not in empty or not one.sent or one.status is None:
            continue
        filled = any(o is not one and not before(one.exchange, o.exchange) for o in fillers.get(thread_id, ()))
        if filled or one.status >= 500 or one.status in ELSEWHERE or not _speechless(one, trace, assistants):
            continue
        yield Examined("LIMIT-RUN-10", one.number)
        if one.status != 400:
            yield Finding(
                "LIMIT-RUN-10",
                one.where,
                "a refusal with 400: the thread is empty and nothing gives instructions",
                f"status {one.status}",
            )


def _speechless(one: Asked, trace: Trace, assistants: dict[str, tuple[Sighting, ...]]) -> bool:
    """Whether a run is asked for without messages, and of an assistant that is known to have no instructions."""
    seen = assistants.get(text(one.sent.get("assistant_id")) or "", ())
    latest = last_before(trace, seen, one.exchange)
    always = all(sighting.value.get("instructions", "") is None for sighting in seen)
    given = any(one.sent.get(name) for name in ("instructions", "additional_instructions", "additional_messages"))
    return latest is not None and always and not given
