"""Tool resources of assistants and threads, and what messages attach: shown as sent, and found where they belong."""

from collections import Counter
from collections.abc import Iterable, Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.echo import threads_made_with_runs
from conformance.checks.shared.sent_messages import attachments_of
from conformance.trace.calls import OperationCall
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, is_integer, mapping, sequence
from conformance.trace.order import before
from conformance.trace.store_contents import ATTACHING, StoreContents, attached, helpers, store_ids
from conformance.trace.trace import Sighting, Where

CREATING = {"createAssistant": "assistant", "createThread": "thread"}
CHANGING = {"assistant": ("modifyAssistant",), "thread": ("modifyThread", *ATTACHING)}
LISTS = (("file_search", "vector_store_ids"), ("code_interpreter", "file_ids"))
DAYS_OF_HELPERS = 7
UNSHOWN = ()  # no tool resources at all, which is neither null nor empty


@check("RESOURCE-STORE-01", "RESOURCE-STORE-02", "RESOURCE-HELPER-01", "RESOURCE-KEEP-01")
def resources(index: Index) -> Iterator[Observation]:
    """An assistant or thread has one vector store at most, and the resources that it was given."""
    for call in index.calls_to(*CREATING, "modifyAssistant", "modifyThread"):
        if call.ok:
            yield from _as_sent(call, call.sent, call.answer, call.where)
    for call, sent, sighting in threads_made_with_runs(index):
        yield from _as_sent(call, sent, sighting.value, sighting.where)
    for kind in CHANGING:
        for sighting in index.sightings(kind):
            if isinstance(sighting.value.get("tool_resources"), dict):
                yield from _one_store(sighting)
        for object_id, history in index.objects(kind).items():
            changes = index.calls_on(f"{kind}_id", object_id, *CHANGING[kind], effective=True).where(_may_change)
            for later, predecessors in history.successions:
                span = index.exchange(predecessors[0]), index.exchange(later)
                if not _is_change(index, kind, object_id, predecessors[0], later) and not changes.any_between(*span):
                    yield from _kept(predecessors[0], later, index.view(_deleted))


def _is_change(index: Index, kind: str, object_id: str, earlier: Sighting, later: Sighting) -> bool:
    """Whether one of two sightings is in an answer to what may change the resources of an assistant or thread."""
    changing, first = index.call(later.where.exchange), index.call(earlier.where.exchange)
    if changing and changing.operation in CHANGING[kind] and changing.params.get(f"{kind}_id") == object_id:
        return _may_change(changing)
    # A thread's store may be made a little later than the thread.
    return first is not None and first.operation in ATTACHING and bool(attached(first.sent))


def _may_change(call: OperationCall) -> bool:
    """Whether a request may change resources: a modification of something else does not."""
    return call.operation in ATTACHING or "tool_resources" in call.sent or "tools" in call.sent


def _one_store(sighting: Sighting) -> Iterator[Observation]:
    found = store_ids(sighting.value)
    yield Examined("RESOURCE-STORE-01", sighting.where.exchange)
    if len(found) > 1:
        place = sighting.where.below("tool_resources", "file_search", "vector_store_ids")
        yield Finding("RESOURCE-STORE-01", place, "one vector store at most", f"{len(found)} vector stores")


def _deleted(index: Index) -> frozenset[str]:
    """The stores and files that were to be deleted somewhere in the trace: resources may lose them."""
    stores, files = index.calls_by("vector_store_id", "deleteVectorStore"), index.calls_by("file_id", "deleteFile")
    return frozenset([*stores, *files])


def _kept(earlier: Sighting, later: Sighting, deleted: frozenset[str]) -> Iterator[Observation]:
    for tool, name in LISTS:
        was, told = _ids(earlier.value, tool, name), _ids(later.value, tool, name)
        if was is None or told is None or not deleted.isdisjoint(was):
            continue
        yield Examined("RESOURCE-KEEP-01", later.where.exchange)
        if was != told:
            place = later.where.below("tool_resources")
            expected = f"{name} {format_value(was)} as in exchange {earlier.where.exchange}"
            yield Finding("RESOURCE-KEEP-01", place, expected, f"{name} {format_value(told)}")


def _ids(holder: dict[str, Json], tool: str, name: str) -> list[str] | None:
    """The ids that tool resources list, sorted; none for a tool that is left out, None where they are unreadable."""
    found = holder.get("tool_resources", UNSHOWN)
    if not isinstance(found, dict | None):
        return None
    ids = mapping(mapping(found).get(tool)).get(name) or []
    return sorted(ids) if isinstance(ids, list) and all(isinstance(i, str) for i in ids) else None


