"""Files in vector stores: how they are indexed, what a client sets for them, and in which stores they are found."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks import lifecycle
from conformance.checks.asked import Asked, any_between, last_before, status_of
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.holdings import SETTINGS, Addition, Holdings, whole_lists
from conformance.checks.lifecycle import below
from conformance.checks.pages import pages
from conformance.checks.routes import malformed
from conformance.checks.shared.echo import kept as shown_as_sent
from conformance.checks.uploads import UNSEARCHABLE, uploads_by_id
from conformance.contract import Contract
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json, is_integer, mapping, same, sequence, shown, text
from conformance.trace.order import before, successions
from conformance.trace.trace import Sighting, Trace

TOGETHER = frozenset({"createVectorStore", "createVectorStoreFileBatch"})
UPDATE = "updateVectorStoreFileAttributes"
CHUNKS: dict[str, Json] = {
    "type": "static",
    "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
}


@check("VSF-STATE-01")
def transitions(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file whose indexing has ended stays as it is until it is added again."""
    holdings = Holdings(trace, contract)
    for key, seen in holdings.entries.items():
        for spell in holdings.spells(*key, seen):
            yield from lifecycle.transitions(
                trace,
                tuple(spell),
                contract.lifecycles["vector_store_file"],
                terminal="VSF-STATE-01",
                step="VSF-STATE-01",
                within_streams=False,
            )


