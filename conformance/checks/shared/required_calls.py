"""The calls that a run wants answered, beside those that its steps hold."""

from bisect import bisect_left
from functools import cached_property

from conformance.trace.history import History
from conformance.trace.index import Index
from conformance.trace.order import before
from conformance.trace.runs import call_ids, required_calls
from conformance.trace.trace import Sighting


class RequiredCalls:
    """The sets of calls that a run is seen to want answered, as look-ups."""

    def __init__(self, run: History) -> None:
        self._run = run

    @cached_property
    def _wanted(self) -> list[frozenset[str]]:
        return [frozenset(call_ids(required_calls(sighting.value))) for sighting in self._run]

    @cached_property
    def _first_with(self) -> dict[str, int]:
        """By call id, the position of the first sighting of the run that wants it answered."""
        found: dict[str, int] = {}
        for position, wanted in enumerate(self._wanted):
            for call_id in wanted:
                found.setdefault(call_id, position)
        return found

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        return [_place(sighting) for sighting in self._run]

    def of_step(self, index: Index, step: Sighting, made: frozenset[str]) -> frozenset[str] | None:
        """The calls that this step of the run must hold; None where that cannot be said."""
        # Wanted at some time, wholly or in part: then the step holds that very set.
        known = [self._first_with[call_id] for call_id in made if call_id in self._first_with]
        if known:
            return self._wanted[min(known)]
        # Still open, and the run waiting just before: then the step holds what the run waits for.
        position = bisect_left(self._places, _place(step)) - 1
        if position < 0 or not self._wanted[position] or step.status != "in_progress":
            return None
        return self._wanted[position] if before(index.exchange(self._run[position]), index.exchange(step)) else None


def _place(sighting: Sighting) -> tuple[int, int]:
    return sighting.where.exchange, sighting.where.event or 0
