from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from conformance.trace.trace import Trace, Where
from tests.checks.judging import OBJECTS, Checks, ids_of
from tests.checks.shelf import FILE as FILE_ID
from tests.checks.shelf import MADE, add, entry, read, shelf, take
from tests.checks.tables import Tables
from tests.traces import (
    ASSISTANT,
    CREATED,
    RUN,
    THREAD,
    Call,
    assistant,
    call,
    deleted,
    error,
    listing,
    message,
    run,
    step,
    stream,
    thread,
    tool_call,
    trace,
)

judged = OBJECTS.judged

RUNS, GET_THREAD = f"/threads/{THREAD}/runs", f"GET /threads/{THREAD}"
GET_RUN, STEPS = f"GET {RUNS}/{RUN}", f"GET {RUNS}/{RUN}/steps"
STORE = {"id": "vs_V1", "object": "vector_store", "created_at": CREATED, "status": "completed", "name": None}
BATCH = {
    "id": "vsfb_B1",
    "object": "vector_store.file_batch",
    "created_at": CREATED,
    "vector_store_id": "vs_V1",
    "status": "in_progress",
}
FILE = {"id": "file-F1", "object": "file", "created_at": CREATED, "purpose": "assistants", "filename": "a.txt"}
IN_STORE = {
    "id": "file-F1",
    "object": "vector_store.file",
    "created_at": CREATED,
    "vector_store_id": "vs_V1",
    "status": "completed",
}
BATCHES, GET_BATCH = "POST /vector_stores/vs_V1/file_batches", "GET /vector_stores/vs_V1/file_batches/vsfb_B1"

LATER = entry(created_at=CREATED + 60)


def dated(seconds: int) -> tuple[tuple[str, str], ...]:
    """The Date header of an answer so many seconds behind the creation of its object."""
    return (("date", formatdate(CREATED + seconds, usegmt=True)), ("x-request-id", "req_1"))


A_MESSAGE = (
    call("POST /threads", thread()),
    call(f"POST /threads/{THREAD}/messages", message(), sent={"role": "user", "content": "Hello."}),
    call(f"GET /threads/{THREAD}/messages", listing(message())),
)
CHANGE: dict[str, Any] = {
    "sent": {"metadata": {}},
    "request_headers": (("content-type", "application/json"), ("openai-beta", "assistants=v2")),
}
ENDED = (*A_MESSAGE, call(GET_RUN, run("completed")))
ACTIVE = (*A_MESSAGE, call(GET_RUN, run("in_progress")))

