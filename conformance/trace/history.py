"""The sightings of one object in order, and the questions that their order answers."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, groupby, pairwise
from math import inf
from typing import overload

from conformance.trace.exchange import Exchange
from conformance.trace.order import before
from conformance.trace.trace import Sighting, Trace

_MOST_LOOKED_BACK = 64

Succession = tuple[Sighting, tuple[Sighting, ...]]
"""A sighting, and those that came directly before it: several where their exchanges overlap."""


class History(Sequence[Sighting]):
    """What a trace shows of one object, in trace order."""

    __slots__ = ("__dict__", "_sightings", "_trace")

    def __init__(self, trace: Trace, sightings: Iterable[Sighting] = ()) -> None:
        self._trace = trace
        self._sightings = tuple(sightings)

    @overload
    def __getitem__(self, index: int) -> Sighting: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Sighting]: ...

    def __getitem__(self, index: int | slice) -> Sighting | Sequence[Sighting]:
        return self._sightings[index]

    def __len__(self) -> int:
        return len(self._sightings)

    def __iter__(self) -> Iterator[Sighting]:
        return iter(self._sightings)

    @cached_property
    def _numbers(self) -> list[int]:
        return [sighting.where.exchange for sighting in self._sightings]

    def where(self, holds: Callable[[Sighting], object]) -> History:
        """The sightings for which a condition holds; the history itself where it holds for all."""
        found = [sighting for sighting in self._sightings if holds(sighting)]
        return self if len(found) == len(self._sightings) else History(self._trace, found)

    def within(self, low: int, high: int) -> Iterator[Sighting]:
        """The sightings in the exchanges between two numbers, neither of them included."""
        for index in range(bisect_right(self._numbers, low), bisect_left(self._numbers, high)):
            yield self._sightings[index]

    def first(self, holds: Callable[[Sighting], object]) -> Sighting | None:
        """The first sighting for which a condition holds."""
        return next((sighting for sighting in self._sightings if holds(sighting)), None)

    def certainly_before(self, exchange: Exchange) -> Iterator[Sighting]:
        """The sightings that had been seen when a request was sent, by an answer or an event; latest first."""
        for index in range(bisect_left(self._numbers, exchange.number) - 1, -1, -1):
            if seen_before(self._trace, self._sightings[index], exchange):
                yield self._sightings[index]

    def last_before(self, exchange: Exchange) -> Sighting | None:
        """The last sighting that had certainly been seen when a request was sent."""
        return next(self.certainly_before(exchange), None)

    def after(self, exchange: Exchange) -> Iterator[Sighting]:
        """The sightings in answers to requests that were sent when an exchange had ended; earliest first."""
        for index in range(bisect_right(self._numbers, exchange.number), len(self._sightings)):
            if before(exchange, self._trace.exchange(self._numbers[index])):
                yield self._sightings[index]

    def first_after(self, exchange: Exchange) -> Sighting | None:
        """The first sighting in an answer to a request that was sent when an exchange had ended."""
        return next(self.after(exchange), None)

    def first_before(self, exchange: Exchange) -> Sighting | None:
        """The first sighting that had certainly been seen when a request was sent."""
        for sighting in self._sightings:
            if sighting.where.exchange >= exchange.number:
                return None
            if seen_before(self._trace, sighting, exchange):
                return sighting
        return None

    def last_after(self, exchange: Exchange) -> Sighting | None:
        """The last sighting in an answer to a request that was sent when an exchange had ended."""
        for sighting in reversed(self._sightings):
            if sighting.where.exchange <= exchange.number:
                return None
            if before(exchange, self._trace.exchange(sighting.where.exchange)):
                return sighting
        return None

    @cached_property
    def statuses(self) -> frozenset[str]:
        """Every status that the object shows."""
        return frozenset(status for sighting in self._sightings if (status := sighting.status) is not None)

    @cached_property
    def _with_status(self) -> dict[frozenset[str], History]:
        return {}

    def with_status(self, statuses: frozenset[str]) -> History:
        """The sightings that show one of these statuses; worked out once."""
        if statuses not in self._with_status:
            found = () if self.statuses.isdisjoint(statuses) else [s for s in self if s.status in statuses]
            self._with_status[statuses] = self if len(found) == len(self) else History(self._trace, found)
        return self._with_status[statuses]

    @cached_property
    def successions(self) -> tuple[Succession, ...]:
        """Each sighting with those directly before it; the events of one stream do not follow each other here."""
        return tuple(self._successions())

    @cached_property
    def successions_in_streams(self) -> tuple[Succession, ...]:
        """Each sighting with those directly before it, the events of one stream following each other."""
        inside: list[Succession] = [
            (following, (previous,))
            for previous, following in pairwise(self._sightings)
            if previous.streamed and previous.where.exchange == following.where.exchange
        ]
        return tuple(sorted((*inside, *self.successions), key=_place)) if inside else self.successions

    def _successions(self) -> Iterator[Succession]:
        if len(self._sightings) < 2:
            return
        groups = [list(group) for _, group in groupby(self._sightings, key=lambda sighting: sighting.where.exchange)]
        exchanges = [self._trace.exchange(group[0].where.exchange) for group in groups]
        latest_end = list(accumulate((-inf if e.ended is None else e.ended for e in exchanges), max))
        for index, group in enumerate(groups):
            direct: list[Sighting] = []
            found: list[Exchange] = []
            for position in range(index - 1, max(-1, index - 1 - _MOST_LOOKED_BACK), -1):
                if any(one.started is None or latest_end[position] <= one.started for one in found):
                    break  # all that is further back came before one that was found
                earlier = exchanges[position]
                if before(earlier, exchanges[index]) and not any(before(earlier, one) for one in found):
                    direct.append(groups[position][-1])
                    found.append(earlier)
            if direct:
                yield group[0], tuple(direct)


def _place(succession: Succession) -> tuple[int, int]:
    where = succession[0].where
    return where.exchange, where.event or 0


def seen_before(trace: Trace, sighting: Sighting, exchange: Exchange) -> bool:
    """Whether an object had been seen when a request was sent: the answer had ended, or its event had arrived."""
    shown = trace.exchange(sighting.where.exchange)
    if before(shown, exchange):
        return True
    if sighting.where.event is None or shown.response is None or shown.started is None or exchange.started is None:
        return False
    if shown.number >= exchange.number:
        return False
    arrived = shown.response.events[sighting.where.event - 1].arrived
    return arrived is not None and shown.started + arrived <= exchange.started