def _as_sent(
    call: OperationCall, request: dict[str, Json], shown: dict[str, Json], where: Where
) -> Iterator[Observation]:
    if "tool_resources" not in shown:
        return
    attaching = any(mapping(row).get("attachments") for row in sequence(request.get("messages")))
    for tool, name in LISTS:
        sent, told = _ids(request, tool, name), _ids(shown, tool, name)
        given = mapping(mapping(request.get("tool_resources")).get(tool)).get(name)
        if given is None or sent is None or told is None:
            continue
        yield Examined("RESOURCE-STORE-02", call.number)
        if attaching and set(sent) <= set(told):
            continue  # what its messages attach is found there, too
        if sent != sorted(set(told)) and sorted(set(sent)) != told:
            place = where.below("tool_resources", tool, name)
            yield Finding(
                "RESOURCE-STORE-02", place, f"{name} {format_value(sent)}, as sent", f"{name} {format_value(told)}"
            )
    if call.operation in CREATING and helpers(call.sent):
        yield Examined("RESOURCE-HELPER-01", call.number)
        if not store_ids(call.answer):
            place = call.where.below("tool_resources", "file_search", "vector_store_ids")
            expected = "the id of the vector store that was described"
            yield Finding("RESOURCE-HELPER-01", place, expected, "no vector store")


@check("RESOURCE-HELPER-02", "LIMIT-VS-04")
def helper_stores(index: Index) -> Iterator[Observation]:
    """A store made for a thread or an assistant has its files; the thread's expires after a week."""
    holders = index.shown_by("assistant", "thread")
    for call in index.calls_to(*CREATING):
        described = helpers(call.sent)
        holder = holders.get(call.number) if call.ok and described else None
        for store_id in store_ids(holder.value)[:1] if holder else ():
            file_ids = [i for i in sequence(described[0].get("file_ids")) if isinstance(i, str)]
            yield from _counts_its_files(index, call, store_id, file_ids)
            if call.operation == "createThread":
                yield from _expires_in_a_week(index, store_id)
            added = [
                file_id
                for file_id in index.view(StoreContents).files_added_to(store_id)
                if any(addition is call for addition in index.view(StoreContents).file(store_id, file_id).additions)
            ]
            yield from _has_files(index, "RESOURCE-HELPER-02", store_id, call, added)


def _counts_its_files(index: Index, call: OperationCall, store_id: str, file_ids: list[str]) -> Iterator[Observation]:
    """A store without any file, though it was to be made with some."""
    contents = index.view(StoreContents)
    removals = [contents.file(store_id, file_id).removals for file_id in file_ids]
    removable = [timeline for timeline in removals if timeline]
    for sighting in index.history("vector_store", store_id):
        exchange, total = index.exchange(sighting), mapping(sighting.value.get("file_counts")).get("total")
        wanted = len(file_ids) - sum(timeline.any_not_after(exchange) for timeline in removable)
        if is_integer(total) and wanted and exchange.number > call.number:
            yield Examined("RESOURCE-HELPER-02", exchange.number)
            if total == 0:
                place = sighting.where.below("file_counts", "total")
                expected = f"a total of {wanted} files, named in exchange {call.number}"
                yield Finding("RESOURCE-HELPER-02", place, expected, "total 0")


def _expires_in_a_week(index: Index, store_id: str, times: int = 1) -> Iterator[Observation]:
    changes = index.calls_on("vector_store_id", store_id, "modifyVectorStore", effective=True)
    for sighting in index.history("vector_store", store_id):
        policy = sighting.value.get("expires_after", False)
        if not isinstance(policy, dict | None) or changes.any_not_after(index.exchange(sighting)):
            continue
        yield Examined("LIMIT-VS-04", sighting.where.exchange, times)
        if mapping(policy).get("days") != DAYS_OF_HELPERS:
            place = sighting.where.below("expires_after")
            expected = f"a policy of {DAYS_OF_HELPERS} days for a vector store made on the way"
            yield Finding("LIMIT-VS-04", place, expected, f"expires_after {format_value(policy)}")


