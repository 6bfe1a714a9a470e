"""The endpoint's time: it goes on like the real one, and a test can move it forward or let it stand."""

import time
from collections.abc import Callable


class Clock:
    """Seconds since 1970 that never run backwards; `advance` moves them forward at once.

    `source` tells the seconds; without it they are those of this machine.
    """

    def __init__(self, source: Callable[[], float] | None = None) -> None:
        self._source = source or _machine_time()
        self._ahead = 0.0
        self._stood_at: float | None = None
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> int:
        """The present second."""
        return int(self.exact())

    def exact(self) -> float:
        """The present moment, with fractions of a second."""
        return (self._source() if self._stood_at is None else self._stood_at) + self._ahead

    def stand(self) -> None:
        """Stand at the present moment: from now on only `advance` moves the time, and nothing expires of itself."""
        self._stood_at = self._source()

    def advance(self, seconds: float) -> None:
        """Move forward and tell the listeners; safe from any thread. Raises ValueError for a negative number."""
        if seconds < 0:
            raise ValueError("the clock only goes forward")
        self._ahead += seconds
        for listener in self._listeners:
            listener()

    def subscribe(self, listener: Callable[[], None]) -> None:
        """Call `listener` after each jump, in the thread that caused it."""
        self._listeners.append(listener)


def _machine_time() -> Callable[[], float]:
    origin = time.time() - time.monotonic()
    return lambda: origin + time.monotonic()
