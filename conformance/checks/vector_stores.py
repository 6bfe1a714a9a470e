"""Vector stores: their life, their expiry, what they count, and what a client sets in them."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks import lifecycle
from conformance.checks.asked import any_between, asked, last_before, shown_in, status_of
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.counting import added_up, adds_up, beside, counted, settled, tallied
from conformance.checks.holdings import ATTACHING, Holdings, store_ids, whole_lists
from conformance.checks.lifecycle import below
from conformance.checks.pages import pages
from conformance.checks.shared.echo import echoes
from conformance.contract import Contract
from conformance.trace.index import Index
from conformance.trace.json import Json, is_integer, mapping, sequence, shown, text
from conformance.trace.order import successions
from conformance.trace.trace import Sighting, Trace

STORE = "vector_store"
SECONDS_A_DAY = 86_400
DRIFT = 1  # of times that are told by two answers, in seconds
ADDING = frozenset({"createVectorStoreFile", "createVectorStoreFileBatch", "updateVectorStoreFileAttributes"})
USING = frozenset({"createVectorStoreFile", "createVectorStoreFileBatch", "searchVectorStore"})
DEFAULTS: dict[str, tuple[Json, ...]] = {"name": (None,), "metadata": ({}, None), "expires_after": (None,)}


@check("VS-STATE-01")
def transitions(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A vector store that has expired has expired."""
    for _, seen in trace.of_kind(STORE):
        yield from lifecycle.transitions(
            trace,
            seen,
            contract.lifecycles["vector_store"],
            terminal="VS-STATE-01",
            step="VS-STATE-01",
            within_streams=False,
        )


