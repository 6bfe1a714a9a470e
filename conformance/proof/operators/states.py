"""Operators on what is said of one object at several times: its status, its links, and what a client set."""

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
    obj, first = pick(chance, seen)
    return Mutation(
        edited(view.trace, obj, status=first), f"{obj.kind} {first} again after its end ({place(obj.where)})"
    )


@operator("*-FIELD-*", "*-FROZEN-*", "SCHEMA-*", "RUN-USAGE-*", "MESSAGE-*", "STREAM-*")
def member_out_of_status(view: TraceView, chance: Random) -> Mutation:
    """A member is filled where the status of its object leaves it empty, or empty where the status fills it."""
    found: list[tuple[Sighting, str, Json]] = []
    for obj in view.shown:
        lifecycle = view.contract.lifecycles.by_object.get(obj.kind)
        status = obj.value.get("status")
        if lifecycle is None or not isinstance(status, str):
            continue
        for rule in lifecycle.rules_for(status):
            if rule.moment is not None:
                continue
            for name in rule.fields:
                if name not in obj.value:
                    continue
                if rule.presence is Presence.PRESENT and obj.value[name] is not None:
                    found.append((obj, name, None))
                elif rule.presence is Presence.NULL and obj.value[name] is None:
                    found.append((obj, name, FILLED.get(name, obj.value.get("created_at"))))
    obj, name, value = pick(chance, found)
    told = "null" if value is None else "filled"
    done = f"{obj.value['status']} {obj.kind} with {name} {told} ({place(obj.where)})"
    return Mutation(edited(view.trace, obj, **{name: value}), done)


@operator(
    "OBJECT-ID-*", "STREAM-EVENT-*", "DELTA-*", "LIST-*", "DELETION-*", "IDENTITY-*", "VSF-*", "BATCH-*", "FILE-*"
)
def other_id(view: TraceView, chance: Random) -> Mutation:
    """What was asked for by its id comes with another one."""
    asked = []
    for obj in view.shown:
        route = view.route(view.trace.exchange(obj.where.exchange))
        if not obj.listed and obj.event is None and route is not None and obj.id in route.path_params.values():
            asked.append(obj)
    obj = pick(chance, asked)
    done = f"{obj.kind} with another id ({place(obj.where)})"
    return Mutation(edited(view.trace, obj, id=f"{obj.id}x"), done, unseen=ALIAS if obj.kind == "model" else None)


@operator(
    "OBJECT-LINK-*", "STREAM-EVENT-*", "STEP-LINK-*", "LIST-ISOLATION-01", "BATCH-*", "RUN-FROZEN-01", "MESSAGE-*"
)
def foreign_link(view: TraceView, chance: Random) -> Mutation:
    """An object belongs to another thread, run or vector store."""
    linked = [
        (obj, name)
        for obj in view.shown
        for name in FOREIGN
        if isinstance(obj.value.get(name), str) and (name in _named_in_path(view, obj) or _linked(view, obj, name))
    ]
    obj, name = pick(chance, linked)
    return Mutation(
        edited(view.trace, obj, **{name: FOREIGN[name]}), f"{obj.kind} with a foreign {name} ({place(obj.where)})"
    )


def _named_in_path(view: TraceView, obj: Sighting) -> set[str]:
    route = view.route(view.trace.exchange(obj.where.exchange))
    return set(route.path_params) if route else set()


def _linked(view: TraceView, obj: Sighting, name: str) -> bool:
    """Whether the same object tells the same link elsewhere."""
    return any(
        other is not obj and other.value.get(name) == obj.value[name]
        for other in view.trace.histories[obj.kind, obj.id]
    )


@operator("IDENTITY-*", "VS-ECHO-*", "VS-*", "VSF-*", "RUN-FROZEN-01", "MESSAGE-*", "LIMIT-*")
def changed_echo(view: TraceView, chance: Random) -> Mutation:
    """The answer to a request shows another value than the one that was sent."""
    echoed = []
    for obj in view.shown:
        exchange = view.trace.exchange(obj.where.exchange)
        sent = mapping(exchange.request.json)
        if exchange.request.method != "POST" or obj.listed or obj.event is not None:
            continue
        operation = view.operation(exchange)
        if operation is None or not operation.operation_id.startswith(("create", "modify")):
            continue
        if operation.operation_id == "createThreadAndRun" and obj.kind == "thread":
            continue
        for name in SET_BY_CLIENTS:
            if name == "instructions" and sent.get("additional_instructions"):
                continue  # what stands behind the instructions is the endpoint's affair
            nothing = sent.get(name) in (None, [], {})
            if not nothing and sent.get(name) == obj.value.get(name):
                echoed.append((obj, name))
    obj, name = pick(chance, echoed)
    changed = edited(view.trace, obj, **{name: altered(obj.value[name])})
    return Mutation(changed, f"{name} of a new or modified {obj.kind} not as it was sent ({place(obj.where)})")


@operator("IDENTITY-*", "VS-*", "VSF-*", "RUN-FROZEN-01", "MESSAGE-*", "OBJECT-*")
def changed_later(view: TraceView, chance: Random) -> Mutation:
    """A value that a client set is another when the object is read, although nobody changed it."""
    found = []
    for row in view.in_order():
        for index, later in enumerate(row):
            if later.event is not None or view.trace.exchange(later.where.exchange).request.method != "GET":
                continue
            earlier = next((obj for obj in reversed(row[:index]) if _precedes(view, obj, later)), None)
            found += [
                (later, name)
                for name in SET_BY_CLIENTS
                if earlier and later.value.get(name) and earlier.value.get(name) == later.value[name]
            ]
    obj, name = pick(chance, found)
    changed = edited(view.trace, obj, **{name: altered(obj.value[name])})
    return Mutation(changed, f"{name} of a {obj.kind} changed by itself ({place(obj.where)})")


@operator("*-STATE-*", "*-FROZEN-*", "IDENTITY-*", "VS-*", "VSF-*", "OBJECT-*", "BATCH-*", "FILE-*", "RESOURCE-*")
def stale_snapshot(view: TraceView, chance: Random) -> Mutation:
    """An object is shown as it was before a change that has been told already."""
    found: list[tuple[Sighting, Sighting]] = []
    for row in view.in_order():
        read = [obj for obj in row if obj.event is None and not obj.listed]
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
        earlier.where.exchange < obj.number < later.where.exchange
        and obj.request.method != "GET"
        and obj.request.path.startswith(f"{path}/")
        for obj in view.replies
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
    obj = pick(chance, made)
    sighting = next(seen for seen in view.trace.sightings if seen.where.exchange == obj.number)
    changed = edited(view.trace, sighting, status="in_progress", started_at=body(obj).get("created_at"))
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
