"""What a server may refuse although the schemas take it, and what it may not."""

from json import loads
from typing import Any

import pytest

from conformance import contract
from conformance.checks.judge import judge
from tests.traces import error, trace

CREATE = "POST /assistants"
RUN = "POST /threads/thread_T1/runs"
SEARCH = "POST /vector_stores/vs_1/search"


def accused(label: str, sent: dict[str, Any], code: str, param: str) -> bool:
    """Whether the refusal of a valid request is held against the server."""
    judgement = judge(trace(error(label, 400, sent=sent, code=code, param=param)), contract.load())
    assert not judgement.crashed
    found = any(finding.requirement == "LIMIT-VALID-01" for finding in judgement.findings)
    assert judgement.examined["LIMIT-VALID-01"] == int(found)  # an excuse shows nothing
    return found


def function(**members: Any) -> dict[str, Any]:
    """An assistant with a function that has these members besides its name."""
    return {"model": "m", "tools": [{"type": "function", "function": {"name": "f", **members}}]}


def comparison(kind: str, value: Any) -> dict[str, Any]:
    """A search with one filter."""
    return {"query": "x", "filters": {"type": kind, "key": "k", "value": value}}


@pytest.mark.parametrize(
    ("sent", "param", "expected"),
    [
        (function(extra=1), "tools[0].function.extra", False),
        (function(description="d"), "tools[0].function.description", True),
        (function(parameters={"type": "object"}), "tools[0].function.parameters", True),
        (function(parameters={"extra": 1}), "tools[0].function.parameters.extra", False),
        ({"model": "m", "metadata": {"k": "v"}}, "metadata.k", True),
        (function(), "tools[0].function.extra", False),  # of what is not there nothing can be said
        ({"model": "m", "name": "n"}, "name", True),
        (function(), f"tools[{'9' * 5_000}].function.extra", True),
        ({"model": "m", "tool_resources": {"a": loads("[" * 500 + "]" * 500)}}, "tool_resources.a", False),
    ],
)
def test_a_member_that_nobody_knows_may_be_refused(sent: dict[str, Any], param: str, expected: bool) -> None:
    assert accused(CREATE, sent, "unknown_parameter", param) is expected


@pytest.mark.parametrize(
    ("kind", "value", "param", "expected"),
    [
        ("in", "a", "filters.value", False),
        ("in", ["a"], "filters.value", True),
        ("eq", ["a"], "filters.value", False),
        ("eq", "a", "filters.value", True),
        ("gt", "a", "filters.value", False),
        ("gt", True, "filters.value", False),
        ("gt", 1.5, "filters.value", True),
        ("gt", 1, "filters.key", True),
    ],
)
def test_a_value_that_an_operator_has_no_use_for_may_be_refused(
    kind: str, value: Any, param: str, expected: bool
) -> None:
    assert accused(SEARCH, comparison(kind, value), "invalid_type", param) is expected


def test_a_filter_within_another_is_found() -> None:
    both = {"query": "x", "filters": {"type": "and", "filters": [comparison("in", 1)["filters"]]}}
    assert not accused(SEARCH, both, "invalid_type", "filters.filters[0].value")
    assert accused(SEARCH, both, "string_above_max_length", "filters.filters[0].value")


@pytest.mark.parametrize("kind", [[], {}, None, 1])
def test_a_filter_whose_operator_is_no_text_breaks_no_check(kind: Any) -> None:
    refusal = error(SEARCH, 400, sent=comparison(kind, 1), code="invalid_type", param="filters.value")
    assert not judge(trace(refusal), contract.load()).crashed


def test_a_choice_of_a_function_is_not_refused_as_invalid() -> None:
    sent = {"assistant_id": "asst_1", "tool_choice": {"type": "function", "function": {"name": "f"}}}
    assert accused(RUN, sent, "missing_required_parameter", "tool_choice.function")


@pytest.mark.parametrize(("member", "expected"), [("zzz", set()), ("file_ids", {"ERROR-CODE-01", "ERROR-PARAM-01"})])
def test_a_request_with_another_mistake_may_be_refused_for_a_member_that_nobody_knows(
    member: str, expected: set[str]
) -> None:
    resources = {"file_search": {"vector_store_ids": ["vs_1", "vs_2"]}, "code_interpreter": {member: []}}
    param = f"tool_resources.code_interpreter.{member}"
    refusal = error(
        "POST /threads/thread_T1", 400, sent={"tool_resources": resources}, code="unknown_parameter", param=param
    )
    judgement = judge(trace(refusal), contract.load())
    assert not judgement.crashed
    assert {one.requirement for one in judgement.findings} & {"ERROR-CODE-01", "ERROR-PARAM-01"} == expected
