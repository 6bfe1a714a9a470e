"""The API's objects as the real service writes them: key order, defaults and what plain JSON leaves out.

Objects are kept as a stream shows them. Over plain JSON messages lack their progress, and finished steps their expiry;
in streams runs and threads show empty code interpreter resources. These are habits of the real service that every
recording shows.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

RUN_LIFETIME = 600
_PROGRESS = ("status", "incomplete_details", "incomplete_at", "completed_at")
_EMPTY_INTERPRETER: Json = {"code_interpreter": {"file_ids": []}}


def assistant(identifier: str, now: int, body: Json) -> Json:
    """A new assistant."""
    return {
        "id": identifier,
        "object": "assistant",
        "created_at": now,
        "name": body.get("name"),
        "description": body.get("description"),
        "model": body["model"],
        "instructions": body.get("instructions"),
        "tools": tools(body.get("tools")),
        "top_p": _decimal(body.get("top_p")),
        "temperature": _decimal(body.get("temperature")),
        "reasoning_effort": body.get("reasoning_effort"),
        "tool_resources": resources(body.get("tool_resources"), body.get("tools")),
        "metadata": body.get("metadata") or {},
        "response_format": body.get("response_format") or "auto",
    }


def modified_assistant(value: Json, body: Json) -> Json:
    """An assistant after a modification: what the request names is replaced, null restores a default."""
    kept = {name: value[name] for name in value if name not in ("id", "object", "created_at")}
    changed = {**kept, **body}
    if body.get("tool_resources") is not None:
        changed["tool_resources"] = {**value["tool_resources"], **body["tool_resources"]}
    return assistant(value["id"], value["created_at"], changed)


def tools(wanted: Sequence[Json] | None) -> list[Json]:
    """Tools with the defaults the service fills in."""
    return [_tool(tool) for tool in wanted or []]


def _tool(tool: Json) -> Json:
    if tool["type"] == "function":
        function = tool["function"]
        described = {"description": function["description"]} if function.get("description") is not None else {}
        return {
            "type": "function",
            "function": {
                "name": function["name"],
                **described,
                "parameters": function.get("parameters") or {"type": "object", "properties": {}},
                "strict": bool(function.get("strict")),
            },
        }
    if tool["type"] == "file_search":
        options = tool.get("file_search") or {}
        ranking = options.get("ranking_options") or {}
        number = options.get("max_num_results")
        return {
            "type": "file_search",
            "file_search": {
                **({} if number is None else {"max_num_results": int(number)}),
                "ranking_options": {
                    "ranker": ranking.get("ranker", "default_2024_08_21"),
                    "score_threshold": float(ranking.get("score_threshold", 0.0)),
                    "hybrid_search": ranking.get("hybrid_search"),
                },
            },
        }
    return {"type": tool["type"]}


def resources(wanted: Json | None, used_tools: Sequence[Json] | None = None) -> Json:
    """Tool resources; a code interpreter without files is shown with an empty list."""
    shown: Json = {}
    interpreter = (wanted or {}).get("code_interpreter")
    if interpreter is not None or any(tool["type"] == "code_interpreter" for tool in used_tools or []):
        shown["code_interpreter"] = {"file_ids": (interpreter or {}).get("file_ids") or []}
    search = (wanted or {}).get("file_search")
    if search is not None:
        shown["file_search"] = {"vector_store_ids": search.get("vector_store_ids") or []}
    return shown


def thread(identifier: str, now: int, body: Json) -> Json:
    """A new thread."""
    return {
        "id": identifier,
        "object": "thread",
        "created_at": now,
        "metadata": body.get("metadata") or {},
        "tool_resources": resources(body.get("tool_resources")),
    }


def message(identifier: str, now: int, thread_id: str, body: Json) -> Json:
    """A message that a client wrote; it is complete at once."""
    return {
        "id": identifier,
        "object": "thread.message",
        "created_at": now,
        "assistant_id": None,
        "thread_id": thread_id,
        "run_id": None,
        "status": "completed",
        "incomplete_details": None,
        "incomplete_at": None,
        "completed_at": now,
        "role": body["role"],
        "content": _content(body["content"]),
        "attachments": [{"file_id": item["file_id"], "tools": item["tools"]} for item in body.get("attachments") or []],
        "metadata": body.get("metadata") or {},
    }


def reply(identifier: str, now: int, run_value: Json) -> Json:
    """A message that a run has started to write."""
    written = message(identifier, now, run_value["thread_id"], {"role": "assistant", "content": []})
    return {
        **written,
        "assistant_id": run_value["assistant_id"],
        "run_id": run_value["id"],
        "status": "in_progress",
        "completed_at": None,
    }


def text(value: str, annotations: Sequence[Json] = ()) -> Json:
    """A text part of a message's content."""
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


def _content(content: str | Sequence[Json]) -> list[Json]:
    if isinstance(content, str):
        return [text(content)]
    return [_part(part) for part in content]


