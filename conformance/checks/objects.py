"""What holds for every object: its constant, its id, its time of creation and what it refers to."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import asked
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.routes import route
from conformance.contract import Contract
from conformance.contract.objects import Answer, ObjectKind
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, is_integer, mapping, sequence, shown, text
from conformance.trace.order import before
from conformance.trace.trace import Sighting, Trace, Where

# The years 2020 to 2100: a time in milliseconds, or since another epoch, falls outside.
EARLIEST, LATEST = 1_577_836_800, 4_102_444_800


def _answers(trace: Trace, contract: Contract) -> Iterator[tuple[Exchange, Answer, dict[str, str], dict[str, Json]]]:
    """The plain answers that are one object: exchange, what it must be, path parameters, body."""
    for exchange in trace.answered:
        found = route(exchange, trace, contract)
        answer = contract.objects.answers.get(found.operation.operation_id) if found else None
        if found and answer and exchange.ok and exchange.response and not exchange.response.is_stream:
            body = exchange.response.json_or_none
            if isinstance(body, dict):
                yield exchange, answer, found.path_params, body


@check("OBJECT-TYPE-01", "OBJECT-ID-01", "OBJECT-ID-02")
def identity(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """An answer is the kind of object that was asked for, and the very one that the path names."""
    for exchange, answer, path, body in _answers(trace, contract):
        where = Where(exchange.number)
        constant, object_id = body.get("object"), body.get("id")
        if isinstance(constant, str):
            yield Examined("OBJECT-TYPE-01", exchange.number)
            if constant not in answer.constants:
                wanted = " or ".join(map(shown, answer.constants))
                yield Finding("OBJECT-TYPE-01", below(where, "object"), f"object {wanted}", f"object {shown(constant)}")
        if not isinstance(object_id, str):
            continue
        yield Examined("OBJECT-ID-01", exchange.number)
        if not object_id:
            yield Finding("OBJECT-ID-01", below(where, "id"), "an id that is not empty", "an empty id")
        elif not answer.creates and answer.kind.parameter in path:
            yield Examined("OBJECT-ID-02", exchange.number)
            if object_id != path[answer.kind.parameter]:
                named = path[answer.kind.parameter]
                yield Finding(
                    "OBJECT-ID-02",
                    below(where, "id"),
                    f"id {shown(named)}, as in the path",
                    f"id {shown(object_id)}",
                )


@check("OBJECT-ID-01")
def shown_ids(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """No object on a list or in an event has an empty id, and no model."""
    for sighting in trace.sightings:
        if sighting.streamed and sighting.kind in contract.objects.by_constant:
            yield Examined("OBJECT-ID-01", sighting.where.exchange)
            if not sighting.id:
                yield Finding("OBJECT-ID-01", below(sighting.where, "id"), "an id that is not empty", "an empty id")
    for one in asked(trace, contract):
        if one.ok and one.operation == "retrieveModel" and isinstance(one.answer.get("id"), str):
            yield Examined("OBJECT-ID-01", one.number)
            if not one.answer["id"]:
                yield Finding("OBJECT-ID-01", below(one.where, "id"), "an id that is not empty", "an empty id")
        if not one.ok or not one.operation.startswith("list"):
            continue
        ids = [mapping(item).get("id") for item in sequence(one.answer.get("data"))]
        told = [(index, name) for index, name in enumerate(ids) if isinstance(name, str)]
        if told:
            yield Examined("OBJECT-ID-01", one.number, len(told))
        for index, name in told:
            if not name:
                yield Finding(
                    "OBJECT-ID-01", below(one.where, "data", index, "id"), "an id that is not empty", "an empty id"
                )


@check("OBJECT-ID-03")
def unique_ids(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """No two requests create the same object, and none one that was there already."""
    first: dict[tuple[str, str], Exchange] = {}
    created = {exchange.number: kind for exchange, kind in _creations(trace, contract)}
    seen: set[int] = set()
    named = _named(trace, contract)
    for sighting in trace.sightings:
        number = sighting.where.exchange
        kind = created.get(number)
        # The first object of its kind in the answer is the new one; a stream shows it again and again.
        if kind is None or sighting.kind not in kind.constants or number in seen or not sighting.id:
            continue
        seen.add(number)
        exchange = trace.exchange(number)
        other = first.setdefault((kind.name, sighting.id), exchange)
        about = named.get((kind.parameter, sighting.id), ())
        used = next((one for one in about if before(one, exchange)), None)
        yield Examined("OBJECT-ID-03", number)
        if other is exchange and used is not None:
            yield Finding(
                "OBJECT-ID-03",
                below(sighting.where, "id"),
                "an id that no other object has",
                f"id {shown(sighting.id)}, there before, in exchange {used.number}",
            )
        elif other is not exchange and not _same_attempt(other, exchange):
            yield Finding(
                "OBJECT-ID-03",
                below(sighting.where, "id"),
                "an id that no other object has",
                f"id {shown(sighting.id)}, created before in exchange {other.number}",
            )


def _named(trace: Trace, contract: Contract) -> dict[tuple[str, str], list[Exchange]]:
    """The accepted requests for paths that name an object, by the path's parameter and the object's id."""
    found: dict[tuple[str, str], list[Exchange]] = {}
    for exchange in trace.answered:
        where = route(exchange, trace, contract) if exchange.ok else None
        for named in where.path_params.items() if where else ():
            found.setdefault(named, []).append(exchange)
    return found


def _creations(trace: Trace, contract: Contract) -> Iterator[tuple[Exchange, ObjectKind]]:
    for exchange in trace.answered:
        found = route(exchange, trace, contract)
        answer = contract.objects.answers.get(found.operation.operation_id) if found else None
        if answer and answer.creates and not answer.kind.shared_ids:
            yield exchange, answer.kind


def _same_attempt(one: Exchange, other: Exchange) -> bool:
    key = one.request.headers.get("idempotency-key")
    return key is not None and key == other.request.headers.get("idempotency-key")


@check("OBJECT-PREFIX-01", "OBJECT-PREFIX-02")
def prefixes(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """An id tells by its beginning what it is the id of.

    Items of lists are left out: they may be other people's, and ours were seen when they were created.
    """
    wanted_kinds = {exchange.number: answer.constants for exchange, answer, _, _ in _answers(trace, contract)}
    for sighting in trace.sightings:
        kind = contract.objects.by_constant.get(sighting.kind)
        # What is not the object that was asked for is told by OBJECT-TYPE-01.
        right_kind = sighting.kind in wanted_kinds.get(sighting.where.exchange, (sighting.kind,))
        if kind is not None and right_kind and sighting.id and not sighting.listed:
            yield Examined("OBJECT-PREFIX-01", sighting.where.exchange)
            if not sighting.id.startswith(kind.prefixes):
                wanted = " or ".join(map(shown, kind.prefixes))
                place = below(sighting.where, "id")
                yield Finding("OBJECT-PREFIX-01", place, f"an id beginning {wanted}", f"id {shown(sighting.id)}")
        action = mapping(mapping(sighting.value.get("required_action")).get("submit_tool_outputs"))
        for index, call in enumerate(sequence(action.get("tool_calls"))):
            call_id = text(mapping(call).get("id"))
            if sighting.kind == "thread.run" and call_id is not None:
                yield Examined("OBJECT-PREFIX-02", sighting.where.exchange)
                if not call_id.startswith("call_"):
                    place = below(sighting.where, "required_action", "submit_tool_outputs", "tool_calls", index, "id")
                    yield Finding("OBJECT-PREFIX-02", place, 'an id beginning "call_"', f"id {shown(call_id)}")


@check("OBJECT-TIME-01", "OBJECT-TIME-02")
def timestamps(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Times are in seconds since 1970, and an object is created once."""
    for (constant, _), seen in trace.histories.items():
        kind = contract.objects.by_constant.get(constant)
        if kind is None:
            continue
        for sighting in seen:
            for name, value in sighting.value.items():
                if name.endswith("_at") and is_integer(value):
                    yield Examined("OBJECT-TIME-01", sighting.where.exchange)
                    if not EARLIEST <= value < LATEST:
                        yield Finding(
                            "OBJECT-TIME-01",
                            below(sighting.where, name),
                            f"{name} in seconds since 1970, between 2020 and 2100",
                            f"{name} {shown(value)}",
                        )
        if not kind.shared_ids:
            yield from _created_once(kind, seen)


