"""Refusals: status, code, param and wording of each kind of mistake, and that nothing was created."""

from typing import Any

import httpx
import pytest

FUNCTION: dict[str, Any] = {"type": "function", "function": {"name": "f"}}
USER = {"role": "user", "content": "x"}


def function(**changes: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "tools": [{"type": "function", "function": {"name": "f", **changes}}]}


def assistant(**changes: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", **changes}


CASES: list[tuple[dict[str, Any], str, str | None, str]] = [
    ({}, "missing_required_parameter", "model", "Missing required parameter: 'model'."),
    (
        assistant(model=None),
        "invalid_type",
        "model",
        "Invalid type for 'model': expected a string, but got null instead.",
    ),
    (assistant(zzz=1), "unknown_parameter", "zzz", "Unknown parameter: 'zzz'."),
    (
        assistant(name="é" * 257),
        "string_above_max_length",
        "name",
        "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 257 "
        "instead.",
    ),
    (
        assistant(metadata={"modified": True}),
        "invalid_type",
        "metadata.modified",
        "Invalid type for 'metadata.modified': expected a string, but got a boolean instead.",
    ),
    (
        assistant(metadata={"k": "x" * 513}),
        "string_above_max_length",
        "metadata.k",
        "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with "
        "length 513 instead.",
    ),
    (
        assistant(metadata={"k" * 65: "x"}),
        "property_name_above_max_length",
        f"metadata.{'k' * 65}",
        "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64, but "
        "got a string with length 65 instead.",
    ),
    (
        assistant(metadata={str(number): "x" for number in range(17)}),
        "object_above_max_properties",
        "metadata",
        "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object "
        "with 17 properties instead.",
    ),
    (
        assistant(tools=[FUNCTION] * 129),
        "array_above_max_length",
        "tools",
        "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 129 "
        "instead.",
    ),
    (
        assistant(tools=[{"type": "retrieval"}]),
        "invalid_value",
        "tools[0].type",
        "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'file_search', and 'function'.",
    ),
    (
        function(name="a.b"),
        "invalid_value",
        "tools[0].function.name",
        "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern "
        "'^[a-zA-Z0-9_-]+$'.",
    ),
    (
        function(name=""),
        "empty_string",
        "tools[0].function.name",
        "Invalid 'tools[0].function.name': empty string. Expected a string with minimum length 1, but got an empty "
        "string instead.",
    ),
    (
        assistant(tools=[{"type": "function", "function": {}}]),
        "missing_required_parameter",
        "tools[0].function.name",
        "Missing required parameter: 'tools[0].function.name'.",
    ),
    (
        function(parameters="x"),
        "invalid_type",
        "tools[0].function.parameters",
        "Invalid type for 'tools[0].function.parameters': expected an object, but got a string instead.",
    ),
    (
        assistant(temperature=2.1),
        "decimal_above_max_value",
        "temperature",
        "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.1 instead.",
    ),
    (
        assistant(top_p=-0.1),
        "decimal_below_min_value",
        "top_p",
        "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.1 instead.",
    ),
    (
        assistant(temperature=True),
        "invalid_type",
        "temperature",
        "Invalid type for 'temperature': expected a decimal, but got a boolean instead.",
    ),
    (
        assistant(reasoning_effort="ultra"),
        "invalid_value",
        "reasoning_effort",
        "Invalid value: 'ultra'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'.",
    ),
    (
        assistant(response_format="json_object"),
        "invalid_value",
        "response_format",
        "Invalid value: 'json_object'. Supported values are: 'auto'.",
    ),
    (
        assistant(response_format=3),
        "invalid_type",
        "response_format",
        "Invalid type for 'response_format': expected one of a string or object, but got an integer instead.",
    ),
    (
        assistant(tools={}),
        "invalid_type",
        "tools",
        "Invalid type for 'tools': expected an array of objects, but got an object instead.",
    ),
    (
        assistant(tools=[{"type": "file_search", "file_search": {"max_num_results": 51}}]),
        "integer_above_max_value",
        "tools[0].file_search.max_num_results",
        "Invalid 'tools[0].file_search.max_num_results': integer above maximum value. Expected a value <= 50, but got "
        "51 instead.",
    ),
]


@pytest.mark.parametrize(("body", "code", "param", "message"), CASES, ids=[f"{c[1]}-{c[2]}"[:50] for c in CASES])
def test_assistant(http: httpx.Client, body: dict[str, Any], code: str, param: str, message: str) -> None:
    before = http.get("/assistants").json()["first_id"]
    refused = http.post("/assistants", json=body)
    assert refused.status_code == 400
    assert refused.json() == {
        "error": {"message": message, "type": "invalid_request_error", "param": param, "code": code}
    }
    assert http.get("/assistants").json()["first_id"] == before


@pytest.mark.parametrize(
    "body",
    [
        assistant(name="é" * 256, description="x" * 512, metadata={"k" * 64: "🙂" * 512}),
        assistant(metadata={str(number): "" for number in range(16)}),
        assistant(tools=[{"type": "function", "function": {"name": f"f{n}"}} for n in range(128)]),
        assistant(tools=[{"type": "function", "function": {"name": "a" * 64}}]),
        assistant(temperature=2, top_p=0, instructions="x" * 256_000),
        assistant(response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}),
        assistant(name=None, description=None, instructions=None, temperature=None, metadata=None),
    ],
)
def test_values_at_the_bounds(http: httpx.Client, body: dict[str, Any]) -> None:
    created = http.post("/assistants", json=body)
    assert created.status_code == 200, created.text
    for name in ("name", "description", "instructions"):
        assert created.json()[name] == body.get(name)
    assert created.json()["metadata"] == (body.get("metadata") or {})


