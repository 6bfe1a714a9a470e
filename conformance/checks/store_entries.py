"""Files in vector stores as they are shown again and again: since when they are there, and on which lists."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.holdings import Holdings
from conformance.checks.lifecycle import below
from conformance.checks.pages import Page, pages
from conformance.contract import Contract
from conformance.trace.json import is_integer, shown
from conformance.trace.order import before
from conformance.trace.trace import Trace

LISTS = frozenset({"listVectorStoreFiles", "listFilesInVectorStoreBatch"})
DRIFT = 1  # of times that two answers tell, in seconds, as for batches


@check("OBJECT-TIME-02")
def created_once(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file is in a store since one time, until it is added again."""
    holdings = Holdings(trace, contract)
    for (store_id, file_id), seen in holdings.entries.items():
        if file_id in holdings.anywhere or store_id not in holdings.own:
            continue
        for spell in holdings.spells(store_id, file_id, seen):
            known = [one for one in spell if is_integer(one.value.get("created_at"))]
            for one in known[1:]:
                first, told = known[0].value["created_at"], one.value["created_at"]
                yield Examined("OBJECT-TIME-02", one.where.exchange)
                if abs(told - first) > DRIFT:
                    yield Finding(
                        "OBJECT-TIME-02",
                        below(one.where, "created_at"),
                        f"created_at {shown(first)}, as in exchange {known[0].where.exchange}",
                        f"created_at {shown(told)}",
                    )


@check("LIST-FILTER-02")
def filtered(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What a list showed in a status that lasts is on the list of that status, where nothing moves meanwhile."""
    holdings = Holdings(trace, contract)
    lasting = contract.lifecycles["vector_store_file"].terminal
    earlier: dict[tuple[str, str | None], Page] = {}  # the last look at each page
    for page in pages(trace, contract):
        if page.asked.operation not in LISTS:
            continue
        wanted = page.query.get("filter")
        if wanted is None:
            earlier[page.path, page.query.get("after")] = page
        elif wanted in lasting and page.is_beginning and page.has_more is False and page.limit != 0:
            for other in (one for one in earlier.values() if one.path == page.path):
                if before(other.asked.exchange, page.asked.exchange) and holdings.undisturbed(
                    other.asked.exchange, page.asked.exchange
                ):
                    yield from _kept(other, page, wanted)


def _kept(other: Page, page: Page, wanted: str) -> Iterator[Observation]:
    passing = [name for name, item in zip(other.ids, other.items, strict=True) if item.get("status") == wanted]
    listed = set(page.ids)
    for name in passing:
        if name is None:
            continue
        yield Examined("LIST-FILTER-02", page.number)
        if name not in listed:
            yield Finding(
                "LIST-FILTER-02",
                below(page.where, "data"),
                f"{shown(name)} on the list of what is {wanted}, as in exchange {other.number}",
                f"{len(page.ids)} other objects, and has_more false",
            )
