"""Which operation a request is for, and which paths belong to the surface."""

from pathlib import Path
from typing import Any

import pytest

from conformance.contract.openapi import Beta, Document, Operations
from conformance.contract.yaml_files import BrokenContract
from tests.contract.document import OPERATIONS


def routed(method: str, path: str, base_path: str | None = None) -> tuple[str, dict[str, str]] | None:
    route = OPERATIONS.match(method, path, base_path)
    return (route.operation.operation_id, route.path_params) if route else None


@pytest.mark.parametrize(
    ("method", "path", "operation", "values"),
    [
        ("GET", "/v1/assistants", "listAssistants", {}),
        ("post", "/v1/threads", "createThread", {}),
        ("POST", "/v1/threads/runs", "createThreadAndRun", {}),
        ("GET", "/v1/threads/runs", "getThread", {"thread_id": "runs"}),
        ("POST", "/v1/threads/T/runs/R/cancel", "cancelRun", {"thread_id": "T", "run_id": "R"}),
        ("DELETE", "/v1/threads/a%2Fb%20c", "deleteThread", {"thread_id": "a/b c"}),
        ("GET", "/v1/vector_stores/V/file_batches/B/files", "listFilesInVectorStoreBatch", None),
        ("GET", "/threads/T", "getThread", {"thread_id": "T"}),
        ("GET", "/v2beta1/threads/T", "getThread", {"thread_id": "T"}),
        ("GET", "/openai/threads/T", "getThread", {"thread_id": "T"}),
        ("GET", "/openai/v1/threads/T", "getThread", {"thread_id": "T"}),
        ("GET", "/openai/deployments/gpt-4o/threads/T", "getThread", {"thread_id": "T"}),
        ("POST", "/api/projects/mine/threads/T/messages", "createMessage", {"thread_id": "T"}),
        ("GET", "/api/projects/files/files/F/content", "downloadFile", {"file_id": "F"}),
    ],
)
def test_a_request_is_routed_behind_known_prefixes(
    method: str, path: str, operation: str, values: dict[str, str] | None
) -> None:
    found = routed(method, path)
    assert found is not None
    assert found[0] == operation
    assert values is None or found[1] == values


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "files",
        "//files",
        "/v1",
        "/v1/",
        "/v1/threads/",
        "/v1/threads//runs",
        "/v1/batches",
        "/v1/containers/C/files",
        "/v1/responses/R/files",
        "/v1/fine_tuning/jobs/J/files",
        "/version1/files",
        "/deployments//files",
        "/v1/threads/T/runs/R/steps/S/more",
        "/v1" * 20 + "/files",
        "/" * 10_000,
    ],
)
def test_other_paths_are_not_on_the_surface(path: str) -> None:
    assert routed("GET", path) is None
    assert not OPERATIONS.surface(path)


def test_a_known_base_path_is_the_only_one() -> None:
    assert routed("GET", "/proxy/7/v1/files", "/proxy/7/v1") == ("listFiles", {})
    assert routed("GET", "/proxy/7/v1/files", "/proxy/7/v1/") == ("listFiles", {})
    assert routed("GET", "/files", "") == ("listFiles", {})
    assert routed("GET", "/v1/files", "") is None
    assert routed("GET", "/v1/files", "/openai") is None
    assert routed("GET", "/v1beta/files", "/v1") is None


def test_a_path_is_on_the_surface_whatever_the_method() -> None:
    assert routed("PATCH", "/v1/files") is None
    assert OPERATIONS.surface("/v1/files")
    assert OPERATIONS.surface("/v1/threads/T/messages/M", "/v1")
    assert not OPERATIONS.surface("/v1/threads/T/messages/M", "/v2")


def test_every_operation_is_found_under_its_own_template() -> None:
    for operation in OPERATIONS:
        route = OPERATIONS.match(operation.method, f"/v1{operation.path}")
        assert route is not None
        assert route.operation is operation
        assert OPERATIONS.by_id[operation.operation_id] is operation


def test_operations_know_their_bodies() -> None:
    create, download = OPERATIONS.by_id["createRun"], OPERATIONS.by_id["downloadFile"]
    assert create.streams
    assert create.response is not None
    assert (create.response.name, create.response.media_type) == ("RunObject", "application/json")
    assert create.request is not None
    assert create.request.name == "CreateRunRequest"
    assert create.request_required
    assert create.beta is Beta.REQUIRED
    assert create.label == "POST /threads/{thread_id}/runs"
    assert download.response is not None
    assert download.response.name is None
    assert OPERATIONS.by_id["getRun"].request is None


def document(paths: dict[str, Any]) -> Document:
    return Document({"openapi": "3.1.0", "paths": paths}, Path("a.yaml"))


def test_a_parameter_of_the_operation_replaces_that_of_its_path() -> None:
    paths = {
        "/files": {
            "parameters": [
                {"name": "limit", "in": "query", "schema": {"maximum": 1}},
                {"name": "limit", "in": "header"},
            ],
            "get": {
                "operationId": "list",
                "parameters": [{"name": "limit", "in": "query", "required": True, "schema": {"maximum": 2}}],
            },
        }
    }
    parameters = Operations(document(paths)).by_id["list"].parameters
    assert [(p.location, p.required, p.schema) for p in parameters] == [
        ("query", True, {"maximum": 2}),
        ("header", False, None),
    ]


def test_operations_without_or_with_the_same_id_are_refused() -> None:
    with pytest.raises(BrokenContract, match="GET /files has no operationId"):
        len(Operations(document({"/files": {"get": {}}})))
    with pytest.raises(BrokenContract, match="operationId same stands there twice"):
        len(Operations(document({"/a": {"get": {"operationId": "same"}}, "/b": {"get": {"operationId": "same"}}})))


def test_a_file_that_is_no_openapi_document_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("- 1\n")
    with pytest.raises(BrokenContract, match="no mapping `paths`"):
        Document.load(path)


def test_references_are_followed_and_never_in_circles() -> None:
    tree = {
        "a": {"$ref": "#/b~1c/1"},
        "b/c": [0, {"$ref": "#/d%20e"}],
        "d e": {"type": "string"},
        "loop": {"$ref": "#/loop"},
        "out": {"$ref": "other.yaml#/a"},
        "dangling": {"$ref": "#/b~1c/7"},
    }
    tree["paths"] = {}
    one = Document(tree, Path("a.yaml"))
    assert one.resolve(tree["a"]) == {"type": "string"}
    assert [one.resolve(tree[name]) for name in ("loop", "out", "dangling")] == [None, None, None]
