"""What in an answer shows that a requirement is broken, so that a program without the checks can tell it again.

The same steps are taken at the reference endpoint: where the answer found wrong differs from the right one, there is
the evidence. Ids are compared by what they name, and times and ids that nothing names not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.contract import json_pointer
from conformance.fuzz.sequence import ResourceRef
from conformance.fuzz.shrinking import CallSequence
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json

TIME = 1_000_000_000
"""Integers from here on are times."""
_ID = re.compile(r"^(asst|thread|msg|run|step|file|vs|vsfb|call|req|chatcmpl)[-_]")
DONE = "done"


class Unnamed:
    """A time, or an id of something that no step made: another one each time."""


class Missing:
    """Nothing at a place."""


UNNAMED, MISSING = Unnamed(), Missing()


@dataclass(frozen=True)
class ReproductionCheck:
    """One of the answers to a step has a status, and at a path in it a value, or one that is not `other`.

    `times` is in how many of the answers. A status alone has no path. `since` is a step and the path in its answer to
    what was shown there before, and is another value now.
    """

    step: int
    status: int | None
    path: tuple[str | int, ...] | None = None
    value: Any = MISSING
    differs: bool = False
    times: int = 1
    since: tuple[int, tuple[str | int, ...]] | None = None


def reproduction_check(
    sequence: CallSequence, requirement: str, right: CallSequence | None
) -> ReproductionCheck | None:
    """What shows the finding, by comparison with the answers of a `right` endpoint; None where nothing does."""
    finding = sequence.finding(requirement)
    number = next((n for n, (begin, end) in enumerate(sequence.spans) if begin < finding.exchange <= end), None)
    if number is None:
        return None
    wrong = sequence.trace.exchange(finding.exchange)
    answers = list(_answers(sequence, number))
    status = _status(wrong)
    times = sum(_status(one) == status for one in answers)
    good = list(_answers(right, number)) if right else []
    if sum(_status(one) == status for one in good) < times and (good or status is None or status >= 400):
        return ReproductionCheck(number, status, times=times)
    path = tuple(_steps(wrong, finding.event, finding.pointer))
    body, model = _template(body_of(wrong), sequence), UNNAMED
    if good and right:
        model = _template(body_of(_counterpart(good, answers.index(wrong))), right)
        for depth in range(len(path), -1, -1):  # what is wrong may show beside the place that was reported
            for where, value, other in _differences(at(body, path[:depth]), at(model, path[:depth]), path[:depth]):
                if depth < len(path) and not _tells(value, other):
                    continue
                if value is not UNNAMED:
                    return ReproductionCheck(number, status, where, value)
                if other is not UNNAMED:
                    return ReproductionCheck(number, status, where, other, differs=True)
            if found := _changed(sequence, number, wrong, path):
                return found
        return None
    return _changed(sequence, number, wrong, path)


def _tells(value: Any, other: Any) -> bool:
    """Whether a difference is one of which objects there are, and not one of the words of a model."""
    return any(one is None or isinstance(one, ResourceRef | Missing | bool) for one in (value, other))


def _changed(
    sequence: CallSequence, number: int, wrong: Exchange, path: tuple[str | int, ...]
) -> ReproductionCheck | None:
    """The finding as a value that was another one when the same object was shown before."""
    body = body_of(wrong)
    value = at(body, path)
    owner, member = at(body, path[:-1]), path[-1:]
    id = owner.get("id") if isinstance(owner, dict) else None
    if id is None or isinstance(value, dict | list | Missing):
        return None
    for earlier in range(number):
        for one in _answers(sequence, earlier):
            for where, shown in _objects(body_of(one), ()):
                before = at(shown, member)
                if shown.get("id") == id and not isinstance(before, Missing) and before != value and before is not None:
                    return ReproductionCheck(number, _status(wrong), path, since=(earlier, (*where, *member)))
    return None


def body_of(exchange: Exchange) -> Json:
    """What an exchange was answered with; the events of a stream as the SDK gives them, the last one not among them."""
    if exchange.response is None:
        return None
    if not exchange.response.is_stream:
        return exchange.response.json_or_none
    events = [{"event": one.name, "data": one.json_or_none} for one in exchange.response.events]
    return {"events": [event for event in events if event["event"] != DONE]}


def at(value: Any, path: tuple[str | int, ...]) -> Any:
    """What is at a path in a value."""
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return value


def _answers(sequence: CallSequence, number: int) -> Iterator[Exchange]:
    begin, end = sequence.spans[number] if number < len(sequence.spans) else (0, 0)
    return (sequence.trace.exchange(one) for one in range(begin + 1, end + 1))


def _counterpart(good: list[Exchange], index: int) -> Exchange:
    return good[min(index, len(good) - 1)]


def _status(exchange: Exchange) -> int | None:
    return exchange.response.status if exchange.response else None


def _steps(exchange: Exchange, event: int | None, place: str) -> Iterator[str | int]:
    value: Any = body_of(exchange)
    if event is not None:
        yield from ("events", event - 1, "data")
        value = at(value, ("events", event - 1, "data"))
    for name in json_pointer.split(place):
        step: str | int = int(name) if isinstance(value, list) and name.isdigit() else name
        yield step
        value = at(value, (step,))


def _template(value: Any, sequence: CallSequence) -> Any:
    """A value in which ids are `ResourceRef`s, and what is another one each time is `UNNAMED`."""
    match value:
        case dict():
            return {key: _template(item, sequence) for key, item in value.items()}
        case list():
            return [_template(item, sequence) for item in value]
        case str():
            return sequence.names.get(value) or (UNNAMED if _ID.match(value) else value)
        case bool():
            return value
        case int() if value >= TIME:
            return UNNAMED
        case _:
            return value


def _differences(
    value: Any, model: Any, path: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    """The places where a value differs from its model, with what is at each."""
    if isinstance(value, dict) and isinstance(model, dict):
        for key in {**value, **model}:
            yield from _differences(value.get(key, MISSING), model.get(key, MISSING), (*path, key))
    elif isinstance(value, list) and isinstance(model, list):
        for index in range(max(len(value), len(model))):
            one, other = (items[index] if index < len(items) else MISSING for items in (value, model))
            yield from _differences(one, other, (*path, index))
    elif isinstance(value, dict | list):
        identity = value.get("id") if isinstance(value, dict) else None
        if isinstance(identity, ResourceRef):
            yield (*path, "id"), identity, MISSING
        else:
            yield path, UNNAMED, MISSING if isinstance(model, Missing) else UNNAMED
    elif value != model or type(value) is not type(model):
        yield path, value, MISSING if isinstance(model, dict | list) else model


def _objects(value: Json, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Json]]]:
    if isinstance(value, dict):
        yield path, value
        for key, item in value.items():
            yield from _objects(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _objects(item, (*path, index))
