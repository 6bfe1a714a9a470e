"""The judge runs every check, keeps what each saw, and lets dates decide."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from conformance import contract
from conformance.checks import Check, Examined, Finding
from conformance.checks.check import Observation
from conformance.checks.judge import judge
from conformance.contract import Contract, Evidence, Level, Requirement, Source
from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.index import Index
from conformance.trace.trace import Expectation, Trace, Where

SOURCES = (Source(Evidence.RECORDED, "nowhere"),)


def _contract(**fields: Any) -> Contract:
    rules = {
        "T-01": Requirement("T-01", "t", Level.MUST, "A rule.", SOURCES, ("t.check",), **fields),
        "T-02": Requirement("T-02", "t", Level.MUST, "Another rule.", SOURCES, ("t.check",)),
    }
    made = Contract(contract.load().folder)
    vars(made)["requirements"] = rules
    return made


def _trace(*, on: datetime | None = None, live: bool = False, expectations: tuple[Expectation, ...] = ()) -> Trace:
    exchange = Exchange(1, Request("GET", "http://x/v1/models"), Response(200, body=b"{}"), date=on)
    return Trace("a test", (exchange,), live=live, expectations=expectations)


def _check(*seen: Observation) -> Check:
    def function(index: Index) -> Iterator[Observation]:
        yield from seen

    return Check("t.check", ("T-*",), function)


FOUND = Finding("T-01", Where(1), "this", "that")


def test_counts_subjects_and_keeps_findings_once() -> None:
    made = judge(_trace(), _contract(), [_check(Examined("T-01", 1, 3), FOUND, FOUND, Examined("T-02", 1))])
    assert made.examined == {"T-01": 3, "T-02": 1}
    assert made.findings == (FOUND,)
    assert made.subjects == 4
    assert made.exchanges == 1


def test_a_dated_rule_binds_only_exchanges_of_its_time() -> None:
    rules = _contract(since=date(2024, 6, 8))
    seen = _check(Examined("T-01", 1), FOUND)
    assert judge(_trace(on=datetime(2024, 6, 7, tzinfo=UTC)), rules, [seen]).findings == ()
    assert judge(_trace(on=datetime(2024, 6, 8, tzinfo=UTC)), rules, [seen]).findings == (FOUND,)
    assert judge(_trace(on=None), rules, [seen]).findings == ()


def test_a_rule_that_only_times_can_show_needs_real_times() -> None:
    rules = _contract(live_only=True)
    assert judge(_trace(), rules, [_check(FOUND)]).findings == ()
    assert judge(_trace(live=True), rules, [_check(FOUND)]).findings == (FOUND,)


def test_a_check_that_breaks_does_not_take_the_others_along() -> None:
    def broken(index: Index) -> Iterator[Observation]:
        yield Examined("T-02", 1)
        raise LookupError("no such thing")

    made = judge(_trace(), _contract(), [Check("t.broken", ("T-02",), broken), _check(FOUND)])
    assert made.crashed == {"t.broken": "LookupError: no such thing"}
    assert made.findings == (FOUND,)


def test_expectations_are_judged_like_checks() -> None:
    met = Expectation("T-02", Where(1), "status 401", None)
    missed = Expectation("T-01", Where(1), "status 401", "status 200")
    made = judge(_trace(expectations=(met, missed)), _contract(), [])
    assert made.examined == {"T-01": 1, "T-02": 1}
    assert made.findings == (Finding("T-01", Where(1), "status 401", "status 200"),)


def test_expectations_that_only_times_can_show_need_real_times() -> None:
    missed = Expectation("T-01", Where(1), "both at once", "one by one")
    assert judge(_trace(expectations=(missed,)), _contract(live_only=True), []).findings == ()
    assert judge(_trace(expectations=(missed,)), _contract(live_only=True), []).examined == {}


def test_subjects_of_another_time_are_not_counted() -> None:
    made = judge(_trace(on=datetime(2024, 6, 7, tzinfo=UTC)), _contract(since=date(2024, 6, 8)), [_check(IN_FIRST)])
    assert made.examined == {}
    assert made.witnesses == {}


IN_FIRST = Examined("T-01", 1)


def test_witnesses_are_exchanges_however_many_subjects_they_hold() -> None:
    first = _trace().exchanges[0]
    trace = Trace("two", (first, replace(first, number=2)), expectations=(Expectation("T-02", Where(2), "x", None),))
    made = judge(trace, _contract(), [_check(IN_FIRST, IN_FIRST, Examined("T-01", 2, 5), Examined("T-02", 1))])
    assert made.examined == {"T-01": 7, "T-02": 2}
    assert made.witnesses == {"T-01": 2, "T-02": 2}
    assert (made.source, made.exchanges, made.streams) == ("two", 2, 0)


def test_streams_are_counted_by_their_content_type() -> None:
    first = _trace().exchanges[0]
    stream = Response(200, Headers((("content-type", "text/event-stream"),)), b"event: done\ndata: [DONE]\n\n")
    made = judge(Trace("a stream", (first, replace(first, number=2, response=stream))), _contract(), [])
    assert (made.exchanges, made.streams) == (2, 1)


def test_findings_are_in_order_of_requirement_and_place() -> None:
    places = [Where(1), Where(1, None, "/a"), Where(1, 1), Where(1, 2, "/a"), Where(1, 2, "/b"), Where(2)]
    ordered = [Finding(name, place, "this", "that") for name in ("T-01", "T-02") for place in places]
    first = _trace().exchanges[0]
    trace = Trace("two", (first, replace(first, number=2)))
    for shuffled in (reversed(ordered), [*ordered[7:], *ordered[:7]]):
        assert list(judge(trace, _contract(), [_check(*shuffled)]).findings) == ordered


def test_what_was_examined_before_a_check_broke_is_kept() -> None:
    def broken(index: Index) -> Iterator[Observation]:
        yield Examined("T-02", 1)
        raise LookupError("no such thing")

    made = judge(_trace(), _contract(), [Check("t.broken", ("T-02",), broken)])
    assert made.examined == {"T-02": 1}


def test_an_exchange_that_shows_a_missing_feature_is_not_counted() -> None:
    trace = _trace()
    bare = Trace(trace.source, trace.exchanges, absent=frozenset({1}))
    assert judge(bare, _contract(), []).exchanges == 0
