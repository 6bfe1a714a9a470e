from dataclasses import replace

import pytest

from conformance.trace.exchange import Headers
from conformance.trace.trace import Trace, Where
from tests.checks.judging import OBJECTS, judged_by
from tests.traces import THREAD, call, error, failed, listing, thread, trace

judged, tripped = OBJECTS.judged, OBJECTS.tripped

GET, CREATE, RUNS = f"GET /threads/{THREAD}", "POST /threads", f"POST /threads/{THREAD}/runs"
SUBMIT = f"POST /threads/{THREAD}/runs/run_R1/submit_tool_outputs"
HTML = (("content-type", "text/html"), ("x-request-id", "req_1"))
NAKED = (("content-type", "application/json"),)
BAD_KEY = "Incorrect API key provided: sk-abc***xyz. You can find your API key at https://platform.openai.com."
NO_OUTPUTS = 'Runs in status "in_progress" do not accept tool outputs.'
EMPTY_THREAD = "Run creation requires a Thread with a user message or an assistant with instructions."
WRONG_TYPE = "Invalid type for 'metadata.modified': expected a string, but got a boolean instead."
LOCKED = "Can't add messages to thread_T1 while a run run_R1 is active."
MESSAGES = f"POST /threads/{THREAD}/messages"


def changed(without: str | None = None, **members: object) -> dict[str, object]:
    body: dict[str, object] = {"message": "No.", "type": "invalid_request_error", "param": None, "code": None}
    return {"error": {key: value for key, value in (body | members).items() if key != without}}


def refused(body: object, status: int = 400, label: str = CREATE) -> Trace:
    return trace(call(label, body, status=status))


GOOD = {
    "no such object": trace(error(GET, 404, f"No thread found with id '{THREAD}'.")),
    "no such file": trace(error("GET /files/file-x", 404, "No such File object: file-x", param="id")),
    "no such model": trace(error("GET /models/gpt-0", 404, "The model 'gpt-0' does not exist", code="model_not_found")),
    "an assistant with a model that is missing": trace(error("POST /assistants", 404, code="model_not_found")),
    "a wrong key": trace(error(CREATE, 401, BAD_KEY, code="invalid_api_key")),
    "no key": trace(error(CREATE, 401, request_headers=())),
    "known words": trace(
        error(SUBMIT, 400, NO_OUTPUTS),
        error(RUNS, 400, EMPTY_THREAD, code="invalid_thread"),
        error(CREATE, 400, WRONG_TYPE, param="metadata.modified", code="invalid_type"),
        error(MESSAGES, 400, LOCKED),
        error(CREATE, 400, "Missing required parameter: 'x'.", param="x", code="missing_required_parameter"),
    ),
    "words of its own": trace(error(SUBMIT, 400, "This run does not want anything.", code="run_not_waiting")),
    "too many requests": trace(
        error(
            CREATE, 429, kind="requests", code="rate_limit_exceeded", headers=(*HTML[1:], *NAKED, ("Retry-After", "1"))
        )
    ),
    "more than the envelope": refused({**changed(), "detail": {"message": "No.", "code": None}}),
    "a charset": trace(
        call(CREATE, changed(), status=400, headers=(("content-type", "application/json; charset=utf-8"), HTML[1]))
    ),
    "off the surface": trace(call("GET /nowhere", b"<html>", status=404, headers=HTML)),
    "another method": trace(call("PUT /threads", b"", status=405, headers=())),
    "another method, told as an error": trace(error("PUT /threads", 405)),
    "a path of version 1": trace(
        error("GET /assistants/asst_A1/files", 404, "Invalid URL (GET /v1/assistants/asst_A1/files)")
    ),
    "another method, too often": trace(
        error(
            "PUT /threads",
            429,
            kind="requests",
            code="rate_limit_exceeded",
            headers=(*HTML[1:], *NAKED, ("Retry-After", "1")),
        )
    ),
    "no answer": trace(failed(CREATE)),
    "retried with success": trace(call(CREATE, thread(id="thread_T1")), call(CREATE, thread(id="thread_T2"))),
}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD.keys())
def test_good_traces_trip_nothing(good: Trace) -> None:
    assert judged(good).findings == ()


