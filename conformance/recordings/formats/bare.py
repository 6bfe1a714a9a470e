"""Answers without their requests: JSON bodies (httptest keeps one a file) and the text of event streams.

Which operation gave such an answer is told by the object in it. Its request is taken to be one that asks for this
answer and for nothing else, so that the answer is judged for its shape, grammar and order alone.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from conformance import contract
from conformance.contract.objects import ObjectKind
from conformance.recordings import fields, pair
from conformance.recordings.authenticity import shows_version_1
from conformance.recordings.recording import Malformed, Row
from conformance.trace.event import parse_events
from conformance.trace.exchange import Headers, Request, Response

_UNKNOWN = "unknown"
_ASKED, _ASKED_V1 = (
    Headers((("content-type", "application/json"), ("openai-beta", f"assistants={version}")))
    for version in ("v2", "v1")
)
_DEFAULT_PAGE = 20
_LONGEST_PAGE = 100
_ECHOED = (
    "assistant_id", "model", "instructions", "tools", "metadata", "temperature", "top_p", "max_prompt_tokens",
    "max_completion_tokens", "truncation_strategy", "tool_choice", "parallel_tool_calls", "response_format",
)  # fmt: skip
"""What a run shows of the request that made it."""


class _Body:
    """A JSON body: an object of the API, or a list of them."""

    NAME = "body of an answer"

    def recognises(self, document: object) -> bool:
        """Whether a parsed document is such a body."""
        return _kind(document) is not None

    def entries(self, document: Any) -> Iterator[tuple[str, Any]]:
        """The one answer of a file."""
        return iter([("the body", document)])

    def row(self, stored: dict[Any, Any], number: int, place: str, label: str) -> Row:
        """The row of an answer; raises `Malformed`."""
        kind = _kind(stored)
        assert kind is not None
        headers = Headers((("content-type", "application/json"),))
        request = _asking_for(stored, kind)
        return pair.row(number, request, Response(200, headers, fields.from_json(stored, place)), label)


BODY = _Body()


def _kind(document: object) -> ObjectKind | None:
    if not isinstance(document, dict):
        return None
    constant, items = document.get("object"), document.get("data")
    if constant == "list" and isinstance(items, list):
        return _kind(items[0]) if items and isinstance(items[0], dict) and items[0].get("object") != "list" else None
    if not isinstance(constant, str) or not isinstance(document.get("id"), str):
        return None
    objects = contract.load().objects
    deleted = {gone: kind for kind in objects.kinds for _, gone in kind.deleted_by}
    return objects.by_constant.get(constant) or deleted.get(constant)


def _asking_for(answer: dict[Any, Any], kind: ObjectKind) -> Request:
    operations = contract.load().operations.by_id
    items = [item for item in answer["data"] if isinstance(item, dict)] if answer.get("object") == "list" else []
    asked = _ASKED_V1 if shows_version_1(items or [answer]) else _ASKED
    if answer.get("object") == "list":
        path = operations[kind.answered_by[0]].path.rpartition("/")[0]
        return Request("GET", _filled(path, items[0], kind) + _query(items), asked)
    if answer.get("deleted") is True and kind.deleted_by:
        return Request("DELETE", _filled(operations[kind.deleted_by[0][0]].path, answer, kind), asked)
    return Request("GET", _filled(operations[kind.answered_by[0]].path, answer, kind), asked)


def _filled(path: str, answer: dict[Any, Any], kind: ObjectKind) -> str:
    """The path with the ids that an answer shows, under the base path of the API."""
    steps = []
    for step in path.split("/"):
        name = step.strip("{}")
        found = answer.get("id" if name == kind.parameter else name) if step.startswith("{") else step
        steps.append(found if isinstance(found, str) and (found or not step) and "/" not in found else _UNKNOWN)
    return fields.clean("/v1" + "/".join(steps))


def _query(items: list[dict[Any, Any]]) -> str:
    """The order and length that a page shows."""
    times = [item["created_at"] for item in items if isinstance(item.get("created_at"), int)]
    wanted = ["order=asc"] if times == sorted(times) and len(set(times)) > 1 else []
    wanted += [f"limit={_LONGEST_PAGE}"] if len(items) > _DEFAULT_PAGE else []
    return "?" + "&".join(wanted) if wanted else ""


STREAM = "text of an event stream"


def is_stream(text: str) -> bool:
    """Whether a text begins like an event stream."""
    start = text.lstrip("\r\n")
    return start.startswith(("event:", "data:", ": ", ":\n"))


def stream_row(text: str, label: str) -> Row:
    """The row of a stream, as the answer to the call that its first events tell of; raises `Malformed`."""
    body = fields.body(text, "the stream")
    shown = [value for event in parse_events(body) if isinstance(value := event.json_or_none, dict)]
    constants = contract.load().objects.by_constant
    kinds = [str(value.get("object")) for value in shown]
    if not any(kind.removesuffix(".delta") in constants for kind in kinds):
        raise Malformed(
            f"looks like an event stream, but none of runs ({', '.join(dict.fromkeys(kinds)) or 'no JSON'})"
        )
    run = next((value for value, kind in zip(shown, kinds, strict=True) if kind == "thread.run"), {})
    member = {name: _named(shown, name) for name in ("thread_id", "run_id")}
    sent: dict[str, Any] = {"stream": True}
    first = parse_events(body)[0].name
    if first in ("thread.created", "thread.run.created"):
        sent |= {"assistant_id": _UNKNOWN} | {name: run[name] for name in _ECHOED if run.get(name) is not None}
        path = "/v1/threads/runs" if first == "thread.created" else f"/v1/threads/{member['thread_id']}/runs"
    else:
        sent |= {"tool_outputs": []}
        run_id = run.get("id") if isinstance(run.get("id"), str) else member["run_id"]
        path = f"/v1/threads/{member['thread_id']}/runs/{run_id}/submit_tool_outputs"
    kind = Headers((("content-type", "text/event-stream"),))
    asked = _ASKED_V1 if shows_version_1(shown) else _ASKED
    return pair.row(1, Request("POST", fields.clean(path), asked, orjson.dumps(sent)), Response(200, kind, body), label)


def _named(shown: list[dict[Any, Any]], name: str) -> str:
    found = (value[name] for value in shown if isinstance(value.get(name), str))
    return next((name for name in found if name and "/" not in name), _UNKNOWN)
