"""Deletion of files and vector stores: what is deleted is gone from where it was, and from nowhere else."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import BEFORE_LOOKING, Asked
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.holdings import Holdings, whole_lists
from conformance.checks.lifecycle import below
from conformance.checks.pages import Page, pages
from conformance.contract import Contract
from conformance.trace.json import shown, text
from conformance.trace.order import before
from conformance.trace.trace import Trace

STORE, FILE, ENTRY = "deleteVectorStore", "deleteFile", "deleteVectorStoreFile"
OF_STORES = frozenset({"getVectorStore", "modifyVectorStore", STORE})
OF_FILES = frozenset({"retrieveFile", "downloadFile", FILE})
OF_ENTRIES = frozenset(
    {"getVectorStoreFile", "updateVectorStoreFileAttributes", "retrieveVectorStoreFileContent", ENTRY}
)


def _deleted(holdings: Holdings, operation: str, parameter: str) -> dict[str, Asked]:
    """The first accepted deletion of each object, by its id."""
    return {
        one.path[parameter]: one
        for one in reversed(holdings.removals)
        if one.operation == operation and one.ok and one.answer.get("deleted") is True
    }


def _looked(one: Asked) -> bool:
    """Whether an answer tells that the endpoint looked for the object."""
    return one.status is not None and one.status < 500 and one.status not in BEFORE_LOOKING


def _gone(requirement: str, one: Asked, gone_id: str, deletion: Asked) -> Iterator[Observation]:
    yield Examined(requirement, one.number)
    # A request may be malformed besides, and that is told first.
    if one.status != 404 and not (one.status == 400 and one.exchange.request.method == "POST"):
        expected = f"status 404: {shown(gone_id)} was deleted in exchange {deletion.number}"
        yield Finding(requirement, one.where, expected, f"status {one.status}")


@check("VS-DELETE-01", "VS-DELETE-02")
def stores(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A deleted store is not found again, nor what was in it."""
    holdings = Holdings(trace, contract)
    deleted = _deleted(holdings, STORE, "vector_store_id")
    for one in holdings.requests:
        store_id = one.path.get("vector_store_id", "")
        deletion = deleted.get(store_id)
        if deletion is not None and deletion is not one and before(deletion.exchange, one.exchange) and _looked(one):
            requirement = "VS-DELETE-01" if one.operation in OF_STORES else "VS-DELETE-02"
            yield from _gone(requirement, one, store_id, deletion)