BAD: list[tuple[str, str, Trace]] = [
    ("ERROR-ENVELOPE-01", "detail instead of error", refused({"detail": "Not Found"}, 404)),
    ("ERROR-ENVELOPE-01", "a text under error", refused({"error": "no"})),
    ("ERROR-ENVELOPE-01", "no body", refused(b"", 404)),
    ("ERROR-ENVELOPE-01", "not JSON", refused(b"nope")),
    ("ERROR-ENVELOPE-01", "a list", refused([changed()])),
    ("ERROR-ENVELOPE-02", "no message", refused(changed(without="message"))),
    ("ERROR-ENVELOPE-02", "type null", refused(changed(type=None))),
    ("ERROR-ENVELOPE-03", "no param", refused(changed(without="param"))),
    ("ERROR-ENVELOPE-03", "no code", refused(changed(without="code"))),
    ("ERROR-ENVELOPE-03", "a number as code", refused(changed(code=400))),
    ("ERROR-ENVELOPE-04", "page", trace(call("PUT /threads", {"detail": "Method Not Allowed"}, status=405))),
    ("ERROR-ENVELOPE-04", "text", trace(call("PUT /threads", changed(), status=405, headers=HTML))),
    ("ERROR-ENVELOPE-04", "type", trace(call("PUT /threads", changed(type="not_found"), status=404))),
    ("ERROR-KNOWN-03", "path", trace(error("PUT /threads", 404, "Invalid URL (PUT /v1/threads)", code="unknown"))),
    ("ERROR-5XX-01", "another method", trace(error("PUT /threads", 500), call(GET, thread()))),
    ("ERROR-MEDIA-01", "", trace(call(CREATE, changed(), status=400, headers=HTML))),
    ("ERROR-TYPE-01", "400", trace(error(CREATE, 400, kind="bad_request_error"))),
    ("ERROR-TYPE-01", "404", trace(error(GET, 404, kind="not_found_error"))),
    ("ERROR-TYPE-01", "401", trace(error(CREATE, 401, kind="authentication_error", code="invalid_api_key"))),
    ("ERROR-AUTH-01", "", trace(error(CREATE, 401, BAD_KEY, code="unauthorized"))),
    ("ERROR-MISSING-01", "", trace(error(GET, 404, f"No thread found with id '{THREAD}'.", code="not_found"))),
    ("ERROR-KNOWN-01", "recorded", trace(error(SUBMIT, 409, NO_OUTPUTS))),
    ("ERROR-KNOWN-01", "documented", trace(error(MESSAGES, 409, LOCKED))),
    ("ERROR-KNOWN-02", "code", trace(error(RUNS, 400, EMPTY_THREAD))),
    ("ERROR-KNOWN-02", "param", trace(error(CREATE, 400, WRONG_TYPE, param="metadata", code="invalid_type"))),
    ("ERROR-KNOWN-03", "code", trace(error(MESSAGES, 400, LOCKED, code="thread_locked"))),
    (
        "ERROR-KNOWN-03",
        "status",
        trace(error(CREATE, 422, "Unknown parameter: 'x'.", param="x", code="unknown_parameter")),
    ),
    ("ERROR-5XX-01", "once", trace(error(CREATE, 500))),
    ("ERROR-5XX-01", "then not", trace(error(CREATE, 500), call(CREATE, thread()))),
    ("ERROR-5XX-01", "a gateway", trace(call(CREATE, b"<html>", status=502, headers=HTML))),
    ("ERROR-5XX-01", "broken off", trace(call(CREATE, b"", status=500, complete=False, headers=HTML))),
    (
        "ERROR-DESERVED-01",
        "a bound",
        trace(
            *(error("POST /threads", status, sent={"metadata": 7}, kind="server_error") for status in (500, 503, 500))
        ),
    ),
    ("ERROR-DESERVED-01", "no JSON", trace(*[error("POST /threads", 500, sent=b"{", kind="server_error")] * 3)),
    (
        "ERROR-DESERVED-01",
        "an id that was never shown",
        trace(*[error("GET /threads/thread_T1", 502, kind="server_error")] * 3, live=True),
    ),
    ("ERROR-LEAK-01", "a trace", trace(error(CREATE, 400, 'Traceback (most recent call last):\n  File "/app/api.py"'))),
    ("ERROR-LEAK-01", "a statement", trace(error(CREATE, 400, "SELECT id, name FROM threads WHERE id = $1"))),
    ("ERROR-LEAK-01", "a path", trace(error(CREATE, 400, "/usr/src/app/routes/threads.js failed"))),
    ("ERROR-5XX-02", "", trace(error(CREATE, 500), error(CREATE, 500), error(CREATE, 500))),
    ("ERROR-ID-01", "", trace(call("GET /models", listing(), headers=NAKED))),
]


@pytest.mark.parametrize(("requirement", "bad"), [(r, t) for r, _, t in BAD], ids=[f"{r} {name}" for r, name, _ in BAD])
def test_a_fault_trips_its_requirement_and_no_other(requirement: str, bad: Trace) -> None:
    assert tripped(bad) == {requirement}


def test_a_recorder_that_dropped_headers_is_not_blamed_on_the_server() -> None:
    whole = trace(call("GET /models", listing(), headers=NAKED)).exchanges[0]
    assert whole.response is not None
    dropped = replace(whole, response=replace(whole.response, headers=Headers(NAKED)))
    assert judged(Trace("a test", (dropped,))).findings == ()


def test_the_type_of_a_server_error_is_a_warning_of_its_own() -> None:
    assert tripped(trace(error(CREATE, 500, kind="internal_error"))) == {"ERROR-TYPE-02", "ERROR-5XX-01"}


def test_every_requirement_has_a_planted_fault() -> None:
    elsewhere = judged_by("errors.naming", "errors.bodies")  # test_refusals.py
    assert {requirement for requirement, _, _ in BAD} | {"ERROR-TYPE-02"} == judged_by("errors") - elsewhere


def test_every_requirement_is_examined() -> None:
    traces = (*GOOD.values(), *(bad for _, _, bad in BAD))
    examined = {requirement for one in traces for requirement in judged(one).examined}
    assert judged_by("errors") - judged_by("errors.naming", "errors.bodies") <= examined


def test_a_finding_says_what_came_instead() -> None:
    findings = judged(refused({"detail": "Not Found"}, 404)).findings
    assert [(f.where, f.expected, f.actual) for f in findings] == [
        (Where(1), 'a JSON object with an object under "error"', 'an object with "detail"')
    ]


def test_a_repeated_failure_is_told_at_the_last_attempt() -> None:
    findings = judged(trace(error(CREATE, 500), error(CREATE, 500))).findings
    assert [(f.where, f.actual) for f in findings] == [(Where(2), "status 500 all 2 times (first in exchange 1)")]


def test_failures_at_the_same_time_are_no_repetition() -> None:
    both = trace(error(CREATE, 500, times=(0.0, 2.0)), error(CREATE, 500, times=(1.0, 3.0)))
    assert tripped(both) == {"ERROR-5XX-01"}
