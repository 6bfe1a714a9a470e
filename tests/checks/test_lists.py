from datetime import UTC, datetime
from typing import Any

import pytest

from conformance.trace.trace import Trace
from tests.checks.judging import HISTORIES, Checks, judged_by
from tests.checks.shelf import IN, MADE, OTHER, add, entry, read, shelf, store, take, upload
from tests.checks.tables import Tables
from tests.traces import (
    CREATED,
    DATE,
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
    thread,
    trace,
)

judged, tripped = HISTORIES.judged, HISTORIES.tripped

MESSAGES = f"/threads/{THREAD}/messages"
FILES = "/vector_stores/vs_V1/files"


def msg(number: int, **changes: Any) -> dict[str, Any]:
    return message(id=f"msg_{number}", created_at=CREATED + number) | changes


def file(number: int, status: str = "completed") -> dict[str, Any]:
    made = {"id": f"file-{number}", "object": "file", "created_at": CREATED + number, "purpose": "assistants"}
    return made | {"status": status}


def make(*numbers: int) -> list[Call]:
    return [call(f"POST {MESSAGES}", msg(n), sent={"role": "user", "content": "Hello."}) for n in numbers]


def page(query: str, *numbers: int, has_more: bool = False, **changes: Any) -> Call:
    return call(f"GET {MESSAGES}{query}", listing(*map(msg, numbers), has_more=has_more) | changes)


WALK = (page("?limit=2", 5, 4, has_more=True), page("?limit=2&after=msg_4", 3, 2, has_more=True))

SAME = [msg(number, created_at=CREATED) for number in range(3)]

FAILED = entry("failed", "file-F2")


def filtered(status: str, *entries: dict[str, Any], has_more: bool = False) -> Call:
    return call(f"GET {IN}/files?filter={status}", listing(*entries, has_more=has_more))


GOOD = {
    "the messages of a run, and of one that wrote none": trace(
        call(f"GET {MESSAGES}", listing(message("completed"), message())),
        call(f"GET {MESSAGES}?run_id={RUN}", listing(message("completed"))),
        call(f"GET {MESSAGES}?run_id=run_R2", listing()),
        call(f"GET /threads/thread_T2/messages?run_id={RUN}", listing()),
        call(f"GET {MESSAGES}?run_id={RUN}&limit=1", listing(message("completed", id="msg_L"), has_more=True)),
    ),
    "a vector store that may have expired": trace(
        call("POST /vector_stores", store(), sent={"expires_after": {"anchor": "last_active_at", "days": 1}}),
        call("GET /vector_stores", listing()),
    ),
    "a walk to the end, and once more": trace(
        call("POST /threads", thread()),
        *make(1, 2, 3, 4, 5),
        *WALK,
        page("?limit=2&after=msg_2", 1),
        page("?limit=2&after=msg_1"),
    ),
    "oldest first, and backwards": trace(
        page("?order=asc&limit=2", 1, 2, has_more=True),
        page("?order=asc&limit=2&after=msg_2", 3),
        page("?order=asc&before=msg_3", 1, 2),
        page("?before=msg_1", 3, 2),
    ),
    "between two, and then behind": trace(
        page("?order=asc&after=msg_1&before=msg_3", 2), page("?order=asc&after=msg_2", 3, 4)
    ),
    "one second": trace(call(f"GET {MESSAGES}", listing(msg(1, created_at=CREATED), msg(2, created_at=CREATED)))),
    "a deletion within a walk": trace(
        *make(1, 2, 3),
        page("?limit=2", 3, 2, has_more=True),
        call(f"DELETE {MESSAGES}/msg_1", deleted("msg_1", "thread.message.deleted")),
        page("?limit=2&after=msg_2"),
    ),
    "a message that came while a run was working": trace(
        call(f"POST /threads/{THREAD}/runs", run()), page("?order=asc", 1), page("?order=asc&after=msg_1", 2)
    ),
    "files without ends, more than twenty": trace(
        call("GET /files", {"object": "list", "data": [file(n) for n in range(30, 0, -1)]}),
        call("GET /files?limit=2&purpose=assistants", listing(file(2), file(1), has_more=True)),
    ),
    "filters": trace(
        call(f"GET {FILES}?filter=completed", listing(file(1))),
        call(f"GET {MESSAGES}?run_id={RUN}", listing(message("completed", id="msg_9"))),
    ),
    "an empty page where none was asked": trace(page("?limit=0", has_more=True)),
    "a limit that is out of bounds": trace(page("?limit=500", *range(40, 0, -1))),
    "others' assistants come and go": trace(
        call("GET /assistants?limit=1", listing(assistant(), has_more=True)),
        call("GET /assistants?limit=1&after=asst_A1", listing()),
        call("GET /assistants?limit=2&order=asc", listing(assistant())),
        call("GET /assistants?limit=2&order=asc&after=asst_A1", listing(assistant(id="asst_B"))),
    ),
    "refused": trace(error(f"GET {MESSAGES}?limit=1000", 400)),
    "filtered": trace(MADE, upload(), add(), read(entry()), shelf(entry()), filtered("completed", entry())),
    "in progress no longer": trace(MADE, shelf(entry("in_progress")), filtered("in_progress")),
    "taken out meanwhile": trace(MADE, shelf(entry(), FAILED), take(), filtered("completed")),
    "another store's": trace(
        MADE, shelf(entry(store_id=OTHER), store_id=OTHER), filtered("completed"), call("POST /threads", thread())
    ),
}


