"""Operators on what is said of one object at several times: its status, its links, and what a client set."""

from __future__ import annotations

from random import Random

from conformance.contract.lifecycles import Presence
from conformance.proof.operators.mutation import Mutation, operator, pick
from conformance.proof.operators.trace_view import TraceView, body, edited, place, shown_as
from conformance.proof.operators.unseen import ALIAS, CHANGED, same_but_for_what_is_empty
from conformance.trace.json import Json, mapping
from conformance.trace.order import before
from conformance.trace.trace import Sighting

FOREIGN = {"thread_id": "thread_foreign", "run_id": "run_foreign", "vector_store_id": "vs_foreign"}
SET_BY_CLIENTS = ("name", "description", "instructions", "metadata", "temperature", "top_p", "tools", "tool_choice")
FILLED: dict[str, Json] = {
    "last_error": {"code": "server_error", "message": "Something went wrong."},
    "incomplete_details": {"reason": "max_completion_tokens"},
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    "required_action": {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {
            "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}]
        },
    },
}


@operator("*-STATE-*", "*-FROZEN-*", "*-FIELD-*", "STREAM-*", "CANCEL-*", "LOCK-*", "LIST-FILTER-01", "BATCH-*")
def status_regress(view: TraceView, chance: Random) -> Mutation:
    """An object that had ended is at its beginning again when it is seen next."""
    seen = []
    for row in view.in_order():
        lifecycle = view.contract.lifecycles.by_object.get(row[0].kind)
        if lifecycle is None:
            continue
        for index, later in enumerate(row):
            ended = any(
                _precedes(view, earlier, later) and earlier.value.get("status") in lifecycle.terminal
                for earlier in row[:index]
            )
            first = lifecycle.initial[0]
            if ended and later.value.get("status") in lifecycle.terminal and first not in lifecycle.terminal:
                seen.append((later, first))
    one, first = pick(chance, seen)
    return Mutation(
        edited(view.trace, one, status=first), f"{one.kind} {first} again after its end ({place(one.where)})"
    )


@operator("*-FIELD-*", "*-FROZEN-*", "SCHEMA-*", "RUN-USAGE-*", "MESSAGE-*", "STREAM-*")
def member_out_of_status(view: TraceView, chance: Random) -> Mutation:
    """A member is filled where the status of its object leaves it empty, or empty where the status fills it."""
    found: list[tuple[Sighting, str, Json]] = []
    for one in view.shown:
        lifecycle = view.contract.lifecycles.by_object.get(one.kind)
        status = one.value.get("status")
        if lifecycle is None or not isinstance(status, str):
            continue
        for rule in lifecycle.rules_for(status):
            if rule.moment is not None:
                continue
            for name in rule.fields:
                if name not in one.value:
                    continue
                if rule.presence is Presence.PRESENT and one.value[name] is not None:
                    found.append((one, name, None))
                elif rule.presence is Presence.NULL and one.value[name] is None:
                    found.append((one, name, FILLED.get(name, one.value.get("created_at"))))
    one, name, value = pick(chance, found)
    told = "null" if value is None else "filled"
    done = f"{one.value['status']} {one.kind} with {name} {told} ({place(one.where)})"
    return Mutation(edited(view.trace, one, **{name: value}), done)


@operator(
    "OBJECT-ID-*", "STREAM-EVENT-*", "DELTA-*", "LIST-*", "DELETION-*", "IDENTITY-*", "VSF-*", "BATCH-*", "FILE-*"
)
def other_id(view: TraceView, chance: Random) -> Mutation:
    """What was asked for by its id comes with another one."""
    asked = []
    for one in view.shown:
        route = view.route(view.trace.exchange(one.where.exchange))
        if not one.listed and one.event is None and route is not None and one.id in route.path_params.values():
            asked.append(one)
    one = pick(chance, asked)
    done = f"{one.kind} with another id ({place(one.where)})"
    return Mutation(edited(view.trace, one, id=f"{one.id}x"), done, unseen=ALIAS if one.kind == "model" else None)


@operator(
    "OBJECT-LINK-*", "STREAM-EVENT-*", "STEP-LINK-*", "LIST-ISOLATION-01", "BATCH-*", "RUN-FROZEN-01", "MESSAGE-*"
)
def foreign_link(view: TraceView, chance: Random) -> Mutation:
    """An object belongs to another thread, run or vector store."""
    linked = [
        (one, name)
        for one in view.shown
        for name in FOREIGN
        if isinstance(one.value.get(name), str) and (name in _named_in_path(view, one) or _linked(view, one, name))
    ]
    one, name = pick(chance, linked)
    return Mutation(
        edited(view.trace, one, **{name: FOREIGN[name]}), f"{one.kind} with a foreign {name} ({place(one.where)})"
    )


def _named_in_path(view: TraceView, one: Sighting) -> set[str]:
    route = view.route(view.trace.exchange(one.where.exchange))
    return set(route.path_params) if route else set()


def _linked(view: TraceView, one: Sighting, name: str) -> bool:
    """Whether the same object tells the same link elsewhere."""
    return any(
        other is not one and other.value.get(name) == one.value[name]
        for other in view.trace.histories[one.kind, one.id]
    )


