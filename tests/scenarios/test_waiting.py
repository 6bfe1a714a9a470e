"""Where nothing ever comes to an end, what follows is waited for less; what has ended once is waited for in full."""

import json
from contextlib import suppress

import pytest

from conformance import contract
from conformance.client.target import Target, load_profile
from conformance.scenarios.kit.driver import TERMINAL, Driver, Inconclusive
from conformance.scenarios.kit.waiting import FULL_WAITS, IN_FULL_AGAIN, WaitLimits
from tests.servers import always, serving

TIMEOUT = 1.0
RUN = {"id": "run_1", "object": "thread.run", "thread_id": "thread_1", "status": "queued"}


def test_the_time_limit_is_waited_in_full_until_it_has_passed_several_times() -> None:
    limits = WaitLimits()
    for _ in range(FULL_WAITS):
        assert limits.seconds("getRun", 30) == 30
        assert limits.late("getRun", "queued", 30).told == "still queued after 30 s"
    assert limits.seconds("getRun", 30) == 3
    assert limits.seconds("getVectorStore", 30) == 30
    late = limits.late("getRun", "queued", 30)
    assert late.shortened
    assert late.told == "still queued after 3 s, as none before it came to an end in 30 s"


def test_the_whole_limit_is_waited_again_from_time_to_time() -> None:
    limits = WaitLimits()
    waits = [limits.late("getRun", "queued", 30).shortened for _ in range(FULL_WAITS + 2 * IN_FULL_AGAIN)]
    assert waits == FULL_WAITS * [False] + 2 * [*(IN_FULL_AGAIN - 1) * [True], False]


def test_what_ended_once_is_waited_for_in_full() -> None:
    limits = WaitLimits()
    for _ in range(FULL_WAITS):
        limits.late("getRun", "queued", 30)
    limits.ended("getRun")
    for _ in range(2 * FULL_WAITS):
        assert not limits.late("getRun", "queued", 30).shortened


def test_a_shortened_wait_accuses_nobody() -> None:
    limits = WaitLimits()
    for _ in range(FULL_WAITS):
        limits.late("getRun", "queued", TIMEOUT)
    with serving(always(body=json.dumps(RUN).encode())) as url:
        driver = Driver(Target(url, load_profile("generic"), timeout=TIMEOUT), contract.load(), wait_limits=limits)
        with pytest.raises(Inconclusive, match=r"the run was still queued after 0\.1 s, as none before it"):
            driver.wait(RUN, until=TERMINAL)
        assert driver.trace("x").expectations == ()
        driver.close()


def test_a_full_wait_that_follows_an_end_is_told() -> None:
    limits = WaitLimits()
    limits.ended("getRun")
    with serving(always(body=json.dumps(RUN).encode())) as url:
        driver = Driver(Target(url, load_profile("generic"), timeout=TIMEOUT), contract.load(), wait_limits=limits)
        with suppress(Inconclusive):
            driver.wait(RUN, until=TERMINAL)
        (expectation,) = driver.trace("x").expectations
        assert (expectation.requirement, expectation.actual) == ("RUN-END-02", "still queued after 1 s")
        driver.close()
