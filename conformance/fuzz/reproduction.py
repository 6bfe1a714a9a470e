"""What in the answers shows that a requirement is broken, so that a program without the checks can tell it again.

The same steps are taken at the reference endpoint: where the answer found wrong differs from the right one, there is
the evidence. Ids are compared by what they name, and times and ids that nothing names not at all. It is told as an
expression of Python over `answers`, a list of (status, body) for each call of the program, in which the names of
resources are their ids; what it says of the answers at hand is asked of the expression itself.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from conformance.contract import json_pointer
from conformance.fuzz.sequence import Outputs, ResourceRef
from conformance.fuzz.shrinking import CallSequence
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json

TIME = 1_000_000_000
"""Integers from here on are times."""
DONE = "done"
_ID = re.compile(r"^(asst|thread|msg|run|step|file|vs|vsfb|call|req|chatcmpl)[-_]")
Path = tuple[str | int, ...]
Answers = list[list[tuple[int | None, Any]]]


class Code(str):
    """A piece of a program, to be printed without quotes."""

    def __repr__(self) -> str:
        return str(self)


MISSING = Code("MISSING")
"""Nothing at a place."""
UNNAMED = Code("...")
"""A time, or an id of something that no step made: another one each time."""


def reproduction_check(
    sequence: CallSequence, requirement: str, right: CallSequence | None, again: CallSequence | None = None
) -> str:
    """What shows the finding: an expression that holds of the answers, and not of those of a `right` endpoint.

    It holds of the answers to the same steps taken `again` too: some endpoints are wrong in another way each time.
    Where nothing tells them apart, or there is no right endpoint, the answer is looked for as it was found.
    """
    finding = sequence.finding(requirement)
    number = next(n for n, (begin, end) in enumerate(sequence.spans) if begin < finding.exchange <= end)
    wrong = sequence.trace.exchange(finding.exchange)
    path = tuple(_steps(wrong, finding.event, finding.pointer))
    calls = _calls(sequence)
    status, value = _status(wrong), _template(at(body_of(wrong), *path), sequence)
    plain = (status or 500) >= 400 or not path or isinstance(value, dict | list)
    as_found = (number, _condition(status) if plain else _condition(status, path, value))
    changed = [(number, f"{_condition(status)} and {one}") for one in _changed(sequence, calls, number, wrong, path)]
    if right is None:
        return _expression(calls, *(changed or [as_found])[0])
    candidates = [
        *((number, one) for one in _compared(sequence, right, number, wrong, path)),
        *changed,
        *((number, f"{_condition(status)} and {one}") for one in _times(right, number, wrong, path)),
    ]
    for other in range(len(sequence.spans)):  # what is wrong may show better in another answer
        if other != number:
            candidates += ((other, one) for one in _compared(sequence, right, other, _answers(sequence, other)[-1]))
    unmade = {ref.name: "nothing" for step in sequence.steps for ref in step.needs}
    shown = [unmade | _values(one, calls) for one in (right, sequence, again or sequence)]
    for step, condition in (*candidates, as_found):
        together = sequence.steps[step].group is not None
        for last in (True, False):
            usual, *counts = (sum(eval(_each(calls, step, condition, last), dict(those))) for those in shown)
            wanted = min(counts) if together else 1
            if min(counts) >= wanted > usual:
                return _expression(calls, step, condition, last, wanted)
    return _expression(calls, *as_found)


def at(body: Any, *path: str | int) -> Any:
    """What is at a path in a body; MISSING where there is nothing."""
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return MISSING
    return body


def later(start: Any, end: Any) -> float:
    """How many seconds a time is after another one; NaN where one of them is none."""
    both = isinstance(start, int) and isinstance(end, int)
    return end - start if both else float("nan")


def code_of(value: Any) -> Any:
    """A value whose `repr` is the code for it: resources by the names of their ids."""
    match value:
        case ResourceRef():
            return Code(value.name)
        case Outputs(run, times, few):
            return Code(f"outputs({run.name})" + (f"[:{few}]" if few else "") + (f" * {times}" if times > 1 else ""))
        case dict():
            return {key: code_of(item) for key, item in value.items()}
        case list():
            return [code_of(item) for item in value]
        case _:
            return value


def body_of(exchange: Exchange) -> Json:
    """What an exchange was answered with; the events of a stream as the SDK gives them, the last one not among them."""
    if exchange.response is None:
        return None
    if not exchange.response.is_stream:
        return exchange.response.json_or_none
    events = [{"event": one.name, "data": one.json_or_none} for one in exchange.response.events]
    return {"events": [event for event in events if event["event"] != DONE]}


# Expressions ----------------------------------------------------------------------------------------------------------


def _expression(calls: list[int], step: int, condition: str, last: bool = False, times: int = 1) -> str:
    each = _each(calls, step, condition, last)
    return f"any({each})" if times == 1 else f"sum({each}) >= {times}"


def _each(calls: list[int], step: int, condition: str, last: bool) -> str:
    return f"[{condition} for status, body in answers[{calls[step]}]{'[-1:]' if last else ''}]"


def _condition(status: int | None, path: Path | None = None, value: Any = MISSING, differs: bool = False) -> str:
    """That an answer has a status, and at a path in it a value, or another one."""
    if path is None:
        return f"status == {status}"
    same = ("is not" if differs else "is") if value is MISSING else ("!=" if differs else "==")
    return f"status == {status} and {_at(path)} {same} {code_of(value)!r}"


def _at(path: Path, body: str = "body") -> str:
    return f"at({', '.join([body, *map(repr, path)])})"


def _calls(sequence: CallSequence) -> list[int]:
    """For each step, the number of the call in the program that takes it; steps of one group are taken by one."""
    groups = [list(some) for _, some in groupby(enumerate(sequence.steps), lambda one: one[1].group or -one[0] - 1)]
    return [call for call, group in enumerate(groups) for _ in group]


def _values(sequence: CallSequence, calls: list[int]) -> dict[str, Any]:
    """What an expression is about, as the program has it."""
    answers: Answers = [[] for _ in dict.fromkeys(calls)]
    for step, call in enumerate(calls):
        answers[call] = [(_status(one), body_of(one)) for one in _answers(sequence, step)]
    names = {ref.name: id for id, ref in sequence.names.items()}
    return {"at": at, "later": later, "MISSING": MISSING, "answers": answers, **names}


# Differences ----------------------------------------------------------------------------------------------------------


def _compared(
    sequence: CallSequence, right: CallSequence, number: int, wrong: Exchange, path: Path | None = None
) -> Iterator[str]:
    """How one of the answers to a step differs from the right ones: in its status, at the path, or beside it."""
    answers, good = _answers(sequence, number), _answers(right, number)
    status = _status(wrong)
    yield _condition(status)
    if not good:
        return
    place = answers.index(wrong) if wrong is not answers[-1] else len(good) - 1
    body, model = _template(body_of(wrong), sequence), _template(body_of(good[min(place, len(good) - 1)]), right)
    reported = path or ()
    for depth in range(len(reported), -1, -1):  # what is wrong may show beside the place that was reported
        here = reported[:depth]
        for where, value, other in _differences(at(body, *here), at(model, *here), here):
            if (path is None or depth < len(reported)) and not (_tells(value) or _tells(other)):
                continue
            if value is not UNNAMED:
                yield _condition(status, where, value)
            if value is UNNAMED or where == path:  # there should be nothing, or another thing
                yield _condition(status, where, MISSING if other is UNNAMED else other, differs=True)


def _times(right: CallSequence, number: int, wrong: Exchange, path: Path) -> Iterator[str]:
    """How far a time of the object that was found wrong lies from its creation, where that is further or less at the
    right endpoint."""
    body, good = body_of(wrong), _answers(right, number)
    model = body_of(good[-1]) if good else None
    owner = path if isinstance(at(body, *path), dict) else path[:-1]
    members = at(body, *owner)
    for name in dict.fromkeys((*path[-1:], *(members if isinstance(members, dict) else ()))):
        start, here = (*owner, "created_at"), (*owner, name)
        seconds, usual = (later(at(one, *start), at(one, *here)) for one in (body, model))
        if (seconds < usual or seconds > usual) and at(body, *here) >= TIME:
            yield f"later({_at(start)}, {_at(here)}) {'>' if seconds > usual else '<'} {(seconds + usual) / 2}"


def _changed(sequence: CallSequence, calls: list[int], number: int, wrong: Exchange, path: Path) -> Iterator[str]:
    """The finding as a value that was another one when the same object was shown before."""
    body = body_of(wrong)
    value, owner = at(body, *path), at(body, *path[:-1])
    id = owner.get("id") if isinstance(owner, dict) else None
    if id is None or value is MISSING or isinstance(value, dict | list):
        return
    for earlier in range(number):
        *_, last = _answers(sequence, earlier)
        for where, shown in _objects(body_of(last), ()):
            before = at(shown, *path[-1:])
            if shown.get("id") == id and before is not MISSING and before != value and before is not None:
                yield f"{_at(path)} != {_at((*where, *path[-1:]), f'answers[{calls[earlier]}][-1][1]')}"


def _tells(value: Any) -> bool:
    """Whether a difference is one of which objects there are, and not one of the words of a model."""
    return value is None or isinstance(value, ResourceRef | Code | bool)


def _answers(sequence: CallSequence, number: int) -> list[Exchange]:
    begin, end = sequence.spans[number] if number < len(sequence.spans) else (0, 0)
    return [sequence.trace.exchange(one) for one in range(begin + 1, end + 1)]


def _status(exchange: Exchange) -> int | None:
    return exchange.response.status if exchange.response else None


def _steps(exchange: Exchange, event: int | None, place: str) -> Iterator[str | int]:
    value: Any = body_of(exchange)
    if event is not None:
        yield from ("events", event - 1, "data")
        value = at(value, "events", event - 1, "data")
    for name in json_pointer.split(place):
        step: str | int = int(name) if isinstance(value, list) and name.isdigit() else name
        yield step
        value = at(value, step)


def _template(value: Any, sequence: CallSequence) -> Any:
    """A value with `ResourceRef`s for ids; what is another one each time is `UNNAMED`, then told by its first place."""
    known: dict[str, Path] = {}

    def told(value: Any, path: Path) -> Any:
        match value:
            case dict():
                return {key: told(item, (*path, key)) for key, item in value.items()}
            case list():
                return [told(item, (*path, index)) for index, item in enumerate(value)]
            case str() if value in sequence.names:
                return sequence.names[value]
            case str() if _ID.match(value):
                first = known.setdefault(value, path)
                return UNNAMED if first == path else Code(_at(first))
            case int() if value >= TIME:
                return UNNAMED
            case _:
                return value

    return told(value, ())


def _differences(value: Any, model: Any, path: Path) -> Iterator[tuple[Path, Any, Any]]:
    """The places where a value differs from its model, with what is at each."""
    pairs: Iterable[tuple[str | int, Any, Any]]
    if isinstance(value, dict) and isinstance(model, dict):
        pairs = ((key, value.get(key, MISSING), model.get(key, MISSING)) for key in {**value, **model})
    elif isinstance(value, list) and isinstance(model, list):
        pairs = ((index, at(value, index), at(model, index)) for index in range(max(len(value), len(model))))
    elif isinstance(value, dict | list):
        identity = at(value, "id")
        if isinstance(identity, ResourceRef):
            yield (*path, "id"), identity, MISSING
        else:
            yield path, UNNAMED, MISSING if model is MISSING else UNNAMED
        return
    else:
        if value != model or type(value) is not type(model):
            yield path, value, MISSING if isinstance(model, dict | list) else model
        return
    for key, one, other in pairs:
        yield from _differences(one, other, (*path, key))


def _objects(value: Json, path: Path) -> Iterator[tuple[Path, dict[str, Json]]]:
    if isinstance(value, dict):
        yield path, value
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from _objects(item, (*path, key))
