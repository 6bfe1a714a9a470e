"""Deletion: what is deleted is gone, with what was in it; what was not deleted is still there, in its place."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.trace.calls import OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.index import Index
from conformance.trace.json import format_value, text
from conformance.trace.order import before
from conformance.trace.store_contents import StoreContents
from conformance.trace.validity import Validity

# The path parameter of what each operation deletes.
DELETIONS = {"deleteAssistant": "assistant_id", "deleteThread": "thread_id", "deleteMessage": "message_id"}
LISTS = ("listAssistants", "listMessages")
NAMING = frozenset({"after", "before", "run_id"})
# What reads an object, by the path parameter that names it.
READERS = {
    "getAssistant": "assistant_id",
    "getThread": "thread_id",
    "getMessage": "message_id",
    "getRun": "run_id",
    "getRunStep": "step_id",
    "listMessages": "thread_id",
    "listRuns": "thread_id",
    "listRunSteps": "run_id",
    "retrieveFile": "file_id",
    "getVectorStore": "vector_store_id",
    "listVectorStoreFiles": "vector_store_id",
    "getVectorStoreFileBatch": "batch_id",
    "listFilesInVectorStoreBatch": "batch_id",
}
OF_FILES = frozenset({"file_id", "vector_store_id"})
# What else is deleted, as far as it may take other things along; that has requirements of its own.
OTHER_DELETIONS = {"deleteFile": "file_id", "deleteVectorStore": "vector_store_id"}
NOT_DELETED = (".deleted", ".delta")


def _deleted(index: Index) -> dict[tuple[str, str], OperationCall]:
    """The first call that deleted each object, by path parameter and id."""
    found: dict[tuple[str, str], OperationCall] = {}
    for call in index.calls_to(*DELETIONS):
        if call.ok and call.answer.get("deleted") is True:
            parameter = DELETIONS[call.operation]
            found.setdefault((parameter, call.params[parameter]), call)
    return found


@check("DELETION-GONE-01", "DELETION-TWICE-01", "DELETION-CHILD-01")
def gone(index: Index) -> Iterator[Observation]:
    """What was deleted is not found again, whatever is asked of it."""
    deleted = index.view(_deleted)
    later = {
        call.number: call
        for (parameter, named), deletion in deleted.items()
        for call in index.calls_on(parameter, named).after(deletion.exchange)
    }
    for number in sorted(later):
        call = later[number]
        if not call.looked_up:
            continue
        for name in call.params:
            found = deleted.get((name, call.params[name]))
            if found is None or not before(found.exchange, call.exchange):
                continue
            requirement = "DELETION-GONE-01"
            if call.operation == found.operation:
                requirement = "DELETION-TWICE-01"
            elif name == "thread_id" and call.operation not in ("getThread", "modifyThread"):
                requirement = "DELETION-CHILD-01"
            yield Examined(requirement, number)
            # A request may be malformed besides, and that is told first.
            if call.status != 404 and not (call.status == 400 and call.exchange.request.method == "POST"):
                yield Finding(
                    requirement,
                    call.where,
                    f"status 404: {format_value(call.params[name])} was deleted in exchange {found.number}",
                    f"status {call.status}",
                )
            break


@check("DELETION-LIST-01")
def unlisted(index: Index) -> Iterator[Observation]:
    """What was deleted is on no list any more."""
    deleted = {named: call for (_, named), call in index.view(_deleted).items()}
    in_order = Timeline(sorted(deleted.values(), key=lambda call: call.number))
    for page in index.pages(*LISTS) if deleted else ():
        if in_order.first_before(page.exchange) is not None:
            yield Examined("DELETION-LIST-01", page.number)
        for position, object_id in enumerate(page.ids):
            deletion = deleted.get(object_id or "")
            if deletion is not None and before(deletion.exchange, page.exchange):
                yield Finding(
                    "DELETION-LIST-01",
                    page.where.below("data", position),
                    f"no {format_value(object_id)}: it was deleted in exchange {deletion.number}",
                    "it is listed",
                )


@check("DELETION-KEEP-01", "DELETION-KEEP-02")
def kept(index: Index) -> Iterator[Observation]:
    """What was seen and not deleted can be read: after the deletion of its assistant, and of anything else."""
    seen, parents, deletions = index.view(_first_seen), index.view(_parents), index.view(_deletions)
    of_assistants = index.calls_to("deleteAssistant", effective=True)
    for call in index.calls_to(*READERS):
        if not OF_FILES.isdisjoint(call.params) and not _made_and_kept(index, call):
            continue
        object_id = call.params.get(READERS[call.operation], "")
        shown_by, known = seen.get(object_id), parents.get(object_id, frozenset())
        if shown_by is None or call.status not in (200, 404) or not before(shown_by, call.exchange):
            continue
        if call.exchange.request.query and not NAMING.isdisjoint(call.exchange.request.query):
            continue  # then it may be what the query names that is not found
        line = (object_id, *call.params.values(), *known)
        if any(deletions[named].any_not_after(call.exchange) for named in line if named in deletions):
            continue
        if not _in_its_place(call, known):
            continue
        orphaned = call.operation != "getAssistant" and of_assistants.any_not_after(call.exchange)
        requirement = "DELETION-KEEP-01" if orphaned else "DELETION-KEEP-02"
        yield Examined(requirement, call.number)
        if call.status == 404:
            yield Finding(
                requirement,
                call.where,
                f"{format_value(object_id)} is still there: it was seen in exchange {shown_by.number} and not deleted",
                "status 404",
            )


def _made_and_kept(index: Index, call: OperationCall) -> bool:
    """Whether a file or vector store was made by a request of its own, and goes neither by itself nor with another.

    What becomes of a file when a store lets go of it is judged there: VS-DELETE-03, LIMIT-FILE-12.
    """
    contents = index.view(StoreContents)
    if "vector_store_id" in call.params:
        return call.params["vector_store_id"] in contents.created
    removed = index.calls_to("deleteVectorStore", "deleteVectorStoreFile").any_not_after(call.exchange)
    file_id = call.params["file_id"]
    return not removed and file_id in index.view(_uploaded) and file_id not in contents.expiring


def _uploaded(index: Index) -> frozenset[str]:
    shown = index.shown_by("file")
    return frozenset(shown[call.number].id for call in index.calls_to("createFile") if call.number in shown)


def _deletions(index: Index) -> dict[str, Timeline]:
    """The calls that deleted an object, or may have done so, by its id."""
    found: dict[str, list[OperationCall]] = {}
    parameters = DELETIONS | OTHER_DELETIONS
    for call in index.calls_to(*parameters, effective=True):
        found.setdefault(call.params[parameters[call.operation]], []).append(call)
    return {named: Timeline(calls) for named, calls in found.items()}


def _first_seen(index: Index) -> dict[str, Exchange]:
    """The exchange that first showed each object."""
    seen: dict[str, Exchange] = {}
    for sighting in index.trace.sightings:
        if sighting.id not in seen and not sighting.kind.endswith(NOT_DELETED):
            seen[sighting.id] = index.exchange(sighting)
    return seen


def _parents(index: Index) -> dict[str, frozenset[str]]:
    """The threads, runs and vector stores that each object was first shown to be in."""
    found: dict[str, frozenset[str]] = {}
    for sighting in index.trace.sightings:
        if sighting.id not in found:
            named = (text(sighting.value.get(name)) for name in ("thread_id", "run_id", "vector_store_id"))
            found[sighting.id] = frozenset(value for value in named if value)
    return found


def _in_its_place(call: OperationCall, parents: frozenset[str]) -> bool:
    """Whether the path names the thread or vector store that the object is in, and the run where it names one."""
    if not parents:
        return True
    if any(name in call.params and call.params[name] not in parents for name in ("thread_id", "vector_store_id")):
        return False
    return call.operation != "getRunStep" or call.params.get("run_id") in parents


@check("DELETION-SCOPE-01")
def scope(index: Index) -> Iterator[Observation]:
    """A message or run of one thread is not found under another."""
    for call, named, home in index.view(_misplaced):
        if not call.looked_up:
            continue
        if not before(index.view(_first_shown)[named], call.exchange):
            continue
        if call.status == 400 and _malformed(call, index):
            continue  # what is wrong with the request itself is told first
        yield Examined("DELETION-SCOPE-01", call.number)
        # An answer that names a thread is judged by it: OBJECT-LINK-01, OBJECT-LINK-02.
        if call.status != 404 and not (call.ok and "thread_id" in call.answer):
            yield Finding(
                "DELETION-SCOPE-01",
                call.where,
                f"status 404: {format_value(named)} is in thread {format_value(home)}",
                f"status {call.status}",
            )


def _misplaced(index: Index) -> list[tuple[OperationCall, str, str]]:
    """The calls that name a message or run under another thread than its own: the call, its object, that thread."""
    threads: dict[str, str] = {}
    for kind in ("thread.message", "thread.run"):
        for named, history in index.objects(kind).items():
            home = next((home for seen in history if (home := text(seen.value.get("thread_id")))), None)
            if home:
                threads.setdefault(named, home)
    found = []
    for call in index.calls:
        named = call.params.get("message_id") or call.params.get("run_id") or ""
        home = threads.get(named) if named else None
        if home is not None and call.params.get("thread_id", home) != home:
            found.append((call, named, home))
    return found


def _first_shown(index: Index) -> dict[str, Exchange]:
    """The exchange that first showed each id, in whatever kind of object."""
    found: dict[str, Exchange] = {}
    for sighting in index.trace.sightings:
        if sighting.id not in found:
            found[sighting.id] = index.exchange(sighting)
    return found


def _malformed(call: OperationCall, index: Index) -> bool:
    """Whether a request is wrong in itself: a thread id that can be none, or a body or query that breaks a bound."""
    return not call.params["thread_id"].startswith("thread_") or index.view(Validity).is_malformed(call)
