"""Requests as calls of operations, and the questions that their times answer."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from math import inf
from sys import maxsize
from typing import overload

from conformance.contract.openapi import Operation
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, mapping
from conformance.trace.order import before
from conformance.trace.trace import Where

# Refusals that say nothing about the object: a wrong key, an unknown id, too many requests.
_ELSEWHERE = frozenset({401, 404, 429})
# Refusals that come before anybody has looked for the object.
_BEFORE_LOOKING = frozenset({401, 403, 405, 429})


class OperationCall:
    """One request for an operation of the API, answered or not.

    `params` are the path parameters; `sent` is the JSON body of the request, empty where it is no object.
    """

    __slots__ = ("__dict__", "exchange", "number", "operation", "params", "spec", "status")

    def __init__(self, exchange: Exchange, spec: Operation, params: dict[str, str]) -> None:
        self.exchange = exchange
        self.spec = spec
        self.params = params
        self.operation = spec.operation_id
        self.number = exchange.number
        self.status = exchange.response.status if exchange.response else None

    def __repr__(self) -> str:
        return f"<{self.operation} in exchange {self.number}: {self.status}>"

    @cached_property
    def sent(self) -> dict[str, Json]:
        """The JSON body of the request; empty where it is no object."""
        return mapping(self.exchange.request.json)

    @cached_property
    def answer(self) -> dict[str, Json]:
        """The plain JSON answer; empty for a stream, and for what is no object."""
        response = self.exchange.response
        return mapping(response.json_or_none) if response and not response.is_stream else {}

    @property
    def error(self) -> dict[str, Json]:
        """What an error answer has under `error`; empty where that is no object."""
        return mapping(self.answer.get("error"))

    @property
    def ok(self) -> bool:
        """Whether a 2xx response came."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the endpoint refused the request: a status from 400 to 499, unless a gateway gave it."""
        return self.status is not None and 400 <= self.status < 500 and not self._is_of_gateway

    @property
    def looked_up(self) -> bool:
        """Whether the answer tells that the endpoint looked for the object."""
        return (
            self.status is not None
            and self.status < 500
            and self.status not in _BEFORE_LOOKING
            and not self._is_of_gateway
        )

    @property
    def _is_of_gateway(self) -> bool:
        response = self.exchange.response
        return response is not None and response.is_of_gateway

    @property
    def conclusive(self) -> bool:
        """Whether the answer says what the service makes of the object.

        A server error does not, nor a page of a gateway, nor a refusal for a wrong key, an unknown id or too many
        requests.
        """
        return (
            self.status is not None and self.status < 500 and self.status not in _ELSEWHERE and not self._is_of_gateway
        )

    @property
    def where(self) -> Where:
        """The exchange as a place."""
        return Where(self.number)


