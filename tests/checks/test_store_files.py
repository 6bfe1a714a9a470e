from conformance.trace.trace import Trace
from tests.checks.judging import STORES, judged_by
from tests.checks.shelf import (
    BATCH,
    BOTH,
    FILE,
    IN,
    MADE,
    MADE_OTHER,
    NO_FILE,
    OTHER,
    TEXT,
    add,
    batch,
    chunks,
    counts,
    entry,
    file,
    make_batch,
    read,
    shelf,
    store,
    take,
    upload,
)
from tests.checks.tables import Tables
from tests.traces import CREATED, Call, call, error, failed, listing, trace

judged, tripped = STORES.judged, STORES.tripped

LIGHT = {"colour": "green", "weight": 3, "ripe": True}
UPDATE = f"POST {IN}/files/{FILE}"
CONTENT = f"GET {IN}/files/{FILE}/content"


def content(*texts: str, **changes: object) -> Call:
    page = {
        "object": "vector_store.file_content.page",
        "data": [{"type": "text", "text": one} for one in texts],
        "has_more": False,
        "next_page": None,
    }
    return call(CONTENT, page | changes)


GOOD = {
    "a life": trace(
        MADE,
        upload(),
        add(
            sent={"attributes": LIGHT, "chunking_strategy": chunks(1200, 250)},
            attributes=LIGHT,
            chunking_strategy=chunks(1200, 250),
        ),
        read(entry(attributes=LIGHT, chunking_strategy=chunks(1200, 250))),
        shelf(entry(attributes=LIGHT, chunking_strategy=chunks(1200, 250))),
        call(
            UPDATE,
            entry(attributes=LIGHT | {"ripe": False}, chunking_strategy=chunks(1200, 250)),
            sent={"attributes": {"ripe": False}},
        ),
        error(UPDATE, 400, sent={"attributes": []}),
        read(entry(attributes=LIGHT | {"ripe": False}, chunking_strategy=chunks(1200, 250))),
        content(TEXT[:10], TEXT[10:]),
    ),
    "failed, and added again": trace(
        MADE,
        add(),
        read(entry("failed")),
        take(),
        add(sent={"attributes": LIGHT}, attributes=LIGHT),
        read(entry(attributes=LIGHT)),
    ),
    "in a batch": trace(
        MADE,
        make_batch(FILE, attributes=LIGHT, chunking_strategy={"type": "auto"}),
        shelf(entry(attributes=LIGHT)),
        call(f"POST {IN}/file_batches/{BATCH}/cancel", batch("cancelled", file_counts=counts(cancelled=1))),
    ),
    "cancelled": trace(
        MADE,
        make_batch(FILE),
        call(f"POST {IN}/file_batches/{BATCH}/cancel", batch("cancelled", file_counts=counts(cancelled=1))),
        read(entry("cancelled")),
    ),
    "in another store": trace(
        MADE,
        MADE_OTHER,
        add(),
        error(f"GET /vector_stores/{OTHER}/files/{FILE}", 404),
        error(f"GET {IN}/files/file-X", 404),
    ),
    "somebody else's store": trace(read(entry()), read(entry("cancelled", file_id="file-F2"), file_id="file-F2")),
    "wrong types": trace(
        MADE, add(attributes=[], chunking_strategy="auto"), read(entry(attributes=3, usage_bytes="1"))
    ),
    "failed, and empty": trace(MADE, upload(), add(), read(entry("failed")), content("")),
    "pictures fail": trace(MADE, upload(file(filename="pear.png"), filename="pear.png"), add(), read(entry("failed"))),
    "not whole": trace(upload(), content("only", has_more=True, next_page="page_2")),
    "malformed, and taken": trace(
        MADE, add(sent={"attributes": {"a": None}}, attributes={"a": "None"}), read(entry(attributes={"a": "None"}))
    ),
    "a file that somebody put into a store": trace(upload(), MADE, NO_FILE, shelf(entry())),
    "and back": trace(upload(), MADE, add(), take(), add(), read(entry()), shelf(entry())),
    "nobody knows": trace(
        *BOTH, failed(f"DELETE {IN}/files/{FILE}"), read(entry()), error(f"GET {IN}/files/{FILE}", 404)
    ),
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
    "removed": trace(*BOTH, take(), error(f"GET {IN}/files/{FILE}", 404), shelf()),
    "deleted as a file": trace(*BOTH, NO_FILE, error(f"GET {IN}/files/{FILE}", 404), shelf()),
}


