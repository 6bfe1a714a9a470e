"""What was written is what is read, here and in lists, and what is written to one object changes no other."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import (
    CLOCK,
    WEATHER,
    assistant,
    place,
    user,
)


def test_assistant_nulls(api: Driver) -> None:
    """Null asks for the default, on creation as on modification."""
    nulls = dict.fromkeys(
        ("name", "description", "instructions", "metadata", "temperature", "top_p", "response_format", "tool_resources")
    )
    api.send("createAssistant", {"model": api.model, **nulls})
    made = assistant(
        api,
        name="Named",
        description="Described",
        metadata={"suite": "conformance"},
        temperature=0.2,
        top_p=0.3,
        response_format={"type": "text"},
    )
    for field in nulls:
        api.send("modifyAssistant", {field: None}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])


def test_assistant_untouched(api: Driver) -> None:
    """A modification changes what it names and nothing else; an empty one changes nothing."""
    made = assistant(api, name="Named", tools=[WEATHER, CLOCK], metadata={"one": "1", "two": "2"}, temperature=0.2)
    api.send("modifyAssistant", {}, assistant_id=made["id"])
    api.send("modifyAssistant", {"metadata": {"two": "zwei"}}, assistant_id=made["id"])
    api.send("modifyAssistant", {"tools": []}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])


def test_instructions_survive(api: Driver) -> None:
    """Line ends, quotes, markup and characters of every length come back as they went."""
    made = assistant(api, instructions='line\nline\r\n\ttab "quoted" \\ <b>&amp;</b> é 世界 👩‍👩‍👧 \u2028 ', name=" x ")
    api.call("getAssistant", assistant_id=made["id"])


def test_function_parameters_survive(api: Driver) -> None:
    """A function's JSON Schema comes back as it went, however deep and with whatever names."""
    parameters = {
        "type": "object",
        "properties": {
            "größe": {"type": "number", "minimum": -1.5e-7, "enum": [1, 2.5, 1e21]},
            "nested": {"type": "array", "items": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/x"}]}},
        },
        "required": [],
        "additionalProperties": False,
        "$defs": {"x": {"const": "🌦", "description": ""}},
    }
    tool = {"type": "function", "function": {"name": "deep", "description": "", "parameters": parameters}}
    made = assistant(api, tools=[tool, CLOCK, tool | {"function": {"name": "again"}}])
    api.call("getAssistant", assistant_id=made["id"])
    api.call("modifyAssistant", {"tools": [CLOCK, tool]}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])


def test_twins(api: Driver) -> None:
    """Changing one of two alike objects leaves the other as it was."""
    twins: list[dict[str, Any]] = [assistant(api, name="Twin", metadata={"of": "two"}) for _ in range(2)]
    api.call("modifyAssistant", {"name": "Changed", "metadata": {"of": "one"}}, assistant_id=twins[0]["id"])
    api.call("getAssistant", assistant_id=twins[1]["id"])
    threads = [api.call("createThread", {"metadata": {"of": "two"}})["id"] for _ in range(2)]
    api.call("modifyThread", {"metadata": {"of": "one"}}, thread_id=threads[0])
    api.call("getThread", thread_id=threads[1])
    messages = [api.call("createMessage", user("Twin"), thread_id=threads[0])["id"] for _ in range(2)]
    api.call("modifyMessage", {"metadata": {"of": "one"}}, thread_id=threads[0], message_id=messages[0])
    api.call("getMessage", thread_id=threads[0], message_id=messages[1])
    api.call("listMessages", thread_id=threads[1])


def test_refused_changes(api: Driver) -> None:
    """A modification that is right in one member and wrong in another is refused, and leaves all as it was."""
    before, wrong = {"state": "before"}, {"state": "after", "long": "x" * 513}
    made = assistant(api, name="Before", tools=[WEATHER], metadata=before)
    for change in ({"name": "After", "metadata": wrong}, {"tools": [], "temperature": 2.5}, {"instructions": 1}):
        api.send("modifyAssistant", change, assistant_id=made["id"])
        api.call("getAssistant", assistant_id=made["id"])
    thread_id = api.call("createThread", {"messages": [user()], "metadata": before})["id"]
    api.send("modifyThread", {"metadata": wrong}, thread_id=thread_id)
    api.call("getThread", thread_id=thread_id)
    message = api.call("createMessage", {**user(), "metadata": before}, thread_id=thread_id)
    where = {"thread_id": thread_id, "message_id": message["id"]}
    api.send("modifyMessage", {"metadata": wrong}, **where)
    api.call("getMessage", **where)
    run = api.call(
        "createRun", {"assistant_id": made["id"], "tool_choice": "none", "metadata": before}, thread_id=thread_id
    )
    run = api.wait(run, until=TERMINAL)
    api.send("modifyRun", {"metadata": wrong}, **place(run))
    api.call("getRun", **place(run))
    api.call("listMessages", thread_id=thread_id)


def test_first_messages(api: Driver) -> None:
    """Messages of both roles, with metadata and in parts, stand in the thread as they were given."""
    parts = [{"type": "text", "text": "Three, "}, {"type": "text", "text": "in two parts \n"}]
    first = [
        user("One"),
        {"role": "assistant", "content": "Two", "metadata": {"number": "2"}},
        {"role": "user", "content": parts},
    ]
    made = api.call("createThread", {"messages": first})
    for order in ("asc", "desc"):
        api.call("listMessages", thread_id=made["id"], query={"order": order})
