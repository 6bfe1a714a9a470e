"""Tool resources of assistants and threads, and what messages attach: shown as sent, and found where they belong."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import Asked, any_between, asked, by_path, shown_in
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.holdings import ATTACHING, Holdings, attached, helpers, store_ids, whole_lists
from conformance.checks.lifecycle import below
from conformance.checks.pages import pages
from conformance.checks.routes import malformed
from conformance.contract import Contract
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, is_integer, mapping, same, sequence, shown, text
from conformance.trace.order import before, successions
from conformance.trace.trace import Sighting, Trace, Where

CREATING = {"createAssistant": "assistant", "createThread": "thread"}
MODIFYING = {"modifyAssistant": "assistant", "modifyThread": "thread"}
LISTS = (("file_search", "vector_store_ids"), ("code_interpreter", "file_ids"))
DAYS_OF_HELPERS = 7


@check("RESOURCE-STORE-01", "RESOURCE-STORE-02", "RESOURCE-HELPER-01", "RESOURCE-KEEP-01")
def resources(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """An assistant or thread has one vector store at most, and the resources that it was given."""
    requests = asked(trace, contract)
    for one in requests:
        if one.operation not in CREATING | MODIFYING or not one.ok:
            continue
        if not malformed(one.exchange, contract.operations.by_id[one.operation], contract):
            yield from _as_sent(one)
    # A thread's store may be made a little later than the thread.
    attaching = {one.number for one in requests if attached(one.sent)}
    # That more than one was taken is told where it was sent: LIMIT-RES-02.
    sent = [ids for one in requests if len(ids := store_ids(one.sent)) > 1]
    for kind in ("assistant", "thread"):
        changes = _changes(requests, kind)
        for object_id, seen in trace.of_kind(kind):
            for sighting in seen:
                if store_ids(sighting.value) not in sent:
                    yield from _one_store(sighting)
            for later, predecessors in successions(trace, seen, within_streams=False):
                earlier = predecessors[0]
                span = trace.exchange(earlier.where.exchange), trace.exchange(later.where.exchange)
                if earlier.where.exchange in attaching or _own(changes, object_id, later):
                    continue
                if not any_between(changes.get(object_id, ()), *span):
                    yield from _kept(earlier, later, _deleted(requests))


def _changes(requests: list[Asked], kind: str) -> dict[str, list[Asked]]:
    """The requests that may change the resources of an assistant or thread, by its id."""
    changing = {name for name, changed in MODIFYING.items() if changed == kind}
    changing |= ATTACHING if kind == "thread" else frozenset()
    return by_path([one for one in requests if one.operation in changing and not one.refused], f"{kind}_id")


def _own(changes: dict[str, list[Asked]], object_id: str, later: Sighting) -> bool:
    return any(one.number == later.where.exchange for one in changes.get(object_id, ()))


def _one_store(sighting: Sighting) -> Iterator[Observation]:
    found = store_ids(sighting.value)
    if isinstance(sighting.value.get("tool_resources"), dict):
        yield Examined("RESOURCE-STORE-01", sighting.where.exchange)
        if len(found) > 1:
            place = below(sighting.where, "tool_resources", "file_search", "vector_store_ids")
            yield Finding("RESOURCE-STORE-01", place, "one vector store at most", f"{len(found)} vector stores")


def _deleted(requests: list[Asked]) -> frozenset[str]:
    """The stores and files that were deleted somewhere in the trace: resources may lose them."""
    deleting = {"deleteVectorStore": "vector_store_id", "deleteFile": "file_id"}
    return frozenset(one.path.get(deleting[one.operation], "") for one in requests if one.operation in deleting)


def _kept(earlier: Sighting, later: Sighting, deleted: frozenset[str]) -> Iterator[Observation]:
    for tool, name in LISTS:
        was, told = (_listed(one.value, tool, name) for one in (earlier, later))
        if was is None or told is None or not deleted.isdisjoint(was):
            continue
        yield Examined("RESOURCE-KEEP-01", later.where.exchange)
        if not same(was, told):
            place = below(later.where, "tool_resources", tool, name)
            expected = f"{name} {shown(was)} as in exchange {earlier.where.exchange}"
            yield Finding("RESOURCE-KEEP-01", place, expected, f"{name} {shown(told)}")


def _listed(holder: dict[str, Json], tool: str, name: str) -> list[Json] | None:
    """The ids that tool resources list, sorted; none for a tool that is left out, None where they are unreadable."""
    found = holder.get("tool_resources")
    ids = mapping(mapping(found).get(tool)).get(name, [])
    if not isinstance(found, dict) or not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        return None
    return sorted(ids)


def _as_sent(one: Asked) -> Iterator[Observation]:
    if not isinstance(one.answer.get("tool_resources"), dict):
        return
    for tool, name in LISTS:
        sent, told = _listed(one.sent, tool, name), _listed(one.answer, tool, name)
        if name not in mapping(mapping(one.sent.get("tool_resources")).get(tool)) or sent is None or told is None:
            continue
        yield Examined("RESOURCE-STORE-02", one.number)
        if sent != sorted(set(told)) and sorted(set(sent)) != told:
            place = below(one.where, "tool_resources", tool, name)
            yield Finding("RESOURCE-STORE-02", place, f"{name} {shown(sent)}, as sent", f"{name} {shown(told)}")
    if one.operation in CREATING and helpers(one.sent):
        found = store_ids(one.answer)
        yield Examined("RESOURCE-HELPER-01", one.number)
        if not found:
            place = below(one.where, "tool_resources", "file_search", "vector_store_ids")
            expected = "the id of the vector store that was described"
            yield Finding("RESOURCE-HELPER-01", place, expected, "no vector store")


@check("RESOURCE-HELPER-02", "LIMIT-VS-04")
def made_on_the_way(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A store made for a thread or an assistant has its files; the thread's expires after a week."""
    holdings = Holdings(trace, contract)
    holders = shown_in(trace, ("assistant", "thread"))
    stores = dict(trace.of_kind("vector_store"))
    for one in holdings.requests:
        if one.operation not in CREATING or not one.ok or one.number not in holders or not helpers(one.sent):
            continue
        for store_id in store_ids(holders[one.number].value)[:1]:
            for sighting in stores.get(store_id, ()):
                yield from _counts_its_files(holdings, one, sighting)
            if one.operation == "createThread":
                yield from _expires_in_a_week(holdings, store_id, stores.get(store_id, ()))
            yield from _has_files(holdings, contract, "RESOURCE-HELPER-02", store_id, one)


