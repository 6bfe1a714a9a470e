"""Lists: pages with their ends, order, size and filters, and walks from page to page."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from conformance.checks.asked import Asked, asked, shown_in
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.pages import Page, pages
from conformance.contract import Contract
from conformance.trace.json import is_integer, shown
from conformance.trace.order import before
from conformance.trace.trace import Trace

DEFAULT_LIMIT, HIGHEST_LIMIT, DEFAULT_OF_FILES = 20, 100, 10_000
FILES = "listFiles"
CURSORS = ("after", "before")


@check("LIST-ENDS-*", "LIST-MORE-01")
def ends(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A page names its first and its last object, and an empty one is the end."""
    for page in pages(trace, contract):
        for name, index in (("first_id", 0), ("last_id", -1)):
            told = page.body.get(name)
            if name not in page.body or not isinstance(told, str | None):
                continue
            requirement = "LIST-ENDS-01" if page.items else "LIST-ENDS-02"
            wanted = page.ids[index] if page.items else None
            if page.items and wanted is None:
                continue
            yield Examined(requirement, page.number)
            if told != wanted:
                place = "the first" if index == 0 else "the last"
                reason = f"the id of {place} object of the page" if page.items else "the page is empty"
                yield Finding(
                    requirement, below(page.where, name), f"{name} {shown(wanted)}, {reason}", f"{name} {shown(told)}"
                )
        if not page.items and isinstance(page.has_more, bool) and page.limit != 0:
            yield Examined("LIST-MORE-01", page.number)
            if page.has_more:
                yield Finding(
                    "LIST-MORE-01", below(page.where, "has_more"), "has_more false on an empty page", "has_more true"
                )


