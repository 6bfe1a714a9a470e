"""What nobody wrote or asked for, what got lost, and the order of what was sent together."""

from typing import Any

import pytest

from conformance.trace.trace import Trace
from tests.checks.judging import Checks, judged_by
from tests.checks.shelf import FILE, STORE, add, entry, store
from tests.traces import (
    CREATED,
    RUN,
    THREAD,
    Call,
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
    trace,
)

NAMES = ("messages.made", "messages.late", "runs.made", "lists.kept", "steps.authors", "store_files.refused")
CHECKS = Checks(*NAMES, "identity.messages")
IN = f"/threads/{THREAD}"
LIST, SEND, START = f"GET {IN}/messages", f"POST {IN}/messages", f"POST {IN}/runs"
SEE, STEPS = f"GET {IN}/runs/{RUN}", f"GET {IN}/runs/{RUN}/steps"
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}


def text(value: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": {"value": value, "annotations": []}}]


def said(number: int, value: str = "Hello.", **changes: Any) -> dict[str, Any]:
    return message(id=f"msg_{number}", content=text(value)) | changes


def user(value: str = "Hello.") -> dict[str, Any]:
    return {"role": "user", "content": value}


def opened(*rows: dict[str, Any]) -> Call:
    return call("POST /threads", thread(), sent={"messages": list(rows)})


def sent(number: int, value: str = "Hello.") -> Call:
    return call(SEND, said(number, value), sent=user(value))


def wrote(number: int, **changes: Any) -> dict[str, Any]:
    """A message of the run."""
    return said(number, role="assistant", run_id=RUN, assistant_id="asst_A1") | changes


def listed(*messages: dict[str, Any], query: str = "?order=asc", **changes: Any) -> Call:
    return call(LIST + query, listing(*messages), **changes)


BEGUN = call(START, run(), sent={"assistant_id": "asst_A1"})
ENDED = call(SEE, run("completed"))
CANCELLED = call(SEE, run("cancelled"))
EMPTY = opened()
A, B, C = user("A"), user("B"), user("C")
THREE = [said(1, "A"), said(2, "B"), said(3, "C")]

NEW_STORE = call("POST /vector_stores", store(), sent={})
NAMES_ANOTHER = {"type": "message_creation", "message_creation": {"message_id": "msg_other"}}
ADD, FILES = f"POST /vector_stores/{STORE}/files", f"GET /vector_stores/{STORE}/files"

GOOD = {
    "a step that names another message, which is told as that": trace(
        EMPTY, BEGUN, ENDED, call(STEPS, listing(step(step_details=NAMES_ANOTHER))), listed(wrote(1))
    ),
    "as many as were sent": trace(opened(user()), sent(2), listed(said(1), said(2)), BEGUN, listed(said(1), said(2))),
    "by a run": trace(
        EMPTY,
        call(START, run(), sent={"assistant_id": "asst_A1", "additional_messages": [user("A"), user("B")]}),
        listed(said(1, "A"), said(2, "B")),
    ),
    "a request that got no answer may have been taken": trace(EMPTY, failed(SEND, sent=user()), listed(said(1))),
    "a request that failed may have been taken": trace(EMPTY, error(SEND, 500, sent=user()), listed(said(1))),
    "sent while the list was made": trace(
        call("POST /threads", thread(), sent={}, times=(0.0, 1.0)),
        call(LIST, listing(said(1)), times=(2.0, 5.0)),
        call(SEND, said(1), sent=user(), times=(3.0, 4.0)),
    ),
    "a thread with a past": trace(listed(said(1), said(2))),
    "a malformed request that was taken is judged there": trace(
        call("POST /threads", thread(), sent={"messages": [{"role": "user"}]}), listed(said(1), said(2))
    ),
    "a body that the recording left out": trace(
        call("POST /threads", thread(), request_headers=(("content-length", "48"), ("openai-beta", "assistants=v2"))),
        listed(said(1)),
    ),
    "an assistant's, of a run that does not say so": trace(
        opened(user()), BEGUN, ENDED, listed(said(1), said(2, role="assistant"))
    ),
    "of a run that another request made": trace(
        EMPTY, failed(START, sent={"assistant_id": "asst_A1"}), listed(wrote(9))
    ),
    "the message was there when the run ended": trace(
        EMPTY, BEGUN, ENDED, listed(wrote(1, id="msg_M1")), call(STEPS, listing(step())), listed(wrote(1, id="msg_M1"))
    ),
    "clocks a second apart": trace(EMPTY, BEGUN, ENDED, listed(wrote(1, created_at=CREATED + 4))),
    "the first list came before the end": trace(EMPTY, BEGUN, listed(), ENDED, listed(wrote(1))),
    "runs of the thread": trace(
        EMPTY, BEGUN, error(START, 400, sent={"assistant_id": "asst_A1"}), call(f"GET {IN}/runs", listing(run()))
    ),
    "a run whose creation got no answer": trace(
        EMPTY, failed(START, sent={"assistant_id": "asst_A1"}), call(f"GET {IN}/runs", listing(run()))
    ),
    "a streamed run": trace(
        EMPTY,
        stream(START, ("thread.run.created", run()), sent={"assistant_id": "asst_A1", "stream": True}),
        call(f"GET {IN}/runs", listing(run())),
    ),
    "runs of a thread of others": trace(call(f"GET {IN}/runs", listing(run()))),
    "one of three is deleted": trace(
        opened(A, B, C),
        listed(*THREE),
        call(f"DELETE {IN}/messages/msg_2", deleted("msg_2", "thread.message.deleted")),
        listed(THREE[0], THREE[2]),
    ),
    "a part of a list is no loss": trace(
        opened(A, B, C), listed(*THREE), call(f"{LIST}?limit=1", listing(said(3, "C"), has_more=True))
    ),
    "a file that was added otherwise": trace(
        NEW_STORE, error(ADD, 400, sent={"file_id": FILE}), add(), call(FILES, listing(entry()))
    ),
    "a file that somebody else added": trace(NEW_STORE, call(FILES, listing(entry()))),
    "in their order": trace(opened(A, B, C), listed(*THREE), listed(*THREE[::-1], query="")),
    "alike": trace(opened(A, A, B), listed(said(1, "A"), said(2, "A"), said(3, "B"))),
    "with a picture": trace(
        opened(A, {"role": "user", "content": [{"type": "text", "text": "B"}, IMAGE]}),
        listed(
            said(1, "A"),
            message(
                id="msg_2",
                content=[*text("B"), {"type": "image_url", "image_url": IMAGE["image_url"] | {"detail": "auto"}}],
            ),
        ),
    ),
    "what else was sent with them": trace(
        opened(A | {"metadata": {"a": "1"}, "attachments": []}, B), listed(said(1, "A", metadata={"a": "1"}), THREE[1])
    ),
}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD.keys())
def test_good_traces_trip_nothing(good: Trace) -> None:
    assert CHECKS.judged(good).findings == ()


