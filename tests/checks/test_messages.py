from conformance.trace.trace import Trace
from tests.checks.judging import OBJECTS, ids_of, judged_by
from tests.checks.tables import Tables
from tests.traces import ASSISTANT, CREATED, RUN, THREAD, call, listing, message, run, stream, trace

MESSAGES = f"/threads/{THREAD}/messages"
CREATE, LIST, GET = f"POST {MESSAGES}", f"GET {MESSAGES}", f"GET {MESSAGES}/msg_M1"
START, GET_RUN = f"POST /threads/{THREAD}/runs", f"GET /threads/{THREAD}/runs/{RUN}"
TEXT = [{"type": "text", "text": {"value": "Another.", "annotations": []}}]
PLAIN = {"status", "completed_at", "incomplete_at", "incomplete_details"}


def plain(**changes: object) -> object:
    """A message of a run as the real API shows it outside streams: without a status and what goes with it."""
    return {name: value for name, value in message("completed").items() if name not in PLAIN} | changes


def streamed(*messages: dict[str, object], end: object = None) -> Trace:
    events = [(f"thread.message.{one['status']}", one) for one in messages]
    return trace(stream(START, *events), *([] if end is None else [call(GET_RUN, end)]))


def broken_off(reason: str, status: str) -> Trace:
    return streamed(
        message("in_progress"), message("incomplete", incomplete_details={"reason": reason}), end=run(status)
    )


GOOD = {
    "written": streamed(message("in_progress"), message("in_progress"), message("completed")),
    "broken off": streamed(message("in_progress"), message("incomplete")),
    "no status outside streams": trace(call(LIST, listing(plain(), message()))),
    "status outside streams": trace(call(LIST, listing(message("completed"), message()))),
    "a message of the user with a status": trace(
        call(CREATE, message() | {"status": "completed", "completed_at": None, "incomplete_at": None})
    ),
    "a message of the assistant that a request creates": trace(call(CREATE, message(role="assistant"))),
    "read again, and metadata modified": trace(
        call(CREATE, message()),
        call(f"GET {MESSAGES}/msg_U1", message()),
        call(f"POST {MESSAGES}/msg_U1", message(metadata={"seen": "yes"})),
    ),
    "unknown fields": trace(call(CREATE, message(future={}))),
    "cut off by a token limit": broken_off("max_tokens", "incomplete"),
    "cut off in a run that is called completed": broken_off("max_tokens", "completed"),
    "cut off by a cancel": broken_off("run_cancelled", "cancelled"),
    "cut off by a filter": broken_off("content_filter", "completed"),
    "growing over polls": trace(call(GET, message("in_progress")), call(GET, message("completed"))),
}


OURS = ids_of("messages") - judged_by("messages.made", "messages.late")  # test_unasked.py


BAD: list[tuple[str, str, Trace]] = [
    (
        "MESSAGE-FROZEN-01",
        "written by a run",
        trace(call(GET, message("completed")), call(GET, message("completed", content=[]))),
    ),
    ("MESSAGE-STATE-01", "streamed", streamed(message("completed"), message("in_progress"))),
    ("MESSAGE-STATE-01", "polled", trace(call(GET, message("incomplete")), call(GET, message("completed")))),
    ("MESSAGE-FIELD-01", "time", streamed(message("in_progress", completed_at=CREATED + 2))),
    ("MESSAGE-FIELD-01", "reason", streamed(message("in_progress", incomplete_details={"reason": "max_tokens"}))),
    ("MESSAGE-FIELD-02", "", streamed(message("completed", completed_at=None))),
    ("MESSAGE-FIELD-03", "", streamed(message("completed", incomplete_at=CREATED + 2))),
    ("MESSAGE-FIELD-04", "", streamed(message("incomplete", incomplete_at=None))),
    ("MESSAGE-FIELD-05", "", streamed(message("incomplete", incomplete_details=None))),
    ("MESSAGE-FIELD-06", "", streamed(message("incomplete", completed_at=CREATED + 2))),
    ("MESSAGE-AUTHOR-01", "", trace(call(CREATE, message(run_id=RUN)))),
    ("MESSAGE-AUTHOR-02", "", trace(call(CREATE, message(assistant_id=ASSISTANT)))),
    ("MESSAGE-AUTHOR-03", "", streamed(message("completed", role="user"))),
    (
        "MESSAGE-FROZEN-01",
        "content",
        trace(call(CREATE, message()), call(f"GET {MESSAGES}/msg_U1", message(content=TEXT))),
    ),
    (
        "MESSAGE-FROZEN-01",
        "role",
        trace(call(CREATE, message()), call(f"GET {MESSAGES}/msg_U1", message(role="assistant"))),
    ),
    ("MESSAGE-CAUSE-01", "cancelled", broken_off("run_cancelled", "completed")),
    ("MESSAGE-CAUSE-01", "a token limit", broken_off("max_tokens", "failed")),
]


class TestTables(Tables):
    checks, good, bad, judges = OBJECTS, GOOD, BAD, OURS
