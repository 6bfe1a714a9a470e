"""Operators on single objects: members that are missing, of another type, or of a value nobody knows."""

from collections.abc import Callable
from random import Random

from conformance.proof.operators.mutation import Mutation, operator, pick
from conformance.proof.operators.trace_view import TraceView, edited, lacking, place
from conformance.proof.operators.unseen import ADDED_AGAIN
from conformance.trace.json import Json
from conformance.trace.trace import Sighting

WRONG: dict[type, Json] = {str: 7, bool: "yes", int: "7", float: "0.5", list: {}, dict: []}
ALL_SCHEMAS = ("SCHEMA-*", "STREAM-EVENT-*")
SECONDS = ("created_at", "started_at", "completed_at", "expires_at", "failed_at", "cancelled_at")
HOUR = 3600


def _members(view: TraceView) -> list[tuple[Sighting, str]]:
    """Every member of an object that its schema requires."""
    return [(obj, name) for obj in view.shown for name in view.required(view.schema(obj) or "") if name in obj.value]


@operator(*ALL_SCHEMAS, "OBJECT-*")
def drop_required_member(view: TraceView, chance: Random) -> Mutation:
    """An object lacks a member that its schema requires."""
    obj, name = pick(chance, _members(view))
    return Mutation(lacking(view.trace, obj, name), f"{obj.kind} without {name} ({place(obj.where)})")


@operator(*ALL_SCHEMAS)
def wrong_type(view: TraceView, chance: Random) -> Mutation:
    """A member has another JSON type."""
    members = [(obj, name) for obj, name in _members(view) if type(obj.value[name]) in WRONG]
    obj, name = pick(chance, members)
    wrong = WRONG[type(obj.value[name])]
    done = f"{obj.kind} with {name} {wrong!r} ({place(obj.where)})"
    return Mutation(edited(view.trace, obj, **{name: wrong}), done)


@operator(*ALL_SCHEMAS, "OBJECT-*")
def null_member(view: TraceView, chance: Random) -> Mutation | None:
    """A member that cannot be null is."""
    members = [(obj, name) for obj, name in _members(view) if obj.value[name] is not None]
    obj, name = pick(chance, members)
    rule = view.required(view.schema(obj) or "")[name]
    kinds = rule.get("type")
    strict = isinstance(kinds, str) and kinds != "null"
    if not strict:
        return None
    return Mutation(edited(view.trace, obj, **{name: None}), f"{obj.kind} with {name} null ({place(obj.where)})")


@operator(*ALL_SCHEMAS, "*-STATE-*")
def out_of_enum(view: TraceView, chance: Random) -> Mutation:
    """A status, role, type or purpose has a value that nobody knows."""
    members = [
        (obj, name)
        for obj, name in _members(view)
        if name in ("status", "role", "type", "purpose") and isinstance(obj.value[name], str)
    ]
    obj, name = pick(chance, members)
    return Mutation(edited(view.trace, obj, **{name: "paused"}), f"{obj.kind} with {name} paused ({place(obj.where)})")


@operator("OBJECT-TYPE-01", "STREAM-EVENT-02", "SCHEMA-*")
def wrong_object(view: TraceView, chance: Random) -> Mutation:
    """An object says that it is of another kind."""
    obj = pick(chance, view.shown)
    wrong = "thread" if obj.kind != "thread" else "assistant"
    done = f"{obj.kind} that says it is a {wrong} ({place(obj.where)})"
    return Mutation(edited(view.trace, obj, object=wrong), done)


@operator("OBJECT-ID-01", "SCHEMA-*")
def empty_id(view: TraceView, chance: Random) -> Mutation:
    """An object has an empty id."""
    obj = pick(chance, view.shown)
    return Mutation(edited(view.trace, obj, id=""), f"{obj.kind} with an empty id ({place(obj.where)})")