BAD: list[tuple[str, str, Trace]] = [
    ("LIST-ENDS-01", "first", trace(page("", 2, 1, first_id="msg_1"))),
    ("LIST-ENDS-01", "last null", trace(page("", 2, 1, last_id=None))),
    ("LIST-ENDS-02", "", trace(page("", first_id="msg_1"))),
    ("LIST-MORE-01", "", trace(page("", has_more=True))),
    ("LIST-ORDER-01", "default", trace(page("", 1, 2))),
    ("LIST-ORDER-01", "asc", trace(page("?order=asc", 1, 3, 2))),
    ("LIMIT-LIST-01", "asked", trace(page("?limit=2", 3, 2, 1))),
    ("LIMIT-LIST-01", "default", trace(page("", *range(21, 0, -1)))),
    ("LIMIT-LIST-02", "", trace(call("GET /files?limit=1", listing(file(2), file(1))))),
    ("LIST-FULL-01", "", trace(page("?limit=3", 3, 2, has_more=True))),
    ("LIST-FULL-01", "files", trace(call("GET /files", listing(file(2), file(1), has_more=True)))),
    ("LIMIT-LIST-04", "an ignored cursor", trace(WALK[0], page("?limit=2&after=msg_4", 5, 4, has_more=True))),
    ("LIMIT-LIST-04", "inclusive", trace(WALK[0], page("?limit=2&after=msg_4", 4, 3))),
    ("LIMIT-LIST-04", "before, inclusive", trace(page("?before=msg_3", 4, 3))),
    ("LIMIT-LIST-04", "the wrong side", trace(page("?limit=1", 3, has_more=True), page("?limit=1&after=msg_3", 4))),
    ("LIST-FILTER-01", "status", trace(call(f"GET {FILES}?filter=completed", listing(file(1, "failed"))))),
    ("LIST-FILTER-01", "purpose", trace(call("GET /files?purpose=vision", listing(file(1))))),
    (
        "LIST-FILTER-03",
        "",
        trace(call(f"GET {MESSAGES}", listing(message("completed"))), call(f"GET {MESSAGES}?run_id={RUN}", listing())),
    ),
    ("LIMIT-LIST-07", "another run", trace(call(f"GET {MESSAGES}?run_id=run_X", listing(message("completed"))))),
    ("LIMIT-LIST-07", "the user", trace(call(f"GET {MESSAGES}?run_id={RUN}", listing(message())))),
    (
        "LIST-ONCE-01",
        "over pages",
        trace(
            call(f"GET {MESSAGES}?limit=2", listing(SAME[0], SAME[1], has_more=True)),
            call(f"GET {MESSAGES}?limit=2&after=msg_1", listing(SAME[2], SAME[0])),
        ),
    ),
    ("LIST-ONCE-01", "on one page", trace(page("", 1, 1))),
    ("LIST-MORE-02", "", trace(page("?limit=1", 1, has_more=True), page("?limit=1&after=msg_1"))),
    ("LIST-MORE-03", "", trace(page("?limit=1", 2), page("?limit=1&after=msg_2", 1))),
    ("LIST-WHOLE-01", "", trace(*make(1, 2, 3), page("?limit=2", 3, 2))),
    (
        "LIST-WHOLE-01",
        "vector stores",
        trace(call("POST /vector_stores", store(), sent={"name": "x"}), call("GET /vector_stores", listing())),
    ),
    ("LIST-WHOLE-01", "assistants", trace(call("POST /assistants", assistant()), call("GET /assistants", listing()))),
    ("LIST-FILTER-02", "failed", trace(MADE, shelf(entry(), FAILED), filtered("failed"))),
    ("LIST-FILTER-02", "completed", trace(MADE, shelf(entry(), FAILED), filtered("completed"))),
]


OURS = judged_by("lists") - judged_by("lists.kept")  # test_unasked.py
ELSEWHERE = judged_by("lists.stable", "lists.isolation")  # test_places.py


class TestTables(Tables):
    checks, good, bad, judges = HISTORIES, GOOD, BAD, OURS

    def test_every_requirement_has_a_planted_fault(self) -> None:
        assert {requirement for requirement, _, _ in BAD} == OURS - ELSEWHERE


def test_a_filtered_page_that_goes_on_is_not_the_whole_list() -> None:
    assert "LIST-FILTER-02" not in tripped(trace(MADE, shelf(entry(), FAILED), filtered("failed", has_more=True)))


@pytest.mark.parametrize(("day", "findings"), [(datetime(2023, 8, 23, tzinfo=UTC), 0), (DATE, 1), (None, 1)])
def test_files_had_no_order_before_their_list_had_pages(day: datetime | None, findings: int) -> None:
    files = listing(*({"id": f"file-{n}", "object": "file", "created_at": CREATED + n} for n in (1, 2)))
    judgement = Checks("lists.order").judged(trace(call("GET /files", files, date=day)))
    assert len(judgement.findings) == findings
