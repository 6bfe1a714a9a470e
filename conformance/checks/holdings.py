"""Which files are in which vector stores, as far as the requests of a trace tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from conformance.checks.asked import Asked, asked, may_fall_between, shown_in
from conformance.checks.pages import Page
from conformance.contract import Contract
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.trace import Sighting, Trace

ENTRY = "vector_store.file"
SETTINGS = ("attributes", "chunking_strategy")
REMOVING = frozenset({"deleteVectorStoreFile", "deleteFile", "deleteVectorStore"})
# What may put files into the vector store of a thread on the way, without saying into which.
ATTACHING = frozenset({"createThread", "createMessage", "createRun", "createThreadAndRun"})


@dataclass(frozen=True)
class Addition:
    """A file that a request put, or meant to put, into a vector store; `settings` is what was sent for it."""

    asked: Asked
    store_id: str
    file_id: str
    settings: dict[str, Json]


class Holdings:
    """The files of the vector stores of a trace: put in, taken out, and what may be there besides."""

    def __init__(self, trace: Trace, contract: Contract) -> None:
        self.trace = trace
        self.requests = asked(trace, contract)
        self._stores = shown_in(trace, ("vector_store",))
        self._holders = shown_in(trace, ("assistant", "thread"))

    @cached_property
    def created(self) -> dict[str, Asked]:
        """The vector stores that requests of the trace created by themselves, by id."""
        return {
            self._stores[one.number].id: one
            for one in self.requests
            if one.operation == "createVectorStore" and one.ok and one.number in self._stores
        }

    @cached_property
    def own(self) -> frozenset[str]:
        """The vector stores that the trace created, by themselves or with an assistant, a thread or a message.

        One that came into being on the way is shown by its holder, and no request ever named it there.
        """
        named = {
            store_id
            for one in self.requests
            for holder in (one.sent, mapping(one.sent.get("thread")))
            for store_id in store_ids(holder)
        }
        made = {
            self._holders[one.number].id
            for one in self.requests
            if one.operation in ("createAssistant", "createThread") and one.number in self._holders
        }
        on_the_way = {
            store_id
            for sighting in self.trace.sightings
            if sighting.kind in ("assistant", "thread") and sighting.id in made
            for store_id in store_ids(sighting.value)
        }
        return frozenset(self.created) | (on_the_way - named)

    @cached_property
    def additions(self) -> tuple[Addition, ...]:
        """Every addition to a known vector store, in trace order; what was refused is none."""
        return tuple(addition for one in self.requests if not one.refused for addition in self._added_by(one))

    def _added_by(self, one: Asked) -> Iterator[Addition]:
        store_id: str | None = one.path.get("vector_store_id")
        rows: list[dict[str, Json]] = []
        if one.operation == "createVectorStoreFile":
            rows = [one.sent]
        elif one.operation in ("createVectorStore", "createVectorStoreFileBatch"):
            shared = {name: one.sent[name] for name in SETTINGS if name in one.sent}
            rows = [{"file_id": file_id, **shared} for file_id in sequence(one.sent.get("file_ids"))]
            rows += [mapping(row) for row in sequence(one.sent.get("files"))]
        elif one.operation in ("createAssistant", "createThread"):
            for helper in helpers(one.sent):
                chosen = {name: helper[name] for name in SETTINGS if name in helper}
                rows += [{"file_id": file_id, **chosen} for file_id in sequence(helper.get("file_ids"))]
            holder = self._holders.get(one.number)
            store_id = next(iter(store_ids(holder.value)), None) if holder else None
        if one.operation == "createVectorStore":
            store_id = self._stores[one.number].id if one.number in self._stores else None
        for row in rows:
            file_id = text(row.get("file_id"))
            if store_id and file_id:
                yield Addition(one, store_id, file_id, {name: row[name] for name in SETTINGS if name in row})

    @cached_property
    def anywhere(self) -> frozenset[str]:
        """Files that were attached or named on the way, and may be in a vector store that nothing tells of."""
        found = [
            file_id
            for one in self.requests
            if one.operation in ATTACHING
            for file_id in (*attached(one.sent), *(i for helper in _all_helpers(one.sent) for i in _ids(helper)))
        ]
        return frozenset(found)

    @cached_property
    def expiring(self) -> frozenset[str]:
        """Files that go of themselves one day, out of every store too."""
        return frozenset(one.id for one in self.trace.sightings if one.kind == "file" and one.value.get("expires_at"))

    @cached_property
    def removals(self) -> tuple[Asked, ...]:
        """The requests that took out files, or whole stores, or may have done so."""
        return tuple(one for one in self.requests if one.operation in REMOVING and not one.refused)

    def may_hold(self, store_id: str, file_id: str) -> bool:
        """Whether a file may have been in a store at any time; of a store that others made nothing is known."""
        if store_id not in self.created or file_id in self.anywhere:
            return True
        return bool(self.added(store_id, file_id))

    def added(self, store_id: str, file_id: str) -> list[Addition]:
        """The additions of a file to a store."""
        return self._added.get((store_id, file_id), [])

    @cached_property
    def _added(self) -> dict[tuple[str, str], list[Addition]]:
        found: dict[tuple[str, str], list[Addition]] = {}
        for one in self.additions:
            found.setdefault((one.store_id, one.file_id), []).append(one)
        return found

    def holds(self, store_id: str, file_id: str, at: Exchange) -> Addition | None:
        """The addition by which a file is certainly in a store when a request is answered; None where it may not be."""
        found = None
        if file_id in self.expiring:
            return None
        for one in self.added(store_id, file_id):
            if one.asked.ok and before(one.asked.exchange, at):
                found = one
        taken = (one for one in self.removals if _takes(one, store_id, file_id))
        return None if any(not before(at, one.exchange) for one in taken) else found

    def removal(self, store_id: str, file_id: str, at: Exchange) -> Asked | None:
        """The request by which a file is certainly out of a store when another is sent; None where it may be in it."""
        gone = [
            one
            for one in self.removals
            if one.ok and one.answer.get("deleted") is True and _takes(one, store_id, file_id)
        ]
        last = next((one for one in reversed(gone) if before(one.exchange, at)), None)
        if last is None:
            return None
        back = (
            one
            for one in self.added(store_id, file_id)
            if not before(one.asked.exchange, last.exchange) and not before(at, one.asked.exchange)
        )
        return last if file_id not in self.anywhere and not any(back) else None

    def spells(self, store_id: str, file_id: str, seen: Iterable[Sighting]) -> list[list[Sighting]]:
        """The sightings of a file in a store, parted where it may have been added again."""
        additions = [one.asked for one in self.added(store_id, file_id)]
        found: list[list[Sighting]] = []
        for sighting in seen:
            exchange = self.trace.exchange(sighting.where.exchange)
            if found:
                last = self.trace.exchange(found[-1][-1].where.exchange)
                if last is exchange or not any(
                    one.number == exchange.number or may_fall_between(one.exchange, last, exchange)
                    for one in additions
                    if one.number != last.number
                ):
                    found[-1].append(sighting)
                    continue
            found.append([sighting])
        return found

    @cached_property
    def entries(self) -> dict[tuple[str, str], list[Sighting]]:
        """The sightings of files in vector stores, by the store that the path names and the file.

        A batch may tell how its own addition of a file ended after the file was added again: that is left out.
        """
        paths = {one.number: one.path for one in self.requests}
        found: dict[tuple[str, str], list[Sighting]] = {}
        for sighting in self.trace.sightings:
            path = paths.get(sighting.where.exchange, {})
            store_id = path.get("vector_store_id")
            if sighting.kind != ENTRY or not store_id:
                continue
            if "batch_id" not in path or (store_id, sighting.id) not in self.added_again:
                found.setdefault((store_id, sighting.id), []).append(sighting)
        return found

    @cached_property
    def added_again(self) -> frozenset[tuple[str, str]]:
        """Files that were put into one store more than once, or may have been, after the store's id."""
        return frozenset(key for key, found in self._added.items() if len(found) > 1 or key[1] in self.anywhere)

    def undisturbed(self, one: Exchange, other: Exchange) -> bool:
        """Whether nothing that could change a store, a batch or a file may have happened between two exchanges."""
        first, last = (one, other) if one.number <= other.number else (other, one)
        return not any(
            may_fall_between(request.exchange, first, last)
            for request in self.requests
            if request.exchange.request.method != "GET"
            and not request.refused
            and request.operation != "searchVectorStore"
            and request.number not in (first.number, last.number)
        )


