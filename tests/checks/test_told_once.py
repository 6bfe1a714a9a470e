"""One fault, one finding: what readers of reports on FakeAI and LiteLLM found told twice, or told of another thing."""

import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.checks.check import Finding
from tests.checks.judging import ALL, STREAMS
from tests.streams import text_run
from tests.traces import ASSISTANT, RUN, THREAD, Call, assistant, call, error, listing, message, run, thread, trace

tripped = STREAMS.tripped

MESSAGES = f"/threads/{THREAD}/messages"
CANCEL = f"POST /threads/{THREAD}/runs/{RUN}/cancel"


def findings(*calls: Call) -> list[Finding]:
    return [
        finding
        for finding in ALL.judged(trace(*calls)).findings
        if not finding.requirement.startswith(("ERROR-", "HDR-"))
    ]


def told(*calls: Call) -> list[str]:
    return [finding.requirement for finding in findings(*calls)]


def made(**sent: Any) -> Call:
    return call("POST /assistants", assistant(**sent), sent={"model": "gpt-4o", **sent})


@pytest.mark.parametrize(
    ("sent", "requirement"),
    [
        ({"tools": [{"type": "retrieval"}]}, "LIMIT-TOOL-01"),
        ({"tools": [{"type": "function"}]}, "LIMIT-TOOL-03"),
        ({"tools": [{"type": "function", "function": {"name": "f", "parameters": []}}]}, "LIMIT-TOOL-04"),
        ({"metadata": {"a": 1}}, "LIMIT-META-04"),
    ],
)
def test_an_answer_that_repeats_a_malformed_request_is_not_blamed_for_it(
    sent: dict[str, Any], requirement: str
) -> None:
    assert told(made(**sent)) == [requirement]


def test_later_answers_are_not_blamed_for_it_either() -> None:
    tools = [{"type": "retrieval"}]
    later = call("GET /assistants", listing(assistant(id="asst_A2"), assistant(tools=tools)))
    started = call(f"POST /threads/{THREAD}/runs", run(tools=tools), sent={"assistant_id": ASSISTANT})
    assert told(made(tools=tools), later, started) == ["LIMIT-TOOL-01"]
    assert told(later, started) == ["SCHEMA-AssistantObject", "SCHEMA-RunObject"]


def test_the_answer_to_a_malformed_request_is_judged_under_the_bound_alone() -> None:
    answer = assistant(tools=[{"type": "retriever"}], name=7)
    assert told(call("POST /assistants", answer, sent={"model": "gpt-4o", "tools": [{"type": "retrieval"}]})) == [
        "LIMIT-TOOL-01"
    ]


def test_the_answer_to_a_sound_request_may_not_repeat_it_where_the_shapes_differ() -> None:
    """FakeAI shows the parts of a message as they were sent; shown, a text is an object."""
    parts = [{"type": "text", "text": "Hello."}]
    sent = {"role": "user", "content": parts}
    assert told(call(f"POST {MESSAGES}", message(content=parts), sent=sent)) == ["SCHEMA-MessageObject"]


def test_what_became_of_a_malformed_request_is_no_echo() -> None:
    """FakeAI reads the temperature \"1\" as 1, and passes over the content in a change of a message."""
    answer = assistant(temperature=1.0)
    sent = {"model": "gpt-4o", "temperature": "1"}
    assert told(call("POST /assistants", answer, sent=sent)) == ["LIMIT-ASST-06"]
    change = call(f"POST {MESSAGES}/msg_U1", message(), sent={"content": "x"})
    assert told(change) == ["LIMIT-MSG-10"]


def test_a_cancelled_run_that_had_ended_is_told_as_not_refused_only() -> None:
    get = call(f"GET /threads/{THREAD}/runs/{RUN}", run("completed"))
    assert told(get, call(CANCEL, run("completed"))) == ["CANCEL-REFUSE-01"]


def test_a_run_may_end_before_its_cancel_arrives() -> None:
    get = call(f"GET /threads/{THREAD}/runs/{RUN}", run("in_progress"))
    assert told(get, call(CANCEL, run("completed"))) == []


def test_an_operation_that_is_not_there_has_looked_for_nothing() -> None:
    """FakeAI does not delete messages: 405, whichever thread the message is in."""
    calls = (
        call("POST /threads", thread()),
        call(f"POST {MESSAGES}", message(), sent={"role": "user", "content": "Hello."}),
        error("DELETE /threads/thread_T2/messages/msg_U1", 405),
    )
    assert told(*calls) == []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("order=newest", 'a refusal with 400: order must be one of "asc", "desc"'),
        ("limit=101", "a refusal with 400: limit must be at most 100"),
    ],
)
def test_a_parameter_of_the_query_is_named(query: str, words: str) -> None:
    limits = [one for one in findings(call(f"GET /assistants?{query}", listing())) if "LIMIT-LIST" in one.requirement]
    assert [one.expected for one in limits] == [words]


def test_the_assistant_of_these_tests_is_sound() -> None:
    assert told(made(), call(f"GET /assistants/{ASSISTANT}", assistant())) == []


def test_frames_that_name_no_event_at_all_are_told_once() -> None:
    """The LiteLLM proxy wraps every event in one more object: that is its one fault, the order follows from it."""
    sound = text_run()
    wrapped = [
        f"data: {json.dumps({'event': event.name, 'data': event.json})}\n\n".encode()
        for event in sound.trace().exchanges[0].response.events  # type: ignore[union-attr]
        if not event.is_done
    ]
    whole = sound.trace()
    (exchange,) = whole.exchanges
    assert exchange.response is not None
    response = replace(exchange.response, body=b"".join(wrapped) + b"data: [DONE]\n\n")
    assert tripped(replace(whole, exchanges=(replace(exchange, response=response),))) == {"STREAM-FRAME-03"}
