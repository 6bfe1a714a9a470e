"""A feed of any length in portions that are judged each by itself: memory is bounded by what is open, not by the feed.

An exchange belongs to the object that its path names first, or that it creates: a thread with its messages, runs, steps
and streams, a vector store with its files, an assistant, a file. A portion holds the exchanges of objects that are
settled (quiet for a while), and beside them, as `context`, those of the assistants, files and stores that they name. An
object is never shown with a hole in what changed it: where something has to be forgotten, all that lies before it is,
and what follows is judged as traffic that begins there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import orjson

from conformance.contract import Contract
from conformance.trace.exchange import Exchange

Item = TypeVar("Item")

SIZE = 2000
"""Exchanges of a portion, about."""
MOST = 2 * SIZE
"""Exchanges that wait at most: beyond them objects are judged before they are settled, the quietest first."""
MOST_BYTES = 16 * 1024 * 1024
"""Bytes of bodies that wait at most."""
KEPT = 4 * SIZE
"""Exchanges of assistants, files and stores that are kept, as context of what comes."""
KEPT_OF_ONE = 100
"""Exchanges that are kept of one of them."""
SETTLED_AFTER = timedelta(minutes=1)
"""An object that nobody asked for as long is settled, where the exchanges tell their time."""
REMEMBERED = 50_000
"""Threads that were judged and whose return would be noticed."""

_READS_KEPT = 2
_HEADERS = 2048  # what an exchange takes besides its bodies
_THREAD = "thread_id"
_THREAD_OF_RUN = re.compile(rb'"thread_id"\s*:\s*"([^"\\]{1,200})"')
_REFERENCES = re.compile(rb'"(assistant|file|vector_store)_ids?"\s*:\s*(?:"([^"\\]{1,200})"|\[([^\]]*)\])')
_IDS = re.compile(rb'"id"\s*:\s*"([^"\\]{1,200})"')
_TEXTS = re.compile(rb'"([^"\\]{1,200})"')
_ATTACHES = re.compile(rb'"(?:attachments|file_ids)"\s*:\s*\[\s*[^\]\s]')


@dataclass(frozen=True)
class Portion(Generic[Item]):
    """What is judged together, in order of arrival, each item with whether it is only context of the others."""

    items: tuple[tuple[Item, bool], ...]


@dataclass
class GivenUp:
    """What a window could not hold together: `returned` threads and stores went on after they were judged.

    `forgotten` assistants, files and stores lost some or all of what was kept of them.
    """

    returned: int = 0
    forgotten: int = 0

    def __add__(self, other: GivenUp) -> GivenUp:
        return GivenUp(self.returned + other.returned, self.forgotten + other.forgotten)


@dataclass(slots=True)
class _Entry(Generic[Item]):
    order: int
    item: Item
    names: frozenset[str]
    stores: frozenset[str]
    changes: bool


@dataclass(slots=True)
class _Subject(Generic[Item]):
    """An object with its exchanges: those that wait, and those that were judged and are `kept` as context.

    `alone` tells that it is never context of others: a thread, or a whole cassette.
    """

    alone: bool
    waiting: list[_Entry[Item]] = field(default_factory=list)
    kept: list[_Entry[Item]] = field(default_factory=list)
    order: int = 0
    date: datetime | None = None
    bytes: int = 0


class Window(Generic[Item]):
    """Takes exchanges one by one, each with an item that stands for it, and gives portions back when they are ready."""

    def __init__(self, contract: Contract, base_path: str | None = None, size: int = SIZE) -> None:
        self.given_up = GivenUp()
        self._contract = contract
        self._base_path = base_path
        self._size, self._most, self._kept_most = size, size * MOST // SIZE, size * KEPT // SIZE
        self._roots = {operation.path.split("/")[1] for operation in contract.operations}
        self._creating = frozenset(name for name, answer in contract.objects.answers.items() if answer.creates)
        self._subjects: dict[str, _Subject[Item]] = {}  # the one that was kept longest without use first
        self._others: list[_Entry[Item]] = []
        self._bonds: dict[str, set[str]] = {}  # what a thread names to which files were attached
        self._judged: dict[str, None] = {}
        self._order = self._waiting = self._bytes = self._others_bytes = self._kept = 0
        self._next = size
        self._date: datetime | None = None

    def add(self, exchange: Exchange, item: Item, cassette: str | None = None) -> Iterator[Portion[Item]]:
        """Take an exchange in; yields what is ready to be judged then. The exchanges of a `cassette` stay together."""
        self._order += 1
        self._date = exchange.date or self._date
        named, is_thread = (cassette, True) if cassette is not None else self._subject(exchange)
        names, stores = (_NONE, _NONE) if cassette is not None else self._names(exchange, named)
        entry = _Entry(self._order, item, names, stores, exchange.request.method not in _READING)
        size = len(exchange.request.body) + (len(exchange.response.body) if exchange.response else 0) + _HEADERS
        self._waiting += 1
        self._bytes += size
        if named is None:
            self._others.append(entry)
            self._others_bytes += size
        else:
            subject = self._subjects.get(named)
            if subject is None:
                subject = self._subjects[named] = _Subject(is_thread)
                self.given_up.returned += named in self._judged
            subject.waiting.append(entry)
            subject.order, subject.date = self._order, exchange.date
            subject.bytes += size
            if is_thread and entry.changes and _ATTACHES.search(exchange.request.body):
                self._bind(named, {store for one in subject.waiting for store in one.stores})
            elif named in self._bonds:
                self._bind(named, stores)
        if self._waiting >= self._next or self._bytes >= MOST_BYTES:
            yield from self._ready()
            self._next = max(self._size, self._waiting + self._size // 4)

    def settled(self) -> Iterator[Portion[Item]]:
        """What can be judged by now, however little it is: for a feed in which nothing comes for a while."""
        yield from self._cut(self._quiet(0))

    def rest(self) -> Iterator[Portion[Item]]:
        """All that waits, at the end of a feed, or at a gap that nobody knows anything of: nothing is kept."""
        yield from self._cut(set(self._subjects))
        self._subjects.clear()
        self._judged.clear()
        self._bonds.clear()
        self._kept = 0

    # ---- what an exchange is about -----------------------------------------------------------------------------------

    def _subject(self, exchange: Exchange) -> tuple[str | None, bool]:
        """(the object that an exchange belongs to, None where it is about a whole account; whether it is a thread)."""
        request, response = exchange.request, exchange.response
        match = self._contract.operations.match
        route = match(request.method, request.path, self._base_path)
        if route is None:
            words = request.path.split("/")
            tails = ("/" + "/".join(words[at:]) for at, word in enumerate(words[:32]) if at and word in self._roots)
            route = next(filter(None, (match(request.method, tail, "") for tail in tails)), None)
            if route is None:  # no operation of ours may be about an object of ours all the same
                named = next((word for word in words if word in self._subjects), None)
                return named, named is not None and self._subjects[named].alone
        for parameter, value in route.path_params.items():
            return value, parameter == _THREAD
        operation = route.operation.operation_id
        if operation not in self._creating or response is None or not exchange.ok:
            return None, False
        if operation == "createThreadAndRun":
            found = _THREAD_OF_RUN.search(response.body)
            return (found[1].decode("utf-8", "replace"), True) if found else (None, False)
        try:
            made = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            return None, False
        named = made.get("id") if isinstance(made, dict) else None
        return (named, operation == "createThread") if isinstance(named, str) else (None, False)

    def _names(self, exchange: Exchange, subject: str | None) -> tuple[frozenset[str], frozenset[str]]:
        """The assistants, files and stores that an exchange names, and the stores alone."""
        found: set[bytes] = set()
        stores: set[bytes] = set()
        for body in (exchange.request.body, exchange.response.body if exchange.response else b""):
            for kind, one, several in _REFERENCES.findall(body):
                named = _TEXTS.findall(several) if several else (one,)
                found.update(named)
                if kind == b"vector_store":
                    stores.update(named)
        if subject is None and exchange.response is not None:
            found.update(_IDS.findall(exchange.response.body))
        return _texts(found) - {subject or ""}, _texts(stores)

    def _bind(self, thread: str, stores: Iterable[str]) -> None:
        """Files were attached in a thread: what becomes of the stores that it uses cannot be told without it."""
        bound = self._bonds.setdefault(thread, set())
        for store in stores:
            bound.add(store)
            self._bonds.setdefault(store, set()).add(thread)

    # ---- what is judged when -----------------------------------------------------------------------------------------

    def _ready(self) -> Iterator[Portion[Item]]:
        quiet = self._quiet(self._size // 4)
        if 2 * self._count(quiet) >= self._size:
            yield from self._cut(quiet)
        if self._waiting < self._most and self._bytes < MOST_BYTES:
            return
        chosen = set[str]()
        for name in sorted((name for name, one in self._subjects.items() if one.waiting), key=self._last):
            chosen |= self._bound(name)
            if 2 * self._count(chosen) >= self._waiting or 2 * self._size_of(chosen) >= self._bytes:
                break
        yield from self._cut(chosen)

    def _last(self, name: str) -> int:
        return self._subjects[name].order

    def _count(self, names: Iterable[str]) -> int:
        return len(self._others) + sum(len(self._subjects[name].waiting) for name in names)

    def _size_of(self, names: Iterable[str]) -> int:
        return self._others_bytes + sum(self._subjects[name].bytes for name in names)

    def _quiet(self, behind: int) -> set[str]:
        """The objects that nobody asked for in so many exchanges, nor for a while, with what is bound to them."""
        last = self._order - behind
        long_ago = self._date - SETTLED_AFTER if self._date is not None else None
        quiet = {
            name
            for name, one in self._subjects.items()
            if one.waiting
            and one.order <= last
            and (one.date is None or long_ago is None or _before(one.date, long_ago))
        }
        if not self._bonds:
            return quiet
        waiting = {name for name, one in self._subjects.items() if one.waiting}
        bound = {name: self._bound(name) for name in quiet}
        return set[str]().union(*(those for those in bound.values() if those & waiting <= quiet))

    def _bound(self, name: str) -> set[str]:
        """An object with all that files which were attached in threads may have changed, and those threads."""
        found, names = set[str](), [name]
        while names:
            name = names.pop()
            if name not in found:
                found.add(name)
                names += self._bonds.get(name, ())
        return found & self._subjects.keys()

    def _cut(self, chosen: set[str]) -> Iterator[Portion[Item]]:
        """The exchanges of these objects as one portion."""
        own = [*self._others, *(entry for name in chosen for entry in self._subjects[name].waiting)]
        if not own:
            return
        rows = [*((entry, False) for entry in own), *((entry, True) for entry in self._context(own, chosen))]
        for name in chosen:
            self._settle(name, bool(self._bonds.pop(name, None)))
        for name in {name for entry in own for name in entry.names} & self._subjects.keys():
            self._subjects[name] = self._subjects.pop(name)  # it was used last
        self._waiting -= len(own)
        self._bytes -= self._others_bytes
        self._others, self._others_bytes = [], 0
        self._forget()
        yield Portion(tuple((entry.item, is_context) for entry, is_context in sorted(rows, key=_by_order)))

    def _context(self, own: list[_Entry[Item]], chosen: set[str]) -> list[_Entry[Item]]:
        """The exchanges of what these name, of what those name, and so on."""
        found: list[_Entry[Item]] = []
        seen: set[str] = set()
        names = [name for entry in own for name in entry.names]
        for name in chosen:
            found += self._subjects[name].kept
            names += [other for entry in self._subjects[name].kept for other in entry.names]
        while names:
            name = names.pop()
            subject = self._subjects.get(name)
            if subject is None or name in seen or name in chosen or subject.alone:
                continue
            seen.add(name)
            entries = [*subject.kept, *subject.waiting]
            if len(found) + len(entries) <= self._kept_most:
                found += entries
                names += [other for entry in entries for other in entry.names]
        return found

    # ---- what is kept ------------------------------------------------------------------------------------------------

    def _settle(self, name: str, attached: bool) -> None:
        """Keep of a judged object what its later exchanges, and those of others, have to know."""
        subject = self._subjects[name]
        self._bytes -= subject.bytes
        self._kept -= len(subject.kept)
        if subject.alone or attached:  # what was attached to a store was done in threads that are forgotten
            del self._subjects[name]
            self._judged[name] = None
            if len(self._judged) > REMEMBERED:
                del self._judged[next(iter(self._judged))]
            return
        entries = [*subject.kept, *subject.waiting]
        reads = [entry.order for entry in entries if not entry.changes][-_READS_KEPT:]
        entries = [entry for entry in entries if entry.changes or entry.order in reads]
        if len(entries) > KEPT_OF_ONE:
            entries = entries[-KEPT_OF_ONE // 2 :]
            self.given_up.forgotten += 1
        subject.kept, subject.waiting, subject.bytes = entries, [], 0
        self._kept += len(entries)

    def _forget(self) -> None:
        """Make room among what is kept: what was not used for longest goes first."""
        for name in list(self._subjects) if self._kept > self._kept_most else ():
            subject = self._subjects[name]
            if self._kept <= self._kept_most:
                break
            if subject.kept and not subject.waiting:
                self._kept -= len(subject.kept)
                self.given_up.forgotten += 1
                del self._subjects[name]


_READING = ("GET", "HEAD", "OPTIONS")
_NONE = frozenset[str]()


def _texts(found: Iterable[bytes]) -> frozenset[str]:
    return frozenset(name.decode("utf-8", "replace") for name in found)


def _before(one: datetime, other: datetime) -> bool:
    """Whether a moment is before another; of two that cannot be compared (one has no zone) nobody knows."""
    return (one.tzinfo is None) != (other.tzinfo is None) or one < other


def _by_order(row: tuple[_Entry[Item], bool]) -> int:
    return row[0].order
