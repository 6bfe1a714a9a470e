"""A faithful endpoint in unusual circumstances is not accused: other clients, retries, accounts, networks, ends.

What another client did, or the recorder's own, may break rules that are `closed`, which a recording cannot fail.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from conformance import contract
from conformance.checks.judge import judge
from conformance.contract import Level
from tests.checks.shelf import FILE, IN, add, batch, counts, entry, file, store, upload
from tests.traces import (
    ASSISTANT,
    CREATED,
    DATE,
    RUN,
    THREAD,
    Call,
    assistant,
    call,
    deleted,
    error,
    failed,
    listing,
    message,
    run,
    step,
    stream,
    thread,
    tool_call,
    trace,
    usage,
)

RULES = contract.load().requirements
AT_THREAD, AT_RUN = f"/threads/{THREAD}", f"/threads/{THREAD}/runs/{RUN}"
MESSAGES, RUNS = f"{AT_THREAD}/messages", f"{AT_THREAD}/runs"
AS_JSON = (("authorization", "Bearer key"), ("openai-beta", "assistants=v2"), ("content-type", "application/json"))
AZURE = "?api-version=2025-05-15-preview"
FUNCTION = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
SHOWN = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}, "strict": False}}]
OUTPUTS = {"tool_outputs": [{"tool_call_id": "call_C1", "output": "Sunny."}]}
A_DAY = {"anchor": "last_active_at", "days": 1}

APPROVAL = {
    "type": "submit_tool_approval",
    "submit_tool_approval": {"tool_calls": [{"id": "call_C1", "type": "mcp", "name": "fetch", "arguments": "{}"}]},
}

MADE = call("POST /assistants", assistant(), sent={"model": "gpt-4o"})
OPENED = call("POST /threads", thread(), sent={})
WROTE = call(f"POST {MESSAGES}", message(), sent={"role": "user", "content": "Hello."})
STARTED = call(f"POST {RUNS}", run(), sent={"assistant_id": ASSISTANT})
ASKED = call(f"POST {RUNS}", run(tools=SHOWN), sent={"assistant_id": ASSISTANT, "tools": [FUNCTION]})
WAITS = call(f"GET {AT_RUN}", run("requires_action", tools=SHOWN))
STORED = call("POST /vector_stores", store(), sent={})


def texts(value: str) -> Any:
    return [{"type": "text", "text": {"value": value, "annotations": []}}]


def later(seconds: float, one: Call) -> Call:
    return Call(**{**vars(one), "date": DATE + timedelta(seconds=seconds)})


def opening(*events: tuple[str, Any], **changes: Any) -> Call:
    sent = {"assistant_id": ASSISTANT, "stream": True}
    begun = [
        ("thread.run.created", run()),
        ("thread.run.queued", run()),
        ("thread.run.in_progress", run("in_progress")),
    ]
    return stream(f"POST {RUNS}", *begun, *events, sent=sent, **changes)


BY_OTHERS: dict[str, tuple[Call, ...]] = {
    "a message": (
        OPENED,
        WROTE,
        call(f"GET {MESSAGES}", listing(message(id="msg_X", content=texts("Hi.")), message())),
    ),
    "a run": (OPENED, STARTED, call(f"GET {RUNS}", listing(run(id="run_X", created_at=CREATED + 5), run("completed")))),
    "a cancel": (OPENED, STARTED, call(f"GET {AT_RUN}", run("cancelled"))),
    "a cancel in a stream": (OPENED, opening(("thread.run.cancelled", run("cancelled")))),
    "tool outputs": (OPENED, ASKED, WAITS, call(f"GET {AT_RUN}", run("completed", tools=SHOWN))),
    "outputs before a round of calls that it saw": (
        OPENED,
        ASKED,
        WAITS,
        call(
            f"POST {AT_RUN}/submit_tool_outputs",
            run(tools=SHOWN, started_at=CREATED + 1),
            sent={"tool_outputs": [{"tool_call_id": "call_C2", "output": "Sunny."}]},
        ),
    ),
    "a look at what a run waits for": (
        OPENED,
        ASKED,
        call(f"POST {AT_RUN}/submit_tool_outputs", run(tools=SHOWN, started_at=CREATED + 1), sent=OUTPUTS),
    ),
    "a message to start from": (MADE, OPENED, STARTED),
    "a deletion": (MADE, error(f"GET /assistants/{ASSISTANT}", 404)),
    "a deletion of what is listed": (MADE, call("GET /assistants", listing())),
    "a deletion of a message": (OPENED, WROTE, call(f"GET {MESSAGES}", listing())),
    "a modification": (MADE, call(f"GET /assistants/{ASSISTANT}", assistant(name="Other", metadata={"a": "b"}))),
    "a modification before a run": (
        MADE,
        OPENED,
        WROTE,
        call(f"POST {RUNS}", run(instructions="Other."), sent={"assistant_id": ASSISTANT}),
    ),
    "a file in a store": (STORED, call(f"GET {IN}/files", listing()), call(f"GET {IN}", store(1))),
    "attributes": (
        STORED,
        add(),
        call(f"GET {IN}/files/{FILE}", entry()),
        call(f"GET {IN}/files/{FILE}", entry(attributes={"a": 1})),
    ),
    "a page that is empty now": (
        call("GET /assistants?limit=1", listing(assistant(), has_more=True)),
        call(f"GET /assistants?limit=1&after={ASSISTANT}", listing()),
    ),
    "an id that is there only later": (error(f"GET {AT_THREAD}", 404), call(f"GET {AT_THREAD}", thread())),
    "a file that was deleted": (upload(), call("GET /files", listing())),
    "a request sent again, of which the recorder kept one": (
        OPENED,
        WROTE,
        call(f"GET {MESSAGES}", listing(message(id="msg_X"), message())),
    ),
    "a client that gave up": (OPENED, failed(f"POST {MESSAGES}", sent={"role": "user", "content": "Hello."})),
    "a client that closed the stream": (
        OPENED,
        stream(
            f"POST {RUNS}", ("thread.run.created", run()), done=False, sent={"assistant_id": ASSISTANT, "stream": True}
        ),
    ),
}


@pytest.mark.parametrize("calls", BY_OTHERS.values(), ids=BY_OTHERS)
def test_what_others_did_breaks_closed_rules_at_most(calls: tuple[Call, ...]) -> None:
    judgement = judge(replace(trace(*calls), shared=True), contract.load())
    failing = {finding.requirement for finding in judgement.findings if RULES[finding.requirement].level is Level.MUST}
    assert {name for name in failing if not RULES[name].closed} == set()
    assert judgement.crashed == {}


LAWFUL: dict[str, tuple[Call, ...]] = {
    "a lock of another client's run": (
        OPENED,
        STARTED,
        call(f"GET {AT_RUN}", run("completed")),
        error(
            f"POST {MESSAGES}",
            400,
            f"Can't add messages to {THREAD} while a run run_X is active.",
            sent={"role": "user", "content": "Hi."},
        ),
    ),
    "outputs that another client was faster with": (
        OPENED,
        ASKED,
        WAITS,
        error(
            f"POST {AT_RUN}/submit_tool_outputs",
            400,
            'Runs in status "queued" do not accept tool outputs.',
            sent=OUTPUTS,
        ),
    ),
    "outputs that come too late": (
        OPENED,
        ASKED,
        WAITS,
        later(
            700,
            error(
                f"POST {AT_RUN}/submit_tool_outputs",
                400,
                'Runs in status "expired" do not accept tool outputs.',
                sent=OUTPUTS,
            ),
        ),
        later(701, call(f"GET {AT_RUN}", run("expired", tools=SHOWN))),
    ),
    "a cancel that comes too late": (
        OPENED,
        STARTED,
        call(f"GET {AT_RUN}", run("in_progress")),
        error(f"POST {AT_RUN}/cancel", 400, "Cannot cancel run with status 'completed'."),
        call(f"GET {AT_RUN}", run("completed")),
    ),
    "a run that fails in the queue": (
        OPENED,
        STARTED,
        call(
            f"GET {AT_RUN}",
            run("failed", started_at=None, last_error={"code": "rate_limit_exceeded", "message": "Later."}),
        ),
    ),
    "a failed run with a failed step": (
        OPENED,
        STARTED,
        call(f"GET {AT_RUN}", run("failed")),
        call(f"GET {AT_RUN}/steps", listing(step("failed", usage=None))),
        call(f"GET {MESSAGES}", listing(message("incomplete", incomplete_details={"reason": "run_failed"}))),
    ),
    "tokens of a cancelled run that are counted later": (
        OPENED,
        STARTED,
        call(f"POST {AT_RUN}/cancel", run("cancelled", usage=None)),
        call(f"GET {AT_RUN}", run("cancelled")),
    ),
    "Azure's call of several functions, wrapped in one": (
        call(f"GET {AT_RUN}{AZURE}", run("requires_action", tool_call(name="multi_tool_use.parallel"), tools=SHOWN)),
    ),
    "a reasoning model, which has no temperature": (
        call(
            "POST /assistants",
            assistant(model="o3-mini", temperature=None, top_p=None, reasoning_effort="high"),
            sent={"model": "o3-mini", "reasoning_effort": "high"},
        ),
    ),
    "an expired store": (
        call(
            "POST /vector_stores",
            store(
                status="in_progress",
                file_counts=counts(in_progress=1),
                expires_after=A_DAY,
                expires_at=CREATED + 86_400,
            ),
            sent={"file_ids": [FILE], "expires_after": A_DAY},
        ),
        call(f"GET {IN}/files", listing(entry())),
        later(90_000, call(f"GET {IN}", store(status="expired", expires_after=A_DAY, expires_at=None))),
        later(90_001, call(f"GET {IN}/files", listing())),
    ),
    "a file that is deleted while its batch is indexed": (
        STORED,
        call(
            f"POST {IN}/file_batches",
            batch("in_progress", file_counts=counts(in_progress=2)),
            sent={"file_ids": [FILE, "file-F2"]},
        ),
        call(f"DELETE /files/{FILE}", deleted(FILE, "file")),
        call(f"GET {IN}/file_batches/vsfb_B1", batch("completed", file_counts=counts(1, failed=1))),
        call(f"GET {IN}/file_batches/vsfb_B1/files", listing(entry(file_id="file-F2"))),
    ),
    "a message that was kept although its answer was a server error": (
        OPENED,
        error(f"POST {MESSAGES}", 500, sent={"role": "user", "content": "Hello."}),
        WROTE,
        call(f"GET {MESSAGES}", listing(message(), message(id="msg_X"))),
    ),
    "a page of the network in front": (
        OPENED,
        call(f"GET {AT_THREAD}", b"", status=520, headers=(("content-type", "text/html"),)),
        call(
            f"POST {MESSAGES}",
            b"<html>Too large</html>",
            status=413,
            sent={"role": "user", "content": "Hi."},
            headers=(("content-type", "text/html"),),
        ),
        call(f"GET {AT_THREAD}", b"<h1>500</h1>", status=500, headers=(("content-type", "text/html"),)),
        call(f"DELETE {AT_THREAD}", b"", status=408, headers=()),
        call(f"GET {AT_THREAD}", thread()),
    ),
    "a page of the gateway in front of Azure": (
        call(
            f"GET {AT_THREAD}?api-version=2025-01-01-preview",
            {"statusCode": 401, "message": "Access denied due to missing subscription key."},
            status=401,
        ),
    ),
    "money that has run out": (
        OPENED,
        STARTED,
        call(f"GET {AT_RUN}", run("completed")),
        error(
            f"POST {MESSAGES}",
            400,
            "Billing hard limit has been reached",
            "billing_limit_user_error",
            code="billing_hard_limit_reached",
            sent={"role": "user", "content": "Hello."},
        ),
        error(f"GET {AT_RUN}", 401, "Your token has expired.", "authentication_error", code="token_expired"),
        call(f"POST {MESSAGES}", message(id="msg_2"), sent={"role": "user", "content": "Hello."}),
    ),
    "a search whose query is shown as a text": (
        STORED,
        call(
            f"POST {IN}/search",
            {
                "object": "vector_store.search_results.page",
                "search_query": "pear",
                "data": [],
                "has_more": False,
                "next_page": None,
            },
            sent={"query": "pear"},
        ),
    ),
    "tokens of a run that was cut off before it had a step for them": (
        OPENED,
        STARTED,
        call(f"GET {AT_RUN}", run("incomplete", usage=usage(50, 9))),
        call(f"GET {AT_RUN}/steps", listing(step())),
    ),
    "a redirect": (
        call(f"GET {AT_THREAD}", b"", status=307, headers=(("location", "/elsewhere"),)),
        call(f"GET {AT_THREAD}", thread()),
    ),
    "a stream that an error ended": (
        OPENED,
        opening(
            ("error", {"error": {"message": "It broke.", "type": "server_error", "param": None, "code": None}}),
            done=False,
        ),
    ),
    "messages of one second in any order": (
        OPENED,
        *(
            call(
                f"POST {MESSAGES}",
                message(id=f"msg_{n}", content=texts(str(n))),
                sent={"role": "user", "content": str(n)},
            )
            for n in range(3)
        ),
        call(f"GET {MESSAGES}", listing(*(message(id=f"msg_{n}", content=texts(str(n))) for n in (1, 2, 0)))),
    ),
    "Azure's error": (
        call(f"GET {AT_THREAD}{AZURE}", {"error": {"code": "401", "message": "Access denied."}}, status=401),
        call(f"GET {AT_THREAD}{AZURE}", {"error": {"code": "404", "message": "Resource not found."}}, status=404),
        call(
            f"POST {MESSAGES}{AZURE}",
            {
                "error": {
                    "message": "Filtered.",
                    "type": None,
                    "param": "prompt",
                    "code": "content_filter",
                    "status": 400,
                }
            },
            status=400,
            sent={"role": "user", "content": "Hi."},
        ),
    ),
    "Azure's words": (
        call(
            f"GET {AT_RUN}{AZURE}",
            run(
                "failed",
                last_error={"code": "tool_user_error", "message": "No."},
                tools=[{"type": "bing_grounding", "bing_grounding": {}}],
            ),
        ),
        call(f"GET /files/{FILE}{AZURE}", file(status="pending", purpose="assistants")),
        call(f"DELETE /files/{FILE}{AZURE}", b"", status=204),
    ),
    "Azure's tools": (
        call(
            f"POST /assistants{AZURE}",
            assistant(tools=[{"type": "bing_grounding", "bing_grounding": {"count": 5}}]),
            sent={
                "model": "gpt-4o",
                "tools": [{"type": "bing_grounding", "bing_grounding": {"count": 5, "market": ""}}],
            },
        ),
        call(
            f"POST {IN}/file_batches{AZURE}",
            batch("in_progress", file_counts=counts(in_progress=1)),
            sent={"data_sources": [{"type": "uri_asset", "uri": "azureml://x"}]},
        ),
    ),
    "Azure's approvals": (
        call(f"GET {AT_RUN}{AZURE}", run("requires_action", required_action=APPROVAL, tools=[{"type": "mcp"}])),
        call(
            f"POST {AT_RUN}/submit_tool_outputs{AZURE}",
            run("in_progress", tools=[{"type": "mcp"}]),
            sent={"tool_approvals": [{"tool_call_id": "call_C1", "approve": True}]},
        ),
    ),
    "Azure's times": (
        call(f"POST /threads{AZURE}", thread(), sent={}),
        call(
            f"POST {RUNS}{AZURE}",
            run(expires_at=CREATED + 1800, tools=SHOWN),
            sent={"assistant_id": ASSISTANT, "tools": [FUNCTION]},
        ),
        call(f"GET {AT_RUN}{AZURE}", run("requires_action", expires_at=CREATED + 36_000, tools=SHOWN)),
    ),
}


@pytest.mark.parametrize("calls", LAWFUL.values(), ids=LAWFUL)
def test_a_faithful_endpoint_violates_nothing(calls: tuple[Call, ...]) -> None:
    judgement = judge(trace(*calls), contract.load())
    assert [one for one in judgement.findings if RULES[one.requirement].level is Level.MUST] == []
    assert judgement.crashed == {}


@pytest.mark.parametrize(
    ("code", "param", "found"),
    [
        (None, None, "LIMIT-VALID-02"),
        (None, "name", "LIMIT-VALID-02"),
        ("invalid_value", "name", "LIMIT-VALID-02"),
        ("billing_hard_limit_reached", None, None),
        ("content_filter", "prompt", None),
        ("unsupported_model", "model", None),
        ("account_deactivated", None, None),
    ],
)
def test_a_refusal_for_something_else_than_the_request_is_none_of_it(
    code: str | None, param: str | None, found: str | None
) -> None:
    body = {"model": "gpt-4o", "name": "Desk", "temperature": 0.5}
    answers = [assistant(id=name, name="Desk", temperature=0.5) for name in ("asst_A1", "asst_A2")]
    first, last = (call("POST /assistants", answer, sent=body, request_headers=AS_JSON) for answer in answers)
    refused = error("POST /assistants", 400, "No.", param=param, code=code, sent=body, request_headers=AS_JSON)
    violated = {finding.requirement for finding in judge(trace(first, refused, last), contract.load()).findings}
    assert {name for name in violated if RULES[name].level is Level.MUST} == ({found} if found else set())


def test_a_status_of_azures_own_hides_nothing_else_of_its_run() -> None:
    shown = {"id": RUN, "object": "thread.run", "status": "waiting_for_a_friend"}
    found = judge(trace(call(f"GET {AT_RUN}{AZURE}", shown)), contract.load()).findings
    assert {finding.requirement for finding in found} == {"SCHEMA-RunObject"}
    assert not [finding for finding in found if finding.where.pointer == "/status"]


def test_what_others_may_have_set_since_is_not_held_against_a_thread_that_was_made_with_its_run() -> None:
    made = call("POST /threads/runs", run(), sent={"assistant_id": ASSISTANT, "thread": {"messages": []}})
    later = call(f"GET {AT_THREAD}", thread(metadata={"a": "b"}))
    alone, among_others = (judge(replace(trace(made, later), shared=one), contract.load()) for one in (False, True))
    assert "IDENTITY-DEFAULT-01" in {finding.requirement for finding in alone.findings}
    assert "IDENTITY-DEFAULT-01" not in {finding.requirement for finding in among_others.findings}


SCAN = {"type": "function", "function": {"name": "scan"}}


@pytest.mark.parametrize(
    ("taken", "asked", "times", "found"),
    [([FUNCTION], FUNCTION, 1, False), ([FUNCTION], SCAN, 1, True), ([FUNCTION, SCAN], SCAN, 2, True)],
    ids=["taken in that form", "never taken in that form", "taken elsewhere, and failing each time"],
)
def test_a_server_error_is_chance_unless_it_meets_a_form(taken: Any, asked: Any, times: int, found: bool) -> None:
    made = call(
        "POST /assistants", assistant(tools=SHOWN), sent={"model": "gpt-4o", "tools": taken}, request_headers=AS_JSON
    )
    opened = call(
        "POST /threads", thread(), sent={"messages": [{"role": "user", "content": "Hi."}]}, request_headers=AS_JSON
    )
    sent = [{"assistant_id": ASSISTANT, "tools": [asked], "metadata": {"n": str(n)}} for n in range(times)]
    broke = [error(f"POST {RUNS}", 500, sent=body, request_headers=AS_JSON) for body in sent]
    violated = {finding.requirement for finding in judge(trace(made, opened, *broke), contract.load()).findings}
    assert ("LIMIT-CRASH-01" in violated) is found
    assert "ERROR-5XX-01" in violated
