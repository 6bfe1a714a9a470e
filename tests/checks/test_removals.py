from __future__ import annotations

import pytest

from conformance.trace.trace import Trace
from tests.checks.judging import STORES, judged_by
from tests.checks.shelf import (
    BATCH,
    FILE,
    IN,
    IN_OTHER,
    MADE,
    MADE_OTHER,
    OTHER,
    STORE,
    add,
    entry,
    file,
    make_batch,
    read,
    shelf,
    store,
    take,
    upload,
)
from tests.traces import call, deleted, error, failed, listing, trace

judged, tripped = STORES.judged, STORES.tripped

NO_STORE = call(f"DELETE {IN}", deleted(STORE, "vector_store.deleted"))
NO_FILE = call(f"DELETE /files/{FILE}", deleted(FILE, "file"))
GET_FILE = call(f"GET /files/{FILE}", file())
BOTH = (upload(), MADE, MADE_OTHER, add(), add(store_id=OTHER))
STILL = (read(entry(store_id=OTHER), store_id=OTHER), shelf(entry(store_id=OTHER), store_id=OTHER))

GOOD = {
    "a file that somebody put into a store": trace(upload(), MADE, NO_FILE, shelf(entry())),
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
    "a file": trace(
        *BOTH,
        NO_FILE,
        error(f"GET /files/{FILE}", 404),
        error(f"GET /files/{FILE}/content", 404),
        error(f"DELETE /files/{FILE}", 404),
        error(f"GET {IN}/files/{FILE}", 404),
        error(f"POST {IN}/files", 404, sent={"file_id": FILE}),
        shelf(),
        call("GET /files", listing()),
    ),
    "out of one store": trace(*BOTH, take(), error(f"GET {IN}/files/{FILE}", 404), shelf(), GET_FILE, *STILL),
    "and back": trace(upload(), MADE, add(), take(), add(), read(entry()), shelf(entry())),
    "nobody knows": trace(
        *BOTH, failed(f"DELETE {IN}/files/{FILE}"), read(entry()), error(f"GET {IN}/files/{FILE}", 404)
    ),
    "a deletion that failed": trace(upload(), MADE, add(), error(f"DELETE {IN}", 500), call(f"GET {IN}", store(1))),
    "at the same time": trace(
        MADE,
        call(f"DELETE {IN}", deleted(STORE, "vector_store.deleted"), times=(1.0, 3.0)),
        call(f"GET {IN}", store(), times=(2.0, 4.0)),
    ),
    "no key": trace(MADE, NO_STORE, error(f"GET {IN}", 401), error(f"GET {IN}", 503)),
    "attached besides": trace(
        *BOTH,
        call(
            "POST /threads/thread_T1/messages",
            {"id": "msg_U1"},
            sent={
                "role": "user",
                "content": "x",
                "attachments": [{"file_id": FILE, "tools": [{"type": "file_search"}]}],
            },
        ),
        take(),
        read(entry()),
    ),
}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD.keys())
def test_good_traces_trip_nothing(good: Trace) -> None:
    assert tripped(good) == set()


BAD: list[tuple[str, str, Trace]] = [
    ("VS-DELETE-01", "", trace(MADE, NO_STORE, call(f"GET {IN}", store()))),
    ("VS-DELETE-01", "twice", trace(MADE, NO_STORE, NO_STORE)),
    ("VS-DELETE-02", "files", trace(MADE, NO_STORE, shelf())),
    ("VS-DELETE-02", "search", trace(MADE, NO_STORE, call(f"POST {IN}/search", {"data": []}, sent={"query": "x"}))),
    ("VS-DELETE-03", "", trace(upload(), MADE, add(), NO_STORE, error(f"GET /files/{FILE}", 404))),
    ("VS-DELETE-04", "", trace(MADE, NO_STORE, call("GET /vector_stores", listing(store())))),
    ("VSF-DELETE-01", "", trace(*BOTH, take(), read(entry()))),
    ("VSF-DELETE-01", "400", trace(*BOTH, take(), error(f"GET {IN}/files/{FILE}", 400))),
    ("VSF-DELETE-02", "", trace(*BOTH, take(), shelf(entry()))),
    ("FILE-DELETE-01", "", trace(upload(), NO_FILE, GET_FILE)),
    ("FILE-DELETE-01", "twice", trace(upload(), NO_FILE, NO_FILE)),
    ("FILE-DELETE-02", "", trace(upload(), NO_FILE, call("GET /files", listing(file())))),
    ("FILE-DELETE-03", "", trace(upload(), MADE, NO_FILE, add())),
    ("LIMIT-FILE-12", "deleted, yet in a store", trace(*BOTH, NO_FILE, read(entry()))),
    ("LIMIT-FILE-12", "deleted, yet listed", trace(*BOTH, NO_FILE, shelf(entry()))),
    ("LIMIT-FILE-12", "the file goes too", trace(*BOTH, take(), error(f"GET /files/{FILE}", 404))),
    ("LIMIT-FILE-12", "out of all stores", trace(*BOTH, take(), error(f"GET {IN_OTHER}/files/{FILE}", 404))),
    ("LIMIT-FILE-12", "off all lists", trace(*BOTH, take(), shelf(store_id=OTHER))),
]


@pytest.mark.parametrize(("requirement", "bad"), [(r, t) for r, _, t in BAD], ids=[f"{r} {name}" for r, name, _ in BAD])
def test_a_fault_trips_its_requirement_and_no_other(requirement: str, bad: Trace) -> None:
    assert tripped(bad) == {requirement}


def test_every_requirement_has_a_planted_fault() -> None:
    assert {requirement for requirement, _, _ in BAD} == judged_by("removals")


def test_every_requirement_is_examined_by_good_traces() -> None:
    examined = {requirement for good in GOOD.values() for requirement in judged(good).examined}
    assert judged_by("removals") <= examined