def _part(part: Json) -> Json:
    kind = part["type"]
    if kind == "text":
        return text(part["text"])
    return {"type": kind, kind: {**part[kind], "detail": part[kind].get("detail") or "auto"}}


def run(identifier: str, now: int, thread_id: str, assistant_value: Json, body: Json) -> Json:
    """A new run: the assistant's values, as they are now, under those of the request."""

    def chosen(name: str) -> Any:
        return assistant_value[name] if body.get(name) is None else body[name]

    truncation = body.get("truncation_strategy") or {"type": "auto"}
    return {
        "id": identifier,
        "object": "thread.run",
        "created_at": now,
        "assistant_id": assistant_value["id"],
        "thread_id": thread_id,
        "status": "queued",
        "started_at": None,
        "expires_at": now + RUN_LIFETIME,
        "cancelled_at": None,
        "failed_at": None,
        "completed_at": None,
        "required_action": None,
        "last_error": None,
        "model": chosen("model"),
        "instructions": instructions(assistant_value, body),
        "tools": tools(chosen("tools")),
        "tool_resources": {},
        "metadata": body.get("metadata") or {},
        "temperature": _decimal(chosen("temperature")),
        "top_p": _decimal(chosen("top_p")),
        "reasoning_effort": chosen("reasoning_effort"),
        "max_completion_tokens": _whole(body.get("max_completion_tokens")),
        "max_prompt_tokens": _whole(body.get("max_prompt_tokens")),
        "truncation_strategy": {"type": truncation["type"], "last_messages": _whole(truncation.get("last_messages"))},
        "incomplete_details": None,
        "usage": None,
        "response_format": chosen("response_format"),
        "tool_choice": body.get("tool_choice") or "auto",
        "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
    }


def instructions(assistant_value: Json, body: Json) -> str | None:
    """A run's instructions: the request's or the assistant's, with the additional ones after them."""
    base = assistant_value["instructions"] if body.get("instructions") is None else body["instructions"]
    parts = [part for part in (base, body.get("additional_instructions")) if part]
    return "\n".join(parts) if parts else base


def step(identifier: str, now: int, run_value: Json, details: Json) -> Json:
    """A run step that has started."""
    return {
        "id": identifier,
        "object": "thread.run.step",
        "created_at": now,
        "run_id": run_value["id"],
        "assistant_id": run_value["assistant_id"],
        "thread_id": run_value["thread_id"],
        "type": details["type"],
        "status": "in_progress",
        "cancelled_at": None,
        "completed_at": None,
        "expires_at": run_value["expires_at"],
        "failed_at": None,
        "last_error": None,
        "step_details": details,
        "usage": None,
    }


def usage(prompt: int, completion: int) -> Json:
    """Token counts of a step or a run."""
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_token_details": {"cached_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0},
    }


def replace_metadata(value: Json, body: Mapping[str, Any]) -> None:
    """Replace an object's metadata, where a request names them; null empties them."""
    if "metadata" in body:
        value["metadata"] = body["metadata"] or {}


def deleted(value: Json) -> Json:
    """The answer to a deletion."""
    return {"id": value["id"], "object": f"{value['object']}.deleted", "deleted": True}


def plain(value: Json, *, contents: bool = False) -> Json:
    """An object as plain JSON shows it; `contents` includes what a search found in the files."""
    match value["object"]:
        case "thread.message":
            return {name: part for name, part in value.items() if name not in _PROGRESS}
        case "thread.run.step":
            visible = value if contents else _without_contents(value)
            return visible if value["status"] == "in_progress" else {**visible, "expires_at": None}
        case _:
            return value


def streamed(value: Json, *, contents: bool = False) -> Json:
    """An object as a stream shows it; `contents` includes what a search found in the files."""
    if value["object"] == "thread.run.step" and not contents:
        return _without_contents(value)
    if value["object"] in ("thread", "thread.run"):
        return {**value, "tool_resources": {**_EMPTY_INTERPRETER, **value["tool_resources"]}}
    return value


def _without_contents(value: Json) -> Json:
    details = value["step_details"]
    if not any(call["type"] == "file_search" for call in details.get("tool_calls") or []):
        return value
    calls = [_without_content(call) if call["type"] == "file_search" else call for call in details["tool_calls"]]
    return {**value, "step_details": {**details, "tool_calls": calls}}


def _without_content(call: Json) -> Json:
    found = call["file_search"]
    results = [{name: part for name, part in row.items() if name != "content"} for row in found["results"]]
    return {**call, "file_search": {**found, "results": results}}


def after_modification(value: Json) -> Json:
    """A message as its modification answers it: in the form of version 1, as recorded in 2024 and 2025 alike."""
    return {("file_ids" if name == "attachments" else name): part for name, part in plain(value).items()}


def _decimal(value: float | None) -> float:
    return 1.0 if value is None else float(value)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)