@check("VSF-STATE-02")
def cancelled(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file is cancelled with a batch; judged in stores that the trace itself created."""
    holdings = Holdings(trace, contract)
    for (store_id, _), seen in holdings.entries.items():
        cancels = [
            one
            for one in holdings.requests
            if one.operation == "cancelVectorStoreFileBatch"
            and one.path.get("vector_store_id") == store_id
            and not one.refused
        ]
        for sighting in seen:
            if sighting.value.get("status") != "cancelled" or store_id not in holdings.created:
                continue
            yield Examined("VSF-STATE-02", sighting.where.exchange)
            if all(before(trace.exchange(sighting.where.exchange), one.exchange) for one in cancels):
                expected = "no cancelled file where no batch was cancelled"
                yield Finding("VSF-STATE-02", below(sighting.where, "status"), expected, 'status "cancelled"')


@check("VSF-FIELD-*")
def fields(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file has a last_error where it failed, and none while it goes well."""
    for seen in Holdings(trace, contract).entries.values():
        for sighting in seen:
            yield from lifecycle.fields(sighting, contract.lifecycles["vector_store_file"])


@check("VSF-BYTES-01", "VSF-BYTES-02")
def bytes_used(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file uses bytes once it is indexed, and not before."""
    empty = {file_id for file_id, one in uploads_by_id(trace, contract).items() if not one.content.strip()}
    for seen in Holdings(trace, contract).entries.values():
        for sighting in seen:
            used, status = sighting.value.get("usage_bytes"), sighting.value.get("status")
            place = below(sighting.where, "usage_bytes")
            if not is_integer(used):
                continue
            if status == "in_progress":
                yield Examined("VSF-BYTES-01", sighting.where.exchange)
                if used:
                    expected = "usage_bytes 0 while the file is in progress"
                    yield Finding("VSF-BYTES-01", place, expected, f"usage_bytes {shown(used)}")
            elif status == "completed" and sighting.id not in empty:
                yield Examined("VSF-BYTES-02", sighting.where.exchange)
                if used <= 0:
                    expected = "usage_bytes above 0 for a completed file"
                    yield Finding("VSF-BYTES-02", place, expected, f"usage_bytes {shown(used)}")


@check("VSF-ID-01")
def named(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What was added is the file that was named."""
    for one in Holdings(trace, contract).requests:
        sent, told = text(one.sent.get("file_id")), text(one.answer.get("id"))
        if one.operation == "createVectorStoreFile" and one.ok and sent is not None and told is not None:
            yield Examined("VSF-ID-01", one.number)
            if sent != told:
                expected = f"id {shown(sent)}, the file that was named"
                yield Finding("VSF-ID-01", below(one.where, "id"), expected, f"id {shown(told)}")


@check("VSF-ECHO-01", "VSF-ECHO-02", "VSF-CHUNK-01")
def settings(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Attributes and chunking strategy of a file are shown as they were sent, or as the default."""
    holdings = Holdings(trace, contract)
    for key, seen in holdings.entries.items():
        updates = _updates(holdings, *key)
        for spell in holdings.spells(*key, seen):
            for name in SETTINGS:
                showing = next((one for one in spell if name in one.value), None)
                if showing is None:
                    continue
                exchange = trace.exchange(showing.where.exchange)
                by = _added_by(holdings, key, exchange)
                if by is None or malformed(by.asked.exchange, contract.operations.by_id[by.asked.operation], contract):
                    continue
                changed = any_between((u for u in updates if not u.refused), by.asked.exchange, exchange)
                if name == "chunking_strategy" or not (changed or exchange in [u.exchange for u in updates]):
                    yield from _echoed(name, by.settings.get(name), showing)
    yield from _updated(holdings, contract)


def _updates(holdings: Holdings, store_id: str, file_id: str) -> list[Asked]:
    path = {"vector_store_id": store_id, "file_id": file_id}
    return [one for one in holdings.requests if one.operation == UPDATE and one.path == path]


def _added_by(holdings: Holdings, key: tuple[str, str], exchange: Exchange) -> Addition | None:
    """The one addition that a sighting certainly is of; None where two may have overtaken each other."""
    earlier = [one for one in holdings.added(*key) if not before(exchange, one.asked.exchange)]
    last = earlier[-1] if earlier else None
    if last is None or not last.asked.ok:
        return None
    return last if last.asked.exchange is exchange or before(last.asked.exchange, exchange) else None


def _echoed(name: str, sent: Json, showing: Sighting) -> Iterator[Observation]:
    told, place = showing.value[name], below(showing.where, name)
    number = showing.where.exchange
    if name == "attributes":
        if isinstance(sent, dict) and isinstance(told, dict):
            yield Examined("VSF-ECHO-01", number)
            if not (sent.keys() == told.keys() and shown_as_sent(sent, told)):
                expected = f"attributes as sent: {shown(sent)}"
                yield Finding("VSF-ECHO-01", place, expected, f"attributes {shown(told)}")
        return
    if not isinstance(told, dict):
        return
    static = mapping(sent).get("type") == "static"
    requirement, wanted = ("VSF-ECHO-02", sent) if static else ("VSF-CHUNK-01", CHUNKS)
    yield Examined(requirement, number)
    if not shown_as_sent(wanted, told):
        why = "as sent" if static else "the default"
        yield Finding(requirement, place, f"chunking_strategy {shown(wanted)}, {why}", shown(told))


def _updated(holdings: Holdings, contract: Contract) -> Iterator[Observation]:
    for one in holdings.requests:
        sent, told = one.sent.get("attributes"), one.answer.get("attributes")
        if one.operation != UPDATE or not one.ok or not isinstance(sent, dict) or not isinstance(told, dict):
            continue
        if malformed(one.exchange, contract.operations.by_id[UPDATE], contract):
            continue
        yield Examined("VSF-ECHO-01", one.number)
        if not shown_as_sent(sent, told):
            expected = f"attributes as sent: {shown(sent)}"
            yield Finding("VSF-ECHO-01", below(one.where, "attributes"), expected, f"attributes {shown(told)}")


@check("VSF-KEEP-01", "VSF-REFUSED-01")
def kept(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What is set for a file stays until it is changed; listings of batches leave it out."""
    holdings = Holdings(trace, contract)
    for key, seen in holdings.entries.items():
        updates = _updates(holdings, *key)
        for spell in holdings.spells(*key, seen):
            for name in SETTINGS:
                showing = [one for one in spell if isinstance(one.value.get(name), dict)]
                for later, predecessors in successions(trace, showing, within_streams=False):
                    yield from _unchanged(trace, name, predecessors[0], later, updates)


def _unchanged(
    trace: Trace, name: str, earlier: Sighting, later: Sighting, updates: list[Asked]
) -> Iterator[Observation]:
    requirement = "VSF-KEEP-01"
    if name == "attributes":
        span = trace.exchange(earlier.where.exchange), trace.exchange(later.where.exchange)
        if any(one.number == later.where.exchange for one in updates):
            return
        if any_between((one for one in updates if not one.refused), *span):
            return
        requirement = "VSF-REFUSED-01" if any_between(updates, *span) else requirement
    yield Examined(requirement, later.where.exchange)
    if not same(earlier.value[name], later.value[name]):
        yield Finding(
            requirement,
            below(later.where, name),
            f"{name} {shown(earlier.value[name])} as in exchange {earlier.where.exchange}",
            f"{name} {shown(later.value[name])}",
        )


@check("VSF-LIST-01")
def listed(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What came with a store or in a batch is listed; what was added alone is judged with all lists."""
    holdings = Holdings(trace, contract)
    for walk in whole_lists(pages(trace, contract), "listVectorStoreFiles"):
        store_id = walk[0].asked.path.get("vector_store_id", "")
        ids = {object_id for page in walk for object_id in page.ids}
        first, last = walk[0].asked.exchange, walk[-1]
        for one in holdings.additions:
            if one.store_id != store_id or one.asked.operation not in TOGETHER:
                continue
            if holdings.holds(store_id, one.file_id, first) is not one or not holdings.holds(
                store_id, one.file_id, last.asked.exchange
            ):
                continue
            yield Examined("VSF-LIST-01", last.number)
            if one.file_id not in ids:
                yield Finding(
                    "VSF-LIST-01",
                    below(last.where, "data"),
                    f"{shown(one.file_id)}, which was sent in exchange {one.asked.number}, on the list",
                    f"{len(ids)} other files",
                )


@check("VSF-SCOPE-01")
def scope(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file that was never put into a store is not found in it."""
    holdings = Holdings(trace, contract)
    for one in holdings.requests:
        store_id, file_id = one.path.get("vector_store_id"), one.path.get("file_id")
        if store_id is None or file_id is None or holdings.may_hold(store_id, file_id):
            continue
        if one.status not in (200, 404) or not before(holdings.created[store_id].exchange, one.exchange):
            continue
        yield Examined("VSF-SCOPE-01", one.number)
        if one.status == 200:
            expected = f"status 404: {shown(file_id)} was never put into {shown(store_id)}"
            yield Finding("VSF-SCOPE-01", one.where, expected, "status 200")


@check("VSF-CONTENT-01")
def content(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The content of a text file is its text, white space aside."""
    known, holdings = uploads_by_id(trace, contract), Holdings(trace, contract)
    for one in holdings.requests:
        key = one.path.get("vector_store_id", ""), one.path.get("file_id", "")
        if status_of(last_before(trace, holdings.entries.get(key, ()), one.exchange)) != "completed":
            continue
        upload = known.get(one.path.get("file_id", ""))
        if one.operation != "retrieveVectorStoreFileContent" or not one.ok or upload is None:
            continue
        uploaded, told = upload.plain_text, one.answer.get("data")
        if uploaded is None or not isinstance(told, list) or one.answer.get("has_more") is True:
            continue
        pieces = [text(mapping(piece).get("text")) or "" for piece in sequence(told)]
        yield Examined("VSF-CONTENT-01", one.number)
        if "".join("".join(pieces).split()) != "".join(uploaded.split()):
            place = below(one.where, "data")
            yield Finding("VSF-CONTENT-01", place, f"the text {shown(uploaded)}", f"the text {shown(''.join(pieces))}")


@check("LIMIT-FILE-07")
def unsearchable(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A file of a kind that nobody calls searchable does not complete."""
    known = uploads_by_id(trace, contract)
    for (_, file_id), seen in Holdings(trace, contract).entries.items():
        upload = known.get(file_id)
        if upload is None or upload.extension not in UNSEARCHABLE:
            continue
        for sighting in seen:
            yield Examined("LIMIT-FILE-07", sighting.where.exchange)
            if sighting.value.get("status") == "completed":
                place, expected = below(sighting.where, "status"), f'status "failed" for a .{upload.extension} file'
                yield Finding("LIMIT-FILE-07", place, expected, 'status "completed"')
