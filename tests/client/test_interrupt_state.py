"""What a signal does to the part of a run that it meets."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from conformance import contract
from conformance.client import interrupt
from conformance.client.target import resolve
from conformance.scenarios.kit.driver import Call, Driver
from tests.limits import HANG, wait_until
from tests.servers import serving

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
TERM = signal.SIGTERM


@pytest.fixture(autouse=True)
def ended(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A state of its own for each test; the exit codes with which the process would have left at once."""
    codes: list[int] = []
    monkeypatch.setattr(interrupt, "_state", interrupt._State())
    monkeypatch.setattr(os, "_exit", codes.append)
    before = {number: signal.getsignal(number) for number in (*interrupt.SIGNALS, signal.SIGALRM)}
    yield codes
    assert {number: signal.getsignal(number) for number in before} == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_outside_of_scenarios_nothing_is_raised_and_waits_end() -> None:
    told: list[str] = []
    with interrupt.stoppable(), interrupt.listening(lambda: told.append("stop"), lambda: told.append("kill")):
        assert interrupt.last_moment() is None
        before = time.monotonic()
        signal.raise_signal(TERM)
        assert interrupt.asked()
        assert told == ["stop"]
        moment = interrupt.last_moment()
        assert moment is not None
        assert before + interrupt.ANSWER <= moment <= time.monotonic() + interrupt.ANSWER
        interrupt.clean_up()
        assert interrupt.last_moment() == pytest.approx(moment + interrupt.CLEANING - interrupt.ANSWER)
    assert interrupt.exit_code() == 143


def test_a_stop_ends_before_continuous_integration_kills() -> None:
    """What the times say; that they are kept to is shown with longer ones, on machines of any speed."""
    assert 0 < interrupt.ANSWER < interrupt.CLEANING < interrupt.EVIDENCE < interrupt.LONGEST < 10
    assert interrupt.EVIDENCE < 2, "an endpoint that hangs is left within two seconds, the report included"


def test_a_scenario_is_broken_off_when_its_answer_has_come() -> None:
    steps = []

    def scenario() -> None:
        with interrupt.deferred(), interrupt.deferred():
            signal.raise_signal(signal.SIGINT)
            steps.append("answer")
        steps.append("next request")

    with interrupt.stoppable(), pytest.raises(KeyboardInterrupt), interrupt.breakable():
        scenario()
    assert steps == ["answer"]
    assert interrupt.exit_code() == 130


def test_the_next_scenario_does_not_begin() -> None:
    with interrupt.stoppable():
        signal.raise_signal(TERM)
        with pytest.raises(KeyboardInterrupt), interrupt.breakable():
            pytest.fail("it began")


def test_an_interrupt_that_python_dropped_is_raised_all_the_same() -> None:
    def scenario() -> None:
        with suppress(KeyboardInterrupt):  # as Python does in the destructor of an object
            signal.raise_signal(TERM)
        raise ValueError("what a cut off answer leads to")

    with interrupt.stoppable(), pytest.raises(KeyboardInterrupt), interrupt.breakable():
        scenario()


def test_the_same_signal_told_twice_is_one_wish_and_another_is_not(
    ended: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`timeout` tells the process, and then its group."""
    monkeypatch.setattr(interrupt, "ECHO", HANG)
    with interrupt.stoppable():
        signal.raise_signal(TERM)
        signal.raise_signal(TERM)
        assert ended == []
        signal.raise_signal(signal.SIGINT)
        assert ended == [143]


def test_a_stop_that_takes_too_long_is_cut_short(
    ended: list[int], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(interrupt, "LONGEST", 0.01)
    with interrupt.stoppable("the journal keeps it"):
        signal.raise_signal(TERM)
        wait_until(lambda: ended)
    assert ended == [143]
    assert capfd.readouterr().err.splitlines()[-1] == (
        "assistants-conformance: stopping took longer than 0.01 s, without a report; the journal keeps it"
    )


def test_a_report_being_written_is_left_alone(ended: list[int]) -> None:
    with interrupt.stoppable(), interrupt.finishing():
        for number in (signal.SIGINT, TERM, TERM):
            signal.raise_signal(number)
    assert not interrupt.asked()
    assert ended == []


def test_signals_that_are_ignored_stay_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupt.stoppable():
            signal.raise_signal(signal.SIGINT)
            assert not interrupt.asked()
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread_nothing_changes() -> None:
    def go() -> None:
        with interrupt.stoppable(), interrupt.finishing(), interrupt.breakable():
            pass

    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    assert not interrupt.asked()


def test_requests_sent_at_once_are_given_up_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each waits in a thread of its own, which no exception reaches."""
    monkeypatch.setattr(interrupt, "ANSWER", 0.1)
    waiting, over = threading.Semaphore(0), threading.Event()

    def never_answer(_: socket.socket, __: bytes) -> None:
        waiting.release()
        over.wait(HANG)

    def tell_when_both_wait() -> None:
        for _ in range(2):
            waiting.acquire()
        os.kill(os.getpid(), TERM)

    with serving(never_answer) as url, interrupt.stoppable():
        driver = Driver(resolve(url, timeout=2 * HANG), contract.load())
        threading.Thread(target=tell_when_both_wait).start()
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt), interrupt.breakable():
            driver.concurrently(Call("createThread", {}), Call("createThread", {}))
        over.set()
        assert time.monotonic() - begun < HANG
        assert [exchange.response for exchange in driver.trace("x").exchanges] == [None, None]
