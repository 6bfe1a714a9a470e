from __future__ import annotations

import pytest

from conformance.trace.trace import Trace
from tests.checks.judging import STORES, judged_by
from tests.checks.shelf import FILE, IN, MADE, OTHER, add, entry, read, shelf, take, upload
from tests.traces import CREATED, Call, Json, call, listing, message, thread, trace

judged, tripped = STORES.judged, STORES.tripped

LATER = entry(created_at=CREATED + 60)
FAILED = entry("failed", "file-F2")


def filtered(status: str, *entries: Json, has_more: bool = False) -> Call:
    return call(f"GET {IN}/files?filter={status}", listing(*entries, has_more=has_more))


GOOD = {
    "a life": trace(MADE, upload(), add(), read(entry()), shelf(entry()), filtered("completed", entry())),
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
                "attachments": [{"file_id": FILE, "tools": [{"type": "file_search"}]}],
            },
        ),
        read(LATER),
    ),
    "somebody else's store": trace(read(entry()), read(LATER)),
    "on another page": trace(MADE, shelf(entry(), FAILED), filtered("failed", has_more=True)),
    "in progress no longer": trace(MADE, shelf(entry("in_progress")), filtered("in_progress")),
    "taken out meanwhile": trace(MADE, shelf(entry(), FAILED), take(), filtered("completed")),
    "another store's": trace(
        MADE, shelf(entry(store_id=OTHER), store_id=OTHER), filtered("completed"), call("POST /threads", thread())
    ),
}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD.keys())
def test_good_traces_trip_nothing_of_their_own(good: Trace) -> None:
    assert tripped(good).isdisjoint(judged_by("store_entries"))


BAD: list[tuple[str, str, Trace]] = [
    ("OBJECT-TIME-02", "read", trace(MADE, add(), read(LATER))),
    ("OBJECT-TIME-02", "listed", trace(MADE, add(), shelf(LATER))),
    ("LIST-FILTER-02", "failed", trace(MADE, shelf(entry(), FAILED), filtered("failed"))),
    ("LIST-FILTER-02", "completed", trace(MADE, shelf(entry(), FAILED), filtered("completed"))),
]


@pytest.mark.parametrize(("requirement", "bad"), [(r, t) for r, _, t in BAD], ids=[f"{r} {name}" for r, name, _ in BAD])
def test_a_fault_trips_its_requirement(requirement: str, bad: Trace) -> None:
    assert tripped(bad) == {requirement}


def test_every_requirement_has_a_planted_fault_and_is_examined() -> None:
    assert {requirement for requirement, _, _ in BAD} == judged_by("store_entries")
    assert judged_by("store_entries") <= {name for good in GOOD.values() for name in judged(good).examined}