GOOD = {
    "refused for an active run": trace(
        *ACTIVE,
        error(f"DELETE /threads/{THREAD}", 400),
        error(f"POST {RUNS}/{RUN}", 400, **CHANGE),
        error(f"POST /threads/{THREAD}/messages/msg_U1", 400, **CHANGE),
    ),
    "refused for what was never shown": trace(
        *ENDED,
        error("GET /threads/thread_T2", 400),
        error(f"GET /threads/{THREAD}/messages?after=msg_X", 400),
        error(f"GET /threads/{THREAD}/messages?run_id=run_X", 400),
        error("GET /threads/thread_T2/messages/msg_U1", 400),
    ),
    "refused when it was deleted": trace(
        *ENDED,
        call(f"DELETE /threads/{THREAD}", deleted(THREAD, "thread.deleted")),
        error(GET_THREAD, 400),
        error(GET_RUN, 400),
    ),
    "dated as recorded": trace(call("POST /threads", thread(), headers=dated(4))),
    "clocks a minute apart": trace(call("POST /threads", thread(), headers=dated(-60))),
    "a clock that is off": trace(
        call("POST /threads", thread(), headers=dated(-90)), call(GET_THREAD, thread(), headers=dated(-90))
    ),
    "an expiry that is to come": trace(call(GET_RUN, run("queued"), headers=dated(0))),
    "read long after": trace(call(GET_THREAD, thread(), headers=dated(10_000))),
    "a Date that is none": trace(call("POST /threads", thread(), headers=(("date", "[FILTERED]"), *dated(0)[1:]))),
    "found late, but shown before": trace(
        call("POST /threads", thread()), error(GET_THREAD, 404), call(GET_THREAD, thread())
    ),
    "never there": trace(error(GET_THREAD, 404), error(GET_THREAD, 404)),
    "numbers of the client's own": trace(
        call(GET_THREAD, thread(metadata={"created_at": "1.0"}, parameters={"days": 7.0}))
    ),
    "every object, made, read and deleted": trace(
        call("POST /assistants", assistant()),
        call(f"GET /assistants/{ASSISTANT}", assistant()),
        call(f"DELETE /assistants/{ASSISTANT}", deleted(ASSISTANT, "assistant.deleted")),
        call("POST /threads", thread()),
        call(f"POST /threads/{THREAD}/messages", message()),
        call(f"DELETE /threads/{THREAD}/messages/msg_U1", deleted("msg_U1", "thread.message.deleted")),
        call(f"DELETE /threads/{THREAD}", deleted(THREAD, "thread.deleted")),
        call("POST /files", FILE),
        call("POST /vector_stores", STORE),
        call("POST /vector_stores/vs_V1/files", IN_STORE),
        call("DELETE /vector_stores/vs_V1/files/file-F1", deleted("file-F1", "vector_store.file.deleted")),
        call("DELETE /vector_stores/vs_V1", deleted("vs_V1", "vector_store.deleted")),
        call("DELETE /files/file-F1", deleted("file-F1", "file")),
    ),
    "a run with its steps and messages": trace(
        stream(
            "POST /threads/runs",
            ("thread.created", thread()),
            ("thread.run.created", run()),
            ("thread.run.step.created", step("in_progress")),
            ("thread.message.created", message("in_progress")),
            ("thread.run.requires_action", run("requires_action")),
        ),
        call(STEPS, listing(step(), has_more=True)),
    ),
    "a batch as the official schema calls it": trace(call(BATCHES, BATCH | {"object": "vector_store.files_batch"})),
    "a batch whose creation is told a second off": trace(
        call(BATCHES, BATCH), call(f"{GET_BATCH.replace('GET', 'POST')}/cancel", BATCH | {"created_at": CREATED + 1})
    ),
    "one file in two stores": trace(
        call("POST /vector_stores/vs_V1/files", IN_STORE),
        call("POST /vector_stores/vs_V2/files", IN_STORE | {"vector_store_id": "vs_V2", "created_at": CREATED + 9}),
    ),
    "a file added again": trace(
        call("POST /vector_stores/vs_V1/files", IN_STORE),
        call("POST /vector_stores/vs_V1/files", IN_STORE | {"created_at": CREATED + 9}),
    ),
    "long ids": trace(call("POST /threads", thread(id="thread_" + "x" * 200))),
    "other people's objects in a list": trace(call("GET /assistants", listing(assistant(id="theirs")))),
    "one request, sent twice under one key": trace(
        call("POST /threads", thread(), request_headers=(("Idempotency-Key", "k1"),)),
        call("POST /threads", thread(), request_headers=(("idempotency-key", "k1"),)),
    ),
    "an id in the path that is percent-encoded": trace(call("GET /assistants/asst%5FA1", assistant())),
    "refused": trace(error(GET_THREAD, 404)),
    "no base path": trace(call(GET_RUN, run()), base_path=None),
    "paths of another API": trace(call("GET /chat/completions/chat_1", {"id": "chat_2", "object": "chat.completion"})),
    "a second late": trace(MADE, add(), read(entry(created_at=CREATED + 1))),
    "added again": trace(MADE, add(), take(), add(created_at=CREATED + 60), read(LATER)),
    "attached, who knows when": trace(
        MADE,
        add(),
        call(
            "POST /threads/thread_T1/messages",
            message(),
            sent={
                "role": "user",
                "content": "x",
                "attachments": [{"file_id": FILE_ID, "tools": [{"type": "file_search"}]}],
            },
        ),
        read(LATER),
    ),
    "somebody else's store": trace(read(entry()), read(LATER)),
}


DELETED = call(
    f"DELETE /threads/{THREAD}/messages/msg_U1", {"id": "msg_U1", "object": "thread.message.deleted", "deleted": True}
)


@pytest.mark.parametrize(
    "unsure",
    [
        trace(*A_MESSAGE, DELETED, error(f"GET /threads/{THREAD}/messages?before=msg_U1", 400)),
        trace(*ENDED, error(f"GET /threads/{THREAD}/messages?before=msg_U1&run_id={RUN}", 400)),
    ],
    ids=["a cursor that was deleted", "a cursor of another filter"],
)
def test_a_cursor_may_be_refused_that_its_list_does_not_hold(unsure: Trace) -> None:
    assert "OBJECT-SERVED-01" not in {finding.requirement for finding in judged(unsure).findings}


