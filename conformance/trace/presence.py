"""Which operations an endpoint has, by evidence: its answers to made-up routes are how it says that one is not there.

An operation is not there where each of its answers says so, and there as soon as one says anything else.
"""

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from itertools import zip_longest
from typing import Any

from conformance.contract import Contract
from conformance.trace.calls import OperationCall
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, NotJson, json_equal, mapping, parse_json, text

UNKNOWN_ROUTE = frozenset({"unknown-path", "unknown-method"})  # among the known errors: the vendor's own words
_LOOKED_AT = 65_536
_MOST_PREFIXES = 16
_ANY: Any = object()  # the place of what differs between two answers of one kind, such as a request id


class Presence(StrEnum):
    """What answers say of an operation, the weakest first."""

    NOT_THERE = "not there"
    THERE = "there"
    ACCEPTED = "accepted"
    """It is there, and gave a 2xx."""

    @property
    def is_there(self) -> bool:
        """Whether the endpoint has the operation."""
        return self is not Presence.NOT_THERE


RANK = {presence: rank for rank, presence in enumerate(Presence)}


class NoRoute:
    """How an endpoint says "no such route": by its answers to made-up ones, compared without what names the request.

    The first two of them are for the same method: where these differ, a value says nothing. Without an answer to go by,
    a 404 says so unless it has the error envelope.
    """

    def __init__(self, contract: Contract, answers: Iterable[Exchange] = ()) -> None:
        self._contract = contract
        told = [answer for answer in map(_told, answers) if answer is not None and _can_say_so(answer[0])]
        self._told = [(*kind, value) for *kind, value in told]
        for one, other in zip_longest(told[:1], told[1:2]):
            if one and other and one[:2] == other[:2]:
                shape = _common(one[2], other[2])
                self._told = [(status, media, _masked(value, shape)) for status, media, value in told]

    def says(self, exchange: Exchange) -> bool:
        """Whether an answer says that there is no such route; by 405 and 501 it does in any words."""
        if exchange.response is None or not _can_say_so(exchange.response.status):
            return False
        answer = _told(exchange)
        if answer is None:
            return False
        status, media_type, value = answer
        if status in (405, 501) or self._is_vendors(exchange):
            return True
        if self._told:
            return any((status, media_type) == told[:2] and _fits(told[2], value) for told in self._told)
        return status == 404 and not isinstance(mapping(value).get("error"), dict)

    def _is_vendors(self, exchange: Exchange) -> bool:
        body = exchange.response.json_or_none if exchange.response else None
        message = text(mapping(mapping(body).get("error")).get("message"))
        known = self._contract.errors.recognize(message) if message else None
        return known is not None and known[0].key in UNKNOWN_ROUTE

    def presence(self, call: OperationCall) -> Presence | None:
        """What an answer says of its operation; None where it was given without a look at the path.

        Where everything is answered alike, an answer that is what the operation should answer is one all the same.
        """
        response = call.exchange.response
        if response is None or response.status in (401, 402, 403, 429, 502, 503, 504):
            return None
        if call.ok and self._is_in_form(call):
            return Presence.ACCEPTED
        if self.says(call.exchange):
            return Presence.NOT_THERE
        return Presence.ACCEPTED if call.ok else Presence.THERE

    def _is_in_form(self, call: OperationCall) -> bool:
        """Whether an answer says that it is the kind of object which the operation answers with."""
        answer = self._contract.objects.answers.get(call.operation)
        return call.answer.get("object") in (answer.constants if answer else ("list",))


def stronger(one: Presence | None, other: Presence) -> Presence:
    """The stronger of two."""
    return other if one is None or RANK[other] > RANK[one] else one


def presences(calls: Iterable[OperationCall], no_route: NoRoute) -> dict[str, Presence]:
    """What calls say of their operations; those are left out of which none says anything."""
    found: dict[str, Presence] = {}
    for call in calls:
        if (presence := no_route.presence(call)) is not None:
            found[call.operation] = stronger(found.get(call.operation), presence)
    return found


def absent_calls(
    calls: Iterable[OperationCall], found: Mapping[str, Presence], no_route: NoRoute
) -> list[OperationCall]:
    """The calls whose answers say nothing but that their operation is not there."""
    missing = {operation for operation, presence in found.items() if not presence.is_there}
    return [call for call in calls if call.operation in missing and no_route.presence(call) is Presence.NOT_THERE]


def absence_of(call: OperationCall) -> str:
    """What tells that an operation is not there, in words."""
    return f"{call.operation} is not there: {call.spec.label} answered {call.status}"


# ---- answers, without what names the request -------------------------------------------------------------------------


def _can_say_so(status: int) -> bool:
    """Whether a status can mean that there is no such route; others, redirects too, are of one that is there."""
    return status < 300 or status in (404, 405, 410, 501)


def _told(exchange: Exchange) -> tuple[int, str, Any] | None:
    """Status, media type and body of an answer; no stream says that something is missing."""
    response, request = exchange.response, exchange.request
    if response is None or response.is_stream:
        return None
    body = response.body[:_LOOKED_AT]
    try:
        value: Json = parse_json(body)
    except NotJson:
        value = body.decode("utf-8", "replace")
    names = sorted({request.url, *_endings(request.path), *_endings(request.url.partition("//")[2])}, key=len)[::-1]
    own = re.compile("|".join([*(re.escape(name) for name in names if len(name) > 1), rf"\b{request.method}\b"]))
    try:
        return response.status, response.headers.media_type, _without(value, own)
    except RecursionError:
        return response.status, response.headers.media_type, own.sub("\0", body.decode("utf-8", "replace"))


def _endings(path: str) -> list[str]:
    """A path as a server may see it, behind some prefixes; all endings of a path have its length squared together."""
    _, *steps = path.split("/", _MOST_PREFIXES)
    return ["/" + "/".join(steps[start:]) for start in range(len(steps))]


def _without(value: Json, own: re.Pattern[str]) -> Any:
    if isinstance(value, str):
        return own.sub("\0", value)
    if isinstance(value, dict):
        return {name: _without(member, own) for name, member in value.items()}
    if isinstance(value, list):
        return [_without(member, own) for member in value]
    return value


def _common(one: Any, other: Any) -> Any:
    """What two values have in common."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return {name: _common(one[name], other[name]) for name in one}
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [_common(*pair) for pair in zip(one, other, strict=True)]
    return one if json_equal(one, other) else _ANY


def _masked(value: Any, shape: Any) -> Any:
    """A value without what differs between answers of its kind."""
    if shape is _ANY:
        return _ANY
    if isinstance(value, dict) and isinstance(shape, dict):
        return {name: _masked(member, shape.get(name)) for name, member in value.items()}
    if isinstance(value, list) and isinstance(shape, list):
        return [_masked(member, like) for member, like in zip_longest(value, shape[: len(value)])]
    return value


def _fits(shape: Any, value: Any) -> bool:
    if shape is _ANY:
        return True
    if isinstance(shape, dict) and isinstance(value, dict):
        return shape.keys() == value.keys() and all(_fits(shape[name], value[name]) for name in shape)
    if isinstance(shape, list) and isinstance(value, list):
        return len(shape) == len(value) and all(map(_fits, shape, value))
    return json_equal(shape, value)
