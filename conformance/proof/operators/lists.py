"""Operators on pages: their ends, their order, their length, and the walk from one to the next."""

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
    return [call for call in view.pages if len(body(call)["data"]) >= at_least and all(_ids(call))]


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
    call = pick(chance, _pages(view, 1))
    data = body(call)["data"]
    index = chance.randrange(len(data))
    twice = [*data[: index + 1], *data[index:]]
    return _rewritten(view, call, twice, f"item {index} of a page twice")


@operator("LIST-ORDER-01", "LIST-STABLE-01", "LIST-*")
def order_reversed(view: TraceView, chance: Random) -> Mutation:
    """A page stands in the opposite order."""
    pages = [call for call in _pages(view, 2) if all("created_at" in item for item in body(call)["data"])]
    call = pick(chance, pages)
    data = body(call)["data"]
    same = len({item["created_at"] for item in data}) == 1
    reason = "all objects of the page are of one second, whose order nobody told" if same else None
    return _rewritten(view, call, data[::-1], f"a page of {len(data)} in opposite order", reason)


@operator("LIST-ENDS-01", "LIST-ENDS-02")
def shifted_ends(view: TraceView, chance: Random) -> Mutation:
    """first_id or last_id of a page is that of another object."""
    pages = [call for call in view.pages if "first_id" in body(call)]
    call = pick(chance, pages)
    name = chance.choice(("first_id", "last_id"))
    ids = _ids(call)
    other = next((value for value in (ids if name == "last_id" else ids[::-1]) if value != body(call).get(name)), None)
    changed = answered(view.trace, call, value={**body(call), name: other or "msg_other"})
    return Mutation(changed, f"{name} of a page is not the id of its end (exchange {call.number})")


@operator("LIST-MORE-*", "LIST-FULL-01", "LIST-WHOLE-01")
def flipped_more(view: TraceView, chance: Random) -> Mutation:
    """A page says that there are more where there are none, or none where there are more."""
    call = pick(chance, view.pages)
    more = body(call)["has_more"]
    changed = answered(view.trace, call, value={**body(call), "has_more": not more})
    done = f"has_more {str(not more).lower()} (exchange {call.number})"
    return Mutation(changed, done, _unknowable(view, call), end_of_a_list(view, call))


def _unknowable(view: TraceView, call: Exchange) -> str | None:
    """Why nothing in the trace tells whether there are more after a page; None where something does."""
    data = body(call)["data"]
    if "before" in call.request.query:
        return "what has_more tells of a page in front of something is not specified"
    followed = any(
        other.number > call.number
        and other.request.path == call.request.path
        and other.request.query.get("after") == [body(call).get("last_id")]
        and _chosen(other) == _chosen(call)
        for other in view.pages
    )
    if followed:
        return None
    if body(call)["has_more"]:
        return "nobody looked at the page after this one" if data else None
    if not data or len(data) < _limit(call):
        return None  # an empty page says there are no more, one that is short is the last
    return "a full page, and nobody looked at the one after it"


def _chosen(call: Exchange) -> dict[str, list[str]]:
    """What decides on the objects of a list and their order, the default spelled out."""
    chosen = {name: told for name, told in call.request.query.items() if name not in ("after", "before", "limit")}
    return {"order": ["desc"], **chosen}


@operator("LIST-*", "LIMIT-LIST-*")
def cursor_shift(view: TraceView, chance: Random) -> Mutation:
    """A page begins with the object that the cursor names instead of the one behind it."""
    pages = _pages(view, 1)
    pairs = [
        (earlier, call)
        for call in pages
        for earlier in pages
        if earlier.number < call.number
        and earlier.request.path == call.request.path
        and call.request.query.get("after") == [_ids(earlier)[-1]]
    ]
    earlier, call = pick(chance, pairs)
    data = [body(earlier)["data"][-1], *body(call)["data"]][: max(_limit(call), 1)]
    return _rewritten(view, call, data, "a page begins with its cursor")


@operator("LIST-*", "LIMIT-*")
def page_too_long(view: TraceView, chance: Random) -> Mutation:
    """A page has more objects than were asked for."""
    pages = [call for call in _pages(view, 1) if "limit" in call.request.query and _limit(call) >= 1]
    call = pick(chance, pages)
    data = list(body(call)["data"])
    while len(data) <= _limit(call):
        data.append({**data[-1], "id": f"{data[-1]['id']}x"})
    return _rewritten(view, call, data, "a page longer than its limit")


@operator("LIST-WHOLE-01", "LIST-*", "IDENTITY-THREAD-01", "VSF-LIST-01", "BATCH-*", "FILE-LIST-01", "DELETION-*")
def lost_item(view: TraceView, chance: Random) -> Mutation:
    """A list that is shown whole lacks an object that was created and not deleted."""
    made = {call.id for call in view.trace.sightings if not call.listed and call.event is None}
    pages = [
        (call, index)
        for call in _pages(view, 1)
        if not body(call)["has_more"] and not {"after", "before"} & call.request.query.keys()
        for index, name in enumerate(_ids(call))
        if name in made and _created(view, name, call.number)
    ]
    call, index = pick(chance, pages)
    data = body(call)["data"]
    kept = [*data[:index], *data[index + 1 :]]
    expires = data[index].get("expires_at") or data[index].get("expires_after")
    reason = MAY_BE_GONE if expires else NO_WHOLE_LIST if "filter" in call.request.query else None
    return _rewritten(view, call, kept, f"a whole list without its item {index}", None, reason)


def _created(view: TraceView, name: Json, number: int) -> bool:
    """Whether a plain request of the trace created the object before the exchange with this number."""
    return any(
        body(call).get("id") == name
        and call.number < number
        and (operation := view.operation(call)) is not None
        and operation.operation_id.startswith("create")
        for call in view.replies
    )
