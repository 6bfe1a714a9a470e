"""The traces that the rows of a recording are: one for each endpoint and sitting, cut where something unseen happened.

What a row did or showed that is not judged (version 1, an unknown operation, a body that is gone), nobody knows; only
what it touched. From there on that is unknown: what is about it goes on as another trace, with nothing in front of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import unquote

from conformance.recordings.endpoints import Endpoint
from conformance.recordings.placeholders import Placeholders
from conformance.recordings.recording import Row
from conformance.recordings.selection import Selected, Selection
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, mapping, sequence, text
from conformance.trace.order import before

EPISODE = timedelta(hours=1)
"""Two exchanges of one cassette that lie further apart were not made in one sitting."""

_STEP_BACK = timedelta(minutes=1)  # recorders note the end of an exchange, in whole seconds, so a little is normal
DISTURBED = "something that is not judged may have happened during it"

_READING = ("GET", "HEAD", "OPTIONS")
_LISTS = "list of "


def sittings(selection: Selection) -> Iterator[tuple[str, Endpoint, list[Row]]]:
    """(cassette, endpoint, rows) of each trace, in the order of the file.

    Cassettes are never merged: ruby-openai's files follow one another by name, not by time, and runs would seem to go
    back from `in_progress` to `queued`. A cassette that was added to later is several traces, one for each sitting,
    told by the dates.
    """
    grouped: dict[str, list[Selected]] = {}
    for selected in selection.rows:
        grouped.setdefault(selected.row.label, []).append(selected)
    for label, cassette in grouped.items():
        unseen = [
            selected for selected in cassette if selected.reason is not None and not _is_refused(selected.exchange)
        ]
        endpoints: dict[Endpoint, list[Selected]] = {}
        for selected in cassette:
            if selected.reason is None:
                endpoints.setdefault(selected.endpoint, []).append(selected)
        for endpoint, rows in endpoints.items():
            for sitting in _by_date(rows):
                for part in _cut(sitting, unseen, selection):
                    yield label, endpoint, [selected.row for selected in part]


def _by_date(rows: list[Selected]) -> Iterator[list[Selected]]:
    sitting: list[Selected] = []
    last = None
    for selected in rows:
        date = selected.exchange.date
        if date is not None:
            if last is not None and not -_STEP_BACK <= date - last <= EPISODE:
                yield sitting
                sitting = []
            last = date
        sitting.append(selected)
    if sitting:
        yield sitting


def _is_refused(exchange: Exchange) -> bool:
    return exchange.response is not None and 400 <= exchange.response.status < 500


def _may_change(exchange: Exchange) -> bool:
    return exchange.request.method not in _READING and not _is_refused(exchange)


# ---- cuts ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Touch:
    """Something that happened unseen: in which exchange, and to which objects; `everything` where that is hidden."""

    exchange: Exchange
    names: frozenset[str] = field(default_factory=frozenset)
    everything: bool = False


def _cut(rows: list[Selected], unseen: list[Selected], selection: Selection) -> Iterator[list[Selected]]:
    """The rows of a sitting in parts, none of which knows what the others do."""
    adrift = {selected.exchange.number for selected in rows if _is_adrift(selected, selection.placeholders)}
    touches = [_Touch(selected.exchange, frozenset(_texts(selected.exchange))) for selected in unseen]
    touches += _own_touches(rows, adrift, selection)
    if not touches and not adrift:
        yield rows
        return
    bonds = _Bonds()
    for selected in rows:
        if selected.exchange.number not in adrift:
            bonds.tie(_names(selected))
    disturbed = [
        selected
        for selected in rows
        if (
            _is_cancelled(selected, rows)
            if selected.exchange.number in adrift
            else _part(selected, touches, bonds) is None
        )
    ]
    if disturbed:
        selection.leave_out(len(disturbed), DISTURBED)
        yield from _cut([s for s in rows if s not in disturbed], [*unseen, *disturbed], selection)
        return
    parts: dict[int, list[Selected]] = {}
    for selected in rows:
        number = selected.exchange.number
        part = -number if number in adrift else _part(selected, touches, bonds) or 0
        parts.setdefault(part, []).append(selected)
    yield from parts.values()


def _own_touches(rows: list[Selected], adrift: set[int], selection: Selection) -> Iterator[_Touch]:
    """What judged rows did that nobody knows: to whom (an id is hidden), or what (the request is gone)."""
    for selected in rows:
        if _may_change(selected.exchange) and selected.exchange.number in adrift:
            yield _Touch(selected.exchange, everything=True)
        elif _may_change(selected.exchange) and selection.request_is_lost(selected.exchange):
            yield _Touch(selected.exchange, frozenset(_names(selected)))


def _part(selected: Selected, touches: list[_Touch], bonds: _Bonds) -> int | None:
    """Which part of a sitting a row belongs to: the number of the last touch that what it is about had before it.

    A row that is a touch itself is the first one behind it. None where a touch may have fallen within the row.
    """
    last = 0
    about = bonds.roots(_names(selected))
    for number, touch in enumerate(touches, start=1):
        if not touch.everything and about.isdisjoint(bonds.roots(touch.names)):
            continue
        if touch.exchange is selected.exchange:
            last = max(last, number)
        elif _within(touch.exchange, selected.exchange):
            return None
        elif before(touch.exchange, selected.exchange):
            last = max(last, number)
    return last


def _is_cancelled(selected: Selected, rows: list[Selected]) -> bool:
    """Whether a run may have been cancelled during a stream that is judged by itself."""
    response = selected.exchange.response
    if response is None or not response.is_stream:
        return False
    cancels = (
        row.exchange for row in rows if row.route is not None and row.route.operation.operation_id == "cancelRun"
    )
    return any(_within(cancel, selected.exchange) for cancel in cancels)


def _within(touch: Exchange, exchange: Exchange) -> bool:
    """Whether something may have happened during an exchange: they overlap, or nobody timed them and it is a stream.

    Recorders write a stream down when it begins or when it has ended: what happened meanwhile stands beside it.
    """
    if before(touch, exchange) or before(exchange, touch):
        response = exchange.response
        untimed = exchange.started is None and response is not None and response.is_stream
        return untimed and abs(touch.number - exchange.number) == 1
    return True


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
