"""Lists: pages with their ends, order, size and filters, and walks from page to page."""

from collections.abc import Iterator
from itertools import pairwise

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.contract.openapi import Operation
from conformance.trace.calls import NO_CALLS, OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.index import Index
from conformance.trace.json import format_value
from conformance.trace.order import before
from conformance.trace.pages import Page
from conformance.trace.store_contents import StoreContents
from conformance.trace.times import creation_time

DEFAULT_LIMIT, DEFAULT_OF_FILES = 20, 10_000
FILES = "listFiles"
CURSORS = ("after", "before")
LISTS_OF_STORED_FILES = ("listVectorStoreFiles", "listFilesInVectorStoreBatch")


@check("LIST-ENDS-*", "LIST-MORE-01")
def ends(index: Index) -> Iterator[Observation]:
    """A page names its first and its last object, and an empty one is the end."""
    for page in index.all_pages:
        for name, position in (("first_id", 0), ("last_id", -1)):
            told = page.body.get(name)
            if name not in page.body or not isinstance(told, str | None):
                continue
            requirement = "LIST-ENDS-01" if page.items else "LIST-ENDS-02"
            wanted = page.ids[position] if page.items else None
            if page.items and wanted is None:
                continue
            yield Examined(requirement, page.number)
            if told != wanted:
                place = "the first" if position == 0 else "the last"
                reason = f"the id of {place} object of the page" if page.items else "the page is empty"
                yield Finding(
                    requirement,
                    page.where.below(name),
                    f"{name} {format_value(wanted)}, {reason}",
                    f"{name} {format_value(told)}",
                )
        if not page.items and isinstance(page.has_more, bool):
            yield Examined("LIST-MORE-01", page.number)
            if page.has_more:
                yield Finding(
                    "LIST-MORE-01", page.where.below("has_more"), "has_more false on an empty page", "has_more true"
                )


@check("LIST-ORDER-01")
def order(index: Index) -> Iterator[Observation]:
    """Newest first, or oldest first where that was asked; objects of one second stand in any order."""
    for page in index.all_pages:
        if page.order is None or len(page.created) < 2:
            continue
        yield Examined("LIST-ORDER-01", page.number)
        if (position := page.disorder) is not None:
            one, other = page.created[position - 1], page.created[position]
            wanted = "the newest first" if page.order == "desc" else "the oldest first"
            yield Finding(
                "LIST-ORDER-01",
                page.where.below("data", position, "created_at"),
                f"order {page.order}: {wanted}",
                f"created_at {format_value(other)} after {format_value(one)}",
                input="order",
            )


@check("LIMIT-LIST-01", "LIMIT-LIST-02", "LIST-FULL-01")
def sizes(index: Index) -> Iterator[Observation]:
    """A page is as long as was asked for at most, and shorter only at the end."""
    for page in index.all_pages:
        files = page.call.operation == FILES
        limit = page.limit if "limit" in page.query else DEFAULT_OF_FILES if files else DEFAULT_LIMIT
        if limit is None:
            continue
        requirement = "LIMIT-LIST-02" if files else "LIMIT-LIST-01"
        yield Examined(requirement, page.number)
        if len(page.items) > limit:
            asked_for = "as asked" if "limit" in page.query else "where no limit is asked"
            yield Finding(
                requirement,
                page.where.below("data"),
                f"at most {limit} objects on a page, {asked_for}",
                f"{len(page.items)} objects",
                input="limit" if "limit" in page.query else "",
            )
        if page.has_more is True and page.items and not page.query.keys() & {"before"}:
            yield Examined("LIST-FULL-01", page.number)
            if len(page.items) < limit:
                yield Finding(
                    "LIST-FULL-01",
                    page.where.below("data"),
                    f"{limit} objects on a page that is not the last",
                    f"{len(page.items)} objects and has_more true",
                )


@check("LIMIT-LIST-04")
def cursors(index: Index) -> Iterator[Observation]:
    """A page after an object begins behind it, and one before it ends in front of it."""
    for page in index.all_pages:
        for name in CURSORS:
            if page.query.get(name) and name in page.parameters:
                yield Examined("LIMIT-LIST-04", page.number)
    yield from index.view(_misplaced)


