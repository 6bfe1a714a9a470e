"""What the contract says of requests: how each breaks it, worked out once for every check that asks."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Protocol, TypeGuard

from conformance.contract import Contract, Level
from conformance.contract.openapi import Operation
from conformance.contract.schemas import SchemaViolation
from conformance.trace.calls import OperationCall
from conformance.trace.exchange import Exchange
from conformance.trace.form import form_value, is_form, read_form
from conformance.trace.json import UNKNOWN, Json, NotJson, format_value, is_integer, parse_json

_UNKNOWN = UNKNOWN.encode()

JSON = "application/json"
FORM = "multipart/form-data"
# Kinds of bodies that some operations of the API take besides JSON, or that say nothing.
OTHER_WAYS = ("multipart/", "application/octet-stream")
_LONGEST_NUMBER = 300  # Python reads no number of thousands of digits
NO_FORM = SchemaViolation("", "x-form", "a multipart form", "another media type", "LIMIT-FILE-06")
CHUNKS = "LIMIT-CHUNK-02"
# The members below which requests describe how files are cut into chunks.
_HOLD_CHUNKS = frozenset(
    {"tool_resources", "file_search", "vector_stores", "files", "chunking_strategy", "static", "thread"}
)


class UnderContract(Protocol):
    """An index, which cannot be named here: it asks this module which of its pages answer valid requests."""

    contract: Contract


class Validity:
    """How the requests of a trace break the contract."""

    def __init__(self, index: UnderContract) -> None:
        self._contract = index.contract
        self._bodies: dict[int, list[SchemaViolation]] = {}
        self._requests: dict[int, tuple[SchemaViolation, ...] | None] = {}

    def body(self, call: OperationCall) -> list[SchemaViolation]:
        """How a JSON body breaks its schema; empty where it does not, or is no JSON for this operation."""
        found = self._bodies.get(call.number)
        if found is None:
            found = self._bodies[call.number] = self._broken_body(call)
        return found

    def _broken_body(self, call: OperationCall) -> list[SchemaViolation]:
        body = call.spec.request
        if body is None or body.name is None or body.media_type != JSON or call.exchange.request.json is None:
            return []
        return _body_violations(body.name, call.exchange.request.json, self._contract, call.exchange.day)

    def rests_on_null(self, call: OperationCall) -> bool:
        """Whether a body has null for a member where that is not documented: a server may refuse that."""
        body, sent = call.spec.request, call.exchange.request.json
        if body is None or body.name is None or body.media_type != JSON or b"null" not in call.exchange.request.body:
            return False
        return self._contract.values.of_schema(body.name).has_open_null(sent)

    def request(self, call: OperationCall) -> tuple[SchemaViolation, ...] | None:
        """How a request breaks the contract, in body and query; None where its body is none that can be judged."""
        if call.number not in self._requests:
            try:
                if _UNKNOWN in call.exchange.request.body:
                    raise NotJson("a value that a recorder hid may break anything")
                known = self.body(call) if call.exchange.request.json is not None else None
                found = request_violations(call.exchange, call.spec, self._contract, known)
                self._requests[call.number] = tuple(found)
            except NotJson:
                self._requests[call.number] = None
        return self._requests[call.number]

    def rejects(self, call: OperationCall) -> bool:
        """Whether a request was to be refused for what it says: it breaks a bound, or its body is no JSON.

        One without a body says nothing wrong, and may be one whose body a recorder left out.
        """
        request = call.exchange.request
        broken = self.request(call) if request.body or request.query else ()
        return any(self._binds(violation, call) for violation in broken or ()) or has_odd_body(call)

    def _binds(self, violation: SchemaViolation, call: OperationCall) -> bool:
        """Whether a bound has to be kept: some may be broken, and some came later."""
        bound = self._contract.requirements.get(violation.requirement or "")
        return bound is None or (bound.level is not Level.MAY and bound.applies(call.exchange.day))

    def is_malformed(self, call: OperationCall) -> bool:
        """Whether a request breaks the contract, or has a body that cannot be judged."""
        return self.request(call) != ()


def has_odd_body(call: OperationCall) -> bool:
    """Whether a body is not JSON, or is said to be something else, where the operation wants JSON."""
    body, request = call.spec.request, call.exchange.request
    if body is None or body.media_type != JSON or not request.body:
        return False
    media_type = request.headers.media_type
    return not request.is_json if media_type in ("", JSON) else not media_type.startswith(OTHER_WAYS)


def _body_violations(schema: str, sent: Json, contract: Contract, on: date | None) -> list[SchemaViolation]:
    """How a body breaks its schema, members that are sent as null left out where they need not be sent."""
    found = contract.schemas.validate(schema, sent, on)
    return contract.schemas.validate(schema, contract.values.of_schema(schema).without_nulls(sent), on) if found else []


def request_violations(
    exchange: Exchange, operation: Operation, contract: Contract, known: list[SchemaViolation] | None = None
) -> Iterator[SchemaViolation]:
    """How a request breaks the contract, in body and query; raises `NotJson` for a body that is none.

    `known` is what breaks its JSON body, where that has been worked out.
    """
    on = exchange.day
    body = operation.request
    if body is not None and body.name is not None and body.media_type == JSON:
        sent = exchange.request.body
        if not sent and operation.request_open:
            raise NotJson("no body at all, where nothing in it is needed, may be refused or be taken for {}")
        if sent or operation.request_required:
            value = parse_json(sent) if sent and known is None else exchange.request.json
            found = _body_violations(body.name, value, contract, on) if known is None else known
            yield from found
            for overlap in overlapping_chunks(value):
                static = overlap.pointer.rpartition("/")[0]
                if not any(violation.pointer.startswith(static) for violation in found):
                    yield overlap
    if body is not None and body.name is not None and body.media_type == FORM:
        yield from _form_violations(exchange, body.name, contract, on)
    if exchange.request.query:
        yield from _query_violations(exchange, operation, contract, on)


def _form_violations(exchange: Exchange, schema: str, contract: Contract, on: date | None) -> Iterator[SchemaViolation]:
    """How a form breaks its schema; raises `NotJson` where that cannot be told."""
    if exchange.request.body and not is_form(exchange.request):
        yield NO_FORM
        return
    parts = read_form(exchange.request)
    if any(part.name == "file" and part.filename is None for part in parts or ()):
        raise NotJson("a file without a name may be taken for one, or not")
    if parts is None:
        raise NotJson("a body that a recorder left out, or kept in part, may break anything")
    yield from contract.schemas.validate(schema, form_value(parts), on)


def overlapping_chunks(body: Json) -> Iterator[SchemaViolation]:
    """Static chunks that overlap by more than half of their size; no keyword of JSON Schema compares two members."""
    waiting = [("", body)]
    while waiting:
        pointer, value = waiting.pop()
        if isinstance(value, list):
            waiting += [(f"{pointer}/{index}", item) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            continue
        waiting += [(f"{pointer}/{name}", value[name]) for name in _HOLD_CHUNKS & value.keys()]
        size, overlap = value.get("max_chunk_size_tokens"), value.get("chunk_overlap_tokens")
        if not pointer.endswith("/chunking_strategy/static") or not _is_whole(size) or not _is_whole(overlap):
            continue
        if overlap > size // 2:
            expected = f"at most {format_value(size // 2)}, half of max_chunk_size_tokens"
            yield SchemaViolation(
                f"{pointer}/chunk_overlap_tokens", "x-relation", expected, format_value(overlap), CHUNKS
            )


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
    digits = text.removeprefix("-")
    if kind == "integer" and digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_NUMBER:
        return int(text)
    return text
