"""File batches: how they end, which files they have, what they count, and how they are cancelled."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared import lifecycle
from conformance.checks.shared.file_counts import (
    ListedCounts,
    add_up,
    file_counts,
    final_files,
    judge_counts,
    judge_sum,
)
from conformance.checks.shared.liveness import in_progress_for_ever
from conformance.trace.calls import OperationCall
from conformance.trace.history import History
from conformance.trace.index import Index
from conformance.trace.json import format_value, is_unknown, mapping, sequence, text
from conformance.trace.store_contents import REMOVING, StoreContents
from conformance.trace.trace import Sighting

CREATE, CANCEL, LIST = "createVectorStoreFileBatch", "cancelVectorStoreFileBatch", "listFilesInVectorStoreBatch"


def _histories(index: Index) -> dict[str, History]:
    """What is shown of every batch by its id, under whichever constant."""
    found: dict[str, History] = {}
    for kind in index.contract.lifecycles["file_batch"].objects:
        for batch_id, history in index.objects(kind).items():
            both = [*found.get(batch_id, ()), *history]
            both.sort(key=lambda sighting: (sighting.where.exchange, sighting.where.event or 0))
            found[batch_id] = History(index.trace, both) if batch_id in found else history
    return found


def _created(index: Index) -> dict[str, OperationCall]:
    """The calls that created batches, by the id of the batch."""
    return {
        call.answer["id"]: call for call in index.calls_to(CREATE) if call.ok and isinstance(call.answer.get("id"), str)
    }


def _sent_files(index: Index) -> dict[str, list[str]]:
    """The files that the requests to create batches name, by the id of the batch."""
    found = {}
    for batch_id, call in index.view(_created).items():
        rows = [mapping(row).get("file_id") for row in sequence(call.sent.get("files"))]
        ids = [*sequence(call.sent.get("file_ids")), *rows]
        found[batch_id] = [file_id for file_id in ids if isinstance(file_id, str)]
    return found


@check("BATCH-STATE-01")
def transitions(index: Index) -> Iterator[Observation]:
    """A batch that has ended has ended."""
    for history in index.view(_histories).values():
        yield from lifecycle.transitions(history, index.contract.lifecycles["file_batch"], "BATCH-STATE-01")


@check("BATCH-STATE-02")
def cancelled(index: Index) -> Iterator[Observation]:
    """A batch that the trace created is cancelled only when it is asked to be."""
    histories = index.view(_histories)
    for batch_id in index.view(_created):
        cancels = index.calls_on("batch_id", batch_id, CANCEL, effective=True)
        for sighting in histories.get(batch_id, ()):
            if sighting.value.get("status") != "cancelled":
                continue
            yield Examined("BATCH-STATE-02", sighting.where.exchange)
            if not cancels.any_not_after(index.exchange(sighting)):
                expected = "no cancelled batch where no cancelling was asked for"
                yield Finding("BATCH-STATE-02", sighting.where.below("status"), expected, 'status "cancelled"')


@check("BATCH-COUNT-01", "BATCH-COUNT-02", "BATCH-COUNT-03", "BATCH-COUNT-04", "BATCH-CANCEL-03")
def counts(index: Index) -> Iterator[Observation]:
    """The counts of a batch add up, begin with what was sent, and fit its status."""
    created = index.view(_created)
    for batch_id, history in index.view(_histories).items():
        call = created.get(batch_id)
        for sighting in history:
            found = file_counts(sighting.value)
            if found is None:
                continue
            yield from judge_sum("BATCH-COUNT-01", sighting, found)
            if not add_up(found):
                continue
            if call is not None and call.number == sighting.where.exchange:
                yield from _as_sent(sighting, found["total"], index.view(_sent_files)[batch_id])
            yield from _none_in_progress(sighting, found["in_progress"])
        yield from _constant(index, history)


def _as_sent(sighting: Sighting, total: int, sent: list[str]) -> Iterator[Observation]:
    yield Examined("BATCH-COUNT-02", sighting.where.exchange)
    if total not in (len(sent), len(set(sent))) and not any(map(is_unknown, sent)):
        place = sighting.where.below("file_counts", "total")
        yield Finding(
            "BATCH-COUNT-02", place, f"total {len(sent)}, the files that were sent", f"total {format_value(total)}"
        )


def _none_in_progress(sighting: Sighting, in_progress: int) -> Iterator[Observation]:
    status = text(sighting.value.get("status"))
    requirement = {"completed": "BATCH-COUNT-03", "cancelled": "BATCH-CANCEL-03"}.get(status or "")
    if requirement is not None:
        yield Examined(requirement, sighting.where.exchange)
        if in_progress:
            place, expected = (
                sighting.where.below("file_counts", "in_progress"),
                f"no file in progress in a {status} batch",
            )
            yield Finding(requirement, place, expected, f"in_progress {format_value(in_progress)}")


def _constant(index: Index, history: History) -> Iterator[Observation]:
    removals = index.calls_to(*REMOVING, effective=True)
    for later, predecessors in history.successions:
        earlier = predecessors[0]
        was, found = file_counts(earlier.value), file_counts(later.value)
        if was is None or found is None or not add_up(was) or not add_up(found):
            continue
        if removals and removals.any_not_after(index.exchange(later)):
            continue
        yield Examined("BATCH-COUNT-04", later.where.exchange)
        if was["total"] != found["total"]:
            place = later.where.below("file_counts", "total")
            expected = f"total {format_value(was['total'])}, as in exchange {earlier.where.exchange}"
            yield Finding("BATCH-COUNT-04", place, expected, f"total {format_value(found['total'])}")


@check("BATCH-COUNT-05")
def listed_counts(index: Index) -> Iterator[Observation]:
    """The counts of an ended batch are those of its listed files, where nothing moves meanwhile."""
    walks, histories, contents = index.whole_lists(LIST), index.view(_histories), index.view(StoreContents)
    sent = index.view(_sent_files)
    beside = ListedCounts(index, index.contract.lifecycles["file_batch"].terminal) if walks else None
    for walk in walks:
        last, batch_id = walk[-1], walk[0].call.params["batch_id"]
        stored = (contents.file(last.call.params["vector_store_id"], name) for name in sent.get(batch_id, ()))
        if not all(file.held(last.exchange) for file in stored):
            continue  # one was taken out, or deleted
        items, history = final_files(walk), histories.get(batch_id)
        batch = beside.sighting(walk, history) if beside and history and items is not None else None
        found = None if batch is None else file_counts(batch.value)
        if batch is not None and items is not None and found is not None and add_up(found):
            yield from judge_counts("BATCH-COUNT-05", batch, found, items)


@check("BATCH-FILES-01", "BATCH-FILES-02")
def files(index: Index) -> Iterator[Observation]:
    """The files listed for a batch are those that were sent with it, and all of them."""
    contents, created, files = index.view(StoreContents), index.view(_created), index.view(_sent_files)
    sent = {batch_id: dict.fromkeys(file_ids) for batch_id, file_ids in files.items()}
    for page in index.pages(LIST):
        call = created.get(page.call.params["batch_id"])
        if call is None:
            continue
        known = sent[page.call.params["batch_id"]]
        for position, file_id in enumerate(page.ids):
            if file_id is None:
                continue
            yield Examined("BATCH-FILES-01", page.number)
            if file_id not in known:
                expected = f"only files that were sent with the batch, in exchange {call.number}"
                place = page.where.below("data", position, "id")
                yield Finding("BATCH-FILES-01", place, expected, format_value(file_id))
    for walk in index.whole_lists(LIST):
        call, last = created.get(walk[0].call.params["batch_id"]), walk[-1]
        if call is None or call.params["vector_store_id"] != last.call.params["vector_store_id"]:
            continue
        listed = {file_id for page in walk for file_id in page.ids}
        for file_id in sent[walk[0].call.params["batch_id"]]:
            if not contents.file(call.params["vector_store_id"], file_id).held(last.exchange):
                continue
            yield Examined("BATCH-FILES-02", last.number)
            if file_id not in listed:
                expected = f"{format_value(file_id)}, which was sent with the batch in exchange {call.number}"
                place = last.where.below("data")
                yield Finding("BATCH-FILES-02", place, expected, f"{len(listed)} files without it")


@check("BATCH-CANCEL-01", "BATCH-CANCEL-02")
def cancels(index: Index) -> Iterator[Observation]:
    """A batch in progress can be cancelled; one that has ended is shown as it ended."""
    histories, terminal = index.view(_histories), index.contract.lifecycles["file_batch"].terminal
    for call in index.calls_to(CANCEL):
        history = histories.get(call.params["batch_id"])
        if history is None or not (call.looked_up and call.conclusive):
            continue
        last = history.last_before(call.exchange)
        status = text(last.value.get("status")) if last else None
        if status in terminal:
            yield Examined("BATCH-CANCEL-01", call.number)
            if not call.ok:
                expected = f'status 200: the batch is "{status}" and is shown so'
                yield Finding("BATCH-CANCEL-01", call.where, expected, f"status {call.status}")
        # It may have ended before the request came, unless it is still at work afterwards.
        elif status == "in_progress" and (call.ok or _is_in_progress(history.first_after(call.exchange))):
            yield Examined("BATCH-CANCEL-02", call.number)
            if not call.ok:
                expected = "status 200: the batch is in progress and can be cancelled"
                yield Finding("BATCH-CANCEL-02", call.where, expected, f"status {call.status}")


def _is_in_progress(sighting: Sighting | None) -> bool:
    return sighting is not None and sighting.value.get("status") == "in_progress"


@check("BATCH-SCOPE-01")
def scope(index: Index) -> Iterator[Observation]:
    """A batch of one store is not found under another."""
    for batch_id, home in index.view(_created).items():
        store_id = home.params["vector_store_id"]
        for call in index.calls_on("batch_id", batch_id).after(home.exchange):
            named = call.params["vector_store_id"]
            if named == store_id or not call.looked_up:
                continue
            yield Examined("BATCH-SCOPE-01", call.number)
            # An answer that names another store than the path does is judged as that: OBJECT-LINK-01.
            elsewhere = call.ok and call.answer.get("vector_store_id") not in (None, named)
            if call.status not in (400, 404) and not elsewhere:
                expected = f"status 404: the batch is in {format_value(store_id)}"
                yield Finding("BATCH-SCOPE-01", call.where, expected, f"status {call.status}")


@check("BATCH-END-01")
def ends(index: Index) -> Iterator[Observation]:
    """A file batch is not in progress for ever."""
    yield from in_progress_for_ever(index, "BATCH-END-01", "vector_store.file_batch", "vector_store.files_batch")
