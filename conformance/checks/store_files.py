"""Files in vector stores: how they are indexed, what a client sets for them, and in which stores they are found."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared import lifecycle
from conformance.checks.shared.deletions import judge_gone, still_listed
from conformance.checks.shared.liveness import in_progress_for_ever
from conformance.checks.shared.unchanged import judge_unchanged
from conformance.contract.values import ValueSchema
from conformance.trace.calls import OperationCall, Timeline
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, is_integer, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.pages import Page
from conformance.trace.store_contents import SETTINGS, StoreContents, StoredFile
from conformance.trace.times import ADDED_FILE, is_unset
from conformance.trace.trace import Sighting, Where
from conformance.trace.uploads import uploads_by_id, without_space

UPDATE, REMOVE = "updateVectorStoreFileAttributes", "deleteVectorStoreFile"
ON_STORED_FILES = ("getVectorStoreFile", UPDATE, "retrieveVectorStoreFileContent", REMOVE)
ADDING_SEVERAL = frozenset({"createVectorStore", "createVectorStoreFileBatch"})
# What nothing in circulation calls searchable, though the lists of what is differ: archives, pictures, sound, programs.
UNSEARCHABLE = frozenset({"zip", "tar", "gz", "exe", "bin", "pkl", "mp3", "mp4", "wav", "jpg", "jpeg", "png", "gif"})
DEFAULT_CHUNKS: dict[str, Json] = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
}


@check("VSF-STATE-01")
def transitions(index: Index) -> Iterator[Observation]:
    """A file whose indexing has ended stays as it is until it is added again."""
    for file in index.view(StoreContents).shown:
        for stay in file.stays:
            yield from lifecycle.transitions(stay, index.contract.lifecycles["vector_store_file"], "VSF-STATE-01")


@check("VSF-STATE-02")
def cancelled(index: Index) -> Iterator[Observation]:
    """A file is cancelled with a batch; judged in stores that the trace itself created."""
    contents = index.view(StoreContents)
    for file in contents.shown:
        if file.store_id not in contents.created:
            continue
        cancels = index.calls_on("vector_store_id", file.store_id, "cancelVectorStoreFileBatch", effective=True)
        for sighting in file.history:
            if sighting.value.get("status") != "cancelled":
                continue
            yield Examined("VSF-STATE-02", sighting.where.exchange)
            if not cancels.any_not_after(index.exchange(sighting)):
                expected = "no cancelled file where no batch was cancelled"
                yield Finding("VSF-STATE-02", sighting.where.below("status"), expected, 'status "cancelled"')


@check("VSF-FIELD-*")
def fields(index: Index) -> Iterator[Observation]:
    """A file has a last_error where it failed, and none while it goes well."""
    for file in index.view(StoreContents).shown:
        for sighting in file.history:
            yield from lifecycle.fields(sighting, index.contract.lifecycles["vector_store_file"])


@check("VSF-SINCE-01")
def since(index: Index) -> Iterator[Observation]:
    """A file on its way into a store says since when it is there."""
    for sighting in index.sightings(ADDED_FILE):
        if sighting.status == "in_progress" and is_integer(sighting.value.get("created_at")):
            yield Examined("VSF-SINCE-01", sighting.where.exchange)
            if is_unset(sighting.value):
                expected = "the time at which the file was added"
                yield Finding("VSF-SINCE-01", sighting.where.below("created_at"), expected, "created_at 0")


@check("VSF-BYTES-01", "VSF-BYTES-02")
def bytes_used(index: Index) -> Iterator[Observation]:
    """A file uses bytes once it is indexed, and not before."""
    for file in index.view(StoreContents).shown:
        upload = index.view(uploads_by_id).get(file.file_id)
        is_empty = upload is not None and not upload.content.strip()
        for sighting in file.history:
            used, status = sighting.value.get("usage_bytes"), sighting.value.get("status")
            if not is_integer(used):
                continue
            if status == "in_progress":
                yield Examined("VSF-BYTES-01", sighting.where.exchange)
                if used:
                    expected, place = "usage_bytes 0 while the file is in progress", sighting.where.below("usage_bytes")
                    yield Finding("VSF-BYTES-01", place, expected, f"usage_bytes {format_value(used)}")
            elif status == "completed" and not is_empty:
                yield Examined("VSF-BYTES-02", sighting.where.exchange)
                if used <= 0:
                    expected, place = "usage_bytes above 0 for a completed file", sighting.where.below("usage_bytes")
                    yield Finding("VSF-BYTES-02", place, expected, f"usage_bytes {format_value(used)}")


@check("VSF-ID-01")
def named(index: Index) -> Iterator[Observation]:
    """What was added is the file that was named."""
    for call in index.calls_to("createVectorStoreFile"):
        sent, file_id = text(call.sent.get("file_id")), text(call.answer.get("id"))
        if call.ok and sent is not None and file_id is not None:
            yield Examined("VSF-ID-01", call.number)
            if sent != file_id:
                expected = f"id {format_value(sent)}, the file that was named"
                yield Finding("VSF-ID-01", call.where.below("id"), expected, f"id {format_value(file_id)}")


@check("VSF-ECHO-01", "VSF-ECHO-02", "VSF-CHUNK-01")
def settings(index: Index) -> Iterator[Observation]:
    """Attributes and chunking strategy of a file are shown as they were sent, or as the default."""
    members = index.contract.values.of_object("vector_store.file").members
    for file in index.view(StoreContents).shown:
        for stay in file.stays:
            for name in SETTINGS:
                sighting = next((sighting for sighting in stay if _shows(index, name, sighting)), None)
                if sighting is None:
                    continue
                exchange = index.exchange(sighting)
                addition = file.addition(exchange)
                if addition is None:
                    continue
                if name == "chunking_strategy":
                    yield from _chunks(members[name], addition.settings.get(name), sighting)
                elif not (
                    _is_by_update(index, sighting)
                    or file.effective_updates.any_between(addition.call.exchange, exchange)
                ):
                    sent, told = addition.settings.get(name), sighting.value[name]
                    yield from _attributes(members[name].same, sent, told, sighting.where.below(name))
    for call in index.calls_to(UPDATE):
        if call.ok:
            sent, told = call.sent.get("attributes"), call.answer.get("attributes")
            yield from _attributes(members["attributes"].completes, sent, told, call.where.below("attributes"))


def _is_by_update(index: Index, sighting: Sighting) -> bool:
    """Whether a sighting is in the answer to a request that updates the file."""
    call = index.call(sighting.where.exchange)
    return call is not None and call.operation == UPDATE and call.params["file_id"] == sighting.id


def _attributes(fits: Callable[[Json, Json], bool], sent: Json, told: Json, place: Where) -> Iterator[Observation]:
    if isinstance(sent, dict) and isinstance(told, dict):
        yield Examined("VSF-ECHO-01", place.exchange)
        if not fits(sent, told):
            expected = f"attributes as sent: {format_value(sent)}"
            yield Finding("VSF-ECHO-01", place, expected, f"attributes {format_value(told)}")


def _chunks(member: ValueSchema, sent: Json, sighting: Sighting) -> Iterator[Observation]:
    told, place = sighting.value["chunking_strategy"], sighting.where.below("chunking_strategy")
    if not isinstance(told, dict) or member.is_nothing(told):
        return
    is_static = mapping(sent).get("type") == "static"
    requirement, wanted = ("VSF-ECHO-02", sent) if is_static else ("VSF-CHUNK-01", DEFAULT_CHUNKS)
    yield Examined(requirement, place.exchange)
    if not member.completes(wanted, told):
        why = "as sent" if is_static else "the default"
        yield Finding(requirement, place, f"chunking_strategy {format_value(wanted)}, {why}", format_value(told))


@check("VSF-KEEP-01", "VSF-REFUSED-01")
def kept(index: Index) -> Iterator[Observation]:
    """What is set for a file stays until it is changed; listings of batches leave it out."""
    for file in index.view(StoreContents).shown:
        for stay in file.stays:
            for name in SETTINGS:
                for later, predecessors in stay.where(partial(_shows, index, name)).successions:
                    yield from _unchanged(index, file, name, predecessors[0], later)


def _shows(index: Index, name: str, sighting: Sighting) -> bool:
    """Whether a sighting shows what is set for a file; the list of a batch leaves it out, or shows nothing."""
    value, call = sighting.value.get(name), index.call(sighting.where.exchange)
    return isinstance(value, dict) and not (value == {} and call is not None and "batch_id" in call.params)


def _unchanged(index: Index, file: StoredFile, name: str, earlier: Sighting, later: Sighting) -> Iterator[Observation]:
    requirement = "VSF-KEEP-01"
    if name == "attributes" and file.updates:
        span = index.exchange(earlier), index.exchange(later)
        if _is_by_update(index, later) or file.effective_updates.any_between(*span):
            return
        requirement = "VSF-REFUSED-01" if file.updates.any_between(*span) else requirement
    yield from judge_unchanged(requirement, index, earlier, later, (name,))


_EXPIRED = frozenset({"expired"})


@check("VSF-LIST-01")
def listed(index: Index) -> Iterator[Observation]:
    """What came with a store or in a batch is listed; what was added alone is judged with all lists."""
    for walk, files in index.view(StoreContents).lists_with_files():
        ids = {object_id for page in walk for object_id in page.ids}
        last = walk[-1]
        if index.history("vector_store", last.call.params["vector_store_id"]).with_status(_EXPIRED):
            continue  # its files go with it
        for file in files:
            addition = file.held(walk[0].exchange)
            if addition is None or addition.call.operation not in ADDING_SEVERAL or not file.held(last.exchange):
                continue
            yield Examined("VSF-LIST-01", last.number)
            if file.file_id not in ids:
                yield Finding(
                    "VSF-LIST-01",
                    last.where.below("data"),
                    f"{format_value(file.file_id)}, which was sent in exchange {addition.call.number}, on the list",
                    f"{len(ids)} other files",
                )


@check("VSF-SCOPE-01")
def scope(index: Index) -> Iterator[Observation]:
    """A file that was never put into a store is not found in it."""
    contents = index.view(StoreContents)
    for call in index.calls_to(*ON_STORED_FILES):
        store_id, file_id = call.params["vector_store_id"], call.params["file_id"]
        if call.status not in (200, 404) or contents.may_hold(store_id, file_id):
            continue
        if before(contents.created[store_id].exchange, call.exchange):
            yield Examined("VSF-SCOPE-01", call.number)
            if call.status == 200:
                expected = f"status 404: {format_value(file_id)} was never put into {format_value(store_id)}"
                yield Finding("VSF-SCOPE-01", call.where, expected, "status 200")


@check("VSF-MADE-01")
def refused(index: Index) -> Iterator[Observation]:
    """A file whose addition was refused is not on the list of the vector store, unless it was added otherwise."""
    contents, attempts = index.view(StoreContents), index.view(_refused_additions)
    for page in index.pages("listVectorStoreFiles") if attempts else ():
        store_id = page.call.params["vector_store_id"]
        for position, file_id in enumerate(page.ids):
            call = attempts.get(store_id, {}).get(file_id or "")
            if call is None or contents.may_hold(store_id, file_id or "") or not before(call.exchange, page.exchange):
                continue
            expected = f"no {format_value(file_id)}: it was refused in exchange {call.number}"
            yield Finding("VSF-MADE-01", page.where.below("data", position, "id"), expected, "it is listed")
        if store_id in attempts:
            yield Examined("VSF-MADE-01", page.number)


def _refused_additions(index: Index) -> dict[str, dict[str, OperationCall]]:
    """By vector store and file, the first request to add the one to the other that was refused."""
    found: dict[str, dict[str, OperationCall]] = {}
    for call in index.calls_to("createVectorStoreFile", "createVectorStoreFileBatch"):
        if call.refused:
            for file_id in (call.sent.get("file_id"), *sequence(call.sent.get("file_ids"))):
                if isinstance(file_id, str):
                    found.setdefault(call.params["vector_store_id"], {}).setdefault(file_id, call)
    return found


@check("VSF-CONTENT-01")
def content(index: Index) -> Iterator[Observation]:
    """The content of a text file is its text, white space aside."""
    known, contents = index.view(uploads_by_id), index.view(StoreContents)
    for call in index.calls_to("retrieveVectorStoreFileContent"):
        upload, chunks = known.get(call.params["file_id"]), call.answer.get("data")
        if upload is None or not call.ok or upload.plain_text is None:
            continue
        if not isinstance(chunks, list) or call.answer.get("has_more") is True:
            continue
        last = contents.file(call.params["vector_store_id"], call.params["file_id"]).history.last_before(call.exchange)
        if last is None or last.value.get("status") != "completed":
            continue
        written = "".join(text(mapping(chunk).get("text")) or "" for chunk in chunks)
        yield Examined("VSF-CONTENT-01", call.number)
        if without_space(written) != upload.dense_text:
            place, expected = call.where.below("data"), f"the text {format_value(upload.plain_text)}"
            yield Finding("VSF-CONTENT-01", place, expected, f"the text {format_value(written)}")


@check("LIMIT-FILE-07")
def unsearchable(index: Index) -> Iterator[Observation]:
    """A file of a kind that nobody calls searchable does not complete."""
    for file in index.view(StoreContents).shown:
        upload = index.view(uploads_by_id).get(file.file_id)
        if upload is None or upload.extension not in UNSEARCHABLE:
            continue
        for sighting in file.history:
            yield Examined("LIMIT-FILE-07", sighting.where.exchange)
            if sighting.value.get("status") == "completed":
                place, expected = sighting.where.below("status"), f'status "failed" for a .{upload.extension} file'
                yield Finding("LIMIT-FILE-07", place, expected, 'status "completed"')


@check("VSF-DELETE-01", "LIMIT-FILE-12")
def deleted(index: Index) -> Iterator[Observation]:
    """A file that was removed from a store is not found there; a deleted file is in no store."""
    contents = index.view(StoreContents)
    for call in index.calls_to(*ON_STORED_FILES):
        removal = contents.file(call.params["vector_store_id"], call.params["file_id"]).removal(call.exchange)
        # With the whole store it is gone too, and that is judged as such.
        if removal is not None and removal.operation != "deleteVectorStore" and call.looked_up:
            requirement = "VSF-DELETE-01" if removal.operation == REMOVE else "LIMIT-FILE-12"
            yield from judge_gone(requirement, call, call.params["file_id"], removal)


@check("VSF-DELETE-02", "LIMIT-FILE-12")
def unlisted(index: Index) -> Iterator[Observation]:
    """What was removed from a store, or deleted as a file, is not on the store's list."""
    contents, removals = index.view(StoreContents), dict[str, tuple[LastRemovals, LastRemovals]]()
    for page in index.pages("listVectorStoreFiles"):
        store_id = page.call.params.get("vector_store_id", "")
        if store_id not in removals:
            removals[store_id] = _last_removals(index, contents, store_id)
        for requirement, last in zip(("VSF-DELETE-02", "LIMIT-FILE-12"), removals[store_id], strict=True):
            yield from last.judge_page(requirement, page)


