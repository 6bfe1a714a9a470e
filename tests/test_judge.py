"""The judge runs every check, keeps what each saw, and lets dates decide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast

from conformance.checks import Check, Examined, Finding
from conformance.checks.check import Observation
from conformance.contract import Contract, Evidence, Level, Requirement, Source
from conformance.judge import judge
from conformance.verdict import Verdict, merge
from conformance.wire.exchange import Exchange, Request, Response
from conformance.wire.trace import Expectation, Trace, Where

SOURCES = (Source(Evidence.RECORDED, "nowhere"),)


def _contract(**fields: Any) -> Contract:
    rules = {
        "T-01": Requirement("T-01", "t", Level.MUST, "A rule.", SOURCES, ("t.check",), **fields),
        "T-02": Requirement("T-02", "t", Level.MUST, "Another rule.", SOURCES, ("t.check",)),
    }
    return cast(Contract, SimpleNamespace(requirements=rules))


def _trace(*, on: datetime | None = None, live: bool = False, expectations: tuple[Expectation, ...] = ()) -> Trace:
    exchange = Exchange(1, Request("GET", "http://x/v1/models"), Response(200, body=b"{}"), date=on)
    return Trace("a test", (exchange,), live=live, expectations=expectations)


def _check(*seen: Observation) -> Check:
    def function(trace: Trace, contract: Contract) -> Iterator[Observation]:
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
    contract = _contract(since=date(2024, 6, 8))
    seen = _check(Examined("T-01", 1), FOUND)
    assert judge(_trace(on=datetime(2024, 6, 7, tzinfo=UTC)), contract, [seen]).findings == ()
    assert judge(_trace(on=datetime(2024, 6, 8, tzinfo=UTC)), contract, [seen]).findings == (FOUND,)
    assert judge(_trace(on=None), contract, [seen]).findings == ()


def test_a_rule_that_only_times_can_show_needs_real_times() -> None:
    contract = _contract(live_only=True)
    assert judge(_trace(), contract, [_check(FOUND)]).findings == ()
    assert judge(_trace(live=True), contract, [_check(FOUND)]).findings == (FOUND,)


def test_a_check_that_breaks_does_not_take_the_others_along() -> None:
    def broken(trace: Trace, contract: Contract) -> Iterator[Observation]:
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


def test_an_exchange_that_shows_a_missing_feature_is_not_counted() -> None:
    trace = _trace()
    bare = Trace(trace.source, trace.exchanges, absent=frozenset({1}))
    assert judge(bare, _contract(), []).exchanges == 0


def test_the_weightiest_verdict_stands() -> None:
    assert merge([]) is Verdict.NOT_EXERCISED
    assert merge([Verdict.PASS, Verdict.NOT_EXERCISED, Verdict.INCONCLUSIVE]) is Verdict.PASS
    assert merge([Verdict.PASS, Verdict.WARN, Verdict.FAIL]) is Verdict.FAIL
    assert merge([Verdict.UNSUPPORTED, Verdict.INCONCLUSIVE]) is Verdict.INCONCLUSIVE
