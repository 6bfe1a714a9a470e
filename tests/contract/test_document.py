"""The OpenAPI document of the contract: it is sound, its bounds are named, and recorded traffic keeps to it."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from conformance.contract import resources
from conformance.contract.openapi import Operation, mapping
from conformance.contract.yaml_files import load_yaml
from conformance.recordings import read
from conformance.recordings.recording import Row
from tests.contract.document import DOCUMENT, OPERATIONS, SCHEMAS, ids, nodes

BOUNDS = {
    "additionalProperties",
    "enum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "not",
    "oneOf",
    "pattern",
    "required",
}


def used_by(roots: list[Any]) -> set[str]:
    """The names of the component schemas that a list of nodes uses, directly or not."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        for _, node in nodes(waiting.pop()):
            name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
            if name in DOCUMENT.schemas and name not in found:
                found.add(name)
                waiting.append(DOCUMENT.schemas[name])
    return found


def request_roots() -> list[Any]:
    return [operation.request.schema for operation in OPERATIONS if operation.request]


def response_roots() -> list[Any]:
    kinds = ("schemas", "parameters", "requestBodies", "securitySchemes")
    shared = {key: value for key, value in DOCUMENT.tree["components"].items() if key not in kinds}
    return [shared, *(operation["responses"] for _, _, operation, _ in DOCUMENT.raw_operations())]


def test_the_whole_surface_is_there() -> None:
    assert len(OPERATIONS) == 47
    assert len({operation.path for operation in OPERATIONS}) == 28
    assert DOCUMENT.tree["openapi"] == "3.1.0"


def test_every_reference_points_at_something() -> None:
    dangling = [at for at, node in nodes(DOCUMENT.tree) if "$ref" in node and DOCUMENT.lookup(node["$ref"]) is None]
    assert dangling == []


def test_every_component_schema_is_used() -> None:
    assert set(DOCUMENT.schemas) - used_by(request_roots() + response_roots()) == set()


def test_every_component_schema_is_a_schema() -> None:
    """Against the dialect's own schema; that each compiles is shown by validating with it."""
    for name, node in DOCUMENT.schemas.items():
        jsonschema_rs.meta.validate(node | {"$schema": DOCUMENT.tree["jsonSchemaDialect"]})
        assert isinstance(SCHEMAS.validate(name, {}, None), list), name


def test_path_parameters_are_those_of_the_path() -> None:
    for operation in OPERATIONS:
        declared = [p.name for p in operation.parameters if p.location == "path"]
        assert declared == [part[1:-1] for part in operation.path.split("/") if part.startswith("{")], operation.label


def test_the_beta_header_is_wanted_where_the_surface_is_beta() -> None:
    wanted = {operation.path.split("/")[1]: operation.beta.value for operation in OPERATIONS}
    expected = {"assistants": "required", "threads": "required", "vector_stores": "optional"}
    assert wanted == expected | {"files": "unused", "models": "unused"}


def test_three_operations_stream() -> None:
    streaming = {operation.operation_id for operation in OPERATIONS if operation.streams}
    assert streaming == {"createRun", "createThreadAndRun", "submitToolOuputsToRun"}


def test_every_operation_describes_its_errors() -> None:
    for _, template, operation, _ in DOCUMENT.raw_operations():
        assert "default" in operation["responses"], template
        assert ("429" in operation["responses"]) == (template.split("/")[1] not in ("files", "models")), template


def test_requests_and_answers_share_no_bounds() -> None:
    """A bound of a request that an answer repeats would be found twice, once under the wrong id."""
    assert used_by(request_roots()) & used_by(response_roots()) == set()
    answers = [at for name in used_by(response_roots()) for at, node in nodes(DOCUMENT.schemas[name], name)]
    named = [at for name in used_by(response_roots()) for at, node in nodes(DOCUMENT.schemas[name], name) if ids(node)]
    assert answers
    assert named == []


def bounded(node: dict[str, Any]) -> set[str]:
    words = BOUNDS & node.keys()
    if node.get("additionalProperties") is not False:
        words.discard("additionalProperties")
    return words - {"pattern"} if "x-id" in node else words


def is_schema(at: str) -> bool:
    """Whether a place holds a schema, and not a table of properties or what belongs to an `if`."""
    return at.rsplit("/", 1)[-1] not in ("properties", "x-requirement", "not") and "/if" not in at


