"""File batches: how they end, which files they have, what they count, and how they are cancelled."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks import lifecycle
from conformance.checks.asked import BEFORE_LOOKING, ELSEWHERE, Asked, after, last_before, status_of
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.counting import added_up, adds_up, beside, counted, settled, tallied
from conformance.checks.holdings import REMOVING, Holdings, whole_lists
from conformance.checks.lifecycle import below
from conformance.checks.pages import pages
from conformance.contract import Contract
from conformance.trace.json import mapping, sequence, shown, text
from conformance.trace.order import before, successions
from conformance.trace.trace import Sighting, Trace

CREATE, CANCEL, LIST = "createVectorStoreFileBatch", "cancelVectorStoreFileBatch", "listFilesInVectorStoreBatch"


def _batches(trace: Trace, contract: Contract) -> dict[str, tuple[Sighting, ...]]:
    """The sightings of every batch by its id, under whichever constant."""
    machine, found = contract.lifecycles["file_batch"], dict[str, list[Sighting]]()
    for sighting in trace.sightings:
        if sighting.kind in machine.objects:
            found.setdefault(sighting.id, []).append(sighting)
    return {batch_id: tuple(seen) for batch_id, seen in found.items()}


def _created(holdings: Holdings) -> dict[str, Asked]:
    """The requests that created batches, by the id of the batch."""
    return {
        one.answer["id"]: one
        for one in holdings.requests
        if one.operation == CREATE and one.ok and isinstance(one.answer.get("id"), str)
    }


def _sent(one: Asked) -> list[str]:
    """The files that a request to create a batch names."""
    rows = [*sequence(one.sent.get("file_ids")), *(mapping(r).get("file_id") for r in sequence(one.sent.get("files")))]
    return [file_id for file_id in rows if isinstance(file_id, str)]


@check("BATCH-STATE-01")
def transitions(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A batch that has ended has ended."""
    for seen in _batches(trace, contract).values():
        yield from lifecycle.transitions(
            trace,
            seen,
            contract.lifecycles["file_batch"],
            terminal="BATCH-STATE-01",
            step="BATCH-STATE-01",
            within_streams=False,
        )


