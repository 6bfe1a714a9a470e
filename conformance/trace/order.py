"""Which of two exchanges came first, where that can be said at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from conformance.trace.exchange import Exchange
from conformance.trace.trace import Sighting, Trace

_MOST_LOOKED_BACK = 64


def before(earlier: Exchange, later: Exchange) -> bool:
    """Whether one exchange had ended when the other began.

    Exchanges that overlap say nothing about each other: their answers may have been made in either order. Where a
    time is unknown the order of the trace decides.
    """
    if earlier.number >= later.number:
        return False
    if earlier.ended is None or later.started is None:
        return True
    return earlier.ended <= later.started


def successions(
    trace: Trace, seen: Iterable[Sighting], *, within_streams: bool
) -> Iterator[tuple[Sighting, tuple[Sighting, ...]]]:
    """Each sighting of one object with the sightings that came directly before it, certainly before it.

    Several came directly before where their own exchanges overlap. `within_streams` tells whether the events of one
    stream count as following each other.
    """
    groups = [list(group) for _, group in groupby(seen, key=lambda sighting: sighting.where.exchange)]
    for index, group in enumerate(groups):
        if within_streams and group[0].streamed:
            for previous, following in pairwise(group):
                yield following, (previous,)
        exchange = trace.exchange(group[0].where.exchange)
        direct: list[Sighting] = []
        for candidate in reversed(groups[max(0, index - _MOST_LOOKED_BACK) : index]):
            last = candidate[-1]
            earlier = trace.exchange(last.where.exchange)
            if before(earlier, exchange) and not any(
                before(earlier, trace.exchange(found.where.exchange)) for found in direct
            ):
                direct.append(last)
        if direct:
            yield group[0], tuple(direct)
