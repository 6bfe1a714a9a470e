"""The one time limit of the tests: how long something may take before it counts as hanging.

No test is about speed, so the limit is ten times and more what the slowest thing takes on a busy machine. What a test
waits for is a condition, never a span of time.
"""

import time
from collections.abc import Callable

HANG = 300.0
"""Seconds after which a process, a thread or a condition counts as hanging."""


def wait_until(condition: Callable[[], object], told: str = "the condition") -> None:
    """Wait for a condition to hold."""
    last = time.monotonic() + HANG
    while not condition():
        assert time.monotonic() < last, f"{told} did not come true in {HANG:g} s"
        time.sleep(0.005)
