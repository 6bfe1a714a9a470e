"""Where a sitting is cut, because something unseen happened in it.

What a row did or showed that is not judged (version 1, an unknown operation, a body that is gone), nobody knows; only
what it touched. From there on that is unknown: what is about it goes on as another trace, with nothing in front of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

from conformance.contract.openapi import Route
from conformance.recordings.placeholders import Placeholders
from conformance.recordings.recording import Row
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, mapping, sequence, text
from conformance.trace.order import before

DISTURBED = "something that is not judged may have happened during it"

_READING = ("GET", "HEAD", "OPTIONS")
_LISTS = "list of "


@dataclass(frozen=True)
class Selected:
    """A row, restored, with the operation that it is for and the base path that is before it.

    `reason` says why it is not judged. With `lost` its request is not the one that was sent.
    """

    row: Row
    base_path: str | None = None
    route: Route | None = None
    reason: str | None = None
    lost: bool = False

    @property
    def exchange(self) -> Exchange:
        """The exchange of the row."""
        return self.row.exchange


@dataclass(frozen=True)
class Touch:
    """Something that happened unseen: in which exchange, and to which objects; `everything` where that is hidden."""

    exchange: Exchange
    names: frozenset[str] = field(default_factory=frozenset)
    everything: bool = False

    @classmethod
    def of(cls, exchange: Exchange) -> Touch:
        """What an exchange that is not judged may have touched."""
        return cls(exchange, frozenset(_texts(exchange)))


class Cutter:
    """Cuts a sitting where something unseen touches what its rows are about; `disturbed` counts what it leaves out."""

    def __init__(self, placeholders: Placeholders, unseen: list[Touch]) -> None:
        self._placeholders = placeholders
        self._unseen = unseen
        self.disturbed = 0

    def parts(self, rows: list[Selected]) -> Iterator[list[Selected]]:
        """The rows in parts, none of which knows what was done in the others."""
        adrift = {row.exchange.number for row in rows if _is_adrift(row, self._placeholders)}
        touches = [*self._unseen, *_own_touches(rows, adrift)]
        if not touches and not adrift:
            yield rows
            return
        bonds = _Bonds()
        for row in rows:
            if row.exchange.number not in adrift:
                bonds.tie(_names(row))
        about = {row.exchange.number: bonds.roots(_names(row)) for row in rows}
        touching = [(touch, bonds.roots(touch.names)) for touch in touches]
        places = {
            row.exchange.number: _alone(row, rows)
            if row.exchange.number in adrift
            else _place(row.exchange, about[row.exchange.number], touching)
            for row in rows
        }
        disturbed = [row for row in rows if places[row.exchange.number] is None]
        if disturbed:
            self.disturbed += sum(not row.row.context for row in disturbed)
            self._unseen = [*self._unseen, *(Touch.of(row.exchange) for row in disturbed)]
            yield from self.parts([row for row in rows if places[row.exchange.number] is not None])
            return
        found: dict[int | None, list[Selected]] = {}
        for row in rows:
            found.setdefault(places[row.exchange.number], []).append(row)
        yield from found.values()


def _own_touches(rows: list[Selected], adrift: set[int]) -> Iterator[Touch]:
    """What judged rows did that nobody knows: to whom (an id is hidden), or what (the request is gone)."""
    for row in rows:
        if _may_change(row.exchange) and row.exchange.number in adrift:
            yield Touch(row.exchange, everything=True)
        elif _may_change(row.exchange) and row.lost:
            yield Touch(row.exchange, frozenset(_names(row)))


def _place(exchange: Exchange, about: frozenset[str], touching: list[tuple[Touch, frozenset[str]]]) -> int | None:
    """Which part a row belongs to: the number of the last touch that what it is about had before it.

    A row that is a touch itself is the first one behind it. None where a touch may have fallen within the row.
    """
    last = 0
    for number, (touch, touched) in enumerate(touching, start=1):
        if not touch.everything and about.isdisjoint(touched):
            continue
        if touch.exchange is not exchange and _within(touch.exchange, exchange):
            return None
        if touch.exchange is exchange or before(touch.exchange, exchange):
            last = max(last, number)
    return last


def _alone(row: Selected, rows: list[Selected]) -> int | None:
    """The part of a row that is judged by itself; None where it is a stream whose run may have been cancelled then."""
    response = row.exchange.response
    if response is not None and response.is_stream:
        cancels = (r.exchange for r in rows if r.route is not None and r.route.operation.operation_id == "cancelRun")
        if any(_within(cancel, row.exchange) for cancel in cancels):
            return None
    return -row.exchange.number


def _within(touch: Exchange, exchange: Exchange) -> bool:
    """Whether something may have happened during an exchange: they overlap, or nobody timed them and it is a stream.

    Recorders write a stream down when it begins or when it has ended: what happened meanwhile stands beside it.
    """
    if before(touch, exchange) or before(exchange, touch):
        response = exchange.response
        untimed = exchange.started is None and response is not None and response.is_stream
        return untimed and abs(touch.number - exchange.number) == 1
    return True


def _may_change(exchange: Exchange) -> bool:
    refused = exchange.response is not None and 400 <= exchange.response.status < 500
    return exchange.request.method not in _READING and not refused


class _Bonds:
    """Which names belong together, because some exchange is about both."""

    def __init__(self) -> None:
        self._parents: dict[str, str] = {}

    def tie(self, names: Iterable[str]) -> None:
        """Make these names belong together."""
        first: str | None = None
        for name in names:
            root = self._root(name)
            if first is None:
                first = root
            self._parents[root] = first

    def roots(self, names: Iterable[str]) -> frozenset[str]:
        """What stands for these names; those that no exchange is about are left out."""
        return frozenset(self._root(name) for name in names if name in self._parents)

    def _root(self, name: str) -> str:
        parents = self._parents
        while (parent := parents.setdefault(name, name)) != name:
            parents[name] = name = parents[parent]
        return name


def _names(selected: Selected) -> list[str]:
    """What an exchange is about: the ids in its path, query and bodies, and the list that it reads."""
    exchange, route = selected.exchange, selected.route
    found = list(route.path_params.values()) if route is not None else []
    for value in _bodies(exchange):
        found += [named for key, named in _members(value) if _holds_id(key)]
    found += [value for key in ("after", "before") for value in exchange.request.query.get(key, ())]
    if exchange.request.method == "GET":
        found.append(f"{_LISTS}{exchange.request.path}")
    return found


def _texts(exchange: Exchange) -> set[str]:
    """Everything that an exchange may be about: each text of its path and bodies, and the lists around its path."""
    path = exchange.request.path
    words = path.split("/")
    found = {unquote(word) for word in words} | {f"{_LISTS}{'/'.join(words[:end])}" for end in range(2, len(words) + 1)}
    for value in _bodies(exchange):
        found.update(named for _, named in _members(value))
    return found


def _holds_id(key: str) -> bool:
    return key == "id" or key.endswith(("_id", "_ids"))


def _bodies(exchange: Exchange) -> Iterator[Json]:
    yield exchange.request.json
    response = exchange.response
    if response is not None and response.is_stream:
        yield from (event.json_or_none for event in response.events)
    elif response is not None:
        yield response.json_or_none


def _members(value: Json) -> Iterator[tuple[str, str]]:
    """Each text of a value, with the name of the member that it stands under."""
    waiting: list[tuple[str, Json]] = [("", value)]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, str):
            yield key, value
        elif isinstance(value, list):
            waiting += [(key, item) for item in value]
        elif isinstance(value, dict):
            waiting += value.items()


def _is_adrift(selected: Selected, placeholders: Placeholders) -> bool:
    """Whether nobody knows what an exchange is about: an id that it asks for, or of what it shows, is hidden.

    Of what changes something, every id that goes with it counts.
    """
    exchange = selected.exchange
    if _may_change(exchange):
        return any(placeholders.hides(name) for name in _names(selected))
    asked = list(selected.route.path_params.values()) if selected.route is not None else []
    asked += [value for key in ("after", "before") for value in exchange.request.query.get(key, ())]
    own = [body.get("id") for body in _shown(exchange)]
    return any(placeholders.hides(value) for value in (*asked, *own) if isinstance(value, str))


def _shown(exchange: Exchange) -> Iterator[dict[str, Json]]:
    for value in _bodies(exchange):
        body = mapping(value)
        yield body if text(body.get("object")) else {}
        yield from (mapping(item) for item in sequence(body.get("data")))