def _misplaced(index: Index) -> list[Finding]:
    """The pages that show their own cursor, or something on its other side."""
    wrong: list[Finding] = []
    known: dict[tuple[str, str], int] = {}
    with_cursor = [page for page in index.all_pages if not page.is_beginning]
    if not with_cursor:
        return wrong
    paths = {page.path for page in with_cursor}
    disordered = {page.key for page in index.all_pages if page.path in paths and page.disorder is not None}
    for page in index.all_pages:
        if page.path not in paths:
            continue
        for name in CURSORS:
            cursor = page.query.get(name) if name in page.parameters else None
            if cursor and cursor in page.ids:
                place = page.where.below("data", page.ids.index(cursor), "id")
                expected = f"a page without {format_value(cursor)}, its own {name}"
                wrong.append(Finding("LIMIT-LIST-04", place, expected, "it is on it", input=name))
            elif cursor and page.order is not None and page.key not in disordered:
                wrong.extend(_wrong_side(page, name, known.get((page.path, cursor))))
        for object_id, item in zip(page.ids, page.items, strict=True):
            if object_id is not None and (at := creation_time(item)) is not None:
                known[page.path, object_id] = at
    return wrong


def _wrong_side(page: Page, name: str, created: int | None) -> Iterator[Finding]:
    """The first object on a page that stands on the other side of its cursor, by their times."""
    older = (page.order == "desc") is (name == "after")
    for position, item in enumerate(page.items):
        at = creation_time(item)
        if created is not None and at is not None and (at > created if older else at < created):
            yield Finding(
                "LIMIT-LIST-04",
                page.where.below("data", position, "created_at"),
                f"only objects that stand {'behind' if name == 'after' else 'in front of'} the one named in {name}",
                f"created_at {format_value(at)}, and {format_value(created)} there",
                input=name,
            )
            return


FILTERS = {"filter": "status", "purpose": "purpose", "run_id": "run_id"}


@check("LIMIT-LIST-07", "LIST-FILTER-01")
def filters(index: Index) -> Iterator[Observation]:
    """A filtered list shows what passes the filter only."""
    for page in index.all_pages:
        for parameter, member in FILTERS.items():
            wanted = page.query.get(parameter)
            if not wanted or parameter not in page.parameters:
                continue
            requirement = "LIMIT-LIST-07" if parameter == "run_id" else "LIST-FILTER-01"
            for position, item in enumerate(page.items):
                value = item.get(member)
                if not isinstance(value, str) and (parameter != "run_id" or value is not None):
                    continue
                yield Examined(requirement, page.number)
                if value != wanted:
                    yield Finding(
                        requirement,
                        page.where.below("data", position, member),
                        f"{member} {format_value(wanted)}, as {parameter} asks",
                        f"{member} {format_value(value)}",
                        input=parameter,
                    )


@check("LIST-ONCE-01", "LIST-MORE-02", "LIST-MORE-03")
def walks(index: Index) -> Iterator[Observation]:
    """From page to page: nothing comes twice, and has_more tells whether something comes."""
    # A page that begins in the wrong place repeats what was there, and is told as that.
    misplaced = {finding.where.exchange for finding in index.view(_misplaced)}
    for walk in index.view(_walks):
        met: dict[str, int] = {}
        for page in walk:
            if page.number in misplaced:
                break
            yield Examined("LIST-ONCE-01", page.number)
            for position, object_id in enumerate(page.ids):
                if object_id in met:
                    place = page.where.below("data", position, "id")
                    first = f"it was listed before, in exchange {met[object_id]}"
                    yield Finding(
                        "LIST-ONCE-01", place, "every object once in a walk", f"{format_value(object_id)}: {first}"
                    )
                    break
                if object_id is not None:
                    met[object_id] = page.number
        for page, following in pairwise(walk):
            # In lists of the whole account others may create and delete meanwhile.
            if not page.call.params or (page.has_more is False and not _nothing_comes(page, index)):
                continue
            if page.has_more is True:
                yield Examined("LIST-MORE-02", following.number)
                if not following.items:
                    yield Finding(
                        "LIST-MORE-02",
                        following.where.below("data"),
                        f"something on the page after one with has_more true (exchange {page.number})",
                        "an empty page",
                    )
            elif page.has_more is False:
                yield Examined("LIST-MORE-03", following.number)
                if following.items:
                    yield Finding(
                        "LIST-MORE-03",
                        following.where.below("data"),
                        f"nothing after a page with has_more false (exchange {page.number})",
                        f"{len(following.items)} objects",
                    )


