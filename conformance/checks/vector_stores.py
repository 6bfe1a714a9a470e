"""Vector stores: their life, their expiry, what they count, and what a client sets in them."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared import lifecycle
from conformance.checks.shared.deletions import Deletions, judge_gone
from conformance.checks.shared.echo import Echo, echoes, judge_unsent
from conformance.checks.shared.file_counts import (
    ListedCounts,
    add_up,
    file_counts,
    final_files,
    judge_counts,
    judge_sum,
)
from conformance.checks.shared.liveness import in_progress_for_ever
from conformance.trace.calls import OperationCall, Timeline
from conformance.trace.index import Index
from conformance.trace.json import format_value, is_integer, mapping, sequence, text
from conformance.trace.store_contents import ATTACHING, StoreContents, store_ids
from conformance.trace.trace import Sighting

STORE = "vector_store"
SECONDS_A_DAY = 86_400
DRIFT_S = 1  # of times in two answers
ADDING = ("createVectorStoreFile", "createVectorStoreFileBatch", "updateVectorStoreFileAttributes")
USING = ("createVectorStoreFile", "createVectorStoreFileBatch", "searchVectorStore")
DELETE = "deleteVectorStore"
ON_STORES = frozenset({"getVectorStore", "modifyVectorStore", DELETE})
ON_FILES = ("retrieveFile", "downloadFile", "deleteFile")
ON_STORED_FILES = (
    "getVectorStoreFile",
    "updateVectorStoreFileAttributes",
    "retrieveVectorStoreFileContent",
    "deleteVectorStoreFile",
)


@check("VS-STATE-01")
def transitions(index: Index) -> Iterator[Observation]:
    """A vector store that has expired has expired."""
    for history in index.objects(STORE).values():
        yield from lifecycle.transitions(history, index.contract.lifecycles["vector_store"], "VS-STATE-01")


@check("VS-STATE-02")
def reopened(index: Index) -> Iterator[Observation]:
    """A completed store goes back to work only for a file; judged for stores that the trace itself created."""
    attaching = index.calls_to(*ATTACHING, effective=True)
    for store_id, history in index.objects(STORE).items():
        adding = index.calls_on("vector_store_id", store_id, *ADDING, effective=True)
        for later, predecessors in history.successions:
            was, status = predecessors[0].value.get("status"), text(later.value.get("status"))
            if was != "completed" or status not in ("completed", "in_progress"):
                continue
            if store_id not in index.view(StoreContents).own:
                break
            span = index.exchange(predecessors[0]), index.exchange(later)
            if adding.any_between(*span) or attaching.any_between(*span):
                continue
            yield Examined("VS-STATE-02", later.where.exchange)
            if status == "in_progress":
                yield Finding(
                    "VS-STATE-02",
                    later.where.below("status"),
                    'status "completed" until a file is added',
                    f'status "in_progress" after "completed" (exchange {span[0].number}), nothing added',
                )


@check("VS-FIELD-*")
def fields(index: Index) -> Iterator[Observation]:
    """Every field of a vector store is set or null as its status demands."""
    for sighting in index.sightings(STORE):
        yield from lifecycle.fields(sighting, index.contract.lifecycles["vector_store"])


@check("VS-STATE-03", "VS-COUNT-05")
def created(index: Index) -> Iterator[Observation]:
    """A new store counts the files it was given; without any it is completed."""
    for call in index.calls_to("createVectorStore"):
        if not call.ok or call.answer.get("object") != STORE:
            continue
        file_ids = [file_id for file_id in sequence(call.sent.get("file_ids")) if isinstance(file_id, str)]
        status = text(call.answer.get("status"))
        if not file_ids and status in index.contract.lifecycles["vector_store"].statuses:
            yield Examined("VS-STATE-03", call.number)
            if status != "completed":
                place = call.where.below("status")
                yield Finding(
                    "VS-STATE-03", place, 'status "completed" without files', f"status {format_value(status)}"
                )
        total = mapping(call.answer.get("file_counts")).get("total")
        if is_integer(total):
            yield Examined("VS-COUNT-05", call.number)
            if total not in (len(file_ids), len(set(file_ids))):
                yield Finding(
                    "VS-COUNT-05",
                    call.where.below("file_counts", "total"),
                    f"total {len(file_ids)}, the files that were sent",
                    f"total {format_value(total)}",
                )


@check("VS-DEFAULT-01")
def defaults(index: Index) -> Iterator[Observation]:
    """A vector store has no name, metadata or policy that were not sent."""
    yield from judge_unsent("VS-DEFAULT-01", index, "vector_store")


@check("VS-EXPIRY-01", "VS-EXPIRY-02")
def expiry(index: Index) -> Iterator[Observation]:
    """A store expires as its policy says, and never without one."""
    for sighting in index.sightings(STORE):
        if "expires_after" in sighting.value and "expires_at" in sighting.value:
            yield from _expires(sighting)


def _expires(sighting: Sighting) -> Iterator[Observation]:
    policy, expires = sighting.value["expires_after"], sighting.value["expires_at"]
    if not (expires is None or is_integer(expires)):
        return
    place = sighting.where.below("expires_at")
    if not policy and sighting.value.get("status") != "expired":
        yield Examined("VS-EXPIRY-02", sighting.where.exchange)
        if expires is not None:
            expected = "expires_at null, as expires_after is"
            yield Finding("VS-EXPIRY-02", place, expected, f"expires_at {format_value(expires)}")
    days, active = mapping(policy).get("days"), sighting.value.get("last_active_at")
    if not is_integer(days) or not is_integer(active) or mapping(policy).get("anchor") != "last_active_at":
        return
    if expires is None and sighting.value.get("status") == "expired":
        return  # no recording shows one
    yield Examined("VS-EXPIRY-01", sighting.where.exchange)
    wanted = active + days * SECONDS_A_DAY
    if expires is None or abs(expires - wanted) > DRIFT_S:
        yield Finding(
            "VS-EXPIRY-01",
            place,
            f"expires_at {format_value(wanted)}, {format_value(days)} days after last_active_at {format_value(active)}",
            f"expires_at {format_value(expires)}",
        )


@check("VS-EXPIRED-01", "VS-EXPIRED-02")
def expired(index: Index) -> Iterator[Observation]:
    """An expired store takes no files and is not searched; a run on a thread that has one fails."""
    stores = index.objects(STORE)
    if not any(sighting.value.get("status") == "expired" for sighting in index.sightings(STORE)):
        return
    for call in index.calls_to(*USING):
        store = index.history(STORE, call.params["vector_store_id"]).last_before(call.exchange)
        if store and store.value.get("status") == "expired" and (call.ok or call.status == 400):
            yield Examined("VS-EXPIRED-01", call.number)
            if call.ok:
                expected = f"a refusal: the vector store has expired (exchange {store.where.exchange})"
                yield Finding("VS-EXPIRED-01", call.where, expected, f"status {call.status}")
    runs, terminal = index.shown_by("thread.run"), index.contract.lifecycles["run"].terminal
    for call in index.calls_to("createRun"):
        thread = index.history("thread", call.params["thread_id"]).last_before(call.exchange)
        found = (
            [stores[i].last_before(call.exchange) if i in stores else None for i in store_ids(thread.value)]
            if thread
            else []
        )
        if not found or any(store is None or store.value.get("status") != "expired" for store in found):
            continue
        if call.status == 400:
            yield Examined("VS-EXPIRED-02", call.number)
        if call.number not in runs:
            continue
        last = index.history("thread.run", runs[call.number].id)[-1]
        if text(last.value.get("status")) in terminal:
            yield Examined("VS-EXPIRED-02", last.where.exchange)
            if last.value["status"] == "completed":
                expected = "a run that fails: the thread's vector store has expired"
                yield Finding("VS-EXPIRED-02", last.where.below("status"), expected, 'status "completed"')


@check("VS-ACTIVE-01")
def activity(index: Index) -> Iterator[Observation]:
    """A store is active no earlier than it is created, and its last activity is never earlier than before."""
    for history in index.objects(STORE).values():
        for sighting in history:
            created, active = sighting.value.get("created_at"), sighting.value.get("last_active_at")
            if is_integer(created) and is_integer(active):
                yield from _not_before(sighting, active, created, "created_at")
        for later, predecessors in history.successions:
            was, active = predecessors[0].value.get("last_active_at"), later.value.get("last_active_at")
            if is_integer(was) and is_integer(active):
                yield from _not_before(later, active, was, f"that of exchange {predecessors[0].where.exchange}")


def _not_before(sighting: Sighting, active: int, earlier: int, name: str) -> Iterator[Observation]:
    yield Examined("VS-ACTIVE-01", sighting.where.exchange)
    if active < earlier:
        yield Finding(
            "VS-ACTIVE-01",
            sighting.where.below("last_active_at"),
            f"last_active_at not before {name}, {format_value(earlier)}",
            f"last_active_at {format_value(active)}",
        )


@check("VS-COUNT-01", "VS-COUNT-02", "VS-COUNT-03", "VS-BYTES-01")
def counts(index: Index) -> Iterator[Observation]:
    """The counts of a store add up, and fit its status and its bytes."""
    for sighting in index.sightings(STORE):
        found = file_counts(sighting.value)
        if found is None:
            continue
        yield from judge_sum("VS-COUNT-01", sighting, found)
        if not add_up(found):
            continue
        number, busy, status = sighting.where.exchange, found["in_progress"], sighting.value.get("status")
        if status == "completed":
            yield Examined("VS-COUNT-02", number)
            if busy:
                place = sighting.where.below("file_counts", "in_progress")
                expected = "no file in progress in a completed vector store"
                yield Finding("VS-COUNT-02", place, expected, f"in_progress {format_value(busy)}")
        if status == "in_progress" and found["total"]:  # an empty one is judged when it is created
            yield Examined("VS-COUNT-03", number)
            if not busy:
                place = sighting.where.below("file_counts", "in_progress")
                expected = "a file in progress in a vector store that is in progress"
                yield Finding("VS-COUNT-03", place, expected, "in_progress 0")
        used = sighting.value.get("usage_bytes")
        if found["total"] == 0 and is_integer(used):
            yield Examined("VS-BYTES-01", number)
            if used:
                place = sighting.where.below("usage_bytes")
                yield Finding("VS-BYTES-01", place, "usage_bytes 0 without files", f"usage_bytes {format_value(used)}")


@check("VS-COUNT-04", "VS-BYTES-02")
def listed_counts(index: Index) -> Iterator[Observation]:
    """The counts and bytes of a store are those of its listed files, where nothing moves meanwhile."""
    walks = index.whole_lists("listVectorStoreFiles")
    beside = ListedCounts(index, {"completed"}) if walks else None
    for walk in walks:
        items, history = final_files(walk), index.history(STORE, walk[0].call.params.get("vector_store_id"))
        store = beside.sighting(walk, history) if beside and items is not None else None
        if items is None or store is None:
            continue
        found = file_counts(store.value)
        if found is not None and add_up(found):
            yield from judge_counts("VS-COUNT-04", store, found, items)
        used = store.value.get("usage_bytes")
        parts = [part for item in items if is_integer(part := item.get("usage_bytes"))]
        if is_integer(used) and len(parts) == len(items):
            yield Examined("VS-BYTES-02", store.where.exchange)
            if used != sum(parts):
                yield Finding(
                    "VS-BYTES-02",
                    store.where.below("usage_bytes"),
                    f"usage_bytes {format_value(sum(parts))}, those of the files in exchange {walk[-1].number}",
                    f"usage_bytes {format_value(used)}",
                )


def _echoes(index: Index) -> list[Echo]:
    """What was sent for vector stores beside what is shown."""
    return [member for member in index.view(echoes) if member.kind == STORE]


@check("VS-ECHO-*")
def echo(index: Index) -> Iterator[Observation]:
    """A vector store shows what was sent for it."""
    for member in index.view(_echoes):
        yield from member.judged()


@check("VS-CLEAR-01")
def cleared(index: Index) -> Iterator[Observation]:
    """Null sent for the name or the policy of a store takes it away."""
    members = index.contract.values.of_object(STORE).members
    for call in index.calls_to("modifyVectorStore"):
        for name in ("name", "expires_after") if call.ok else ():
            if name in call.sent and call.sent[name] is None and name in call.answer:
                yield Examined("VS-CLEAR-01", call.number)
                if not members[name].is_nothing(call.answer[name]):
                    expected, actual = f"{name} null when null is sent", f"{name} {format_value(call.answer[name])}"
                    yield Finding("VS-CLEAR-01", call.where.below(name), expected, actual)


@check("VS-DELETE-01", "VS-DELETE-02")
def deleted(index: Index) -> Iterator[Observation]:
    """A deleted store is not found again, nor what was in it."""
    for store_id, deletion in Deletions(index, DELETE, "vector_store_id").by_id.items():
        for call in index.calls_on("vector_store_id", store_id).after(deletion.exchange):
            if call.looked_up:
                requirement = "VS-DELETE-01" if call.operation in ON_STORES else "VS-DELETE-02"
                yield from judge_gone(requirement, call, store_id, deletion)


@check("VS-DELETE-04")
def unlisted(index: Index) -> Iterator[Observation]:
    """A deleted store is on no list."""
    deletions = Deletions(index, DELETE, "vector_store_id")
    for page in index.pages("listVectorStores"):
        yield from deletions.judge_page("VS-DELETE-04", page)


@check("VS-DELETE-03", "LIMIT-FILE-12")
def files_stay(index: Index) -> Iterator[Observation]:
    """Deleting a store leaves its files; removing a file from one store leaves it in the others, and as a file."""
    contents, removed = index.view(StoreContents), index.view(_removed_from_stores)
    for file_id, removals in removed.items():
        if file_id in contents.expiring:
            continue
        deletions = index.calls_on("file_id", file_id, "deleteFile", effective=True)
        for call in index.calls_on("file_id", file_id, *ON_FILES, *ON_STORED_FILES):
            store_id = call.params.get("vector_store_id")
            if not (call.ok or call.status == 404) or deletions.any_not_after(call.exchange):
                continue
            if store_id is not None and not contents.file(store_id, file_id).held(call.exchange):
                continue
            removal = removals.last_before(call.exchange)
            if removal is not None and _was_shown(index, file_id, call):
                yield from _still_there(call, file_id, store_id, removal)
    if removed:
        yield from _still_listed(index, contents)


def _removed_from_stores(index: Index) -> dict[str, Timeline]:
    """The accepted calls that removed each file from a store, or deleted a store that it had been added to."""
    contents, found = index.view(StoreContents), dict[str, list[OperationCall]]()
    for call in index.calls_to(DELETE, "deleteVectorStoreFile"):
        store_id, file_id = call.params["vector_store_id"], call.params.get("file_id")
        if call.ok:
            for named in contents.files_added_to(store_id) if file_id is None else [file_id]:
                if contents.file(store_id, named).was_added:
                    found.setdefault(named, []).append(call)
    return {file_id: Timeline(calls) for file_id, calls in found.items()}


def _was_shown(index: Index, file_id: str, call: OperationCall) -> bool:
    return any(
        "deleted" not in sighting.value
        for kind in ("file", "vector_store.file")
        for sighting in index.history(kind, file_id).certainly_before(call.exchange)
    )


def _still_there(
    call: OperationCall, file_id: str, store_id: str | None, removal: OperationCall
) -> Iterator[Observation]:
    of_store = removal.operation == DELETE
    requirement = "VS-DELETE-03" if of_store else "LIMIT-FILE-12"
    yield Examined(requirement, call.number)
    if call.status == 404:
        place = "the file" if store_id is None else f"{format_value(file_id)} in {format_value(store_id)}"
        other = "another vector store" if store_id is not None else "a vector store"
        elsewhere = "another" if store_id is not None else "a store"
        what = f"{other} was deleted" if of_store else f"it was taken out of {elsewhere}"
        expected = f"{place}, still there: only {what}, in exchange {removal.number}"
        yield Finding(requirement, call.where, expected, "status 404")


def _still_listed(index: Index, contents: StoreContents) -> Iterator[Observation]:
    """A file that was removed from one store is still on the list of another."""
    removals = index.calls_to("deleteVectorStoreFile").where(lambda call: call.ok)
    by_file: dict[str, list[OperationCall]] = {}
    for call in removals:
        by_file.setdefault(call.params["file_id"], []).append(call)
    timelines = {file_id: Timeline(calls) for file_id, calls in by_file.items()}
    for walk, files in contents.lists_with_files() if timelines else ():
        first, last = walk[0].exchange, walk[-1]
        ids = {object_id for page in walk for object_id in page.ids}
        for file in files:
            elsewhere = timelines.get(file.file_id)
            count = elsewhere.count_before(first) if elsewhere else 0
            addition = file.held(last.exchange) if count else None
            if elsewhere is None or addition is None or addition is not file.held(first):
                continue
            yield Examined("LIMIT-FILE-12", last.number, count)
            for call in elsewhere.certainly_before(first) if file.file_id not in ids else ():
                what = f"it was taken out of another store, in exchange {call.number}"
                expected = f"{format_value(file.file_id)} on the list: {what}"
                yield Finding("LIMIT-FILE-12", last.where.below("data"), expected, f"{len(ids)} files without it")


@check("VS-END-01")
def ends(index: Index) -> Iterator[Observation]:
    """A vector store is not in progress for ever."""
    yield from in_progress_for_ever(index, "VS-END-01", "vector_store")
