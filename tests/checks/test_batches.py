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
    batch,
    counts,
    entry,
    make_batch,
    take,
)
from tests.checks.tables import Tables
from tests.traces import Call, call, error, failed, listing, trace

tripped = STORES.tripped

TWO = "file-F2"
ONE = f"{IN}/file_batches/{BATCH}"
BUSY = batch("in_progress", file_counts=counts(in_progress=2))
DONE = batch(completed=2)
STOPPED = batch("cancelled", file_counts=counts(1, cancelled=1))


def made(*, answer: object = None) -> tuple[Call, Call]:
    return MADE, make_batch(FILE, TWO, answer=answer)


def get(answer: object) -> Call:
    return call(f"GET {ONE}", answer)


def cancel(answer: object) -> Call:
    return call(f"POST {ONE}/cancel", answer)


def listed(*entries: object, query: str = "", **changes: bool) -> Call:
    return call(f"GET {ONE}/files{query}", listing(*entries, **changes))


GOOD = {
    "completed": trace(
        *made(),
        get(BUSY),
        get(DONE),
        listed(entry(file_id=TWO), entry()),
        listed(entry(file_id=TWO), query="?filter=completed&limit=1", has_more=True),
        get(DONE),
        cancel(DONE),
        get(DONE),
    ),
    "cancelled": trace(*made(), get(BUSY), cancel(BUSY), get(STOPPED), listed(entry("cancelled"), entry(file_id=TWO))),
    "the other constant": trace(
        MADE,
        make_batch(FILE, answer=batch("in_progress", object="vector_store.files_batch")),
        get(batch(object="vector_store.files_batch")),
    ),
    "named twice": trace(MADE, make_batch(FILE, FILE, answer=batch("in_progress"))),
    "as files": trace(
        MADE,
        call(f"POST {IN}/file_batches", batch("in_progress"), sent={"files": [{"file_id": FILE}]}),
        listed(entry()),
    ),
    "taken out meanwhile": trace(*made(), get(DONE), take(), get(batch()), listed(entry(file_id=TWO)), get(batch())),
    "ended before it could be cancelled": trace(*made(), get(BUSY), error(f"POST {ONE}/cancel", 400), get(DONE)),
    "no answer": trace(*made(), get(BUSY), failed(f"POST {ONE}/cancel"), get(STOPPED)),
    "in its own store": trace(*made(), MADE_OTHER, error(f"GET {IN_OTHER}/file_batches/{BATCH}", 404)),
    "somebody else's": trace(get(STOPPED), listed(entry("cancelled"), entry(file_id=TWO))),
    "wrong types": trace(*made(answer=batch("in_progress", file_counts=[])), get(batch(file_counts={"total": "x"}))),
    "a server error": trace(*made(), get(BUSY), error(f"POST {ONE}/cancel", 500), error(f"POST {ONE}/cancel", 429)),
}


BAD: list[tuple[str, str, Trace]] = [
    ("BATCH-STATE-01", "at work again", trace(*made(), get(DONE), get(BUSY))),
    ("BATCH-STATE-01", "cancelled afterwards", trace(*made(), get(DONE), cancel(STOPPED))),
    ("BATCH-STATE-02", "", trace(*made(), get(STOPPED))),
    ("BATCH-STATE-02", "refused", trace(*made(), error(f"POST {ONE}/cancel", 400), get(STOPPED))),
    ("BATCH-COUNT-01", "", trace(*made(), get(batch(file_counts=counts(1) | {"total": 2})))),
    ("BATCH-COUNT-02", "", trace(*made(answer=batch("in_progress")))),
    ("BATCH-COUNT-03", "", trace(*made(), get(batch(file_counts=counts(1, in_progress=1))))),
    ("BATCH-COUNT-04", "", trace(*made(), get(batch()))),
    ("BATCH-COUNT-05", "", trace(*made(), get(DONE), listed(entry("failed"), entry(file_id=TWO)))),
    ("BATCH-FILES-01", "", trace(*made(), listed(entry(), entry(file_id=TWO), entry(file_id="file-F3")))),
    ("BATCH-FILES-02", "", trace(*made(), listed(entry()))),
    ("BATCH-CANCEL-01", "", trace(*made(), get(DONE), error(f"POST {ONE}/cancel", 400))),
    ("BATCH-CANCEL-02", "", trace(*made(), get(BUSY), error(f"POST {ONE}/cancel", 400), get(BUSY))),
    ("BATCH-CANCEL-03", "", trace(*made(), cancel(batch("cancelled", file_counts=counts(in_progress=1, cancelled=1))))),
    (
        "BATCH-SCOPE-01",
        "listed",
        trace(*made(), MADE_OTHER, call(f"GET {IN_OTHER}/file_batches/{BATCH}/files", listing())),
    ),
]


OURS = judged_by("batches") - judged_by("batches.ends")  # test_ends.py


def test_a_store_in_place_of_a_batch_is_told_once() -> None:
    wrong = {"id": OTHER, "object": "vector_store", "created_at": batch()["created_at"], "vector_store_id": None}
    assert tripped(trace(*made(), get(wrong))) == {"OBJECT-TYPE-01", "OBJECT-ID-02"}


def test_a_batch_answered_under_another_store_is_told_once() -> None:
    assert tripped(trace(*made(), MADE_OTHER, call(f"GET {IN_OTHER}/file_batches/{BATCH}", BUSY))) == {"OBJECT-LINK-01"}


class TestTables(Tables):
    checks, good, bad, judges = STORES, GOOD, BAD, OURS
