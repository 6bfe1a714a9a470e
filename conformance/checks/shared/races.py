"""Requests that were under way at the same time."""

from collections.abc import Iterator

from conformance.trace.calls import OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.order import before

MOST_COMPARED = 50
"""Requests of one thread or run that are compared with each other."""


def overlap(one: Exchange, other: Exchange) -> bool:
    """Whether two exchanges were certainly under way at the same time."""
    times = (one.started, one.ended, other.started, other.ended)
    known = all(time is not None for time in times)
    return known and not before(one, other) and not before(other, one)


def simultaneous(calls: Timeline) -> Iterator[tuple[OperationCall, OperationCall]]:
    """The pairs of calls, among the first ones, that were certainly under way at the same time; the earlier first."""
    first = Timeline(calls[:MOST_COMPARED])
    for later in first:
        for earlier in first.overlapping_before(later.exchange):
            if overlap(earlier.exchange, later.exchange):
                yield earlier, later