@check("BATCH-STATE-02")
def unasked(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A batch that the trace created is cancelled only when it is asked to be."""
    holdings = Holdings(trace, contract)
    made = _created(holdings)
    for batch_id, seen in _batches(trace, contract).items():
        cancels = [o for o in holdings.requests if o.operation == CANCEL and o.path.get("batch_id") == batch_id]
        for sighting in seen:
            if sighting.value.get("status") != "cancelled" or batch_id not in made:
                continue
            exchange = trace.exchange(sighting.where.exchange)
            yield Examined("BATCH-STATE-02", exchange.number)
            if all(one.refused or before(exchange, one.exchange) for one in cancels):
                expected = "no cancelled batch where no cancelling was asked for"
                yield Finding("BATCH-STATE-02", below(sighting.where, "status"), expected, 'status "cancelled"')


@check("BATCH-COUNT-01", "BATCH-COUNT-02", "BATCH-COUNT-03", "BATCH-COUNT-04", "BATCH-CANCEL-03")
def counts(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The counts of a batch add up, begin with what was sent, and fit its status."""
    holdings = Holdings(trace, contract)
    made = _created(holdings)
    for batch_id, seen in _batches(trace, contract).items():
        for sighting in seen:
            found = counted(sighting.value)
            if found is None:
                continue
            yield from added_up("BATCH-COUNT-01", sighting, found)
            if adds_up(found):
                yield from _fitting(sighting, found, made.get(batch_id))
        yield from _constant(holdings, seen)


def _fitting(sighting: Sighting, found: dict[str, int], made: Asked | None) -> Iterator[Observation]:
    number, busy = sighting.where.exchange, found["in_progress"]
    if made is not None and made.number == number:
        sent = _sent(made)
        yield Examined("BATCH-COUNT-02", number)
        if found["total"] not in (len(sent), len(set(sent))):
            place = below(sighting.where, "file_counts", "total")
            expected = f"total {len(sent)}, the files that were sent"
            yield Finding("BATCH-COUNT-02", place, expected, f"total {shown(found['total'])}")
    status = text(sighting.value.get("status"))
    requirement = {"completed": "BATCH-COUNT-03", "cancelled": "BATCH-CANCEL-03"}.get(status or "")
    if requirement is not None:
        yield Examined(requirement, number)
        if busy:
            place = below(sighting.where, "file_counts", "in_progress")
            yield Finding(requirement, place, f"no file in progress in a {status} batch", f"in_progress {shown(busy)}")


def _constant(holdings: Holdings, seen: tuple[Sighting, ...]) -> Iterator[Observation]:
    trace = holdings.trace
    for later, predecessors in successions(trace, seen, within_streams=False):
        earlier = predecessors[0]
        was, found = counted(earlier.value), counted(later.value)
        exchange = trace.exchange(later.where.exchange)
        removed = any(one.operation in REMOVING and not before(exchange, one.exchange) for one in holdings.removals)
        if was is None or found is None or not adds_up(was) or not adds_up(found) or removed:
            continue
        yield Examined("BATCH-COUNT-04", exchange.number)
        if was["total"] != found["total"]:
            place = below(later.where, "file_counts", "total")
            expected = f"total {shown(was['total'])}, as in exchange {earlier.where.exchange}"
            yield Finding("BATCH-COUNT-04", place, expected, f"total {shown(found['total'])}")


@check("BATCH-COUNT-05")
def tallies(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The counts of an ended batch are those of its listed files, where nothing moves meanwhile."""
    holdings, batches = Holdings(trace, contract), _batches(trace, contract)
    ended = contract.lifecycles["file_batch"].terminal
    for walk in whole_lists(pages(trace, contract), LIST):
        items, seen = settled(walk), batches.get(walk[0].asked.path.get("batch_id", ""), ())
        batch = None if items is None else next(beside(holdings, walk, seen, ended), None)
        found = None if batch is None else counted(batch.value)
        if batch is not None and items is not None and found is not None and adds_up(found):
            yield from tallied("BATCH-COUNT-05", batch, found, items)


@check("BATCH-FILES-01", "BATCH-FILES-02")
def files(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The files listed for a batch are those that were sent with it, and all of them."""
    holdings = Holdings(trace, contract)
    made, found = _created(holdings), list(pages(trace, contract))
    for page in found:
        one = made.get(page.asked.path.get("batch_id", "")) if page.asked.operation == LIST else None
        if one is None:
            continue
        sent = set(_sent(one))
        for index, file_id in enumerate(page.ids):
            if file_id is None:
                continue
            yield Examined("BATCH-FILES-01", page.number)
            if file_id not in sent:
                expected = f"only files that were sent with the batch, in exchange {one.number}"
                yield Finding("BATCH-FILES-01", below(page.where, "data", index, "id"), expected, shown(file_id))
    for walk in whole_lists(found, LIST):
        one, last = made.get(walk[0].asked.path.get("batch_id", "")), walk[-1]
        if one is None or one.path.get("vector_store_id") != last.asked.path.get("vector_store_id"):
            continue
        listed = {file_id for page in walk for file_id in page.ids}
        for file_id in dict.fromkeys(_sent(one)):
            if not holdings.holds(one.path.get("vector_store_id", ""), file_id, last.asked.exchange):
                continue
            yield Examined("BATCH-FILES-02", last.number)
            if file_id not in listed:
                expected = f"{shown(file_id)}, which was sent with the batch in exchange {one.number}"
                yield Finding("BATCH-FILES-02", below(last.where, "data"), expected, f"{len(listed)} files without it")


@check("BATCH-CANCEL-01", "BATCH-CANCEL-02")
def cancels(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A batch in progress can be cancelled; one that has ended is shown as it ended."""
    machine, batches = contract.lifecycles["file_batch"], _batches(trace, contract)
    for one in Holdings(trace, contract).requests:
        seen = batches.get(one.path.get("batch_id", ""), ())
        was = status_of(last_before(trace, seen, one.exchange))
        if one.operation != CANCEL or was is None or one.status is None or one.status >= 500:
            continue
        if one.status in ELSEWHERE or one.status in BEFORE_LOOKING:
            continue
        if was in machine.terminal:
            yield Examined("BATCH-CANCEL-01", one.number)
            if not one.ok:
                expected = f'status 200: the batch is "{was}" and is shown so'
                yield Finding("BATCH-CANCEL-01", one.where, expected, f"status {one.status}")
        # It may have ended before the request came, unless it is still at work afterwards.
        elif was == "in_progress" and (one.ok or status_of(next(after(trace, seen, one.exchange), None)) == was):
            yield Examined("BATCH-CANCEL-02", one.number)
            if not one.ok:
                expected = "status 200: the batch is in progress and can be cancelled"
                yield Finding("BATCH-CANCEL-02", one.where, expected, f"status {one.status}")


@check("BATCH-SCOPE-01")
def scope(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A batch of one store is not found under another."""
    holdings = Holdings(trace, contract)
    made = _created(holdings)
    for one in holdings.requests:
        home = made.get(one.path.get("batch_id", ""))
        if home is None or not before(home.exchange, one.exchange):
            continue
        if one.path.get("vector_store_id") == home.path.get("vector_store_id"):
            continue
        if one.status is None or one.status >= 500 or one.status in BEFORE_LOOKING:
            continue
        yield Examined("BATCH-SCOPE-01", one.number)
        # An answer that names another store than the path does is told as that: OBJECT-LINK-01.
        elsewhere = one.ok and one.answer.get("vector_store_id") not in (None, one.path.get("vector_store_id"))
        if one.status not in (400, 404) and not elsewhere:
            expected = f"status 404: the batch is in {shown(home.path.get('vector_store_id'))}"
            yield Finding("BATCH-SCOPE-01", one.where, expected, f"status {one.status}")