def _takes(one: Asked, store_id: str, file_id: str) -> bool:
    if one.operation == "deleteFile":
        return one.path.get("file_id") == file_id
    if one.path.get("vector_store_id") != store_id:
        return False
    return one.operation == "deleteVectorStore" or one.path.get("file_id") == file_id


def _file_search(holder: dict[str, Json]) -> dict[str, Json]:
    return mapping(mapping(holder.get("tool_resources")).get("file_search"))


def store_ids(holder: dict[str, Json]) -> list[str]:
    """The vector stores in the tool resources of what a request or an answer holds."""
    return [found for found in sequence(_file_search(holder).get("vector_store_ids")) if isinstance(found, str)]


def helpers(sent: dict[str, Json]) -> list[dict[str, Json]]:
    """The vector stores that a request describes, to be created on the way."""
    return [mapping(row) for row in sequence(_file_search(sent).get("vector_stores"))]


def _all_helpers(sent: dict[str, Json]) -> list[dict[str, Json]]:
    """The stores that a request describes without an answer telling their ids, as in the thread of a new run."""
    return helpers(mapping(sent.get("thread")))


def _ids(helper: dict[str, Json]) -> list[str]:
    return [found for found in sequence(helper.get("file_ids")) if isinstance(found, str)]


def attached(sent: dict[str, Json]) -> list[str]:
    """The files that the messages of a request attach for file_search."""
    rows = [sent, *sequence(sent.get("messages")), *sequence(sent.get("additional_messages"))]
    rows += sequence(mapping(sent.get("thread")).get("messages"))
    found = []
    for attachment in (mapping(one) for row in rows for one in sequence(mapping(row).get("attachments"))):
        tools = [mapping(tool).get("type") for tool in sequence(attachment.get("tools"))]
        file_id = text(attachment.get("file_id"))
        if file_id and "file_search" in tools:
            found.append(file_id)
    return found


def is_whole(walk: list[Page]) -> bool:
    """Whether pages that follow each other are a whole list, from its beginning to its end.

    A page that was asked to hold nothing (LIMIT-LIST-08) shows no end.
    """
    if not walk or walk[-1].limit == 0:
        return False
    return walk[0].is_beginning and walk[0].is_unfiltered and walk[-1].has_more is False


def whole_lists(pages: Iterable[Page], operation: str) -> Iterator[list[Page]]:
    """The walks through a list of one operation that met all of it, page by page."""
    open_walks: dict[tuple[object, ...], list[Page]] = {}
    for page in pages:
        if page.asked.operation != operation:
            continue
        cursor = page.query.get("after")
        walk = [page] if cursor is None else [*open_walks.get((page.key, cursor), ()), page]
        if page.ids and page.ids[-1] is not None and page.has_more is True:
            open_walks[page.key, page.ids[-1]] = walk
        if is_whole(walk):
            yield walk
