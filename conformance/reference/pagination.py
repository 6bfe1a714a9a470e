"""Lists in pages, by cursors that are ids."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from conformance.reference import objects
from conformance.reference.errors import not_found
from conformance.reference.objects import Json
from conformance.reference.store import Record, Store

DEFAULT_LIMIT = 20


def page(
    records: Iterable[Record],
    query: Mapping[str, Any],
    store: Store,
    noun: str,
    view: Callable[[Json], Json] = objects.plain,
) -> Json:
    """One page of a list, each object as `view` shows it. `query` is validated; an unknown cursor is refused.

    `before` gives the page that ends right before its cursor, in the list's order.
    """
    newest_first = query.get("order", "desc") == "desc"
    ordered = sorted(records, key=lambda record: record.place, reverse=newest_first)
    if (after := query.get("after")) is not None:
        place = _place(ordered, after, store, noun)
        ordered = [r for r in ordered if (r.place < place if newest_first else r.place > place)]
    if (before := query.get("before")) is not None:
        place = _place(ordered, before, store, noun)
        ordered = [r for r in ordered if (r.place > place if newest_first else r.place < place)]
    limit = query.get("limit", DEFAULT_LIMIT)
    items = ordered[-limit:] if before is not None and after is None else ordered[:limit]
    return envelope([view(record.value) for record in items], has_more=len(ordered) > len(items))


def envelope(values: list[Json], *, has_more: bool) -> Json:
    """The list object around its items."""
    return {
        "object": "list",
        "data": values,
        "first_id": values[0]["id"] if values else None,
        "last_id": values[-1]["id"] if values else None,
        "has_more": has_more,
    }


def _place(records: list[Record], cursor: str, store: Store, noun: str) -> tuple[int, int]:
    found = next((record.place for record in records if record.id == cursor), None) or store.deleted_position(cursor)
    if found is None:
        raise not_found(noun, cursor)
    return found
