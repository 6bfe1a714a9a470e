"""When two values say the same: what is nothing, what is a default, what does not count; and what is another value."""

from typing import Any

import pytest

from conformance import contract
from conformance.contract.values import ValueSchema

VALUES = contract.load().values
ASSISTANT, RUN = VALUES.of_object("assistant"), VALUES.of_object("thread.run")
STEP, STORED = VALUES.of_object("thread.run.step"), VALUES.of_object("vector_store.file")


def function(**members: Any) -> Any:
    return [{"type": "function", "function": {"name": "weather", **members}}]


def search(**members: Any) -> Any:
    return [{"type": "file_search", "file_search": members}]


def output(value: Any) -> Any:
    call = {"id": "call_C1", "type": "function", "function": {"name": "weather", "arguments": "{}", "output": value}}
    return {"type": "tool_calls", "tool_calls": [call]}


RANKING = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
STRICT = RANKING | {"score_threshold": 0.5}
SAME: list[tuple[ValueSchema, str, Any, Any]] = [
    (ASSISTANT, "tools", None, []),
    (ASSISTANT, "tools", function(), function(description=None)),
    (ASSISTANT, "tools", function(description=""), function(strict=False)),
    (ASSISTANT, "tools", function(parameters={}), function()),
    (ASSISTANT, "tools", function(), function(x_region="eu", strict=None)),
    (ASSISTANT, "tools", search(), [{"type": "file_search"}]),
    (ASSISTANT, "tools", search(ranking_options=RANKING), [{"type": "file_search"}]),
    (ASSISTANT, "tools", search(ranking_options=RANKING), search(ranking_options=RANKING | {"hybrid_search": None})),
    (
        ASSISTANT,
        "tools",
        search(ranking_options=RANKING),
        search(ranking_options=RANKING | {"ranker": "default-2024-08-21"}),
    ),
    (ASSISTANT, "metadata", {}, None),
    (ASSISTANT, "name", "", None),
    (ASSISTANT, "temperature", 1, 1.0),
    (ASSISTANT, "temperature", None, 1.0),
    (ASSISTANT, "top_p", 0.2, 0.20000000298023224),
    (ASSISTANT, "response_format", None, "auto"),
    (ASSISTANT, "tool_resources", {"code_interpreter": {"file_ids": []}}, {}),
    (ASSISTANT, "tool_resources", {"code_interpreter": None, "file_search": {"vector_store_ids": []}}, None),
    (RUN, "truncation_strategy", {"type": "auto"}, {"type": "auto", "last_messages": None}),
    (RUN, "tool_choice", {"type": "file_search"}, {"type": "file_search", "function": None}),
    (
        RUN,
        "usage",
        {"prompt_tokens": 1, "x_cost": 3},
        {"prompt_tokens": 1, "prompt_token_details": {"cached_tokens": 0}},
    ),
    (STORED, "attributes", {"weight": 3}, {"weight": 3.0}),
]
OTHERS: list[tuple[ValueSchema, str, Any, Any]] = [
    (ASSISTANT, "tools", None, function()),
    (ASSISTANT, "tools", function(), function(strict=True)),
    (ASSISTANT, "tools", function(description="x"), function()),
    (ASSISTANT, "tools", function(parameters={"type": "object"}), function(parameters={"type": "string"})),
    (ASSISTANT, "tools", function(parameters={"x_region": 1}), function(parameters={"x_region": 2})),
    (ASSISTANT, "tools", [*function(), *search()], [*search(), *function()]),
    (ASSISTANT, "tools", search(ranking_options=RANKING), search(ranking_options=STRICT)),
    (ASSISTANT, "tools", search(max_num_results=5), search()),
    (ASSISTANT, "metadata", {"a": ""}, {}),
    (ASSISTANT, "metadata", {"a": "1"}, {"a": "1", "b": "2"}),
    (ASSISTANT, "metadata", {"a": " 1"}, {"a": "1"}),
    (ASSISTANT, "name", "", "x"),
    (ASSISTANT, "temperature", None, 0.5),
    (ASSISTANT, "temperature", 0, None),
    (ASSISTANT, "tool_resources", {"code_interpreter": {"file_ids": ["file-1"]}}, {}),
    (RUN, "created_at", 1_735_689_600, 1_735_689_601),
    (RUN, "parallel_tool_calls", False, None),
    (RUN, "parallel_tool_calls", True, 1),
    (RUN, "tool_choice", "none", None),
    (STEP, "step_details", output(""), output(None)),
    (STORED, "attributes", {"ripe": True}, {"ripe": 1}),
    (STORED, "attributes", {"kind": None}, {}),
]


