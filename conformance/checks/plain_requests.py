"""The plainest requests: what asks for nothing special can only be refused by an endpoint that wants too much."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from conformance.checks.asked import Asked, asked, shown_in
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.limits import INVALIDITY, violations
from conformance.checks.routes import CREATING_RUNS
from conformance.contract import Contract
from conformance.contract.openapi import Beta, Operation
from conformance.trace.form import read_form
from conformance.trace.json import Json, NotJson, mapping, sequence, shown, text
from conformance.trace.order import before
from conformance.trace.trace import Trace

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
_OF_A_MODEL = CREATING_RUNS | {"createAssistant"}
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
def plain_requests(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A request that keeps the contract and needs nothing but plain objects that were made before it is accepted.

    The model or the feature may be one that the endpoint does not have, the key one that may not do so, and the
    endpoint busy: a refusal that speaks of any of these says nothing.
    """
    requests = asked(trace, contract)
    plain = {one.number for one in requests if _is_plain(one, contract.operations.by_id[one.operation])}
    made = shown_in(trace, ("assistant", "thread"))
    makers = {
        made[one.number].id: one
        for one in requests
        if one.ok and one.number in plain and one.number in made and one.operation in _MAKERS
    }
    hindering = [
        one
        for one in requests
        if (one.operation == "createRun" or one.exchange.request.method == "DELETE") and not one.refused
    ]
    for one in requests:
        operation = contract.operations.by_id[one.operation]
        blamed = one.status in _BLAMES and not _is_excused(one, makers)
        if one.number not in plain or not (one.ok or blamed):
            continue
        if _is_malformed(one, operation, contract) or not _is_ready(one, makers, hindering):
            continue
        yield Examined(ACCEPTED, one.number)
        if blamed:
            message = text(mapping(one.answer.get("error")).get("message"))
            told = f"status {one.status}" + (f": {shown(message)}" if message else "")
            yield Finding(ACCEPTED, one.where, f"a plain {operation.label} is accepted", told)


def _is_plain(one: Asked, operation: Operation) -> bool:
    request, known = one.exchange.request, _PLAIN.get(one.operation)
    if known is None or (operation.beta is Beta.REQUIRED and request.headers.get("openai-beta") != "assistants=v2"):
        return False
    if operation.request is None:
        once = all(len(values) == 1 for values in request.query.values())
        return request.query.keys() <= known and once and not request.body
    if operation.request.media_type == "multipart/form-data":
        return _is_plain_file(one, known)
    is_json = request.headers.media_type == "application/json" or not request.body
    rows = (*sequence(one.sent.get("messages")), *sequence(mapping(one.sent.get("thread")).get("messages")))
    if one.operation == "createMessage":
        rows = (one.sent,)
    nested = mapping(one.sent.get("thread")).keys() <= _PLAIN["createThread"] and all(map(_is_plain_message, rows))
    return is_json and not request.query and one.sent.keys() <= known and nested and not _ODD.search(request.body)


def _is_plain_message(row: Json) -> bool:
    written = text(mapping(row).get("content")) or ""
    return mapping(row).keys() <= _PLAIN["createMessage"] and bool(written.strip())


def _is_plain_file(one: Asked, known: frozenset[str]) -> bool:
    """Whether a form holds a text that is not empty, for assistants, and nothing more."""
    parts = {part.name: part for part in read_form(one.exchange.request) or ()}
    if parts.keys() != known or parts["purpose"].text != "assistants":
        return False
    return bool(parts["file"].content) and PurePosixPath(parts["file"].filename or "").suffix in _TEXTS


def _is_ready(one: Asked, makers: dict[str, Asked], hindering: list[Asked]) -> bool:
    """Whether what a request needs was there: objects that plain requests made, not deleted, and no run in its way."""
    needed = {*one.path.values()}
    if one.operation in CREATING_RUNS:
        # A run that has neither a user's message nor instructions to go on may be refused.
        maker = makers.get(one.path.get("thread_id", ""))
        rows = sequence((maker.sent if maker else mapping(one.sent.get("thread"))).get("messages"))
        if all(mapping(row).get("role") != "user" for row in rows):
            return False
        needed.add(text(one.sent.get("assistant_id")) or "")
    if not all(id in makers and before(makers[id].exchange, one.exchange) for id in needed):
        return False
    return not any(
        other.number != one.number
        and not needed.isdisjoint(other.path.values())
        and not before(one.exchange, other.exchange)
        for other in hindering
    )


def _is_excused(one: Asked, makers: dict[str, Asked]) -> bool:
    told = one.exchange.response.body[:_LOOKED_AT] if one.exchange.response else b""
    if text(mapping(one.answer.get("error")).get("code")) in INVALIDITY:
        return True
    if mapping(one.answer.get("error")).get("param") is None and _NOT_THERE.search(told) and not _MEMBER.search(told):
        return True
    if any(of_others.search(told) for of_others in (_OF_THE_ACCOUNT, _OF_THE_TRAFFIC, _OF_THE_SETUP)):
        return True
    return _speaks_of_model(one, makers, told)


def _speaks_of_model(one: Asked, makers: dict[str, Asked], told: bytes) -> bool:
    """Whether a refusal speaks of models, or names the one that was asked for."""
    if one.operation not in _OF_A_MODEL:
        return False
    maker = makers.get(text(one.sent.get("assistant_id")) or "")
    name = text((maker.sent if maker else one.sent).get("model")) or ""
    named = rf"(?<!\w){re.escape(name)}(?!\w)" if name else "(?!)"
    return bool(_OF_THE_MODEL.search(told) or re.search(named, told.decode("utf-8", "replace"), re.IGNORECASE))


def _is_malformed(one: Asked, operation: Operation, contract: Contract) -> bool:
    try:
        return any(True for _ in violations(one.exchange, operation, contract))
    except NotJson:
        return True