class LastRemovals:
    """The last removal of each file from a store, by calls of one operation."""

    def __init__(self, contents: StoreContents, store_id: str, calls: Iterable[OperationCall]) -> None:
        self._contents = contents
        self._store_id = store_id
        self._by_id = {call.params["file_id"]: call for call in calls}
        self._timeline = Timeline(sorted(self._by_id.values(), key=lambda call: call.number))

    def judge_page(self, requirement: str, page: Page) -> Iterator[Observation]:
        """Judge that a page does not have what was removed before, and not added again."""

        def removal(file_id: str) -> OperationCall | None:
            call = self._by_id.get(file_id)
            return call if call and self._is_gone(call, page) else None

        if any(self._is_gone(call, page) for call in self._timeline.certainly_before(page.exchange)):
            yield Examined(requirement, page.number)
            yield from still_listed(requirement, page, removal)

    def _is_gone(self, call: OperationCall, page: Page) -> bool:
        return self._contents.file(self._store_id, call.params["file_id"]).removal(page.exchange) is call


def _last_removals(index: Index, contents: StoreContents, store_id: str) -> tuple[LastRemovals, LastRemovals]:
    """The removals of single files from a store, and the deletions of files that were added to it."""
    of_entries = index.calls_on("vector_store_id", store_id, REMOVE, effective=True)
    deleted = index.calls_by("file_id", "deleteFile", effective=True)
    of_files = [call for file_id in contents.files_added_to(store_id) for call in deleted.get(file_id, ())]
    return LastRemovals(contents, store_id, of_entries), LastRemovals(contents, store_id, of_files)


@check("VSF-END-01")
def ends(index: Index) -> Iterator[Observation]:
    """A file in a vector store is not in progress for ever."""
    yield from in_progress_for_ever(index, "VSF-END-01", "vector_store.file")
