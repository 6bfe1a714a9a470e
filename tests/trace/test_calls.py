"""Questions to timelines, held against what a look at every call answers."""

from hypothesis import given
from hypothesis import strategies as st

from conformance import contract
from conformance.trace.calls import Timeline
from conformance.trace.index import Index
from conformance.trace.order import before
from tests.traces import call, thread, trace

MOMENTS = st.none() | st.tuples(st.integers(0, 20), st.integers(0, 6)).map(lambda t: (float(t[0]), float(sum(t))))


@st.composite
def timelines(draw: st.DrawFn) -> tuple[Index, Timeline]:
    times = draw(st.lists(MOMENTS, min_size=1, max_size=12))
    calls = [call("GET /threads/thread_T1", thread(), times=moment) for moment in times]
    index = Index(trace(*calls), contract.load())
    kept = draw(st.sets(st.integers(1, len(times))))
    return index, index.calls.where(lambda one: one.number in kept)


@given(timelines())
def test_a_timeline_answers_as_a_look_at_every_call_does(drawn: tuple[Index, Timeline]) -> None:
    index, timeline = drawn
    numbers = [one.number for one in timeline]
    for asked in index.calls:
        exchange = asked.exchange
        earlier = [one for one in timeline if before(one.exchange, exchange)]
        assert timeline.last_before(exchange) is (earlier[-1] if earlier else None)
        assert timeline.count_before(exchange) == len(earlier)
        assert timeline.any_not_after(exchange) is any(not before(exchange, one.exchange) for one in timeline)
        low, high = timeline.around(exchange)
        assert low == max((n for n in numbers if n < exchange.number), default=0)
        assert high == min((n for n in numbers if n > exchange.number), default=high)
        assert not set(range(low + 1, min(high, 99))) & set(numbers) - {exchange.number}


@given(timelines())
def test_what_lies_between_two_exchanges(drawn: tuple[Index, Timeline]) -> None:
    index, timeline = drawn
    for first in index.calls:
        for last in index.calls[first.number - 1 :]:
            between = [
                one
                for one in timeline
                if one is not first
                and one is not last
                and not before(one.exchange, first.exchange)
                and not before(last.exchange, one.exchange)
            ]
            assert timeline.any_between(first.exchange, last.exchange) is bool(between)
