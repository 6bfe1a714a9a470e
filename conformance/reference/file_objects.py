"""Files, vector stores, the files in them and file batches, as the wire shows them."""

from conformance.reference.objects import Json

DAY = 86_400
DEFAULT_CHUNKS: Json = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
STATUSES = ("in_progress", "completed", "failed", "cancelled")
_NOT_IN_BATCH = ("usage_bytes", "chunking_strategy", "attributes")


def file(identifier: str, now: int, *, filename: str, purpose: str, size: int, seconds: int | None = None) -> Json:
    """An uploaded file, or one that the code interpreter made; `seconds` is how long it is kept.

    The document lets files for batches expire after 30 days; those that were recorded do not.
    """
    return {
        "object": "file",
        "id": identifier,
        "purpose": purpose,
        "filename": filename,
        "bytes": size,
        "created_at": now,
        "expires_at": None if seconds is None else now + seconds,
        "status": "processed",
        "status_details": None,
    }


def deleted_file(value: Json) -> Json:
    """The answer to the deletion of a file, whose object is not `file.deleted`."""
    return {"object": "file", "deleted": True, "id": value["id"]}


def vector_store(identifier: str, now: int, body: Json) -> Json:
    """A new vector store, without its files; what counts them is filled in when it is shown."""
    return {
        "id": identifier,
        "object": "vector_store",
        "created_at": now,
        "name": body.get("name"),
        "description": body.get("description"),
        "usage_bytes": 0,
        "file_counts": counts([]),
        "status": "completed",
        "expires_after": policy(body.get("expires_after")),
        "expires_at": None,
        "last_active_at": now,
        "metadata": body.get("metadata") or {},
    }


def policy(wanted: Json | None) -> Json | None:
    """An expiration policy."""
    return None if wanted is None else {"anchor": wanted["anchor"], "days": int(wanted["days"])}


def expiry(value: Json) -> int | None:
    """When a vector store expires."""
    after = value["expires_after"]
    return None if after is None else value["last_active_at"] + after["days"] * DAY


def counts(entries: list[Json]) -> Json:
    """How many of these files are in which status."""
    number = {status: sum(entry["status"] == status for entry in entries) for status in STATUSES}
    return {**number, "total": len(entries)}


def store_file(identifier: str, now: int, store_id: str, *, attributes: Json | None, chunking: Json | None) -> Json:
    """A file that was just added to a vector store."""
    return {
        "id": identifier,
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": now,
        "vector_store_id": store_id,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": chunks(chunking),
        "attributes": attributes or {},
    }


def chunks(wanted: Json | None) -> Json:
    """A chunking strategy as it is shown; automatic chunking is shown as the static one it stands for."""
    if wanted is None or wanted["type"] == "auto":
        return DEFAULT_CHUNKS
    return {"type": "static", "static": {name: int(value) for name, value in wanted["static"].items()}}


def in_batch(value: Json) -> Json:
    """A file in the listing of a batch, which tells less of it (recorded in 2024 and 2025 alike)."""
    return {name: part for name, part in value.items() if name not in _NOT_IN_BATCH}


def batch(identifier: str, now: int, store_id: str) -> Json:
    """A new file batch."""
    return {
        "id": identifier,
        "object": "vector_store.file_batch",
        "created_at": now,
        "status": "in_progress",
        "vector_store_id": store_id,
        "file_counts": counts([]),
    }
