"""Valid requests that are refused: a violation where the endpoint accepted their neighbour, whatever the words."""

from dataclasses import replace
from typing import Any

import pytest

from conformance.checks.judge import Judgement
from conformance.trace.trace import Expectation, Where
from tests.checks.judging import Checks
from tests.checks.shelf import IN, add, results, store
from tests.traces import (
    ASSISTANT,
    THREAD,
    Call,
    assistant,
    call,
    deleted,
    error,
    listing,
    message,
    run,
    stream,
    thread,
    trace,
)

MUST, SHOULD, CRASHED = "LIMIT-VALID-02", "LIMIT-PLAIN-01", "LIMIT-CRASH-01"
WITHOUT_BETA = (("authorization", "Bearer key"),)
AS_JSON = (*WITHOUT_BETA, ("openai-beta", "assistants=v2"), ("content-type", "application/json"))
AS_TEXT = (*WITHOUT_BETA, ("openai-beta", "assistants=v2"), ("content-type", "text/plain"))
HELLO: dict[str, Any] = {"role": "user", "content": "Hi."}
MODEL = {"model": "gpt-4o"}
BARE = {"type": "function", "function": {"name": "scan"}}
TYPED = {"type": "function", "function": {"name": "get_city", "parameters": {"type": "object"}}}


def judged(*calls: Call) -> Judgement:
    return Checks("limits.valid_requests").judged(trace(*calls))


def found(*calls: Call) -> list[str]:
    return [finding.requirement for finding in judged(*calls).findings]


def sent(label: str, body: Any, answer: Any = None, status: int = 400, **changes: Any) -> Call:
    """A request with a JSON body, refused where no answer is given."""
    if answer is not None:
        return call(label, answer, sent=body, request_headers=AS_JSON)
    return error(label, status, sent=body, request_headers=AS_JSON, **changes)


def uploaded(name: str, content: str, purpose: str = "assistants", status: int = 400) -> Call:
    fields = (f'name="purpose"\r\n\r\n{purpose}', f'name="file"; filename="{name}"\r\n\r\n{content}')
    body = "".join(f"--B\r\nContent-Disposition: form-data; {field}\r\n" for field in fields) + "--B--\r\n"
    headers = (*WITHOUT_BETA, ("content-type", "multipart/form-data; boundary=B"))
    if status == 200:
        answer = {"id": "file-F1", "object": "file"}
        return call("POST /files", answer, sent=body.encode(), request_headers=headers)
    return error("POST /files", status, sent=body.encode(), request_headers=headers)


def made(tools: Any = None, **members: Any) -> Call:
    body = MODEL | members if tools is None else MODEL | members | {"tools": tools}
    return sent("POST /assistants", body, assistant())


ASSISTANT_MADE = made()
THREAD_MADE = sent("POST /threads", {"messages": [HELLO]}, thread())
OTHER_THREAD = sent("POST /threads", {}, thread(id="thread_T2"))
WROTE = sent(f"POST /threads/{THREAD}/messages", HELLO, message())
ELSEWHERE = sent("POST /threads/thread_T2/messages", HELLO, message(id="msg_M2", thread_id="thread_T2"))
RUN_WITH_FUNCTION = {"assistant_id": ASSISTANT, "tools": [BARE]}
RUNS = f"POST /threads/{THREAD}/runs"


def ran(thread_id: str = THREAD, refused: bool = False, **members: Any) -> Call:
    body = {"assistant_id": ASSISTANT, **members}
    return sent(f"POST /threads/{thread_id}/runs", body, None if refused else run(thread_id=thread_id))


