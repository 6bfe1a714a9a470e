"""What was asked of the endpoint, request by request: the operation, what the path names, what was sent, the answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from conformance.checks.routes import route
from conformance.contract import Contract
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, mapping, text
from conformance.trace.order import before
from conformance.trace.trace import Sighting, Trace, Where

# Refusals that say nothing about the object: a wrong key, an unknown id, too many requests.
ELSEWHERE = frozenset({401, 404, 429})
# Refusals that come before anybody has looked for the object.
BEFORE_LOOKING = frozenset({401, 403, 405, 429})


@dataclass(frozen=True, slots=True)
class Asked:
    """One request for an operation.

    `path` are the path parameters; `sent` and `answer` are the JSON bodies, empty where they are no objects.
    """

    exchange: Exchange
    operation: str
    path: dict[str, str]
    sent: dict[str, Json]

    @property
    def number(self) -> int:
        """The number of the exchange."""
        return self.exchange.number

    @property
    def where(self) -> Where:
        """The exchange as a place."""
        return Where(self.exchange.number)

    @property
    def status(self) -> int | None:
        """The status of the answer; None where none came."""
        return self.exchange.response.status if self.exchange.response else None

    @property
    def ok(self) -> bool:
        """Whether a 2xx response came."""
        return self.exchange.ok

    @property
    def refused(self) -> bool:
        """Whether the request was refused: a status from 400 to 499."""
        return self.status is not None and 400 <= self.status < 500

    @property
    def answer(self) -> dict[str, Json]:
        """The plain JSON answer; empty for a stream."""
        response = self.exchange.response
        return mapping(response.json_or_none) if response and not response.is_stream else {}


def asked(trace: Trace, contract: Contract) -> list[Asked]:
    """Every request for an operation of the surface, in trace order, the unanswered ones included."""
    return [
        Asked(exchange, found.operation.operation_id, found.path_params, mapping(exchange.request.json))
        for exchange in trace.exchanges
        if exchange.number not in trace.absent and (found := route(exchange, trace, contract)) is not None
    ]


def may_fall_between(request: Exchange, earlier: Exchange, later: Exchange) -> bool:
    """Whether a request may have taken effect after one exchange and before the other, overlaps included."""
    return not before(request, earlier) and not before(later, request)


def any_between(requests: Iterable[Asked], earlier: Exchange, later: Exchange) -> bool:
    """Whether one of the requests, other than the two exchanges themselves, may have taken effect between them."""
    return any(
        may_fall_between(one.exchange, earlier, later)
        for one in requests
        if one.number not in (earlier.number, later.number)
    )


def shown_in(trace: Trace, kinds: Iterable[str]) -> dict[int, Sighting]:
    """By exchange number, the first object of one of these kinds that the exchange showed outside of a list."""
    wanted = frozenset(kinds)
    found: dict[int, Sighting] = {}
    for sighting in trace.sightings:
        if sighting.kind in wanted and not sighting.listed:
            found.setdefault(sighting.where.exchange, sighting)
    return found


def certainly_before(trace: Trace, sighting: Sighting, exchange: Exchange) -> bool:
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


def last_before(trace: Trace, seen: Iterable[Sighting], exchange: Exchange) -> Sighting | None:
    """The last of an object's sightings that was certainly seen when a request was sent."""
    found = None
    for sighting in seen:
        if certainly_before(trace, sighting, exchange):
            found = sighting
    return found


def after(trace: Trace, seen: Iterable[Sighting], exchange: Exchange) -> Iterator[Sighting]:
    """The sightings in answers to requests that were sent when an exchange had ended."""
    return (one for one in seen if before(exchange, trace.exchange(one.where.exchange)))


def status_of(sighting: Sighting | None) -> str | None:
    """The status that a sighting shows."""
    return text(sighting.value.get("status")) if sighting else None


def by_path(requests: Iterable[Asked], name: str) -> dict[str, list[Asked]]:
    """The requests that have a path parameter, by its value."""
    found: dict[str, list[Asked]] = {}
    for one in requests:
        if name in one.path:
            found.setdefault(one.path[name], []).append(one)
    return found
