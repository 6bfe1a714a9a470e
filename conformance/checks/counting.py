"""File counts of vector stores and batches: whether they add up, and whether they are those of the listed files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set

from conformance.checks.check import Examined, Finding, Observation
from conformance.checks.holdings import Holdings
from conformance.checks.lifecycle import below
from conformance.checks.pages import Page
from conformance.trace.json import Json, is_integer, mapping, shown, text
from conformance.trace.trace import Sighting

COUNTED = ("in_progress", "completed", "failed", "cancelled")


def counted(holder: dict[str, Json]) -> dict[str, int] | None:
    """The file counts of a store or batch where all of them are numbers, else None."""
    found = mapping(holder.get("file_counts"))
    names = (*COUNTED, "total")
    return {name: found[name] for name in names} if all(is_integer(found.get(name)) for name in names) else None


def adds_up(counts: dict[str, int]) -> bool:
    """Whether file counts add up to their total, none of them negative."""
    return min(counts.values()) >= 0 and sum(counts[name] for name in COUNTED) == counts["total"]


def added_up(requirement: str, sighting: Sighting, counts: dict[str, int]) -> Iterator[Observation]:
    """Judge that the counts of a store or batch add up to their total."""
    yield Examined(requirement, sighting.where.exchange)
    if not adds_up(counts):
        told = ", ".join(f"{name} {shown(counts[name])}" for name in COUNTED)
        yield Finding(
            requirement,
            below(sighting.where, "file_counts"),
            f"counts that add up to the total {shown(counts['total'])}, none below 0",
            told,
        )


def settled(walk: list[Page]) -> list[dict[str, Json]] | None:
    """The files of a whole list where none is in progress any more; None where one may be, or is listed twice."""
    items = [item for page in walk for item in page.items]
    ids = [text(item.get("id")) for item in items]
    done = all(text(item.get("status")) in COUNTED[1:] for item in items)
    return items if done and len(set(ids)) == len(ids) and None not in ids else None


def beside(holdings: Holdings, walk: list[Page], seen: tuple[Sighting, ...], statuses: Set[str]) -> Iterator[Sighting]:
    """The sightings in one of these statuses between which and the list nothing may have changed."""
    for sighting in seen:
        exchange = holdings.trace.exchange(sighting.where.exchange)
        if text(sighting.value.get("status")) not in statuses or exchange.request.method != "GET":
            continue
        if all(holdings.undisturbed(exchange, page.asked.exchange) for page in (walk[0], walk[-1])):
            yield sighting


def tallied(
    requirement: str, sighting: Sighting, counts: dict[str, int], items: list[dict[str, Json]]
) -> Iterator[Observation]:
    """Judge the counts of a store or batch by its listed files."""
    found = Counter(str(item["status"]) for item in items)
    for name in (*COUNTED, "total"):
        wanted = len(items) if name == "total" else found[name]
        yield Examined(requirement, sighting.where.exchange)
        if counts[name] != wanted:
            yield Finding(
                requirement,
                below(sighting.where, "file_counts", name),
                f"{name} {wanted}, as many as are listed",
                f"{name} {shown(counts[name])}",
            )
            return
