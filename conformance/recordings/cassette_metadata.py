"""The extra key with which our cassettes keep what vcrpy's format has no place for.

Per interaction `x-conformance: {number, started, ended, arrivals, complete, failure}`, and per cassette the same key
with the trace's `base_path`, `live`, `absent`, `expectations`, and `unanswered`: the exchanges to which no response
arrived, which vcrpy could not replay.
"""

import math
from typing import Any

from conformance.recordings import fields
from conformance.recordings.recording import Malformed, Session
from conformance.trace.exchange import Exchange, Headers, Request, Response, header_date
from conformance.trace.trace import Expectation, Where

KEY = "x-conformance"


class Pair(list[Any]):
    """A list of two that is written on one line."""


def of_exchange(exchange: Exchange) -> dict[str, Any]:
    """What is kept of an exchange besides request and response."""
    response = exchange.response
    kept: dict[str, Any] = {"number": exchange.number, "started": exchange.started, "ended": exchange.ended}
    if response is not None:
        kept["arrivals"] = [Pair(arrival) for arrival in response.arrivals]
        kept["complete"] = response.complete
    kept["failure"] = exchange.failure
    return kept


def restore_exchange(
    stored: dict[Any, Any], position: int, request: Request, response: Response | None, place: str
) -> Exchange:
    """The exchange of a stored interaction of ours; raises `Malformed`."""
    kept = fields.part(stored, KEY, place)
    if response is not None:
        stored_arrivals = fields.sequence(kept.get("arrivals") or [], f"{place}: arrivals")
        arrivals = tuple(arrival(pair, place) for pair in stored_arrivals)
        response = Response(
            response.status, response.headers, response.body, arrivals, kept.get("complete") is not False
        )
    number, failure = kept.get("number"), kept.get("failure")
    if "recorded_at" in stored or response is None:
        date = fields.moment(stored.get("recorded_at"))
    else:
        date = header_date(response.headers)
    return Exchange(
        number=number if fields.is_count(number) else position,
        request=request,
        response=response,
        started=_seconds(kept.get("started"), place),
        ended=_seconds(kept.get("ended"), place),
        failure=fields.clean(failure) if isinstance(failure, str) else None,
        date=date,
    )


def headers_beside(stored: dict[Any, Any], name: str, headers: Headers, place: str) -> Headers:
    """The header fields in wire order where the cassette keeps them apart, else those that vcrpy's layout gave."""
    kept = stored[KEY].get(name) if isinstance(stored.get(KEY), dict) else None
    if kept is None:
        return headers
    pairs = [fields.sequence(pair, f"{place}: {name}") for pair in fields.sequence(kept, f"{place}: {name}")]
    if not all(len(pair) == 2 and all(isinstance(side, str) for side in pair) for pair in pairs):
        raise Malformed(f"{place}: {name} holds something else than pairs of texts")
    return Headers((fields.clean(pair[0]), fields.clean(pair[1])) for pair in pairs)


def of_session(session: Session) -> dict[str, Any]:
    """What is kept of a trace besides its exchanges."""
    return {
        "base_path": session.base_path,
        "live": session.live,
        "absent": sorted(session.absent),
        "expectations": [
            {
                "requirement": met.requirement,
                "exchange": met.where.exchange,
                "event": met.where.event,
                "pointer": met.where.pointer,
                "expected": met.expected,
                "actual": met.actual,
            }
            for met in session.expectations
        ],
    }


def restore_session(kept: object) -> Session | None:
    """What a cassette of ours keeps of its trace, None for one of others; raises `Malformed`."""
    if kept is None:
        return None
    stored = fields.mapping(kept, KEY)
    base_path = stored.get("base_path")
    absent = fields.sequence(stored.get("absent") or [], f"{KEY}: absent")
    expectations = fields.sequence(stored.get("expectations") or [], f"{KEY}: expectations")
    return Session(
        base_path=fields.clean(base_path) if isinstance(base_path, str) else None,
        live=stored.get("live") is True,
        absent=frozenset(number for number in absent if fields.is_count(number)),
        expectations=tuple(
            _expectation(item, place) for _, place, item in fields.numbered(expectations, f"{KEY}: expectation")
        ),
    )


def _expectation(stored: dict[Any, Any], place: str) -> Expectation:
    number, event, pointer, actual = (stored.get(name) for name in ("exchange", "event", "pointer", "actual"))
    if not fields.is_count(number):
        raise Malformed(f"{place}: no exchange")
    return Expectation(
        requirement=fields.text(stored, "requirement", place),
        where=Where(number, event if fields.is_count(event) else None, pointer if isinstance(pointer, str) else ""),
        expected=fields.text(stored, "expected", place),
        actual=fields.clean(actual) if isinstance(actual, str) else None,
    )


def _seconds(value: object, place: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise Malformed(f"{place}: a time is {fields.kind_of(value)}, not seconds")


def arrival(pair: object, place: str) -> tuple[float, int]:
    """The chunk of a stream: seconds, and where it ends; raises `Malformed`."""
    values = fields.sequence(pair, f"{place}: an arrival")
    if len(values) != 2 or not fields.is_count(values[1]):
        raise Malformed(f"{place}: an arrival is not a pair of seconds and offset")
    seconds = _seconds(values[0], place)
    if seconds is None:
        raise Malformed(f"{place}: an arrival without seconds")
    return seconds, values[1]
