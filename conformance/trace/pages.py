"""Pages of lists: what was asked, what was listed, in which order; and walks from page to page."""

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise

from conformance.trace.calls import OperationCall
from conformance.trace.exchange import Exchange
from conformance.trace.json import UNKNOWN, Json, mapping, text
from conformance.trace.times import creation_time
from conformance.trace.trace import Where

# Parameters that choose a page, and not what is on the list.
PAGING = frozenset({"after", "before", "limit", "order", "include[]", "include"})
_LONGEST_NUMBER = 9
_UNKNOWN = UNKNOWN.encode()


class Page:
    """One page of a list. `parameters` are the query parameters that the operation knows."""

    def __init__(self, call: OperationCall, parameters: frozenset[str]) -> None:
        self.call = call
        self.body = call.answer
        self.parameters = parameters

    @property
    def number(self) -> int:
        """The number of the exchange."""
        return self.call.number

    @property
    def exchange(self) -> Exchange:
        """The exchange that the page is the answer of."""
        return self.call.exchange

    @property
    def where(self) -> Where:
        """The exchange as a place."""
        return self.call.where

    @property
    def path(self) -> str:
        """The path of the list."""
        return self.call.exchange.request.path

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
        return {name: values[-1] for name, values in self.call.exchange.request.query.items()}

    @property
    def limit(self) -> int | None:
        """The limit that was asked; None where none was, or none that is a number."""
        limit = self.query.get("limit", "")
        return int(limit) if limit.isascii() and limit.isdigit() and len(limit) <= _LONGEST_NUMBER else None

    @property
    def order(self) -> str | None:
        """`desc` or `asc`; None where something else was asked."""
        order = self.query.get("order", "desc")
        return order if order in ("asc", "desc") else None

    @cached_property
    def created(self) -> list[int]:
        """When the objects were created; empty unless it is known of each."""
        times = [time for item in self.items if (time := creation_time(item)) is not None]
        return times if len(times) == len(self.items) else []

    @cached_property
    def disorder(self) -> int | None:
        """The index of the first object that stands behind one it should precede."""
        falling = self.order == "desc"
        for index, (earlier, later) in enumerate(pairwise(self.created), start=1):
            if self.order is not None and (later > earlier if falling else later < earlier):
                return index
        return None

    @cached_property
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

    @property
    def is_known(self) -> bool:
        """Whether a recorder hid nothing on the page; what is hidden may be whatever somebody misses there."""
        response = self.call.exchange.response
        return response is None or _UNKNOWN not in response.body

    @property
    def is_whole_list(self) -> bool:
        """Whether the page is the whole list, from its beginning to its end, with nothing filtered out or hidden."""
        return self.is_beginning and self.is_unfiltered and self.has_more is False and self.is_known


def is_whole(walk: list[Page]) -> bool:
    """Whether pages that follow each other are a whole list, from its beginning to its end."""
    if not walk or not all(page.is_known for page in walk):
        return False
    return walk[0].is_beginning and walk[0].is_unfiltered and walk[-1].has_more is False


def whole_lists(pages: Iterable[Page]) -> Iterator[list[Page]]:
    """The walks through lists that met all of one, page by page."""
    before: dict[int, Page | None] = {}  # by exchange number, the page that each went on from
    last: dict[tuple[object, ...], Page] = {}
    for page in pages:
        cursor = page.query.get("after")
        before[page.number] = None if cursor is None else last.get((page.key, cursor))
        if page.ids and page.ids[-1] is not None and page.has_more is True:
            last[page.key, page.ids[-1]] = page
        elif page.has_more is False:
            walk, earlier = [page], before[page.number]
            while earlier is not None:
                walk.append(earlier)
                earlier = before[earlier.number]
            if is_whole(walk[::-1]):
                yield walk[::-1]
