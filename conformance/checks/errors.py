"""Error answers: their envelope, and what their status and wording oblige them to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.legacy import is_of_version_1
from conformance.contract import Contract
from conformance.contract.errors import KnownError, Member
from conformance.trace.exchange import Exchange, Response
from conformance.trace.json import mapping, shown, text
from conformance.trace.order import before
from conformance.trace.trace import Trace, Where

REFUSED = frozenset({400, 401, 404})
# Proxies in front of an endpoint give these themselves, in whatever format they like.
GATEWAY = frozenset({502, 503, 504})
LONGEST_MESSAGE = 2_000
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})  # browsers ask with others before they send these


def _on_surface(trace: Trace, contract: Contract) -> Iterator[tuple[Exchange, Response]]:
    """The answered exchanges that are for an operation of the API."""
    for exchange in trace.answered:
        request = exchange.request
        if exchange.response and contract.operations.match(request.method, request.path, trace.base_path):
            yield exchange, exchange.response


def _beside(trace: Trace, contract: Contract) -> Iterator[tuple[Exchange, Response]]:
    """The answers to requests for paths and methods that the API does not have.

    That a made-up path was meant for this API only a driver knows: it expects something of the answer.
    """
    expected = {expectation.where.exchange for expectation in trace.expectations}
    for exchange in trace.answered:
        method, path = exchange.request.method.upper(), exchange.request.path
        if method not in METHODS or contract.operations.match(method, path, trace.base_path):
            continue
        meant = contract.operations.surface(path, trace.base_path) or is_of_version_1(path, trace.base_path)
        if exchange.response and (meant or exchange.number in expected):
            yield exchange, exchange.response


def _refusals(trace: Trace, contract: Contract, *, beside: bool = False) -> Iterator[tuple[Exchange, Response]]:
    """The error answers that arrived whole and were given by the endpoint itself."""
    for exchange, response in (_beside if beside else _on_surface)(trace, contract):
        if response.status >= 400 and response.status not in GATEWAY and response.complete:
            yield exchange, response


def _error(response: Response) -> dict[str, Any]:
    return mapping(mapping(response.json_or_none).get("error"))


@check("ERROR-ENVELOPE-*", "ERROR-MEDIA-01")
def envelope(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Every error is `{"error": {message, type, param, code}}`, sent as JSON."""
    for exchange, response in _refusals(trace, contract):
        number = exchange.number
        yield Examined("ERROR-MEDIA-01", number)
        if response.headers.media_type != "application/json":
            sent = response.headers.media_type or "none"
            yield Finding("ERROR-MEDIA-01", Where(number), "content type application/json", f"content type {sent}")
        yield Examined("ERROR-ENVELOPE-01", number)
        body = response.json_or_none
        if not isinstance(body, dict) or not isinstance(body.get("error"), dict):
            yield Finding(
                "ERROR-ENVELOPE-01", Where(number), 'a JSON object with an object under "error"', _described(response)
            )
            continue
        for name in ("message", "type"):
            yield Examined("ERROR-ENVELOPE-02", number)
            value = body["error"].get(name)
            if not isinstance(value, str):
                yield Finding("ERROR-ENVELOPE-02", _at(number, name), f"{name} is a string", _member(body, name))
        for name in ("param", "code"):
            yield Examined("ERROR-ENVELOPE-03", number)
            if name not in body["error"] or not isinstance(body["error"][name], str | None):
                yield Finding(
                    "ERROR-ENVELOPE-03", _at(number, name), f"{name} is a string or null", _member(body, name)
                )


def _at(number: int, name: str) -> Where:
    return Where(number, pointer=f"/error/{name}")


def _member(body: dict[str, Any], name: str) -> str:
    return f"{name} is {shown(body['error'][name])}" if name in body["error"] else f"no {name}"


def _described(response: Response) -> str:
    body = response.json_or_none
    if isinstance(body, dict) and "error" in body:
        return f'{shown(body["error"])} under "error"'
    if isinstance(body, dict):
        return f"an object with {', '.join(shown(key) for key in list(body)[:4]) or 'nothing in it'}"
    if body is None:
        return "null" if response.body.strip() == b"null" else "a body that is not JSON" if response.body else "no body"
    return shown(body)


@check("ERROR-ENVELOPE-04")
def envelope_beside(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """What the API does not have is answered with nothing, or with an error like any other."""
    for exchange, response in _refusals(trace, contract, beside=True):
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
                f"type {shown(error['type'])}",
            )


