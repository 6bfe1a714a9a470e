"""The contract against other documents: which spellings are the same, what differs, what is explained."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.cli.spec import spec
from conformance.contract.compare import Difference, compare
from conformance.contract.differences import Explanation, Explanations, load_explanations
from conformance.contract.external_document import UnreadableDocument, read_document
from conformance.contract.openapi import Document
from conformance.contract.yaml_files import BrokenContract
from tests.contract.document import DOCUMENT
from tests.servers import always, serving

BASE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/threads": {
            "post": {
                "operationId": "createThread",
                "parameters": [{"name": "include[]", "in": "query", "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Ask"}}}},
                "responses": {
                    "200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thread"}}}}
                },
            }
        },
        "/threads/{thread_id}": {"get": {"operationId": "getThread", "responses": {}}},
    },
    "components": {
        "schemas": {
            "Ask": {"type": "object", "properties": {"metadata": {"type": "object"}}},
            "Thread": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string"},
                    "kind": {"type": "string", "enum": ["a", "b"]},
                    "size": {"type": ["integer", "null"], "minimum": 1},
                    "tool": {
                        "oneOf": [
                            {"type": "object", "properties": {"type": {"const": "code"}, "x": {"type": "string"}}},
                            {"type": "object", "properties": {"type": {"const": "search"}}},
                        ]
                    },
                    "parent": {"$ref": "#/components/schemas/Thread"},
                    "content": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
                    "names": {"type": "object", "additionalProperties": {"type": "string"}},
                },
            },
        }
    },
}


def document(tree: dict[str, Any]) -> Document:
    return Document(tree, Path("theirs.yaml"))


def changed(path: str, value: Any = None) -> dict[str, Any]:
    """The base with the node at a path (dots between steps, `paths/` keys as they are) replaced, or removed."""
    tree: dict[str, Any] = deepcopy(BASE)
    node: Any = tree
    *steps, last = path.split("|")
    for step in steps:
        node = node[int(step)] if isinstance(node, list) else node[step]
    if value is None:
        del node[int(last) if isinstance(node, list) else last]
    else:
        node[last] = value
    return tree


def found(theirs: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return [(d.location, d.kind, d.ours, d.theirs) for d in compare(document(BASE), document(theirs))]


THREAD = "components|schemas|Thread"
PROPERTIES = f"{THREAD}|properties"
AT = "schemas.Thread.properties"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (f"{PROPERTIES}|size", {"type": "integer", "minimum": 1, "nullable": True}),
        (f"{PROPERTIES}|size", {"anyOf": [{"type": "null"}, {"minimum": 1, "type": "integer"}]}),
        (f"{PROPERTIES}|size", {"allOf": [{"type": "integer"}, {"nullable": True}, {"minimum": 1}]}),
        (f"{PROPERTIES}|kind", {"enum": ["b", "a"]}),
        (f"{PROPERTIES}|kind", {"oneOf": [{"const": "a"}, {"const": "b"}]}),
        (f"{PROPERTIES}|kind", {"type": "string", "enum": ["a", "b"], "description": "x", "default": "a"}),
        (f"{PROPERTIES}|id", {"type": "string", "minLength": 0, "format": "uuid"}),
        (f"{PROPERTIES}|parent", {"allOf": [{"$ref": "#/components/schemas/Thread"}]}),
        (f"{PROPERTIES}|tool|oneOf|1|properties|type", {"type": "string", "enum": ["search"]}),
        (f"{PROPERTIES}|content", {"type": ["array", "string"], "items": {"type": "string"}}),
    ],
)
def test_other_spellings_are_no_difference(path: str, value: Any) -> None:
    assert found(changed(path, value)) == []


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        (f"{PROPERTIES}|id", None, (f"{AT}.id", "extra-here", "a property", "-")),
        (f"{PROPERTIES}|new", {}, (f"{AT}.new", "missing-here", "-", "a property")),
        (f"{THREAD}|required", ["id", "kind"], (f"{AT}.kind", "required", "optional", "required")),
        (f"{THREAD}|required", [], (f"{AT}.id", "required", "required", "optional")),
        (f"{PROPERTIES}|id|type", "integer", (f"{AT}.id", "type", "a string", "an integer")),
        (f"{PROPERTIES}|id", True, (f"{AT}.id", "type", "a string", "any value")),
        (f"{PROPERTIES}|id|enum", ["x"], (f"{AT}.id", "enum", "any value", 'only "x"')),
        (f"{PROPERTIES}|kind|enum", ["a", "c"], (f"{AT}.kind", "enum", 'also "b"', 'also "c"')),
        (f"{PROPERTIES}|size|type", "integer", (f"{AT}.size", "nullable", "null too", "not null")),
        (f"{PROPERTIES}|id|nullable", True, (f"{AT}.id", "nullable", "not null", "null too")),
        (f"{PROPERTIES}|size|minimum", 2, (f"{AT}.size.minimum", "bound", "minimum 1", "minimum 2")),
        (f"{PROPERTIES}|size|maximum", 9, (f"{AT}.size.maximum", "bound", "-", "maximum 9")),
        (f"{PROPERTIES}|tool|oneOf|1", None, (f"{AT}.tool.variants.search", "extra-here", "an object", "-")),
        (
            f"{PROPERTIES}|tool|oneOf|0|properties|x|type",
            "number",
            (f"{AT}.tool.variants.code.properties.x", "type", "a string", "a number"),
        ),
        (
            f"{PROPERTIES}|content|oneOf|1|items",
            {},
            (f"{AT}.content.variants.array.items", "type", "a string", "any value"),
        ),
        (
            f"{PROPERTIES}|names|additionalProperties",
            False,
            (f"{AT}.names.additionalProperties", "bound", "any", "none"),
        ),
        (
            f"{PROPERTIES}|names|propertyNames",
            {"maxLength": 3, "type": "string"},
            (f"{AT}.names.propertyNames.maxLength", "bound", "-", "maxLength 3"),
        ),
        ("paths|/threads/{thread_id}", None, ("operations.getThread", "extra-here", "GET /threads/{thread_id}", "-")),
        (
            "paths|/threads|post|parameters|0|name",
            "include",
            ("operations.createThread.parameters.query.include", "missing-here", "-", "a parameter"),
        ),
        (
            "paths|/threads|post|requestBody|required",
            True,
            ("operations.createThread.request", "required", "optional", "required"),
        ),
        (
            "paths|/threads|post|responses|422",
            {},
            ("operations.createThread.responses.422", "missing-here", "-", "a response"),
        ),
        (
            "paths|/threads|post|responses|200|content|text/event-stream",
            {},
            ("operations.createThread.responses.200.text/event-stream", "missing-here", "-", "a body"),
        ),
    ],
)
def test_a_difference_is_told_at_its_place(path: str, value: Any, told: tuple[str, str, str, str]) -> None:
    assert told in found(changed(path, value))
    assert len(found(changed(path, value))) <= 2


def test_a_document_does_not_differ_from_itself() -> None:
    assert compare(DOCUMENT, DOCUMENT) == []


def test_names_of_schemas_path_parameters_and_prefixes_do_not_matter() -> None:
    text = json.dumps(BASE).replace("schemas/Thread", "schemas/ThreadOut").replace('"Thread":', '"ThreadOut":')
    text = text.replace('"/threads', '"/v1/threads').replace("{thread_id}", "{id}")
    assert found(json.loads(text)) == []


def test_operations_of_the_surface_we_lack_are_told_and_others_are_not() -> None:
    tree = changed("paths|/chat/completions", {"post": {"operationId": "chat", "responses": {}}})
    tree["paths"]["/threads"]["get"] = {"operationId": "listThreads", "responses": {}}
    assert found(tree) == [("operations.GET /threads", "missing-here", "-", "an operation")]


def test_a_reference_out_of_the_document_is_not_compared() -> None:
    assert found(changed(f"{PROPERTIES}|parent", {"$ref": "other.yaml#/Thread"})) == []


def test_references_in_circles_end() -> None:
    tree = changed(f"{PROPERTIES}|parent", {"$ref": "#/components/schemas/Loop"})
    tree["components"]["schemas"]["Loop"] = {"anyOf": [{"$ref": "#/components/schemas/Loop"}, {"type": "string"}]}
    assert isinstance(found(tree), list)


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "x",
        [],
        {"type": 5},
        {"type": [None]},
        {"enum": "x"},
        {"properties": [1]},
        {"oneOf": {}},
        {"allOf": [3]},
    ],
)
def test_broken_schemas_are_compared_all_the_same(value: Any) -> None:
    tree = deepcopy(BASE)
    tree["components"]["schemas"]["Thread"]["properties"]["tool"] = value
    assert found(tree)


def test_broken_operations_are_compared_all_the_same() -> None:
    item = {"post": {"parameters": [None, {"name": 1}], "requestBody": [], "responses": {200: {"content": []}}}}
    tree = changed("paths|/threads", item)
    tree["paths"][7] = tree["paths"]["/x"] = None
    assert found(tree)


# ---- explanations ----------------------------------------------------------------------------------------------------


def test_the_first_explanation_that_covers_a_difference_is_its_reason() -> None:
    rows = [Difference("operations.a.parameters.query.include[]", "bound", "1", "2"), Difference("b", "type", "1", "2")]
    explanations = Explanations(
        {},
        (
            Explanation("operations.*.include[]", "enum", "wrong kind"),
            Explanation("operations.*.include[]", "b*", "first"),
            Explanation("*", "bound", "second"),
        ),
    )
    assert [row.reason for row in explanations.applied(rows)] == ["first", None]


def test_an_explanation_is_stale_only_for_the_document_it_was_written_for() -> None:
    rows = (Explanation("a*", "*", "needed"), Explanation("c", "*", "needless"))
    found = [Difference("a.b", "type", "1", "2")]
    about_this = Explanations({"version": "1", "title": "Pets", "commit": "abc"}, rows)
    assert about_this.stale(found, document(BASE)) == [rows[1]]
    assert Explanations({"version": "2", "title": "Pets"}, rows).stale(found, document(BASE)) == []
    assert Explanations({}, rows).stale(found, document(BASE)) == []


def test_explanations_are_read_and_broken_ones_refused(tmp_path: Path) -> None:
    path = tmp_path / "differences.yaml"
    assert load_explanations(path).rows == ()
    path.write_text("document: {version: '1'}\ndifferences:\n  - match: a\n    reason: >-\n      two\n      words\n")
    assert load_explanations(path) == Explanations({"version": "1"}, (Explanation("a", "*", "two words"),))
    path.write_text("differences:\n  - match: a\n")
    with pytest.raises(BrokenContract, match="each difference needs `match` and `reason`"):
        load_explanations(path)


# ---- reading, and the command ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x00\xff", "neither JSON nor YAML"),
        (b"a: [", "neither JSON nor YAML"),
        (b"[]", "its root is no mapping"),
        (b"swagger: '2.0'", "Swagger 2, not OpenAPI 3"),
        (b"{}", "no `openapi: 3.x`"),
        (b"openapi: 3.0.3\npaths: []", "no mapping `paths`"),
        (b"[" * 100_000, "nested too deeply"),
        (b"- " * 100_000, "nested too deeply"),
        (b"!!python/object:os.system {}", "neither JSON nor YAML"),
    ],
)
def test_unreadable_documents_are_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "theirs"
    path.write_bytes(content)
    with pytest.raises(UnreadableDocument, match=reason):
        read_document(path)


def nested(depth: int) -> dict[str, Any]:
    node: dict[str, Any] = {}
    for _ in range(depth):
        node = {"type": "array", "items": node}
    return node


def test_a_schema_nested_without_end_is_refused() -> None:
    ours, theirs = (changed(f"{PROPERTIES}|content", nested(5000)) for _ in range(2))
    with pytest.raises(UnreadableDocument, match="nested too deeply"):
        compare(document(ours), document(theirs))


def run(*arguments: str) -> Any:
    return CliRunner().invoke(spec, ["compare", *arguments])


def test_the_command_compares_with_its_own_document() -> None:
    result = run(str(DOCUMENT.path))
    assert result.exit_code == 0
    assert result.stdout == "0 differences: 0 explained, 0 not\n"


def test_the_contract_does_not_differ_from_what_is_exported_of_it(tmp_path: Path) -> None:
    exported = CliRunner().invoke(spec, ["export"])
    (tmp_path / "export.json").write_text(exported.output)
    done = CliRunner().invoke(spec, ["compare", str(tmp_path / "export.json")])
    assert done.exit_code == 0, done.output
    assert done.output.endswith(" explained, 0 not\n")


def test_the_command_tells_unexplained_differences(tmp_path: Path) -> None:
    path = tmp_path / "theirs.json"
    path.write_text(json.dumps(BASE))
    shown, every, machine = run(str(path)), run(str(path), "--all"), run(str(path), "--json")
    assert [shown.exit_code, every.exit_code, machine.exit_code] == [1, 1, 1]
    assert "extra-here    operations.listAssistants\n              here: GET /assistants   there: -\n" in shown.stdout
    told = json.loads(machine.stdout)
    unexplained = [row for row in told["differences"] if row["reason"] is None]
    assert told["unexplained"] == len(unexplained) > 40
    assert shown.stdout.count("  here: ") == len(unexplained)
    assert every.stdout.count("  here: ") == len(told["differences"])
    assert every.stdout.count("because: ") == len(told["differences"]) - len(unexplained)


def test_the_command_refuses_what_it_cannot_read(tmp_path: Path) -> None:
    result = run(str(tmp_path / "nothing.yaml"))
    assert result.exit_code == 2
    assert result.stderr.endswith("nothing.yaml: No such file or directory\n")


def test_a_document_is_fetched_where_a_url_names_it() -> None:
    with serving(always(body=DOCUMENT.path.read_bytes(), media_type="application/yaml")) as url:
        result = run(f"{url}/openapi.yaml")
    assert (result.exit_code, result.stdout) == (0, "0 differences: 0 explained, 0 not\n")


@pytest.mark.parametrize(
    ("response", "told"),
    [
        ({"status": "404 Not Found"}, "answered 404; name the URL of the document"),
        ({"body": b"<html>"}, "not an OpenAPI document"),
        ({"body": b"\xff"}, "neither JSON nor YAML"),
        ({"body": b" " * (16 * 1024 * 1024 + 1)}, "larger than 16 MiB"),
    ],
)
def test_what_is_no_document_at_a_url_is_told(response: dict[str, Any], told: str) -> None:
    with serving(always(**response)) as url:
        done = run(url)
    assert done.exit_code == 2
    assert told in done.stderr


def test_where_nothing_answers_that_is_told() -> None:
    done = run("http://127.0.0.1:9/openapi.json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("assistants-conformance: http://127.0.0.1:9/openapi.json: ")