@check("VS-STATE-02")
def reopened(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A completed store goes back to work only for a file; judged for stores that the trace itself created."""
    requests = asked(trace, contract)
    made = Holdings(trace, contract).own
    for store_id, seen in trace.of_kind(STORE):
        adding = [
            one
            for one in requests
            if not one.refused
            and (
                one.operation in ATTACHING or (one.operation in ADDING and one.path.get("vector_store_id") == store_id)
            )
        ]
        for later, predecessors in successions(trace, seen, within_streams=False):
            earlier = predecessors[0]
            was, status = text(earlier.value.get("status")), text(later.value.get("status"))
            if store_id not in made or was != "completed" or status not in ("completed", "in_progress"):
                continue
            span = trace.exchange(earlier.where.exchange), trace.exchange(later.where.exchange)
            if any_between(adding, *span):
                continue
            yield Examined("VS-STATE-02", later.where.exchange)
            if status == "in_progress":
                yield Finding(
                    "VS-STATE-02",
                    below(later.where, "status"),
                    'status "completed" until a file is added',
                    f'status "in_progress" after "completed" (exchange {earlier.where.exchange}), nothing added',
                )


@check("VS-FIELD-*")
def fields(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Every field of a vector store is set or null as its status demands."""
    for _, seen in trace.of_kind(STORE):
        for sighting in seen:
            yield from lifecycle.fields(sighting, contract.lifecycles["vector_store"])


@check("VS-STATE-03", "VS-COUNT-05", "VS-DEFAULT-01")
def created(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A new store counts the files it was given; without any it is completed, and without anything it is bare."""
    for one in asked(trace, contract):
        if one.operation != "createVectorStore" or not one.ok or one.answer.get("object") != STORE:
            continue
        file_ids = [file_id for file_id in sequence(one.sent.get("file_ids")) if isinstance(file_id, str)]
        status = text(one.answer.get("status"))
        if not file_ids and status in contract.lifecycles["vector_store"].statuses:
            yield Examined("VS-STATE-03", one.number)
            if status != "completed":
                place = below(one.where, "status")
                yield Finding("VS-STATE-03", place, 'status "completed" without files', f"status {shown(status)}")
        total = mapping(one.answer.get("file_counts")).get("total")
        if is_integer(total):
            yield Examined("VS-COUNT-05", one.number)
            if total not in (len(file_ids), len(set(file_ids))):
                yield Finding(
                    "VS-COUNT-05",
                    below(one.where, "file_counts", "total"),
                    f"total {len(file_ids)}, the files that were sent",
                    f"total {shown(total)}",
                )
        for name, wanted in DEFAULTS.items():
            if one.sent or name not in one.answer:
                continue
            yield Examined("VS-DEFAULT-01", one.number)
            if not any(one.answer[name] == value for value in wanted):
                expected = f"{name} {shown(wanted[0])} where nothing is sent"
                yield Finding("VS-DEFAULT-01", below(one.where, name), expected, f"{name} {shown(one.answer[name])}")


@check("VS-EXPIRY-01", "VS-EXPIRY-02")
def expiry(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A store expires as its policy says, and never without one."""
    for _, seen in trace.of_kind(STORE):
        for sighting in seen:
            if "expires_after" in sighting.value and "expires_at" in sighting.value:
                yield from _expires(sighting)


def _expires(sighting: Sighting) -> Iterator[Observation]:
    policy, expires = sighting.value["expires_after"], sighting.value["expires_at"]
    if not (expires is None or is_integer(expires)):
        return
    place = below(sighting.where, "expires_at")
    if policy is None and sighting.value.get("status") != "expired":
        yield Examined("VS-EXPIRY-02", sighting.where.exchange)
        if expires is not None:
            expected = "expires_at null, as expires_after is"
            yield Finding("VS-EXPIRY-02", place, expected, f"expires_at {shown(expires)}")
    days, active = mapping(policy).get("days"), sighting.value.get("last_active_at")
    if not is_integer(days) or not is_integer(active) or mapping(policy).get("anchor") != "last_active_at":
        return
    yield Examined("VS-EXPIRY-01", sighting.where.exchange)
    wanted = active + days * SECONDS_A_DAY
    if expires is None or abs(expires - wanted) > DRIFT:
        yield Finding(
            "VS-EXPIRY-01",
            place,
            f"expires_at {shown(wanted)}, {shown(days)} days after last_active_at {shown(active)}",
            f"expires_at {shown(expires)}",
        )


@check("VS-EXPIRED-01", "VS-EXPIRED-02")
def expired(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """An expired store takes no files and is not searched; a run on a thread that has one fails."""
    stores, threads = dict(trace.of_kind(STORE)), dict(trace.of_kind("thread"))
    made, runs = shown_in(trace, ("thread.run",)), dict(trace.of_kind("thread.run"))
    for one in asked(trace, contract):
        store = last_before(trace, stores.get(one.path.get("vector_store_id", ""), ()), one.exchange)
        if one.operation in USING and status_of(store) == "expired" and (one.ok or one.status == 400):
            yield Examined("VS-EXPIRED-01", one.number)
            if one.ok:
                expected = f"a refusal: the vector store has expired (exchange {store.where.exchange if store else 0})"
                yield Finding("VS-EXPIRED-01", one.where, expected, f"status {one.status}")
        thread = last_before(trace, threads.get(one.path.get("thread_id", ""), ()), one.exchange)
        if one.operation != "createRun" or thread is None:
            continue
        found = [last_before(trace, stores.get(store_id, ()), one.exchange) for store_id in store_ids(thread.value)]
        if not found or any(status_of(store) != "expired" for store in found):
            continue
        if one.status == 400:
            yield Examined("VS-EXPIRED-02", one.number)
        if one.number not in made:
            continue
        last = runs[made[one.number].id][-1]
        if status_of(last) not in contract.lifecycles["run"].terminal:
            continue
        yield Examined("VS-EXPIRED-02", last.where.exchange)
        if status_of(last) == "completed":
            expected = "a run that fails: the thread's vector store has expired"
            yield Finding("VS-EXPIRED-02", below(last.where, "status"), expected, 'status "completed"')


@check("VS-ACTIVE-01")
def activity(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A store is active no earlier than it is created, and its last activity is never earlier than before."""
    for _, seen in trace.of_kind(STORE):
        for sighting in seen:
            made, active = sighting.value.get("created_at"), sighting.value.get("last_active_at")
            if is_integer(made) and is_integer(active):
                yield from _not_before(sighting, active, made, "created_at")
        for later, predecessors in successions(trace, seen, within_streams=False):
            was, active = predecessors[0].value.get("last_active_at"), later.value.get("last_active_at")
            if is_integer(was) and is_integer(active):
                yield from _not_before(later, active, was, f"that of exchange {predecessors[0].where.exchange}")


def _not_before(sighting: Sighting, active: int, earlier: int, name: str) -> Iterator[Observation]:
    yield Examined("VS-ACTIVE-01", sighting.where.exchange)
    if active < earlier:
        yield Finding(
            "VS-ACTIVE-01",
            below(sighting.where, "last_active_at"),
            f"last_active_at not before {name}, {shown(earlier)}",
            f"last_active_at {shown(active)}",
        )


@check("VS-COUNT-01", "VS-COUNT-02", "VS-COUNT-03", "VS-BYTES-01")
def counts(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The counts of a store add up, and fit its status and its bytes."""
    for _, seen in trace.of_kind(STORE):
        for sighting in seen:
            found = counted(sighting.value)
            if found is None:
                continue
            yield from added_up("VS-COUNT-01", sighting, found)
            if not adds_up(found):
                continue
            place, number = below(sighting.where, "file_counts", "in_progress"), sighting.where.exchange
            busy, status = found["in_progress"], sighting.value.get("status")
            if status == "completed":
                yield Examined("VS-COUNT-02", number)
                if busy:
                    expected = "no file in progress in a completed vector store"
                    yield Finding("VS-COUNT-02", place, expected, f"in_progress {shown(busy)}")
            if status == "in_progress" and found["total"]:  # an empty one is judged when it is created
                yield Examined("VS-COUNT-03", number)
                if not busy:
                    expected = "a file in progress in a vector store that is in progress"
                    yield Finding("VS-COUNT-03", place, expected, "in_progress 0")
            used = sighting.value.get("usage_bytes")
            if found["total"] == 0 and is_integer(used):
                yield Examined("VS-BYTES-01", number)
                if used:
                    place = below(sighting.where, "usage_bytes")
                    yield Finding("VS-BYTES-01", place, "usage_bytes 0 without files", f"usage_bytes {shown(used)}")


@check("VS-COUNT-04", "VS-BYTES-02")
def tallies(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The counts and bytes of a store are those of its listed files, where nothing moves meanwhile."""
    holdings = Holdings(trace, contract)
    stores = dict(trace.of_kind(STORE))
    for walk in whole_lists(pages(trace, contract), "listVectorStoreFiles"):
        items = settled(walk)
        seen = stores.get(walk[0].asked.path.get("vector_store_id", ""), ())
        store = None if items is None else next(iter(beside(holdings, walk, seen, {"completed"})), None)
        if items is None or store is None:
            continue
        found = counted(store.value)
        if found is not None and adds_up(found):
            yield from tallied("VS-COUNT-04", store, found, items)
        used = store.value.get("usage_bytes")
        parts = [part for item in items if is_integer(part := item.get("usage_bytes"))]
        if is_integer(used) and len(parts) == len(items):
            yield Examined("VS-BYTES-02", store.where.exchange)
            if used != sum(parts):
                yield Finding(
                    "VS-BYTES-02",
                    below(store.where, "usage_bytes"),
                    f"usage_bytes {shown(sum(parts))}, those of the files in exchange {walk[-1].number}",
                    f"usage_bytes {shown(used)}",
                )


@check("VS-ECHO-*")
def echo(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A vector store shows what was sent for it."""
    for one in echoes(Index(trace, contract)):
        if one.kind == STORE:
            yield from one.judged()


@check("VS-CLEAR-01")
def cleared(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Null sent for the name or the policy of a store takes it away."""
    for one in asked(trace, contract):
        if one.operation != "modifyVectorStore" or not one.ok:
            continue
        for name in ("name", "expires_after"):
            if name in one.sent and one.sent[name] is None and name in one.answer:
                yield Examined("VS-CLEAR-01", one.number)
                if one.answer[name] not in (None, ""):
                    expected, actual = f"{name} null when null is sent", f"{name} {shown(one.answer[name])}"
                    yield Finding("VS-CLEAR-01", below(one.where, name), expected, actual)
