"""Faults of file batches."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import refuse, succeed
from conformance.proof.faults.fault import answers, objects, requests
from conformance.proof.faults.scene import Answer, Scene, Sent

Json = dict[str, Any]
BATCH = "vector_store.file_batch"
LIST = "listFilesInVectorStoreBatch"


def _ends(page: Json) -> None:
    page["first_id"] = page["data"][0]["id"] if page["data"] else None
    page["last_id"] = page["data"][-1]["id"] if page["data"] else None


@objects(BATCH, trips="BATCH-STATE-01")
def completed_then_in_progress(batch: Json, scene: Scene) -> None:
    """A completed batch is in progress again at the second look after its end."""
    if batch["status"] == "completed" and scene.nth(batch["id"]) > 1:
        counts = batch["file_counts"]
        batch["status"] = "in_progress"
        batch["file_counts"] = {**counts, "in_progress": counts["completed"], "completed": 0}


@objects(BATCH, trips="BATCH-STATE-02")
def completion_is_a_cancellation(batch: Json, scene: Scene) -> None:
    """A completed batch is shown cancelled, though nobody asked."""
    if batch["status"] == "completed":
        batch["status"] = "cancelled"


@objects(BATCH, trips="BATCH-COUNT-01")
def total_without_one(batch: Json, scene: Scene) -> None:
    """The total of a batch leaves one completed file out."""
    counts = batch["file_counts"]
    batch["file_counts"] = {**counts, "total": counts["total"] - bool(counts["completed"])}


@answers("createVectorStoreFileBatch", trips="BATCH-COUNT-02")
def new_batch_counts_one(answer: Answer, scene: Scene) -> None:
    """A new batch of several files counts one."""
    if answer.ok:
        counts = answer.body["file_counts"]
        answer.body["file_counts"] = {**dict.fromkeys(counts, 0), "in_progress": 1, "total": 1}


@objects(BATCH, trips="BATCH-COUNT-03")
def completed_with_work_left(batch: Json, scene: Scene) -> None:
    """A completed batch has its files in progress still."""
    counts = batch["file_counts"]
    if batch["status"] == "completed":
        batch["file_counts"] = {**counts, "in_progress": counts["completed"], "completed": 0}


@objects(BATCH, trips="BATCH-COUNT-04")
def total_changes(batch: Json, scene: Scene) -> None:
    """An ended batch counts one file more at each look."""
    counts = batch["file_counts"]
    if batch["status"] != "in_progress":
        more = scene.nth(batch["id"]) - 1
        batch["file_counts"] = {**counts, "completed": counts["completed"] + more, "total": counts["total"] + more}


@objects(BATCH, trips="BATCH-COUNT-05")
def failures_are_counted_as_completed(batch: Json, scene: Scene) -> None:
    """Files that failed are counted as completed."""
    counts = batch["file_counts"]
    batch["file_counts"] = {**counts, "completed": counts["completed"] + counts["failed"], "failed": 0}


@answers(LIST, trips="BATCH-FILES-01")
def files_of_others(answer: Answer, scene: Scene) -> None:
    """A batch lists files that were not sent with it."""
    if answer.ok and answer.body["data"] and "after" not in scene.query:
        known = {file["id"] for file in answer.body["data"]}
        first = answer.body["data"][0]
        more = [{**first, "id": name} for name in scene.endpoint.store.files if name not in known]
        more = more or [{**first, "id": f"file-{'0' * 24}"}]
        answer.body["data"] += more
        _ends(answer.body)


@answers(LIST, trips="BATCH-FILES-02")
def last_file_is_not_listed(answer: Answer, scene: Scene) -> None:
    """The last file of a batch is not listed for it."""
    if answer.ok and answer.body["data"] and not answer.body["has_more"]:
        answer.body["data"].pop()
        _ends(answer.body)


@requests("cancelVectorStoreFileBatch", trips="BATCH-CANCEL-02")
def cannot_be_cancelled(sent: Sent, scene: Scene) -> None:
    """A batch in progress cannot be cancelled."""
    store = scene.endpoint.store.vector_stores.get(scene.ids["vector_store_id"])
    if store is not None and scene.ids["batch_id"] in store.batches:
        raise refuse("The batch is being processed.")


@answers("cancelVectorStoreFileBatch", trips="BATCH-CANCEL-01")
def ended_is_refused(answer: Answer, scene: Scene) -> None:
    """Cancelling a batch that has ended is refused with 400."""
    if answer.ok and answer.body["status"] == "completed":
        answer.status = 400
        message = "Cannot cancel a completed batch."
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        answer.body = {"error": error}


@objects(BATCH, trips="BATCH-CANCEL-03")
def cancelled_with_work_left(batch: Json, scene: Scene) -> None:
    """A cancelled batch has its files in progress still."""
    counts = batch["file_counts"]
    if batch["status"] == "cancelled":
        batch["file_counts"] = {**counts, "in_progress": counts["cancelled"], "cancelled": 0}


@answers("getVectorStoreFileBatch", trips="BATCH-SCOPE-01")
def found_in_any_store(answer: Answer, scene: Scene) -> None:
    """A batch is found under any vector store."""
    stores = scene.endpoint.store.vector_stores
    if answer.status == 404 and scene.ids["vector_store_id"] in stores:
        for store in stores.values():
            if scene.ids["batch_id"] in store.batches:
                found = store.batches[scene.ids["batch_id"]].shown
                succeed(answer, {**found, "vector_store_id": scene.ids["vector_store_id"]})
