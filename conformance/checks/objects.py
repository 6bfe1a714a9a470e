"""What holds for every object: its constant, its id, its time of creation and what it refers to."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from statistics import median

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.served import requests_to_serve
from conformance.contract.objects import ObjectKind
from conformance.trace.calls import OperationCall, Timeline
from conformance.trace.exchange import Exchange, header_date
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, is_integer, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.store_contents import StoreContents
from conformance.trace.times import creation_time, is_unset
from conformance.trace.trace import Sighting, Where

# The years 2020 to 2100: a time in milliseconds, or since another epoch, falls outside.
DRIFT_IN_STORES_S = 1  # of times in two answers, or of two objects, as for batches
EARLIEST, LATEST = 1_577_836_800, 4_102_444_800
CLOCKS_APART_S = 60  # of the machines that keep the objects
MOST_OFF_S = 600  # of the clock that writes Date
A_DAY_S = 86_400


@check("OBJECT-TYPE-01", "OBJECT-ID-01", "OBJECT-ID-02")
def identity(index: Index) -> Iterator[Observation]:
    """An answer is the kind of object that was asked for, and the very one that the path names."""
    answers = index.contract.objects.answers
    for call in index.view(_object_answers):
        answer, constant, object_id = answers[call.operation], call.answer.get("object"), call.answer.get("id")
        if isinstance(constant, str):
            yield Examined("OBJECT-TYPE-01", call.number)
            if constant not in answer.constants:
                wanted = " or ".join(map(format_value, answer.constants))
                place = call.where.below("object")
                yield Finding("OBJECT-TYPE-01", place, f"object {wanted}", f"object {format_value(constant)}")
        if not isinstance(object_id, str):
            continue
        yield Examined("OBJECT-ID-01", call.number)
        if not object_id:
            yield _empty_id(call.where)
        elif not answer.creates and answer.kind.parameter in call.params:
            yield Examined("OBJECT-ID-02", call.number)
            if object_id != call.params[answer.kind.parameter]:
                named = call.params[answer.kind.parameter]
                place = call.where.below("id")
                yield Finding(
                    "OBJECT-ID-02", place, f"id {format_value(named)}, as in the path", f"id {format_value(object_id)}"
                )


def _object_answers(index: Index) -> list[OperationCall]:
    """The calls whose plain answer is one object."""
    found = []
    for call in index.calls_to(*index.contract.objects.answers):
        response = call.exchange.response
        if call.ok and response and not response.is_stream and isinstance(response.json_or_none, dict):
            found.append(call)
    return found


def _empty_id(where: Where) -> Finding:
    return Finding("OBJECT-ID-01", where.below("id"), "an id that is not empty", "an empty id")


@check("OBJECT-ID-01")
def shown_ids(index: Index) -> Iterator[Observation]:
    """No object on a list or in an event has an empty id, and no model."""
    for exchange in index.view(_streamed):
        yield from _ids_in(index, exchange)
    for call in index.calls_to("retrieveModel"):
        if call.ok and isinstance(call.answer.get("id"), str):
            yield Examined("OBJECT-ID-01", call.number)
            if not call.answer["id"]:
                yield _empty_id(call.where)
    lists = [operation for operation in index.contract.operations.by_id if operation.startswith("list")]
    for call in index.calls_to(*lists):
        items = enumerate(sequence(call.answer.get("data"))) if call.ok else ()
        ids = [(position, name) for position, item in items if isinstance(name := mapping(item).get("id"), str)]
        if ids:
            yield Examined("OBJECT-ID-01", call.number, len(ids))
        for position, name in ids:
            if not name:
                yield _empty_id(call.where.below("data", position))


def _streamed(index: Index) -> list[Exchange]:
    return list(index.trace.streams)


def _ids_in(index: Index, exchange: Exchange) -> Iterator[Observation]:
    """Judge the ids of the objects that a stream shows."""
    known = index.contract.objects.by_constant
    objects = [sighting for sighting in index.sightings_in(exchange.number) if sighting.kind in known]
    if objects:
        yield Examined("OBJECT-ID-01", exchange.number, len(objects))
    for sighting in objects:
        if not sighting.id:
            yield _empty_id(sighting.where)


@check("OBJECT-ID-03")
def unique_ids(index: Index) -> Iterator[Observation]:
    """No two requests create the same object, and none one that was there already."""
    first: dict[tuple[str, str], Exchange] = {}
    answers = index.contract.objects.answers
    creating = [name for name, answer in answers.items() if answer.creates and not answer.kind.shared_ids]
    for call in index.calls_to(*creating):
        kind, exchange = answers[call.operation].kind, call.exchange
        # The first object of its kind in the answer is the new one; a stream shows it again and again.
        created = (seen for seen in index.sightings_in(call.number) if seen.kind in kind.constants and seen.id)
        sighting = next(created, None)
        if sighting is None:
            continue
        other = first.setdefault((kind.name, sighting.id), exchange)
        used = index.view(_accepted)(kind.parameter, sighting.id).first_before(exchange)
        yield Examined("OBJECT-ID-03", call.number)
        if other is exchange and used is not None:
            yield Finding(
                "OBJECT-ID-03",
                sighting.where.below("id"),
                "an id that no other object has",
                f"id {format_value(sighting.id)}, there before, in exchange {used.number}",
            )
        elif other is not exchange and not _same_attempt(other, exchange):
            yield Finding(
                "OBJECT-ID-03",
                sighting.where.below("id"),
                "an id that no other object has",
                f"id {format_value(sighting.id)}, created before in exchange {other.number}",
            )


def _accepted(index: Index) -> Callable[[str, str], Timeline]:
    """The accepted calls whose path parameter names an object, worked out once for each."""
    return cache(lambda parameter, named: index.calls_on(parameter, named).where(lambda call: call.ok))


def _same_attempt(one: Exchange, other: Exchange) -> bool:
    key = one.request.headers.get("idempotency-key")
    return key is not None and key == other.request.headers.get("idempotency-key")


@check("OBJECT-PREFIX-01")
def prefixes(index: Index) -> Iterator[Observation]:
    """An id tells by its beginning what it is the id of.

    Items of lists are left out: they may be other people's, and ours were seen when they were created.
    """
    answers = index.contract.objects.answers
    asked_for = {call.number: answers[call.operation].constants for call in index.view(_object_answers)}
    for constant in index.kinds:
        kind = index.contract.objects.by_constant.get(constant)
        if kind is None:
            continue
        for sighting in index.sightings(constant):
            # What is not the object that was asked for is told by OBJECT-TYPE-01.
            right_kind = constant in asked_for.get(sighting.where.exchange, (constant,))
            if sighting.listed or not sighting.id or not right_kind:
                continue
            yield Examined("OBJECT-PREFIX-01", sighting.where.exchange)
            if not sighting.id.startswith(kind.prefixes):
                wanted = " or ".join(map(format_value, kind.prefixes))
                place = sighting.where.below("id")
                yield Finding("OBJECT-PREFIX-01", place, f"an id beginning {wanted}", f"id {format_value(sighting.id)}")


@check("OBJECT-PREFIX-02")
def call_prefixes(index: Index) -> Iterator[Observation]:
    """The id of a tool call that a run waits for tells by its beginning what it is."""
    for sighting in index.sightings("thread.run"):
        action = mapping(mapping(sighting.value.get("required_action")).get("submit_tool_outputs"))
        for position, tool_call in enumerate(sequence(action.get("tool_calls"))):
            call_id = text(mapping(tool_call).get("id"))
            if call_id is None:
                continue
            yield Examined("OBJECT-PREFIX-02", sighting.where.exchange)
            if not call_id.startswith("call_"):
                place = sighting.where.below("required_action", "submit_tool_outputs", "tool_calls", position, "id")
                yield Finding("OBJECT-PREFIX-02", place, 'an id beginning "call_"', f"id {format_value(call_id)}")


@check("OBJECT-TIME-01", "OBJECT-TIME-02", "OBJECT-TIME-04")
def timestamps(index: Index) -> Iterator[Observation]:
    """Times are in seconds since 1970, none lies behind the answer that shows it, and an object is created once."""
    for constant in index.kinds:
        kind = index.contract.objects.by_constant.get(constant)
        if kind is None:
            continue
        names_of: dict[tuple[str, ...], list[str]] = {}
        known = index.contract.values.of_object(constant).members
        for history in index.objects(constant).values():
            for sighting in history:
                members = tuple(sighting.value)
                names = names_of.get(members)
                if names is None:
                    names = names_of[members] = [name for name in members if name in known and name.endswith("_at")]
                yield from _in_seconds(sighting, names)
                yield from _has_happened(index, sighting, names)
            if not kind.shared_ids and len(history) > 1:
                yield from _created_once(kind.created_at_drift, history)


def _in_seconds(sighting: Sighting, names: list[str]) -> Iterator[Observation]:
    times = [(name, value) for name in names if is_integer(value := sighting.value[name])]
    if times:
        yield Examined("OBJECT-TIME-01", sighting.where.exchange, len(times))
    for name, value in times:
        if not EARLIEST <= value < LATEST and not (name == "created_at" and is_unset(sighting.value)):
            yield Finding(
                "OBJECT-TIME-01",
                sighting.where.below(name),
                f"{name} in seconds since 1970, between 2020 and 2100",
                f"{name} {format_value(value)}",
            )


def _has_happened(index: Index, sighting: Sighting, names: list[str]) -> Iterator[Observation]:
    """Judge that the times of an object, but for its expiry, are over by the Date of the answer that shows it."""
    date = index.view(_Moments)[sighting.where.exchange] if not sighting.streamed else None
    if date is None:
        return
    times = [(name, value) for name in names if name != "expires_at" and is_integer(value := sighting.value[name])]
    if times:
        yield Examined("OBJECT-TIME-04", sighting.where.exchange, len(times))
    for name, value in times:
        if date + CLOCKS_APART_S < value < LATEST:
            yield Finding(
                "OBJECT-TIME-04",
                sighting.where.below(name),
                f"{name} no later than the answer, given at {date}",
                f"{name} {format_value(value)}, {value - date} seconds later",
            )


class _Moments(dict[int, int | None]):
    """When each answer was given by the clock of the objects, from its Date; worked out where somebody asks.

    That clock may be off the one that writes Date, by as much as most new objects show, but not by hours. Where it is
    off by days in a recording, one of the two is the recorder's, who made up times of his own.
    """

    def __init__(self, index: Index) -> None:
        self._trace, self._off, self._made_up = index.trace, 0, False
        created = [(call, creation_time(call.answer)) for call in index.view(_creating_calls)]
        differences = [time - date for call, time in created if time is not None and (date := self[call.number])]
        off = int(median(differences)) if differences else 0
        self._off = off if abs(off) <= MOST_OFF_S else 0
        self.clear()
        self._made_up = index.trace.shared and abs(off) > A_DAY_S

    def __missing__(self, number: int) -> int | None:
        response = self._trace.exchange(number).response
        date = header_date(response.headers) if response and not self._made_up else None
        self[number] = int(date.timestamp()) + self._off if date is not None else None
        return self[number]


def _creating_calls(index: Index) -> list[OperationCall]:
    answers = index.contract.objects.answers
    creating = [name for name, answer in answers.items() if answer.creates and not answer.kind.shared_ids]
    return [call for call in index.calls_to(*creating) if call.ok]


@check("OBJECT-TIME-04")
def created_when_asked(index: Index) -> Iterator[Observation]:
    """A new object is no older than the request for it, by the Date of the answer and the time that it took."""
    for call in index.view(_creating_calls):
        created, date = creation_time(call.answer), index.view(_Moments)[call.number]
        if created is None or date is None or created < EARLIEST:
            continue
        took = (call.exchange.ended or 0) - (call.exchange.started or 0)
        yield Examined("OBJECT-TIME-04", call.number)
        if created < date - CLOCKS_APART_S - took:
            yield Finding(
                "OBJECT-TIME-04",
                call.where.below("created_at"),
                f"created_at at the time of the request, whose answer was given at {date}",
                f"created_at {format_value(created)}, {date - created} seconds earlier",
            )


@check("OBJECT-TIME-03")
def ages(index: Index) -> Iterator[Observation]:
    """An object is not older than those that it refers to: its thread, run, assistant or vector store."""
    owners = {kind.parameter: kind.constants[0] for kind in index.contract.objects.kinds}
    for constant in index.kinds:
        kind = index.contract.objects.by_constant.get(constant)
        if kind is None or not kind.references:
            continue
        references = {name: owners[name] for name in kind.references}
        for history in index.objects(constant).values():
            for sighting in history if kind.shared_ids else history[:1]:
                yield from _is_younger(index, sighting, references)


def _is_younger(index: Index, sighting: Sighting, references: dict[str, str]) -> Iterator[Observation]:
    created = creation_time(sighting.value)
    for name, constant in references.items():
        owner = index.objects(constant).get(text(sighting.value.get(name)) or "")
        began = creation_time(owner[0].value) if owner else None
        if created is None or began is None or began >= LATEST:
            continue
        yield Examined("OBJECT-TIME-03", sighting.where.exchange)
        if created < began - DRIFT_IN_STORES_S:
            yield Finding(
                "OBJECT-TIME-03",
                sighting.where.below("created_at"),
                f"created_at no earlier than that of its {name.removesuffix('_id').replace('_', ' ')}, {began}",
                f"created_at {format_value(created)}",
            )


def _created_once(drift: int, sightings: Iterable[Sighting]) -> Iterator[Observation]:
    """Judge that the sightings of one object show one time of creation, but for so many seconds."""
    first: Sighting | None = None
    for sighting in sightings:
        created = creation_time(sighting.value)
        if created is None:
            continue
        if first is None:
            first = sighting
            continue
        yield Examined("OBJECT-TIME-02", sighting.where.exchange)
        if abs(created - first.value["created_at"]) > drift:
            yield Finding(
                "OBJECT-TIME-02",
                sighting.where.below("created_at"),
                f"created_at {format_value(first.value['created_at'])}, as in exchange {first.where.exchange}",
                f"created_at {format_value(created)}",
            )


@check("OBJECT-TIME-02")
def added_once(index: Index) -> Iterator[Observation]:
    """A file is in a store since one time, until it is added again."""
    contents = index.view(StoreContents)
    for file in contents.shown:
        if file.file_id in contents.attached or file.store_id not in contents.own:
            continue
        for stay in file.stays:
            yield from _created_once(DRIFT_IN_STORES_S, stay)


@check("OBJECT-LINK-*")
def references(index: Index) -> Iterator[Observation]:
    """An object refers to what its path names, always to the same, and to what its run refers to.

    A wrong reference is told once, under the first of the three that it breaks.
    """
    runs = index.objects("thread.run")
    for constant in index.kinds:
        kind = index.contract.objects.by_constant.get(constant)
        if kind is None or not kind.references:
            continue
        for history in index.objects(constant).values():
            for sighting in history:
                call = index.call(sighting.where.exchange)
                run_id = text(sighting.value.get("run_id"))
                run = runs[run_id][0].value if run_id is not None and run_id in runs else {}
                for name in kind.references:
                    yield from _reference(name, sighting, history[0], kind, call.params if call else {}, run)


def _reference(
    name: str, sighting: Sighting, first: Sighting, kind: ObjectKind, path: dict[str, str], run: dict[str, Json]
) -> Iterator[Observation]:
    if not _is_reference(sighting.value, name):
        return
    value, number = sighting.value[name], sighting.where.exchange
    wanted: list[tuple[str, str | None, str]] = []
    if name in path:
        wanted.append(("OBJECT-LINK-01", path[name], "as in the path"))
    if sighting is not first and not kind.shared_ids and _is_reference(first.value, name):
        wanted.append(("OBJECT-LINK-02", first.value[name], f"as in exchange {first.where.exchange}"))
    if name not in path and isinstance(run.get(name), str):
        wanted.append(("OBJECT-LINK-03", run[name], "as in its run"))
    for requirement, expected, reason in wanted:
        yield Examined(requirement, number)
        if value != expected:
            yield Finding(
                requirement,
                sighting.where.below(name),
                f"{name} {format_value(expected)}, {reason}",
                f"{name} {format_value(value)}",
            )
            return


def _is_reference(value: dict[str, Json], name: str) -> bool:
    return name in value and isinstance(value[name], str | None)


# Where clients keep numbers of their own, and JSON Schemas theirs.
_FREE = frozenset({"attributes", "metadata", "parameters", "schema"})
_READABLE = ("application/json", "text/event-stream", "")


@check("OBJECT-WHOLE-01")
def whole_numbers(index: Index) -> Iterator[Observation]:
    """Times, counts and sizes are written as integers: clients of typed languages read no 1735689600.0."""
    names = index.contract.schemas.whole_numbers
    for call in index.accepted:
        response = call.exchange.response
        if response is None or response.headers.media_type not in _READABLE:
            continue
        yield Examined("OBJECT-WHOLE-01", call.number)
        if not _fractions(names).search(response.body):
            continue
        bodies = [event.json_or_none for event in response.events] if response.is_stream else [response.json_or_none]
        for path in sorted({path for body in bodies for path in _fractional(body, names)}):
            expected = f"{path} as an integer, without a fraction or an exponent"
            yield Finding("OBJECT-WHOLE-01", call.where, expected, "a number with one")


@cache
def _fractions(names: frozenset[str]) -> re.Pattern[bytes]:
    """A member of such a name with a fraction or an exponent, as it stands in a body."""
    alternatives = "|".join(sorted(map(re.escape, names)))
    return re.compile(rf'"(?:{alternatives})"\s*:\s*-?[0-9]+[.eE]'.encode())


def _fractional(value: Json, names: frozenset[str]) -> Iterator[str]:
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        for name, member in value.items() if isinstance(value, dict) else ():
            if name in names and isinstance(member, float) and member.is_integer():  # 1.5 is left to the schema
                yield name
            elif name not in _FREE:
                waiting.append(member)


@check("OBJECT-GHOST-01")
def ghosts(index: Index) -> Iterator[Observation]:
    """An id that no object had when it was asked for is given to none later: clients make up no ids that exist."""
    known = index.view(_first_shown)
    for operation in _READS:
        parameter = index.contract.objects.answers[operation].kind.parameter
        for named, calls in index.calls_by(parameter, operation).items():
            missing = next((call for call in calls if call.status == 404), None)
            if missing is None or known.get(named, missing.number) < missing.number:
                continue
            yield Examined("OBJECT-GHOST-01", missing.number)
            later = next((call for call in calls if call.ok and before(missing.exchange, call.exchange)), None)
            if later is not None and missing.params == later.params:
                expected = f"status 404, as in exchange {missing.number}: nothing was made that has this id"
                yield Finding("OBJECT-GHOST-01", later.where, expected, f"status {later.status}")


# The reads of objects whose ids the endpoint gives; a file in a store has the id of the file.
_READS = (
    *("getAssistant", "getThread", "getMessage", "getRun", "getRunStep"),
    *("getVectorStore", "getVectorStoreFileBatch", "retrieveFile"),
)


def _first_shown(index: Index) -> dict[str, int]:
    """By id, the first exchange that showed an object, or something that refers to it."""
    found: dict[str, int] = {}
    for sighting in index.trace.sightings:
        for name in ("id", "thread_id", "run_id", "assistant_id"):
            shown = text(sighting.value.get(name))
            if shown is not None:
                found.setdefault(shown, sighting.where.exchange)
    return found


@check("OBJECT-SERVED-01")
def served(index: Index) -> Iterator[Observation]:
    """What is there can be read, listed, changed and deleted."""
    for call in index.view(_requests_to_serve):
        yield Examined("OBJECT-SERVED-01", call.number)
        if not call.ok:
            expected = f"{call.spec.label} is served: all that it names is there"
            yield Finding("OBJECT-SERVED-01", call.where, expected, f"status {call.status}")


def _requests_to_serve(index: Index) -> list[OperationCall]:
    return list(requests_to_serve(index))
