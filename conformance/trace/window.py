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
"""Bytes of bodies that wait at most, and as many are kept."""
KEPT = 4 * SIZE
"""Exchanges of assistants, files and stores that are kept, as context of what comes."""
KEPT_OF_ONE = 100
"""Exchanges that are kept of one of them."""
SETTLED_AFTER = timedelta(minutes=1)
"""An object that nobody asked for as long is settled, where the exchanges tell their time."""
REMEMBERED = 50_000
"""Objects that are gone and whose return would be noticed."""

_READS_KEPT = 2
_SHORTEST_ID = 8
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
    """What a window could not hold together: `returned` threads went on after they were judged.

    `forgotten` assistants, files and stores were used again when some or all of what was kept of them was gone.
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
    changes: bool
    size: int


@dataclass(slots=True)
class _Subject(Generic[Item]):
    """An object with its exchanges: those that wait, and those that were judged and are `kept` as context.

    `alone` tells that it is never context of others: a thread, or a whole cassette. `bytes` are those that wait,
    `stores` what these name.
    """

    alone: bool
    waiting: list[_Entry[Item]] = field(default_factory=list)
    kept: list[_Entry[Item]] = field(default_factory=list)
    stores: set[str] = field(default_factory=set)
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
        self._bonds: dict[str, set[str]] = {}  # what cannot be judged without another
        self._gone: dict[str, bool] = {}  # whether it is a thread, by name
        self._order = self._waiting = self._bytes = self._others_bytes = self._kept = self._kept_bytes = 0
        self._next = size
        self._date: datetime | None = None

    def add(self, exchange: Exchange, item: Item, cassette: str | None = None) -> Iterator[Portion[Item]]:
        """Take an exchange in; yields what is ready to be judged then.

        The exchanges of a `cassette` stay together, and so do cassettes that are about the same objects.
        """
        self._order += 1
        self._date = exchange.date or self._date
        named, is_thread = self._subject(exchange)
        names, stores = (_NONE, _NONE) if cassette is not None else self._names(exchange, named)
        if cassette is not None:
            if named is not None and is_id(named):
                self._bind(cassette, [named])
            named, is_thread = cassette, True
        size = len(exchange.request.body) + (len(exchange.response.body) if exchange.response else 0) + _HEADERS
        entry = _Entry(self._order, item, names, exchange.request.method not in _READING, size)
        for name in (named or "", *names) if self._gone else ():
            if (was_thread := self._gone.pop(name, None)) is not None:
                self.given_up.returned += was_thread
                self.given_up.forgotten += not was_thread
        self._waiting += 1
        self._bytes += size
        if named is None:
            self._others.append(entry)
            self._others_bytes += size
        else:
            subject = self._subjects.get(named)
            if subject is None:
                subject = self._subjects[named] = _Subject(is_thread)
            subject.waiting.append(entry)
            subject.order, subject.date = self._order, exchange.date
            subject.bytes += size
            subject.stores |= stores
            if is_thread and entry.changes and _ATTACHES.search(exchange.request.body):
                self._bind(named, subject.stores)
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
        self._bonds.clear()
        self._gone.clear()
        self._kept = self._kept_bytes = 0

    def open(self) -> Portion[Item]:
        """All that waits, as it is by now; it goes on waiting."""
        return self._portion(set(self._subjects))

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

    def _bind(self, subject: str, names: Iterable[str]) -> None:
        """What becomes of these cannot be told without a subject: stores, and a thread in which files were attached."""
        bound = self._bonds.setdefault(subject, set())
        for name in names:
            bound.add(name)
            self._bonds.setdefault(name, set()).add(subject)

    # ---- what is judged when -----------------------------------------------------------------------------------------

    def _ready(self) -> Iterator[Portion[Item]]:
        quiet = self._quiet(self._size // 4)
        if 2 * (len(self._others) + sum(self._count(name) for name in quiet)) >= self._size:
            yield from self._cut(quiet)
        if self._waiting < self._most and self._bytes < MOST_BYTES:
            return
        chosen, count, size = set[str](), len(self._others), self._others_bytes
        waiting = sorted((name for name, one in self._subjects.items() if one.waiting), key=self._last)
        for bound in self._bound(waiting):
            chosen |= bound
            count += sum(self._count(name) for name in bound)
            size += sum(self._subjects[name].bytes for name in bound if name in self._subjects)
            if 2 * count >= self._waiting or 2 * size >= self._bytes:
                break
        yield from self._cut(chosen)

    def _last(self, name: str) -> int:
        return self._subjects[name].order

    def _count(self, name: str) -> int:
        return len(self._subjects[name].waiting) if name in self._subjects else 0

    def _quiet(self, behind: int) -> set[str]:
        """The objects that nobody asked for in so many exchanges, nor for a while, with what is bound to them."""
        last = self._order - behind
        long_ago = self._date - SETTLED_AFTER if self._date is not None else None
        quiet = {
            name: None
            for name, one in self._subjects.items()
            if one.waiting
            and one.order <= last
            and (one.date is None or long_ago is None or _before(one.date, long_ago))
        }
        if not self._bonds:
            return set(quiet)
        are_quiet = (those for those in self._bound(quiet) if all(n in quiet or not self._count(n) for n in those))
        return set[str]().union(*are_quiet)

    def _bound(self, names: Iterable[str]) -> Iterator[set[str]]:
        """These objects, each once, with all that files which were attached in threads may have changed."""
        seen = set[str]()
        for name in names:
            found, ahead = set[str](), [name]
            while ahead:
                name = ahead.pop()
                if name not in seen:
                    seen.add(name)
                    found.add(name)
                    ahead += self._bonds.get(name, ())
            if found:
                yield found

    def _cut(self, chosen: set[str]) -> Iterator[Portion[Item]]:
        """The exchanges of these objects as one portion; what is bound to one of them is among them."""
        attached = {name for name in chosen if self._bonds.pop(name, None)}
        for name in attached - self._subjects.keys():
            self._is_gone(name, is_thread=False)
        chosen &= self._subjects.keys()
        made = self._portion(chosen)
        if not made.items:
            return
        used = {name for entry in self._own(chosen) for name in entry.names}
        self._waiting -= len(self._others) + sum(map(self._count, chosen))
        for name in chosen:
            self._settle(name, name in attached)
        for name in used & self._subjects.keys():
            self._subjects[name] = self._subjects.pop(name)  # it was used last
        self._bytes -= self._others_bytes
        self._others, self._others_bytes = [], 0
        self._forget()
        yield made

    def _own(self, chosen: set[str]) -> list[_Entry[Item]]:
        return [*self._others, *(entry for name in chosen for entry in self._subjects[name].waiting)]

    def _portion(self, chosen: set[str]) -> Portion[Item]:
        own = self._own(chosen)
        context = self._context(own, chosen) if own else []
        rows = [*((entry, False) for entry in own), *((entry, True) for entry in context)]
        return Portion(tuple((entry.item, is_context) for entry, is_context in sorted(rows, key=_by_order)))

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
            found += entries
            names += [other for entry in entries for other in entry.names]
        return found

    # ---- what is kept ------------------------------------------------------------------------------------------------

    def _settle(self, name: str, attached: bool) -> None:
        """Keep of a judged object what its later exchanges, and those of others, have to know."""
        subject = self._subjects[name]
        self._bytes -= subject.bytes
        entries = [*subject.kept, *subject.waiting]
        self._drop(name)
        if subject.alone or attached:  # what was attached to a store was done in threads that are forgotten
            self._is_gone(name, subject.alone)
            return
        reads = [entry.order for entry in entries if not entry.changes][-_READS_KEPT:]
        entries = [entry for entry in entries if entry.changes or entry.order in reads]
        if len(entries) > KEPT_OF_ONE:
            entries = entries[-KEPT_OF_ONE // 2 :]
            self.given_up.forgotten += 1
        self._subjects[name] = _Subject(alone=False, kept=entries, order=subject.order, date=subject.date)
        self._kept += len(entries)
        self._kept_bytes += sum(entry.size for entry in entries)

    def _drop(self, name: str) -> None:
        subject = self._subjects.pop(name)
        self._kept -= len(subject.kept)
        self._kept_bytes -= sum(entry.size for entry in subject.kept)

    def _forget(self) -> None:
        """Make room among what is kept: what was not used for longest goes first."""
        over = self._kept > self._kept_most or self._kept_bytes > MOST_BYTES
        for name in list(self._subjects) if over else ():
            subject = self._subjects[name]
            if self._kept <= self._kept_most and self._kept_bytes <= MOST_BYTES:
                break
            if subject.kept and not subject.waiting:
                self._drop(name)
                self._is_gone(name, is_thread=False)

    def _is_gone(self, name: str, is_thread: bool) -> None:
        self._gone[name] = is_thread
        if len(self._gone) > REMEMBERED:
            del self._gone[next(iter(self._gone))]


_READING = ("GET", "HEAD", "OPTIONS")
_NONE = frozenset[str]()


def is_id(name: str) -> bool:
    """Whether a text is the id of an object; what could be a word is none: recorders write one in place of ids."""
    return len(name) >= _SHORTEST_ID and any(letter.isdigit() for letter in name)


def _texts(found: Iterable[bytes]) -> frozenset[str]:
    return frozenset(name.decode("utf-8", "replace") for name in found)


def _before(one: datetime, other: datetime) -> bool:
    """Whether a moment is before another; of two that cannot be compared (one has no zone) nobody knows."""
    return (one.tzinfo is None) != (other.tzinfo is None) or one < other


def _by_order(row: tuple[_Entry[Item], bool]) -> int:
    return row[0].order