@operator("OBJECT-TIME-*", "SCHEMA-*", "RUN-TIME-*", "STEP-TIME-*", "LIST-ORDER-*")
def milliseconds(view: TraceView, chance: Random) -> Mutation:
    """A time is told in milliseconds."""
    members = [(obj, name) for obj in view.shown for name in SECONDS if type(obj.value.get(name)) is int]
    obj, name = pick(chance, members)
    changed = edited(view.trace, obj, **{name: obj.value[name] * 1000})
    return Mutation(changed, f"{name} of a {obj.kind} in milliseconds ({place(obj.where)})")


@operator("OBJECT-TIME-02", "RUN-TIME-*", "STEP-TIME-*", "LIST-ORDER-*", "RUN-FROZEN-01")
def moved_creation(view: TraceView, chance: Random) -> Mutation:
    """An object that is seen again was created at another time."""
    seen = [later for row in view.in_order() for later in row[1:] if type(later.value.get("created_at")) is int]
    obj = pick(chance, seen)
    changed = edited(view.trace, obj, created_at=obj.value["created_at"] - HOUR)
    done = f"created_at of a {obj.kind} an hour earlier than before ({place(obj.where)})"
    return Mutation(changed, done, unseen=ADDED_AGAIN if obj.kind == "vector_store.file" else None)


@operator("RUN-TIME-01", "STEP-TIME-01", "RUN-FROZEN-01")
def ended_before_created(view: TraceView, chance: Random) -> Mutation:
    """A run or step ended an hour before it was created."""
    members = [
        (obj, name)
        for obj in view.shown
        for name in ("completed_at", "cancelled_at", "failed_at")
        if obj.kind in ("thread.run", "thread.run.step")
        and type(obj.value.get(name)) is int
        and type(obj.value.get("created_at")) is int
    ]
    obj, name = pick(chance, members)
    changed = edited(view.trace, obj, **{name: obj.value["created_at"] - HOUR})
    return Mutation(changed, f"{name} of a {obj.kind} before created_at ({place(obj.where)})")


@operator("RUN-TIME-02", "RUN-FROZEN-01")
def other_expiry(view: TraceView, chance: Random) -> Mutation:
    """A new run expires after an hour instead of ten minutes."""
    runs = [
        obj
        for obj in view.shown
        if obj.kind == "thread.run" and obj.value.get("status") == "queued" and type(obj.value.get("expires_at")) is int
    ]
    obj = pick(chance, runs)
    operation = view.operation(view.trace.exchange(obj.where.exchange))
    creates = operation is not None and operation.operation_id in ("createRun", "createThreadAndRun")
    changed = edited(view.trace, obj, expires_at=obj.value["expires_at"] + HOUR)
    reason = None if creates else "only of a run that is just created it is known when it expires"
    return Mutation(changed, f"expires_at of a run an hour later ({place(obj.where)})", reason)


@operator("SCHEMA-*", "RUN-USAGE-*", "STEP-USAGE-*")
def negative_usage(view: TraceView, chance: Random) -> Mutation:
    """A run or step used a negative number of tokens."""
    return _usage(view, chance, "completion_tokens", lambda count: -count - 1)


@operator("RUN-USAGE-*", "STEP-USAGE-*")
def usage_sum_off(view: TraceView, chance: Random) -> Mutation:
    """The total of a usage is one more than its sum."""
    return _usage(view, chance, "total_tokens", lambda count: count + 1)


def _usage(view: TraceView, chance: Random, name: str, change: Callable[[int], int]) -> Mutation:
    seen = [
        obj
        for obj in view.shown
        if isinstance(obj.value.get("usage"), dict) and type(obj.value["usage"].get(name)) is int
    ]
    obj = pick(chance, seen)
    count = change(obj.value["usage"][name])
    changed = edited(view.trace, obj, usage={**obj.value["usage"], name: count})
    return Mutation(changed, f"usage of a {obj.kind} with {name} {count} ({place(obj.where)})")
