"""Operators on pages: their ends, their order, their length, and the walk from one to the next."""

from __future__ import annotations

from random import Random

from conformance.proof.operators.mutation import Mutation, operator, pick
from conformance.proof.operators.trace_view import TraceView, answered, body
from conformance.proof.operators.unseen import MAY_BE_GONE, NO_WHOLE_LIST, end_of_a_list
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json

LISTS = ("LIST-*", "OBJECT-ID-*", "SCHEMA-*", "HOSTED-*")


def _ids(exchange: Exchange) -> list[Json]:
    return [item.get("id") if isinstance(item, dict) else None for item in body(exchange)["data"]]


def _pages(view: TraceView, at_least: int) -> list[Exchange]:
    return [one for one in view.pages if len(body(one)["data"]) >= at_least and all(_ids(one))]


def _limit(exchange: Exchange) -> int:
    told = exchange.request.query.get("limit", ["20"])[0]
    return int(told) if told.isdecimal() else 20


def _rewritten(
    view: TraceView,
    exchange: Exchange,
    data: list[Json],
    done: str,
    equivalent: str | None = None,
    unseen: str | None = None,
) -> Mutation:
    """The page with other items, and with ends that fit them."""
    ends: dict[str, Json] = {}
    if "first_id" in body(exchange):
        ends = {"first_id": data[0]["id"] if data else None, "last_id": data[-1]["id"] if data else None}
    changed = answered(view.trace, exchange, value={**body(exchange), "data": data, **ends})
    return Mutation(changed, f"{done} (exchange {exchange.number})", equivalent, unseen)


@operator("LIST-ONCE-01", "LIST-*")
def item_twice(view: TraceView, chance: Random) -> Mutation:
    """A page shows one of its objects twice."""
    one = pick(chance, _pages(view, 1))
    data = body(one)["data"]
    index = chance.randrange(len(data))
    twice = [*data[: index + 1], *data[index:]]
    return _rewritten(view, one, twice, f"item {index} of a page twice")


@operator("LIST-ORDER-01", "LIST-STABLE-01", "LIST-*")
def order_reversed(view: TraceView, chance: Random) -> Mutation:
    """A page stands in the opposite order."""
    pages = [one for one in _pages(view, 2) if all("created_at" in item for item in body(one)["data"])]
    one = pick(chance, pages)
    data = body(one)["data"]
    same = len({item["created_at"] for item in data}) == 1
    reason = "all objects of the page are of one second, whose order nobody told" if same else None
    return _rewritten(view, one, data[::-1], f"a page of {len(data)} in opposite order", reason)


@operator("LIST-ENDS-01", "LIST-ENDS-02")
def shifted_ends(view: TraceView, chance: Random) -> Mutation:
    """first_id or last_id of a page is that of another object."""
    pages = [one for one in view.pages if "first_id" in body(one)]
    one = pick(chance, pages)
    name = chance.choice(("first_id", "last_id"))
    ids = _ids(one)
    other = next((value for value in (ids if name == "last_id" else ids[::-1]) if value != body(one).get(name)), None)
    changed = answered(view.trace, one, value={**body(one), name: other or "msg_other"})
    return Mutation(changed, f"{name} of a page is not the id of its end (exchange {one.number})")


@operator("LIST-MORE-*", "LIST-FULL-01", "LIST-WHOLE-01")
def flipped_more(view: TraceView, chance: Random) -> Mutation:
    """A page says that there are more where there are none, or none where there are more."""
    one = pick(chance, view.pages)
    more = body(one)["has_more"]
    changed = answered(view.trace, one, value={**body(one), "has_more": not more})
    done = f"has_more {str(not more).lower()} (exchange {one.number})"
    return Mutation(changed, done, _unknowable(view, one), end_of_a_list(view, one))


def _unknowable(view: TraceView, one: Exchange) -> str | None:
    """Why nothing in the trace tells whether there are more after a page; None where something does."""
    data = body(one)["data"]
    if "before" in one.request.query:
        return "what has_more tells of a page in front of something is not specified"
    followed = any(
        other.number > one.number
        and other.request.path == one.request.path
        and other.request.query.get("after") == [body(one).get("last_id")]
        and _chosen(other) == _chosen(one)
        for other in view.pages
    )
    if followed:
        return None
    if body(one)["has_more"]:
        return "nobody looked at the page after this one" if data else None
    if not data or len(data) < _limit(one):
        return None  # an empty page says there are no more, one that is short is the last
    return "a full page, and nobody looked at the one after it"


def _chosen(one: Exchange) -> dict[str, list[str]]:
    """What decides on the objects of a list and their order, the default spelled out."""
    chosen = {name: told for name, told in one.request.query.items() if name not in ("after", "before", "limit")}
    return {"order": ["desc"], **chosen}


@operator("LIST-*", "LIMIT-LIST-*")
def cursor_shift(view: TraceView, chance: Random) -> Mutation:
    """A page begins with the object that the cursor names instead of the one behind it."""
    pages = _pages(view, 1)
    pairs = [
        (earlier, one)
        for one in pages
        for earlier in pages
        if earlier.number < one.number
        and earlier.request.path == one.request.path
        and one.request.query.get("after") == [_ids(earlier)[-1]]
    ]
    earlier, one = pick(chance, pairs)
    data = [body(earlier)["data"][-1], *body(one)["data"]][: max(_limit(one), 1)]
    return _rewritten(view, one, data, "a page begins with its cursor")


@operator("LIST-*", "LIMIT-*")
def page_too_long(view: TraceView, chance: Random) -> Mutation:
    """A page has more objects than were asked for."""
    pages = [one for one in _pages(view, 1) if "limit" in one.request.query and _limit(one) >= 1]
    one = pick(chance, pages)
    data = list(body(one)["data"])
    while len(data) <= _limit(one):
        data.append({**data[-1], "id": f"{data[-1]['id']}x"})
    return _rewritten(view, one, data, "a page longer than its limit")


@operator("LIST-WHOLE-01", "LIST-*", "IDENTITY-THREAD-01", "VSF-LIST-01", "BATCH-*", "FILE-LIST-01", "DELETION-*")
def lost_item(view: TraceView, chance: Random) -> Mutation:
    """A list that is shown whole lacks an object that was created and not deleted."""
    made = {one.id for one in view.trace.sightings if not one.listed and one.event is None}
    pages = [
        (one, index)
        for one in _pages(view, 1)
        if not body(one)["has_more"] and not {"after", "before"} & one.request.query.keys()
        for index, name in enumerate(_ids(one))
        if name in made and _created(view, name, one.number)
    ]
    one, index = pick(chance, pages)
    data = body(one)["data"]
    kept = [*data[:index], *data[index + 1 :]]
    expires = data[index].get("expires_at") or data[index].get("expires_after")
    reason = MAY_BE_GONE if expires else NO_WHOLE_LIST if "filter" in one.request.query else None
    return _rewritten(view, one, kept, f"a whole list without its item {index}", None, reason)


def _created(view: TraceView, name: Json, number: int) -> bool:
    """Whether a plain request of the trace created the object before the exchange with this number."""
    return any(
        body(one).get("id") == name
        and one.number < number
        and (operation := view.operation(one)) is not None
        and operation.operation_id.startswith("create")
        for one in view.replies
    )
