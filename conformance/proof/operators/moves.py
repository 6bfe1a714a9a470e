"""Operators that move whole exchanges: swapped, repeated and lost ones."""

from dataclasses import replace
from itertools import pairwise
from random import Random

from conformance.proof.operators.mutation import Mutation, operator, pick
from conformance.proof.operators.trace_view import TraceView, body, with_exchange, without_exchange
from conformance.proof.operators.unseen import (
    MISSED,
    NOT_SHOWN,
    SECOND,
    alike,
    of_one_second,
    same_but_for_what_is_empty,
)
from conformance.trace.exchange import Exchange
from conformance.trace.json import mapping


@operator(
    "OBJECT-*", "SCHEMA-*", "LIST-*", "IDENTITY-*", "*-STATE-*", "STREAM-*", "*-FROZEN-*", "DELETION-*", "*-FIELD-*"
)
def swap_answers(view: TraceView, chance: Random) -> Mutation:
    """Two requests that follow each other get each other's answers."""
    pairs = [
        (call, other)
        for call, other in pairwise(view.replies)
        if call.request.body or other.request.body or call.request.url != other.request.url
    ]
    call, other = pick(chance, pairs)
    changed = with_exchange(view.trace, replace(call, response=other.response))
    changed = with_exchange(changed, replace(other, response=call.response))
    done = f"answers of exchanges {call.number} and {other.number} swapped"
    if same_but_for_what_is_empty(body(call), body(other)):
        return Mutation(changed, done, "both answers are the same")
    if alike(call, other) and _asked_alike(call, other) and not _used_between(view, call, other):
        return Mutation(changed, done, "the same was asked for twice, and each answer fits each request")
    return Mutation(changed, done, unseen=_hidden(call, other))


def _asked_alike(call: Exchange, other: Exchange) -> bool:
    first, second = call.request, other.request
    return (first.method, first.url, first.body) == (second.method, second.url, second.body)


def _used_between(view: TraceView, call: Exchange, other: Exchange) -> bool:
    """Whether a request between two others was about what the first of them made."""
    return any(
        call.number < between.number < other.number and f"/{body(call).get('id')}" in between.request.path
        for between in view.replies
    )


def _hidden(call: Exchange, other: Exchange) -> str | None:
    """Why it may not be noticed that two answers were swapped."""
    if alike(call, other):
        return NOT_SHOWN
    if body(call).get("object") == body(other).get("object") == "thread.run" and body(call)["id"] == body(other)["id"]:
        return MISSED
    return SECOND if of_one_second(call, other) else None


@operator("*-STATE-*", "*-FROZEN-*", "*-FIELD-*", "IDENTITY-*", "OBJECT-*", "VS-*", "BATCH-*", "VSF-*")
def swap_polls(view: TraceView, chance: Random) -> Mutation:
    """Of two looks at one object the later state comes first."""
    pairs = [
        (call, other)
        for call, other in pairwise([e for e in view.replies if e.request.method == "GET"])
        if call.request.url == other.request.url and body(call).get("status") != body(other).get("status")
    ]
    call, other = pick(chance, pairs)
    changed = with_exchange(view.trace, replace(call, response=other.response))
    changed = with_exchange(changed, replace(other, response=call.response))
    return Mutation(changed, f"states in exchanges {call.number} and {other.number} swapped")


@operator("IDENTITY-*", "VS-*", "VSF-*")
def lost_modification(view: TraceView, chance: Random) -> Mutation:
    """A modification that is seen before and after was sent by nobody."""
    found = []
    for call in view.replies:
        operation = view.operation(call)
        if operation is None or not operation.operation_id.startswith("modify"):
            continue
        history = view.trace.histories.get((str(body(call).get("object")), str(body(call).get("id"))), ())
        earlier = [seen for seen in history if seen.where.exchange < call.number and not seen.streamed]
        later = [seen for seen in history if seen.where.exchange > call.number and not seen.streamed]
        if earlier and later:
            following = view.trace.exchange(later[0].where.exchange).request
            again = mapping(following.json).keys() if following.method == "POST" else frozenset[str]()
            names = [
                name
                for name in mapping(call.request.json)
                if name not in again
                and not same_but_for_what_is_empty(earlier[-1].value.get(name), later[0].value.get(name))
            ]
            found.append((call, names))
    call, names = pick(chance, found)
    reason = None if names else "the object looks the same before and after, or is set anew by the next request"
    return Mutation(without_exchange(view.trace, call.number), f"exchange {call.number} (a modification) lost", reason)


@operator("OBJECT-ID-03")
def same_id_twice(view: TraceView, chance: Random) -> Mutation:
    """Two requests that create objects get one and the same."""
    made: dict[str, list[int]] = {}
    for call in view.replies:
        operation = view.operation(call)
        if operation and operation.operation_id.startswith("create") and isinstance(body(call).get("id"), str):
            made.setdefault(operation.operation_id, []).append(call.number)
    found = [numbers for numbers in made.values() if len(numbers) > 1]
    first, second = sorted(chance.sample(pick(chance, found), 2))
    earlier, later = view.trace.exchange(first), view.trace.exchange(second)
    same = body(earlier).get("id") == body(later).get("id")
    reason = "the object is one that can be added again" if same else None
    changed = with_exchange(view.trace, replace(later, response=earlier.response))
    return Mutation(changed, f"exchange {second} answered like {first}", reason)