@pytest.mark.parametrize(
    ("place", "body", "param", "code"),
    [
        ("/threads", {"messages": [{"role": "system", "content": "x"}]}, "messages[0].role", "invalid_value"),
        ("/threads", {"messages": [{"role": "user"}]}, "messages[0].content", "missing_required_parameter"),
        ("/threads", {"messages": [{"role": "user", "content": []}]}, "messages[0].content", "empty_array"),
        (
            "/threads",
            {"messages": [{"role": "user", "content": [{"type": "input_text", "text": "x"}]}]},
            "messages[0].content[0].type",
            "invalid_value",
        ),
        (
            "/threads",
            {"messages": [{"role": "user", "content": [{"type": "text", "text": {"value": "x"}}]}]},
            "messages[0].content[0].text",
            "invalid_type",
        ),
        ("/threads/{thread}", {"messages": []}, "messages", "unknown_parameter"),
        ("/threads/{thread}/messages", {"role": "user"}, "content", "missing_required_parameter"),
        (
            "/threads/{thread}/messages",
            {**USER, "attachments": [{"file_id": "file-x"}]},
            "attachments[0].tools",
            "missing_required_parameter",
        ),
        ("/threads/{thread}/messages/msg_x", {"content": "x"}, "content", "unknown_parameter"),
        ("/threads/{thread}/runs", {}, "assistant_id", "missing_required_parameter"),
        ("/threads/{thread}/runs", {"assistant_id": "wf_1"}, "assistant_id", "invalid_value"),
        ("/threads/{thread}/runs", {"assistant_id": 1}, "assistant_id", "invalid_type"),
        (
            "/threads/runs",
            {"assistant_id": "asst_x", "additional_messages": []},
            "additional_messages",
            "unknown_parameter",
        ),
        ("/threads/runs", {"assistant_id": "asst_x", "stream": "true"}, "stream", "invalid_type"),
        (
            "/threads/runs",
            {"assistant_id": "asst_x", "max_completion_tokens": 255},
            "max_completion_tokens",
            "integer_below_min_value",
        ),
        (
            "/threads/runs",
            {"assistant_id": "asst_x", "truncation_strategy": {}},
            "truncation_strategy.type",
            "missing_required_parameter",
        ),
        ("/threads/runs", {"assistant_id": "asst_x", "tools": [FUNCTION] * 21}, "tools", "array_above_max_length"),
        ("/threads/runs", {"assistant_id": "asst_x", "tool_choice": "any"}, "tool_choice", "invalid_value"),
        (
            "/threads/runs",
            {"assistant_id": "asst_x", "tool_choice": {"type": "function"}},
            "tool_choice.function",
            "missing_required_parameter",
        ),
        ("/threads/{thread}/runs/run_x", {"status": "completed"}, "status", "unknown_parameter"),
        ("/threads/{thread}/runs/run_x/submit_tool_outputs", {}, "tool_outputs", "missing_required_parameter"),
        (
            "/threads/{thread}/runs/run_x/submit_tool_outputs",
            {"tool_outputs": [{"output": "x"}]},
            "tool_outputs[0].tool_call_id",
            "missing_required_parameter",
        ),
        (
            "/threads/{thread}/runs/run_x/submit_tool_outputs",
            {"tool_outputs": [{"tool_call_id": "x", "output": 1}]},
            "tool_outputs[0].output",
            "invalid_type",
        ),
        ("/threads/undefined", {}, "thread_id", "invalid_value"),
        ("/threads/{thread}/runs/undefined", {}, "run_id", "invalid_value"),
    ],
)
def test_the_rest(http: httpx.Client, place: str, body: dict[str, Any], param: str, code: str) -> None:
    thread = http.post("/threads", json={}).json()["id"]
    refused = http.post(place.format(thread=thread), json=body)
    assert refused.status_code == 400, refused.text
    error = refused.json()["error"]
    assert (error["param"], error["code"], error["type"]) == (param, code, "invalid_request_error")
    assert http.get(f"/threads/{thread}/messages").json()["data"] == []


@pytest.mark.parametrize("name", ["messages", "metadata", "tool_resources"])
def test_null_is_no_value(http: httpx.Client, name: str) -> None:
    assert http.post("/threads", json={name: None}).status_code == 200


def test_null_for_what_must_be_sent_is_refused(http: httpx.Client) -> None:
    error = http.post("/assistants", json={"model": None}).json()["error"]
    assert (error["param"], error["code"]) == ("model", "invalid_type")


def test_null_leaves_an_assistant_as_it_is(http: httpx.Client) -> None:
    tools = [{"type": "code_interpreter"}]
    made = http.post("/assistants", json={"model": "gpt-4o", "tools": tools}).json()
    body = {"model": None, "tools": None, "tool_resources": {"code_interpreter": None, "file_search": None}}
    assert http.post(f"/assistants/{made['id']}", json=body).json() == made


def test_wording_of_a_wrong_prefix(http: httpx.Client) -> None:
    in_path = http.get("/threads/undefined").json()["error"]["message"]
    assert in_path == "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'."
    in_body = http.post("/threads/runs", json={"assistant_id": "wf_1"}).json()["error"]["message"]
    assert in_body == "Invalid 'assistant_id': 'wf_1'. Expected an ID that begins with 'asst'."


def test_the_order_of_refusals(http: httpx.Client) -> None:
    """Schema comes before prefix, prefix before existence, existence before state."""
    refused = http.post("/threads/undefined/messages", json={"role": "user"}).json()["error"]
    assert refused["param"] == "content"
    refused = http.post("/threads/thread_x/messages", json={"role": "user"}).json()["error"]
    assert refused["param"] == "content"
    assert http.post("/threads/thread_x/messages", json=USER).status_code == 404
    assert http.post("/threads/thread_x/runs/run_x/cancel").status_code == 404
