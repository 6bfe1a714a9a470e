"""Error answers: their envelope, what their status and wording oblige them to, and that they name what was wrong."""

import re
from collections.abc import Iterator
from typing import Any

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.legacy import is_of_version_1
from conformance.checks.shared.unspecified import may_be_refused
from conformance.contract import Contract, Level
from conformance.contract.errors import KnownError, Member
from conformance.contract.json_pointer import split
from conformance.contract.schemas import SchemaViolation
from conformance.contract.truncation import is_small
from conformance.trace.calls import OperationCall
from conformance.trace.exchange import Exchange, Response
from conformance.trace.form import is_form
from conformance.trace.index import Index
from conformance.trace.json import format_value, mapping, text
from conformance.trace.order import before
from conformance.trace.trace import Where
from conformance.trace.validity import JSON, Validity, has_odd_body, overlapping_chunks

REFUSED = frozenset({400, 401, 404})
LONGEST_MESSAGE = 2_000
OFTEN = 3  # tries after which a server error is no chance, whatever its status: those of gateways are told by load too
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})  # browsers ask with others before they send these
_RANGE = ("integer", "decimal")
# The codes with which the API names each kind of mistake.
CODES: dict[str, frozenset[str]] = {
    "maxLength": frozenset({"string_above_max_length", "property_name_above_max_length"}),
    "minLength": frozenset({"empty_string", "string_below_min_length"}),
    "pattern": frozenset({"invalid_value"}),
    "enum": frozenset({"invalid_value", "unsupported_value"}),
    "const": frozenset({"invalid_value", "unsupported_value"}),
    "type": frozenset({"invalid_type"}),
    "required": frozenset({"missing_required_parameter"}),
    "additionalProperties": frozenset({"unknown_parameter"}),
    "maxItems": frozenset({"array_above_max_length"}),
    "minItems": frozenset({"empty_array", "array_below_min_length"}),
    "maxProperties": frozenset({"object_above_max_properties"}),
    "propertyNames": frozenset({"property_name_above_max_length"}),
    "maximum": frozenset(f"{kind}_above_max_value" for kind in _RANGE),
    "minimum": frozenset(f"{kind}_below_min_value" for kind in _RANGE),
}
_CODES_OF_MISTAKES = frozenset({"invalid_api_key"}).union(*CODES.values())
_TOLD_BESIDES = frozenset({"unknown_parameter", "invalid_value"})


def _beside(index: Index) -> Iterator[tuple[Exchange, Response]]:
    """The answers to requests for paths and methods that the API does not have.

    That a made-up path was meant for this API only a driver knows: it expects something of the answer.
    """
    trace, operations = index.trace, index.contract.operations
    expected = {expectation.where.exchange for expectation in trace.expectations}
    for exchange in index.off_surface:
        method, path = exchange.request.method.upper(), exchange.request.path
        if method not in METHODS or exchange.response is None:
            continue
        meant = operations.surface(path, trace.base_path) or is_of_version_1(path, trace.base_path)
        if meant or exchange.number in expected:
            yield exchange, exchange.response


def _refusals(index: Index) -> list[tuple[Exchange, Response]]:
    """The error answers of operations that arrived whole and were given by the endpoint itself."""
    answers = ((call.exchange, call.exchange.response) for call in index.calls if call.status and call.status >= 400)
    return [(exchange, response) for exchange, response in answers if response and _is_own(response)]


def _refusals_beside(index: Index) -> list[tuple[Exchange, Response]]:
    """The same for paths and methods that the API does not have."""
    return [(exchange, response) for exchange, response in _beside(index) if _is_own(response)]


def _is_own(response: Response) -> bool:
    return response.status >= 400 and not response.is_of_gateway and response.complete


def _error(response: Response) -> dict[str, Any]:
    return mapping(mapping(response.json_or_none).get("error"))


