"""Objects and streams to build conditions from: whole, correct ones, of which a condition spoils one thing."""

from __future__ import annotations

from typing import Any

from conformance.issues.replies import DONE, Json, Plan, Seen, Stream, frame, listing

THREAD, ASSISTANT, RUN, MESSAGE, STEP = "thread_1", "asst_1", "run_1", "msg_1", "step_1"
STORE, FILE, BATCH = "vs_1", "file-1", "vsfb_1"
NOW = 1_760_000_000


def run(status: str, **values: Any) -> dict[str, Any]:
    """A run of the assistant on the thread."""
    return {
        "id": RUN,
        "object": "thread.run",
        "created_at": NOW,
        "assistant_id": ASSISTANT,
        "thread_id": THREAD,
        "status": status,
        "started_at": None if status == "queued" else NOW,
        "expires_at": NOW + 600 if status in ("queued", "in_progress", "requires_action", "cancelling") else None,
        "cancelled_at": NOW if status == "cancelled" else None,
        "failed_at": NOW if status == "failed" else None,
        "completed_at": NOW if status == "completed" else None,
        "required_action": None,
        "last_error": {"code": "server_error", "message": "It broke."} if status == "failed" else None,
        "incomplete_details": {"reason": "max_completion_tokens"} if status == "incomplete" else None,
        "model": "gpt-4o-mini",
        "instructions": "Be brief.",
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "max_prompt_tokens": None,
        "max_completion_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "response_format": "auto",
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "usage": None,
        **values,
    }


def message(identifier: str = MESSAGE, status: str = "in_progress", *parts: Any) -> dict[str, Any]:
    """A message of the run with these content parts."""
    return {
        "id": identifier,
        "object": "thread.message",
        "created_at": NOW,
        "assistant_id": ASSISTANT,
        "thread_id": THREAD,
        "run_id": RUN,
        "role": "assistant",
        "status": status,
        "incomplete_details": {"reason": "max_tokens"} if status == "incomplete" else None,
        "incomplete_at": None,
        "completed_at": NOW if status == "completed" else None,
        "content": list(parts),
        "attachments": [],
        "metadata": {},
    }


def text(value: str, *annotations: Any) -> dict[str, Any]:
    """A text as a content part."""
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


def step(details: dict[str, Any], status: str = "in_progress", identifier: str = STEP) -> dict[str, Any]:
    """A step of the run."""
    return {
        "id": identifier,
        "object": "thread.run.step",
        "created_at": NOW,
        "assistant_id": ASSISTANT,
        "thread_id": THREAD,
        "run_id": RUN,
        "type": details["type"],
        "status": status,
        "step_details": details,
        "last_error": None,
        "expires_at": NOW + 600,
        "expired_at": None,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": NOW if status == "completed" else None,
        "metadata": None,
        "usage": None,
    }


def opened() -> list[bytes]:
    """The events that every run begins with."""
    return [
        frame(f"thread.run.{name}", run(status))
        for name, status in (("created", "queued"), ("queued", "queued"), ("in_progress", "in_progress"))
    ]


def ended(status: str = "completed") -> list[bytes]:
    """The events that every stream ends with."""
    return [frame(f"thread.run.{status}", run(status)), DONE]


def said(identifier: str = MESSAGE) -> dict[str, Any]:
    """The details of a step that writes a message."""
    return {"type": "message_creation", "message_creation": {"message_id": identifier}}


def delta(content: list[Any], identifier: str = MESSAGE) -> bytes:
    """A message delta with these entries."""
    return frame(
        "thread.message.delta", {"id": identifier, "object": "thread.message.delta", "delta": {"content": content}}
    )


def piece(value: str, index: int = 0, **values: Any) -> dict[str, Any]:
    """An entry of a message delta."""
    return {"index": index, "type": "text", "text": {"value": value, **values}}


def writing(
    *deltas: bytes, complete: dict[str, Any], identifier: str = MESSAGE, status: str = "completed"
) -> list[bytes]:
    """A step that writes one message, from its creation to its end."""
    step_id = f"step_of_{identifier}"
    return [
        frame("thread.run.step.created", step(said(identifier), identifier=step_id)),
        frame("thread.run.step.in_progress", step(said(identifier), identifier=step_id)),
        frame("thread.message.created", message(identifier)),
        frame("thread.message.in_progress", message(identifier)),
        *deltas,
        frame(f"thread.message.{status}", message(identifier, status, complete)),
        frame("thread.run.step.completed", step(said(identifier), "completed", step_id)),
    ]


