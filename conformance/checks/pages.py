"""Pages of lists as the checks read them: what was asked, what was listed, in which order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from conformance.checks.asked import Asked, asked
from conformance.contract import Contract
from conformance.trace.json import Json, is_integer, mapping, text
from conformance.trace.trace import Trace, Where

# Parameters that choose a page, and not what is on the list.
PAGING = frozenset({"after", "before", "limit", "order", "include[]", "include"})
_LONGEST_NUMBER = 9


@dataclass(frozen=True)
class Page:
    """One page of a list. `parameters` are the query parameters that the operation knows."""

    asked: Asked
    body: dict[str, Json]
    parameters: frozenset[str]

    @property
    def number(self) -> int:
        """The number of the exchange."""
        return self.asked.number

    @property
    def where(self) -> Where:
        """The exchange as a place."""
        return self.asked.where

    @property
    def path(self) -> str:
        """The path of the list."""
        return self.asked.exchange.request.path

    @cached_property
    def items(self) -> list[dict[str, Json]]:
        """What is listed; what is no object is empty."""
        return [mapping(item) for item in self.body["data"]]

    @cached_property
    def ids(self) -> list[str | None]:
        """The ids of what is listed, None where an item has none."""
        return [text(item.get("id")) for item in self.items]

    @property
    def has_more(self) -> Json:
        """What the page says about further ones."""
        return self.body.get("has_more")

    @cached_property
    def query(self) -> dict[str, str]:
        """The query parameters, each with its last value."""
        return {name: values[-1] for name, values in self.asked.exchange.request.query.items()}

    @property
    def limit(self) -> int | None:
        """The limit that was asked; None where none was, or none that is a number."""
        told = self.query.get("limit", "")
        return int(told) if told.isascii() and told.isdigit() and len(told) <= _LONGEST_NUMBER else None

    @property
    def order(self) -> str | None:
        """`desc` or `asc`; None where something else was asked."""
        told = self.query.get("order", "desc")
        return told if told in ("asc", "desc") else None

    @property
    def created(self) -> list[int]:
        """When the objects were created; empty unless it is known of each."""
        times = [time for item in self.items if is_integer(time := item.get("created_at"))]
        return times if len(times) == len(self.items) else []

    @property
    def disorder(self) -> int | None:
        """The index of the first object that stands behind one it should precede."""
        falling = self.order == "desc"
        for index, (one, other) in enumerate(pairwise(self.created), start=1):
            if self.order is not None and (other > one if falling else other < one):
                return index
        return None

    @property
    def key(self) -> tuple[object, ...]:
        """What two pages of one walk have in common: the list, its order and its filters."""
        chosen = (f"{name}={value}" for name, value in self.query.items() if name not in ("after", "before", "limit"))
        return (self.path, *sorted(chosen))

    @property
    def is_beginning(self) -> bool:
        """Whether the page was asked for without a cursor."""
        return not self.query.keys() & {"after", "before"}

    @property
    def is_unfiltered(self) -> bool:
        """Whether nothing was asked that could leave objects out."""
        return self.query.keys() <= PAGING


def pages(trace: Trace, contract: Contract) -> Iterator[Page]:
    """The pages of lists that have pages, in trace order."""
    operations = contract.operations.by_id
    for one in asked(trace, contract):
        parameters = frozenset(p.name for p in operations[one.operation].parameters if p.location == "query")
        body = one.answer
        if "after" in parameters and one.ok and body.get("object") == "list" and isinstance(body.get("data"), list):
            yield Page(one, body, parameters)