@check("ERROR-ENVELOPE-*", "ERROR-MEDIA-01")
def envelope(index: Index) -> Iterator[Observation]:
    """Every error is `{"error": {message, type, param, code}}`, sent as JSON; Azure's may lack all but the message."""
    for exchange, response in index.view(_refusals):
        number = exchange.number
        yield Examined("ERROR-MEDIA-01", number)
        if response.headers.media_type != "application/json":
            sent = response.headers.media_type or "none"
            yield Finding("ERROR-MEDIA-01", Where(number), "content type application/json", f"content type {sent}")
        yield Examined("ERROR-ENVELOPE-01", number)
        body, azure = response.json_or_none, exchange.request.is_azure
        if azure and isinstance(body, dict) and {"statusCode", "message"} <= body.keys():
            continue  # of the gateway that Azure has in front
        if not isinstance(body, dict) or not isinstance(body.get("error"), dict):
            yield Finding(
                "ERROR-ENVELOPE-01", Where(number), 'a JSON object with an object under "error"', _described(response)
            )
            continue
        for name in ("message",) if azure else ("message", "type"):
            yield Examined("ERROR-ENVELOPE-02", number)
            value = body["error"].get(name)
            if not isinstance(value, str):
                yield Finding("ERROR-ENVELOPE-02", _at(number, name), f"{name} is a string", _member(body, name))
        for name in () if azure else ("param", "code"):
            yield Examined("ERROR-ENVELOPE-03", number)
            if name not in body["error"] or not isinstance(body["error"][name], str | None):
                yield Finding(
                    "ERROR-ENVELOPE-03", _at(number, name), f"{name} is a string or null", _member(body, name)
                )


def _at(number: int, name: str) -> Where:
    return Where(number, pointer=f"/error/{name}")


def _member(body: dict[str, Any], name: str) -> str:
    return f"{name} is {format_value(body['error'][name])}" if name in body["error"] else f"no {name}"


def _described(response: Response) -> str:
    body = response.json_or_none
    if isinstance(body, dict) and "error" in body:
        return f'{format_value(body["error"])} under "error"'
    if isinstance(body, dict):
        return f"an object with {', '.join(format_value(key) for key in list(body)[:4]) or 'nothing in it'}"
    if body is None:
        return "null" if response.body.strip() == b"null" else "a body that is not JSON" if response.body else "no body"
    return format_value(body)


@check("ERROR-ENVELOPE-04")
def envelope_beside(index: Index) -> Iterator[Observation]:
    """What the API does not have is answered with nothing, or with an error like any other."""
    for exchange, response in index.view(_refusals_beside):
        if not response.body.strip():
            continue  # as newer answers to wrong methods are
        number, error = exchange.number, _error(response)
        yield Examined("ERROR-ENVELOPE-04", number)
        strings = all(isinstance(error.get(name), str) for name in ("message", "type"))
        others = all(name in error and isinstance(error[name], str | None) for name in ("param", "code"))
        if response.headers.media_type != "application/json" or not strings or not others:
            sent = f"{_described(response)}, content type {response.headers.media_type or 'none'}"
            yield Finding(
                "ERROR-ENVELOPE-04",
                Where(number),
                'an empty body, or JSON with message, type, param and code under "error"',
                sent,
            )
        elif response.status in (*REFUSED, 405) and error["type"] != "invalid_request_error":
            yield Finding(
                "ERROR-ENVELOPE-04",
                _at(number, "type"),
                f'type "invalid_request_error" with status {response.status}',
                f"type {format_value(error['type'])}",
            )


@check("ERROR-TYPE-*", "ERROR-AUTH-01", "ERROR-MISSING-01")
def by_status(index: Index) -> Iterator[Observation]:
    """The status says what kind of error it is, so type and code have to agree with it."""
    for exchange, response in index.view(_refusals):
        error, number = _error(response), exchange.number
        kind = text(error.get("type"))
        if kind is not None and (response.status in REFUSED or response.status >= 500):
            requirement, wanted = (
                ("ERROR-TYPE-01", "invalid_request_error")
                if response.status in REFUSED
                else ("ERROR-TYPE-02", "server_error")
            )
            if requirement == "ERROR-TYPE-01" and kind != wanted and _is_for_something_else(exchange, response, index):
                continue
            yield Examined(requirement, number)
            if kind != wanted:
                yield Finding(
                    requirement,
                    _at(number, "type"),
                    f'type "{wanted}" with status {response.status}',
                    f"type {format_value(kind)}",
                )
        if "code" in error and isinstance(error["code"], str | None) and not exchange.request.is_azure:
            yield from _code(exchange, response, error["code"], index)


def _is_for_something_else(exchange: Exchange, response: Response, index: Index) -> bool:
    """Whether a refusal may be for money, policy or an account: nothing was wrong but what an unknown code tells."""
    code = text(_error(response).get("code"))
    if response.status == 404 or code is None or code in _CODES_OF_MISTAKES | index.contract.errors.codes:
        return False
    return not _deserves_refusal(exchange, index)