def call(identifier: str | None, index: int, arguments: str | None, name: str | None = "f") -> dict[str, Any]:
    """An entry of a step delta; without an id it goes on with a call."""
    function: dict[str, Any] = {}
    if identifier is not None:
        function = {"name": name, "output": None}
    function["arguments"] = arguments
    begun = {"id": identifier} if identifier is not None else {}
    return {"index": index, **begun, "type": "function", "function": function}


def calls(*entries: dict[str, Any], identifier: str = STEP) -> bytes:
    """A step delta with these calls."""
    details = {"type": "tool_calls", "tool_calls": list(entries)}
    return frame(
        "thread.run.step.delta",
        {"id": identifier, "object": "thread.run.step.delta", "delta": {"step_details": details}},
    )


def called(identifier: str, arguments: str) -> dict[str, Any]:
    """A whole function call as it stands in a step."""
    return {
        "id": identifier,
        "type": "function",
        "function": {"name": "f", "arguments": arguments, "output": None},
    }


def calling(*deltas: bytes, identifier: str = STEP) -> list[bytes]:
    """A step that calls functions and stays open."""
    details: dict[str, Any] = {"type": "tool_calls", "tool_calls": []}
    return [
        frame("thread.run.step.created", step(details, identifier=identifier)),
        frame("thread.run.step.in_progress", step(details, identifier=identifier)),
        *deltas,
    ]


def waiting(*made: dict[str, Any]) -> list[bytes]:
    """The events with which a stream ends that waits for function outputs."""
    action = {
        "type": "submit_tool_outputs",
        "submit_tool_outputs": {
            "tool_calls": [
                {**one, "function": {key: one["function"][key] for key in ("name", "arguments")}} for one in made
            ]
        },
    }
    return [frame("thread.run.requires_action", run("requires_action", required_action=action)), DONE]


def stream(*parts: list[bytes], cut: bool = False) -> Stream:
    """A stream made of parts."""
    return Stream(tuple(data for part in parts for data in part), cut)


def store(status: str = "completed", **counts: int) -> dict[str, Any]:
    """A vector store."""
    every = {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0, **counts}
    return {
        "id": STORE,
        "object": "vector_store",
        "created_at": NOW,
        "name": "store",
        "usage_bytes": 0,
        "file_counts": every,
        "status": status,
        "expires_after": None,
        "expires_at": None,
        "last_active_at": NOW,
        "metadata": {},
    }


def store_file(
    status: str = "completed", error: dict[str, str] | None = None, place: str = STORE, identifier: str = FILE
) -> dict[str, Any]:
    """A file in a vector store."""
    return {
        "id": identifier,
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": NOW,
        "vector_store_id": place,
        "status": status,
        "last_error": error,
        "chunking_strategy": {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}},
        "attributes": {},
    }


def batch(status: str = "completed", **counts: int) -> dict[str, Any]:
    """A batch of files in a vector store."""
    every = {"in_progress": 0, "completed": 1, "failed": 0, "cancelled": 0, "total": 1, **counts}
    return {
        "id": BATCH,
        "object": "vector_store.file_batch",
        "created_at": NOW,
        "vector_store_id": STORE,
        "status": status,
        "file_counts": every,
    }


def file(**values: Any) -> dict[str, Any]:
    """An uploaded file."""
    return {
        "id": FILE,
        "object": "file",
        "bytes": 5,
        "created_at": NOW,
        "filename": "notes.txt",
        "purpose": "assistants",
        "status": "processed",
        "status_details": None,
        **values,
    }


def _attached(seen: Seen) -> Json:
    named = seen.json.get("file_id", FILE) if isinstance(seen.json, dict) else FILE
    return Json(store_file("in_progress", place=seen.path.split("/")[2], identifier=named), headers=POLL_SOON)


def _indexed(seen: Seen) -> Json:
    _, _, place, _, identifier = seen.path.split("/")
    return Json(store_file(place=place, identifier=identifier), headers=POLL_SOON)


POLL_SOON = {"openai-poll-after-ms": "20"}
SHELF: Plan = {
    "POST /files": Json(file()),
    "GET /files/*": Json(file()),
    "POST /vector_stores": Json(store()),
    "GET /vector_stores/*": Json(store(completed=1, total=1)),
    "POST /vector_stores/*/files": _attached,
    "GET /vector_stores/*/files/*": _indexed,
    "DELETE /vector_stores/*/files/*": Json({"id": FILE, "object": "vector_store.file.deleted", "deleted": True}),
    "POST /vector_stores/*/file_batches": Json(batch("in_progress", in_progress=1, completed=0), headers=POLL_SOON),
    "GET /vector_stores/*/file_batches/*": Json(batch(), headers=POLL_SOON),
    "GET /vector_stores/*/file_batches/*/files": listing(store_file()),
}
"""Files and vector stores that do as they should. Canned, so that nothing but the planted fault differs."""
