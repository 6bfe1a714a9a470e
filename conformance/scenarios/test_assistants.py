"""Assistants from creation to deletion, and what becomes of what is sent."""

from __future__ import annotations

from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import CLOCK, WEATHER, assistant


def test_lifecycle(api: Driver) -> None:
    """Create, read, modify, list, delete, and look for what is gone."""
    made = api.call(
        "createAssistant",
        {
            "model": api.model,
            "name": "Wetterfee 🌦",
            "description": "Answers questions on the weather.",
            "instructions": "Be brief.",
            "tools": [WEATHER],
            "metadata": {"suite": "conformance"},
        },
    )
    api.call("getAssistant", assistant_id=made["id"])
    api.call("modifyAssistant", {"name": "Wetterfrosch", "metadata": {"seen": "twice"}}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])
    api.send("listAssistants", query={"limit": 2})
    api.call("deleteAssistant", assistant_id=made["id"])
    api.send("getAssistant", assistant_id=made["id"])


def test_defaults(api: Driver) -> None:
    """An assistant made from nothing but a model shows what the rest defaults to."""
    made = api.call("createAssistant", {"model": api.model})
    api.call("getAssistant", assistant_id=made["id"])


def test_nulls(api: Driver) -> None:
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


def test_untouched(api: Driver) -> None:
    """A modification changes what it names and nothing else; an empty one changes nothing."""
    made = assistant(api, name="Named", tools=[WEATHER, CLOCK], metadata={"one": "1", "two": "2"}, temperature=0.2)
    api.send("modifyAssistant", {}, assistant_id=made["id"])
    api.send("modifyAssistant", {"metadata": {"two": "zwei"}}, assistant_id=made["id"])
    api.send("modifyAssistant", {"tools": []}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])


def test_model(api: Driver) -> None:
    """No model, one of the wrong type, and one that nobody has."""
    for model in ({}, {"model": None}, {"model": 4}, {"model": "no-such-model-0000"}):
        api.send("createAssistant", model)


def test_instructions_survive(api: Driver) -> None:
    """Line ends, quotes, markup and characters of every length come back as they went."""
    made = assistant(api, instructions='line\nline\r\n\ttab "quoted" \\ <b>&amp;</b> é 世界 👩‍👩‍👧 \u2028 ', name=" x ")
    api.call("getAssistant", assistant_id=made["id"])


def test_parameters_survive(api: Driver) -> None:
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


def test_resources(api: Driver) -> None:
    """Tool resources without anything in them, on creation and on modification."""
    made = assistant(api, tools=[{"type": "code_interpreter"}], tool_resources={"code_interpreter": {"file_ids": []}})
    api.call("getAssistant", assistant_id=made["id"])
    api.send("modifyAssistant", {"tool_resources": {}}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])
