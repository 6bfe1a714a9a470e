"""Operators on single objects: members that are missing, of another type, or of a value nobody knows."""

from __future__ import annotations

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
    return [(one, name) for one in view.shown for name in view.required(view.schema(one) or "") if name in one.value]


@operator(*ALL_SCHEMAS, "OBJECT-*")
def drop_required_member(view: TraceView, chance: Random) -> Mutation:
    """An object lacks a member that its schema requires."""
    one, name = pick(chance, _members(view))
    return Mutation(lacking(view.trace, one, name), f"{one.kind} without {name} ({place(one.where)})")


@operator(*ALL_SCHEMAS)
def wrong_type(view: TraceView, chance: Random) -> Mutation:
    """A member has another JSON type."""
    members = [(one, name) for one, name in _members(view) if type(one.value[name]) in WRONG]
    one, name = pick(chance, members)
    wrong = WRONG[type(one.value[name])]
    done = f"{one.kind} with {name} {wrong!r} ({place(one.where)})"
    return Mutation(edited(view.trace, one, **{name: wrong}), done)


@operator(*ALL_SCHEMAS, "OBJECT-*")
def null_member(view: TraceView, chance: Random) -> Mutation | None:
    """A member that cannot be null is."""
    members = [(one, name) for one, name in _members(view) if one.value[name] is not None]
    one, name = pick(chance, members)
    rule = view.required(view.schema(one) or "")[name]
    kinds = rule.get("type")
    strict = isinstance(kinds, str) and kinds != "null"
    if not strict:
        return None
    return Mutation(edited(view.trace, one, **{name: None}), f"{one.kind} with {name} null ({place(one.where)})")


@operator(*ALL_SCHEMAS, "*-STATE-*")
def out_of_enum(view: TraceView, chance: Random) -> Mutation:
    """A status, role, type or purpose has a value that nobody knows."""
    members = [
        (one, name)
        for one, name in _members(view)
        if name in ("status", "role", "type", "purpose") and isinstance(one.value[name], str)
    ]
    one, name = pick(chance, members)
    return Mutation(edited(view.trace, one, **{name: "paused"}), f"{one.kind} with {name} paused ({place(one.where)})")


@operator("OBJECT-TYPE-01", "STREAM-EVENT-02", "SCHEMA-*")
def wrong_object(view: TraceView, chance: Random) -> Mutation:
    """An object says that it is of another kind."""
    one = pick(chance, view.shown)
    wrong = "thread" if one.kind != "thread" else "assistant"
    done = f"{one.kind} that says it is a {wrong} ({place(one.where)})"
    return Mutation(edited(view.trace, one, object=wrong), done)


@operator("OBJECT-ID-01", "SCHEMA-*")
def empty_id(view: TraceView, chance: Random) -> Mutation:
    """An object has an empty id."""
    one = pick(chance, view.shown)
    return Mutation(edited(view.trace, one, id=""), f"{one.kind} with an empty id ({place(one.where)})")


@operator("OBJECT-TIME-*", "SCHEMA-*", "RUN-TIME-*", "STEP-TIME-*", "LIST-ORDER-*")
def milliseconds(view: TraceView, chance: Random) -> Mutation:
    """A time is told in milliseconds."""
    members = [(one, name) for one in view.shown for name in SECONDS if type(one.value.get(name)) is int]
    one, name = pick(chance, members)
    changed = edited(view.trace, one, **{name: one.value[name] * 1000})
    return Mutation(changed, f"{name} of a {one.kind} in milliseconds ({place(one.where)})")


@operator("OBJECT-TIME-02", "RUN-TIME-*", "STEP-TIME-*", "LIST-ORDER-*", "RUN-FROZEN-01")
def moved_creation(view: TraceView, chance: Random) -> Mutation:
    """An object that is seen again was created at another time."""
    seen = [later for row in view.in_order() for later in row[1:] if type(later.value.get("created_at")) is int]
    one = pick(chance, seen)
    changed = edited(view.trace, one, created_at=one.value["created_at"] - HOUR)
    done = f"created_at of a {one.kind} an hour earlier than before ({place(one.where)})"
    return Mutation(changed, done, unseen=ADDED_AGAIN if one.kind == "vector_store.file" else None)


@operator("RUN-TIME-01", "STEP-TIME-01", "RUN-FROZEN-01")
def ended_before_created(view: TraceView, chance: Random) -> Mutation:
    """A run or step ended an hour before it was created."""
    members = [
        (one, name)
        for one in view.shown
        for name in ("completed_at", "cancelled_at", "failed_at")
        if one.kind in ("thread.run", "thread.run.step")
        and type(one.value.get(name)) is int
        and type(one.value.get("created_at")) is int
    ]
    one, name = pick(chance, members)
    changed = edited(view.trace, one, **{name: one.value["created_at"] - HOUR})
    return Mutation(changed, f"{name} of a {one.kind} before created_at ({place(one.where)})")


@operator("RUN-TIME-02", "RUN-FROZEN-01")
def other_expiry(view: TraceView, chance: Random) -> Mutation:
    """A new run expires after an hour instead of ten minutes."""
    runs = [
        one
        for one in view.shown
        if one.kind == "thread.run" and one.value.get("status") == "queued" and type(one.value.get("expires_at")) is int
    ]
    one = pick(chance, runs)
    operation = view.operation(view.trace.exchange(one.where.exchange))
    creates = operation is not None and operation.operation_id in ("createRun", "createThreadAndRun")
    changed = edited(view.trace, one, expires_at=one.value["expires_at"] + HOUR)
    reason = None if creates else "only of a run that is just created it is known when it expires"
    return Mutation(changed, f"expires_at of a run an hour later ({place(one.where)})", reason)


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
        one
        for one in view.shown
        if isinstance(one.value.get("usage"), dict) and type(one.value["usage"].get(name)) is int
    ]
    one = pick(chance, seen)
    count = change(one.value["usage"][name])
    changed = edited(view.trace, one, usage={**one.value["usage"], name: count})
    return Mutation(changed, f"usage of a {one.kind} with {name} {count} ({place(one.where)})")
