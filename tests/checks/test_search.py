import pytest

from conformance.checks.shared.search_filters import Verdict, passes
from conformance.trace.trace import Trace
from tests.checks.judging import STORES, judged_by
from tests.checks.shelf import (
    FILE,
    IN,
    MADE,
    MADE_OTHER,
    OTHER,
    add,
    entry,
    file,
    read,
    result,
    results,
    store,
    take,
    upload,
)
from tests.checks.tables import Tables
from tests.traces import Call, call, error, failed, trace

tripped = STORES.tripped

COLOUR = {"type": "eq", "key": "colour", "value": "green"}
GREEN = {"colour": "green"}


def search(answer: object, **sent: object) -> Call:
    return call(f"POST {IN}/search", answer, sent={"query": "pear", **sent})


HELD = (upload(), MADE, add(), read(entry()))

SHELVED = (upload(), MADE, add(sent={"attributes": GREEN}, attributes=GREEN), read(entry(attributes=GREEN)))
FOUND = results(result(attributes=GREEN))

GOOD = {
    "found again by a filter": trace(*SHELVED, search(FOUND), search(FOUND, filters=COLOUR)),
    "no room for what was found before": trace(
        *SHELVED,
        search(FOUND, max_num_results=1),
        search(FOUND, max_num_results=1, filters={"type": "ne", "key": "colour", "value": "red"}),
    ),
    "another query, or rewritten": trace(
        *SHELVED,
        search(FOUND, rewrite_query=True),
        search(results(), rewrite_query=True, filters=COLOUR),
        search(results(search_query=["plum"]), query="plum", filters=COLOUR),
    ),
    "taken out before the filter": trace(*SHELVED, search(FOUND), take(), search(results(), filters=COLOUR)),
    "two results": trace(*HELD, search(results(result(0.9), result(0.9), result(0.4)))),
    "nothing": trace(*HELD, search(results(search_query=["a", "b"]), query=["a", "b"])),
    "rewritten": trace(*HELD, search(results(search_query=["Where is the pear tree?"]), rewrite_query=True)),
    "everything asked": trace(
        upload(),
        MADE,
        add(sent={"attributes": GREEN}, attributes=GREEN),
        read(entry(attributes=GREEN)),
        search(
            results(result(0.5, attributes=GREEN)),
            max_num_results=1,
            filters=COLOUR,
            ranking_options={"score_threshold": 0.5},
        ),
    ),
    "more to come": trace(search(results(result(), has_more=True, next_page="page_2"))),
    "changed meanwhile": trace(
        *HELD,
        call(f"POST {IN}/files/{FILE}", entry(attributes=GREEN), sent={"attributes": GREEN}),
        search(results(result(attributes=GREEN))),
    ),
    "perhaps changed meanwhile": trace(
        *HELD, failed(f"POST {IN}/files/{FILE}", sent={"attributes": GREEN}), search(results(result(attributes=GREEN)))
    ),
    "somebody else's store": trace(call(f"GET {IN}", {}), search(results(result(file_id="file-X", filename="x")))),
    "malformed, and taken": trace(MADE, search(results(result()), max_num_results=99, filters=[])),
    "refused": trace(MADE, error(f"POST {IN}/search", 400, sent={"query": "x", "max_num_results": 0})),
    "wrong types": trace(
        *HELD, search(results(result(score="high", attributes=3, filename=None), 7, search_query="pear"))
    ),
}


