"""Where listed objects stand: in the same order each time, and on the list of one thread or run only."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.pages import pages
from conformance.contract import Contract
from conformance.trace.index import Index
from conformance.trace.json import shown
from conformance.trace.store_contents import StoreContents
from conformance.trace.trace import Trace

OWN = frozenset({"listMessages", "listRuns", "listRunSteps"})
"""Lists of what has one home; a file can be in several vector stores."""


@check("LIST-STABLE-01")
def stable(index: Index) -> Iterator[Observation]:
    """Asked again, a list has its objects in the same order, and in the opposite one the other way round.

    Only neighbours of one second are compared: the order of others is judged by their times. A file that is put into a
    vector store again may stand where it stood, or as the newest.
    """
    again = index.view(StoreContents).added_again
    seen: dict[tuple[str, str, str], int] = {}
    for page in index.all_pages:
        if page.order is None or len(page.created) < 2 or page.disorder is not None:
            continue
        ids = page.ids if page.order == "asc" else page.ids[::-1]
        times = page.created if page.order == "asc" else page.created[::-1]
        for position, (one, other) in enumerate(pairwise(ids)):
            if one is None or other is None or one == other or times[position] != times[position + 1]:
                continue
            if again & {(page.call.params.get("vector_store_id", ""), moved) for moved in (one, other)}:
                continue
            yield Examined("LIST-STABLE-01", page.number)
            if (earlier := seen.get((page.path, other, one))) is not None:
                yield Finding(
                    "LIST-STABLE-01",
                    below(page.where, "data"),
                    f"{shown(other)} created before {shown(one)}, as in exchange {earlier}",
                    f"order {page.order}, and they stand the other way round",
                )
            seen.setdefault((page.path, one, other), page.number)


@check("LIST-ISOLATION-01")
def isolation(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What is listed under one thread or run is not listed under another."""
    homes: dict[str, tuple[str, int]] = {}
    for page in pages(trace, contract):
        if not page.asked.path or page.asked.operation not in OWN:
            continue
        yield Examined("LIST-ISOLATION-01", page.number)
        for index, object_id in enumerate(page.ids):
            if object_id is None:
                continue
            home, number = homes.setdefault(object_id, (page.path, page.number))
            if home != page.path:
                yield Finding(
                    "LIST-ISOLATION-01",
                    below(page.where, "data", index, "id"),
                    "only what belongs to this list",
                    f"{shown(object_id)}, which another list showed in exchange {number}",
                )