class Timeline(Sequence[OperationCall]):
    """Calls in trace order.

    Calls may overlap, and then nobody knows which took effect first: `before` tells what is certain. Each question
    looks at the calls around the moment that is asked about, not at all of them.
    """

    __slots__ = ("__dict__", "_calls", "_numbers")

    def __init__(self, calls: Iterable[OperationCall] = ()) -> None:
        self._calls = tuple(calls)
        self._numbers = [call.number for call in self._calls]

    @overload
    def __getitem__(self, index: int) -> OperationCall: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[OperationCall]: ...

    def __getitem__(self, index: int | slice) -> OperationCall | Sequence[OperationCall]:
        return self._calls[index]

    def __len__(self) -> int:
        return len(self._calls)

    def __iter__(self) -> Iterator[OperationCall]:
        return iter(self._calls)

    def where(self, holds: Callable[[OperationCall], object]) -> Timeline:
        """The calls for which a condition holds; the timeline itself where it holds for all."""
        found = [call for call in self._calls if holds(call)]
        return self if len(found) == len(self._calls) else Timeline(found)

    def around(self, exchange: Exchange) -> tuple[int, int]:
        """The numbers of the nearest calls before and behind an exchange; 0 and a number past any for none."""
        low, high = bisect_left(self._numbers, exchange.number), bisect_right(self._numbers, exchange.number)
        return (self._numbers[low - 1] if low else 0, self._numbers[high] if high < len(self._numbers) else maxsize)

    def count_before(self, exchange: Exchange) -> int:
        """How many calls had ended when an exchange began."""
        sent = bisect_left(self._numbers, exchange.number)
        return sent - sum(1 for _ in self.overlapping_before(exchange)) if sent else 0

    def at(self, exchange: Exchange) -> OperationCall | None:
        """The call that is this exchange; None where none of them is."""
        index = bisect_left(self._numbers, exchange.number)
        return self._calls[index] if self._numbers[index : index + 1] == [exchange.number] else None

    @cached_property
    def _latest_end(self) -> list[float]:
        """For each call, when the last of it and those in front of it ended."""
        ends = (-inf if call.exchange.ended is None else call.exchange.ended for call in self._calls)
        return list(accumulate(ends, max))

    @cached_property
    def _earliest_start(self) -> list[float]:
        """For each call, when the first of it and those behind it started."""
        starts = (inf if call.exchange.started is None else call.exchange.started for call in reversed(self._calls))
        return list(accumulate(starts, min))[::-1]

    def overlapping_before(self, exchange: Exchange) -> Iterator[OperationCall]:
        """The calls that were sent before an exchange and had not certainly ended when it was sent; latest first."""
        started = exchange.started
        index = bisect_left(self._numbers, exchange.number) - 1
        while started is not None and index >= 0 and self._latest_end[index] > started:
            if not before(self._calls[index].exchange, exchange):
                yield self._calls[index]
            index -= 1

    def overlapping_after(self, exchange: Exchange) -> Iterator[OperationCall]:
        """The calls that were sent after an exchange and before it had certainly ended; earliest first."""
        ended = exchange.ended
        index = bisect_right(self._numbers, exchange.number)
        while ended is not None and index < len(self._calls) and self._earliest_start[index] < ended:
            if not before(exchange, self._calls[index].exchange):
                yield self._calls[index]
            index += 1

    def between(self, earlier: Exchange, later: Exchange) -> Iterator[OperationCall]:
        """The calls, other than the two exchanges, that may have taken effect after one and before the other.

        `earlier` has the lower number. Those that overlap one of the two count.
        """
        low, high = bisect_right(self._numbers, earlier.number), bisect_left(self._numbers, later.number)
        yield from (self._calls[index] for index in range(low, high))
        yield from self.overlapping_before(earlier)
        yield from self.overlapping_after(later)

    def any_between(self, earlier: Exchange, later: Exchange) -> bool:
        """Whether a call, other than the two exchanges, may have taken effect after one and before the other."""
        low, high = bisect_right(self._numbers, earlier.number), bisect_left(self._numbers, later.number)
        return low < high or self._any_overlaps_before(earlier) or self._any_overlaps_after(later)

    def _any_overlaps_before(self, exchange: Exchange) -> bool:
        index = bisect_left(self._numbers, exchange.number) - 1
        return index >= 0 and exchange.started is not None and self._latest_end[index] > exchange.started

    def _any_overlaps_after(self, exchange: Exchange) -> bool:
        index = bisect_right(self._numbers, exchange.number)
        return index < len(self._calls) and exchange.ended is not None and self._earliest_start[index] < exchange.ended

    def certainly_before(self, exchange: Exchange) -> Iterator[OperationCall]:
        """The calls that had ended when an exchange began; latest first."""
        for index in range(bisect_left(self._numbers, exchange.number) - 1, -1, -1):
            if before(self._calls[index].exchange, exchange):
                yield self._calls[index]

    def last_before(self, exchange: Exchange) -> OperationCall | None:
        """The last call that had ended when an exchange began."""
        return next(self.certainly_before(exchange), None)

    def first_before(self, exchange: Exchange) -> OperationCall | None:
        """The first call that had ended when an exchange began."""
        for call in self._calls:
            if call.number >= exchange.number:
                return None
            if before(call.exchange, exchange):
                return call
        return None

    def not_after(self, exchange: Exchange) -> Iterator[OperationCall]:
        """The calls that may have taken effect before an exchange ended, itself included; earliest last."""
        yield from self.overlapping_after(exchange)
        for index in range(bisect_right(self._numbers, exchange.number) - 1, -1, -1):
            yield self._calls[index]

    def any_not_after(self, exchange: Exchange) -> bool:
        """Whether a call may have taken effect before an exchange ended, itself included."""
        return bool(self._numbers and self._numbers[0] <= exchange.number) or self._any_overlaps_after(exchange)

    def position_of(self, number: int) -> int:
        """The position of the first call that was sent behind the exchange with this number."""
        return bisect_right(self._numbers, number)

    def position_after(self, exchange: Exchange) -> int:
        """The position from which on every call was sent when an exchange had ended."""
        index = bisect_right(self._numbers, exchange.number)
        return index if exchange.ended is None else max(index, bisect_left(self._earliest_start, exchange.ended))

    def after(self, exchange: Exchange) -> Iterator[OperationCall]:
        """The calls that were sent when an exchange had ended; earliest first."""
        for index in range(bisect_right(self._numbers, exchange.number), len(self._calls)):
            if before(exchange, self._calls[index].exchange):
                yield self._calls[index]


NO_CALLS = Timeline()
