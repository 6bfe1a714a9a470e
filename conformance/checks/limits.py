"""Bounds on requests: what breaks one is refused as such, and what keeps them all is not refused as invalid."""

import re
from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.azure import binding
from conformance.checks.shared.echo import judge_unsent
from conformance.checks.shared.neighbours import (
    BY_KIND,
    Form,
    Neighbours,
    features,
    forms,
    has_question,
    is_plain_file,
    named_objects,
)
from conformance.checks.shared.unspecified import may_be_refused
from conformance.contract import Contract
from conformance.contract.openapi import Beta
from conformance.contract.schemas import SchemaViolation
from conformance.trace.calls import NO_CALLS, OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import format_value, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.trace import Where
from conformance.trace.validity import NO_FORM, Validity, has_odd_body

REFUSED = "LIMIT-REFUSAL-01"
VALID = "LIMIT-VALID-01"
OLD_FIELD = "LEGACY-FIELD-01"
_UNNAMED = "LIMIT-SHAPE-01"
_VERSION_1 = 'also "file_ids"'
_NOT_ABOUT_THE_REQUEST = frozenset({401, 403, 404, 405, 429})
# Codes by which a server says that the request itself is malformed, whatever the state of its objects.
INVALIDITY = frozenset(
    {
        "array_above_max_length",
        "decimal_above_max_value",
        "decimal_below_min_value",
        "empty_array",
        "empty_string",
        "integer_above_max_value",
        "integer_below_min_value",
        "invalid_type",
        "missing_required_parameter",
        "object_above_max_properties",
        "property_name_above_max_length",
        "string_above_max_length",
        "unknown_parameter",
    }
)


@check("LIMIT-*", OLD_FIELD, of_requests=True)
def request_bounds(index: Index) -> Iterator[Observation]:
    """Compare what the contract says of each request with how it was answered.

    A request that breaks bounds and is accepted is a finding under each of them. A request that keeps them all and is
    refused as malformed is one finding; refusals for the state of things (unknown ids, locks) are not this check's. A
    body that is no JSON at all is judged by the error checks, not under a bound. Null for a member that need not be
    sent may be taken, as the real API does, and refused, as the document does.
    """
    validity = index.view(Validity)
    for call in index.calls:
        if not call.ok and (not call.refused or call.status in _NOT_ABOUT_THE_REQUEST):
            continue
        broken = validity.request(call)
        if broken:
            yield from _broken(call.exchange, tuple(binding(broken, call.exchange)))
        elif broken is not None:
            if call.ok:
                yield Examined(VALID, call.number)
            elif not validity.rests_on_null(call) and not has_odd_body(call):
                yield from _kept(call, index.contract)


def _broken(exchange: Exchange, broken: tuple[SchemaViolation, ...]) -> Iterator[Observation]:
    assert exchange.response is not None
    where = Where(exchange.number)
    if not broken:
        return
    yield Examined(REFUSED, exchange.number)
    for violation in broken:
        requirement = _judged_under(violation)
        yield Examined(requirement, exchange.number)
        if exchange.ok:
            yield Finding(
                requirement,
                where,
                f"a refusal with 400: {violation.pointer or 'the body'} must be {violation.expected}",
                f"{exchange.response.status}; the request had {violation.actual}",
            )
    right = (400, 415) if NO_FORM in broken else (400,)
    if not exchange.ok and exchange.response.status not in right:
        yield Finding(REFUSED, where, "status 400", f"status {exchange.response.status}")


def _judged_under(violation: SchemaViolation) -> str:
    """The id of the bound; the field that clients of version 1 send, and nothing else unknown, has one of its own."""
    if violation.keyword == "additionalProperties" and violation.actual == _VERSION_1:
        return OLD_FIELD
    named = violation.requirement or ""
    return named if named.startswith("LIMIT-") else _UNNAMED


def _kept(call: OperationCall, contract: Contract) -> Iterator[Observation]:
    """A refused request that keeps all bounds; a 400 that blames nothing by its code may be for a lock or an id."""
    if call.status == 422:
        yield Examined(VALID, call.number)
        yield Finding(VALID, call.where, "a valid request is not refused as invalid", "status 422")
    if call.status != 400:
        return
    assert call.exchange.response is not None
    error = mapping(call.exchange.response.json_or_none).get("error")
    code = error.get("code") if isinstance(error, dict) else None
    param = error.get("param") if isinstance(error, dict) else None
    excused = (
        isinstance(code, str)
        and isinstance(param, str)
        and may_be_refused(code, param, call.exchange, call.spec, contract)
    )
    if isinstance(code, str) and code in INVALIDITY and not excused:
        yield Examined(VALID, call.number)
        yield Finding(
            VALID,
            Where(call.number, pointer="/error/code"),
            "a valid request is not refused as invalid",
            f"status 400 with code {format_value(code)} for param {format_value(param)}",
        )


