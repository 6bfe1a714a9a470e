"""How long an endpoint is waited for: where nothing ever ends, a whole run of the suite must not take hours."""

from collections import Counter
from dataclasses import dataclass

FULL_WAITS = 3
"""How often the whole time limit is waited for one kind of thing before it is held that none of it ends."""
SHORTENED = 0.1
"""What is waited from then on, as a part of the time limit."""
IN_FULL_AGAIN = 10
"""Every so many waits the whole limit is waited again: what was slow at the beginning may have become fast."""


@dataclass(frozen=True)
class Late:
    """A wait without an end, in words; one that was `shortened` proves nothing."""

    told: str
    shortened: bool


class WaitLimits:
    """The seconds to wait for runs, and for files in vector stores, told apart by the operation that looks at them.

    What ended once is waited for with the whole time limit ever after.
    """

    def __init__(self) -> None:
        self._ended: set[str] = set()
        self._late: Counter[str] = Counter()

    def seconds(self, operation: str, timeout: float) -> float:
        """How long to look at one thing, of a time limit."""
        late = self._late[operation]
        shortened = operation not in self._ended and late >= FULL_WAITS and (late - FULL_WAITS + 1) % IN_FULL_AGAIN
        return timeout * SHORTENED if shortened else timeout

    def ended(self, operation: str) -> None:
        """Something came to an end while it was looked at."""
        self._ended.add(operation)

    def late(self, operation: str, status: object, timeout: float) -> Late:
        """Something still had this status when the wait was over."""
        seconds = self.seconds(operation, timeout)
        self._late[operation] += 1
        told = f"still {status} after {seconds:g} s"
        if seconds == timeout:
            return Late(told, shortened=False)
        return Late(f"{told}, as none before it came to an end in {timeout:g} s", shortened=True)
