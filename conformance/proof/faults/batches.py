"""Faults of file batches."""

from conformance.proof.faults.changes import (
    again,
    answer_body,
    answer_with,
    error,
    every,
    items,
    label_ends,
    put,
    recount,
    refuse,
    status,
    succeed,
    then,
    when,
)
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answer_bodies, answers, objects, requests
from conformance.proof.interception import Answer, Request

on_batch = objects("vector_store.file_batch")

LIST = "listFilesInVectorStoreBatch"


on_batch("BATCH-STATE-02", "batches.completion_is_a_cancellation")(
    "A completed batch is shown cancelled, though nobody asked.", when(status("completed"), put("status", "cancelled"))
)


def _count_more(counts: dict[str, int], more: int) -> None:
    counts["completed"] += more
    counts["total"] += more


on_batch("BATCH-STATE-01", "batches.completed_then_in_progress")(
    "A completed batch is in progress again at the second look after its end.",
    when(
        every(status("completed"), again()),
        then(
            put("status", "in_progress"), recount(lambda counts: {"in_progress": counts["completed"], "completed": 0})
        ),
    ),
)
on_batch("BATCH-COUNT-01", "batches.total_without_one")(
    "The total of a batch leaves one completed file out.",
    recount(lambda counts: {"total": counts["total"] - bool(counts["completed"])}),
)
answer_bodies("createVectorStoreFileBatch")("BATCH-COUNT-02", "batches.new_batch_counts_one")(
    "A new batch of several files counts one.",
    recount(lambda counts: {**dict.fromkeys(counts, 0), "in_progress": 1, "total": 1}),
)
on_batch("BATCH-COUNT-03", "batches.completed_with_work_left")(
    "A completed batch has its files in progress still.",
    when(status("completed"), recount(lambda counts: {"in_progress": counts["completed"], "completed": 0})),
)
on_batch("BATCH-COUNT-04", "batches.total_changes")(
    "An ended batch counts one file more at each look.",
    when(
        lambda batch, _: batch.get("status") != "in_progress",
        lambda batch, context: _count_more(batch["file_counts"], context.nth(batch["id"]) - 1),
    ),
)
on_batch("BATCH-COUNT-05", "batches.failures_are_counted_as_completed")(
    "Files that failed are counted as completed.",
    recount(lambda counts: {"completed": counts["completed"] + counts["failed"], "failed": 0}),
)
on_batch("BATCH-CANCEL-03", "batches.cancelled_with_work_left")(
    "A cancelled batch has its files in progress still.",
    when(status("cancelled"), recount(lambda counts: {"in_progress": counts["cancelled"], "cancelled": 0})),
)
answer_bodies("cancelVectorStoreFileBatch")("BATCH-CANCEL-01", "batches.ended_is_refused")(
    "Cancelling a batch that has ended is refused with 400.",
    when(status("completed"), then(answer_with(400), answer_body(lambda _: error("Cannot cancel a completed batch.")))),
)
answer_bodies(LIST)("BATCH-FILES-02", "batches.last_file_is_not_listed")(
    "The last file of a batch is not listed for it.",
    when(lambda page, _: not page["has_more"], items(lambda data, _: data[:-1])),
)


@answer_bodies(LIST).function("BATCH-FILES-01")
def files_of_others(body: Json, context: FaultContext) -> None:
    """A batch lists files that were not sent with it."""
    if body["data"] and "after" not in context.query:
        known = {file["id"] for file in body["data"]}
        first = body["data"][0]
        more = [{**first, "id": name} for name in context.store.files if name not in known]
        more = more or [{**first, "id": f"file-{'0' * 24}"}]
        body["data"] += more
        label_ends(body)


@requests("cancelVectorStoreFileBatch").function("BATCH-CANCEL-02")
def cannot_be_cancelled(request: Request, context: FaultContext) -> None:
    """A batch in progress cannot be cancelled."""
    if (store := context.vector_store) and context.ids["batch_id"] in store.batches:
        raise refuse("The batch is being processed.")


@answers("getVectorStoreFileBatch").function("BATCH-SCOPE-01")
def found_in_any_store(answer: Answer, context: FaultContext) -> None:
    """A batch is found under any vector store."""
    stores = context.store.vector_stores
    if answer.status == 404 and context.ids["vector_store_id"] in stores:
        for store in stores.values():
            if context.ids["batch_id"] in store.batches:
                found = store.batches[context.ids["batch_id"]].value
                succeed(answer, {**found, "vector_store_id": context.ids["vector_store_id"]})