@check("LIMIT-ASST-09")
def assistant_defaults(index: Index) -> Iterator[Observation]:
    """An assistant has the defaults of what is not sent for it."""
    yield from judge_unsent("LIMIT-ASST-09", index, "assistant")


# ---- valid requests that are refused ---------------------------------------------------------------------------------

ACCEPTED, PLAIN, CRASHED = "LIMIT-VALID-02", "LIMIT-PLAIN-01", "LIMIT-CRASH-01"
# What can be asked of objects whatever their state, or of stores that are indexed; the others wait for a run or a file.
_STATELESS = (
    *("createAssistant", "modifyAssistant", "getAssistant", "deleteAssistant", "listAssistants"),
    *("createThread", "modifyThread", "getThread", "deleteThread", "createThreadAndRun"),
    *("createMessage", "modifyMessage", "getMessage", "deleteMessage", "listMessages"),
    *("createRun", "getRun", "listRuns", "listRunSteps", "listModels"),
    *("createFile", "retrieveFile", "deleteFile", "listFiles"),
    *("createVectorStore", "modifyVectorStore", "getVectorStore", "deleteVectorStore", "listVectorStores"),
    *("createVectorStoreFile", "listVectorStoreFiles", "searchVectorStore"),
)
# By the operation that makes it, the kind of each object; a thread that is made with a run is locked by it.
_MAKERS = {
    "createAssistant": "assistant",
    "createThread": "thread",
    "createMessage": "thread.message",
    "createRun": "thread.run",
    "createFile": "file",
    "createVectorStore": "vector_store",
}
_ADDING = ("createVectorStoreFile", "createVectorStoreFileBatch")
_EXPIRED = frozenset({"expired"})
_PAGES = frozenset({"limit", "order", "purpose"})
_BROKEN = 500
_ODD = re.compile(rb"\\u(?:00[01]|d[89a-f])", re.IGNORECASE)  # control characters and halves of characters
# Statuses that blame the request; others are about the key, the route, the traffic or the server. That a valid one is
# called malformed, by 422 or by its code, is told by LIMIT-VALID-01 already.
_BLAMES = frozenset({400, 406, 409, 413, 415})


@check(ACCEPTED, PLAIN, CRASHED)
def valid_requests(index: Index) -> Iterator[Observation]:
    """A request that keeps the contract, and whose objects are there, is accepted where its neighbour was.

    A neighbour is another request for the same operation and model that was accepted later, while all that depends on
    the model or the endpoint (tools, sampling) was accepted too; or, where the refusal names such a member in `param`,
    any request that holds it. Without one a refusal may be for the model, the account or a missing feature. So may one
    with a code that blames no member of the request (money, policy, an account), and a conflict.
    """
    neighbours, validity = index.view(Neighbours), index.view(Validity)
    stated = {one.where.exchange for one in index.trace.expectations}  # a key that is wrong shows nowhere else
    for call in index.view(_judged_calls):
        if call.number in stated:
            continue
        blamed = call.refused and call.status in _BLAMES and text(call.error.get("code")) not in INVALIDITY
        if not (call.ok or blamed or call.status == 500):
            continue
        if validity.request(call) != () or validity.rests_on_null(call) or not _is_ready(call, index):
            continue
        if call.status == 500:
            yield from _crashed(call, neighbours, index)
            continue
        has_neighbour = call.ok or (_blames_request(call) and _has_neighbour(call, neighbours))
        if not has_neighbour and features(call.sent):
            continue  # for what the endpoint may not offer
        requirement = ACCEPTED if has_neighbour else PLAIN
        yield Examined(requirement, call.number)
        if call.ok:
            yield Examined(CRASHED if features(call.sent) else PLAIN, call.number)
        else:
            message = text(call.error.get("message"))
            answered = f"status {call.status}" + (f": {format_value(message)}" if message else "")
            yield Finding(requirement, call.where, f"a valid {call.spec.label} is accepted", answered)


def _has_neighbour(call: OperationCall, neighbours: Neighbours) -> bool:
    if not neighbours.covers(call):
        return False
    blamed = _blamed(call)
    return neighbours.later(call) or (blamed in BY_KIND and blamed in call.sent)


def _is_indexed(call: OperationCall, index: Index) -> bool:
    """Whether the store that is searched was seen completed, with nothing added to it since."""
    store_id = call.params["vector_store_id"]
    store = index.history("vector_store", store_id).last_before(call.exchange)
    if store is None or store.status != "completed":
        return False
    added = index.calls_on("vector_store_id", store_id, *_ADDING, effective=True)
    return not added.any_between(index.exchange(store), call.exchange)


def _blames_request(call: OperationCall) -> bool:
    """Whether a refusal is for the request: it has no code, or one with a member of the request beside it.

    No member can help what a model is for, or what an account may do.
    """
    if call.status == 409:
        return False
    return text(call.error.get("code")) is None or _blamed(call) in call.sent.keys() - {"model"}


