"""Calls that a run waits for: of functions that it has, with arguments that fit."""

import json
from typing import Any

import pytest

from conformance.checks.shared.argument_fit import misfits
from tests.checks.judging import Checks
from tests.traces import RUN, THREAD, call, run, tool_call, trace

CALLED = Checks("tools.called_functions")
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def found(
    *calls: dict[str, Any], parameters: Any = None, strict: bool | None = None, name: str = "weather"
) -> set[str]:
    function = {"name": name, "parameters": parameters, "strict": strict}
    waiting = run("requires_action", *calls, tools=[{"type": "function", "function": function}])
    return CALLED.tripped(trace(call(f"GET /threads/{THREAD}/runs/{RUN}", waiting)))


def asked(arguments: Any, call_id: str = "call_A") -> dict[str, Any]:
    return tool_call(call_id, arguments if isinstance(arguments, str) else json.dumps(arguments))


def test_a_function_that_the_run_has_is_called() -> None:
    assert found(asked({"city": "Bern"}), parameters=CITY, strict=True) == set()
    assert found(asked({})) == set()
    assert found(asked("")) == set()


def test_a_function_that_it_does_not_have_is_a_violation() -> None:
    assert found(asked({}), name="clock") == {"TOOL-KNOWN-01"}
    without = run("requires_action", asked({}), tools=[])
    assert CALLED.tripped(trace(call(f"GET /threads/{THREAD}/runs/{RUN}", without))) == {"TOOL-KNOWN-01"}


def test_what_a_run_has_is_not_known_where_it_does_not_say() -> None:
    without = run("requires_action", asked({}))
    del without["tools"]
    assert CALLED.judged(trace(call(f"GET /threads/{THREAD}/runs/{RUN}", without))).subjects == 0


@pytest.mark.parametrize("arguments", [{}, {"city": 7}, "nothing", [], "null"])
def test_arguments_fit_where_the_function_is_strict(arguments: Any) -> None:
    assert found(asked(arguments), parameters=CITY, strict=True) == {"TOOL-STRICT-01"}


@pytest.mark.parametrize("strict", [None, False])
def test_otherwise_it_is_a_warning(strict: bool | None) -> None:
    assert found(asked({}), parameters=CITY, strict=strict) == {"TOOL-FIT-01"}
    assert found(asked("nothing"), parameters=CITY, strict=strict) == set()  # told as RUN-ACTION-02


def test_parallel_calls_promise_no_schema() -> None:
    assert found(asked({}), asked({"city": "Bern"}, "call_B"), parameters=CITY, strict=True) == {"TOOL-FIT-01"}


@pytest.mark.parametrize(
    ("value", "schema", "wrong"),
    [
        ({"a": 1.0}, {"type": "object", "properties": {"a": {"type": "integer"}}}, 0),
        ({"a": True}, {"type": "object", "properties": {"a": {"type": "integer"}}}, 1),
        ({"a": None}, {"type": "object", "properties": {"a": {"type": ["string", "null"]}}}, 0),
        ({"a": "x"}, {"properties": {"a": {"enum": ["y"]}}}, 1),
        ({"a": [1, "x"]}, {"properties": {"a": {"items": {"type": "number"}}}}, 1),
        ({"b": 1}, {"properties": {"a": {}}, "additionalProperties": False}, 1),
        ({"b": 1}, {"properties": {"a": {}}}, 0),
        ({"a": 7}, {"properties": {"a": {"anyOf": [{"type": "string"}]}}}, 0),
        ({"a": 7}, {"properties": {"a": {"$ref": "#/$defs/a"}}}, 0),
        ({}, {"required": ["a", "b", "c", "d"]}, 3),
        ({}, {"type": "thing", "required": 7, "properties": [], "enum": "x"}, 0),
    ],
)
def test_the_plain_part_of_a_schema_is_held_against_a_value(value: Any, schema: Any, wrong: int) -> None:
    assert len(misfits(value, schema)) == wrong
