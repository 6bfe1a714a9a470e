import pytest

from conformance.trace.trace import Trace
from tests.checks.judging import STORES, judged_by
from tests.checks.shelf import (
    BATCH,
    BOTH,
    FILE,
    GET_FILE,
    IN,
    IN_OTHER,
    MADE,
    NO_STORE,
    OTHER,
    STILL,
    STORE,
    add,
    counts,
    entry,
    file,
    make_batch,
    shelf,
    store,
    take,
    upload,
)
from tests.checks.tables import Tables
from tests.traces import CREATED, call, deleted, error, listing, message, run, thread, trace

judged, tripped = STORES.judged, STORES.tripped

DAY = 86_400
POLICY = {"anchor": "last_active_at", "days": 3}
BUSY = store(status="in_progress", file_counts=counts(in_progress=1))

GONE = store(status="expired", expires_after=POLICY, expires_at=CREATED + 3 * DAY)
HELD = call("POST /threads", thread(tool_resources={"file_search": {"vector_store_ids": [STORE]}}))
RUNS = "/threads/thread_T1/runs"


def get(**changes: object) -> object:
    return call(f"GET {IN}", store(**changes))


def alone(*stores: object) -> Trace:
    return trace(*(call(f"GET {IN}", one) for one in stores))


def seen(*stores: object) -> Trace:
    return trace(MADE, *(call(f"GET {IN}", one) for one in stores))


GOOD = {
    "a life": trace(
        MADE,
        add(),
        call(f"GET {IN}", BUSY),
        call(f"GET {IN}", store(1, last_active_at=CREATED + 5)),
        shelf(entry()),
        call(f"GET {IN}", store(1, last_active_at=CREATED + 9)),
        call(
            f"POST {IN}",
            store(1, last_active_at=CREATED + 9, expires_after=POLICY, expires_at=CREATED + 9 + 3 * DAY),
            sent={"expires_after": POLICY},
        ),
        call(
            f"GET {IN}",
            store(
                1, status="expired", last_active_at=CREATED + 9, expires_after=POLICY, expires_at=CREATED + 9 + 3 * DAY
            ),
        ),
    ),
    "expired, and refused": trace(
        HELD,
        call(f"GET {IN}", GONE),
        error(f"POST {IN}/files", 400, sent={"file_id": FILE}),
        call(f"POST {RUNS}", run()),
        call(f"GET {RUNS}/run_R1", run("failed")),
    ),
    "created with files": trace(
        call("POST /vector_stores", BUSY | {"name": "Pears"}, sent={"file_ids": [FILE, FILE], "name": "Pears"}),
        call("GET /vector_stores", listing(BUSY | {"name": "Pears"})),
    ),
    "modified": trace(
        call(
            "POST /vector_stores",
            store(name="A", description="B", metadata={"k": "v"}, expires_after=POLICY, expires_at=CREATED + 3 * DAY),
            sent={"name": "A", "description": "B", "metadata": {"k": "v"}, "expires_after": POLICY},
        ),
        call(
            f"POST {IN}",
            store(description="B", metadata={"k": "w"}),
            sent={"name": None, "metadata": {"k": "w"}, "expires_after": None},
        ),
        error(f"POST {IN}", 400, sent={"name": "x"}),
        call(f"GET {IN}", store(description="B", metadata={"k": "w"})),
    ),
    "reopened by what a message attaches": trace(
        MADE, call(f"GET {IN}", store()), call("POST /threads/thread_T1/messages", message()), call(f"GET {IN}", BUSY)
    ),
    "reopened while something is going on": trace(
        MADE, call(f"GET {IN}", store()), make_batch(FILE), call(f"GET {IN}", BUSY)
    ),
    "counted while a file is added": trace(MADE, shelf(entry()), add(), call(f"GET {IN}", store(2))),
    "somebody else's": trace(call(f"GET {IN}", store()), call(f"GET {IN}", BUSY)),
    "listed twice": trace(MADE, shelf(entry(), entry()), call(f"GET {IN}", store(1))),
    "wrong types": alone(store(file_counts={"total": "1"}, last_active_at="now", expires_after=3, usage_bytes=[])),
    "not a store": trace(call("POST /vector_stores", thread(), sent={})),
    "a store": trace(
        upload(),
        MADE,
        make_batch(FILE),
        NO_STORE,
        error(f"GET {IN}", 404),
        error(f"DELETE {IN}", 404),
        error(f"GET {IN}/files", 404),
        error(f"GET {IN}/files/{FILE}", 404),
        error(f"GET {IN}/file_batches/{BATCH}", 404),
        error(f"POST {IN}/search", 404, sent={"query": "pear"}),
        error(f"POST {IN}/files", 400, sent={"file_id": FILE}),
        call("GET /vector_stores", listing(store(id=OTHER))),
        GET_FILE,
        call("GET /files", listing(file())),
    ),
    "out of one store": trace(*BOTH, take(), error(f"GET {IN}/files/{FILE}", 404), shelf(), GET_FILE, *STILL),
    "a deletion that failed": trace(upload(), MADE, add(), error(f"DELETE {IN}", 500), call(f"GET {IN}", store(1))),
    "at the same time": trace(
        MADE,
        call(f"DELETE {IN}", deleted(STORE, "vector_store.deleted"), times=(1.0, 3.0)),
        call(f"GET {IN}", store(), times=(2.0, 4.0)),
    ),
    "no key": trace(MADE, NO_STORE, error(f"GET {IN}", 401), error(f"GET {IN}", 503)),
}