DELETE = f"DELETE /assistants/{ASSISTANT}"
SECOND_THREAD = sent("POST /threads", {"messages": [HELLO]}, thread(id="thread_T2"))
BAD: dict[str, tuple[str, list[Call]]] = {
    "a thread before another": (MUST, [sent("POST /threads", {"metadata": {"a": "b"}}), THREAD_MADE]),
    "an empty body of any type": (MUST, [error("POST /threads", 400, request_headers=AS_TEXT), THREAD_MADE]),
    "in words about an account": (MUST, [sent("POST /threads", {}, message="Your plan has ended."), THREAD_MADE]),
    "a message in parts": (
        MUST,
        [
            THREAD_MADE,
            sent(f"POST /threads/{THREAD}/messages", HELLO | {"content": [{"type": "text", "text": "Hi."}]}),
            WROTE,
        ],
    ),
    "a run": (MUST, [THREAD_MADE, SECOND_THREAD, ASSISTANT_MADE, ran(refused=True), ran("thread_T2")]),
    "a run whose function was taken with parameters": (
        MUST,
        [THREAD_MADE, made([TYPED]), sent(RUNS, RUN_WITH_FUNCTION, param="tools")],
    ),
    "the tool that is blamed by its place": (
        MUST,
        [THREAD_MADE, made([TYPED]), sent(RUNS, RUN_WITH_FUNCTION, param="tools[0].function")],
    ),
    "tools that another request was given": (
        MUST,
        [made([TYPED]), sent("POST /assistants", MODEL | {"tools": [BARE]}), made()],
    ),
    "a temperature that another request was given": (
        MUST,
        [made(temperature=1), sent("POST /assistants", MODEL | {"temperature": 0.5}), made()],
    ),
    "an attachment": (
        MUST,
        [
            uploaded("a.txt", "x", status=200),
            THREAD_MADE,
            made([{"type": "file_search"}]),
            sent(
                f"POST /threads/{THREAD}/messages",
                HELLO | {"attachments": [{"file_id": "file-F1", "tools": [{"type": "file_search"}]}]},
            ),
            WROTE,
        ],
    ),
    "a deletion": (MUST, [ASSISTANT_MADE, error(DELETE, 400), call(DELETE, deleted(ASSISTANT, "assistant.deleted"))]),
    "a deletion of what is read afterwards": (
        MUST,
        [ASSISTANT_MADE, error(DELETE, 400), call(f"GET /assistants/{ASSISTANT}", assistant())],
    ),
    "a list": (MUST, [error("GET /assistants?order=asc", 400), call("GET /assistants", listing(assistant()))]),
    "a file": (MUST, [uploaded("a.md", "text"), uploaded("a.txt", "text", status=200)]),
    "a thread that has no neighbour": (SHOULD, [sent("POST /threads", {})]),
    "a thread behind its only neighbour, since all may be full": (SHOULD, [THREAD_MADE, sent("POST /threads", {})]),
    "a deletion alone": (SHOULD, [ASSISTANT_MADE, error(DELETE, 400)]),
    "a model's list": (SHOULD, [error("GET /models", 400, request_headers=WITHOUT_BETA)]),
    "another model's neighbour": (SHOULD, [sent("POST /assistants", {"model": "o9"}), ASSISTANT_MADE]),
    "a crash on a function": (CRASHED, [THREAD_MADE, made([TYPED]), sent(RUNS, RUN_WITH_FUNCTION, status=500)]),
}

STORED = sent("POST /vector_stores", {"name": "Orchard"}, store())
SEARCHED = sent(f"POST {IN}/search", {"query": "pear"}, results())


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([STORED, sent(f"POST {IN}/search", {"query": "pear", "max_num_results": 50}), SEARCHED], [MUST]),
        ([STORED, sent(f"POST {IN}/search", {"query": "pear", "rewrite_query": True}), SEARCHED], []),
        ([STORED, add(), sent(f"POST {IN}/search", {"query": "pear"}), SEARCHED], []),
        ([SEARCHED, sent(f"POST {IN}/search", {"query": "plum"}), SEARCHED], []),
        ([ASSISTANT_MADE, THREAD_MADE, ran(refused=True, tool_choice="none"), ran()], [MUST]),
        ([ASSISTANT_MADE, THREAD_MADE, ran(refused=True, tool_choice="required"), ran()], []),
        ([error("GET /files?purpose=vision", 400), call("GET /files", listing())], [MUST]),
    ],
    ids=["a number", "rewriting", "not indexed", "another's store", "no tool", "some tool", "a purpose"],
)
def test_what_hangs_on_no_model_is_told_by_its_neighbour(calls: list[Call], expected: list[str]) -> None:
    assert found(*calls) == expected


@pytest.mark.parametrize(("requirement", "calls"), BAD.values(), ids=BAD)
def test_a_refusal_of_what_is_valid_is_found(requirement: str, calls: list[Call]) -> None:
    assert found(*calls) == [requirement]


