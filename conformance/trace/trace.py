"""Ordered exchanges with one endpoint, and what they say about its objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, text


class Where(NamedTuple):
    """A place in a trace: exchange number, event number within its stream, JSON pointer within that body or data."""

    exchange: int
    event: int | None = None
    pointer: str = ""

    def below(self, *path: str | int) -> Where:
        """The place of a member within the value at this place."""
        steps = "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)
        return Where(self.exchange, self.event, self.pointer + steps)


@dataclass(frozen=True)
class Sighting:
    """One object as one response showed it.

    `kind` is the object constant (`thread.run`, `thread.message.delta`, `assistant.deleted` …). `event` is the name of
    the stream event that carried it, None over plain JSON; `listed` tells that it was an item of a list.
    """

    kind: str
    id: str
    value: dict[str, Json]
    where: Where
    event: str | None = None
    listed: bool = False

    @property
    def streamed(self) -> bool:
        """Whether the object came in a stream."""
        return self.event is not None

    @property
    def status(self) -> str | None:
        """The status that the object shows; None where it shows none."""
        return text(self.value.get("status"))


@dataclass(frozen=True)
class Expectation:
    """Something only the driver of a scenario can know, stated under a requirement id and decided by the driver.

    `actual` is None where it was met.
    """

    requirement: str
    where: Where
    expected: str
    actual: str | None


@dataclass(frozen=True)
class Trace:
    """Ordered exchanges with one endpoint.

    `source` names where they come from (a scenario, a file). `base_path` is the path under which the endpoint serves
    the API, None where unknown. `live` tells that arrival and overlap times are real, `shared` that other clients may
    have used the endpoint meanwhile. `absent` holds the numbers of exchanges that showed a missing feature: they are
    reported as `unsupported` once and judged no further. `context` holds the numbers of exchanges that are
    judged in another trace: they are there for what the others need.
    """

    source: str
    exchanges: tuple[Exchange, ...]
    base_path: str | None = None
    live: bool = False
    expectations: tuple[Expectation, ...] = ()
    absent: frozenset[int] = field(default_factory=frozenset)
    context: frozenset[int] = field(default_factory=frozenset)
    shared: bool = False

    def release(self) -> None:
        """Forget what was worked out of the bodies, ten times their size; it is worked out again if need be."""
        for name in ("sightings", "histories"):
            vars(self).pop(name, None)
        for exchange in self.exchanges:
            for message in (exchange.request, exchange.response):
                for name in ("json", "json_or_none", "events", "folded"):
                    vars(message or exchange).pop(name, None)

    def exchange(self, number: int) -> Exchange:
        """The exchange with this number; raises KeyError."""
        return self._by_number[number]

    @cached_property
    def _by_number(self) -> dict[int, Exchange]:
        return {exchange.number: exchange for exchange in self.exchanges}

    @property
    def answered(self) -> Iterator[Exchange]:
        """The exchanges that got a response and do not merely show a missing feature."""
        return (e for e in self.exchanges if e.response is not None and e.number not in self.absent)

    @property
    def streams(self) -> Iterator[Exchange]:
        """The answered exchanges whose response is an event stream."""
        return (e for e in self.answered if e.response is not None and e.response.is_stream)

    @cached_property
    def sightings(self) -> tuple[Sighting, ...]:
        """Every object that a successful response or a stream event showed, in trace order."""
        found: list[Sighting] = []
        for exchange in self.answered:
            found.extend(_sightings(exchange))
        return tuple(found)

    @cached_property
    def histories(self) -> dict[tuple[str, str], tuple[Sighting, ...]]:
        """The shadow: every object's sightings in trace order, by (kind, id)."""
        grouped: dict[tuple[str, str], list[Sighting]] = {}
        for sighting in self.sightings:
            grouped.setdefault((sighting.kind, sighting.id), []).append(sighting)
        return {key: tuple(values) for key, values in grouped.items()}


def _sightings(exchange: Exchange) -> Iterator[Sighting]:
    response = exchange.response
    assert response is not None
    if response.is_stream:
        for folded in response.folded:
            event = folded.event
            if event.is_done or event.data is None:
                continue
            yield from _objects(event.json_or_none, Where(exchange.number, event.number), event.name or "")
    elif exchange.ok and not _is_download(exchange):
        yield from _objects(response.json_or_none, Where(exchange.number), None)


def _is_download(exchange: Exchange) -> bool:
    """Whether an answer is the bytes of a file, which may well be JSON that looks like an object of the API."""
    path = exchange.request.path
    return path.endswith("/content") and "/vector_stores/" not in path


def _objects(value: Json, where: Where, event: str | None, *, listed: bool = False) -> Iterator[Sighting]:
    if not isinstance(value, dict):
        return
    kind = value.get("object")
    if kind == "list" and isinstance(value.get("data"), list) and not listed:
        for index, item in enumerate(value["data"]):
            place = Where(where.exchange, where.event, f"/data/{index}")
            yield from _objects(item, place, event, listed=True)
    elif isinstance(kind, str) and isinstance(value.get("id"), str):
        yield Sighting(kind, value["id"], value, where, event, listed)