def _code(exchange: Exchange, response: Response, code: str | None, index: Index) -> Iterator[Observation]:
    where = _at(exchange.number, "code")
    if response.status == 401:
        yield Examined("ERROR-AUTH-01", exchange.number)
        keyless = exchange.request.headers.get("authorization") is None
        if code != "invalid_api_key" and not (keyless and code is None):
            yield Finding(
                "ERROR-AUTH-01", where, 'code "invalid_api_key" with status 401', f"code {format_value(code)}"
            )
    elif _is_missing(exchange, response, index):
        yield Examined("ERROR-MISSING-01", exchange.number)
        if code is not None:
            yield Finding("ERROR-MISSING-01", where, "code null with status 404", f"code {format_value(code)}")


def _is_missing(exchange: Exchange, response: Response, index: Index) -> bool:
    """Whether an answer can only mean that the object which the path names does not exist."""
    if response.status != 404 or exchange.request.method.upper() not in ("GET", "DELETE"):
        return False
    call = index.call(exchange.number)
    # An unknown model has a code of its own (model_not_found).
    return call is not None and bool(call.params) and "model" not in call.params


@check("ERROR-KNOWN-*")
def by_wording(index: Index) -> Iterator[Observation]:
    """An answer in the API's known words carries the status, param and code that go with them."""
    for exchange, response in (*index.view(_refusals), *index.view(_refusals_beside)):
        error = _error(response)
        message = text(error.get("message"))
        if message is None or len(message) > LONGEST_MESSAGE:
            continue
        recognized = index.contract.errors.recognize(message)
        if recognized is not None:
            known, groups = recognized
            judged_by_status = {"code"} if _is_missing(exchange, response, index) else set()
            yield from _as_known(exchange.number, response.status, error, known, groups, judged_by_status)


def _as_known(
    number: int,
    status: int,
    error: dict[str, Any],
    known: KnownError,
    groups: dict[str, str | None],
    judged_by_status: set[str],
) -> Iterator[Observation]:
    yield Examined(known.requirement, number)
    if status not in known.statuses:
        wanted = " or ".join(map(str, known.statuses))
        yield Finding(known.requirement, Where(number), f"status {wanted} where {known.mistake}", f"status {status}")
    for member in known.members:
        value = error.get(member.name)
        if member.name not in error or member.name in judged_by_status or not isinstance(value, str | None):
            continue
        yield Examined(member.requirement, number)
        wanted_values = _wanted(member, groups)
        if value not in wanted_values:
            wanted = " or ".join(map(format_value, wanted_values))
            yield Finding(
                member.requirement,
                _at(number, member.name),
                f"{member.name} {wanted} where {known.mistake}",
                f"{member.name} {format_value(value)}",
            )


def _wanted(member: Member, groups: dict[str, str | None]) -> tuple[str | None, ...]:
    return (groups[member.name],) if member.values is None else member.values


def _answers(index: Index) -> Iterator[tuple[Exchange, Response]]:
    """The answered exchanges that are for an operation of the API."""
    return ((call.exchange, call.exchange.response) for call in index.calls if call.exchange.response is not None)


@check("ERROR-5XX-*", "ERROR-DESERVED-01")
def server_failures(index: Index) -> Iterator[Observation]:
    """No request makes the server fail; above all, none makes it fail every time it is sent."""
    attempts: dict[tuple[str, str, bytes], list[tuple[Exchange, Response]]] = {}
    for exchange, response in (*_answers(index), *_beside(index)):
        request = exchange.request
        attempts.setdefault((request.method, request.url, request.body), []).append((exchange, response))
    for answers in attempts.values():
        failed = [(exchange, response) for exchange, response in answers if response.status >= 500]
        last = answers[-1][0]
        repeated = len(answers) > 1 and before(answers[0][0], last)
        for exchange, _ in answers:
            yield Examined("ERROR-5XX-01", exchange.number)
        if repeated:
            yield Examined("ERROR-5XX-02", last.number)
        statuses = sorted({str(response.status) for _, response in failed})
        every_time = (
            f"status {' and '.join(statuses)} all {len(answers)} times (first in exchange {answers[0][0].number})"
        )
        if repeated and len(failed) == len(answers) >= OFTEN and _deserves_refusal(last, index):
            yield Examined("ERROR-DESERVED-01", last.number)
            yield Finding("ERROR-DESERVED-01", Where(last.number), "a refusal of the request, 400 or 404", every_time)
        elif repeated and all(response.status == 500 for _, response in answers):
            expected = "an answer when a request that met a server error is sent again"
            yield Finding("ERROR-5XX-02", Where(last.number), expected, every_time)
        else:
            for exchange, response in failed:
                yield Finding("ERROR-5XX-01", Where(exchange.number), "a status below 500", f"status {response.status}")
        if answers[-1][1].status in (400, 404) and _deserves_refusal(last, index):
            yield Examined("ERROR-DESERVED-01", last.number)