BAD: list[tuple[str, str, Trace]] = [
    ("SEARCH-ORDER-01", "", trace(*HELD, search(results(result(0.4), result(0.9))))),
    ("SEARCH-COUNT-01", "as asked", trace(*HELD, search(results(result(), result()), max_num_results=1))),
    ("SEARCH-COUNT-01", "by default", trace(*HELD, search(results(*[result()] * 11)))),
    ("SEARCH-THRESHOLD-01", "", trace(*HELD, search(results(result(0.4)), ranking_options={"score_threshold": 0.5}))),
    ("SEARCH-FILTER-01", "other", trace(*HELD, search(results(result()), filters=COLOUR))),
    ("SEARCH-FILTER-02", "lost", trace(*SHELVED, search(FOUND), search(results(), filters=COLOUR))),
    ("SEARCH-CONTENT-02", "", trace(*HELD, search(results(result(content=[]))))),
    ("SEARCH-QUERY-01", "", trace(*HELD, search(results(search_query=["PEAR"])))),
    ("SEARCH-PAGE-01", "none told", trace(*HELD, search(results(has_more=True)))),
    ("SEARCH-PAGE-01", "too many", trace(*HELD, search(results(next_page="page_2")))),
    (
        "SEARCH-FILE-01",
        "of another store",
        trace(*HELD, MADE_OTHER, add(store_id=OTHER, file_id="file-F2"), search(results(result(file_id="file-F2")))),
    ),
    ("SEARCH-FILE-01", "taken out", trace(upload(), MADE, add(), take(), search(results(result())))),
    ("SEARCH-NAME-01", "", trace(*HELD, search(results(result(filename=FILE))))),
    (
        "SEARCH-ATTRIBUTES-01",
        "after other requests",
        trace(*HELD, call(f"GET {IN}", store(1)), search(results(result(attributes=GREEN)))),
    ),
    ("SEARCH-ATTRIBUTES-01", "", trace(*HELD, search(results(result(attributes=GREEN))))),
    ("SEARCH-CONTENT-01", "", trace(*HELD, search(results(result(content=[{"type": "text", "text": "An apple."}]))))),
]


def test_a_file_that_is_attached_may_be_in_any_store() -> None:
    attachment = {"file_id": FILE, "tools": [{"type": "file_search"}]}
    message = {"role": "user", "content": "x", "attachments": [attachment]}
    attaching = call("POST /threads/thread_T1/messages", {}, sent=message)
    assert tripped(trace(upload(file()), attaching, MADE, search(results(result())))) == set()


PEAR = {"colour": "green", "weight": 3, "ripe": True}
ONE = {"type": "eq", "key": "weight", "value": 3}
ANOTHER = {"type": "gt", "key": "weight", "value": 5}
NEVER = {"type": "like", "key": "weight", "value": 5}
DEEP: object = ONE
for _ in range(1000):
    DEEP = {"type": "and", "filters": [DEEP]}


@pytest.mark.parametrize(
    ("filter_", "verdict"),
    [
        (ONE, Verdict.YES),
        (ANOTHER, Verdict.NO),
        (NEVER, Verdict.UNKNOWN),
        ({"type": "eq", "key": "ripe", "value": 1}, Verdict.NO),
        ({"type": "ne", "key": "colour", "value": "red"}, Verdict.YES),
        ({"type": "ne", "key": "colour", "value": "green"}, Verdict.NO),
        ({"type": "ne", "key": "shape", "value": "round"}, Verdict.UNKNOWN),
        ({"type": "eq", "key": "shape", "value": "round"}, Verdict.NO),
        ({"type": "gte", "key": "weight", "value": 3.0}, Verdict.YES),
        ({"type": "lte", "key": "weight", "value": 2}, Verdict.NO),
        ({"type": "lt", "key": "colour", "value": "z"}, Verdict.UNKNOWN),
        ({"type": "lt", "key": "ripe", "value": 2}, Verdict.UNKNOWN),
        ({"type": "in", "key": "colour", "value": ["red", "green"]}, Verdict.YES),
        ({"type": "nin", "key": "colour", "value": ["red", "green"]}, Verdict.NO),
        ({"type": "in", "key": "colour", "value": "green"}, Verdict.UNKNOWN),
        ({"type": "and", "filters": [ONE, ANOTHER]}, Verdict.NO),
        ({"type": "and", "filters": [ONE, NEVER]}, Verdict.UNKNOWN),
        ({"type": "and", "filters": [ANOTHER, NEVER]}, Verdict.NO),
        ({"type": "or", "filters": [ANOTHER, ONE]}, Verdict.YES),
        ({"type": "or", "filters": [ANOTHER, ANOTHER]}, Verdict.NO),
        ({"type": "or", "filters": [ANOTHER, NEVER]}, Verdict.UNKNOWN),
        ({"type": "or", "filters": []}, Verdict.UNKNOWN),
        ({"type": "or", "filters": [{"type": "and", "filters": [ONE]}, ANOTHER]}, Verdict.YES),
        ({"type": "eq", "value": 3}, Verdict.UNKNOWN),
        ([], Verdict.UNKNOWN),
        (DEEP, Verdict.UNKNOWN),
    ],
)
def test_filters_are_read_as_the_contract_reads_them(filter_: object, verdict: Verdict) -> None:
    assert passes(filter_, PEAR) is verdict


class TestTables(Tables):
    checks, good, bad, judges = STORES, GOOD, BAD, judged_by("search")
