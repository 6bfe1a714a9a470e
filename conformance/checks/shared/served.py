"""Valid requests for what is there: which of them must be served, whatever the endpoint offers besides."""

from collections.abc import Iterator

from conformance.checks.shared.neighbours import features
from conformance.contract.openapi import Beta
from conformance.trace.calls import NO_CALLS, OperationCall, Timeline
from conformance.trace.history import History
from conformance.trace.index import Index
from conformance.trace.order import before
from conformance.trace.runs import RUN
from conformance.trace.times import ADDED_FILE
from conformance.trace.validity import Validity

KINDS = {
    "assistant_id": "assistant",
    "thread_id": "thread",
    "message_id": "thread.message",
    "run_id": RUN,
    "step_id": "thread.run.step",
    "file_id": "file",
    "vector_store_id": "vector_store",
    "batch_id": "vector_store.file_batch",
}
"""The kind of object that each path parameter names."""
_BLAMES = frozenset({400, 406, 413, 415})
"""Statuses that blame the request; others are about the key, the route, a conflict, the traffic or the server."""
CURSORS = ("after", "before")
_PLACING = frozenset({*CURSORS, "limit", "order"})
# Whether these are served depends on more than that the object is there: how far its indexing is, what a file is for.
_INDEXED = frozenset({"vector_store_id", "batch_id"})
_UNCERTAIN = frozenset({"downloadFile", "retrieveVectorStoreFileContent"})


def requests_to_serve(index: Index) -> Iterator[OperationCall]:
    """The requests to read, list, change or delete what the trace has shown, with nothing in their way.

    Only an active run may: of its thread's messages, of the thread and of itself. What a change holds of tools and
    settings, an endpoint may refuse (LIMIT-VALID-02).
    """
    stated = {one.where.exchange for one in index.trace.expectations}  # a key that is wrong shows nowhere else
    for call in index.calls:
        # A code says what a refusal is for: a mistake, money, policy, an account.
        blames = call.refused and call.status in _BLAMES and call.error.get("code") is None
        if not call.ok and (not blames or call.number in stated):
            continue
        operation = call.operation
        changes = operation.startswith(("modify", "update", "delete"))
        if not call.params.keys() <= KINDS.keys() or not call.params or operation in _UNCERTAIN:
            continue
        if not changes and call.spec.method != "GET":
            continue
        if features(call.sent) or not _is_understood(index, call) or not _are_there(index, call):
            continue
        if not changes or not _is_locked(index, call):
            yield call


def _is_understood(index: Index, call: OperationCall) -> bool:
    """Whether the request keeps the contract, and pages by what the list has shown."""
    request, validity = call.exchange.request, index.view(Validity)
    if call.spec.beta is Beta.REQUIRED and request.headers.get("openai-beta") != "assistants=v2":
        return False
    if request.body and request.headers.media_type != "application/json":
        return False
    if call.spec.request is None and request.body:
        return False
    if validity.request(call) != () or validity.rests_on_null(call) or any(len(v) > 1 for v in request.query.values()):
        return False
    shown, removals = index.view(_listed).get(request.path, {}), index.view(_removals)
    for cursor in (request.query[name][0] for name in CURSORS if name in request.query):
        page = shown.get(cursor)
        if page is None or not before(page.exchange, call.exchange) or _filters(page) != _filters(call):
            return False
        if removals.get(cursor, NO_CALLS).any_not_after(call.exchange):
            return False
    run_id = request.query.get("run_id", [None])[0]
    return run_id is None or index.history(RUN, run_id).last_before(call.exchange) is not None


def _filters(call: OperationCall) -> dict[str, list[str]]:
    """What a list was asked for besides a place, a size and an order."""
    return {name: values for name, values in call.exchange.request.query.items() if name not in _PLACING}


def _listed(index: Index) -> dict[str, dict[str, OperationCall]]:
    """By path, the call that first showed each object of a list."""
    found: dict[str, dict[str, OperationCall]] = {}
    for operation in index.contract.operations.by_id:
        for page in index.pages(operation) if operation.startswith("list") else ():
            for name in page.ids:
                if name is not None:
                    found.setdefault(page.path, {}).setdefault(name, page.call)
    return found


def _are_there(index: Index, call: OperationCall) -> bool:
    """Whether all that the path names was shown, each under the one before it, and not deleted or expired."""
    for name, named in call.params.items():
        kind = ADDED_FILE if name == "file_id" and "vector_store_id" in call.params else KINDS[name]
        seen = index.history(kind, named).last_before(call.exchange)
        if seen is None or (name == "file_id" and seen.value.get("expires_at")):
            return False
        indexed = name in _INDEXED or call.operation == "updateVectorStoreFileAttributes"
        if indexed and seen.status not in ("completed", None):
            return False
        if any(seen.value.get(other, value) != value for other, value in call.params.items() if other != name):
            return False
        if index.view(_removals).get(named, NO_CALLS).any_not_after(call.exchange):
            return False
    return True


def _removals(index: Index) -> dict[str, Timeline]:
    """The calls that may have deleted an object, by its id."""
    found: dict[str, list[OperationCall]] = {}
    for call in index.calls:
        if call.spec.method == "DELETE" and not call.refused:
            found.setdefault(list(call.params.values())[-1], []).append(call)
    return {named: Timeline(calls) for named, calls in found.items()}


def _is_locked(index: Index, call: OperationCall) -> bool:
    """Whether a run of the thread or assistant that is changed may be active."""
    terminal, runs = index.contract.lifecycles["run"].terminal, index.view(_runs)
    for concerned in (call.params.get("thread_id"), call.params.get("assistant_id")):
        for run in reversed(runs.get(concerned, ())):
            created = index.exchange(run[0])
            if created.number in index.runs_created_in and before(call.exchange, created):
                continue
            seen = run.last_before(call.exchange)
            if seen is None or seen.status not in terminal:
                return True
    return False


def _runs(index: Index) -> dict[object, list[History]]:
    """The runs of each thread and of each assistant, by its id."""
    found: dict[object, list[History]] = {}
    for run in index.objects(RUN).values():
        for member in ("thread_id", "assistant_id"):
            if isinstance(named := run[0].value.get(member), str):
                found.setdefault(named, []).append(run)
    return found