BAD: list[tuple[str, str, Trace]] = [
    ("VSF-STATE-01", "alive again", trace(MADE, add(), read(entry("failed")), read(entry()))),
    ("VSF-STATE-01", "in a batch listing", trace(MADE, make_batch(FILE), read(entry()), shelf(entry("in_progress")))),
    ("VSF-STATE-02", "", trace(MADE, add(), read(entry("cancelled")))),
    ("VSF-FIELD-01", "", trace(MADE, add(), read(entry("failed", last_error=None)))),
    (
        "VSF-FIELD-02",
        "completed",
        trace(MADE, add(), read(entry(last_error={"code": "server_error", "message": "It broke."}))),
    ),
    (
        "VSF-SINCE-01",
        "nothing else is told until it shows a time",
        trace(
            MADE,
            call(f"POST {IN}/files", entry("in_progress", created_at=0), sent={"file_id": FILE}),
            shelf(entry(file_id="file-F2", created_at=CREATED), entry("in_progress", created_at=0)),
            shelf(entry("in_progress", created_at=0), entry(file_id="file-F2", created_at=CREATED)),
            read(entry(created_at=CREATED + 1)),
        ),
    ),
    ("VSF-BYTES-01", "", trace(MADE, add(usage_bytes=7))),
    ("VSF-BYTES-02", "", trace(MADE, add(), read(entry(usage_bytes=0)))),
    ("VSF-ID-01", "", trace(MADE, add(sent={"file_id": "file-F2"}))),
    ("VSF-ECHO-01", "as texts", trace(MADE, add(sent={"attributes": LIGHT}, attributes=LIGHT | {"weight": "3"}))),
    ("VSF-ECHO-01", "another besides", trace(MADE, add(sent={"attributes": LIGHT}, attributes=LIGHT | {"x": 1}))),
    ("VSF-ECHO-01", "in a batch", trace(MADE, make_batch(FILE, attributes=LIGHT), shelf(entry()))),
    ("VSF-ECHO-01", "updated", trace(MADE, add(), call(UPDATE, entry("in_progress"), sent={"attributes": LIGHT}))),
    ("VSF-ECHO-02", "", trace(MADE, add(sent={"chunking_strategy": chunks(1200, 250)}))),
    (
        "VSF-ECHO-02",
        "of the store",
        trace(
            call(
                "POST /vector_stores",
                store(status="in_progress", file_counts=counts(in_progress=1)),
                sent={"file_ids": [FILE], "chunking_strategy": chunks(1200, 250)},
            ),
            shelf(entry()),
        ),
    ),
    (
        "VSF-CHUNK-01",
        "auto",
        trace(MADE, add(sent={"chunking_strategy": {"type": "auto"}}, chunking_strategy=chunks(512, 0))),
    ),
    ("VSF-CHUNK-01", "none", trace(MADE, add(chunking_strategy={"type": "other"}))),
    ("VSF-KEEP-01", "attributes", trace(MADE, add(), read(entry()), shelf(entry(attributes={"x": 1})))),
    ("VSF-KEEP-01", "chunks", trace(MADE, add(), read(entry(chunking_strategy=chunks(512, 0))))),
    (
        "VSF-REFUSED-01",
        "",
        trace(MADE, add(), error(UPDATE, 400, sent={"attributes": LIGHT}), read(entry(attributes=LIGHT))),
    ),
    ("VSF-LIST-01", "batch", trace(MADE, make_batch(FILE, "file-F2"), shelf(entry()))),
    ("VSF-SCOPE-01", "", trace(MADE, MADE_OTHER, add(), read(entry(store_id=OTHER), store_id=OTHER))),
    ("VSF-CONTENT-01", "", trace(MADE, upload(), add(), read(entry()), content("Something else."))),
    ("LIMIT-FILE-07", "", trace(MADE, upload(file(filename="pear.zip"), filename="pear.zip"), add(), read(entry()))),
    ("VSF-DELETE-01", "", trace(*BOTH, take(), read(entry()))),
    ("VSF-DELETE-01", "400", trace(*BOTH, take(), error(f"GET {IN}/files/{FILE}", 400))),
    ("VSF-DELETE-02", "", trace(*BOTH, take(), shelf(entry()))),
    ("LIMIT-FILE-12", "deleted, yet in a store", trace(*BOTH, NO_FILE, read(entry()))),
    ("LIMIT-FILE-12", "deleted, yet listed", trace(*BOTH, NO_FILE, shelf(entry()))),
]


OURS = judged_by("store_files") - judged_by("store_files.ends", "store_files.refused")  # test_ends.py, test_unasked.py


def test_a_file_has_no_attributes_that_were_not_sent() -> None:
    assert tripped(trace(MADE, add(attributes=LIGHT))) == {"IDENTITY-DEFAULT-01"}


def test_a_list_in_pages_is_read_to_its_end() -> None:
    first = listing(entry(file_id="file-F2"), has_more=True)
    walk = (
        MADE,
        make_batch(FILE, "file-F2"),
        call(f"GET {IN}/files?limit=1", first),
        call(f"GET {IN}/files?limit=1&after=file-F2", listing(entry())),
    )
    assert tripped(trace(*walk)) == set()
    assert judged(trace(*walk)).examined["VSF-LIST-01"] == 2


def test_a_page_that_was_asked_to_hold_nothing_is_no_list_to_its_end() -> None:
    nothing = call(f"GET {IN}/files?limit=0", listing())
    assert "VSF-LIST-01" not in tripped(trace(MADE, make_batch(FILE), nothing))
    assert "VSF-LIST-01" in tripped(trace(MADE, make_batch(FILE), call(f"GET {IN}/files", listing())))


class TestTables(Tables):
    checks, good, bad, judges = STORES, GOOD, BAD, OURS