def _blamed(call: OperationCall) -> str:
    """The outermost member that a refusal names in `param`."""
    return (text(call.error.get("param")) or "").partition(".")[0].partition("[")[0]


def _crashed(call: OperationCall, neighbours: Neighbours, index: Index) -> Iterator[Observation]:
    """One failure may be chance; one that meets a form of tools or settings which was never taken is not.

    They were taken in other forms, so that they are there. Nor is it chance where an operation fails with a form each
    time, more than once.
    """
    if not features(call.sent) or not neighbours.covers(call):
        return
    yield Examined(CRASHED, call.number)
    answers = index.view(_answers_to_forms)
    for form in forms(call.sent):
        everywhere = [status for (_, other), statuses in answers.items() if other == form for status in statuses]
        here = answers[call.operation, form]
        if min(everywhere) >= _BROKEN or (len(here) > 1 and min(here) >= _BROKEN):
            expected = "an answer below 500: what the request asks for was taken in another form, or elsewhere"
            yield Finding(CRASHED, call.where, expected, "status 500")
            return


def _answers_to_forms(index: Index) -> dict[tuple[str, Form], list[int]]:
    """The statuses of the answers to requests with each form of tools and settings, by operation."""
    found: dict[tuple[str, Form], list[int]] = {}
    for call in index.calls:
        if call.status is not None:
            for form in forms(call.sent):
                found.setdefault((call.operation, form), []).append(call.status)
    return found


def _judged_calls(index: Index) -> list[OperationCall]:
    return [call for call in index.calls_to(*_STATELESS) if _is_understood(call)]


def _makers(index: Index) -> dict[str, OperationCall]:
    """The calls that made objects, by id; of files only plain texts, since others may be of no use."""
    found = {}
    for operation, kind in _MAKERS.items():
        made = index.shown_by(kind)
        for call in index.calls_to(operation):
            if call.ok and call.number in made and (kind != "file" or is_plain_file(call)):
                found[made[call.number].id] = call
    return found


def _hindering(index: Index) -> dict[str, Timeline]:
    """The calls that delete something or make a run, and were not refused, by every id that their paths name."""
    found: dict[str, list[OperationCall]] = {}
    for call in index.calls:
        if not call.refused and (call.operation == "createRun" or call.spec.method == "DELETE"):
            for named in call.params.values():
                found.setdefault(named, []).append(call)
    return {named: Timeline(calls) for named, calls in found.items()}


def _is_understood(call: OperationCall) -> bool:
    """Whether all of a request is known to mean something: headers, query, media type and characters."""
    request, operation = call.exchange.request, call.spec
    if operation.beta is Beta.REQUIRED and request.headers.get("openai-beta") != "assistants=v2":
        return False
    if not request.query.keys() <= _PAGES or any(len(values) > 1 for values in request.query.values()):
        return False
    if operation.request is None:
        return not request.body
    if operation.request.media_type == "multipart/form-data":
        return is_plain_file(call)
    is_json = request.headers.media_type == "application/json" or not request.body
    return is_json and not _ODD.search(request.body) and _speaks(call)


def _speaks(call: OperationCall) -> bool:
    """Whether no message of a request is blank."""
    nested = mapping(call.sent.get("thread")).get("messages")
    rows = (*sequence(call.sent.get("messages")), *sequence(nested), *sequence(call.sent.get("additional_messages")))
    if call.operation == "createMessage":
        rows = (call.sent,)
    return not any(isinstance(words := mapping(row).get("content"), str) and not words.strip() for row in rows)


def _is_ready(call: OperationCall, index: Index) -> bool:
    """Whether what a request needs was there: objects that the trace made, not deleted, and no run in its way."""
    makers, hindering = index.view(_makers), index.view(_hindering)
    needed = {*call.params.values(), *named_objects(call.sent)}
    if not all(named in makers and before(makers[named].exchange, call.exchange) for named in needed):
        return False
    if call.operation == "searchVectorStore" and not _is_indexed(call, index):
        return False
    behind = {named for holder in needed for named in named_objects(makers[holder].sent)}  # what a run would search
    if any(index.history("vector_store", named).with_status(_EXPIRED) for named in needed | behind):
        return False
    if call.operation in CREATING_RUNS and not has_question(call):
        # A run that has no user's message to go on may be refused.
        maker = makers.get(call.params.get("thread_id", ""))
        if maker is None or not has_question(maker):
            return False
    thread_id = call.params.get("thread_id")
    if (
        call.operation in ("createMessage", "createRun")
        and thread_id
        and thread_id in (text(call.error.get("message")) or "")
    ):
        return False  # a refusal that names its thread is for a lock
    reads = call.spec.method == "GET"
    return not any(
        other is not call and not (reads and other.operation == "createRun")
        for named in needed
        for other in hindering.get(named, NO_CALLS).not_after(call.exchange)
    )