def _created_once(kind: ObjectKind, seen: tuple[Sighting, ...]) -> Iterator[Observation]:
    known = [sighting for sighting in seen if is_integer(sighting.value.get("created_at"))]
    for sighting in known[1:]:
        first, created = known[0].value["created_at"], sighting.value["created_at"]
        yield Examined("OBJECT-TIME-02", sighting.where.exchange)
        if abs(created - first) > kind.created_at_drift:
            yield Finding(
                "OBJECT-TIME-02",
                below(sighting.where, "created_at"),
                f"created_at {shown(first)}, as in exchange {known[0].where.exchange}",
                f"created_at {shown(created)}",
            )


@check("OBJECT-LINK-*")
def references(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """An object refers to what its path names, always to the same, and to what its run refers to.

    A wrong reference is told once, under the first of the three that it breaks.
    """
    paths = {
        exchange.number: found.path_params for exchange in trace.answered if (found := route(exchange, trace, contract))
    }
    runs = {run_id: seen[0].value for run_id, seen in trace.of_kind("thread.run")}
    for (constant, _), seen in trace.histories.items():
        kind = contract.objects.by_constant.get(constant)
        if kind is None:
            continue
        for sighting in seen:
            path = paths.get(sighting.where.exchange, {})
            run = runs.get(text(sighting.value.get("run_id")) or "", {})
            for name in kind.references:
                yield from _reference(name, sighting, seen[0], kind, path, run)


def _reference(
    name: str,
    sighting: Sighting,
    first: Sighting,
    kind: ObjectKind,
    path: dict[str, str],
    run: dict[str, Json],
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
                below(sighting.where, name),
                f"{name} {shown(expected)}, {reason}",
                f"{name} {shown(value)}",
            )
            return


def _is_reference(value: dict[str, Json], name: str) -> bool:
    return name in value and isinstance(value[name], str | None)
