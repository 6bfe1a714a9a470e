"""Bounds on requests: a request that breaks one and is taken trips that bound; one that keeps all is not refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from conformance.checks.judge import Judgement
from tests.checks.judging import Checks
from tests.traces import Call as Exchanged
from tests.traces import assistant, call, error, listing, thread, trace

CREATE = "POST /assistants"
LIST = "GET /assistants"
BOUNDS = Checks("limits.request_bounds")


def _judged(*calls: Exchanged) -> Judgement:
    return BOUNDS.judged(trace(*calls))


def _tripped(*calls: Exchanged) -> set[str]:
    return BOUNDS.tripped(trace(*calls))


def _sent(**fields: Any) -> dict[str, Any]:
    return {"model": "gpt-4o-mini", **fields}


BROKEN = {
    "LIMIT-ASST-01": {"name": "no model"},
    "LIMIT-ASST-02": _sent(name="é" * 257),
    "LIMIT-ASST-03": _sent(description="x" * 513),
    "LIMIT-ASST-04": _sent(instructions="x" * 256_001),
    "LIMIT-META-01": _sent(metadata={str(n): "" for n in range(17)}),
    "LIMIT-META-02": _sent(metadata={"k" * 65: ""}),
    "LIMIT-META-03": _sent(metadata={"k": "🌍" * 513}),
    "LIMIT-META-04": _sent(metadata={"k": True}),
    "LIMIT-SHAPE-02": _sent(colour="blue"),
    "LEGACY-FIELD-01": _sent(file_ids=[]),
}


@pytest.mark.parametrize(("requirement", "body"), BROKEN.items(), ids=BROKEN)
def test_a_broken_bound_that_is_taken_trips_that_bound_alone(requirement: str, body: dict[str, Any]) -> None:
    assert _tripped(call(CREATE, assistant(), sent=body)) == {requirement}


@pytest.mark.parametrize(("requirement", "body"), BROKEN.items(), ids=BROKEN)
def test_refused_with_400_it_trips_nothing_and_counts_as_examined(requirement: str, body: dict[str, Any]) -> None:
    judgement = _judged(error(CREATE, 400, sent=body))
    assert judgement.findings == ()
    assert judgement.examined[requirement] == 1
    assert judgement.examined["LIMIT-REFUSAL-01"] == 1


def test_refused_otherwise_it_trips_the_refusal() -> None:
    assert _tripped(error(CREATE, 422, sent=BROKEN["LIMIT-META-04"])) == {"LIMIT-REFUSAL-01"}


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_an_answer_about_something_else_says_nothing_of_bounds(status: int) -> None:
    assert _judged(error(CREATE, status, sent=BROKEN["LIMIT-META-04"])).subjects == 0


def test_the_edge_itself_is_within() -> None:
    body = _sent(name="🌍" * 256, metadata={"k" * 64: "é" * 512})
    assert _tripped(call(CREATE, assistant(), sent=body)) == set()
    refused = error(CREATE, 400, code="string_above_max_length", sent=body)
    assert _tripped(refused) == {"LIMIT-VALID-01"}
    assert _tripped(error(CREATE, 422, sent=body)) == {"LIMIT-VALID-01"}


def test_a_body_that_is_said_to_be_none_for_this_operation_may_be_refused_in_any_way() -> None:
    as_text = (("content-type", "text/plain"), ("openai-beta", "assistants=v2"))
    assert _tripped(error(CREATE, 422, sent=_sent(), request_headers=as_text)) == set()


def test_a_refusal_for_the_state_of_things_is_not_one_of_the_request() -> None:
    locked = error("POST /threads/thread_T1/messages", 400, sent={"role": "user", "content": "Hi"})
    assert _tripped(locked) == set()


@pytest.mark.parametrize(("query", "requirement"), [("?limit=101", "LIMIT-LIST-01"), ("?order=up", "LIMIT-LIST-03")])
def test_query_parameters_have_bounds_too(query: str, requirement: str) -> None:
    assert requirement in _tripped(call(LIST + query, listing()))
    assert _tripped(error(LIST + query, 400)) == set()


def test_a_body_that_is_no_json_breaks_no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """FakeAI answers 422 to it: that is for the error checks."""
    broken = trace(error(CREATE, 422, sent=None))
    (exchange,) = broken.exchanges
    object.__setattr__(exchange.request, "body", b'{"model": ')
    assert BOUNDS.judged(broken).subjects == 0


def test_an_optional_body_can_be_left_out() -> None:
    assert _tripped(call("POST /threads", thread())) == set()


@pytest.mark.parametrize("status", [200, 400])
def test_no_body_where_nothing_in_it_is_needed_is_nobodys_fault(status: int) -> None:
    assert not _tripped(error("POST /threads/thread_T1", status, code="missing_required_parameter"))


def test_no_body_where_something_in_it_is_needed_is_refused() -> None:
    assert _tripped(call(CREATE, assistant())) == {"LIMIT-SHAPE-01"}


def test_what_recordings_show_taken_is_dated() -> None:
    """max_completion_tokens 16 was taken in recordings of 2024-04 (alexrudall/ruby-openai runs_create.yml)."""
    body = {"assistant_id": "asst_A1", "max_completion_tokens": 16}
    then = call("POST /threads/thread_T1/runs", {}, sent=body, date=datetime(2024, 4, 29, tzinfo=UTC))
    now = call("POST /threads/thread_T1/runs", {}, sent=body, date=datetime(2026, 1, 1, tzinfo=UTC))
    assert _tripped(then) == set()
    assert _tripped(now) == {"LIMIT-RUN-03"}
