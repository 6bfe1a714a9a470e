"""A recorded trace as operators look at it: its objects with their schemas, and the ways to write it anew."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Any

from conformance.contract import Contract
from conformance.contract.openapi import Operation, Route, mapping, sequence
from conformance.proof.interception import write_event
from conformance.trace.event import Event
from conformance.trace.exchange import Exchange, Headers, Response
from conformance.trace.json import Json
from conformance.trace.trace import Sighting, Trace, Where


@dataclass(frozen=True)
class TraceView:
    """A trace and the contract it is read with."""

    trace: Trace
    contract: Contract

    @cached_property
    def replies(self) -> tuple[Exchange, ...]:
        """The exchanges that got a whole 2xx answer with a JSON object, on the surface of the contract."""
        return tuple(
            exchange
            for exchange in self.trace.answered
            if exchange.ok
            and exchange.response is not None
            and not exchange.response.is_stream
            and isinstance(exchange.response.json_or_none, dict)
            and self.route(exchange) is not None
        )

    @cached_property
    def refusals(self) -> tuple[Exchange, ...]:
        """The exchanges that were answered with an error envelope and a 4xx status."""
        return tuple(
            exchange
            for exchange in self.trace.answered
            if exchange.response is not None
            and 400 <= exchange.response.status < 500
            and isinstance(mapping(exchange.response.json_or_none).get("error"), dict)
        )

    @cached_property
    def streams(self) -> tuple[Exchange, ...]:
        """The whole streams of the trace."""
        return tuple(e for e in self.trace.streams if e.response and e.response.complete and e.failure is None)

    @cached_property
    def pages(self) -> tuple[Exchange, ...]:
        """The exchanges that were answered with a page that has cursors."""
        return tuple(e for e in self.replies if "has_more" in body(e) and isinstance(body(e).get("data"), list))

    def route(self, exchange: Exchange) -> Route | None:
        """The operation that an exchange is one of, with its path parameters."""
        return self.contract.operations.match(exchange.request.method, exchange.request.path, self.trace.base_path)

    def operation(self, exchange: Exchange) -> Operation | None:
        """The operation that an exchange is one of."""
        route = self.route(exchange)
        return route.operation if route else None

    def is_sound(self, exchange: Exchange) -> bool:
        """Whether the JSON body of a request is as the contract has it, as far as its schema tells."""
        operation = self.operation(exchange)
        if operation is None or operation.request is None or operation.request.name is None:
            return True
        on = exchange.day
        return not self.contract.schemas.validate(operation.request.name, exchange.request.json, on)

    @cached_property
    def shown(self) -> tuple[Sighting, ...]:
        """The objects that answers and events show, as far as the contract has a schema for them; no deltas."""
        return tuple(one for one in self.trace.sightings if self.schema(one) and not one.kind.endswith(".delta"))

    def schema(self, sighting: Sighting) -> str | None:
        """The name of the schema of an object where it was shown."""
        if sighting.event is not None:
            return self.contract.schemas.event_schema(sighting.event)
        operation = self.operation(self.trace.exchange(sighting.where.exchange))
        name = operation.response.name if operation and operation.response else None
        if name is None or not sighting.listed:
            return name
        return self.contract.schemas.item_schema(name)

    def required(self, schema: str) -> dict[str, Any]:
        """The members that a schema requires at any time, each with its own schema."""
        document = self.contract.document
        node = mapping(document.resolve(document.schemas.get(schema)))
        properties = mapping(node.get("properties"))
        named = {name: mapping(properties.get(name)) for name in sequence(node.get("required"))}
        return {name: mapping(document.resolve(rule)) | rule for name, rule in named.items() if "x-since" not in rule}

    def in_order(self) -> Iterator[tuple[Sighting, ...]]:
        """The sightings of each object that was shown more than once."""
        return (seen for key, seen in self.trace.histories.items() if len(seen) > 1 and not key[0].endswith(".delta"))


def body(exchange: Exchange) -> dict[str, Json]:
    """The JSON object of an answer; empty where it is none."""
    return mapping(exchange.response.json_or_none) if exchange.response else {}


def place(where: Where) -> str:
    """A place in words."""
    event = f", event {where.event}" if where.event is not None else ""
    return f"exchange {where.exchange}{event}{f', {where.pointer}' if where.pointer else ''}"


def with_exchange(trace: Trace, changed: Exchange) -> Trace:
    """The trace with one exchange in place of the one of its number."""
    return replace(trace, exchanges=tuple(changed if e.number == changed.number else e for e in trace.exchanges))


def without_exchange(trace: Trace, number: int) -> Trace:
    """The trace without an exchange; the others keep their numbers."""
    return replace(
        trace,
        exchanges=tuple(e for e in trace.exchanges if e.number != number),
        expectations=tuple(e for e in trace.expectations if e.where.exchange != number),
    )


def answered(
    trace: Trace,
    exchange: Exchange,
    *,
    value: Json = None,
    raw: bytes | None = None,
    status: int | None = None,
    headers: Headers | None = None,
) -> Trace:
    """The trace with another body (a JSON value, or raw bytes), status or headers in one answer."""
    response = _response(exchange)
    content = raw if raw is not None else response.body if value is None else json.dumps(value).encode()
    changed = Response(
        response.status if status is None else status,
        response.headers if headers is None else headers,
        content,
        ((response.arrivals[-1][0], len(content)),) if response.arrivals else (),
        response.complete,
    )
    return with_exchange(trace, replace(exchange, response=changed))


def shown_as(trace: Trace, where: Where, value: Json) -> Trace:
    """The trace with another JSON object at the place of a sighting."""
    exchange = trace.exchange(where.exchange)
    response = _response(exchange)
    if where.event is None:
        if where.pointer:
            index = int(where.pointer.rpartition("/")[2])
            items = list(body(exchange)["data"])
            items[index] = value
            value = {**body(exchange), "data": items}
        return answered(trace, exchange, value=value)
    frames = [
        Frame.of(event) if event.number != where.event else Frame.of(event).saying(value) for event in response.events
    ]
    return streamed(trace, exchange, frames)


def edited(trace: Trace, sighting: Sighting, **changes: Json) -> Trace:
    """The trace with other members in one object where it is seen."""
    return shown_as(trace, sighting.where, {**sighting.value, **changes})


def lacking(trace: Trace, sighting: Sighting, name: str) -> Trace:
    """The trace with one object without a member, where it is seen."""
    return shown_as(trace, sighting.where, {key: value for key, value in sighting.value.items() if key != name})


@dataclass(frozen=True)
class Frame:
    """One frame of a stream as it is sent, with the time of its arrival."""

    name: str | None
    data: str | None
    raw: bytes
    arrived: float | None

    @classmethod
    def of(cls, event: Event) -> Frame:
        """The frame of an event, byte for byte."""
        return cls(event.name, event.data, event.raw, event.arrived)

    @classmethod
    def made(cls, name: str | None, data: str, arrived: float | None) -> Frame:
        """A frame of a name and one line of data."""
        return cls(name, data, write_event(name, data), arrived)

    def saying(self, value: Json) -> Frame:
        """The frame with other data."""
        return Frame.made(self.name, json.dumps(value), self.arrived)


def frames(exchange: Exchange) -> list[Frame]:
    """The frames of a stream."""
    return [Frame.of(event) for event in _response(exchange).events]


def streamed(trace: Trace, exchange: Exchange, sent: Iterable[Frame]) -> Trace:
    """The trace with other frames in one stream; each arrives when it arrived, or with the one before."""
    kept = list(sent)
    response = _response(exchange)
    arrivals: tuple[tuple[float, int], ...] = ()
    if response.arrivals:
        ends = accumulate(len(frame.raw) for frame in kept)
        times = accumulate((frame.arrived or 0.0 for frame in kept), max)
        arrivals = tuple(zip(times, ends, strict=True))
    changed = replace(response, body=b"".join(frame.raw for frame in kept), arrivals=arrivals)
    return with_exchange(trace, replace(exchange, response=changed))


def _response(exchange: Exchange) -> Response:
    if exchange.response is None:
        raise ValueError(f"exchange {exchange.number} has no answer")
    return exchange.response
