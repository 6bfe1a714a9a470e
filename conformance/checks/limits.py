"""Bounds on requests: what breaks one is refused as such, and what keeps them all is not refused as invalid."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.unchanged import format_default
from conformance.checks.shared.unspecified import may_be_refused
from conformance.contract import Contract
from conformance.contract.openapi import Beta
from conformance.contract.schemas import SchemaViolation
from conformance.trace.calls import NO_CALLS, OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.form import read_form
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import Json, format_value, mapping, sequence, text
from conformance.trace.order import before
from conformance.trace.trace import Where
from conformance.trace.validity import NO_FORM, Validity

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
DEFAULTS = ("name", "description", "instructions", "tools", "metadata", "temperature", "top_p", "response_format")


@check("LIMIT-*", OLD_FIELD)
def request_bounds(index: Index) -> Iterator[Observation]:
    """Compare what the contract says of each request with how it was answered.

    A request that breaks bounds and is accepted is a finding under each of them. A request that keeps them all and is
    refused as malformed is one finding; refusals for the state of things (unknown ids, locks) are not this check's. A
    body that is no JSON at all is judged by the error checks, not under a bound. Null for a member that need not be
    sent may be taken, as the real API does, and refused, as the document does.
    """
    validity = index.view(Validity)
    for call in index.calls:
        if call.status is None or call.status >= 500 or call.status in _NOT_ABOUT_THE_REQUEST:
            continue
        broken = validity.request(call)
        if broken:
            yield from _broken(call.exchange, broken)
        elif broken is not None:
            if call.ok:
                yield Examined(VALID, call.number)
            elif not validity.rests_on_null(call):
                yield from _kept(call, index.contract)


def _broken(exchange: Exchange, broken: tuple[SchemaViolation, ...]) -> Iterator[Observation]:
    assert exchange.response is not None
    where = Where(exchange.number)
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
    """An assistant made from a model only has the defaults."""
    members = index.contract.values.of_object("assistant").members
    for call in index.calls_to("createAssistant"):
        if not call.ok or call.sent.keys() != {"model"}:
            continue
        for name in DEFAULTS:
            if name not in call.answer:
                continue
            yield Examined("LIMIT-ASST-09", call.number)
            if not members[name].shows_default(call.answer[name]):
                expected = f"{name} {format_default(members[name])} where only the model is sent"
                actual = f"{name} {format_value(call.answer[name])}"
                yield Finding("LIMIT-ASST-09", call.where.below(name), expected, actual)


# ---- plain requests -------------------------------------------------------------------------------------------------

ACCEPTED = "LIMIT-VALID-02"
# The operations with what a plain request for each may hold: nothing whose worth depends on tools, files or stores.
_PAGES = frozenset({"limit", "order"})
_PLAIN = {
    "createAssistant": frozenset({"model", "name", "description", "instructions", "metadata"}),
    "createFile": frozenset({"file", "purpose"}),
    "createMessage": frozenset({"role", "content", "metadata"}),
    "createRun": frozenset({"assistant_id", "metadata", "stream"}),
    "createThread": frozenset({"messages", "metadata"}),
    "createThreadAndRun": frozenset({"assistant_id", "thread", "metadata", "stream"}),
    "createVectorStore": frozenset({"name", "metadata"}),
    "listAssistants": _PAGES,
    "listFiles": _PAGES,
    "listModels": frozenset[str](),
    "listVectorStores": _PAGES,
}
_MAKERS = frozenset({"createAssistant", "createThread"})  # a thread that is made with a run is locked by it
_OF_A_MODEL = {"createAssistant", *CREATING_RUNS}
# What a refusal speaks of that is not about the request; servers word it as they like, with or without an envelope.
_OF_THE_MODEL = re.compile(rb"model|deployment|engine", re.IGNORECASE)
_OF_THE_ACCOUNT = re.compile(
    rb"""api[ _-]?key|authenti|authori[sz]|permission|billing|quota|account|organi[sz]ation|openai-project
    |subscription|credits|balance|payment|plan_required|(?:your|current|free|paid|pro)[ ](?:\w+[ ])?plan\b
    |country|region\b|territory|content[ _-]?(?:filter|policy|management)|moderation|safety[ _-]system""",
    re.IGNORECASE | re.VERBOSE,
)
_OF_THE_TRAFFIC = re.compile(rb"rate[ _-]?limit|too many (?:concurrent|parallel|requests|runs)|busy|overloaded", re.I)
# That the endpoint is full, or was not set up for this.
_OF_THE_SETUP = re.compile(
    rb"maximum (?:number|count) of (?:assistants|files|messages|runs|threads|vector)|storage|\bprovider\b|\bconfigur",
    re.IGNORECASE,
)
# That a feature is not there at all, as some say with 400 where 404 or 501 belongs; of a member it is blame.
_NOT_THERE = re.compile(rb"not[ _](?:supported|implemented|available|enabled|configured)|disabled|unavailable", re.I)
_MEMBER = re.compile(
    rb"\b(?:assistant_id|content|description|extensions?|instructions|limit|metadata|name|order|purpose|role|stream)\b",
    re.I,
)
_ODD = re.compile(rb"\\u(?:00[01]|d[89a-f])", re.IGNORECASE)  # control characters and halves of characters
_LOOKED_AT = 4096
_TEXTS = frozenset({".json", ".md", ".txt"})
# Statuses that blame the request; others are about the key, the route, the traffic or the server. That a valid one is
# called malformed, by 422 or by its code, is told by LIMIT-VALID-01 already.
_BLAMES = frozenset({400, 406, 409, 413, 415})


@check(ACCEPTED)
def plain_requests(index: Index) -> Iterator[Observation]:
    """A request that keeps the contract and needs nothing but plain objects that were made before it is accepted.

    The model or the feature may be one that the endpoint does not have, the key one that may not do so, and the
    endpoint busy: a refusal that speaks of any of these says nothing.
    """
    plain, makers, validity = index.view(_plain_calls), index.view(_plain_makers), index.view(Validity)
    for call in plain:
        blamed = call.status in _BLAMES and not _is_excused(call, makers)
        if not (call.ok or blamed) or validity.is_malformed(call) or not _is_ready(call, makers, index):
            continue
        if blamed and validity.rests_on_null(call):
            continue
        yield Examined(ACCEPTED, call.number)
        if blamed:
            message = text(mapping(call.answer.get("error")).get("message"))
            answered = f"status {call.status}" + (f": {format_value(message)}" if message else "")
            yield Finding(ACCEPTED, call.where, f"a plain {call.spec.label} is accepted", answered)


def _plain_calls(index: Index) -> list[OperationCall]:
    return [call for call in index.calls_to(*_PLAIN) if _is_plain(call)]


def _plain_makers(index: Index) -> dict[str, OperationCall]:
    """The plain calls that made assistants and threads, by id."""
    made = index.shown_by("assistant", "thread")
    return {
        made[call.number].id: call
        for call in index.view(_plain_calls)
        if call.ok and call.number in made and call.operation in _MAKERS
    }


def _hindering(index: Index) -> dict[str, Timeline]:
    """The calls that delete something or make a run, and were not refused, by every id that their paths name."""
    found: dict[str, list[OperationCall]] = {}
    for call in index.calls:
        if not call.refused and (call.operation == "createRun" or call.spec.method == "DELETE"):
            for named in call.params.values():
                found.setdefault(named, []).append(call)
    return {named: Timeline(calls) for named, calls in found.items()}


def _is_plain(call: OperationCall) -> bool:
    request, known, operation = call.exchange.request, _PLAIN[call.operation], call.spec
    if operation.beta is Beta.REQUIRED and request.headers.get("openai-beta") != "assistants=v2":
        return False
    if operation.request is None:
        once = all(len(values) == 1 for values in request.query.values())
        return request.query.keys() <= known and once and not request.body
    if operation.request.media_type == "multipart/form-data":
        return _is_plain_file(call, known)
    is_json = request.headers.media_type == "application/json" or not request.body
    rows = (*sequence(call.sent.get("messages")), *sequence(mapping(call.sent.get("thread")).get("messages")))
    if call.operation == "createMessage":
        rows = (call.sent,)
    nested = mapping(call.sent.get("thread")).keys() <= _PLAIN["createThread"] and all(map(_is_plain_message, rows))
    return is_json and not request.query and call.sent.keys() <= known and nested and not _ODD.search(request.body)


def _is_plain_message(row: Json) -> bool:
    written = text(mapping(row).get("content")) or ""
    return mapping(row).keys() <= _PLAIN["createMessage"] and bool(written.strip())


def _is_plain_file(call: OperationCall, known: frozenset[str]) -> bool:
    """Whether a form holds a text that is not empty, for assistants, and nothing more."""
    parts = {part.name: part for part in read_form(call.exchange.request) or ()}
    if parts.keys() != known or parts["purpose"].text != "assistants":
        return False
    return bool(parts["file"].content) and PurePosixPath(parts["file"].filename or "").suffix in _TEXTS


def _is_ready(call: OperationCall, makers: dict[str, OperationCall], index: Index) -> bool:
    """Whether what a request needs was there: objects that plain requests made, not deleted, and no run in its way."""
    needed = {*call.params.values()}
    if call.operation in CREATING_RUNS:
        # A run that has neither a user's message nor instructions to go on may be refused.
        maker = makers.get(call.params.get("thread_id", ""))
        rows = sequence((maker.sent if maker else mapping(call.sent.get("thread"))).get("messages"))
        if all(mapping(row).get("role") != "user" for row in rows):
            return False
        needed.add(text(call.sent.get("assistant_id")) or "")
    if not all(named in makers and before(makers[named].exchange, call.exchange) for named in needed):
        return False
    hindering = index.view(_hindering)
    return not any(
        other is not call for named in needed for other in hindering.get(named, NO_CALLS).not_after(call.exchange)
    )


def _is_excused(call: OperationCall, makers: dict[str, OperationCall]) -> bool:
    answer = call.exchange.response.body[:_LOOKED_AT] if call.exchange.response else b""
    if text(mapping(call.answer.get("error")).get("code")) in INVALIDITY:
        return True
    if (
        mapping(call.answer.get("error")).get("param") is None
        and _NOT_THERE.search(answer)
        and not _MEMBER.search(answer)
    ):
        return True
    if any(of_others.search(answer) for of_others in (_OF_THE_ACCOUNT, _OF_THE_TRAFFIC, _OF_THE_SETUP)):
        return True
    return _speaks_of_model(call, makers, answer)


def _speaks_of_model(call: OperationCall, makers: dict[str, OperationCall], answer: bytes) -> bool:
    """Whether a refusal speaks of models, or names the one that was asked for."""
    if call.operation not in _OF_A_MODEL:
        return False
    maker = makers.get(text(call.sent.get("assistant_id")) or "")
    name = text((maker.sent if maker else call.sent).get("model")) or ""
    named = rf"(?<!\w){re.escape(name)}(?!\w)" if name else "(?!)"
    return bool(_OF_THE_MODEL.search(answer) or re.search(named, answer.decode("utf-8", "replace"), re.IGNORECASE))
