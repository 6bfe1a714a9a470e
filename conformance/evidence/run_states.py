"""The states of a run as a trace showed them: what leads to a finding about the run, and what follows it."""

import re
from functools import cached_property
from typing import NamedTuple

from conformance.trace.trace import Sighting, Trace

_RUN = re.compile(r"/runs/([^/?]+)")
MOST = 40
"""States of one run that are kept, the last of them where there are more."""


class RunState(NamedTuple):
    """A state of a run: seconds since its first state (None: unknown), the status, and the exchange that showed it."""

    at: float | None
    status: str
    exchange: int


class RunStates:
    """The states of every run of one trace, worked out when they are first asked for."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace

    def around(self, exchange: int) -> tuple[RunState, ...]:
        """The states of the run that an exchange is about, each once as it came; none where it is about no run."""
        named = _RUN.search(self._trace.exchange(exchange).request.path)
        run = named[1] if named else self._shown.get(exchange)
        return self._states.get(run or "", ())

    @cached_property
    def _sightings(self) -> list[Sighting]:
        return [one for one in self._trace.sightings if one.kind == "thread.run" and one.status and not one.listed]

    @cached_property
    def _shown(self) -> dict[int, str]:
        """The first run that an exchange showed."""
        return {one.where.exchange: one.id for one in reversed(self._sightings)}

    @cached_property
    def _states(self) -> dict[str, tuple[RunState, ...]]:
        found: dict[str, list[tuple[float | None, str, int]]] = {}
        for one in self._sightings:
            seen = found.setdefault(one.id, [])
            if not seen or seen[-1][1] != one.status:
                seen.append((self._moment(one), one.status or "", one.where.exchange))
        return {
            run: tuple(RunState(_since(states[0][0], at), status, number) for at, status, number in states[-MOST:])
            for run, states in found.items()
        }

    def _moment(self, sighting: Sighting) -> float | None:
        exchange, event = self._trace.exchange(sighting.where.exchange), sighting.where.event
        if event is None or exchange.response is None or exchange.started is None:
            return exchange.ended
        arrived = exchange.response.events[event - 1].arrived
        return None if arrived is None else exchange.started + arrived


def _since(first: float | None, at: float | None) -> float | None:
    return None if first is None or at is None else round(at - first, 3)