MADE, LATE = "MESSAGE-MADE-01", "MESSAGE-LATE-01"
BAD: list[tuple[str, str, Trace]] = [
    (MADE, "kept twice", trace(EMPTY, sent(1), listed(said(1), said(2)))),
    (MADE, "a first message twice", trace(opened(A, B), listed(said(1, "A"), said(2, "B"), said(3, "B")))),
    (MADE, "a greeting", trace(EMPTY, listed(said(1, "Welcome!", role="assistant")))),
    (
        MADE,
        "left by a malformed request",
        trace(EMPTY, error(SEND, 400, sent={"role": "user", "content": []}), listed(said(1, ""))),
    ),
    (
        MADE,
        "one was deleted, and there are as many",
        trace(
            opened(A, B),
            listed(said(1, "A"), said(2, "B")),
            call(f"DELETE {IN}/messages/msg_1", deleted("msg_1", "thread.message.deleted")),
            listed(said(2, "B"), said(3, "B")),
        ),
    ),
    (MADE, "of an unknown run", trace(EMPTY, BEGUN, listed(wrote(1) | {"run_id": "run_X"}))),
    ("IDENTITY-REFUSED-02", "left by a refused one", trace(EMPTY, error(SEND, 400, sent=user()), listed(said(1)))),
    (LATE, "after the cancel", trace(EMPTY, BEGUN, CANCELLED, listed(), listed(wrote(1)))),
    (LATE, "by its time", trace(EMPTY, BEGUN, CANCELLED, listed(wrote(1, created_at=CREATED + 90)))),
    (LATE, "and by itself", trace(EMPTY, BEGUN, CANCELLED, listed(), call(f"GET {IN}/messages/msg_1", wrote(1)))),
    ("RUN-MADE-01", "", trace(EMPTY, BEGUN, call(f"GET {IN}/runs", listing(run(), run(id="run_2"))))),
    (
        "RUN-MADE-01",
        "of a refused request",
        trace(EMPTY, error(START, 400, sent={"assistant_id": "asst_A1"}), call(f"GET {IN}/runs", listing(run()))),
    ),
    (
        "LIST-KEEP-01",
        "a neighbour is deleted along",
        trace(
            opened(A, B, C),
            listed(*THREE),
            call(f"DELETE {IN}/messages/msg_2", deleted("msg_2", "thread.message.deleted")),
            listed(THREE[0]),
        ),
    ),
    (
        "LIST-KEEP-01",
        "a step is forgotten",
        trace(call(STEPS, listing(step(), step(id="step_S2"))), call(STEPS, listing(step()))),
    ),
    (
        "STEP-LINK-03",
        "",
        trace(EMPTY, BEGUN, ENDED, call(STEPS, listing(step())), listed(wrote(1), wrote(2, id="msg_M1"))),
    ),
    (
        "VSF-MADE-01",
        "refused",
        trace(NEW_STORE, error(ADD, 400, sent={"file_id": FILE}), call(FILES, listing(entry("failed")))),
    ),
    ("IDENTITY-ORDER-01", "reversed", trace(opened(A, B, C), listed(*THREE[::-1]))),
    ("IDENTITY-ORDER-01", "newest first", trace(opened(A, B), listed(THREE[0], THREE[1], query=""))),
    (
        "IDENTITY-ORDER-01",
        "of a run",
        trace(
            EMPTY,
            call(START, run(), sent={"assistant_id": "asst_A1", "additional_messages": [A, B]}),
            listed(said(1, "B"), said(2, "A")),
        ),
    ),
    (
        "IDENTITY-ECHO-04",
        "of a first message",
        trace(opened(A | {"metadata": {"a": "1"}}, B), listed(said(1, "A"), THREE[1])),
    ),
    (
        "ATTACH-ECHO-01",
        "of a first message",
        trace(
            opened(A | {"attachments": [{"file_id": "file-F1", "tools": [{"type": "code_interpreter"}]}]}),
            listed(said(1, "A")),
        ),
    ),
    (
        "ATTACH-ECHO-01",
        "of a first message, shown as null",
        trace(
            opened(A | {"attachments": [{"file_id": "file-F1", "tools": [{"type": "code_interpreter"}]}]}),
            listed(said(1, "A", attachments=None)),
        ),
    ),
    (
        "IDENTITY-THREAD-01",
        "a part is lost",
        trace(opened({"role": "user", "content": [{"type": "text", "text": "A"}, IMAGE]}), listed(said(1, "A"))),
    ),
]


@pytest.mark.parametrize(("requirement", "bad"), [(r, t) for r, _, t in BAD], ids=[f"{r} {name}" for r, name, _ in BAD])
def test_a_fault_trips_its_requirement_and_no_other(requirement: str, bad: Trace) -> None:
    assert CHECKS.tripped(bad) == {requirement}


def test_every_requirement_has_a_planted_fault_and_is_examined() -> None:
    assert {requirement for requirement, _, _ in BAD} >= judged_by(*NAMES) | {"IDENTITY-ORDER-01"}
    examined = {name for good in GOOD.values() for name in CHECKS.examined(good)}
    assert judged_by(*NAMES) | {"IDENTITY-ORDER-01"} <= examined
