"""File counts of vector stores and batches: whether they add up, and whether they are those of the listed files."""

from collections import Counter
from collections.abc import Iterator, Set

from conformance.checks.check import Examined, Finding, Observation
from conformance.trace.history import History
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, is_integer, mapping, text
from conformance.trace.pages import Page
from conformance.trace.store_contents import StoreContents
from conformance.trace.trace import Sighting

STATUSES = ("in_progress", "completed", "failed", "cancelled")
COUNTS = (*STATUSES, "total")


def file_counts(holder: dict[str, Json]) -> dict[str, int] | None:
    """The file counts of a store or batch where all of them are numbers, else None."""
    found = mapping(holder.get("file_counts"))
    counts = {name: value for name in COUNTS if is_integer(value := found.get(name))}
    return counts if len(counts) == len(COUNTS) else None


def add_up(counts: dict[str, int]) -> bool:
    """Whether file counts add up to their total, none of them negative."""
    return min(counts.values()) >= 0 and sum(counts[name] for name in STATUSES) == counts["total"]


def judge_sum(requirement: str, sighting: Sighting, counts: dict[str, int]) -> Iterator[Observation]:
    """Judge that the counts of a store or batch add up to their total."""
    yield Examined(requirement, sighting.where.exchange)
    if not add_up(counts):
        yield Finding(
            requirement,
            sighting.where.below("file_counts"),
            f"counts that add up to the total {format_value(counts['total'])}, none below 0",
            ", ".join(f"{name} {format_value(counts[name])}" for name in STATUSES),
        )


class ListedCounts:
    """The counts of stores or batches beside the whole lists of their files, where nothing may have changed between.

    `statuses` are those in which the counts are final.
    """

    def __init__(self, index: Index, statuses: Set[str]) -> None:
        self._index = index
        self._statuses = statuses
        self._contents = index.view(StoreContents)
        self._final: dict[str, History] = {}

    def sighting(self, walk: list[Page], history: History) -> Sighting | None:
        """The first sighting in a final status between which and the list nothing may have changed."""
        if not history:
            return None
        named = history[0].id
        if named not in self._final:
            self._final[named] = history.where(self._is_final)
        # Whatever is beyond the next change before or behind the list has certainly been changed since, or until.
        for sighting in self._final[named].within(*self._contents.changes.around(walk[0].exchange)):
            exchange = self._index.exchange(sighting)
            if all(self._contents.unchanged(exchange, page.exchange) for page in (walk[0], walk[-1])):
                return sighting
        return None

    def _is_final(self, sighting: Sighting) -> bool:
        final = text(sighting.value.get("status")) in self._statuses
        return final and self._index.exchange(sighting).request.method == "GET"


def final_files(walk: list[Page]) -> list[dict[str, Json]] | None:
    """The files of a whole list where none is in progress any more; None where one may be, or is listed twice."""
    items = [item for page in walk for item in page.items]
    ids = {text(item.get("id")) for item in items}
    done = all(text(item.get("status")) in STATUSES[1:] for item in items)
    return items if done and len(ids) == len(items) and None not in ids else None


def judge_counts(
    requirement: str, sighting: Sighting, counts: dict[str, int], items: list[dict[str, Json]]
) -> Iterator[Observation]:
    """Judge the counts of a store or batch by its listed files."""
    found = Counter(str(item["status"]) for item in items)
    for name in COUNTS:
        wanted = len(items) if name == "total" else found[name]
        yield Examined(requirement, sighting.where.exchange)
        if counts[name] != wanted:
            yield Finding(
                requirement,
                sighting.where.below("file_counts", name),
                f"{name} {wanted}, as many as are listed",
                f"{name} {format_value(counts[name])}",
            )
            return
