"""The contract as other tools read it: for one day and dialect, with nothing that plain OpenAPI does not know."""

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

from click.testing import CliRunner
from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

from conformance import contract
from conformance.cli.spec import spec
from conformance.contract import resources
from conformance.contract.plain_document import plain_document
from conformance.recordings import read
from conformance.recordings.recording import Row
from tests.contract.document import nodes
from tests.contract.test_document import recorded

LOADED = contract.load()
TODAY = date(2026, 8, 26)
# The days on which members came: between two of them the document is the same.
STEPS = (date(2023, 11, 6), date(2024, 4, 17), date(2024, 4, 29), date(2024, 6, 8), date(2024, 10, 10), TODAY)


@cache
def validator(day: date) -> OpenAPI:
    tree = plain_document(LOADED.document, LOADED.requirements, day)
    tree["servers"] = [{"url": "http://localhost/v1"}]
    return OpenAPI.from_dict(tree, config=Config() if day == TODAY else Config(spec_validator_cls=None))


def refused(row: Row) -> Iterator[str]:
    """What openapi-core holds against an answer, and against a request that was accepted."""
    exchange = row.exchange
    route = LOADED.operations.match(exchange.request.method, exchange.request.path)
    if route is None or exchange.response is None:
        return
    day = exchange.date.date() if exchange.date else STEPS[0]
    api = validator(max((step for step in STEPS if step <= day), default=STEPS[0]))
    path = route.operation.path.format(**route.path_params)
    query = {name: sent if name.endswith("[]") else sent[-1] for name, sent in exchange.request.query.items()}
    request = MockRequest(
        "http://localhost",
        exchange.request.method.lower(),
        f"/v1{path}",
        args=query,
        headers={"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer any"},
        data=exchange.request.body or None,
        content_type=exchange.request.headers.get("content-type") or "application/json",
    )
    media_type = exchange.response.headers.get("content-type") or ""
    answer = MockResponse(exchange.response.body, status_code=exchange.response.status, content_type=media_type)
    left_out = route.operation.request_required and not exchange.request.body  # by the recorder
    try:
        if exchange.ok and not left_out:
            api.validate_request(request)
        api.validate_response(request, answer)
    except Exception as problem:  # openapi-core raises several kinds
        yield f"{row.label} {exchange.label}: {problem!r} {problem.__cause__!r}"


def test_another_validator_holds_nothing_against_recorded_traffic() -> None:
    seen, faults = 0, []
    for row in recorded():
        seen += 1
        faults += refused(row)
    assert faults[:5] == []
    assert seen > 300


def test_another_validator_holds_nothing_against_the_reference_endpoint() -> None:
    cassettes = sorted((resources.cassettes() / "reference").glob("*/*.yaml*"))[::8]
    rows = [row for path in cassettes for row in read(path).rows]
    assert [fault for row in rows for fault in refused(row)][:5] == []
    assert len(rows) > 100


def exported(*options: str) -> dict[str, Any]:
    result = CliRunner().invoke(spec, ["export", *options])
    assert result.exit_code == 0
    return dict(json.loads(result.output))


def required(tree: dict[str, Any], schema: str) -> set[str]:
    return set(tree["components"]["schemas"][schema]["required"])


def test_what_came_later_is_not_asked_for() -> None:
    early, late = exported("--as-of", "2024-04-01"), exported("--as-of", "2024-11-01")
    assert required(late, "RunObject") - required(early, "RunObject") == {"parallel_tool_calls"}
    assert required(late, "ListFilesResponse") - required(early, "ListFilesResponse") >= {"first_id", "last_id"}


def test_what_is_left_open_is_not_refused() -> None:
    schemas = exported()["components"]["schemas"]
    assert "minLength" not in schemas["CreateMessageRequest"]["properties"]["content"]["oneOf"][0]
    files = schemas["CreateVectorStoreRequest"]["properties"]["file_ids"]
    assert (files["maxItems"], "allOf" in files) == (500, False)
    assert schemas["CreateAssistantRequest"]["properties"]["name"]["maxLength"] == 256


def test_no_extension_is_left() -> None:
    for tree in (exported(), exported("--dialect", "azure")):
        assert [at for at, node in nodes(tree) for word in node if str(word).startswith("x-")] == []


def test_an_azure_endpoint_is_asked_with_key_and_version_and_without_the_beta_header() -> None:
    tree = exported("--as-of", "2024-06-01", "--dialect", "azure")
    shared = tree["components"]["parameters"]
    assert {node["name"] for node in shared.values()} & {"OpenAI-Beta", "api-version"} == {"api-version"}
    assert all({"$ref": "#/components/parameters/ApiVersion"} in item["parameters"] for item in tree["paths"].values())
    assert tree["components"]["securitySchemes"]["ApiKeyAuth"]["name"] == "api-key"
    OpenAPI.from_dict(tree)  # which is a sound document
