"""Requests that were under way at the same time and exclude each other: not both are taken."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from conformance.checks.asked import Asked, after, asked, by_path, shown_in, status_of
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.routes import SUBMITTING
from conformance.contract import Contract
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, mapping, sequence, shown, text
from conformance.trace.order import before
from conformance.trace.trace import Sighting, Trace

RUN = "thread.run"
MOST_COMPARED = 50
"""Requests of one thread or run that are compared with each other."""


def overlap(one: Exchange, other: Exchange) -> bool:
    """Whether two exchanges were certainly under way at the same time."""
    times = (one.started, one.ended, other.started, other.ended)
    known = all(time is not None for time in times)
    return known and not before(one, other) and not before(other, one)


@check("LOCK-RACE-01")
def runs(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Of two requests for a run that meet on one thread, one finds it locked by the other.

    Both may be taken one after the other; they are a violation where both runs are seen active when both requests had
    been answered. That one of them is taken is judged with the lock's release.
    """
    requests = asked(trace, contract)
    made, seen = shown_in(trace, (RUN,)), dict(trace.of_kind(RUN))
    terminal = contract.lifecycles["run"].terminal
    starts = by_path([one for one in requests if one.operation == "createRun"], "thread_id")
    for ones in starts.values():
        for one, other in combinations(ones[:MOST_COMPARED], 2):
            if not overlap(one.exchange, other.exchange):
                continue
            if one.ok and other.ok and one.number in made and other.number in made:
                yield Examined("LOCK-RACE-01", other.number)
                pair = (made[one.number], made[other.number])
                looks = [_active(trace, seen, run, (one, other), terminal) for run in pair]
                if all(looks) and pair[0].id != pair[1].id:
                    yield _both(other, pair, [look for look in looks if look])
            elif (one.ok and other.refused) or (one.refused and other.ok):
                yield Examined("LOCK-RACE-01", other.number)


def _active(
    trace: Trace,
    seen: dict[str, tuple[Sighting, ...]],
    run: Sighting,
    pair: tuple[Asked, Asked],
    terminal: frozenset[str],
) -> Sighting | None:
    """The first look at a run when both requests had been answered, if it shows the run active."""
    looks = (
        s
        for s in after(trace, seen.get(run.id, ()), pair[0].exchange)
        if before(pair[1].exchange, trace.exchange(s.where.exchange))
    )
    first = next(looks, None)
    return first if first is not None and status_of(first) not in {None, *terminal} else None


def _both(other: Asked, pair: tuple[Sighting, Sighting], looks: list[Sighting]) -> Finding:
    told = " and ".join(f'"{status_of(look)}" in exchange {look.where.exchange}' for look in looks)
    return Finding(
        "LOCK-RACE-01",
        other.where,
        "one of two simultaneous requests for a run of the same thread is refused",
        f"both are taken: runs {shown(pair[0].id)} and {shown(pair[1].id)} are active together, {told}",
    )


def _answered(one: Asked) -> bool:
    return one.status is not None and one.status < 500 and one.status != 429


@check("TOOL-RACE-01")
def submissions(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Of several submissions for the same calls that meet, at most one is taken."""
    submits = by_path([one for one in asked(trace, contract) if one.operation == SUBMITTING], "run_id")
    for ones in submits.values():
        for one, other in combinations(ones[:MOST_COMPARED], 2):
            calls = _calls(one.sent)
            if not calls or calls != _calls(other.sent) or not overlap(one.exchange, other.exchange):
                continue
            if not _answered(one) or not _answered(other):
                continue
            yield Examined("TOOL-RACE-01", other.number)
            if one.ok and other.ok:
                yield Finding(
                    "TOOL-RACE-01",
                    other.where,
                    f"a refusal with 400: exchange {one.number} answered these calls at the same time",
                    f"status {other.status}",
                )


def _calls(sent: dict[str, Json]) -> frozenset[str]:
    """The ids of the calls that outputs are submitted for."""
    found = (text(mapping(row).get("tool_call_id")) for row in sequence(sent.get("tool_outputs")))
    return frozenset(call_id for call_id in found if call_id)