@check("ERROR-TYPE-*", "ERROR-AUTH-01", "ERROR-MISSING-01")
def by_status(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The status says what kind of error it is, so type and code have to agree with it."""
    for exchange, response in _refusals(trace, contract):
        error, number = _error(response), exchange.number
        kind = text(error.get("type"))
        if kind is not None and (response.status in REFUSED or response.status >= 500):
            requirement, wanted = (
                ("ERROR-TYPE-01", "invalid_request_error")
                if response.status in REFUSED
                else ("ERROR-TYPE-02", "server_error")
            )
            yield Examined(requirement, number)
            if kind != wanted:
                yield Finding(
                    requirement,
                    _at(number, "type"),
                    f'type "{wanted}" with status {response.status}',
                    f"type {shown(kind)}",
                )
        if "code" in error and isinstance(error["code"], str | None):
            yield from _code(exchange, response, error["code"], trace, contract)


def _code(
    exchange: Exchange, response: Response, code: str | None, trace: Trace, contract: Contract
) -> Iterator[Observation]:
    where = _at(exchange.number, "code")
    if response.status == 401:
        yield Examined("ERROR-AUTH-01", exchange.number)
        keyless = exchange.request.headers.get("authorization") is None
        if code != "invalid_api_key" and not (keyless and code is None):
            yield Finding("ERROR-AUTH-01", where, 'code "invalid_api_key" with status 401', f"code {shown(code)}")
    elif _is_missing(exchange, response, trace, contract):
        yield Examined("ERROR-MISSING-01", exchange.number)
        if code is not None:
            yield Finding("ERROR-MISSING-01", where, "code null with status 404", f"code {shown(code)}")


def _is_missing(exchange: Exchange, response: Response, trace: Trace, contract: Contract) -> bool:
    """Whether an answer can only mean that the object which the path names does not exist."""
    if response.status != 404 or exchange.request.method.upper() not in ("GET", "DELETE"):
        return False
    route = contract.operations.match(exchange.request.method, exchange.request.path, trace.base_path)
    # An unknown model has a code of its own (model_not_found).
    return route is not None and bool(route.path_params) and "model" not in route.path_params


@check("ERROR-KNOWN-*")
def by_wording(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """An answer in the API's known words carries the status, param and code that go with them."""
    for exchange, response in (*_refusals(trace, contract), *_refusals(trace, contract, beside=True)):
        error = _error(response)
        message = text(error.get("message"))
        if message is None or len(message) > LONGEST_MESSAGE:
            continue
        for known in contract.errors:
            if match := known.pattern.fullmatch(message):
                told = {"code"} if _is_missing(exchange, response, trace, contract) else set()
                yield from _as_known(exchange.number, response.status, error, known, match.groupdict(), told)
                break


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
            wanted = " or ".join(map(shown, wanted_values))
            yield Finding(
                member.requirement,
                _at(number, member.name),
                f"{member.name} {wanted} where {known.mistake}",
                f"{member.name} {shown(value)}",
            )


def _wanted(member: Member, groups: dict[str, str | None]) -> tuple[str | None, ...]:
    return (groups[member.name],) if member.values is None else member.values


@check("ERROR-5XX-*")
def server_failures(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """No request makes the server fail; above all, none makes it fail every time it is sent."""
    attempts: dict[tuple[str, str, bytes], list[tuple[Exchange, Response]]] = {}
    for exchange, response in (*_on_surface(trace, contract), *_beside(trace, contract)):
        request = exchange.request
        attempts.setdefault((request.method, request.url, request.body), []).append((exchange, response))
    for answers in attempts.values():
        failed = [(exchange, response) for exchange, response in answers if response.status >= 500]
        repeated = len(answers) > 1 and before(answers[0][0], answers[-1][0])
        always = repeated and all(response.status == 500 for _, response in answers)
        for exchange, _ in answers:
            yield Examined("ERROR-5XX-01", exchange.number)
        if repeated:
            yield Examined("ERROR-5XX-02", answers[-1][0].number)
        if always:
            last = answers[-1][0]
            yield Finding(
                "ERROR-5XX-02",
                Where(last.number),
                "an answer when a request that met a server error is sent again",
                f"status 500 all {len(answers)} times (first in exchange {answers[0][0].number})",
            )
            continue
        for exchange, response in failed:
            yield Finding("ERROR-5XX-01", Where(exchange.number), "a status below 500", f"status {response.status}")


@check("ERROR-ID-01")
def request_id(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Every answer names its request, so that it can be asked about."""
    beside = ((exchange, response) for exchange, response in _beside(trace, contract) if response.body.strip())
    for exchange, response in (*_on_surface(trace, contract), *beside):
        # A recorder that dropped the Date header has dropped others as well.
        if response.headers.get("date") is None:
            continue
        yield Examined("ERROR-ID-01", exchange.number)
        if not response.headers.get("x-request-id"):
            yield Finding("ERROR-ID-01", Where(exchange.number), "a header x-request-id", "no such header")