@operator("IDENTITY-*", "VS-ECHO-*", "VS-*", "VSF-*", "RUN-FROZEN-01", "MESSAGE-*", "LIMIT-*")
def changed_echo(view: TraceView, chance: Random) -> Mutation:
    """The answer to a request shows another value than the one that was sent."""
    echoed = []
    for one in view.shown:
        exchange = view.trace.exchange(one.where.exchange)
        sent = mapping(exchange.request.json)
        if exchange.request.method != "POST" or one.listed or one.event is not None:
            continue
        operation = view.operation(exchange)
        if operation is None or not operation.operation_id.startswith(("create", "modify")):
            continue
        if operation.operation_id == "createThreadAndRun" and one.kind == "thread":
            continue
        for name in SET_BY_CLIENTS:
            if name == "instructions" and sent.get("additional_instructions"):
                continue  # what stands behind the instructions is the endpoint's affair
            nothing = sent.get(name) in (None, [], {})
            if not nothing and sent.get(name) == one.value.get(name):
                echoed.append((one, name))
    one, name = pick(chance, echoed)
    changed = edited(view.trace, one, **{name: altered(one.value[name])})
    return Mutation(changed, f"{name} of a new or modified {one.kind} not as it was sent ({place(one.where)})")


@operator("IDENTITY-*", "VS-*", "VSF-*", "RUN-FROZEN-01", "MESSAGE-*", "OBJECT-*")
def changed_later(view: TraceView, chance: Random) -> Mutation:
    """A value that a client set is another when the object is read, although nobody changed it."""
    found = []
    for row in view.in_order():
        for index, later in enumerate(row):
            if later.event is not None or view.trace.exchange(later.where.exchange).request.method != "GET":
                continue
            earlier = next((one for one in reversed(row[:index]) if _precedes(view, one, later)), None)
            found += [
                (later, name)
                for name in SET_BY_CLIENTS
                if earlier and later.value.get(name) and earlier.value.get(name) == later.value[name]
            ]
    one, name = pick(chance, found)
    changed = edited(view.trace, one, **{name: altered(one.value[name])})
    return Mutation(changed, f"{name} of a {one.kind} changed by itself ({place(one.where)})")


@operator("*-STATE-*", "*-FROZEN-*", "IDENTITY-*", "VS-*", "VSF-*", "OBJECT-*", "BATCH-*", "FILE-*", "RESOURCE-*")
def stale_snapshot(view: TraceView, chance: Random) -> Mutation:
    """An object is shown as it was before a change that has been told already."""
    found: list[tuple[Sighting, Sighting]] = []
    for row in view.in_order():
        read = [one for one in row if one.event is None and not one.listed]
        for index, later in enumerate(read):
            if view.trace.exchange(later.where.exchange).request.method != "GET":
                continue
            for position, earlier in enumerate(read[:index]):
                told = any(
                    between.value == later.value and _precedes(view, between, later)
                    for between in read[position + 1 : index]
                )
                if told and earlier.value.keys() == later.value.keys():
                    found.append((earlier, later))
    earlier, later = pick(chance, found)
    changed = shown_as(view.trace, later.where, earlier.value)
    reason = "the object had not changed" if same_but_for_what_is_empty(earlier.value, later.value) else None
    done = f"{later.kind} as in exchange {earlier.where.exchange} ({place(later.where)})"
    return Mutation(changed, done, reason, CHANGED if _touched(view, earlier, later) else None)


def _touched(view: TraceView, earlier: Sighting, later: Sighting) -> bool:
    """Whether requests for what is under an object's path were taken between two looks at it."""
    path = view.trace.exchange(later.where.exchange).request.path
    return any(
        earlier.where.exchange < one.number < later.where.exchange
        and one.request.method != "GET"
        and one.request.path.startswith(f"{path}/")
        for one in view.replies
    )


@operator("RUN-STATE-04", "RUN-FIELD-*")
def started_at_once(view: TraceView, chance: Random) -> Mutation:
    """The answer that creates a run shows it in progress."""
    made = [
        exchange
        for exchange in view.replies
        if (operation := view.operation(exchange)) is not None
        and operation.operation_id in ("createRun", "createThreadAndRun")
        and body(exchange).get("status") == "queued"
    ]
    one = pick(chance, made)
    sighting = next(seen for seen in view.trace.sightings if seen.where.exchange == one.number)
    changed = edited(view.trace, sighting, status="in_progress", started_at=body(one).get("created_at"))
    return Mutation(changed, f"a new run is in progress ({place(sighting.where)})")


def altered(value: Json) -> Json:
    """A value of the same type that differs a little."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value / 2 if value else 0.25
        case str():
            return value[:-1] if value else "x"
        case list():
            return value[:-1]
        case dict() if value and all(isinstance(text, str) for text in value.values()):
            name = sorted(value)[-1]
            return {**value, name: value[name][:-1] or "x"}
        case _:
            return {"added": "x"}


def _precedes(view: TraceView, earlier: Sighting, later: Sighting) -> bool:
    """Whether one sighting was certainly before the other."""
    if earlier.where.exchange == later.where.exchange:
        return (earlier.where.event or 0) < (later.where.event or 0)
    return before(view.trace.exchange(earlier.where.exchange), view.trace.exchange(later.where.exchange))