BAD: list[tuple[str, str, Trace]] = [
    ("OBJECT-WHOLE-01", "a time", trace(call(GET_THREAD, thread(created_at=1_735_689_600.0)))),
    ("OBJECT-WHOLE-01", "in an event", trace(stream(f"POST {RUNS}", ("thread.run.created", run(expires_at=1.7e9))))),
    ("OBJECT-GHOST-01", "", trace(error(GET_THREAD, 404), call(GET_THREAD, thread()))),
    ("OBJECT-TYPE-01", "a run as a thread", trace(call(GET_RUN, {"id": RUN, "object": "thread"}))),
    ("OBJECT-TYPE-01", "file.deleted", trace(call("DELETE /files/file-F1", deleted("file-F1", "file.deleted")))),
    ("OBJECT-TYPE-01", "a deletion as the object", trace(call(f"DELETE /threads/{THREAD}", thread()))),
    ("OBJECT-ID-01", "", trace(call("POST /threads", thread(id="")))),
    ("OBJECT-ID-01", "a model", trace(call("GET /models/gpt-4o", {"id": "", "object": "model"}))),
    ("OBJECT-ID-01", "in an event", trace(stream(f"POST {RUNS}", ("thread.run.created", run(id=""))))),
    ("OBJECT-ID-03", "there before", trace(call(GET_THREAD, thread()), call("POST /threads", thread()))),
    ("OBJECT-ID-02", "read", trace(call("GET /threads/thread_T2", thread()))),
    ("OBJECT-ID-02", "modified", trace(call("POST /assistants/asst_A2", assistant()))),
    ("OBJECT-ID-02", "deleted", trace(call("DELETE /threads/thread_T2", deleted(THREAD, "thread.deleted")))),
    ("OBJECT-ID-02", "cancelled", trace(call(f"POST {RUNS}/run_R2/cancel", run("cancelling")))),
    ("OBJECT-ID-02", "outputs submitted", trace(call(f"POST {RUNS}/run_R2/submit_tool_outputs", run("queued")))),
    ("OBJECT-ID-03", "plain", trace(call("POST /threads", thread()), call("POST /threads", thread()))),
    (
        "OBJECT-ID-03",
        "streamed",
        trace(
            stream(f"POST {RUNS}", ("thread.run.created", run()), ("thread.run.queued", run())),
            stream(f"POST {RUNS}", ("thread.run.created", run())),
        ),
    ),
    ("OBJECT-PREFIX-01", "", trace(call("POST /threads", thread(id="thr-T1")))),
    ("OBJECT-PREFIX-02", "", trace(call(GET_RUN, run("requires_action", tool_call("C1"))))),
    ("OBJECT-TIME-01", "milliseconds", trace(call("POST /threads", thread(created_at=CREATED * 1000)))),
    ("OBJECT-TIME-01", "nothing", trace(call("POST /threads", thread(created_at=0)))),
    ("OBJECT-TIME-02", "", trace(call("POST /threads", thread()), call(GET_THREAD, thread(created_at=CREATED + 1)))),
    ("OBJECT-SERVED-01", "read", trace(call("POST /threads", thread()), error(GET_THREAD, 400))),
    (
        "OBJECT-SERVED-01",
        "paged by what was listed",
        trace(*A_MESSAGE, error(f"GET /threads/{THREAD}/messages?before=msg_U1", 400)),
    ),
    ("OBJECT-SERVED-01", "listed by run", trace(*ENDED, error(f"GET /threads/{THREAD}/messages?run_id={RUN}", 400))),
    ("OBJECT-SERVED-01", "a thread with a run deleted", trace(*ENDED, error(f"DELETE /threads/{THREAD}", 400))),
    ("OBJECT-SERVED-01", "an ended run modified", trace(*ENDED, error(f"POST {RUNS}/{RUN}", 400, **CHANGE))),
    ("OBJECT-TIME-03", "a run", trace(call("POST /threads", thread()), call(GET_RUN, run(created_at=CREATED - 2)))),
    (
        "OBJECT-TIME-03",
        "a step, in a stream",
        trace(
            stream(
                f"POST {RUNS}",
                ("thread.run.created", run()),
                ("thread.run.step.created", step("in_progress", created_at=CREATED - 60)),
            )
        ),
    ),
    (
        "OBJECT-TIME-03",
        "a file in a store",
        trace(call("POST /vector_stores", STORE), shelf(entry(vector_store_id="vs_V1", created_at=CREATED - 60))),
    ),
    ("OBJECT-TIME-04", "to come", trace(call(GET_THREAD, thread(), headers=dated(-61)))),
    (
        "OBJECT-TIME-04",
        "an end to come",
        trace(call(GET_RUN, run("completed", started_at=CREATED, completed_at=CREATED + 99), headers=dated(1))),
    ),
    ("OBJECT-TIME-04", "made long ago", trace(call("POST /threads", thread(), headers=dated(3600)))),
    ("OBJECT-LINK-01", "thread", trace(call(GET_RUN, run(thread_id="thread_T2")))),
    ("OBJECT-LINK-01", "run, in a list", trace(call(STEPS, listing(step(run_id="run_R2"))))),
    ("OBJECT-LINK-01", "store", trace(call(BATCHES, BATCH | {"vector_store_id": "vs_V2"}))),
    ("OBJECT-LINK-02", "assistant", trace(call(GET_RUN, run()), call(GET_RUN, run(assistant_id="asst_A2")))),
    (
        "OBJECT-LINK-03",
        "a message of another thread than its run's",
        trace(
            stream(
                "POST /threads/runs",
                ("thread.run.created", run()),
                ("thread.message.created", message("in_progress", thread_id="thread_T2")),
            )
        ),
    ),
    (
        "OBJECT-LINK-03",
        "a step of another assistant than its run's",
        trace(call(GET_RUN, run()), call(STEPS, listing(step(assistant_id="asst_A2")))),
    ),
    ("OBJECT-TIME-02", "read", trace(MADE, add(), read(LATER))),
    ("OBJECT-TIME-02", "listed", trace(MADE, add(), shelf(LATER))),
]


