"""Faults of file batches."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import label_ends, put, refuse, status, succeed, when
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import answer_bodies, answers, objects, requests
from conformance.proof.interception import Answer, Request

Json = dict[str, Any]

BATCH = "vector_store.file_batch"

LIST = "listFilesInVectorStoreBatch"


@objects(BATCH).function("BATCH-STATE-01")
def completed_then_in_progress(batch: Json, context: FaultContext) -> None:
    """A completed batch is in progress again at the second look after its end."""
    if batch["status"] == "completed" and context.nth(batch["id"]) > 1:
        counts = batch["file_counts"]
        batch["status"] = "in_progress"
        batch["file_counts"] = {**counts, "in_progress": counts["completed"], "completed": 0}


objects(BATCH)("BATCH-STATE-02", "batches.completion_is_a_cancellation")(
    "A completed batch is shown cancelled, though nobody asked.", when(status("completed"), put("status", "cancelled"))
)


@objects(BATCH).function("BATCH-COUNT-01")
def total_without_one(batch: Json, context: FaultContext) -> None:
    """The total of a batch leaves one completed file out."""
    counts = batch["file_counts"]
    batch["file_counts"] = {**counts, "total": counts["total"] - bool(counts["completed"])}


@answer_bodies("createVectorStoreFileBatch").function("BATCH-COUNT-02")
def new_batch_counts_one(body: Json, context: FaultContext) -> None:
    """A new batch of several files counts one."""
    counts = body["file_counts"]
    body["file_counts"] = {**dict.fromkeys(counts, 0), "in_progress": 1, "total": 1}


@objects(BATCH).function("BATCH-COUNT-03")
def completed_with_work_left(batch: Json, context: FaultContext) -> None:
    """A completed batch has its files in progress still."""
    counts = batch["file_counts"]
    if batch["status"] == "completed":
        batch["file_counts"] = {**counts, "in_progress": counts["completed"], "completed": 0}


@objects(BATCH).function("BATCH-COUNT-04")
def total_changes(batch: Json, context: FaultContext) -> None:
    """An ended batch counts one file more at each look."""
    counts = batch["file_counts"]
    if batch["status"] != "in_progress":
        more = context.nth(batch["id"]) - 1
        batch["file_counts"] = {**counts, "completed": counts["completed"] + more, "total": counts["total"] + more}


@objects(BATCH).function("BATCH-COUNT-05")
def failures_are_counted_as_completed(batch: Json, context: FaultContext) -> None:
    """Files that failed are counted as completed."""
    counts = batch["file_counts"]
    batch["file_counts"] = {**counts, "completed": counts["completed"] + counts["failed"], "failed": 0}


@answer_bodies(LIST).function("BATCH-FILES-01")
def files_of_others(body: Json, context: FaultContext) -> None:
    """A batch lists files that were not sent with it."""
    if body["data"] and "after" not in context.query:
        known = {file["id"] for file in body["data"]}
        first = body["data"][0]
        more = [{**first, "id": name} for name in context.endpoint.store.files if name not in known]
        more = more or [{**first, "id": f"file-{'0' * 24}"}]
        body["data"] += more
        label_ends(body)


@answer_bodies(LIST).function("BATCH-FILES-02")
def last_file_is_not_listed(body: Json, context: FaultContext) -> None:
    """The last file of a batch is not listed for it."""
    if body["data"] and (not body["has_more"]):
        body["data"].pop()
        label_ends(body)


@requests("cancelVectorStoreFileBatch").function("BATCH-CANCEL-02")
def cannot_be_cancelled(request: Request, context: FaultContext) -> None:
    """A batch in progress cannot be cancelled."""
    store = context.endpoint.store.vector_stores.get(context.ids["vector_store_id"])
    if store is not None and context.ids["batch_id"] in store.batches:
        raise refuse("The batch is being processed.")


@answers("cancelVectorStoreFileBatch").function("BATCH-CANCEL-01")
def ended_is_refused(answer: Answer, context: FaultContext) -> None:
    """Cancelling a batch that has ended is refused with 400."""
    if answer.ok and answer.body["status"] == "completed":
        answer.status = 400
        message = "Cannot cancel a completed batch."
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        answer.body = {"error": error}


@objects(BATCH).function("BATCH-CANCEL-03")
def cancelled_with_work_left(batch: Json, context: FaultContext) -> None:
    """A cancelled batch has its files in progress still."""
    counts = batch["file_counts"]
    if batch["status"] == "cancelled":
        batch["file_counts"] = {**counts, "in_progress": counts["cancelled"], "cancelled": 0}


@answers("getVectorStoreFileBatch").function("BATCH-SCOPE-01")
def found_in_any_store(answer: Answer, context: FaultContext) -> None:
    """A batch is found under any vector store."""
    stores = context.endpoint.store.vector_stores
    if answer.status == 404 and context.ids["vector_store_id"] in stores:
        for store in stores.values():
            if context.ids["batch_id"] in store.batches:
                found = store.batches[context.ids["batch_id"]].value
                succeed(answer, {**found, "vector_store_id": context.ids["vector_store_id"]})