def _deserves_refusal(exchange: Exchange, index: Index) -> bool:
    """Whether a request breaks the contract, is no JSON, or names an object that a driver's trace never showed."""
    call = index.call(exchange.number)
    if call is None:
        return False
    body = call.spec.request
    unreadable = body is not None and body.media_type == JSON and exchange.request.body and not exchange.request.is_json
    if unreadable or index.view(Validity).request(call):
        return True
    named = {name for parameter, name in call.params.items() if parameter != "model"}
    return index.trace.live and not named <= index.view(_shown_ids)


def _shown_ids(index: Index) -> frozenset[str]:
    """The ids that any object had, or named as its thread."""
    shown = {sighting.id for sighting in index.trace.sightings}
    threads = (text(sighting.value.get("thread_id")) for sighting in index.trace.sightings)
    return frozenset(shown.union(thread for thread in threads if thread is not None))


@check("ERROR-ID-01")
def request_id(index: Index) -> Iterator[Observation]:
    """Every answer names its request, so that it can be asked about."""
    beside = ((exchange, response) for exchange, response in _beside(index) if response.body.strip())
    for exchange, response in (*_answers(index), *beside):
        # A recorder that dropped the Date header has dropped others as well.
        if response.headers.get("date") is None or 300 <= response.status < 400:
            continue
        if response.status >= 400 and not _is_own(response):
            continue
        yield Examined("ERROR-ID-01", exchange.number)
        if not response.headers.get("x-request-id"):
            yield Finding("ERROR-ID-01", Where(exchange.number), "a header x-request-id", "no such header")


@check("ERROR-PARAM-01", "ERROR-CODE-01")
def naming(index: Index) -> Iterator[Observation]:
    """A refusal of a request with one mistake names the parameter, and the kind of mistake.

    Where the request has several mistakes nobody knows which one is told first; of a very large body only some are
    known.
    """
    validity = index.view(Validity)
    for call in index.calls:
        broken = validity.request(call) if call.status == 400 else None
        if not broken or validity.rests_on_null(call):
            continue
        error = call.answer.get("error")
        if not isinstance(error, dict):
            continue  # without an envelope nothing can be named: ERROR-ENVELOPE-01
        code, param = text(error.get("code")), text(error.get("param"))
        if code and param and may_be_refused(code, param, call.exchange, call.spec, index.contract):
            continue  # that is another mistake, which the contract leaves open
        if len(broken) == 1 and _is_alone(broken[0], call) and _binds(broken[0], call, index.contract):
            yield from _param(call, broken[0], error.get("param"))
            yield from _code_of(call, broken[0], error.get("code"))


def _is_alone(violation: SchemaViolation, call: OperationCall) -> bool:
    """Whether nothing else is wrong with a body: overlapping chunks are another mistake than a number of tokens."""
    return is_small(call.sent) and (
        violation.keyword == "x-relation" or not any(True for _ in overlapping_chunks(call.sent))
    )


def _binds(violation: SchemaViolation, call: OperationCall, contract: Contract) -> bool:
    """Whether the request had to be refused for this alone.

    In April 2024 max_completion_tokens 16 was taken, and the thread refused (alexrudall/ruby-openai runs_create.yml).
    """
    requirement = contract.requirements.get(violation.requirement or "LIMIT-SHAPE-01")
    return requirement is not None and requirement.level is Level.MUST and requirement.applies(call.exchange.day)


def _param(call: OperationCall, violation: SchemaViolation, param: object) -> Iterator[Observation]:
    """The parameter that is named lies on the way to the mistake, or behind it."""
    wanted = _spelled(violation.pointer, violation.member)
    named = violation.member is not None or violation.keyword not in ("additionalProperties", "required")
    if not isinstance(param, str | None) or not wanted or not named:
        return  # several members are too many, or one of several is missing
    yield Examined("ERROR-PARAM-01", call.number)
    if param is None or not _on_one_way(param, wanted):
        yield Finding(
            "ERROR-PARAM-01",
            Where(call.number, pointer="/error/param"),
            f"param {format_value(wanted)}, which is wrong in the request",
            f"param {format_value(param)}",
        )