def _has_files(
    index: Index, requirement: str, store_id: str, call: OperationCall, file_ids: Iterable[str]
) -> Iterator[Observation]:
    """Judge by whole lists of a store that it has the files that a request sent."""
    contents = index.view(StoreContents)
    files = [contents.file(store_id, file_id) for file_id in dict.fromkeys(file_ids)]
    for walk in contents.lists(store_id):
        last = walk[-1]
        if not before(call.exchange, walk[0].exchange):
            continue
        listed = {object_id for page in walk for object_id in page.ids}
        for file in files:
            if file.removals and file.removals.any_not_after(last.exchange):
                continue
            yield Examined(requirement, last.number)
            if file.file_id not in listed:
                expected = f"{format_value(file.file_id)}, which was sent in exchange {call.number}"
                yield Finding(requirement, last.where.below("data"), expected, f"{len(listed)} files without it")


@check("ATTACH-ECHO-01")
def messages(index: Index) -> Iterator[Observation]:
    """A message shows what was attached to it."""
    for call in index.calls_to("createMessage"):
        sent = call.sent.get("attachments")
        if not isinstance(sent, list) or not call.ok:
            continue
        told = call.answer.get("attachments", UNSHOWN)
        if not isinstance(told, list | None):
            continue
        yield Examined("ATTACH-ECHO-01", call.number)
        if attachments_of(sent) != attachments_of(told or []):
            place = call.where.below("attachments")
            yield Finding(
                "ATTACH-ECHO-01",
                place,
                f"attachments {format_value(sent)}, as sent",
                f"attachments {format_value(told)}",
            )


@check("ATTACH-KEEP-01")
def kept(index: Index) -> Iterator[Observation]:
    """A message keeps its attachments, in every later answer and list."""
    for history in index.objects("thread.message").values():
        attached_to = history.where(lambda seen: isinstance(seen.value.get("attachments"), list))
        if len(attached_to) < 2 or not any(seen.value["attachments"] for seen in attached_to):
            continue
        for later, predecessors in attached_to.successions:
            was, now = (attachments_of(seen.value["attachments"]) for seen in (predecessors[0], later))
            if not index.view(_deleted).isdisjoint(file_id for file_id, _ in was):
                continue
            yield Examined("ATTACH-KEEP-01", later.where.exchange)
            if was != now:
                yield Finding(
                    "ATTACH-KEEP-01",
                    later.where.below("attachments"),
                    f"attachments as in exchange {predecessors[0].where.exchange}, {len(was)} of them",
                    f"attachments {format_value(later.value['attachments'])}",
                )


@check("ATTACH-THREAD-01", "ATTACH-THREAD-02", "LIMIT-VS-04")
def thread_stores(index: Index) -> Iterator[Observation]:
    """What a message attaches for file_search is in a vector store of its thread."""
    threads, made_for_threads = index.shown_by("thread"), Counter[str]()
    for call in index.calls_to("createMessage", "createThread"):
        wanted = attached(call.sent) if call.ok else []
        if not wanted:
            continue
        shown_thread = threads.get(call.number)
        thread_id = call.params.get("thread_id", shown_thread.id if shown_thread else "")
        sighting = index.history("thread", thread_id).first_after(call.exchange)
        if sighting is None or not isinstance(sighting.value.get("tool_resources"), dict):
            continue
        modifying = index.calls_on("thread_id", thread_id, "modifyThread")
        last = index.call(sighting.where.exchange)
        if modifying.any_between(call.exchange, index.exchange(sighting)) or _modifies(last, thread_id):
            continue
        found = store_ids(sighting.value)
        yield Examined("ATTACH-THREAD-01", sighting.where.exchange)
        if not found:
            yield _no_store(sighting.where.below("tool_resources"), call)
            continue
        yield from _has_files(index, "ATTACH-THREAD-02", found[0], call, wanted)
        known = index.history("thread", thread_id).last_before(call.exchange)
        new = call.operation == "createThread" or (known is not None and found[0] not in store_ids(known.value))
        if (new or found[0] in made_for_threads) and found[0] not in index.view(_stores_given):
            made_for_threads[found[0]] += 1
    for store_id, times in made_for_threads.items():
        yield from _expires_in_a_week(index, store_id, times)


def _modifies(call: OperationCall | None, thread_id: str) -> bool:
    return call is not None and call.operation == "modifyThread" and call.params["thread_id"] == thread_id


def _stores_given(index: Index) -> frozenset[str]:
    """The stores that were created by themselves, named in requests or shown by assistants."""
    contents = index.view(StoreContents)
    of_assistants = {i for sighting in index.sightings("assistant") for i in store_ids(sighting.value)}
    return contents.named | contents.created.keys() | of_assistants


def _no_store(where: Where, call: OperationCall) -> Finding:
    expected = f"a vector store with the files that were attached in exchange {call.number}"
    return Finding("ATTACH-THREAD-01", where, expected, "no vector store")