def _nothing_comes(page: Page, index: Index) -> bool:
    """Whether nothing can have been added behind the page's end: what is new stands in front, or nobody writes."""
    if page.order == "desc":
        return True
    thread_id = page.call.params.get("thread_id", "")
    return not index.calls_to("createThreadAndRun") and not index.calls_on("thread_id", thread_id, "createRun")


CREATED_BY = {
    "listAssistants": "createAssistant",
    "listMessages": "createMessage",
    "listRuns": "createRun",
    "listVectorStoreFiles": "createVectorStoreFile",
    "listVectorStores": "createVectorStore",
}


@check("LIST-WHOLE-01")
def completeness(index: Index) -> Iterator[Observation]:
    """A walk from the beginning to the end meets everything that was created and not deleted."""
    coming = {place: list(reversed(created)) for place, created in index.view(_creations).items()}
    alive: dict[tuple[str, ...], list[tuple[OperationCall, str]]] = {}  # created so far, and not known to be gone
    for walk in index.view(_walks):
        first, last = walk[0], walk[-1]
        maker = CREATED_BY.get(first.call.operation)
        if maker is None or last.has_more is not False or not first.is_beginning or not first.is_unfiltered:
            continue
        if last.limit == 0:  # a page that was asked to hold nothing shows no end
            continue
        # What a thread or store that is deleted still lists is told by the checks of deletions.
        if first.call.params and _may_be_deleted(index, first.call.params, last.exchange):
            continue
        listed = {object_id for page in walk for object_id in page.ids}
        place = (maker, *first.call.params.values())
        there, later = alive.get(place, []), coming.get(place, [])
        while later and later[-1][0].number < first.number:
            there.append(later.pop())
        alive[place] = []
        for call, made in there:
            deletions = list(index.view(_deletions).get(made, NO_CALLS).not_after(last.exchange))
            removed = [gone for gone in deletions if not before(gone.exchange, call.exchange)]
            missing = not removed and made not in listed and before(call.exchange, first.exchange)
            if not missing and not any(gone.number < first.number for gone in removed):
                alive[place].append((call, made))  # what is missing is told of the first walk only
            if removed or not before(call.exchange, first.exchange):
                continue
            yield Examined("LIST-WHOLE-01", last.number)
            if missing:
                yield Finding(
                    "LIST-WHOLE-01",
                    last.where.below("data"),
                    f"{format_value(made)}, created in exchange {call.number}, on some page of the whole list",
                    f"{len(listed)} other objects, and has_more false",
                )


def _creations(index: Index) -> dict[tuple[str, ...], list[tuple[OperationCall, str]]]:
    """What calls created, with the id of each, by the operation and the path parameters of the list it belongs on."""
    created = index.shown_by("assistant", "thread.message", "thread.run", "vector_store.file", "vector_store")
    found: dict[tuple[str, ...], list[tuple[OperationCall, str]]] = {}
    for call in index.calls_to(*CREATED_BY.values()):
        expires = call.operation == "createVectorStore" and call.sent.get("expires_after")
        if call.number in created and not expires:
            found.setdefault((call.operation, *call.params.values()), []).append((call, created[call.number].id))
    return found


def _created(index: Index) -> frozenset[str]:
    """What single requests created."""
    return frozenset(made for there in index.view(_creations).values() for _, made in there)