@check("FILE-DELETE-01", "FILE-DELETE-03")
def files(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A deleted file is not found again, and not taken into a store."""
    holdings = Holdings(trace, contract)
    deleted = _deleted(holdings, FILE, "file_id")
    for one in holdings.requests:
        adding = one.operation == "createVectorStoreFile"
        file_id = text(one.sent.get("file_id")) if adding else one.path.get("file_id")
        deletion = deleted.get(file_id or "")
        if file_id is None or deletion is None or deletion is one or not before(deletion.exchange, one.exchange):
            continue
        if one.operation in OF_FILES and _looked(one):
            yield from _gone("FILE-DELETE-01", one, file_id, deletion)
        elif adding and _looked(one):
            yield Examined("FILE-DELETE-03", one.number)
            if one.ok:
                expected = f"a refusal: {shown(file_id)} was deleted in exchange {deletion.number}"
                yield Finding("FILE-DELETE-03", one.where, expected, f"status {one.status}")


@check("VSF-DELETE-01", "LIMIT-FILE-12")
def entries(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file that was taken out of a store is not found there; a deleted file is in no store."""
    holdings = Holdings(trace, contract)
    for one in holdings.requests:
        store_id, file_id = one.path.get("vector_store_id"), one.path.get("file_id")
        if store_id is None or file_id is None or one.operation not in OF_ENTRIES or not _looked(one):
            continue
        deletion = holdings.removal(store_id, file_id, one.exchange)
        # With the whole store it is gone too, and that is told as such.
        if deletion is not None and deletion.operation in (ENTRY, FILE):
            requirement = "VSF-DELETE-01" if deletion.operation == ENTRY else "LIMIT-FILE-12"
            yield from _gone(requirement, one, file_id, deletion)


@check("VS-DELETE-04", "FILE-DELETE-02", "VSF-DELETE-02", "LIMIT-FILE-12")
def unlisted(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What was deleted is on no list."""
    holdings = Holdings(trace, contract)
    whole = {
        "listVectorStores": ("VS-DELETE-04", _deleted(holdings, STORE, "vector_store_id")),
        "listFiles": ("FILE-DELETE-02", _deleted(holdings, FILE, "file_id")),
    }
    for page in pages(trace, contract):
        if page.asked.operation in whole:
            requirement, deleted = whole[page.asked.operation]
            gone = {i: one for i, one in deleted.items() if before(one.exchange, page.asked.exchange)}
            if gone:
                yield Examined(requirement, page.number)
            for index, object_id in enumerate(page.ids):
                if object_id in gone:
                    yield _still_listed(requirement, page, index, gone[object_id])
        elif page.asked.operation == "listVectorStoreFiles":
            yield from _not_in_store(holdings, page)


def _not_in_store(holdings: Holdings, page: Page) -> Iterator[Observation]:
    store_id = page.asked.path.get("vector_store_id", "")
    for requirement, operation in (("VSF-DELETE-02", ENTRY), ("LIMIT-FILE-12", FILE)):
        taken = {
            one.path["file_id"]: one
            for one in holdings.removals
            if one.operation == operation and (operation == FILE or one.path.get("vector_store_id") == store_id)
        }
        gone = {
            file_id: one
            for file_id, one in taken.items()
            if holdings.removal(store_id, file_id, page.asked.exchange) is one
            and (operation == ENTRY or holdings.added(store_id, file_id))
        }
        if gone:
            yield Examined(requirement, page.number)
        for index, file_id in enumerate(page.ids):
            if file_id in gone:
                yield _still_listed(requirement, page, index, gone[file_id])


def _still_listed(requirement: str, page: Page, index: int, deletion: Asked) -> Finding:
    expected = f"no {shown(page.ids[index])}: it was deleted in exchange {deletion.number}"
    return Finding(requirement, below(page.where, "data", index), expected, "it is listed")


@check("VS-DELETE-03", "LIMIT-FILE-12")
def files_stay(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Deleting a store leaves its files; taking a file out of one store leaves it in the others, and as a file."""
    holdings = Holdings(trace, contract)
    for one in holdings.requests:
        file_id, store_id = one.path.get("file_id"), one.path.get("vector_store_id")
        if file_id is None or file_id in holdings.expiring or not (one.ok or one.status == 404):
            continue
        if one.operation not in OF_FILES | OF_ENTRIES:
            continue
        if any(gone.operation == FILE and _may_precede(gone, one, file_id) for gone in holdings.removals):
            continue
        if store_id is not None and not holdings.holds(store_id, file_id, one.exchange):
            continue
        earlier = _taken_elsewhere(holdings, one, file_id, store_id)
        if earlier is None:
            continue
        requirement = "VS-DELETE-03" if earlier.operation == STORE else "LIMIT-FILE-12"
        yield Examined(requirement, one.number)
        if one.status == 404:
            place = "the file" if store_id is None else f"{shown(file_id)} in {shown(store_id)}"
            what = "another vector store was deleted" if earlier.operation == STORE else "it was taken out of another"
            if store_id is None:
                what = "a vector store was deleted" if earlier.operation == STORE else "it was taken out of a store"
            expected = f"{place}, still there: only {what}, in exchange {earlier.number}"
            yield Finding(requirement, one.where, expected, "status 404")
    yield from _still_in_lists(holdings, trace, contract)


def _may_precede(gone: Asked, one: Asked, file_id: str) -> bool:
    return gone.path.get("file_id") == file_id and (gone is one or not before(one.exchange, gone.exchange))


def _taken_elsewhere(holdings: Holdings, one: Asked, file_id: str, store_id: str | None) -> Asked | None:
    """The last deletion of another store, or from one, that had the file, before a request; the file was known."""
    found = None
    for gone in holdings.removals:
        other = gone.path.get("vector_store_id")
        if gone.operation == FILE or other is None or other == store_id or not before(gone.exchange, one.exchange):
            continue
        held = any(addition.asked.ok for addition in holdings.added(other, file_id))
        if gone.ok and held and (gone.operation == STORE or gone.path.get("file_id") == file_id):
            found = gone
    known = found is not None and any(
        "deleted" not in sighting.value and before(holdings.trace.exchange(sighting.where.exchange), one.exchange)
        for kind in ("file", "vector_store.file")
        for sighting in holdings.trace.histories.get((kind, file_id), ())
    )
    return found if known else None


def _still_in_lists(holdings: Holdings, trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file that was taken out of one store is still on the list of another."""
    taken = [one for one in holdings.removals if one.operation == ENTRY and one.ok]
    for walk in whole_lists(pages(trace, contract), "listVectorStoreFiles"):
        store_id, last = walk[0].asked.path.get("vector_store_id", ""), walk[-1]
        ids = {object_id for page in walk for object_id in page.ids}
        for one in taken:
            file_id = one.path.get("file_id", "")
            if one.path.get("vector_store_id") == store_id or not before(one.exchange, walk[0].asked.exchange):
                continue
            addition = holdings.holds(store_id, file_id, last.asked.exchange)
            if addition is None or addition is not holdings.holds(store_id, file_id, walk[0].asked.exchange):
                continue
            yield Examined("LIMIT-FILE-12", last.number)
            if file_id not in ids:
                expected = f"{shown(file_id)} on the list: it was taken out of another store, in exchange {one.number}"
                yield Finding("LIMIT-FILE-12", below(last.where, "data"), expected, f"{len(ids)} files without it")
