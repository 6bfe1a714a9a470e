import pytest

from conformance.trace.history import History
from conformance.trace.order import before
from conformance.trace.trace import Trace
from tests.traces import Call, call, run, stream, trace

GET = "GET /threads/thread_T1/runs/run_R1"


def seen(*statuses: tuple[str, tuple[float, float] | None]) -> Trace:
    return trace(*(call(GET, run(status), times=times) for status, times in statuses))


def order(one: Trace, *, within_streams: bool = False) -> list[tuple[list[str], str]]:
    history = History(one, one.sightings)
    return [
        ([str(earlier.value["status"]) for earlier in predecessors], str(later.value["status"]))
        for later, predecessors in (history.successions_in_streams if within_streams else history.successions)
    ]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0.0, 1.0), (1.0, 2.0), True),
        ((0.0, 1.1), (1.0, 2.0), False),
        (None, (1.0, 2.0), True),
        ((0.0, 1.0), None, True),
    ],
)
def test_an_exchange_is_before_another_when_it_had_ended(
    first: tuple[float, float] | None, second: tuple[float, float] | None, expected: bool
) -> None:
    one, other = seen(("queued", first), ("queued", second)).exchanges
    assert before(one, other) is expected
    assert not before(other, one)
    assert not before(one, one)


def test_without_times_the_order_of_the_trace_decides() -> None:
    one = seen(("queued", None), ("in_progress", None), ("completed", None))
    assert order(one) == [(["queued"], "in_progress"), (["in_progress"], "completed")]


def test_overlapping_sightings_do_not_follow_each_other() -> None:
    one = seen(("completed", (0, 2)), ("in_progress", (1, 3)), ("completed", (4, 5)))
    assert order(one) == [(["in_progress", "completed"], "completed")]


def test_events_of_a_stream_follow_each_other_where_they_are_asked_to() -> None:
    events = stream(GET, ("a", run("queued")), ("b", run("in_progress")))
    one = trace(events, call(GET, run("completed")))
    assert order(one) == [(["in_progress"], "completed")]
    assert order(one, within_streams=True) == [(["queued"], "in_progress"), (["in_progress"], "completed")]


def test_items_of_one_answer_do_not_follow_each_other() -> None:
    page: Call = call("GET /threads/thread_T1/runs", {"object": "list", "data": [run("completed"), run("queued")]})
    assert order(trace(page), within_streams=True) == []


def test_many_sightings_of_one_object_take_no_more_than_linear_time() -> None:
    page = {"object": "list", "data": [run("completed")] * 3000}
    assert order(trace(call("GET /threads/thread_T1/runs", page))) == []
