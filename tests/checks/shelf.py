"""Files, vector stores, batches and searches for tests: whole objects with a few members changed."""

from typing import Any

from tests.traces import CREATED, Call, call, deleted, listing

Json = Any

STORE, OTHER, FILE, BATCH = "vs_V1", "vs_V2", "file-F1", "vsfb_B1"
IN, IN_OTHER = f"/vector_stores/{STORE}", f"/vector_stores/{OTHER}"
TEXT = "The pear tree stands by the wall."


def counts(completed: int = 0, **others: int) -> Json:
    """File counts that add up."""
    found = {"in_progress": 0, "completed": completed, "failed": 0, "cancelled": 0} | others
    return found | {"total": sum(found.values())}


def store(completed: int = 0, **changes: Json) -> Json:
    """A vector store with so many completed files."""
    whole = {
        "id": STORE,
        "object": "vector_store",
        "created_at": CREATED,
        "name": None,
        "description": None,
        "usage_bytes": 1000 * completed,
        "file_counts": counts(completed),
        "status": "completed",
        "expires_after": None,
        "expires_at": None,
        "last_active_at": CREATED,
        "metadata": {},
    }
    return whole | changes


def chunks(size: int = 800, overlap: int = 400) -> Json:
    """A static chunking strategy."""
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}}


def entry(status: str = "completed", file_id: str = FILE, store_id: str = STORE, **changes: Json) -> Json:
    """A file in a vector store, as its status demands."""
    whole = {
        "id": file_id,
        "object": "vector_store.file",
        "usage_bytes": 1000 if status == "completed" else 0,
        "created_at": CREATED,
        "vector_store_id": store_id,
        "status": status,
        "last_error": {"code": "invalid_file", "message": "It is broken."} if status == "failed" else None,
        "chunking_strategy": chunks(),
        "attributes": {},
    }
    return whole | changes


def batch(status: str = "completed", completed: int = 1, **changes: Json) -> Json:
    """A file batch."""
    found = counts(in_progress=1) if status == "in_progress" else counts(completed)
    whole = {
        "id": BATCH,
        "object": "vector_store.file_batch",
        "created_at": CREATED,
        "vector_store_id": STORE,
        "status": status,
        "file_counts": found,
    }
    return whole | changes


def file(file_id: str = FILE, **changes: Json) -> Json:
    """A file as it is after an upload of TEXT."""
    whole = {
        "id": file_id,
        "object": "file",
        "bytes": len(TEXT),
        "created_at": CREATED,
        "expires_at": None,
        "filename": "pears.txt",
        "purpose": "assistants",
        "status": "processed",
        "status_details": None,
    }
    return whole | changes


def form(*parts: tuple[str, str | bytes, str | None], fence: str = "fence") -> bytes:
    """A multipart body of (name, content, file name or None) parts."""
    lines = b""
    for name, content, filename in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{filename}"' if filename is not None else "")
        body = content.encode() if isinstance(content, str) else content
        lines += f"--{fence}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + body + b"\r\n"
    return lines + f"--{fence}--\r\n".encode()


FORM_HEADERS = (("authorization", "Bearer key"), ("content-type", "multipart/form-data; boundary=fence"))


def upload(
    answer: Json = None,
    *,
    content: str | bytes = TEXT,
    filename: str = "pears.txt",
    purpose: str = "assistants",
    expires: tuple[str, int] | None = None,
    **changes: Any,
) -> Call:
    """An upload, answered with the file that it should become unless told otherwise."""
    parts: list[tuple[str, str | bytes, str | None]] = [("purpose", purpose, None), ("file", content, filename)]
    if expires is not None:
        parts += [("expires_after[anchor]", expires[0], None), ("expires_after[seconds]", str(expires[1]), None)]
    told = file() if answer is None else answer
    return call("POST /files", told, sent=form(*parts), request_headers=FORM_HEADERS, **changes)


def results(*rows: Json, **changes: Json) -> Json:
    """A page of search results."""
    whole = {
        "object": "vector_store.search_results.page",
        "search_query": ["pear"],
        "data": list(rows),
        "has_more": False,
        "next_page": None,
    }
    return whole | changes


def result(score: float = 0.9, **changes: Json) -> Json:
    """One search result."""
    whole = {
        "file_id": FILE,
        "filename": "pears.txt",
        "score": score,
        "attributes": {},
        "content": [{"type": "text", "text": TEXT}],
    }
    return whole | changes


MADE = call("POST /vector_stores", store(), sent={})
MADE_OTHER = call("POST /vector_stores", store(id=OTHER), sent={})
NO_STORE = call(f"DELETE {IN}", deleted(STORE, "vector_store.deleted"))
NO_FILE = call(f"DELETE /files/{FILE}", deleted(FILE, "file"))
GET_FILE = call(f"GET /files/{FILE}", file())


def add(*, store_id: str = STORE, file_id: str = FILE, sent: Json = None, **changes: Json) -> Call:
    """A file is put into a store."""
    body = {"file_id": file_id} | (sent or {})
    answer = entry("in_progress", file_id, store_id, **changes)
    return call(f"POST /vector_stores/{store_id}/files", answer, sent=body)


def take(store_id: str = STORE, file_id: str = FILE) -> Call:
    """A file is taken out of a store."""
    return call(f"DELETE /vector_stores/{store_id}/files/{file_id}", deleted(file_id, "vector_store.file.deleted"))


def make_batch(*file_ids: str, answer: Json = None, **sent: Json) -> Call:
    """A batch of files is put into the store."""
    told = answer or batch("in_progress", file_counts=counts(in_progress=len(file_ids)))
    return call(f"POST {IN}/file_batches", told, sent={"file_ids": list(file_ids), **sent})


def read(answer: Json, store_id: str = STORE, file_id: str = FILE) -> Call:
    """A file in a store is read."""
    return call(f"GET /vector_stores/{store_id}/files/{file_id}", answer)


def shelf(*entries: Json, store_id: str = STORE, **changes: Any) -> Call:
    """The files of a store are listed."""
    return call(f"GET /vector_stores/{store_id}/files", listing(*entries), **changes)


BOTH = (upload(), MADE, MADE_OTHER, add(), add(store_id=OTHER))
STILL = (read(entry(store_id=OTHER), store_id=OTHER), shelf(entry(store_id=OTHER), store_id=OTHER))
