from conformance.trace.trace import Trace
from tests.checks.judging import HISTORIES, judged_by
from tests.checks.shelf import BATCH, FILE, IN_OTHER, MADE_OTHER, NO_FILE, STORE, batch, file, store, upload
from tests.checks.shelf import IN as STORE_PATH
from tests.checks.shelf import MADE as MADE_STORE
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
    failed,
    listing,
    message,
    run,
    step,
    thread,
    trace,
)

tripped = HISTORIES.tripped

IN = f"/threads/{THREAD}"
MESSAGE, GET_RUN = f"{IN}/messages/msg_U1", f"GET {IN}/runs/{RUN}"
OTHER = thread(id="thread_T2")
MADE = (
    call("POST /assistants", assistant()),
    call("POST /threads", thread()),
    call(f"POST {IN}/messages", message()),
    call(f"POST {IN}/runs", run()),
    call(f"GET {IN}/runs/{RUN}/steps", listing(step())),
)
NO_MESSAGE = call(f"DELETE {MESSAGE}", deleted("msg_U1", "thread.message.deleted"))
NO_THREAD = call(f"DELETE {IN}", deleted(THREAD, "thread.deleted"))
NO_ASSISTANT = call(f"DELETE /assistants/{ASSISTANT}", deleted(ASSISTANT, "assistant.deleted"))
SHELF = (upload(), MADE_STORE, call(f"POST {STORE_PATH}/file_batches", batch()))


def missing(label: str) -> Call:
    return error(label, 404)


GOOD = {
    "all gone": trace(
        *MADE,
        NO_MESSAGE,
        missing(f"GET {MESSAGE}"),
        missing(f"POST {MESSAGE}"),
        missing(f"DELETE {MESSAGE}"),
        call(f"GET {IN}/messages", listing()),
        call(f"GET {IN}", thread()),
        NO_ASSISTANT,
        call("GET /assistants", listing(assistant(id="asst_B"))),
        call(f"GET {IN}", thread()),
        call(GET_RUN, run()),
        call(f"GET {IN}/runs/{RUN}/steps/step_S1", step()),
        call(f"GET {IN}/runs", listing(run())),
        NO_THREAD,
        missing(f"GET {IN}"),
        missing(f"GET {IN}/messages"),
        missing(GET_RUN),
        error(f"POST {IN}/messages", 400),
    ),
    "a read that crosses the deletion": trace(
        call("POST /threads", thread(), times=(0.0, 1.0)),
        call(f"DELETE {IN}", deleted(THREAD, "thread.deleted"), times=(2.0, 4.0)),
        call(f"GET {IN}", thread(), times=(3.0, 5.0)),
    ),
    "a deletion that failed": trace(
        *MADE,
        error(f"DELETE {IN}", 500),
        failed(f"DELETE {MESSAGE}"),
        call(f"GET {IN}", thread()),
        missing(f"GET {MESSAGE}"),
    ),
    "what a vector store let go of": trace(
        *SHELF, call(f"DELETE {STORE_PATH}", deleted(STORE, "vector_store.deleted")), missing(f"GET /files/{FILE}")
    ),
    "a file that expires": trace(upload(file(expires_at=CREATED + 3600)), missing(f"GET /files/{FILE}")),
    "a batch of another store": trace(*SHELF, MADE_OTHER, missing(f"GET {IN_OTHER}/file_batches/{BATCH}")),
    "somebody else's store": trace(call(f"GET {STORE_PATH}", store()), missing(f"GET {STORE_PATH}")),
    "a cursor that is not found": trace(*MADE, missing(f"GET {IN}/messages?after=msg_X")),
    "another thread": trace(
        *MADE,
        call("POST /threads", OTHER),
        missing(f"GET /threads/thread_T2/runs/{RUN}"),
        missing("GET /threads/thread_T2/messages/msg_U1"),
        missing(f"POST /threads/thread_T2/runs/{RUN}/cancel"),
    ),
    "no key": trace(*MADE, NO_THREAD, error(f"GET {IN}", 401), error(f"GET {IN}", 500)),
}


BAD: list[tuple[str, str, Trace]] = [
    ("DELETION-GONE-01", "thread", trace(*MADE, NO_THREAD, call(f"GET {IN}", thread()))),
    ("DELETION-GONE-01", "message", trace(*MADE, NO_MESSAGE, call(f"GET {MESSAGE}", message()))),
    ("DELETION-GONE-01", "assistant", trace(*MADE, NO_ASSISTANT, error(f"GET /assistants/{ASSISTANT}", 410))),
    ("DELETION-GONE-01", "modified", trace(*MADE, NO_THREAD, call(f"POST {IN}", thread()))),
    ("DELETION-TWICE-01", "", trace(*MADE, NO_THREAD, NO_THREAD)),
    ("DELETION-CHILD-01", "messages", trace(*MADE, NO_THREAD, call(f"GET {IN}/messages", listing(message())))),
    ("DELETION-CHILD-01", "run", trace(*MADE, NO_THREAD, call(GET_RUN, run()))),
    ("DELETION-CHILD-01", "new message", trace(*MADE, NO_THREAD, call(f"POST {IN}/messages", message(id="msg_N")))),
    ("DELETION-LIST-01", "message", trace(*MADE, NO_MESSAGE, call(f"GET {IN}/messages", listing(message())))),
    ("DELETION-LIST-01", "assistant", trace(*MADE, NO_ASSISTANT, call("GET /assistants", listing(assistant())))),
    ("DELETION-KEEP-02", "a file", trace(*SHELF, *MADE, NO_THREAD, missing(f"GET /files/{FILE}"))),
    ("DELETION-KEEP-02", "a store", trace(*SHELF, NO_FILE, missing(f"GET {STORE_PATH}"))),
    ("DELETION-KEEP-02", "a batch", trace(*SHELF, missing(f"GET {STORE_PATH}/file_batches/{BATCH}"))),
    ("DELETION-KEEP-01", "thread", trace(*MADE, NO_ASSISTANT, missing(f"GET {IN}"))),
    ("DELETION-KEEP-01", "run", trace(*MADE, NO_ASSISTANT, missing(GET_RUN))),
    ("DELETION-KEEP-01", "step", trace(*MADE, NO_ASSISTANT, missing(f"GET {IN}/runs/{RUN}/steps/step_S1"))),
    ("DELETION-KEEP-02", "after another's", trace(*MADE, NO_MESSAGE, missing(f"GET {IN}"))),
    ("DELETION-KEEP-02", "never deleted", trace(*MADE, missing(f"GET /assistants/{ASSISTANT}"))),
    (
        "DELETION-SCOPE-01",
        "deleted",
        trace(*MADE, call("DELETE /threads/thread_T2/messages/msg_U1", deleted("msg_U1", "thread.message.deleted"))),
    ),
    ("DELETION-SCOPE-01", "steps", trace(*MADE, call(f"GET /threads/thread_T2/runs/{RUN}/steps", listing()))),
    ("DELETION-SCOPE-01", "400", trace(*MADE, error(f"GET /threads/thread_T2/runs/{RUN}", 400))),
]


def test_a_message_answered_under_another_thread_is_told_once() -> None:
    wrong = trace(*MADE, call("GET /threads/thread_T2/messages/msg_U1", message()))
    assert tripped(wrong) == {"OBJECT-LINK-01"}


class TestTables(Tables):
    checks, good, bad, judges = HISTORIES, GOOD, BAD, judged_by("deletion")
