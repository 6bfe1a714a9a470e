"""Requests that depend on nothing: an endpoint that refuses them refuses everybody."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.checks.judge import Judgement
from tests.checks.judging import Checks
from tests.traces import ASSISTANT, THREAD, Call, assistant, call, deleted, error, listing, run, stream, thread, trace

MADE = {"model": "x"}
WITHOUT_BETA = (("authorization", "Bearer key"),)
AS_JSON = (*WITHOUT_BETA, ("openai-beta", "assistants=v2"), ("content-type", "application/json"))
AS_TEXT = (*WITHOUT_BETA, ("openai-beta", "assistants=v2"), ("content-type", "text/plain"))


def judged(*calls: Call) -> Judgement:
    return Checks("limits.plain_requests").judged(trace(*calls))


def uploaded(name: str, content: str, purpose: str = "assistants", **changes: Any) -> Call:
    fields = (f'name="purpose"\r\n\r\n{purpose}', f'name="file"; filename="{name}"\r\n\r\n{content}')
    body = "".join(f"--B\r\nContent-Disposition: form-data; {field}\r\n" for field in fields) + "--B--\r\n"
    headers = (*WITHOUT_BETA, ("content-type", "multipart/form-data; boundary=B"))
    return error("POST /files", 400, sent=body.encode(), request_headers=headers, **changes)


REFUSED = [
    error("POST /threads", 400),
    error("POST /threads", 400, request_headers=AS_TEXT),  # of a body that is empty the type says nothing
    error("POST /threads", 400, sent={}, request_headers=AS_JSON),
    error("POST /threads", 409, sent={"metadata": {"a": "b"}}, request_headers=AS_JSON),
    error("POST /vector_stores", 400, sent={"name": "x"}, request_headers=AS_JSON),
    error(
        "POST /vector_stores", 400, "The plan of this store is unknown.", sent={"name": "x"}, request_headers=AS_JSON
    ),
    error("POST /assistants", 400, "An explanation is needed.", sent={"model": "x"}, request_headers=AS_JSON),
    error("POST /assistants", 400, sent={"model": "gpt-4o", "name": "Ada"}, request_headers=AS_JSON),
    error("GET /assistants", 400),
    error("GET /vector_stores?limit=100&order=asc", 400),
    error("GET /models", 400, request_headers=WITHOUT_BETA),
    error("GET /files?limit=100&order=desc", 400, request_headers=WITHOUT_BETA),
    *(uploaded(name, "{}") for name in ("a.txt", "b.json", "c.md")),
    uploaded("a.md", "text", message="Files with extensions [.md] are not supported."),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda one: f"{one.label} {one.sent}"[:50])
def test_a_plain_request_that_is_refused_is_found(refused: Call) -> None:
    judgement = judged(refused)
    assert [finding.requirement for finding in judgement.findings] == ["LIMIT-VALID-02"]
    assert judgement.examined["LIMIT-VALID-02"] == 1


@pytest.mark.parametrize("status", [400, 406, 409, 413, 415])
def test_a_status_that_blames_the_request_is_found_and_told_with_its_message(status: int) -> None:
    (finding,) = judged(error("POST /threads", status, "Not today.")).findings
    assert (finding.requirement, finding.actual) == ("LIMIT-VALID-02", f'status {status}: "Not today."')


def test_a_refusal_without_a_message_is_told_by_its_status() -> None:
    (finding,) = judged(call("POST /threads", {"no": "envelope"}, status=400)).findings
    assert finding.actual == "status 400"


def test_accepted_it_is_examined_and_nothing_is_found() -> None:
    judgement = judged(
        call("POST /threads", thread(), sent={}, request_headers=AS_JSON), call("GET /assistants", listing(assistant()))
    )
    assert (judgement.examined["LIMIT-VALID-02"], judgement.findings) == (2, ())


@pytest.mark.parametrize(
    "other",
    [
        error("POST /threads", 401),
        error("POST /threads", 404),
        error("POST /threads", 429),
        error("POST /threads", 500),
        error("POST /threads", 400, request_headers=WITHOUT_BETA),
        error("POST /threads", 400, sent={}, request_headers=AS_TEXT),
        error("POST /threads", 400, sent=b"{", request_headers=AS_JSON),
        error("POST /threads", 400, sent=[], request_headers=AS_JSON),
        error("POST /threads", 400, sent={"metadata": 1}, request_headers=AS_JSON),
        error("POST /threads", 400, sent={"tool_resources": {}}, request_headers=AS_JSON),
        error("POST /threads?x=1", 400),
        error("POST /assistants", 400, sent={}, request_headers=AS_JSON),
        error("POST /assistants", 400, "No Model of this name.", sent={"model": "x"}, request_headers=AS_JSON),
        error("POST /assistants", 400, code="DeploymentNotFound", sent={"model": "x"}, request_headers=AS_JSON),
        error("POST /assistants", 400, param="model", sent={"model": "x"}, request_headers=AS_JSON),
        error("POST /assistants", 400, code="model_not_found", sent={"model": "x"}, request_headers=AS_JSON),
        error("GET /assistants?limit=0", 400),
        error("POST /threads", 422, sent={"metadata": {"a": "b"}}, request_headers=AS_JSON),
        error("POST /threads", 400, code="invalid_type", sent={"metadata": {"a": "b"}}, request_headers=AS_JSON),
        error("GET /assistants?limit=20&limit=5", 400),
        error("POST /threads", 400, "Incorrect API key provided: no.", code="invalid_api_key"),
        error("POST /threads", 400, "Billing hard limit has been reached", code="billing_hard_limit_reached"),
        error("POST /threads", 400, "Your current plan does not include threads.", code="plan_required"),
        error("POST /vector_stores", 400, "Vector stores are not supported by this server."),
        error("POST /threads", 400, "Threads have been disabled by the administrator.", code="feature_disabled"),
        error("GET /files", 400, "Not implemented", code="not_implemented"),
        error("POST /threads", 400, "Insufficient credits. Top up your balance."),
        error("POST /threads", 400, "Country, region, or territory not supported"),
        error("POST /threads", 400, "Your input was flagged by our safety system.", code="moderation_blocked"),
        error("POST /threads", 400, "Missing required header: OpenAI-Project"),
        error("POST /threads", 400, "Slow down.", code="rate_limit_exceeded"),
        error("POST /threads", 409, "The server is busy; try again later."),
        error("POST /threads", 400, "You have reached the maximum number of threads (3)."),
        error("POST /threads", 413, "You have used all of your storage."),
        error("POST /vector_stores", 400, "An embedding provider must be configured before this can be used."),
        error(
            "POST /assistants",
            400,
            "llama-3 not found, try pulling",
            sent={"model": "Llama-3"},
            request_headers=AS_JSON,
        ),
        call("POST /assistants", {"error": "model 'x' not found"}, status=400, sent=MADE, request_headers=AS_JSON),
        call("POST /assistants", {"detail": [{"loc": ["model"]}]}, status=422, sent=MADE, request_headers=AS_JSON),
        error("POST /threads", 400, sent={"messages": [{"role": "user", "content": " "}]}, request_headers=AS_JSON),
        error("POST /threads", 400, sent={"messages": [{"role": "user", "content": "a\0"}]}, request_headers=AS_JSON),
        error("POST /threads", 400, sent={"metadata": {"a": "\ud800"}}, request_headers=AS_JSON),
        error("GET /assistants?after=asst_A1", 400),
        error("GET /threads/thread_T1", 400),
        uploaded("a.txt", ""),
        uploaded("a.exe", "text"),
        uploaded("a.txt", "text", "batch"),
    ],
    ids=lambda one: f"{one.label} {one.status} {one.sent}"[:60],
)
def test_what_may_be_refused_is_left_alone(other: Call) -> None:
    judgement = judged(other)
    assert (judgement.examined["LIMIT-VALID-02"], judgement.findings) == (0, ())


ASSISTANT_MADE = call("POST /assistants", assistant(), sent={"model": "gpt-4o"}, request_headers=AS_JSON)
THREAD_MADE = call(
    "POST /threads", thread(), sent={"messages": [{"role": "user", "content": "Hi."}]}, request_headers=AS_JSON
)
DELETED = call(f"DELETE /assistants/{ASSISTANT}", deleted(ASSISTANT, "assistant.deleted"))
MESSAGE: dict[str, Any] = {"role": "user", "content": "Hi."}
RUN: dict[str, Any] = {"assistant_id": ASSISTANT}


def asked_for_run(answer: Any = None, **sent: Any) -> Call:
    label, body = f"POST /threads/{THREAD}/runs", {**RUN, **sent}
    if answer is not None:
        return call(label, answer, sent=body, request_headers=AS_JSON)
    return error(label, 400, sent=body, request_headers=AS_JSON)


def wrote(**sent: Any) -> Call:
    return error(f"POST /threads/{THREAD}/messages", 400, sent={**MESSAGE, **sent}, request_headers=AS_JSON)


def ran_at_once(**thread: Any) -> Call:
    return error("POST /threads/runs", 400, sent={**RUN, "thread": thread}, request_headers=AS_JSON)


NOTES = {"metadata": {"a": "b"}}
NAMED = {"model": "gpt-4o", "name": "Ada", "description": "Counts.", "instructions": "Count.", **NOTES}
WRITTEN = {**MESSAGE, **NOTES}
STARTED = {**RUN, **NOTES, "stream": False}
WHOLE = {
    "assistant": [error("POST /assistants", 400, sent=NAMED, request_headers=AS_JSON)],
    "thread": [error("POST /threads", 400, sent={"messages": [WRITTEN], **NOTES}, request_headers=AS_JSON)],
    "store": [error("POST /vector_stores", 400, sent={"name": "x", **NOTES}, request_headers=AS_JSON)],
    "message": [THREAD_MADE, wrote(**NOTES)],
    "run": [THREAD_MADE, ASSISTANT_MADE, asked_for_run(**STARTED)],
    "thread and run": [
        ASSISTANT_MADE,
        error(
            "POST /threads/runs",
            400,
            sent={**STARTED, "thread": {"messages": [WRITTEN], **NOTES}},
            request_headers=AS_JSON,
        ),
    ],
}


@pytest.mark.parametrize("calls", WHOLE.values(), ids=WHOLE)
def test_a_request_with_everything_that_is_plain_is_plain(calls: list[Call]) -> None:
    assert [finding.where.exchange for finding in judged(*calls).findings] == [len(calls)]


LOCKED = stream(
    "POST /threads/runs",
    ("thread.created", thread()),
    ("thread.run.created", run("queued")),
    sent={**RUN, "thread": {"messages": [MESSAGE]}, "stream": True},
    request_headers=AS_JSON,
)


@pytest.mark.parametrize(
    "calls",
    [
        (THREAD_MADE, wrote()),
        (THREAD_MADE, ASSISTANT_MADE, asked_for_run()),
        (THREAD_MADE, ASSISTANT_MADE, asked_for_run(stream=True)),
        (THREAD_MADE, ASSISTANT_MADE, asked_for_run(), asked_for_run()),
        (ASSISTANT_MADE, ran_at_once(messages=[MESSAGE])),
    ],
    ids=["message", "run", "stream", "two refused runs", "thread and run"],
)
def test_objects_that_were_made_for_it_are_no_excuse(calls: tuple[Call, ...]) -> None:
    found = judged(*calls).findings
    assert {finding.requirement for finding in found} == {"LIMIT-VALID-02"}
    assert found[-1].where.exchange == len(calls)


@pytest.mark.parametrize(
    "calls",
    [
        (wrote(),),
        (THREAD_MADE, asked_for_run()),
        (ASSISTANT_MADE, asked_for_run()),
        (THREAD_MADE, wrote(attachments=[])),
        (THREAD_MADE, wrote(content=[{"type": "text", "text": "Hi."}])),
        (THREAD_MADE, ASSISTANT_MADE, asked_for_run(run("queued")), wrote()),
        (THREAD_MADE, ASSISTANT_MADE, asked_for_run(run("queued")), asked_for_run()),
        (THREAD_MADE, ASSISTANT_MADE, DELETED, asked_for_run()),
        (THREAD_MADE, ASSISTANT_MADE, asked_for_run(model="other")),
        (
            THREAD_MADE,
            call("POST /assistants", assistant(), sent={"model": "m", "tools": []}, request_headers=AS_JSON),
            asked_for_run(),
        ),
        (ASSISTANT_MADE, ran_at_once()),
        (ASSISTANT_MADE, LOCKED, wrote()),
        (ASSISTANT_MADE, LOCKED, asked_for_run()),
        (ASSISTANT_MADE, ran_at_once(messages=[{**MESSAGE, "role": "assistant"}])),
        (ASSISTANT_MADE, ran_at_once(tool_resources={}, messages=[MESSAGE])),
        (ASSISTANT_MADE, ran_at_once(messages=[{**MESSAGE, "attachments": []}])),
    ],
    ids=range(16),
)
def test_what_may_stand_in_the_way_is_an_excuse(calls: tuple[Call, ...]) -> None:
    assert judged(*calls).findings == ()


def test_a_refusal_that_is_no_text_is_one_all_the_same() -> None:
    refused = call(f"POST /threads/{THREAD}/runs", b"\xff\xfe\x80", status=400, sent=RUN, request_headers=AS_JSON)
    (finding,) = judged(THREAD_MADE, ASSISTANT_MADE, refused).findings
    assert (finding.requirement, finding.actual) == ("LIMIT-VALID-02", "status 400")


def test_a_run_may_be_refused_for_its_model() -> None:
    refused = error(f"POST /threads/{THREAD}/runs", 400, "The model is gone.", sent=RUN, request_headers=AS_JSON)
    assert judged(THREAD_MADE, ASSISTANT_MADE, refused).findings == ()


@pytest.mark.parametrize(("model", "left_alone"), [("llama-3", True), ("gpt-4o", False)])
def test_a_run_may_be_refused_for_the_model_of_its_assistant_by_its_name(model: str, left_alone: bool) -> None:
    made = call("POST /assistants", assistant(), sent={"model": model}, request_headers=AS_JSON)
    refused = error(f"POST /threads/{THREAD}/runs", 400, "No 'llama-3' here.", sent=RUN, request_headers=AS_JSON)
    assert (not judged(THREAD_MADE, made, refused).findings) is left_alone
