"""What comes to an end, by the dates of the answers that show it: never by the clock of this machine."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation
from conformance.trace.exchange import header_date
from conformance.trace.history import History
from conformance.trace.index import Index
from conformance.trace.trace import Sighting

SECONDS_TO_END = 60
"""Seconds that a service may take to notice that the time of something is over."""
SECONDS_TO_INDEX = 600
"""Seconds in which files are indexed: as long as a run may live that waits for them."""
_OPEN = "in_progress"


def shown_at(index: Index, sighting: Sighting) -> int | None:
    """When an answer showed an object, by its Date header; None without one, and for a stream, which takes long."""
    response = index.exchange(sighting).response
    if response is None or sighting.streamed:
        return None
    date = header_date(response.headers)
    return int(date.timestamp()) if date is not None else None


def in_progress_for_ever(index: Index, requirement: str, *kinds: str) -> Iterator[Observation]:
    """Judge that no object of these kinds is still in progress when the trace shows it last, and has been for long."""
    for kind in kinds:
        for seen in index.objects(kind).values():
            last = seen[-1]
            history = _in_one_store(seen, last)
            if len(history) < 2 or not {_OPEN} & history.statuses:
                continue
            yield Examined(requirement, last.where.exchange)
            first = next((one for one in _trailing(history) if shown_at(index, one) is not None), last)
            began, now = shown_at(index, first), shown_at(index, last)
            if last.status == _OPEN and began is not None and now is not None and now - began >= SECONDS_TO_INDEX:
                expected = f"an end: it was in progress in exchange {first.where.exchange}"
                yield Finding(
                    requirement, last.where.below("status"), expected, f'"{_OPEN}" {now - began} seconds later'
                )


def _in_one_store(seen: History, last: Sighting) -> History:
    """The sightings of a file in the vector store that showed it last; it can be in several."""
    return seen.where(lambda one: one.value.get("vector_store_id") == last.value.get("vector_store_id"))


def _trailing(history: History) -> list[Sighting]:
    """The sightings at the end of a history that show nothing but progress."""
    found: list[Sighting] = []
    for sighting in reversed(history):
        if sighting.status != _OPEN:
            break
        found.append(sighting)
    return found[::-1]