def test_every_bound_of_a_request_is_named() -> None:
    unnamed = []
    parameters = DOCUMENT.tree["components"]["parameters"], DOCUMENT.tree["paths"]
    schemas = [
        (f"{at}/schema", node["schema"])
        for part in parameters
        for at, node in nodes(part)
        if node.get("in") in ("path", "query")  # headers are judged by themselves
    ]
    schemas += [(name, DOCUMENT.schemas[name]) for name in used_by(request_roots())]
    for name, schema in schemas:
        for at, node in nodes(schema, name):
            named = node.get("x-requirement")
            every = isinstance(named, str) or "*" in mapping(named)
            missing = set() if every else bounded(node) - mapping(named).keys()
            unnamed += [f"{at}: {word}" for word in missing if is_schema(at)]
    assert sorted(unnamed) == []


def test_every_named_requirement_exists() -> None:
    """Read from the one file that owns them, so that a slip in another area is not blamed on the document."""
    rows = load_yaml(resources.specs() / "requirements" / "limits.yaml")["requirements"]
    known = {row["id"] for row in rows}
    assert {name for _, node in nodes(DOCUMENT.tree) for name in ids(node)} - known == set()


def test_corrections_and_dates_say_something() -> None:
    dated = [node["x-since"] for _, node in nodes(DOCUMENT.tree) if "x-since" in node]
    assert dated
    assert all(date.fromisoformat(day) for day in dated)
    corrections = [node["x-correction"] for _, node in nodes(DOCUMENT.tree) if "x-correction" in node]
    assert len(corrections) > 20
    assert all(isinstance(text, str) and text for text in corrections)


# ---- Recorded traffic -----------------------------------------------------------------------------------------------

RECORDINGS = Path(
    os.environ.get("CONFORMANCE_RECORDINGS", Path(__file__).resolve().parents[3] / "shared" / "recordings")
)


def recorded() -> Iterator[Row]:
    """Every recorded exchange of version 2, or of an operation without version, that is not known to be invented."""
    files = sorted((RECORDINGS / "exchanges").glob("*.jsonl"))
    if not files:
        pytest.skip(f"no recordings under {RECORDINGS}; name their folder in CONFORMANCE_RECORDINGS")
    for path in files:
        for row in read(path).rows:
            if row.api_version != "v1" and not row.handwritten:
                yield row


def judged(row: Row) -> Iterator[tuple[str, Any]]:
    """(schema name, value) of everything in an answer that the contract has a schema for."""
    exchange = row.exchange
    route = OPERATIONS.match(exchange.request.method, exchange.request.path)
    if route is None or exchange.response is None:
        return
    if exchange.response.is_stream:
        for event in exchange.response.events:
            yield "AssistantStreamEvent", {"event": event.name, "data": event.data if event.is_done else event.json}
    elif not exchange.ok:
        yield "ErrorResponse", exchange.response.json
    else:
        yield from answer(route.operation, exchange.response.json_or_none)


def answer(operation: Operation, value: Any) -> Iterator[tuple[str, Any]]:
    if operation.response is not None and operation.response.name is not None:
        yield operation.response.name, value


def test_every_recorded_answer_keeps_the_contract() -> None:
    faults: list[str] = []
    seen = 0
    for row in recorded():
        day = row.exchange.date.date() if row.exchange.date else None
        for name, value in judged(row):
            seen += 1
            faults += [
                f"{row.label} {row.exchange.label} {name}{broken.pointer}: {broken.expected}, not {broken.actual}"
                for broken in SCHEMAS.validate(name, value, day)
            ]
    assert faults[:20] == []
    assert seen > 500


def test_recorded_requests_that_were_accepted_keep_the_bounds() -> None:
    """But for one bound, which is a SHOULD for that reason."""
    broken: set[str | None] = set()
    seen = 0
    for row in recorded():
        route = OPERATIONS.match(row.exchange.request.method, row.exchange.request.path)
        body = route.operation.request if route else None
        if body is None or body.name is None or body.media_type != "application/json" or not row.exchange.ok:
            continue
        if row.exchange.request.json is None:
            continue
        seen += 1
        broken |= {violation.requirement for violation in SCHEMAS.validate(body.name, row.exchange.request.json, None)}
    assert seen > 100
    assert broken == {"LIMIT-RUN-03"}


def test_every_object_of_a_request_is_closed() -> None:
    """At every depth: what the generated mistakes try is an unknown member in each of them.

    What has no type of its own only tells which members must be there.
    """
    opened = [
        at
        for name in used_by(request_roots())
        for at, node in nodes(DOCUMENT.schemas[name], name)
        if isinstance(node.get("properties"), dict) and "type" in node and "additionalProperties" not in node
    ]
    assert opened == []
