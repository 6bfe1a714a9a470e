"""What in an answer shows that a requirement is broken, so that a program without the checks can tell it again.

The same steps are taken at the reference endpoint: where the answer found wrong differs from the right one, there is
the evidence. Ids are compared by what they name, and times and ids that nothing names not at all.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
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


@dataclass(frozen=True)
class Same:
    """An id that nothing names, again: what stands at a place before it in the same answer."""

    path: tuple[str | int, ...]


UNNAMED, MISSING = Unnamed(), Missing()


@dataclass(frozen=True)
class ReproductionCheck:
    """One of the answers to a step has a status, and at a path in it a value, or one that is not `other`.

    `times` is in how many of the answers; with `last` only the last is looked at. A status alone has no path. `since`
    is a step and the path in its answer to what was shown there before, and is another value now. `apart` is a time in
    the same answer, a number of seconds, and whether the value is more than that later than it, or less.
    """

    step: int
    status: int | None
    path: tuple[str | int, ...] | None = None
    value: Any = MISSING
    differs: bool = False
    times: int = 1
    since: tuple[int, tuple[str | int, ...]] | None = None
    apart: tuple[tuple[str | int, ...], float, bool] | None = None
    last: bool = False


def reproduction_check(sequence: CallSequence, requirement: str, right: CallSequence | None) -> ReproductionCheck:
    """What shows the finding: what holds of the answers, and not of those of a `right` endpoint.

    Where nothing tells them apart, or there is no right endpoint, the answer is looked for as it was found.
    """
    finding = sequence.finding(requirement)
    number = next(n for n, (begin, end) in enumerate(sequence.spans) if begin < finding.exchange <= end)
    wrong = sequence.trace.exchange(finding.exchange)
    path = tuple(_steps(wrong, finding.event, finding.pointer))
    as_found = _as_found(sequence, number, wrong, path)
    if right is None:
        return _changed(sequence, number, wrong, path) or as_found
    for check in (*_candidates(sequence, right, number, wrong, path), as_found):
        for one in (replace(check, last=True), check):
            if _holds(one, sequence) and not _holds(one, right):
                return one
    return as_found


def _candidates(
    sequence: CallSequence, right: CallSequence, number: int, wrong: Exchange, path: tuple[str | int, ...]
) -> Iterator[ReproductionCheck]:
    """What may tell a sequence from the right one, the answer that was found wrong first."""
    yield from _compared(sequence, right, number, wrong, path)
    if changed := _changed(sequence, number, wrong, path):
        yield changed
    yield from _times(sequence, right, number, wrong, path)
    for other in range(len(sequence.spans)):  # what is wrong may show better in another answer
        if other != number:
            *_, last = _answers(sequence, other)
            yield from _compared(sequence, right, other, last, None)


def _as_found(sequence: CallSequence, number: int, wrong: Exchange, path: tuple[str | int, ...]) -> ReproductionCheck:
    value = _template(at(body_of(wrong), path), sequence)
    if (_status(wrong) or 500) >= 400 or not path or isinstance(value, dict | list):
        return ReproductionCheck(number, _status(wrong))
    return ReproductionCheck(number, _status(wrong), path, value)


def _holds(check: ReproductionCheck, sequence: CallSequence) -> bool:
    """Whether the program would say of these answers that the failure is reproduced."""
    answers = list(_answers(sequence, check.step))
    return sum(_shows(check, one, sequence) for one in answers[-1 if check.last else 0 :]) >= check.times


def _shows(check: ReproductionCheck, answer: Exchange, sequence: CallSequence) -> bool:
    if _status(answer) != check.status or check.path is None:
        return _status(answer) == check.status
    body = body_of(answer)
    here = at(body, check.path)
    if check.since is not None:
        step, path = check.since
        *_, earlier = _answers(sequence, step)
        return bool(here != at(body_of(earlier), path))
    if check.apart is not None:
        other, seconds, above = check.apart
        start = at(body, other)
        if not (isinstance(here, int) and isinstance(start, int)):
            return False
        return here - start > seconds if above else here - start < seconds
    if check.value is UNNAMED:
        return here is not MISSING
    return (at(_template(body, sequence), check.path) == check.value) is not check.differs


def _compared(
    sequence: CallSequence, right: CallSequence, number: int, wrong: Exchange, path: tuple[str | int, ...] | None
) -> Iterator[ReproductionCheck]:
    """How one of the answers to a step differs from the right ones: in its status, at the path, or beside it."""
    answers, good = list(_answers(sequence, number)), list(_answers(right, number))
    status = _status(wrong)
    at_once = sequence.steps[number].group is not None
    yield ReproductionCheck(number, status, times=sum(_status(one) == status for one in answers) if at_once else 1)
    if not good:
        return
    body = _template(body_of(wrong), sequence)
    model = _template(
        body_of(good[min(answers.index(wrong) if wrong is not answers[-1] else -1, len(good) - 1)]), right
    )
    reported = path or ()
    for depth in range(len(reported), -1, -1):  # what is wrong may show beside the place that was reported
        here = reported[:depth]
        for where, value, other in _differences(at(body, here), at(model, here), here):
            if (path is None or depth < len(reported)) and not _tells(value, other):
                continue
            if value is not UNNAMED:
                yield ReproductionCheck(number, status, where, value)
            elif other is not UNNAMED:
                yield ReproductionCheck(number, status, where, other, differs=True)


def _times(
    sequence: CallSequence, right: CallSequence, number: int, wrong: Exchange, path: tuple[str | int, ...]
) -> Iterator[ReproductionCheck]:
    """How far a time of the object that was found wrong lies from its creation, where that is further or less at the
    right endpoint."""
    body, good = body_of(wrong), list(_answers(right, number))
    model = body_of(good[-1]) if good else None
    owner = path if isinstance(at(body, path), dict) else path[:-1]
    start = (*owner, "created_at")
    members = at(body, owner)
    for name in dict.fromkeys((*path[-1:], *(members if isinstance(members, dict) else ()))):
        here = (*owner, name)
        times = [at(one, place) for one in (body, model) for place in (here, start)]
        if all(isinstance(time, int) and time >= TIME for time in times):
            seconds, usual = times[0] - times[1], times[2] - times[3]
            if seconds != usual:
                yield ReproductionCheck(
                    number, _status(wrong), here, apart=(start, (seconds + usual) / 2, seconds > usual)
                )


def _tells(value: Any, other: Any) -> bool:
    """Whether a difference is one of which objects there are, and not one of the words of a model."""
    return any(one is None or isinstance(one, ResourceRef | Missing | Same | bool) for one in (value, other))


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
    """A value in which ids are `ResourceRef`s, and what is another one each time is `UNNAMED`, then `Same`."""
    known: dict[str, tuple[str | int, ...]] = {}

    def told(value: Any, path: tuple[str | int, ...]) -> Any:
        match value:
            case dict():
                return {key: told(item, (*path, key)) for key, item in value.items()}
            case list():
                return [told(item, (*path, index)) for index, item in enumerate(value)]
            case str() if value in sequence.names:
                return sequence.names[value]
            case str() if _ID.match(value):
                first = known.setdefault(value, path)
                return UNNAMED if first == path else Same(first)
            case bool():
                return value
            case int() if value >= TIME:
                return UNNAMED
            case _:
                return value

    return told(value, ())


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
