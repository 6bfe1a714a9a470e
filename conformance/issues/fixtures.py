"""Objects and streams to build conditions from: whole, correct ones, of which a condition breaks one thing."""

from typing import Any

from conformance.issues.plan import DONE, Json, Plan, Stream, listing
from conformance.proof.interception import Request, write_event
from conformance.reference import file_objects, objects

THREAD, ASSISTANT, RUN, MESSAGE, STEP = "thread_1", "asst_1", "run_1", "msg_1", "step_1"
STORE, FILE, BATCH = "vs_1", "file-1", "vsfb_1"
NOW = 1_760_000_000
_ASSISTANT = objects.assistant(ASSISTANT, NOW, {"model": "gpt-4o-mini", "instructions": "Be brief."})


def run(status: str, **values: Any) -> dict[str, Any]:
    """A run of the assistant on the thread."""
    found = objects.run(RUN, NOW, THREAD, _ASSISTANT, {})
    found.update(status=status, started_at=None if status == "queued" else NOW)
    if status not in ("queued", "in_progress", "requires_action", "cancelling"):
        found["expires_at"] = None
    if status in ("cancelled", "failed", "completed"):
        found[f"{status}_at"] = NOW
    if status == "failed":
        found["last_error"] = {"code": "server_error", "message": "It broke."}
    if status == "incomplete":
        found["incomplete_details"] = {"reason": "max_completion_tokens"}
    return {**found, **values}


def message(identifier: str = MESSAGE, status: str = "in_progress", *parts: Any) -> dict[str, Any]:
    """A message of the run with these content parts."""
    return {
        **objects.reply(identifier, NOW, run("in_progress")),
        "status": status,
        "incomplete_details": {"reason": "max_tokens"} if status == "incomplete" else None,
        "completed_at": NOW if status == "completed" else None,
        "content": list(parts),
    }


def without(whole: dict[str, Any], member: str) -> dict[str, Any]:
    """An object that lacks a member."""
    return {name: value for name, value in whole.items() if name != member}


def text(value: str, *annotations: Any) -> dict[str, Any]:
    """A text as a content part."""
    return objects.text(value, annotations)


def step(details: dict[str, Any], status: str = "in_progress", identifier: str = STEP) -> dict[str, Any]:
    """A step of the run."""
    found = objects.step(identifier, NOW, run("in_progress"), details)
    return {**found, "status": status, "completed_at": NOW if status == "completed" else None}


def opened() -> list[bytes]:
    """The events that every run begins with."""
    return [
        write_event(f"thread.run.{name}", run(status))
        for name, status in (("created", "queued"), ("queued", "queued"), ("in_progress", "in_progress"))
    ]


def ended(status: str = "completed") -> list[bytes]:
    """The events that every stream ends with."""
    return [write_event(f"thread.run.{status}", run(status)), DONE]


def said(identifier: str = MESSAGE) -> dict[str, Any]:
    """The details of a step that writes a message."""
    return {"type": "message_creation", "message_creation": {"message_id": identifier}}


def delta(content: list[Any], identifier: str = MESSAGE) -> bytes:
    """A message delta with these entries."""
    return write_event(
        "thread.message.delta", {"id": identifier, "object": "thread.message.delta", "delta": {"content": content}}
    )


def piece(value: str, index: int = 0, **values: Any) -> dict[str, Any]:
    """An entry of a message delta."""
    return {"index": index, "type": "text", "text": {"value": value, **values}}


def writing(
    *deltas: bytes, complete: list[dict[str, Any]], identifier: str = MESSAGE, status: str = "completed"
) -> list[bytes]:
    """A step that writes one message, from its creation to its end."""
    step_id = f"step_of_{identifier}"
    return [
        write_event("thread.run.step.created", step(said(identifier), identifier=step_id)),
        write_event("thread.run.step.in_progress", step(said(identifier), identifier=step_id)),
        write_event("thread.message.created", message(identifier)),
        write_event("thread.message.in_progress", message(identifier)),
        *deltas,
        write_event(f"thread.message.{status}", message(identifier, status, *complete)),
        write_event("thread.run.step.completed", step(said(identifier), "completed", step_id)),
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
    return write_event(
        "thread.run.step.delta",
        {"id": identifier, "object": "thread.run.step.delta", "delta": {"step_details": details}},
    )


def called(identifier: str, arguments: str) -> dict[str, Any]:
    """A whole function call as it stands in a step."""
    return {"id": identifier, "type": "function", "function": {"name": "f", "arguments": arguments, "output": None}}


def calling(*deltas: bytes, identifier: str = STEP) -> list[bytes]:
    """A step that calls functions and stays open."""
    details: dict[str, Any] = {"type": "tool_calls", "tool_calls": []}
    return [
        write_event("thread.run.step.created", step(details, identifier=identifier)),
        write_event("thread.run.step.in_progress", step(details, identifier=identifier)),
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
    return [write_event("thread.run.requires_action", run("requires_action", required_action=action)), DONE]


def stream(*parts: list[bytes], cut: bool = False) -> Stream:
    """A stream made of parts."""
    return Stream(tuple(data for part in parts for data in part), cut)


def store(status: str = "completed", **counts: int) -> dict[str, Any]:
    """A vector store."""
    return {
        **file_objects.vector_store(STORE, NOW, {"name": "store"}),
        "status": status,
        "file_counts": {**file_objects.counts([]), **counts},
    }


def store_file(
    status: str = "completed", error: dict[str, str] | None = None, place: str = STORE, identifier: str = FILE
) -> dict[str, Any]:
    """A file in a vector store."""
    found = file_objects.store_file(identifier, NOW, place, attributes=None, chunking=None)
    return {**found, "status": status, "last_error": error}


def batch(status: str = "completed", **counts: int) -> dict[str, Any]:
    """A batch of files in a vector store."""
    every = {**file_objects.counts([]), "completed": 1, "total": 1, **counts}
    return {**file_objects.batch(BATCH, NOW, STORE), "status": status, "file_counts": every}


def file(**values: Any) -> dict[str, Any]:
    """An uploaded file."""
    return {**file_objects.file(FILE, NOW, filename="notes.txt", purpose="assistants", size=5), **values}


def _attached(request: Request, _: int) -> Json:
    named = (request.body or {}).get("file_id", FILE)
    return Json(store_file("in_progress", place=request.path.split("/")[2], identifier=named), headers=POLL_SOON)


def _indexed(request: Request, _: int) -> Json:
    place, identifier = request.path.split("/")[2::2]
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