RUN_WITH_CODE = {"assistant_id": ASSISTANT, "tools": [{"type": "code_interpreter"}]}
GOOD: dict[str, list[Call]] = {
    "all is taken": [ASSISTANT_MADE, THREAD_MADE, WROTE, call("GET /assistants", listing(assistant()))],
    "another status": [*(error("POST /threads", status) for status in (401, 403, 404, 429, 503)), THREAD_MADE],
    "called malformed, which is told already": [
        sent("POST /threads", {"metadata": {}}, status=422),
        sent("POST /threads", {"metadata": {}}, code="invalid_type"),
        THREAD_MADE,
    ],
    "without the beta header": [error("POST /threads", 400, request_headers=WITHOUT_BETA), THREAD_MADE],
    "labelled as text": [error("POST /threads", 400, sent={"metadata": {}}, request_headers=AS_TEXT), THREAD_MADE],
    "malformed": [sent("POST /threads", {"metadata": 1}), sent("POST /threads", []), THREAD_MADE],
    "no JSON": [error("POST /threads", 400, sent=b"{", request_headers=AS_JSON), THREAD_MADE],
    "blank or odd": [
        sent("POST /threads", {"messages": [HELLO | {"content": " "}]}),
        sent("POST /threads", {"messages": [HELLO | {"content": "a\0"}]}),
        sent("POST /threads", {"metadata": {"a": "\ud800"}}),
        THREAD_MADE,
    ],
    "a query that nobody knows": [error("POST /threads?x=1", 400), THREAD_MADE],
    "a cursor": [error("GET /assistants?after=asst_A9", 400), call("GET /assistants", listing(assistant()))],
    "files of another kind": [
        *(uploaded(*it) for it in (("a.txt", ""), ("a.exe", "x"), ("a.txt", "x", "batch"))),
        uploaded("a.txt", "x", status=200),
    ],
    "an object that others made": [error(f"GET /threads/{THREAD}", 400), call(f"GET /threads/{THREAD}", thread())],
    "tools that nobody was given": [
        THREAD_MADE,
        SECOND_THREAD,
        ASSISTANT_MADE,
        sent(RUNS, RUN_WITH_CODE, param="tools"),
        ran("thread_T2"),
    ],
    "a JSON Schema that nobody was given": [
        made([BARE]),
        sent("POST /assistants", MODEL | {"tools": [TYPED]}),
        ASSISTANT_MADE,
    ],
    "a model that cannot do it": [
        sent("POST /assistants", MODEL | {"temperature": 1}, param="temperature", code="unsupported_parameter"),
        made(),
    ],
    "a deleted assistant": [
        THREAD_MADE,
        SECOND_THREAD,
        ASSISTANT_MADE,
        call(DELETE, deleted(ASSISTANT, "assistant.deleted")),
        ran(refused=True),
        ran("thread_T2"),
    ],
    "an assistant that was never made": [THREAD_MADE, SECOND_THREAD, ran(refused=True), ran("thread_T2")],
    "a run under way": [THREAD_MADE, ASSISTANT_MADE, OTHER_THREAD, ran(), ran(refused=True), ELSEWHERE],
    "a message while a run is under way": [
        THREAD_MADE,
        OTHER_THREAD,
        ASSISTANT_MADE,
        ran(),
        sent(f"POST /threads/{THREAD}/messages", HELLO),
        ELSEWHERE,
    ],
    "a refusal that names the thread is for a lock": [
        THREAD_MADE,
        sent(f"POST /threads/{THREAD}/messages", HELLO, message=f"{THREAD} is locked."),
        WROTE,
    ],
    "a thread that a run was made with": [
        ASSISTANT_MADE,
        stream(
            "POST /threads/runs",
            ("thread.created", thread()),
            ("thread.run.created", run("queued")),
            sent={"assistant_id": ASSISTANT, "thread": {"messages": [HELLO]}, "stream": True},
            request_headers=AS_JSON,
        ),
        sent(f"POST /threads/{THREAD}/messages", HELLO),
        OTHER_THREAD,
        ELSEWHERE,
    ],
    "nothing to say": [
        sent("POST /threads", {}, thread()),
        SECOND_THREAD,
        ASSISTANT_MADE,
        ran(refused=True),
        ran("thread_T2"),
    ],
    "an attachment of an unknown file": [
        THREAD_MADE,
        made([{"type": "file_search"}]),
        sent(
            f"POST /threads/{THREAD}/messages",
            HELLO | {"attachments": [{"file_id": "file-F9", "tools": [{"type": "file_search"}]}]},
        ),
        WROTE,
    ],
    "a crash that passes": [THREAD_MADE, made([TYPED]), sent(RUNS, RUN_WITH_FUNCTION, status=500), ran(tools=[BARE])],
    "a crash on a plain request, which is told elsewhere": [
        THREAD_MADE,
        ASSISTANT_MADE,
        sent(RUNS, {"assistant_id": ASSISTANT}, status=500),
    ],
}


@pytest.mark.parametrize("calls", GOOD.values(), ids=GOOD)
def test_what_may_be_refused_is_left_alone(calls: list[Call]) -> None:
    assert found(*calls) == []


def test_accepted_requests_are_examined() -> None:
    judgement = judged(ASSISTANT_MADE, THREAD_MADE, WROTE, call(f"GET /threads/{THREAD}/messages/msg_U1", message()))
    assert (judgement.examined[MUST], judgement.examined[SHOULD], judgement.findings) == (4, 4, ())


@pytest.mark.parametrize("status", [400, 406, 413, 415])
def test_a_status_that_blames_the_request_is_found_and_told_with_its_message(status: int) -> None:
    (finding,) = judged(sent("POST /threads", {}, status=status, message="Not today."), THREAD_MADE).findings
    assert (finding.requirement, finding.actual) == (MUST, f'status {status}: "Not today."')


@pytest.mark.parametrize("body", [{"no": "envelope"}, b"\xff\xfe\x80"])
def test_a_refusal_without_a_message_is_told_by_its_status(body: Any) -> None:
    (finding,) = judged(call("POST /threads", body, status=400), THREAD_MADE).findings
    assert finding.actual == "status 400"


def test_what_is_wrong_with_a_request_besides_what_it_holds_is_stated_by_who_sent_it() -> None:
    refused = trace(error("GET /assistants", 400, "No such key."))
    stated = Expectation("HDR-KEY-02", Where(1), "status 401", "status 400")
    assert [one.requirement for one in Checks("limits.valid_requests").judged(refused).findings] == [SHOULD]
    told = Checks("limits.valid_requests").judged(replace(refused, expectations=(stated,))).findings
    assert [one.requirement for one in told] == ["HDR-KEY-02"]
