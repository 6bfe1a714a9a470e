"""Bounds on requests: what breaks one is refused as such, what keeps them all is not refused as invalid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import TypeGuard

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.left_open import may_be_refused
from conformance.contract import Contract
from conformance.contract.openapi import Operation
from conformance.contract.schemas import SchemaViolation
from conformance.trace.exchange import Exchange
from conformance.trace.form import form_value, is_form, read_form
from conformance.trace.json import Json, NotJson, is_integer, parse_json, shown
from conformance.trace.trace import Trace, Where

REFUSED = "LIMIT-REFUSAL-01"
VALID = "LIMIT-VALID-01"
CHUNKS = "LIMIT-CHUNK-02"
OLD_FIELD = "LEGACY-FIELD-01"
_UNNAMED = "LIMIT-SHAPE-01"
_NO_FORM = SchemaViolation("", "x-form", "a multipart form", "another media type", "LIMIT-FILE-06")
_VERSION_1 = 'also "file_ids"'
# The members below which requests describe how files are cut into chunks.
_HOLD_CHUNKS = frozenset(
    {"tool_resources", "file_search", "vector_stores", "files", "chunking_strategy", "static", "thread"}
)

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


@check("LIMIT-*", OLD_FIELD)
def request_bounds(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Compare what the contract says of each request with how it was answered.

    A request that breaks bounds and is accepted is a finding under each of them. A request that keeps them all and is
    refused as malformed is one finding; refusals for the state of things (unknown ids, locks) are not this check's.
    """
    for exchange in trace.answered:
        route = contract.operations.match(exchange.request.method, exchange.request.path, trace.base_path)
        response = exchange.response
        if route is None or response is None or response.status >= 500 or response.status in (401, 403, 404, 405, 429):
            continue
        try:
            broken = list(violations(exchange, route.operation, contract))
        except NotJson:
            continue  # no JSON at all is judged by the error checks, not under a bound
        yield from _broken(exchange, broken) if broken else _kept(exchange, route.operation, contract)


def violations(exchange: Exchange, operation: Operation, contract: Contract) -> Iterator[SchemaViolation]:
    """How a request breaks the contract, in body and query; raises `NotJson` for a body that is none."""
    on = exchange.date.date() if exchange.date else None
    body = operation.request
    if body is not None and body.name is not None and body.media_type == "application/json":
        sent = exchange.request.body
        if not sent and operation.request_required and not contract.schemas.validate(body.name, {}, on):
            raise NotJson("no body at all, where nothing in it is needed, may be refused or be taken for {}")
        if sent or operation.request_required:
            value = parse_json(sent) if sent else None
            found = contract.schemas.validate(body.name, value, on)
            yield from found
            for overlap in overlaps(value):
                static = overlap.pointer.rpartition("/")[0]
                if not any(violation.pointer.startswith(static) for violation in found):
                    yield overlap
    if body is not None and body.name is not None and body.media_type == "multipart/form-data":
        yield from _form_violations(exchange, body.name, contract, on)
    yield from _query_violations(exchange, operation, contract, on)


def _form_violations(exchange: Exchange, schema: str, contract: Contract, on: date | None) -> Iterator[SchemaViolation]:
    """How a form breaks its schema; a body that a recorder left out, or kept in part, says nothing."""
    if not is_form(exchange.request):
        if exchange.request.body:
            yield _NO_FORM
        return
    parts = read_form(exchange.request)
    if any(part.name == "file" and part.filename is None for part in parts or ()):
        raise NotJson("a file without a name may be taken for one, or not")
    if parts is not None:
        yield from contract.schemas.validate(schema, form_value(parts), on)


def overlaps(body: Json) -> Iterator[SchemaViolation]:
    """Static chunks that overlap by more than half of their size; no keyword of JSON Schema compares two members."""
    open_ends = [("", body)]
    while open_ends:
        pointer, value = open_ends.pop()
        if isinstance(value, list):
            open_ends += [(f"{pointer}/{index}", item) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            continue
        open_ends += [(f"{pointer}/{name}", value[name]) for name in _HOLD_CHUNKS & value.keys()]
        size, overlap = value.get("max_chunk_size_tokens"), value.get("chunk_overlap_tokens")
        if not pointer.endswith("/chunking_strategy/static") or not _is_whole(size) or not _is_whole(overlap):
            continue
        if overlap > size // 2:
            expected = f"at most {shown(size // 2)}, half of max_chunk_size_tokens"
            yield SchemaViolation(f"{pointer}/chunk_overlap_tokens", "x-relation", expected, shown(overlap), CHUNKS)


def _is_whole(value: Json) -> TypeGuard[int | float]:
    """Whether JSON Schema takes a value for an integer: 800.0 is one."""
    return is_integer(value) or (isinstance(value, float) and value.is_integer())


def _query_violations(
    exchange: Exchange, operation: Operation, contract: Contract, on: date | None
) -> Iterator[SchemaViolation]:
    for parameter in operation.parameters:
        if parameter.location != "query":
            continue
        sent = exchange.request.query.get(parameter.name)
        if sent:
            for found in contract.schemas.validate_node(parameter.schema, _typed(sent, parameter.schema), on):
                yield replace(found, pointer=f"{parameter.name}{found.pointer}")


def _typed(sent: list[str], schema: Json) -> Json:
    """The value that a query string means under its schema; text stays text where it means nothing else."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "array":
        return sent
    text = sent[-1]
    if kind == "integer" and text.removeprefix("-").isascii() and text.removeprefix("-").isdigit():
        return int(text)
    return text


def _broken(exchange: Exchange, broken: list[SchemaViolation]) -> Iterator[Observation]:
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
    right = (400, 415) if _NO_FORM in broken else (400,)
    if not exchange.ok and exchange.response.status not in right:
        yield Finding(REFUSED, where, "status 400", f"status {exchange.response.status}")


def _judged_under(violation: SchemaViolation) -> str:
    """The id of the bound; the field that clients of version 1 send, and nothing else unknown, has one of its own."""
    if violation.keyword == "additionalProperties" and violation.actual == _VERSION_1:
        return OLD_FIELD
    named = violation.requirement or ""
    return named if named.startswith("LIMIT-") else _UNNAMED


def _kept(exchange: Exchange, operation: Operation, contract: Contract) -> Iterator[Observation]:
    """A request that keeps all bounds; of a 400 that does not say what it blames nothing is known (a lock, an id)."""
    assert exchange.response is not None
    if exchange.ok or exchange.response.status == 422:
        yield Examined(VALID, exchange.number)
    if exchange.response.status == 422:
        yield Finding(VALID, Where(exchange.number), "a valid request is not refused as invalid", "status 422")
    if exchange.response.status != 400:
        return
    body = exchange.response.json_or_none
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    param = error.get("param") if isinstance(error, dict) else None
    excused = (
        isinstance(code, str) and isinstance(param, str) and may_be_refused(code, param, exchange, operation, contract)
    )
    if isinstance(code, str) and code in INVALIDITY and not excused:
        yield Examined(VALID, exchange.number)
        yield Finding(
            VALID,
            Where(exchange.number, pointer="/error/code"),
            "a valid request is not refused as invalid",
            f"status 400 with code {shown(code)} for param {shown(param)}",
        )
