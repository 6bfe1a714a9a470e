"""Messages that a run wrote after its end: nothing may come of a run that is over."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation
from conformance.trace.history import History
from conformance.trace.index import Index
from conformance.trace.json import format_value, is_integer, text
from conformance.trace.order import before
from conformance.trace.pages import Page
from conformance.trace.runs import MESSAGE, RUN, STEP, created_message, runs_of_threads
from conformance.trace.trace import Sighting

MOMENTS = ("completed_at", "failed_at", "cancelled_at")
CLOCKS_APART = 1
"""Seconds by which two times of one service may disagree: a batch was recorded with two times of its creation."""


def judged_late(index: Index) -> dict[str, list[Observation]]:
    """By id, what is said of each message that was seen when its run had ended.

    It is late where it is younger than that end, or missing on the first list of the thread that was asked for then.
    """
    found: dict[str, list[Observation]] = {}
    ends = index.view(_ends)
    for message_id, history in index.objects(MESSAGE).items() if ends else ():
        run_id = next((named for seen in history if (named := text(seen.value.get("run_id")))), "")
        if run_id in ends and (sighting := history.last_after(index.exchange(ends[run_id]))) is not None:
            found[message_id] = list(_judged(index, history, sighting, ends[run_id]))
    return found


def _judged(index: Index, history: History, sighting: Sighting, end: Sighting) -> Iterator[Observation]:
    yield Examined("MESSAGE-LATE-01", sighting.where.exchange)
    name, ended = next(((name, at) for name in MOMENTS if is_integer(at := end.value.get(name))), ("", None))
    created, walk = sighting.value.get("created_at"), index.view(_first_lists).get(end.id)
    if is_integer(created) and ended is not None and created > ended + CLOCKS_APART:
        expected = f"no message created after the {name} of its run, {format_value(ended)}"
        actual = f"created_at {format_value(created)}"
        yield Finding("MESSAGE-LATE-01", sighting.where.below("created_at"), expected, actual)
    elif (
        walk is not None
        and before(walk[-1].exchange, index.exchange(sighting))
        and history[0].where.exchange > walk[-1].number
        and sighting.id not in index.view(_announced)  # that the list lacked it is told then: STEP-LINK-02
    ):
        expected = f"no message of {format_value(end.id)} that the list in exchange {walk[-1].number} had not"
        actual = f"message {format_value(sighting.id)}, and the run had ended in exchange {end.where.exchange}"
        yield Finding("MESSAGE-LATE-01", sighting.where.below("id"), expected, actual)


def _ends(index: Index) -> dict[str, Sighting]:
    """By id of the runs that have ended, the first sighting that shows it."""
    terminal = index.contract.lifecycles["run"].terminal
    return {run_id: ended[0] for run_id, run in index.objects(RUN).items() if (ended := run.with_status(terminal))}


def _announced(index: Index) -> frozenset[str]:
    """The messages that steps say they created."""
    return frozenset(named for step in index.sightings(STEP) if (named := created_message(step.value)) is not None)


def _first_lists(index: Index) -> dict[str, list[Page]]:
    """By run id, the first whole list of the thread's messages that was asked for when the run had ended."""
    ends = index.view(_ends)
    waiting = {
        thread_id: [ends[run[0].id] for run in runs if run[0].id in ends]
        for thread_id, runs in index.view(runs_of_threads).items()
    }
    found: dict[str, list[Page]] = {}
    for walk in index.whole_lists("listMessages"):
        thread_id, still = walk[0].call.params.get("thread_id", ""), []
        for end in waiting.get(thread_id, ()):
            if before(index.exchange(end), walk[0].exchange):
                found[end.id] = walk
            else:
                still.append(end)
        waiting[thread_id] = still
    return found