def _deletions(index: Index) -> dict[str, Timeline]:
    """The calls that delete something, by every id that their paths name."""
    found: dict[str, list[OperationCall]] = {}
    for call in index.calls_to(*(name for name, spec in index.contract.operations.by_id.items() if _deletes(spec))):
        for named in dict.fromkeys(call.params.values()):
            found.setdefault(named, []).append(call)
    return {named: Timeline(calls) for named, calls in found.items()}


def _deletes(operation: Operation) -> bool:
    return operation.method == "DELETE"


def _may_be_deleted(index: Index, params: dict[str, str], at: Exchange) -> bool:
    """Whether the thread, run or store that a list is of may have been deleted before an exchange ended."""
    return any(
        call.params.items() <= params.items()
        for named in params.values()
        for call in index.view(_deletions).get(named, NO_CALLS).not_after(at)
    )


def _walks(index: Index) -> list[list[Page]]:
    """Pages that follow each other by `after`, with nothing created, changed or deleted in between."""
    open_walks: dict[tuple[object, ...], list[Page]] = {}
    done: list[list[Page]] = []
    for page in index.all_pages:
        if page.query.get("before"):
            done.append([page])  # what has_more tells of a page in front of something is not specified
            continue
        earlier = open_walks.pop((page.key, page.query["after"]), None) if page.query.get("after") else None
        if earlier is not None and index.view(_changes).any_between(earlier[-1].exchange, page.exchange):
            earlier = None
        if earlier is None:
            done.append(walk := [page])
        else:
            (walk := earlier).append(page)
        if page.ids and page.ids[-1] is not None:
            open_walks[page.key, page.ids[-1]] = walk
    return done


def _changes(index: Index) -> Timeline:
    """The calls that were not refused and do more than read."""
    return index.calls.where(lambda call: call.spec.method != "GET" and not call.refused)


# ---- the places of objects on lists ----------------------------------------------------------------------------------

OWN = ("listMessages", "listRuns", "listRunSteps")
"""Lists of what has one home; a file can be in several vector stores."""


@check("LIST-FILTER-02")
def filtered(index: Index) -> Iterator[Observation]:
    """What a list showed in a status that lasts is on the list of that status, where nothing moves meanwhile."""
    contents = index.view(StoreContents)
    lasting = index.contract.lifecycles["vector_store_file"].terminal
    earlier: dict[str, dict[str | None, Page]] = {}  # by path and cursor, in the order in which they were last shown
    for page in index.pages(*LISTS_OF_STORED_FILES):
        wanted, known = page.query.get("filter"), earlier.setdefault(page.path, {})
        if wanted is None:
            known.pop(page.query.get("after"), None)
            known[page.query.get("after")] = page
        elif wanted in lasting and page.is_beginning and page.has_more is False:
            changed = contents.changes.around(page.exchange)[0]
            for other in reversed(known.values()):
                if other.number < changed:
                    break
                if before(other.exchange, page.exchange) and contents.unchanged(other.exchange, page.exchange):
                    yield from _still_passes(other, page, wanted)


def _still_passes(other: Page, page: Page, status: str) -> Iterator[Observation]:
    listed = set(page.ids)
    for name, item in zip(other.ids, other.items, strict=True):
        if name is None or item.get("status") != status:
            continue
        yield Examined("LIST-FILTER-02", page.number)
        if name not in listed:
            yield Finding(
                "LIST-FILTER-02",
                page.where.below("data"),
                f"{format_value(name)} on the list of what is {status}, as in exchange {other.number}",
                f"{len(page.ids)} other objects, and has_more false",
            )