def _counts_its_files(holdings: Holdings, one: Asked, sighting: Sighting) -> Iterator[Observation]:
    """A store without any file, though it was to be made with some."""
    total = mapping(sighting.value.get("file_counts")).get("total")
    exchange = holdings.trace.exchange(sighting.where.exchange)
    file_ids = [
        file_id
        for file_id in sequence(helpers(one.sent)[0].get("file_ids"))
        if isinstance(file_id, str) and not _may_be_out(holdings, sighting.id, file_id, exchange)
    ]
    if is_integer(total) and file_ids and exchange.number > one.number:
        yield Examined("RESOURCE-HELPER-02", sighting.where.exchange)
        if total == 0:
            place = below(sighting.where, "file_counts", "total")
            expected = f"a total of {len(file_ids)} files, named in exchange {one.number}"
            yield Finding("RESOURCE-HELPER-02", place, expected, "total 0")


def _expires_in_a_week(holdings: Holdings, store_id: str, seen: tuple[Sighting, ...]) -> Iterator[Observation]:
    changed = [
        one
        for one in holdings.requests
        if one.operation == "modifyVectorStore" and one.path.get("vector_store_id") == store_id and not one.refused
    ]
    for sighting in seen:
        exchange = holdings.trace.exchange(sighting.where.exchange)
        policy = sighting.value.get("expires_after")
        if any(not before(exchange, one.exchange) for one in changed) or not isinstance(policy, dict | None):
            continue
        if "expires_after" not in sighting.value:
            continue
        yield Examined("LIMIT-VS-04", exchange.number)
        if mapping(policy).get("days") != DAYS_OF_HELPERS:
            place = below(sighting.where, "expires_after")
            expected = f"a policy of {DAYS_OF_HELPERS} days for a vector store made on the way"
            yield Finding("LIMIT-VS-04", place, expected, f"expires_after {shown(policy)}")