def test_times_that_a_recorder_made_up_are_held_against_nobody() -> None:
    long_ago = trace(call("POST /threads", thread(created_at=CREATED - 9_000_000), sent={}))
    for shared, expected in ((False, {"OBJECT-TIME-04"}), (True, set())):
        findings = Checks("objects.created_when_asked").judged(replace(long_ago, shared=shared)).findings
        assert {finding.requirement for finding in findings} == expected


def test_a_run_that_was_started_later_is_in_nobodys_way() -> None:
    refused = error(
        f"POST /threads/{THREAD}",
        400,
        sent={"metadata": {}},
        request_headers=(("openai-beta", "assistants=v2"), ("content-type", "application/json")),
    )
    calls = (*ENDED, call(f"GET /threads/{THREAD}", thread()), refused)
    later = call(f"POST {RUNS}", run(id="run_R2"), sent={"assistant_id": ASSISTANT})
    for behind in ((), (later,)):
        (finding,) = Checks("objects.served").judged(trace(*calls, *behind)).findings
        assert finding.requirement == "OBJECT-SERVED-01"


@pytest.mark.parametrize(
    "refused",
    [
        error(f"GET /threads/{THREAD}/messages?limit=101", 400),
        error(f"POST {RUNS}/{RUN}", 400, sent={"metadata": {"k": 1}}),
        error(f"POST {RUNS}/{RUN}", 400, sent={"instructions": "x"}),
        error(f"POST {RUNS}/{RUN}", 400, sent=b"{"),
        error(GET_RUN, 400, request_headers=(("openai-beta", "assistants=v1"),)),
        *(error(GET_RUN, status) for status in (404, 409, 500)),
        error(GET_RUN, 400, code="insufficient_quota"),
    ],
    ids=lambda refused: refused.label,
)
def test_what_is_refused_for_its_own_mistakes_need_not_be_served(refused: Call) -> None:
    assert Checks("objects.served").judged(trace(*ENDED, refused)).findings == ()


def test_a_batch_answered_as_its_store_is_found_by_kind_and_id() -> None:
    # openai-node#1700: reading a batch gave the vector store.
    findings = judged(trace(call(BATCHES, BATCH), call(GET_BATCH, STORE))).findings
    assert [(f.requirement, f.where, f.actual) for f in findings] == [
        ("OBJECT-ID-02", Where(2, pointer="/id"), 'id "vs_V1"'),
        ("OBJECT-TYPE-01", Where(2, pointer="/object"), 'object "vector_store"'),
    ]


class TestTables(Tables):
    checks, good, bad, judges = OBJECTS, GOOD, BAD, ids_of("objects")
