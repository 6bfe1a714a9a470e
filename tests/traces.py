"""Small traces from plain data, for tests: exchanges in one line each, and whole objects with a few members changed."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.trace import Trace

BASE = "/v1"
CREATED = 1_735_689_600
DATE = datetime(2025, 1, 1, tzinfo=UTC)
ASSISTANT, THREAD, RUN = "asst_A1", "thread_T1", "run_R1"

Json = Any


@dataclass(frozen=True)
class Call:
    """One exchange to be: what is sent and what is answered. `answer` None: no response arrives."""

    label: str
    answer: Json | bytes | None
    status: int = 200
    sent: Json = None
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"), ("x-request-id", "req_1"))
    request_headers: tuple[tuple[str, str], ...] = (("authorization", "Bearer key"), ("openai-beta", "assistants=v2"))
    times: tuple[float, float] | None = None
    date: datetime | None = DATE
    complete: bool = True
    answered: bool = field(default=True)


def call(label: str, answer: Json | bytes, **changes: Any) -> Call:
    """A plain exchange: `call("GET /threads/thread_T1/runs/run_R1", run("queued"))`."""
    return Call(label, answer, **changes)


def stream(label: str, *events: tuple[str, Json], done: bool = True, **changes: Any) -> Call:
    """A streamed exchange of (event name, data) pairs; ends with `done` unless told otherwise."""
    frames = [f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events]
    if done:
        frames.append("event: done\ndata: [DONE]\n\n")
    headers = (("content-type", "text/event-stream; charset=utf-8"), ("x-request-id", "req_1"))
    return Call(label, "".join(frames).encode(), headers=headers, **changes)


def failed(label: str, **changes: Any) -> Call:
    """An exchange without a response."""
    return Call(label, None, answered=False, **changes)


def error(
    label: str,
    status: int,
    message: str = "Something is wrong.",
    kind: str | None = None,
    param: str | None = None,
    code: str | None = None,
    **changes: Any,
) -> Call:
    """An exchange answered with the error envelope; the type fits the status unless it is given."""
    kind = kind or ("server_error" if status >= 500 else "invalid_request_error")
    body = {"error": {"message": message, "type": kind, "param": param, "code": code}}
    return Call(label, body, status=status, **changes)


def trace(*calls: Call, base_path: str | None = BASE, live: bool = False) -> Trace:
    """A trace of the calls, numbered from 1. Every response has a Date header, as servers send it."""
    exchanges = [_exchange(number, one) for number, one in enumerate(calls, start=1)]
    return Trace("a test", tuple(exchanges), base_path=base_path, live=live)


def _exchange(number: int, one: Call) -> Exchange:
    method, _, path = one.label.partition(" ")
    sent = b"" if one.sent is None else json.dumps(one.sent).encode() if not isinstance(one.sent, bytes) else one.sent
    request = Request(method, f"https://endpoint.test{BASE}{path}", Headers(one.request_headers), sent)
    response = None
    if one.answered:
        body = one.answer if isinstance(one.answer, bytes) else json.dumps(one.answer).encode()
        headers = Headers((*one.headers, ("date", "Wed, 01 Jan 2025 00:00:00 GMT")))
        response = Response(one.status, headers, body, complete=one.complete)
    started, ended = one.times or (None, None)
    return Exchange(number, request, response, started, ended, None if response else "connection refused", one.date)


def listing(*items: Json, has_more: bool = False) -> Json:
    """A page of a list."""
    ids = [item["id"] for item in items]
    ends = {"first_id": ids[0] if ids else None, "last_id": ids[-1] if ids else None}
    return {"object": "list", "data": list(items), **ends, "has_more": has_more}


def tool_call(call_id: str = "call_C1", arguments: str = '{"city": "Bern"}', **function: Json) -> Json:
    """A function call, as runs and steps show it."""
    return {"id": call_id, "type": "function", "function": {"name": "weather", "arguments": arguments, **function}}


def usage(prompt: int = 20, completion: int = 5) -> Json:
    """Tokens that add up."""
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def run(status: str = "queued", *calls: Json, **changes: Json) -> Json:
    """A run as its status demands; `calls` are what it requires, where it requires something."""
    ended = status in ("completed", "incomplete", "failed", "cancelled", "expired")
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": list(calls) or [tool_call()]}}
    whole = {
        "id": RUN,
        "object": "thread.run",
        "created_at": CREATED,
        "thread_id": THREAD,
        "assistant_id": ASSISTANT,
        "status": status,
        "required_action": action if status == "requires_action" else None,
        "last_error": {"code": "server_error", "message": "It broke."} if status == "failed" else None,
        "expires_at": None if ended else CREATED + 600,
        "started_at": None if status == "queued" else CREATED + 1,
        "cancelled_at": CREATED + 3 if status == "cancelled" else None,
        "failed_at": CREATED + 3 if status == "failed" else None,
        "completed_at": CREATED + 3 if status == "completed" else None,
        "incomplete_details": {"reason": "max_completion_tokens"} if status == "incomplete" else None,
        "model": "gpt-4o",
        "instructions": None,
        "tools": [],
        "metadata": {},
        "usage": usage() if ended else None,
        "temperature": 1.0,
        "top_p": 1.0,
        "max_prompt_tokens": None,
        "max_completion_tokens": None,
        "truncation_strategy": {"type": "auto", "last_messages": None},
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "response_format": "auto",
    }
    return whole | changes


def step(status: str = "completed", *calls: Json, **changes: Json) -> Json:
    """A run step; with `calls` one of tool calls, else one that created the message msg_M1."""
    details = (
        {"type": "tool_calls", "tool_calls": list(calls)}
        if calls
        else {"type": "message_creation", "message_creation": {"message_id": "msg_M1"}}
    )
    whole = {
        "id": "step_S1",
        "object": "thread.run.step",
        "created_at": CREATED + 1,
        "run_id": RUN,
        "assistant_id": ASSISTANT,
        "thread_id": THREAD,
        "type": details["type"],
        "status": status,
        "cancelled_at": CREATED + 2 if status == "cancelled" else None,
        "completed_at": CREATED + 2 if status == "completed" else None,
        "failed_at": CREATED + 2 if status == "failed" else None,
        "last_error": {"code": "server_error", "message": "It broke."} if status == "failed" else None,
        "step_details": details,
        "usage": None if status == "in_progress" else usage(),
    }
    return whole | changes


def message(status: str | None = None, **changes: Json) -> Json:
    """A message of the user, as plain JSON shows it; with a status one that the run wrote, as streams show it."""
    written = status is not None
    text = {"type": "text", "text": {"value": "Hello.", "annotations": []}}
    whole = {
        "id": "msg_M1" if written else "msg_U1",
        "object": "thread.message",
        "created_at": CREATED + 1,
        "assistant_id": ASSISTANT if written else None,
        "thread_id": THREAD,
        "run_id": RUN if written else None,
        "role": "assistant" if written else "user",
        "content": [] if status == "in_progress" else [text],
        "attachments": [],
        "metadata": {},
    }
    if written:
        whole |= {
            "status": status,
            "completed_at": CREATED + 2 if status == "completed" else None,
            "incomplete_at": CREATED + 2 if status == "incomplete" else None,
            "incomplete_details": {"reason": "max_tokens"} if status == "incomplete" else None,
        }
    return whole | changes


def thread(**changes: Json) -> Json:
    """A thread."""
    return {"id": THREAD, "object": "thread", "created_at": CREATED, "metadata": {}, "tool_resources": {}} | changes


def assistant(**changes: Json) -> Json:
    """An assistant."""
    whole = {
        "id": ASSISTANT,
        "object": "assistant",
        "created_at": CREATED,
        "name": None,
        "description": None,
        "model": "gpt-4o",
        "instructions": None,
        "tools": [],
        "tool_resources": {},
        "metadata": {},
        "temperature": 1.0,
        "top_p": 1.0,
        "response_format": "auto",
    }
    return whole | changes


def deleted(object_id: str, constant: str) -> Json:
    """The answer to a deletion."""
    return {"id": object_id, "object": constant, "deleted": True}