@pytest.mark.parametrize(("schema", "name", "one", "other"), SAME)
def test_two_values_say_the_same(schema: ValueSchema, name: str, one: Any, other: Any) -> None:
    assert schema.members[name].same(one, other)
    assert schema.members[name].same(other, one)


@pytest.mark.parametrize(("schema", "name", "one", "other"), OTHERS)
def test_two_values_are_others(schema: ValueSchema, name: str, one: Any, other: Any) -> None:
    assert not schema.members[name].same(one, other)
    assert not schema.members[name].same(other, one)


@pytest.mark.parametrize(
    ("name", "sent", "shown"),
    [
        ("tools", function(), function(parameters={"type": "object", "properties": {}}, strict=False)),
        ("tools", function(description=None, strict=None), function(strict=False)),
        ("tools", function(parameters={"type": "object"}), function(parameters={"type": "object", "properties": {}})),
        ("tools", search(), search(ranking_options=RANKING)),
        ("tools", search(x_depth=3), search()),
        ("tools", search(ranking_options=STRICT | {"ranker": "auto"}), search(ranking_options=STRICT)),
        ("tools", function(strict=False), function()),
        ("metadata", {"a": "1"}, {"a": "1", "b": "2"}),
        ("response_format", "auto", None),
        ("description", "", None),
    ],
)
def test_what_was_sent_is_completed(name: str, sent: Any, shown: Any) -> None:
    assert ASSISTANT.members[name].completes(sent, shown)


@pytest.mark.parametrize(
    ("name", "sent", "shown"),
    [
        ("tools", function(strict=True), function(strict=False)),
        ("tools", function(description="x"), function(description=None)),
        ("tools", [], function()),
        ("tools", [*function(), *function()], function()),
        ("tools", search(ranking_options=STRICT), search(ranking_options=RANKING)),
        ("tools", function(parameters={"a": 1}), function(parameters={})),
        ("metadata", {"a": "1"}, {}),
        ("metadata", {"a": ""}, {"a": None}),
        ("name", "", "x"),
        ("temperature", 0.5, None),
        ("response_format", {"type": "json_object"}, "auto"),
    ],
)
def test_what_was_sent_is_not_shown(name: str, sent: Any, shown: Any) -> None:
    assert not ASSISTANT.members[name].completes(sent, shown)


def test_what_nobody_knows_may_be_any_value() -> None:
    unknown = VALUES.of_object("thread.poll")
    assert unknown.same({"a": [1, {"b": None}]}, {"a": [1.0, {"b": None}]})
    assert not unknown.same({"a": 1}, {"a": 2})
    assert not unknown.members


def test_bottomless_values_pass_as_the_same() -> None:
    one: Any = []
    for _ in range(100_000):
        one = [one]
    parameters = function(parameters={"a": one}), function(parameters={"a": [one]})
    assert ASSISTANT.members["tools"].same(*parameters)
    assert ASSISTANT.members["tools"].completes(*parameters)


@pytest.mark.parametrize("name", ["tool_choice", "truncation_strategy"])
def test_a_default_is_shown_where_the_member_must_be_there(name: str) -> None:
    assert not RUN.members[name].shows_default(None)
    assert RUN.members[name].shows_default({"type": "auto", "last_messages": None} if name[1] == "r" else "auto")
    assert ASSISTANT.members["temperature"].shows_default(None)
    assert not ASSISTANT.members["temperature"].shows_default(0.5)


@pytest.mark.parametrize(
    ("name", "sent", "open"),
    [
        ("CreateVectorStoreRequest", {"expires_after": None}, True),
        ("UpdateVectorStoreRequest", {"expires_after": None}, False),
        ("CreateThreadRequest", {"messages": [{"role": "user", "content": "x", "attachments": None}]}, False),
        ("CreateThreadRequest", {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": None}]}}}, True),
        ("CreateAssistantRequest", {"model": None, "name": None, "metadata": {"a": None}}, False),
    ],
)
def test_a_null_is_open_where_it_is_not_documented(name: str, sent: Any, open: bool) -> None:
    assert VALUES.of_schema(name).has_open_null(sent) is open
