"""Order among equals, and lists that keep their own."""

from typing import Any

import pytest

from conformance.trace.trace import Trace
from tests.checks.judging import Checks
from tests.traces import CREATED, THREAD, Call, call, listing, message, trace

MESSAGES = f"/threads/{THREAD}/messages"
OTHERS = "/threads/thread_T2/messages"


PLACES = Checks("lists.stable", "lists.isolation")
judged, tripped = PLACES.judged, PLACES.tripped


def msg(name: str, second: int = 0, **changes: Any) -> dict[str, Any]:
    return message(id=f"msg_{name}", created_at=CREATED + second) | changes


def page(names: str, query: str = "", path: str = MESSAGES, second: int = 0) -> Call:
    return call(f"GET {path}{query}", listing(*(msg(name, second) for name in names)))


GOOD = {
    "the same order again": trace(page("abc"), page("abc")),
    "the other way round": trace(page("abc"), page("cba", "?order=asc")),
    "only in part": trace(page("abcd"), page("bc", "?limit=2&after=msg_a")),
    "one of several seconds": trace(
        call(f"GET {MESSAGES}?order=asc", listing(msg("a", 1), msg("b", 2))),
        call(f"GET {MESSAGES}", listing(msg("b", 2), msg("a", 1))),
    ),
    "two threads": trace(page("ab"), page("cd", path=OTHERS)),
    "the same list under another query": trace(page("ab"), page("ab", "?limit=2")),
}


@pytest.mark.parametrize("good", GOOD.values(), ids=GOOD.keys())
def test_good_traces_trip_nothing(good: Trace) -> None:
    assert tripped(good) == set()
    assert judged(good).examined["LIST-ISOLATION-01"] == 2


@pytest.mark.parametrize(
    ("requirement", "bad"),
    [
        ("LIST-STABLE-01", trace(page("abc"), page("bac"))),
        ("LIST-STABLE-01", trace(page("abc"), page("abc", "?order=asc"))),
        (
            "LIST-STABLE-01",
            trace(
                call(f"GET {MESSAGES}?order=asc", listing(msg("a", 1), msg("b", 2), msg("c", 2))),
                call(f"GET {MESSAGES}?order=asc", listing(msg("a", 1), msg("c", 2), msg("b", 2))),
            ),
        ),
        ("LIST-ISOLATION-01", trace(page("ab"), page("cb", path=OTHERS))),
    ],
    ids=["shuffled", "not turned round", "behind one of another second", "in two threads"],
)
def test_a_fault_trips_its_requirement_and_no_other(requirement: str, bad: Trace) -> None:
    assert tripped(bad) == {requirement}


def test_a_finding_names_both_and_where_they_were_seen() -> None:
    (finding,) = judged(trace(page("ab"), page("ba"))).findings
    assert finding.where.exchange == 2
    assert finding.expected == '"msg_b" created before "msg_a", as in exchange 1'


def test_vector_stores_may_share_their_files() -> None:
    def files(store: str) -> Call:
        entry = {"id": "file-1", "object": "vector_store.file", "created_at": CREATED, "status": "completed"}
        return call(f"GET /vector_stores/{store}/files", listing(entry))

    assert tripped(trace(files("vs_1"), files("vs_2"))) == set()
