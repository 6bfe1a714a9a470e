"""Answers against the schemas of the contract: every JSON body, and the data of every stream event."""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.azure import binding
from conformance.contract import Contract
from conformance.contract.formatting import count_noun, typed_literal
from conformance.contract.openapi import Operation
from conformance.contract.schemas import SchemaViolation
from conformance.trace.exchange import Exchange, Response
from conformance.trace.index import Index
from conformance.trace.json import Json, NotJson
from conformance.trace.trace import Where

MOST_FINDINGS = 20

_STATUS = "SCHEMA-STATUS-01"
_IS_JSON = "SCHEMA-JSON-01"
_CONTENT_TYPE = "SCHEMA-TYPE-01"
_JSON = "application/json"


@check("SCHEMA-*")
def answers(index: Index) -> Iterator[Observation]:
    """Judge each successful answer of a known operation against the schema of that operation.

    Files are answered with their own bytes and are not judged. Whether a stream came where one was asked for, and only
    there, is the stream checks' business. Of one body at most `MOST_FINDINGS` are told, the first of each kind before
    any repetition.
    """
    for call in index.calls:
        exchange, response = call.exchange, call.exchange.response
        if response is None or not call.ok or _speaks_v1(exchange):
            continue
        yield Examined(_STATUS, call.number)
        if response.status != 200:
            if not exchange.request.is_azure:  # which answers 201 and 204, too
                yield Finding(_STATUS, call.where, "status 200", f"status {response.status}")
            if not response.body:
                continue
        if response.is_stream and call.spec.streams:
            yield from _events(exchange, response, index.contract)
        elif response.complete and not response.is_stream and call.sent.get("stream") is not True:
            yield from _body(exchange, response, call.spec, index.contract)


def _speaks_v1(exchange: Exchange) -> bool:
    """Whether the client asked for version 1, whose objects look different."""
    return "assistants=v1" in (exchange.request.headers.get("openai-beta") or "").lower()


# ---- plain answers ---------------------------------------------------------------------------------------------------


def _body(exchange: Exchange, response: Response, operation: Operation, contract: Contract) -> Iterator[Observation]:
    number = exchange.number
    if operation.response is None or operation.response.media_type != _JSON or operation.response.name is None:
        return
    if response.headers:
        yield Examined(_CONTENT_TYPE, number)
        if response.headers.media_type != _JSON:
            sent = response.headers.media_type or "none"
            yield Finding(_CONTENT_TYPE, Where(number), f"content type {_JSON}", f"content type {sent}")
    yield Examined(_IS_JSON, number)
    try:
        value = response.json
    except NotJson:
        actual = f"{count_noun(len(response.body), 'byte')} that are not JSON" if response.body else "an empty body"
        yield Finding(_IS_JSON, Where(number), "a body that is a JSON object", actual)
        return
    if not isinstance(value, dict):
        yield Finding(_IS_JSON, Where(number), "a body that is a JSON object", typed_literal(value))
        return
    kind_is_judged = operation.operation_id in contract.objects.answers  # by objects.identity
    yield from _judged(operation.response.name, value, Where(number), exchange, contract, kind_is_judged)


# ---- streams -------------------------------------------------------------------------------------------------------


def _events(exchange: Exchange, response: Response, contract: Contract) -> Iterator[Observation]:
    """Judge the data of each event whose schema is known; unknown ones may say what they like.

    That the data is a JSON object of the right kind, and what an error event says, is the stream checks' business.
    """
    on = exchange.day
    for folded in response.folded:
        schema = contract.schemas.event_schema(folded.event.name or "")
        value = folded.event.json_or_none if schema is not None else None
        if schema is None or not isinstance(value, dict):
            continue
        if folded.texts and not contract.schemas.validate(schema, value, on):
            own = _requirement(schema, contract)  # what differs is a text, of which no schema demands anything
            if own is not None:
                yield Examined(own, exchange.number, folded.count)
            continue
        for number, each in folded.data():
            yield from _judged(schema, each, Where(exchange.number, number), exchange, contract, True)


# ---- requirements ----------------------------------------------------------------------------------------------------


def _judged(
    schema: str, value: dict[str, Json], where: Where, exchange: Exchange, contract: Contract, kind_is_judged: bool
) -> Iterator[Observation]:
    """What was examined of one body, and the findings; items of a list stand under the schema of the item.

    With `kind_is_judged` another check says whether `object` names the right kind. A member that need not be there may
    be there as nothing.
    """
    own, on = _requirement(schema, contract), exchange.day
    if own is not None:
        yield Examined(own, where.exchange)
    items = value.get("data")
    listed = _requirement(contract.schemas.item_schema(schema), contract)
    if listed is not None and isinstance(items, list) and items:
        yield Examined(listed, where.exchange, len(items))
    if not contract.schemas.validate(schema, value, on):
        return
    shown = contract.values.of_schema(schema).without_nothing(value)
    violations = binding(contract.schemas.validate(schema, shown, on), exchange)
    if kind_is_judged and isinstance(value.get("object"), str):
        violations = [violation for violation in violations if violation.pointer != "/object"]
    for violation in _most_telling(violations):
        requirement = listed if listed is not None and violation.pointer.startswith("/data/") else own
        if requirement is not None:
            place = Where(where.exchange, where.event, violation.pointer)
            yield Finding(requirement, place, violation.expected, violation.actual)


def _requirement(schema: str | None, contract: Contract) -> str | None:
    """The id under which a schema is judged; one without its own is judged as part of the schema around it."""
    requirement = f"SCHEMA-{schema}"
    return requirement if schema is not None and requirement in contract.requirements else None


def _most_telling(violations: list[SchemaViolation]) -> list[SchemaViolation]:
    """At most `MOST_FINDINGS` violations: the first of each kind before those that repeat one."""
    if len(violations) <= MOST_FINDINGS:
        return violations
    seen: set[tuple[object, ...]] = set()
    first: list[SchemaViolation] = []
    repeated: list[SchemaViolation] = []
    for violation in violations:
        property_path = "/".join(step for step in violation.pointer.split("/") if not step.isdecimal())
        kind = (violation.keyword, property_path, violation.expected)
        (repeated if kind in seen else first).append(violation)
        seen.add(kind)
    return (first + repeated)[:MOST_FINDINGS]