@check("LIST-ORDER-01")
def order(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Newest first, or oldest first where that was asked; objects of one second stand in any order."""
    for page in pages(trace, contract):
        if page.order is None or len(page.created) < 2:
            continue
        yield Examined("LIST-ORDER-01", page.number)
        if (index := page.disorder) is not None:
            one, other = page.created[index - 1], page.created[index]
            wanted = "the newest first" if page.order == "desc" else "the oldest first"
            yield Finding(
                "LIST-ORDER-01",
                below(page.where, "data", index, "created_at"),
                f"order {page.order}: {wanted}",
                f"created_at {shown(other)} after {shown(one)}",
            )


@check("LIMIT-LIST-01", "LIMIT-LIST-02", "LIST-FULL-01")
def sizes(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A page is as long as was asked for at most, and shorter only at the end."""
    for page in pages(trace, contract):
        files = page.asked.operation == FILES
        limit = page.limit if "limit" in page.query else DEFAULT_OF_FILES if files else DEFAULT_LIMIT
        # A limit beyond the bounds is the request's own fault, and judged as such.
        if limit is None or limit < 0 or (limit > HIGHEST_LIMIT and not files):
            continue
        requirement = "LIMIT-LIST-02" if files else "LIMIT-LIST-01"
        yield Examined(requirement, page.number)
        if len(page.items) > limit:
            asked_for = "as asked" if "limit" in page.query else "where no limit is asked"
            yield Finding(
                requirement,
                below(page.where, "data"),
                f"at most {limit} objects on a page, {asked_for}",
                f"{len(page.items)} objects",
            )
        if page.has_more is True and page.items and not page.query.keys() & {"before"}:
            yield Examined("LIST-FULL-01", page.number)
            if len(page.items) < limit:
                yield Finding(
                    "LIST-FULL-01",
                    below(page.where, "data"),
                    f"{limit} objects on a page that is not the last",
                    f"{len(page.items)} objects and has_more true",
                )


@check("LIMIT-LIST-04")
def cursors(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A page after an object begins behind it, and one before it ends in front of it."""
    found = list(pages(trace, contract))
    for page in found:
        for name in CURSORS:
            if page.query.get(name) and name in page.parameters:
                yield Examined("LIMIT-LIST-04", page.number)
    yield from _misplaced(found)


def _misplaced(found: list[Page]) -> Iterator[Finding]:
    """The pages that show their own cursor, or something on its other side."""
    known: dict[tuple[str, str], int] = {}
    disordered = {page.key for page in found if page.disorder is not None}
    for page in found:
        for name in CURSORS:
            cursor = page.query.get(name) if name in page.parameters else None
            if cursor and cursor in page.ids:
                place = below(page.where, "data", page.ids.index(cursor), "id")
                yield Finding("LIMIT-LIST-04", place, f"a page without {shown(cursor)}, its own {name}", "it is on it")
            elif cursor and page.order is not None and page.key not in disordered:
                yield from _wrong_side(page, name, known.get((page.path, cursor)))
        for object_id, item in zip(page.ids, page.items, strict=True):
            if object_id is not None and is_integer(item.get("created_at")):
                known[page.path, object_id] = item["created_at"]


def _wrong_side(page: Page, name: str, created: int | None) -> Iterator[Finding]:
    """The first object on a page that stands on the other side of its cursor, by their times."""
    older = (page.order == "desc") is (name == "after")
    for index, item in enumerate(page.items):
        at = item.get("created_at")
        if created is not None and is_integer(at) and (at > created if older else at < created):
            yield Finding(
                "LIMIT-LIST-04",
                below(page.where, "data", index, "created_at"),
                f"only objects that stand {'behind' if name == 'after' else 'in front of'} the one named in {name}",
                f"created_at {shown(at)}, and {shown(created)} there",
            )
            return


FILTERS = {"filter": "status", "purpose": "purpose", "run_id": "run_id"}


@check("LIMIT-LIST-07", "LIST-FILTER-01")
def filters(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A filtered list shows what passes the filter only."""
    for page in pages(trace, contract):
        for parameter, member in FILTERS.items():
            wanted = page.query.get(parameter)
            if not wanted or parameter not in page.parameters:
                continue
            requirement = "LIMIT-LIST-07" if parameter == "run_id" else "LIST-FILTER-01"
            for index, item in enumerate(page.items):
                value = item.get(member)
                if not isinstance(value, str) and (parameter != "run_id" or value is not None):
                    continue
                yield Examined(requirement, page.number)
                if value != wanted:
                    yield Finding(
                        requirement,
                        below(page.where, "data", index, member),
                        f"{member} {shown(wanted)}, as {parameter} asks",
                        f"{member} {shown(value)}",
                    )


@check("LIST-ONCE-01", "LIST-MORE-02", "LIST-MORE-03")
def walks(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """From page to page: nothing comes twice, and has_more tells whether something comes."""
    requests = asked(trace, contract)
    # A page that begins in the wrong place repeats what was there, and is told as that.
    misplaced = {finding.where.exchange for finding in _misplaced(list(pages(trace, contract)))}
    for walk in _walks(trace, contract, requests):
        met: dict[str, int] = {}
        for page in walk:
            if page.number in misplaced:
                break
            yield Examined("LIST-ONCE-01", page.number)
            for index, object_id in enumerate(page.ids):
                if object_id in met:
                    place = below(page.where, "data", index, "id")
                    first = f"it was listed before, in exchange {met[object_id]}"
                    yield Finding("LIST-ONCE-01", place, "every object once in a walk", f"{shown(object_id)}: {first}")
                    break
                if object_id is not None:
                    met[object_id] = page.number
        for page, following in pairwise(walk):
            # In lists of the whole account others may create and delete meanwhile.
            if not page.asked.path or (page.has_more is False and not _nothing_comes(page, trace, requests)):
                continue
            if page.has_more is True:
                yield Examined("LIST-MORE-02", following.number)
                if not following.items:
                    yield Finding(
                        "LIST-MORE-02",
                        below(following.where, "data"),
                        f"something on the page after one with has_more true (exchange {page.number})",
                        "an empty page",
                    )
            elif page.has_more is False:
                yield Examined("LIST-MORE-03", following.number)
                if following.items:
                    yield Finding(
                        "LIST-MORE-03",
                        below(following.where, "data"),
                        f"nothing after a page with has_more false (exchange {page.number})",
                        f"{len(following.items)} objects",
                    )


def _nothing_comes(page: Page, trace: Trace, requests: list[Asked]) -> bool:
    """Whether nothing can have been added behind the page's end: what is new stands in front, or nobody writes."""
    if page.order == "desc":
        return True
    thread_id = page.asked.path.get("thread_id")
    return not any(
        one.operation == "createThreadAndRun"
        or (one.operation == "createRun" and one.path.get("thread_id") == thread_id)
        for one in requests
    )


CREATED_BY = {
    "listAssistants": "createAssistant",
    "listMessages": "createMessage",
    "listRuns": "createRun",
    "listVectorStoreFiles": "createVectorStoreFile",
    "listVectorStores": "createVectorStore",
}


@check("LIST-WHOLE-01")
def completeness(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A walk from the beginning to the end meets everything that was created and not deleted."""
    requests = asked(trace, contract)
    shown_first = shown_in(trace, ("assistant", "thread.message", "thread.run", "vector_store.file", "vector_store"))
    deletions = [one for one in requests if one.exchange.request.method == "DELETE"]
    for walk in _walks(trace, contract, requests):
        first, last = walk[0], walk[-1]
        maker = CREATED_BY.get(first.asked.operation)
        if maker is None or last.has_more is not False or not first.is_beginning or not first.is_unfiltered:
            continue
        listed = {object_id for page in walk for object_id in page.ids}
        gone = [one for one in deletions if not before(last.asked.exchange, one.exchange)]
        # What a thread or store that is deleted still lists is told by the checks of deletions.
        if any(one.path and one.path.items() <= first.asked.path.items() for one in gone):
            continue
        for one in requests:
            if one.operation != maker or one.path != first.asked.path or one.number not in shown_first:
                continue
            made = shown_first[one.number].id
            if one.sent.get("expires_after") and one.operation == "createVectorStore":
                continue
            if not before(one.exchange, first.asked.exchange):
                continue
            if any(made in other.path.values() and not before(other.exchange, one.exchange) for other in gone):
                continue
            yield Examined("LIST-WHOLE-01", last.number)
            if made not in listed:
                yield Finding(
                    "LIST-WHOLE-01",
                    below(last.where, "data"),
                    f"{shown(made)}, created in exchange {one.number}, on some page of the whole list",
                    f"{len(listed)} other objects, and has_more false",
                )


def _walks(trace: Trace, contract: Contract, requests: list[Asked]) -> Iterator[list[Page]]:
    """Pages that follow each other by `after`, with nothing created, changed or deleted in between."""
    changes = [one for one in requests if one.exchange.request.method != "GET" and not one.refused]
    open_walks: dict[tuple[object, ...], list[Page]] = {}
    done: list[list[Page]] = []
    for page in pages(trace, contract):
        if page.query.get("before"):
            done.append([page])  # what has_more tells of a page in front of something is not specified
            continue
        earlier = open_walks.pop((page.key, page.query["after"]), None) if page.query.get("after") else None
        if earlier is not None and any(_meanwhile(one, earlier[-1], page) for one in changes):
            earlier = None
        if earlier is None:
            done.append(walk := [page])
        else:
            (walk := earlier).append(page)
        if page.ids and page.ids[-1] is not None:
            open_walks[page.key, page.ids[-1]] = walk
    return iter(done)


def _meanwhile(change: Asked, page: Page, following: Page) -> bool:
    return not before(change.exchange, page.asked.exchange) and not before(following.asked.exchange, change.exchange)
