"""Deletion: what is deleted is gone, with what was in it; what was not deleted is still there, in its place."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import BEFORE_LOOKING, Asked, asked
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.limits import violations
from conformance.checks.pages import pages
from conformance.contract import Contract
from conformance.trace.exchange import Exchange
from conformance.trace.json import NotJson, shown, text
from conformance.trace.order import before
from conformance.trace.trace import Trace

# The path parameter of what each operation deletes.
DELETIONS = {"deleteAssistant": "assistant_id", "deleteThread": "thread_id", "deleteMessage": "message_id"}
LISTS = {"listAssistants", "listMessages"}
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
}


def _deleted(requests: list[Asked]) -> dict[tuple[str, str], Asked]:
    """The requests that deleted something, by path parameter and id."""
    return {
        (DELETIONS[one.operation], one.path[DELETIONS[one.operation]]): one
        for one in reversed(requests)
        if one.operation in DELETIONS and one.ok and one.answer.get("deleted") is True
    }


@check("DELETION-GONE-01", "DELETION-TWICE-01", "DELETION-CHILD-01")
def gone(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What was deleted is not found again, whatever is asked of it."""
    requests = asked(trace, contract)
    deleted = _deleted(requests)
    for one in requests:
        if one.status is None or one.status >= 500 or one.status in BEFORE_LOOKING:
            continue
        for name in one.path:
            deletion = deleted.get((name, one.path[name]))
            if deletion is None or deletion is one or not before(deletion.exchange, one.exchange):
                continue
            requirement = "DELETION-GONE-01"
            if one.operation == deletion.operation:
                requirement = "DELETION-TWICE-01"
            elif name == "thread_id" and one.operation not in ("getThread", "modifyThread"):
                requirement = "DELETION-CHILD-01"
            yield Examined(requirement, one.number)
            # A request may be malformed besides, and that is told first.
            if one.status != 404 and not (one.status == 400 and one.exchange.request.method == "POST"):
                yield Finding(
                    requirement,
                    one.where,
                    f"status 404: {shown(one.path[name])} was deleted in exchange {deletion.number}",
                    f"status {one.status}",
                )
            break


@check("DELETION-LIST-01")
def unlisted(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What was deleted is on no list any more."""
    deleted = {object_id: one for (_, object_id), one in _deleted(asked(trace, contract)).items()}
    for page in pages(trace, contract):
        if page.asked.operation not in LISTS:
            continue
        earlier = {i: d for i, d in deleted.items() if before(d.exchange, page.asked.exchange)}
        if earlier:
            yield Examined("DELETION-LIST-01", page.number)
        for index, object_id in enumerate(page.ids):
            if object_id is not None and object_id in earlier:
                yield Finding(
                    "DELETION-LIST-01",
                    below(page.where, "data", index),
                    f"no {shown(object_id)}: it was deleted in exchange {earlier[object_id].number}",
                    "it is listed",
                )


@check("DELETION-KEEP-01", "DELETION-KEEP-02")
def kept(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What was seen and not deleted can be read: after the deletion of its assistant, and of anything else."""
    requests = asked(trace, contract)
    parents = _parents(trace)
    seen: dict[str, Exchange] = {}
    for sighting in trace.sightings:
        if not sighting.kind.endswith((".deleted", ".delta")):
            seen.setdefault(sighting.id, trace.exchange(sighting.where.exchange))
    deletions = [one for one in requests if one.operation in DELETIONS and not one.refused]
    for one in requests:
        object_id = one.path.get(READERS.get(one.operation, ""), "")
        shown_by, known = seen.get(object_id), parents.get(object_id, frozenset())
        if shown_by is None or not before(shown_by, one.exchange) or one.status not in (200, 404):
            continue
        if not NAMING.isdisjoint(one.exchange.request.query):
            continue  # then it may be what the query names that is not found
        earlier = [d for d in deletions if not before(one.exchange, d.exchange)]
        line = {object_id, *one.path.values(), *known}
        if any(d.path[DELETIONS[d.operation]] in line for d in earlier) or not _in_its_place(one, known):
            continue
        orphaned = one.operation != "getAssistant" and any(d.operation == "deleteAssistant" for d in earlier)
        requirement = "DELETION-KEEP-01" if orphaned else "DELETION-KEEP-02"
        yield Examined(requirement, one.number)
        if one.status == 404:
            yield Finding(
                requirement,
                one.where,
                f"{shown(object_id)} is still there: it was seen in exchange {shown_by.number} and not deleted",
                "status 404",
            )


def _parents(trace: Trace) -> dict[str, frozenset[str]]:
    """The threads and runs that each object was first shown to be in."""
    found: dict[str, frozenset[str]] = {}
    for sighting in trace.sightings:
        named = (text(sighting.value.get(name)) for name in ("thread_id", "run_id"))
        found.setdefault(sighting.id, frozenset(value for value in named if value))
    return found


def _in_its_place(one: Asked, parents: frozenset[str]) -> bool:
    """Whether the path names the thread that the object is in, and the run where it names one."""
    if not parents:
        return True
    if "thread_id" in one.path and one.path["thread_id"] not in parents:
        return False
    return one.operation != "getRunStep" or one.path.get("run_id") in parents


@check("DELETION-SCOPE-01")
def scope(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A message or run of one thread is not found under another."""
    threads: dict[str, str] = {}
    for sighting in trace.sightings:
        thread_id = text(sighting.value.get("thread_id"))
        if sighting.kind in ("thread.message", "thread.run") and thread_id:
            threads.setdefault(sighting.id, thread_id)
    first = {sighting.id: sighting.where.exchange for sighting in reversed(trace.sightings)}
    for one in asked(trace, contract):
        object_id = one.path.get("message_id") or one.path.get("run_id") or ""
        home = threads.get(object_id)
        if home is None or "thread_id" not in one.path or one.path["thread_id"] == home:
            continue
        if one.status is None or one.status >= 500 or one.status in BEFORE_LOOKING:
            continue
        if not before(trace.exchange(first[object_id]), one.exchange):
            continue
        if one.status == 400 and _malformed(one, contract):
            continue  # what is wrong with the request itself is told first
        yield Examined("DELETION-SCOPE-01", one.number)
        # An answer that names a thread is judged by it: OBJECT-LINK-01, OBJECT-LINK-02.
        if one.status != 404 and not (one.ok and "thread_id" in one.answer):
            yield Finding(
                "DELETION-SCOPE-01",
                one.where,
                f"status 404: {shown(object_id)} is in thread {shown(home)}",
                f"status {one.status}",
            )


def _malformed(one: Asked, contract: Contract) -> bool:
    """Whether a request is wrong in itself: a thread id that can be none, or a body or query that breaks a bound."""
    if not one.path["thread_id"].startswith("thread_"):
        return True
    try:
        return any(violations(one.exchange, contract.operations.by_id[one.operation], contract))
    except NotJson:
        return True
