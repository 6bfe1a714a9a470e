"""The values that scenarios try: each keeps the contract, or breaks one rule of it and no other."""

from typing import Any

import pytest

from conformance import contract
from conformance.contract import Level
from conformance.scenarios.kit import boundary_values as values
from conformance.scenarios.kit.boundary_values import Around

ASSISTANT: dict[str, list[Around]] = {
    "name": [values.NAME],
    "description": [values.DESCRIPTION],
    "instructions": [values.INSTRUCTIONS],
    "temperature": [values.TEMPERATURE],
    "top_p": [values.TOP_P],
    "reasoning_effort": [values.REASONING_EFFORT],
    "tools": [values.TOOL_COUNT, values.TOOL_KINDS, values.FUNCTION_NAMES, values.FUNCTIONS, values.FILE_SEARCH],
    "response_format": [values.RESPONSE_FORMAT],
    "metadata": [values.METADATA],
    "tool_resources": [values.RESOURCES, values.HELPERS],
}
MESSAGES = [values.MESSAGE, values.MESSAGE_METADATA]


def bodies(which: str) -> list[tuple[str, dict[str, Any]]]:
    """(schema, body) of every request of one sort, `kept` or `broken`, that the scenarios put together."""
    found: list[tuple[str, dict[str, Any]]] = []
    for field, arounds in ASSISTANT.items():
        found += [
            ("CreateAssistantRequest", {"model": "m", field: value})
            for around in arounds
            for value in getattr(around, which)
        ]
    for around in MESSAGES:
        for message in getattr(around, which):
            found.append(("CreateMessageRequest", message))
            found.append(("CreateThreadRequest", {"messages": [message]}))
            found.append(("CreateRunRequest", {"assistant_id": "asst_1", "additional_messages": [message]}))
    for fields in (values.RUN, values.RUN_ALONE):
        for field, around in fields.items():
            found += [
                ("CreateRunRequest", {"assistant_id": "asst_1", field: value}) for value in getattr(around, which)
            ]
    return found


def broken_rules(schema: str, body: dict[str, Any]) -> set[str]:
    return {
        violation.requirement or "LIMIT-SHAPE-01" for violation in contract.load().schemas.validate(schema, body, None)
    }


def test_what_is_to_be_taken_keeps_the_contract() -> None:
    assert [(schema, str(body)[:200]) for schema, body in bodies("kept") if broken_rules(schema, body)] == []


def test_what_is_to_be_refused_breaks_one_rule() -> None:
    several = {
        str(body)[:200]: rules for schema, body in bodies("broken") if len(rules := broken_rules(schema, body)) != 1
    }
    assert several == {}


def test_every_bound_of_a_request_that_takes_no_files_is_tried() -> None:
    """The rest are bounds of files, vector stores, queries and things that this table does not hold."""
    tried = {rule for schema, body in bodies("broken") for rule in broken_rules(schema, body)}
    elsewhere = ("LIMIT-VS", "LIMIT-FILE", "LIMIT-BATCH", "LIMIT-SEARCH", "LIMIT-CHUNK", "LIMIT-LIST", "LIMIT-RES-0")
    named = {
        name
        for name, requirement in contract.load().requirements.items()
        if requirement.checks == ("limits.request_bounds",)
        and requirement.level is not Level.MAY
        and not name.startswith(elsewhere)
    }
    others = {"LIMIT-REFUSAL-01", "LIMIT-VALID-01", "LEGACY-FIELD-01"}
    modified = {"LIMIT-THREAD-02", "LIMIT-MSG-10", "LIMIT-RUN-11"}
    generated = {"LIMIT-NESTED-01", "LIMIT-NESTED-02"}
    apart = {"LIMIT-ASST-01", "LIMIT-RUN-01", "LIMIT-RUN-15", "LIMIT-RUN-18", "LIMIT-RUN-19", "LIMIT-MSG-07"}
    assert named - tried == others | modified | apart | generated


@pytest.mark.parametrize("letter", values.ALPHABETS)
def test_lengths_are_those_of_characters(letter: str) -> None:
    around = values.length(3)
    assert letter * 3 in around.kept
    assert letter * 4 in around.broken
    assert "aa" in around.kept
