"""Answers come, and come whole."""

from dataclasses import replace

from conformance.trace.exchange import CLOSED_BY_CLIENT
from conformance.trace.trace import Trace
from tests.checks.judging import Checks
from tests.traces import call, failed, thread, trace

LABEL = "GET /threads/thread_T1"


def _tripped(whole: Trace) -> set[str]:
    return Checks("wire.answers").tripped(whole)


def test_a_whole_answer_is_fine() -> None:
    assert _tripped(trace(call(LABEL, thread()))) == set()


def test_no_answer() -> None:
    (exchange,) = trace(failed(LABEL)).exchanges
    silent = replace(exchange, failure="no answer within the time limit")
    assert _tripped(Trace("t", (silent,))) == {"WIRE-ANSWER-01"}


def test_a_recording_without_a_response_accuses_nobody() -> None:
    (exchange,) = trace(failed(LABEL)).exchanges
    assert _tripped(Trace("t", (replace(exchange, failure=None),))) == set()


def test_a_body_that_breaks_off() -> None:
    assert _tripped(trace(call(LABEL, thread(), complete=False))) == {"WIRE-WHOLE-01"}


def test_a_body_that_the_client_left() -> None:
    (exchange,) = trace(call(LABEL, thread(), complete=False)).exchanges
    assert _tripped(Trace("t", (replace(exchange, failure=CLOSED_BY_CLIENT),))) == set()