def _has_files(
    holdings: Holdings,
    contract: Contract,
    requirement: str,
    store_id: str,
    one: Asked,
    *,
    wanted: list[str] | None = None,
) -> Iterator[Observation]:
    """Judge by whole lists of a store that it has files: those that a request added, or those that are wanted."""
    files = wanted or [added.file_id for added in holdings.additions if added.asked is one]
    for walk in whole_lists(pages(holdings.trace, contract), "listVectorStoreFiles"):
        last = walk[-1]
        if last.asked.path.get("vector_store_id") != store_id or not before(one.exchange, walk[0].asked.exchange):
            continue
        listed = {object_id for page in walk for object_id in page.ids}
        for file_id in dict.fromkeys(files):
            if _may_be_out(holdings, store_id, file_id, last.asked.exchange):
                continue
            yield Examined(requirement, last.number)
            if file_id not in listed:
                expected = f"{shown(file_id)}, which was sent in exchange {one.number}"
                yield Finding(requirement, below(last.where, "data"), expected, f"{len(listed)} files without it")


def _may_be_out(holdings: Holdings, store_id: str, file_id: str, at: Exchange) -> bool:
    """Whether a file may have been taken out of a store by then."""
    return any(
        one.path.get("file_id") in (None, file_id)
        and one.path.get("vector_store_id") in (None, store_id)
        and not before(at, one.exchange)
        for one in holdings.removals
    )


@check("ATTACH-ECHO-01")
def messages(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A message shows what was attached to it."""
    for one in asked(trace, contract):
        sent, told = one.sent.get("attachments"), one.answer.get("attachments")
        if one.operation != "createMessage" or not one.ok or not isinstance(sent, list) or not isinstance(told, list):
            continue
        if malformed(one.exchange, contract.operations.by_id[one.operation], contract):
            continue
        yield Examined("ATTACH-ECHO-01", one.number)
        if sorted(map(_attachment, sent)) != sorted(map(_attachment, told)):
            place = below(one.where, "attachments")
            yield Finding("ATTACH-ECHO-01", place, f"attachments {shown(sent)}, as sent", f"attachments {shown(told)}")


def _attachment(one: Json) -> tuple[str, tuple[str, ...]]:
    row = mapping(one)
    tools = {str(mapping(tool).get("type")) for tool in sequence(row.get("tools"))}
    return text(row.get("file_id")) or "", tuple(sorted(tools))


@check("ATTACH-THREAD-01", "ATTACH-THREAD-02", "LIMIT-VS-04")
def thread_stores(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What a message attaches for file_search is in a vector store of its thread."""
    holdings = Holdings(trace, contract)
    threads, made = dict(trace.of_kind("thread")), shown_in(trace, ("thread",))
    stores = dict(trace.of_kind("vector_store"))
    given = {
        *holdings.created,
        *(i for _, seen in trace.of_kind("assistant") for s in seen for i in store_ids(s.value)),
    }
    given |= {store_id for one in holdings.requests for store_id in store_ids(one.sent)}
    for one in holdings.requests:
        wanted = attached(one.sent)
        if one.operation not in ("createMessage", "createThread") or not one.ok or not wanted:
            continue
        own = made[one.number].id if one.number in made else ""
        thread_id = one.path.get("thread_id", own)
        later = [s for s in threads.get(thread_id, ()) if before(one.exchange, trace.exchange(s.where.exchange))]
        for sighting in later[:1]:
            if _modified(holdings, thread_id, one, trace.exchange(sighting.where.exchange)):
                continue
            if not isinstance(sighting.value.get("tool_resources"), dict):
                continue
            found = store_ids(sighting.value)
            yield Examined("ATTACH-THREAD-01", sighting.where.exchange)
            if not found:
                yield _no_store(below(sighting.where, "tool_resources"), one)
                continue
            yield from _has_files(holdings, contract, "ATTACH-THREAD-02", found[0], one, wanted=wanted)
            if found[0] not in given:
                yield from _expires_in_a_week(holdings, found[0], stores.get(found[0], ()))


def _modified(holdings: Holdings, thread_id: str, one: Asked, until: Exchange) -> bool:
    """Whether the thread's own resources may have been changed after something was attached."""
    modifying = [r for r in holdings.requests if r.operation == "modifyThread" and r.path.get("thread_id") == thread_id]
    return any_between(modifying, one.exchange, until) or any(r.exchange is until for r in modifying)


def _no_store(where: Where, one: Asked) -> Finding:
    expected = f"a vector store with the files that were attached in exchange {one.number}"
    return Finding("ATTACH-THREAD-01", where, expected, "no vector store")