BAD: list[tuple[str, str, Trace]] = [
    (
        "VS-STATE-01",
        "alive again",
        alone(*(store(status=s, expires_after=POLICY, expires_at=CREATED + 3 * DAY) for s in ("expired", "completed"))),
    ),
    ("VS-STATE-02", "nothing added", seen(store(), BUSY)),
    (
        "VS-STATE-02",
        "made on the way",
        trace(
            call("POST /threads", thread(tool_resources={"file_search": {"vector_store_ids": [STORE]}})),
            call(f"GET {IN}", store()),
            call(f"GET {IN}", BUSY),
        ),
    ),
    ("VS-STATE-03", "", trace(call("POST /vector_stores", BUSY | {"file_counts": counts()}, sent={"name": None}))),
    ("VS-FIELD-01", "no time", seen(store(status="expired"))),
    ("VS-FIELD-02", "", seen(store(last_active_at=None))),
    ("VS-EXPIRY-01", "a day off", alone(store(expires_after=POLICY, expires_at=CREATED + 2 * DAY))),
    ("VS-EXPIRY-01", "never", alone(store(expires_after=POLICY, expires_at=None))),
    ("VS-EXPIRY-02", "", seen(store(expires_at=CREATED))),
    ("VS-EXPIRED-01", "", trace(call(f"GET {IN}", GONE), add())),
    (
        "VS-EXPIRED-02",
        "",
        trace(HELD, call(f"GET {IN}", GONE), call(f"POST {RUNS}", run()), call(f"GET {RUNS}/run_R1", run("completed"))),
    ),
    ("VS-ACTIVE-01", "before its creation", seen(store(last_active_at=CREATED - 1))),
    ("VS-ACTIVE-01", "back", seen(store(last_active_at=CREATED + 9), store(last_active_at=CREATED + 5))),
    ("VS-COUNT-01", "sum", seen(store(file_counts=counts(1) | {"total": 2}))),
    ("VS-COUNT-01", "negative", seen(store(file_counts=counts(1, failed=-1)))),
    ("VS-COUNT-02", "", seen(store(file_counts=counts(1, in_progress=1)))),
    ("VS-COUNT-03", "", trace(MADE, add(), call(f"GET {IN}", store(1, status="in_progress")))),
    ("VS-COUNT-04", "too many", trace(MADE, add(), shelf(entry()), call(f"GET {IN}", store(2, usage_bytes=1000)))),
    (
        "VS-COUNT-04",
        "before the list",
        trace(MADE, add(), call(f"GET {IN}", store(1)), shelf(entry("failed", usage_bytes=1000))),
    ),
    ("VS-COUNT-05", "none", trace(call("POST /vector_stores", store(), sent={"file_ids": [FILE]}))),
    ("VS-COUNT-05", "one", trace(call("POST /vector_stores", store(1), sent={"name": None}))),
    ("VS-BYTES-01", "", seen(store(usage_bytes=5))),
    ("VS-BYTES-02", "", trace(MADE, add(), shelf(entry()), call(f"GET {IN}", store(1, usage_bytes=7)))),
    ("VS-ECHO-01", "", trace(call("POST /vector_stores", store(name="a"), sent={"name": "A"}))),
    ("VS-ECHO-02", "", trace(call("POST /vector_stores", store(metadata={"a": 1}), sent={"metadata": {"a": "1"}}))),
    (
        "VS-ECHO-03",
        "",
        trace(
            call(
                "POST /vector_stores",
                store(expires_after=POLICY | {"days": 7}, expires_at=CREATED + 7 * DAY),
                sent={"expires_after": POLICY},
            )
        ),
    ),
    ("VS-CLEAR-01", "name", trace(MADE, call(f"POST {IN}", store(name="a"), sent={"name": None}))),
    (
        "VS-DEFAULT-01",
        "beside a name",
        trace(call("POST /vector_stores", store(name="A", metadata={"a": "b"}), sent={"name": "A"})),
    ),
    ("VS-DEFAULT-01", "a name", trace(call("POST /vector_stores", store(name="Untitled"), sent={}))),
    ("VS-DELETE-01", "", trace(MADE, NO_STORE, call(f"GET {IN}", store()))),
    ("VS-DELETE-01", "twice", trace(MADE, NO_STORE, NO_STORE)),
    ("VS-DELETE-02", "files", trace(MADE, NO_STORE, shelf())),
    ("VS-DELETE-02", "search", trace(MADE, NO_STORE, call(f"POST {IN}/search", {"data": []}, sent={"query": "x"}))),
    ("VS-DELETE-03", "", trace(upload(), MADE, add(), NO_STORE, error(f"GET /files/{FILE}", 404))),
    ("VS-DELETE-04", "", trace(MADE, NO_STORE, call("GET /vector_stores", listing(store())))),
    ("LIMIT-FILE-12", "the file goes too", trace(*BOTH, take(), error(f"GET /files/{FILE}", 404))),
    ("LIMIT-FILE-12", "out of all stores", trace(*BOTH, take(), error(f"GET {IN_OTHER}/files/{FILE}", 404))),
    ("LIMIT-FILE-12", "off all lists", trace(*BOTH, take(), shelf(store_id=OTHER))),
]


OURS = judged_by("vector_stores") - judged_by("vector_stores.ends")  # test_ends.py


@pytest.mark.parametrize(
    ("requirement", "bad"),
    [
        ("IDENTITY-READ-01", trace(call("POST /vector_stores", store(name="A"), sent={"name": "A"}), get(name="B"))),
        ("OBJECT-ID-02", trace(MADE, call(f"GET {IN}", store(id="vs_X")))),
        ("OBJECT-TIME-02", seen(store(created_at=CREATED + 5, last_active_at=CREATED + 5))),
    ],
)
def test_what_holds_for_all_objects_holds_for_stores(requirement: str, bad: Trace) -> None:
    assert requirement in tripped(bad)
    assert STORE in str(bad.exchanges)


class TestTables(Tables):
    checks, good, bad, judges = STORES, GOOD, BAD, OURS

    def test_good_traces_trip_nothing(self, good_trace: Trace) -> None:
        assert tripped(good_trace) - {"OBJECT-TYPE-01", "OBJECT-PREFIX-01", "LIST-ONCE-01"} == set()
