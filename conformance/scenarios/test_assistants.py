"""Assistants from creation to deletion, and the bounds of what they hold."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.driver import Driver
from conformance.scenarios.material import BOUNDED_METADATA, CLOCK, WEATHER, assistant, functions


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


def _vary(api: Driver, field: str, values: list[Any]) -> None:
    """Modify one field of one assistant to each value; read what became of it."""
    made = assistant(api)
    for value in values:
        api.send("modifyAssistant", {field: value}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])


def test_name(api: Driver) -> None:
    """Names around 256 characters, in letters and in emoji, on creation and on modification."""
    for name in ("n" * 256, "n" * 257):
        api.send("createAssistant", {"model": api.model, "name": name})
    _vary(api, "name", ["n" * 255, "n" * 256, "n" * 257, "🌦" * 256, "🌦" * 257, "", 7])


def test_description(api: Driver) -> None:
    """Descriptions around 512 characters."""
    api.send("createAssistant", {"model": api.model, "description": "d" * 513})
    _vary(api, "description", ["d" * 511, "d" * 512, "d" * 513, "é" * 512, ["d"]])


def test_instructions(api: Driver) -> None:
    """Instructions of exactly 256,000 characters, and one more."""
    made = assistant(api)
    for length in (256_000, 256_001):
        api.send("modifyAssistant", {"instructions": "i" * length}, assistant_id=made["id"])


def test_tools(api: Driver) -> None:
    """128 functions and one more; tools that are none."""
    made = assistant(api)
    for count in (128, 129):
        api.send("modifyAssistant", {"tools": functions(count)}, assistant_id=made["id"])
    for tool in ({"type": "retrieval"}, {"type": "web_search"}, {"type": ""}, {}, {"type": "function"}, "function"):
        api.send("modifyAssistant", {"tools": [tool]}, assistant_id=made["id"])
    api.send("createAssistant", {"model": api.model, "tools": functions(129)})


def test_functions(api: Driver) -> None:
    """Names and parameters that a function may have, and such as it may not."""
    described: list[dict[str, Any]] = [
        *({"name": name} for name in ("f" * 64, "f" * 65, "A-z_09", "", "with space", "with.dot", "größe")),
        {"description": "no name"},
        {"name": "f", "parameters": {}},
        {"name": "f", "parameters": "none"},
        {"name": "f", "parameters": []},
        {"name": "f", "strict": True, "parameters": {"type": "object", "properties": {}}},
    ]
    _vary(api, "tools", [[{"type": "function", "function": function}] for function in described])


def test_sampling(api: Driver) -> None:
    """Temperature from 0 to 2 and top_p from 0 to 1, their ends included."""
    api.send("createAssistant", {"model": api.model, "temperature": 2.1})
    api.send("createAssistant", {"model": api.model, "top_p": 1.1})
    _vary(api, "temperature", [0, 2, 1.5, -0.1, 2.1, "1", True])
    _vary(api, "top_p", [0, 1, 0.5, -0.1, 1.1, "1", False])


def test_response_formats(api: Driver) -> None:
    """Every form of a response format, and words that are none."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    named = [{"type": "json_schema", "json_schema": {"name": name, "schema": schema}} for name in ("s" * 64, "s" * 65)]
    kinds: list[Any] = ["auto", {"type": "text"}, {"type": "json_object"}, *named, "none", "json_object", {"type": "x"}]
    _vary(api, "response_format", kinds)


def test_reasoning_effort(api: Driver) -> None:
    """A reasoning effort that there is none of."""
    _vary(api, "reasoning_effort", [None, "ultra"])


def test_metadata(api: Driver) -> None:
    """Metadata around its bounds, on creation and on modification."""
    _vary(api, "metadata", [metadata for _, metadata in BOUNDED_METADATA])
    for _, metadata in BOUNDED_METADATA[:6]:
        api.send("createAssistant", {"model": api.model, "metadata": metadata})


def test_model(api: Driver) -> None:
    """No model, one of the wrong type, and one that nobody has."""
    for model in ({}, {"model": None}, {"model": 4}, {"model": "no-such-model-0000"}):
        api.send("createAssistant", model)


def test_version_1(api: Driver) -> None:
    """What version 1 took and version 2 does not."""
    api.send("createAssistant", {"model": api.model, "file_ids": []})
    api.send("createAssistant", {"model": api.model, "tools": [{"type": "retrieval"}]})


def test_file_search_options(api: Driver) -> None:
    """The options of a file search tool around their bounds."""
    options: list[dict[str, Any]] = [
        *({"max_num_results": number} for number in (1, 50, 0, 51)),
        *({"ranking_options": {"score_threshold": number}} for number in (0, 1, -0.1, 1.1)),
        {"ranking_options": {}},
        {"ranking_options": {"score_threshold": 0.5, "ranker": "default_2024_08_21"}},
        {"ranking_options": {"score_threshold": 0.5, "ranker": "default-2024-11-15"}},
    ]
    _vary(api, "tools", [[{"type": "file_search", "file_search": option}] for option in options])


def test_tool_resources(api: Driver) -> None:
    """More files than 20 and more vector stores than one, which is refused before anybody looks for them."""
    files = [f"file-{number:024}" for number in range(21)]
    stores = [f"vs_{number:024}" for number in range(2)]
    _vary(
        api,
        "tool_resources",
        [{}, {"code_interpreter": {"file_ids": files}}, {"file_search": {"vector_store_ids": stores}}],
    )
