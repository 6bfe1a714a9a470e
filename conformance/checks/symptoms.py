"""What a finding is about, in the terms of the contract: which operation, which answer, which input, which member.

Findings of many requirements share a symptom where one thing is wrong; reports group them by it. A symptom is worked
out from the exchange and the contract, never from the words of a finding or from a list of ids.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from conformance.checks.check import Finding
from conformance.checks.shared.heeded import heeded
from conformance.contract import Contract, json_pointer
from conformance.contract.schemas import SchemaViolation
from conformance.trace.calls import OperationCall
from conformance.trace.exchange import Exchange
from conformance.trace.form import is_form, read_form
from conformance.trace.index import Index
from conformance.trace.json import mapping
from conformance.trace.trace import Sighting, Trace, Where
from conformance.trace.validity import FORM, Validity, has_odd_body

_PAGED = frozenset({"order", "limit", "after", "before"})
LISTS = "lists"
"""The area of the checks that judge pages and walks, whatever is on them."""


STREAM = "stream"
BODY = "body"
"""The kind of mistake of a request whose body is no JSON."""
BLAMING = frozenset({400, 413, 415, 422})
"""Statuses that blame the request; others are about the key, the route, the object or the traffic."""


class Symptom(StrEnum):
    """In which way something is wrong."""

    FAILURE = "failure"  # a server error
    UNCHECKED = "unchecked"  # a request that breaks the contract is accepted
    IGNORED = "ignored"  # an input is not heeded
    REFUSED = "refused"  # a refusal that should be none, or another one
    ERROR = "error"  # the form or status of an error answer
    MEMBER = "member"  # a member of an object
    EVENT = "event"  # an event of a stream
    PAGE = "page"  # the pages of a list
    CONDUCT = "conduct"  # anything else that was answered


class Sign(NamedTuple):
    """A symptom with what it is seen on.

    `area` is that of the check that found it. `subject` and `member` depend on the symptom: status, kind of object,
    name of an event or member of the request. `detail` is the kind of mistake in an input, or what was there.
    """

    symptom: str
    operation: str
    area: str
    subject: str = ""
    member: str = ""
    detail: str = ""


class Input(NamedTuple):
    """A kind of mistake in an input: that a member of an operation's request breaks its type, its bound …

    A wrong type is named by what the value should be: "a number". `part` tells where it lies: in the query, in a form,
    in the body, or nested in a member of the body.
    """

    operation: str
    member: str
    mistake: str
    part: str


class Place(NamedTuple):
    """Where a sign was seen: the exchange, and the object that it was seen on where there is one.

    `after` is the operation that last changed that object, as far as it was not refused; empty where none did.
    """

    exchange: int
    object: str
    after: str


_MISTAKES = {
    "required": "missing",
    "additionalProperties": "unknown",
    "pattern": "form",
    "format": "form",
    "x-form": "form",
    "enum": "value",
    "const": "value",
}
"""Kinds of mistakes by keyword; those of one of several schemas are about the value, all others about its bounds."""


class Signs(NamedTuple):
    """What a trace shows: the sign and place of each finding; the mistakes that were refused; the inputs that had an
    effect, as operation and member; what answered 2xx."""

    found: list[tuple[Finding, Sign, Place]]
    refused: frozenset[Input]
    heeded: frozenset[tuple[str, str]]
    served: frozenset[str]


def signs(trace: Trace, contract: Contract, found_by: Mapping[Finding, str]) -> Signs:
    """The signs of a judged trace; `found_by` has the check of each finding."""
    index = Index(trace, contract)
    try:
        return Signs(
            [(finding, *sign_of(finding, check, index)) for finding, check in found_by.items()],
            refused_inputs(index),
            heeded(index),
            frozenset(call.operation for call in index.calls if call.ok),
        )
    finally:
        index.release()


def sign_of(finding: Finding, check: str, index: Index) -> tuple[Sign, Place]:
    """What a finding of a check is a sign of, and where it was seen."""
    call, exchange = index.call(finding.where.exchange), index.trace.exchange(finding.where.exchange)
    sighting = _sighting(finding, index)
    place = _place(finding, exchange, _named(call, sighting), index)
    return _sign(finding, check, call, exchange, sighting, index), place


def refused_inputs(index: Index) -> frozenset[Input]:
    """The kinds of mistakes that were refused: what is checked here cannot be unchecked for the same reason there."""
    validity = index.view(Validity)
    return frozenset(
        _input(call, violation)
        for call in index.calls
        if call.status in BLAMING
        for violation in validity.request(call) or ()
    )


def _sign(
    finding: Finding,
    check: str,
    call: OperationCall | None,
    exchange: Exchange,
    sighting: Sighting | None,
    index: Index,
) -> Sign:
    operation, area = call.operation if call else "", check.partition(".")[0]
    status = exchange.response.status if exchange.response else 0
    broken = (index.view(Validity).request(call) or ()) if call else ()
    if status >= 500:
        return Sign(Symptom.FAILURE, operation, "", str(status), *_mistake(call, broken))
    of_page = finding.input in _PAGED and finding.sent_in is None
    if call is not None and (area == LISTS or of_page):
        return Sign(Symptom.PAGE, operation, LISTS, "", finding.input)
    if finding.input:
        sender = index.call(finding.sent_in) if finding.sent_in is not None else call
        owner = sender.operation if sender and finding.input in _inputs(sender) else ""
        return Sign(Symptom.IGNORED, owner, area, "", finding.input)
    if status >= 400:
        return _refusal(finding, operation, area, exchange, status, broken)
    if call is not None and broken and not finding.where.pointer and finding.where.event is None:
        violation = next((one for one in broken if finding.expected.endswith(one.expected)), None)
        if violation is not None:
            found = _input(call, violation)
            return Sign(Symptom.UNCHECKED, operation, area, found.mistake, found.member, found.part)
    if finding.where.event is not None and (sighting is None or finding.where.pointer == ""):
        return Sign(Symptom.EVENT, operation, area, _event(finding, exchange))
    if sighting is not None and finding.where.pointer:
        member = json_pointer.split(finding.where.pointer[len(sighting.where.pointer) :])[:1]
        return Sign(Symptom.MEMBER, operation, area, sighting.kind, "".join(member), _shape(finding.actual))
    if finding.where.pointer or area == "schemas":
        member = json_pointer.split(finding.where.pointer)[:1]
        return Sign(Symptom.MEMBER, operation, area, f"answer to {operation}", "".join(member), _shape(finding.actual))
    streamed = exchange.response is not None and exchange.response.is_stream
    return Sign(Symptom.CONDUCT, operation, area, check, "", STREAM if streamed else "")


def _mistake(call: OperationCall | None, broken: Sequence[SchemaViolation]) -> tuple[str, str]:
    """The member and the kind of mistake of a request that a server failed at; empty where it was right."""
    if call is not None and (broken or has_odd_body(call)):
        found = [_input(call, violation) for violation in broken]
        return min(((one.member, one.mistake) for one in found), default=("", BODY))
    return "", ""


def _refusal(
    finding: Finding, operation: str, area: str, exchange: Exchange, status: int, broken: Iterable[SchemaViolation]
) -> Sign:
    if area == "errors" or finding.where.pointer or broken:
        body = finding.actual.partition(", content type")[0]  # however it is sent
        return Sign(Symptom.ERROR, operation, area, finding.where.pointer, "", _shape(body))
    return Sign(Symptom.REFUSED, operation, area, str(status), "", "".join(_peculiar(exchange)))


def _peculiar(exchange: Exchange) -> Iterator[str]:
    """What is peculiar about a valid request: no body, or null in it."""
    body = exchange.request.json
    if not exchange.request.body and exchange.request.method == "POST":
        yield "without a body"
    elif None in mapping(body).values():
        yield "with null"


def _input(call: OperationCall, violation: SchemaViolation) -> Input:
    """The input that a violation is about, with the kind of mistake."""
    steps = json_pointer.split(violation.pointer)
    query = bool(violation.pointer) and not violation.pointer.startswith("/")
    if query:
        steps = (violation.pointer.partition("/")[0], *steps)
    mistake = _MISTAKES.get(violation.keyword, "value" if violation.keyword.endswith("Of") else "bound")
    if violation.keyword == "type":  # servers convert between some types and not between others
        mistake = violation.expected.replace(_BOOLEAN, "a boolean").partition(" or ")[0]
    if mistake in ("missing", "unknown"):  # the pointer is that of what holds it
        steps = (*steps, _quoted(violation))
    body = call.spec.request
    part = "query" if query else "form" if body is not None and body.media_type == FORM else "body"
    nested = part == "body" and len(steps) > 1
    return Input(call.operation, steps[0] if steps else "", mistake, "nested" if nested else part)


def _quoted(violation: SchemaViolation) -> str:
    """The member that is missing or unknown, which stands in quotes in what was expected or there."""
    text = violation.expected if '"' in violation.expected else violation.actual
    return text.partition('"')[2].partition('"')[0]


def _inputs(call: OperationCall) -> set[str]:
    """The names of what a request can carry: its members and query parameters."""
    request = call.exchange.request
    parts = (part.name.partition("[")[0] for part in read_form(request) or ()) if is_form(request) else ()
    return {*call.sent, *parts, *request.query, *(parameter.name for parameter in call.spec.parameters)}


_BOOLEAN = "true or false"
_VARYING = re.compile(r'"[^"]{16,}"|\d{4,}')


def _shape(actual: str) -> str:
    """What was there, without what differs from one time to the next: numbers and long texts."""
    return _VARYING.sub("…", actual)


def _event(finding: Finding, exchange: Exchange) -> str:
    assert finding.where.event is not None
    events = exchange.response.events if exchange.response else ()
    event = events[finding.where.event - 1] if 0 < finding.where.event <= len(events) else None
    if event is None:
        return ""
    return "[DONE]" if event.is_done else event.name or ""


def _sighting(finding: Finding, index: Index) -> Sighting | None:
    """The object that a place is in: of several around it the innermost."""
    known, (number, event, pointer) = index.view(_sightings), finding.where
    while (found := known.get(Where(number, event, pointer))) is None and pointer:
        pointer = pointer.rpartition("/")[0]
    return found


def _sightings(index: Index) -> dict[Where, Sighting]:
    return {sighting.where: sighting for sighting in index.trace.sightings}


def _named(call: OperationCall | None, sighting: Sighting | None) -> str:
    """The object that a place is about: the one shown there, or the last that the path names."""
    if sighting is not None:
        return sighting.id
    return next(reversed(call.params.values()), "") if call else ""


def _place(finding: Finding, exchange: Exchange, named: str, index: Index) -> Place:
    changes = index.view(_changes).get(named, [])
    known = bisect_right(changes, exchange.number, key=lambda call: call.number)
    if finding.where.event is not None and exchange.ended is not None:  # calls go on while a stream does
        known = bisect_right(changes, exchange.ended, key=lambda call: call.exchange.started or 0.0)
    return Place(exchange.number, named, changes[known - 1].operation if known else "")


def _changes(index: Index) -> dict[str, list[OperationCall]]:
    """The calls that act on an object, by its id: neither reading it nor creating something under it."""
    answers, found = index.contract.objects.answers, dict[str, list[OperationCall]]()
    for call in index.calls:
        creates = call.operation in answers and answers[call.operation].creates
        if call.params and call.spec.method != "GET" and not call.refused and not creates:
            found.setdefault(next(reversed(call.params.values())), []).append(call)
    return found
