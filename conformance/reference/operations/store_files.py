"""Files in vector stores, one by one and in batches."""

from collections.abc import Iterable, Mapping
from typing import Any

from conformance.reference import file_objects
from conformance.reference.endpoint import Endpoint
from conformance.reference.objects import Json
from conformance.reference.operation import Answer, Call, Operation
from conformance.reference.pagination import page
from conformance.reference.request_schemas import ADD_FILE, CREATE_BATCH, MODIFY_ATTRIBUTES, STORE_FILES
from conformance.reference.store import Batch, Record, VectorStore, VectorStoreFile


def operations(endpoint: Endpoint) -> list[Operation]:
    """The operations on files of vector stores, and on batches of them."""
    store, indexer = endpoint.store, endpoint.indexer

    def alive(call: Call) -> VectorStore:
        return store.vector_store(call.path["vector_store_id"], alive=True)

    def find(call: Call) -> VectorStoreFile:
        return store.store_file(call.path["vector_store_id"], call.path["file_id"])

    def find_batch(call: Call) -> Batch:
        return store.batch(call.path["vector_store_id"], call.path["batch_id"])

    def add(call: Call) -> Answer:
        found = alive(call)
        store.require_files([call.body["file_id"]])
        return _add(found, call.body["file_id"], call.body).value

    def _add(found: VectorStore, file_id: str, wanted: Mapping[str, Any]) -> VectorStoreFile:
        return indexer.add(
            found, store.files[file_id], attributes=wanted.get("attributes"), chunking=wanted.get("chunking_strategy")
        )

    def retrieve(call: Call) -> Answer:
        return find(call).value

    def listed(call: Call) -> Answer:
        found = store.vector_store(call.path["vector_store_id"])
        return page(_filtered(found.files.values(), call.query), call.query, store, "file")

    def modify(call: Call) -> Answer:
        entry = find(call)
        entry.value["attributes"] = call.body["attributes"] or {}
        return entry.value

    def delete(call: Call) -> Answer:
        entry = find(call)
        store.take_out(store.vector_store(call.path["vector_store_id"]), entry.id)
        return {"id": entry.id, "object": "vector_store.file.deleted", "deleted": True}

    def content(call: Call) -> Answer:
        entry = find(call)
        return {
            "object": "vector_store.file_content.page",
            "data": [{"type": "text", "text": entry.text}] if entry.text else [],
            "has_more": False,
            "next_page": None,
        }

    def create_batch(call: Call) -> Answer:
        found = alive(call)
        rows = call.body.get("files") or [{"file_id": name} for name in call.body["file_ids"]]
        shared = {name: call.body[name] for name in ("attributes", "chunking_strategy") if name in call.body}
        store.require_files([row["file_id"] for row in rows])
        value = file_objects.batch(endpoint.ids.batch(), endpoint.clock.now(), found.id)
        made = Batch(value, store.number())
        found.batches[made.id] = made
        for row in {row["file_id"]: row for row in rows}.values():
            made.entries.append(_add(found, row["file_id"], {**shared, **row}))
        return made.shown

    def retrieve_batch(call: Call) -> Answer:
        return find_batch(call).shown

    def cancel_batch(call: Call) -> Answer:
        # Recorded in April 2024: a batch that has ended is answered as it ended, not refused.
        batch = find_batch(call)
        indexer.cancel(batch)
        return batch.shown

    def listed_in_batch(call: Call) -> Answer:
        entries = _filtered(find_batch(call).entries, call.query)
        records = [Record(file_objects.in_batch(entry.value), entry.sequence) for entry in entries]
        return page(records, call.query, store, "file")

    files = "/vector_stores/{vector_store_id}/files"
    batches = "/vector_stores/{vector_store_id}/file_batches"
    return [
        Operation("POST", files, add, body=ADD_FILE, beta=False),
        Operation("GET", files, listed, query=STORE_FILES, beta=False),
        Operation("GET", f"{files}/{{file_id}}", retrieve, beta=False),
        Operation("POST", f"{files}/{{file_id}}", modify, body=MODIFY_ATTRIBUTES, beta=False),
        Operation("DELETE", f"{files}/{{file_id}}", delete, beta=False),
        Operation("GET", f"{files}/{{file_id}}/content", content, beta=False),
        Operation("POST", batches, create_batch, body=CREATE_BATCH, beta=False),
        Operation("GET", f"{batches}/{{batch_id}}", retrieve_batch, beta=False),
        Operation("POST", f"{batches}/{{batch_id}}/cancel", cancel_batch, beta=False),
        Operation("GET", f"{batches}/{{batch_id}}/files", listed_in_batch, query=STORE_FILES, beta=False),
    ]


def _filtered(entries: Iterable[VectorStoreFile], query: Json | Mapping[str, Any]) -> list[VectorStoreFile]:
    status = query.get("filter")
    return [entry for entry in entries if status in (None, entry.status)]