def _code_of(call: OperationCall, violation: SchemaViolation, code: object) -> Iterator[Observation]:
    wanted = CODES.get(violation.keyword)
    # A body that is missing, or no object, may as well be told as one that lacks what it needs.
    if wanted is None or not violation.pointer or not isinstance(code, str | None):
        return
    if violation.keyword == "type" and is_form(call.exchange.request):
        return  # all that a form says is text, so that a number is one of the values which it may not have
    # Below the outermost object the schemas are open: what lacks a member may hold one too many, told first.
    if violation.keyword == "required" and violation.pointer.count("/") and code in _TOLD_BESIDES:
        return
    yield Examined("ERROR-CODE-01", call.number)
    if code not in wanted:
        told = " or ".join(sorted(map(format_value, wanted)))
        place = _spelled(violation.pointer) or "the body"
        yield Finding(
            "ERROR-CODE-01",
            Where(call.number, pointer="/error/code"),
            f"code {told}: {place} must be {violation.expected}",
            f"code {format_value(code)}",
        )


def _spelled(pointer: str, member: str | None = None) -> str:
    """A place as the API spells it, or that of a member there: `tools[0].function.name`."""
    spelled = ""
    steps = split(pointer if pointer.startswith("/") or not pointer else f"/{pointer}")
    for step in steps if member is None else (*steps, member):
        spelled += f"[{step}]" if step.isdecimal() else f".{step}" if spelled else step
    return spelled


def _on_one_way(param: str, wanted: str) -> bool:
    named, expected = (name.replace("[]", "").replace("[", ".").replace("]", "").split(".") for name in (param, wanted))
    shorter = min(len(named), len(expected))
    return named[:shorter] == expected[:shorter]


@check("ERROR-JSON-01", "ERROR-JSON-02", "ERROR-MEDIA-02", of_requests=True)
def bodies(index: Index) -> Iterator[Observation]:
    """A body that is no JSON is refused; so is one that is said to be something else than JSON."""
    for call in index.view(_odd_bodies):
        media_type = call.exchange.request.headers.media_type
        if media_type in ("", JSON):
            yield from _unreadable(call)
        else:
            yield from _mislabelled(call, media_type)


def _odd_bodies(index: Index) -> list[OperationCall]:
    """The calls with an odd body that were answered, and by more than a look at the key."""
    return [call for call in index.calls if call.status not in (401, 403, 429, None) and has_odd_body(call)]


def _unreadable(call: OperationCall) -> Iterator[Observation]:
    yield Examined("ERROR-JSON-01", call.number)
    if call.ok:
        yield Finding("ERROR-JSON-01", call.where, "a refusal: the body is no JSON", f"status {call.status}")
    elif call.refused:
        yield Examined("ERROR-JSON-02", call.number)
        if call.status != 400:
            yield Finding("ERROR-JSON-02", call.where, "status 400: the body is no JSON", f"status {call.status}")


def _mislabelled(call: OperationCall, media_type: str) -> Iterator[Observation]:
    yield Examined("ERROR-MEDIA-02", call.number)
    if call.status not in (400, 415):
        expected = f"a refusal with 400: a body of type {media_type}, not {JSON}"
        yield Finding("ERROR-MEDIA-02", call.where, expected, f"status {call.status}")


# What only the inside of a server says: a stack trace, a statement to its database, the path of a source file.
_INSIDES = re.compile(
    r"""Traceback\ \(most\ recent | \bFile\ "[^"]+",\ line\ \d | ^\s*at\ .+:\d+ | \bgoroutine\ \d+\ \[
    | \bSQLSTATE\b | \b(?:SELECT|DELETE)\ .{0,200}\bFROM\ | \bINSERT\ INTO\ | \bUPDATE\ \S+\ SET\
    | \b(?:sqlalchemy|psycopg2?|sqlite3|pymongo|asyncpg)\.
    | (?:^|[\s"'(])(?:/[\w.-]+){2,}\.(?:py|js|ts|go|rb|java|php|rs)\b | \b[A-Z]:\\\w+\\""",
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


@check("ERROR-LEAK-01")
def insides(index: Index) -> Iterator[Observation]:
    """An error tells its client nothing of how the server is made."""
    for exchange, response in (*index.view(_refusals), *index.view(_refusals_beside)):
        yield Examined("ERROR-LEAK-01", exchange.number)
        told = text(_error(response).get("message")) or response.body[:LONGEST_MESSAGE].decode("utf-8", "replace")
        sent = exchange.request.body.decode("utf-8", "replace")
        found = _INSIDES.search(told[:LONGEST_MESSAGE])
        if found and found.group().strip() not in sent:  # values of the request are quoted
            expected = "no stack trace, statement or source file in the message"
            yield Finding(
                "ERROR-LEAK-01", _at(exchange.number, "message"), expected, format_value(found.group().strip())
            )
