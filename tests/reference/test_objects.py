"""Assistants, threads and messages: defaults and key order as recorded, modifying, deleting."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

New = Callable[..., dict[str, Any]]

RUN_KEYS = """
id object created_at assistant_id thread_id status started_at expires_at cancelled_at failed_at completed_at
required_action last_error model instructions tools tool_resources metadata temperature top_p reasoning_effort
max_completion_tokens max_prompt_tokens truncation_strategy incomplete_details usage response_format tool_choice
parallel_tool_calls
"""
MESSAGE_KEYS = "id object created_at assistant_id thread_id run_id role content attachments metadata"


def test_defaults_of_an_assistant(new: New) -> None:
    created = new("assistants", model="gpt-4o")
    assert list(created.items())[3:] == list(
        {
            "name": None,
            "description": None,
            "model": "gpt-4o",
            "instructions": None,
            "tools": [],
            "top_p": 1.0,
            "temperature": 1.0,
            "reasoning_effort": None,
            "tool_resources": {},
            "metadata": {},
            "response_format": "auto",
        }.items()
    )
    assert created["id"].startswith("asst_")
    assert len(created["id"]) == 29


def test_tools_are_completed(new: New) -> None:
    function = {"name": "f", "description": "d"}
    tools = [
        {"type": "function", "function": function},
        {"type": "file_search", "file_search": {"max_num_results": 3}},
        {"type": "code_interpreter"},
    ]
    created = new("assistants", model="gpt-4o", tools=tools)
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
    assert created["tools"] == [
        {
            "type": "function",
            "function": {**function, "parameters": {"type": "object", "properties": {}}, "strict": False},
        },
        {"type": "file_search", "file_search": {"max_num_results": 3, "ranking_options": ranking}},
        {"type": "code_interpreter"},
    ]
    assert created["tool_resources"] == {"code_interpreter": {"file_ids": []}}
    again = new(f"assistants/{created['id']}", tools=created["tools"], tool_resources=created["tool_resources"])
    assert again == created


def test_defaults_of_a_run(new: New) -> None:
    assistant = new("assistants", model="gpt-4o", instructions="Hi.")
    run = new("threads/runs", assistant_id=assistant["id"])
    assert list(run) == RUN_KEYS.split()
    assert run["truncation_strategy"] == {"type": "auto", "last_messages": None}
    assert (run["tool_choice"], run["response_format"], run["parallel_tool_calls"]) == ("auto", "auto", True)
    assert (run["tool_resources"], run["metadata"], run["reasoning_effort"]) == ({}, {}, None)


def test_message_content(new: New) -> None:
    thread = new("threads")
    plain = new(f"threads/{thread['id']}/messages", role="user", content="héllo 🌍")
    assert list(plain) == MESSAGE_KEYS.split()
    assert plain["content"] == [{"type": "text", "text": {"value": "héllo 🌍", "annotations": []}}]
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    parts = new(
        f"threads/{thread['id']}/messages", role="assistant", content=[{"type": "text", "text": "Look:"}, image]
    )
    assert parts["role"] == "assistant"
    assert parts["content"] == [
        {"type": "text", "text": {"value": "Look:", "annotations": []}},
        {"type": "image_url", "image_url": {"url": "https://example.org/a.png", "detail": "auto"}},
    ]


def test_modifying_an_assistant(http: httpx.Client, new: New) -> None:
    created = new("assistants", model="gpt-4o", name="A", temperature=0.5, metadata={"a": "1"})
    place = f"/assistants/{created['id']}"
    assert http.post(place, json={}).json() == created
    changed = http.post(place, json={"name": None, "temperature": None, "metadata": {"b": "2"}}).json()
    assert changed == {**created, "name": None, "temperature": 1.0, "metadata": {"b": "2"}}
    assert http.get(place).json() == changed
    assert http.post(place, json={"model": "gpt-99"}).status_code == 404
    assert http.get(place).json() == changed


def test_modifying_a_message_answers_in_the_old_form(http: httpx.Client, new: New) -> None:
    thread = new("threads")
    message = new(f"threads/{thread['id']}/messages", role="user", content="x")
    place = f"/threads/{thread['id']}/messages/{message['id']}"
    changed = http.post(place, json={"metadata": {"k": "v"}}).json()
    assert "attachments" not in changed
    assert changed["file_ids"] == []
    assert http.get(place).json() == {**message, "metadata": {"k": "v"}}


def test_reading_a_thread_shows_empty_interpreter_resources(http: httpx.Client, new: New) -> None:
    created = new("threads", metadata={"k": "v"})
    assert created["tool_resources"] == {}
    shown = http.get(f"/threads/{created['id']}").json()
    assert shown == {**created, "tool_resources": {"code_interpreter": {"file_ids": []}}}
    assert http.post(f"/threads/{created['id']}", json={"metadata": {}}).json() == {**created, "metadata": {}}


def test_deleting(http: httpx.Client, new: New) -> None:
    assistant = new("assistants", model="gpt-4o", instructions="x")
    run = new("threads/runs", assistant_id=assistant["id"], thread={"messages": [{"role": "user", "content": "x"}]})
    thread = f"/threads/{run['thread_id']}"
    message = http.get(f"{thread}/messages?order=asc").json()["data"][0]
    for place, noun, identifier in (
        (f"{thread}/messages/{message['id']}", "thread.message", message["id"]),
        (f"/assistants/{assistant['id']}", "assistant", assistant["id"]),
        (thread, "thread", run["thread_id"]),
    ):
        deleted = http.delete(place)
        assert deleted.json() == {"id": identifier, "object": f"{noun}.deleted", "deleted": True}
        assert http.delete(place).status_code == http.get(place).status_code == 404
        if noun == "assistant":
            assert http.get(f"{thread}/runs/{run['id']}").status_code == 200
    assert http.get(f"{thread}/runs/{run['id']}").json()["error"]["message"].startswith("No thread found")


@pytest.mark.parametrize("place", ["messages/msg_x", "runs/run_x", "runs/run_x/steps/step_x", "runs/run_x/steps"])
def test_the_first_missing_object_is_named(http: httpx.Client, new: New, place: str) -> None:
    nouns = {"messages": "message", "runs": "run"}
    noun = nouns[place.split("/")[0]]
    missing = http.get(f"/threads/thread_x/{place}")
    assert missing.json()["error"]["message"] == "No thread found with id 'thread_x'."
    there = http.get(f"/threads/{new('threads')['id']}/{place}")
    identifier = place.split("/")[1]
    assert there.json()["error"]["message"] == f"No {noun} found with id '{identifier}'."


def test_an_object_is_only_found_in_its_own_thread(http: httpx.Client, new: New) -> None:
    message = new(f"threads/{new('threads')['id']}/messages", role="user", content="x")
    assert http.get(f"/threads/{new('threads')['id']}/messages/{message['id']}").status_code == 404


def test_files_and_stores_that_do_not_exist(http: httpx.Client, new: New) -> None:
    thread = new("threads")["id"]
    attachment = {"file_id": "file-x", "tools": [{"type": "file_search"}]}
    body = {"role": "user", "content": "x", "attachments": [attachment]}
    missing = http.post(f"/threads/{thread}/messages", json=body)
    assert (missing.status_code, missing.json()["error"]["message"]) == (404, "Files [file-x] were not found")
    described = {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": ["file-x"]}]}}}
    for path, members in (("/threads", {}), ("/assistants", {"model": "gpt-4o"})):
        assert http.post(path, json={**members, **described}).status_code == 404
    assert http.post("/threads", json={"messages": [body]}).status_code == 404
    image = [{"type": "image_file", "image_file": {"file_id": "file-y"}}]
    assert http.post(f"/threads/{thread}/messages", json={"role": "user", "content": image}).status_code == 404
    stores = {"file_search": {"vector_store_ids": ["vs_x"]}}
    missing = http.post("/assistants", json={"model": "gpt-4o", "tool_resources": stores})
    assert missing.json()["error"]["message"] == "No vector store found with id 'vs_x'."
    assert http.get(f"/threads/{thread}/messages").json()["data"] == []


def test_images_in_other_formats(http: httpx.Client, new: New) -> None:
    thread = new("threads")["id"]
    content = [{"type": "image_url", "image_url": {"url": "https://example.org/a.pdf?x=.png"}}]
    refused = http.post(f"/threads/{thread}/messages", json={"role": "user", "content": content})
    assert refused.status_code == 400
    assert refused.json()["error"]["message"].endswith(".webp but got .pdf.")


def test_models(http: httpx.Client) -> None:
    listed = http.get("/models").json()
    assert list(listed) == ["object", "data"]
    first = listed["data"][0]
    assert list(first) == ["id", "object", "created", "owned_by"]
    assert http.get(f"/models/{first['id']}").json() == first
    missing = http.get("/models/ft:123")
    assert (missing.status_code, missing.json()["error"]) == (
        404,
        {
            "message": "The model 'ft:123' does not exist",
            "type": "invalid_request_error",
            "param": "model",
            "code": "model_not_found",
        },
    )
