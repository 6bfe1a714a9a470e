"""Which files are in which vector stores, as far as the calls of a trace show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from conformance.trace.calls import NO_CALLS, OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.history import History
from conformance.trace.index import Index
from conformance.trace.json import Json, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.pages import Page
from conformance.trace.trace import Sighting

SETTINGS = ("attributes", "chunking_strategy")
REMOVING = ("deleteVectorStoreFile", "deleteFile", "deleteVectorStore")
# What may put files into the vector store of a thread on the way, without saying into which.
ATTACHING = ("createThread", "createMessage", "createRun", "createThreadAndRun")
HOLDING = ("createAssistant", "modifyAssistant", "createThread", "modifyThread", "createThreadAndRun")
"""The operations whose requests can name vector stores as tool resources."""

Key = tuple[str, str]
"""A vector store and a file, by their ids."""


@dataclass(frozen=True)
class Addition:
    """A file that a call put, or meant to put, into a vector store; `settings` is what was sent for it."""

    call: OperationCall
    store_id: str
    file_id: str
    settings: dict[str, Json]


class StoredFile:
    """One file in one vector store: what added it, what may have removed it, and what is shown of it there.

    `additions` and `removals` are the calls that were not refused; `history` has the sightings under the store's path.
    """

    def __init__(self, contents: StoreContents, key: Key) -> None:
        self.store_id, self.file_id = key
        self._contents = contents
        added = contents.additions.get(key, ())
        self.additions = Timeline(dict.fromkeys(addition.call for addition in added))
        self._by_call = {addition.call.number: addition for addition in added}

    @cached_property
    def history(self) -> History:
        """The sightings of the file in the store."""
        return History(self._contents.index.trace, self._contents.sightings.get((self.store_id, self.file_id), ()))

    @cached_property
    def removals(self) -> Timeline:
        """The calls that removed the file from the store, or may have: of the file itself, and of the whole store."""
        calls_on = self._contents.index.calls_on
        found = [
            self._contents.calls_on(self, "deleteVectorStoreFile").where(lambda call: not call.refused),
            calls_on("file_id", self.file_id, "deleteFile", effective=True),
            calls_on("vector_store_id", self.store_id, "deleteVectorStore", effective=True),
        ]
        calls = [timeline for timeline in found if timeline]
        if len(calls) < 2:
            return calls[0] if calls else NO_CALLS
        return Timeline(sorted(chain(*calls), key=lambda call: call.number))

    @cached_property
    def updates(self) -> Timeline:
        """The calls that would change the attributes of the file in the store, the refused ones included."""
        return self._contents.calls_on(self, "updateVectorStoreFileAttributes")

    @cached_property
    def effective_updates(self) -> Timeline:
        """The calls that may have changed the attributes of the file in the store."""
        return self.updates.where(lambda call: not call.refused)

    @cached_property
    def _accepted_additions(self) -> Timeline:
        return self.additions.where(lambda call: call.ok)

    @cached_property
    def _accepted_removals(self) -> Timeline:
        return self.removals.where(is_deletion)

    @property
    def was_added(self) -> bool:
        """Whether a call that added the file was accepted."""
        return bool(self._accepted_additions)

    def held(self, at: Exchange) -> Addition | None:
        """The addition by which the file is certainly in the store at an exchange; None where it may not be."""
        if self.file_id in self._contents.expiring or (self.removals and self.removals.any_not_after(at)):
            return None
        call = self._accepted_additions.last_before(at)
        return self._by_call[call.number] if call else None

    def removal(self, at: Exchange) -> OperationCall | None:
        """The call by which the file is certainly out of the store at an exchange; None where it may be in it."""
        removal = self._accepted_removals.last_before(at) if self.removals else None
        if removal is None or self.file_id in self._contents.attached:
            return None
        return None if self.additions.any_between(removal.exchange, at) else removal

    def addition(self, at: Exchange) -> Addition | None:
        """The addition that an exchange certainly shows; None where two may have overtaken each other."""
        last = next(self.additions.not_after(at), None)
        if last is None or not last.ok or not (last.number == at.number or before(last.exchange, at)):
            return None
        return self._by_call[last.number]

    @cached_property
    def stays(self) -> tuple[History, ...]:
        """The sightings of the file in the store, parted where it may have been added again."""
        exchange, parts = self._contents.index.exchange, list[list[Sighting]]()
        for sighting in self.history:
            last = parts[-1][-1] if parts else None
            if last is None or (
                last.where.exchange != sighting.where.exchange
                and (
                    sighting.where.exchange in self._by_call
                    or self.additions.any_between(exchange(last), exchange(sighting))
                )
            ):
                parts.append([])
            parts[-1].append(sighting)
        return (self.history,) if len(parts) == 1 else tuple(History(self._contents.index.trace, p) for p in parts)


class StoreContents:
    """The files of the vector stores of a trace: added, removed, and what may be there besides."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._stores = index.shown_by("vector_store")
        self._holders = index.shown_by("assistant", "thread")
        self._files: dict[Key, StoredFile] = {}
        self._stores_shown: dict[Key, tuple[str, ...] | None] = {}
        self._calls: dict[str, dict[Key, Timeline]] = {}

    # ---- stores ------------------------------------------------------------------------------------------------------

    @cached_property
    def created(self) -> dict[str, OperationCall]:
        """The calls that created vector stores by themselves, by the id of the store."""
        return {
            self._stores[call.number].id: call
            for call in self.index.calls_to("createVectorStore")
            if call.ok and call.number in self._stores
        }

    @cached_property
    def named(self) -> frozenset[str]:
        """The vector stores that requests named as tool resources."""
        return frozenset(found for call in self.index.calls_to(*HOLDING) for found in store_ids(call.sent))

    @cached_property
    def own(self) -> frozenset[str]:
        """The vector stores that the trace created, by themselves or with an assistant, a thread or a message.

        One that came into being on the way is shown by its holder, and no request ever named it there.
        """
        made = {
            self._holders[call.number].id
            for call in self.index.calls_to("createAssistant", "createThread")
            if call.number in self._holders
        }
        on_the_way = {
            store_id
            for kind in ("assistant", "thread")
            for holder_id in made
            for store_id in self.stores_shown(kind, holder_id) or ()
        }
        with_threads = {
            found for call in self.index.calls_to(*HOLDING) for found in store_ids(mapping(call.sent.get("thread")))
        }
        return frozenset(self.created) | (on_the_way - self.named - with_threads)

    @cached_property
    def named_with_runs(self) -> dict[str, None]:
        """The vector stores that requests for runs with their threads named for the runs."""
        return dict.fromkeys(i for call in self.index.calls_to("createThreadAndRun") for i in store_ids(call.sent))

    @cached_property
    def created_with_runs(self) -> bool:
        """Whether the trace itself created all stores that such requests named."""
        return self.named_with_runs.keys() <= self.created.keys()

    def stores_shown(self, kind: str, named: str) -> tuple[str, ...] | None:
        """The vector stores that an assistant or a thread ever showed; None where it was never shown itself."""
        known = self._stores_shown
        if (kind, named) not in known:
            seen = self.index.history(kind, named)
            found = dict.fromkeys(store_id for sighting in seen for store_id in store_ids(sighting.value))
            known[kind, named] = tuple(found) if seen else None
        return known[kind, named]

    # ---- what was added ----------------------------------------------------------------------------------------------

    @cached_property
    def additions(self) -> dict[Key, list[Addition]]:
        """Every addition to a known vector store that was not refused, by store and file."""
        adding = ("createVectorStoreFile", "createVectorStore", "createVectorStoreFileBatch")
        found: dict[Key, list[Addition]] = {}
        for call in self.index.calls_to(*adding, "createAssistant", "createThread", effective=True):
            for addition in self._added_by(call):
                found.setdefault((addition.store_id, addition.file_id), []).append(addition)
        return found

    def _added_by(self, call: OperationCall) -> Iterator[Addition]:
        shown = self._stores if call.operation == "createVectorStore" else self._holders
        holder = shown.get(call.number)
        if call.operation == "createVectorStoreFile":
            store_id, rows = call.params.get("vector_store_id"), [call.sent]
        elif call.operation in ("createAssistant", "createThread"):
            store_id = next(iter(store_ids(holder.value)), None) if holder else None
            rows = [row for helper in helpers(call.sent) for row in _rows(helper)]
        else:
            store_id = call.params.get("vector_store_id") or (holder.id if holder else None)
            rows = [*_rows(call.sent), *map(mapping, sequence(call.sent.get("files")))]
        for row in rows:
            file_id = text(row.get("file_id"))
            if store_id and file_id:
                yield Addition(call, store_id, file_id, {name: row[name] for name in SETTINGS if name in row})

    @cached_property
    def _files_of_stores(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for store_id, file_id in self.additions:
            found.setdefault(store_id, []).append(file_id)
        return found

    @cached_property
    def _stores_of_files(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for store_id, file_id in self.additions:
            found.setdefault(file_id, set()).add(store_id)
        return found

    def files_added_to(self, store_id: str) -> list[str]:
        """The files that were added to a store at any time."""
        return self._files_of_stores.get(store_id, [])

    def stores_with(self, file_id: str) -> set[str]:
        """The stores that a file was added to at any time."""
        return self._stores_of_files.get(file_id, set())

    @cached_property
    def attached(self) -> frozenset[str]:
        """Files that were attached or named on the way, and may be in a vector store that nothing shows."""
        found: set[str] = set()
        for call in self.index.calls_to(*ATTACHING):
            found.update(attached(call.sent))
            for helper in helpers(mapping(call.sent.get("thread"))):
                found.update(i for i in sequence(helper.get("file_ids")) if isinstance(i, str))
        return frozenset(found)

    @cached_property
    def expiring(self) -> frozenset[str]:
        """Files that go of themselves one day, out of every store too."""
        return frozenset(s.id for s in self.index.sightings("file") if s.value.get("expires_at"))

    @cached_property
    def added_again(self) -> frozenset[Key]:
        """Files that were put into one store more than once, or may have been, after the store's id."""
        return frozenset(key for key, found in self.additions.items() if len(found) > 1 or key[1] in self.attached)

    def may_hold(self, store_id: str, file_id: str) -> bool:
        """Whether a file may have been in a store at any time; of a store that others made nothing is known."""
        return store_id not in self.created or file_id in self.attached or (store_id, file_id) in self.additions

    # ---- files in stores ---------------------------------------------------------------------------------------------

    def file(self, store_id: str, file_id: str) -> StoredFile:
        """A file in a store, whether or not it was ever there."""
        key = (store_id, file_id)
        if key not in self._files:
            self._files[key] = StoredFile(self, key)
        return self._files[key]

    @cached_property
    def sightings(self) -> dict[Key, list[Sighting]]:
        """The sightings of files in vector stores, by the store that the path names and the file.

        A batch may tell how its own addition of a file ended after the file was added again: that is left out.
        """
        found: dict[Key, list[Sighting]] = {}
        for sighting in self.index.sightings("vector_store.file"):
            call = self.index.call(sighting.where.exchange)
            key = (call.params.get("vector_store_id", "") if call else "", sighting.id)
            if call and key[0] and ("batch_id" not in call.params or key not in self.added_again):
                found.setdefault(key, []).append(sighting)
        return found

    @cached_property
    def shown(self) -> tuple[StoredFile, ...]:
        """The files in vector stores that the trace shows there."""
        return tuple(self.file(*key) for key in self.sightings)

    def calls_on(self, file: StoredFile, operation: str) -> Timeline:
        """The calls of an operation that name a file in a store."""
        if operation not in self._calls:
            found: dict[Key, list[OperationCall]] = {}
            for call in self.index.calls_to(operation):
                found.setdefault((call.params["vector_store_id"], call.params["file_id"]), []).append(call)
            self._calls[operation] = {key: Timeline(calls) for key, calls in found.items()}
        return self._calls[operation].get((file.store_id, file.file_id), NO_CALLS)

    # ---- changes and lists -------------------------------------------------------------------------------------------

    @cached_property
    def changes(self) -> Timeline:
        """The calls that may have changed a store, a batch or a file."""
        operations = self.index.contract.operations.by_id.values()
        changing = [o.operation_id for o in operations if o.method != "GET" and o.operation_id != "searchVectorStore"]
        return self.index.calls_to(*changing, effective=True)

    def unchanged(self, one: Exchange, other: Exchange) -> bool:
        """Whether nothing that could change a store, a batch or a file may have happened between two exchanges."""
        first, last = (one, other) if one.number <= other.number else (other, one)
        return not self.changes.any_between(first, last)

    @cached_property
    def _lists(self) -> dict[str, list[list[Page]]]:
        found: dict[str, list[list[Page]]] = {}
        for walk in self.index.whole_lists("listVectorStoreFiles"):
            found.setdefault(walk[0].call.params.get("vector_store_id", ""), []).append(walk)
        return found

    def lists(self, store_id: str) -> list[list[Page]]:
        """The whole lists of a store's files, page by page."""
        return self._lists.get(store_id, [])

    def lists_with_files(self) -> Iterator[tuple[list[Page], list[StoredFile]]]:
        """The whole lists of all stores, each with the added files that nothing may have removed before its end."""
        for store_id, lists in self._lists.items():
            files = [self.file(store_id, file_id) for file_id in self.files_added_to(store_id)]
            coming = sorted(files, key=lambda file: -file.additions[0].number)
            there: list[StoredFile] = []
            for walk in lists:
                end = walk[-1].number
                while coming and coming[-1].additions[0].number < end:
                    there.append(coming.pop())
                # What may have been removed once is never again certain to be there.
                there = [file for file in there if not file.removals or file.removals[0].number > end]
                yield walk, there


def is_deletion(call: OperationCall) -> bool:
    """Whether an answer says that something was deleted."""
    return call.ok and call.answer.get("deleted") is True


def _rows(holder: dict[str, Json]) -> list[dict[str, Json]]:
    """The files under `file_ids`, each with the settings that stand beside them for all."""
    shared = {name: holder[name] for name in SETTINGS if name in holder}
    return [{"file_id": file_id, **shared} for file_id in sequence(holder.get("file_ids"))]


def _file_search(holder: dict[str, Json]) -> dict[str, Json]:
    resources = holder.get("tool_resources")
    return mapping(resources.get("file_search")) if isinstance(resources, dict) else {}


def store_ids(holder: dict[str, Json]) -> list[str]:
    """The vector stores in the tool resources of what a request or an answer holds."""
    return [found for found in sequence(_file_search(holder).get("vector_store_ids")) if isinstance(found, str)]


def helpers(sent: dict[str, Json]) -> list[dict[str, Json]]:
    """The vector stores that a request describes, to be created on the way."""
    return [mapping(row) for row in sequence(_file_search(sent).get("vector_stores"))]


def attached(sent: dict[str, Json]) -> list[str]:
    """The files that the messages of a request attach for file_search."""
    rows = [sent, *sequence(sent.get("messages")), *sequence(sent.get("additional_messages"))]
    rows += sequence(mapping(sent.get("thread")).get("messages"))
    found = []
    for attachment in (mapping(item) for row in rows for item in sequence(mapping(row).get("attachments"))):
        tools = [mapping(tool).get("type") for tool in sequence(attachment.get("tools"))]
        file_id = text(attachment.get("file_id"))
        if file_id and "file_search" in tools:
            found.append(file_id)
    return found