@check("LIST-FILTER-03")
def of_runs(index: Index) -> Iterator[Observation]:
    """The list of a run's messages has all that were seen of them."""
    for page in index.pages("listMessages"):
        wanted = page.query.get("run_id")
        if not wanted or not page.is_beginning or page.has_more is not False:
            continue
        for message_id in index.view(_written).get(wanted, ()):
            deletions = index.view(_deletions).get(message_id, NO_CALLS)
            seen = index.history("thread.message", message_id).last_before(page.exchange)
            if seen is None or any(True for _ in deletions.not_after(page.exchange)):
                continue
            if seen.value.get("thread_id") != page.call.params.get("thread_id"):
                continue
            yield Examined("LIST-FILTER-03", page.number)
            if message_id not in page.ids:
                expected = f"{format_value(message_id)}, of this run in exchange {seen.where.exchange}"
                yield Finding("LIST-FILTER-03", page.where.below("data"), expected, f"{len(page.ids)} other messages")


def _written(index: Index) -> dict[str, list[str]]:
    """The messages that were shown to be of each run."""
    found: dict[str, list[str]] = {}
    for message_id, history in index.objects("thread.message").items():
        if isinstance(run_id := history[0].value.get("run_id"), str):
            found.setdefault(run_id, []).append(message_id)
    return found


@check("LIST-STABLE-01")
def stable(index: Index) -> Iterator[Observation]:
    """Asked again, a list has its objects in the same order, and in the opposite one the other way round.

    Only neighbours of one second are compared: the order of others is judged by their times. A file that is put into a
    vector store again may stand where it stood, or as the newest.
    """
    again = index.view(StoreContents).added_again
    seen: dict[tuple[str, str, str], Page] = {}
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
                    page.where.below("data"),
                    f"{format_value(other)} created before {format_value(one)}, as in exchange {earlier.number}",
                    f"order {page.order}, and they stand the other way round",
                    input="order" if earlier.order != page.order else "",
                )
            seen.setdefault((page.path, one, other), page)


@check("LIST-ISOLATION-01")
def isolation(index: Index) -> Iterator[Observation]:
    """What is listed under one thread or run is not listed under another."""
    homes: dict[str, tuple[str, int]] = {}
    for page in index.pages(*OWN):
        yield Examined("LIST-ISOLATION-01", page.number)
        for position, object_id in enumerate(page.ids):
            if object_id is None:
                continue
            home, number = homes.setdefault(object_id, (page.path, page.number))
            if home != page.path:
                yield Finding(
                    "LIST-ISOLATION-01",
                    page.where.below("data", position, "id"),
                    "only what belongs to this list",
                    f"{format_value(object_id)}, which another list showed in exchange {number}",
                )


@check("LIST-KEEP-01")
def kept(index: Index) -> Iterator[Observation]:
    """What a list has shown is on every whole list of the same things that follows, unless it may have been deleted.

    What single requests created is judged with them (LIST-WHOLE-01), what a run wrote with its steps (STEP-LINK-02).
    """
    for operation in OWN:
        if not index.whole_lists(operation):
            continue
        pages = iter(index.pages(operation))
        shown: dict[str, dict[str, Page]] = {}
        page = next(pages, None)
        for walk in index.whole_lists(operation):
            while page is not None and page.number < walk[0].number:
                for name, item in zip(page.ids, page.items, strict=True):
                    written = operation == "listMessages" and item.get("run_id") is not None
                    if name is not None and name not in index.view(_created) and not written:
                        shown.setdefault(page.path, {}).setdefault(name, page)
                page = next(pages, None)
            yield from _still_listed(index, walk, shown.get(walk[0].path, {}))


def _still_listed(index: Index, walk: list[Page], known: dict[str, Page]) -> Iterator[Observation]:
    first, last = walk[0], walk[-1]
    if not known or _may_be_deleted(index, first.call.params, last.exchange):
        return
    yield Examined("LIST-KEEP-01", last.number, len(known))
    listed = {name for page in walk for name in page.ids}
    for name in [name for name in known if name not in listed and before(known[name].exchange, first.exchange)]:
        page = known.pop(name)  # it is told once
        deletions = index.view(_deletions).get(name, NO_CALLS)
        if not any(True for _ in deletions.not_after(last.exchange)):
            expected = f"{format_value(name)} on the whole list still, as in exchange {page.number}"
            yield Finding("LIST-KEEP-01", last.where.below("data"), expected, f"{len(listed)} other objects")
