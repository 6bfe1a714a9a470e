"""Values against schemas: what is found, under which id, in which words; and that nothing makes it raise."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from conformance import contract
from conformance.contract.formatting import json_literal
from conformance.contract.openapi import Document
from conformance.contract.schemas import MAX_VIOLATIONS, Schemas, SchemaViolation
from tests.contract.document import DOCUMENT, SCHEMAS
from tests.traces import assistant

FIXTURE: dict[str, Any] = {
    "Cat": {
        "type": "object",
        "properties": {"type": {"const": "cat"}, "lives": {"type": "integer", "maximum": 9, "x-requirement": "CAT-01"}},
        "required": ["type", "lives"],
    },
    "Dog": {
        "type": "object",
        "properties": {"type": {"enum": ["dog", "hound"]}, "name": {"$ref": "#/components/schemas/Name"}},
        "required": ["type"],
    },
    "Pet": {"oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]},
    "Bag": {"additionalProperties": {"type": "string"}},
    "Bags": {"additionalProperties": {"additionalProperties": {"items": {"type": "string"}}}},
    "Name": {"type": "string", "minLength": 2, "maxLength": 4},
    "Home": {
        "type": "object",
        "required": ["pets", "since"],
        "properties": {
            "pets": {
                "type": "array",
                "items": {"$ref": "#/components/schemas/Pet"},
                "maxItems": 3,
                "x-requirement": "HOME-01",
            },
            "since": {"type": "string", "x-since": "2024-05-01"},
            "owner": {"$ref": "#/components/schemas/Name", "x-requirement": {"minLength": "HOME-02"}},
            "guest": {"anyOf": [{"$ref": "#/components/schemas/Pet"}, {"type": "null"}], "x-requirement": "HOME-03"},
            "door": {"oneOf": [{"type": "string", "enum": ["open", "shut"]}, {"type": "integer"}, {"type": "null"}]},
            "notes": {
                "type": "object",
                "maxProperties": 2,
                "propertyNames": {"maxLength": 3, "x-requirement": "HOME-05"},
                "additionalProperties": {"type": "string", "x-requirement": {"type": "HOME-06"}},
                "x-requirement": "HOME-04",
            },
            "size": {"anyOf": [{"required": ["wide"]}, {"required": ["long"]}], "type": "object"},
            "key": {"if": {"type": "string"}, "then": {"minLength": 3}, "x-requirement": "HOME-07"},
            "exact": {"type": "object", "properties": {"a": {}}, "additionalProperties": False},
        },
    },
}
PETS = Schemas(Document({"paths": {}, "components": {"schemas": FIXTURE}}, Path("pets.yaml")))


def of(value: Any, name: str = "Home", on: date | None = date(2025, 1, 1)) -> list[SchemaViolation]:
    whole = {"pets": [], "since": "x"} | value if name == "Home" else value
    return PETS.validate(name, whole, on)


def only(value: Any, name: str = "Home") -> SchemaViolation:
    [violation] = of(value, name)
    return violation


def test_what_fits_has_no_violations() -> None:
    home = {
        "pets": [{"type": "cat", "lives": 9}, {"type": "hound", "name": "Rex", "extra": 1}],
        "owner": "Ann",
        "guest": None,
        "door": 3,
        "notes": {"a": "b"},
        "size": {"long": 1},
        "key": "abc",
    }
    assert of(home) == []


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"pets": [{"type": "cat", "lives": 10}]}, ("/pets/0/lives", "maximum", "at most 9", "10", "CAT-01")),
        (
            {"pets": [{"type": "dog", "name": "x"}]},
            ("/pets/0/name", "minLength", "at least 2 characters", "1 character"),
        ),
        ({"pets": [{"type": "cat"}]}, ("/pets/0", "required", 'an object with "lives"', 'no "lives"')),
        ({"pets": [{"type": "cow"}]}, ("/pets/0/type", "oneOf", 'one of "cat", "dog", "hound"', '"cow"')),
        ({"pets": [{}]}, ("/pets/0", "oneOf", 'an object whose "type" is one of "cat", "dog", "hound"', 'no "type"')),
        ({"pets": [7]}, ("/pets/0", "oneOf", "an object", "the integer 7")),
        ({"pets": [{"type": "dog"}] * 4}, ("/pets", "maxItems", "at most 3 items", "4 items", "HOME-01")),
        ({"pets": None}, ("/pets", "type", "an array", "null", "HOME-01")),
        ({"owner": "x"}, ("/owner", "minLength", "at least 2 characters", "1 character", "HOME-02")),
        ({"owner": "abcde"}, ("/owner", "maxLength", "at most 4 characters", "5 characters")),
        ({"guest": 1}, ("/guest", "anyOf", "an object or null", "the integer 1", "HOME-03")),
        ({"guest": {"type": "cat", "lives": True}}, ("/guest/lives", "type", "an integer", "true", "CAT-01")),
        ({"door": "ajar"}, ("/door", "enum", 'one of "open", "shut"', '"ajar"')),
        ({"door": 1.5}, ("/door", "oneOf", "a string, an integer or null", "the number 1.5")),
        (
            {"notes": {"a": "", "b": "", "c": ""}},
            ("/notes", "maxProperties", "at most 2 properties", "3 properties", "HOME-04"),
        ),
        (
            {"notes": {"long": ""}},
            ("/notes", "maxLength", "keys of at most 3 characters", 'the key "long": 4 characters', "HOME-05"),
        ),
        ({"notes": {"a/b": 1}}, ("/notes/a~1b", "type", "a string", "the integer 1", "HOME-06")),
        ({"size": {}}, ("/size", "required", 'an object with "wide" or an object with "long"', 'no "wide"')),
        ({"key": "ab"}, ("/key", "minLength", "at least 3 characters", "2 characters", "HOME-07")),
        ({"exact": {"b": 1}}, ("/exact", "additionalProperties", "only the properties the contract knows", 'also "b"')),
    ],
)
def test_a_violation_tells_where_and_what(value: Any, told: tuple[str, ...]) -> None:
    expected = SchemaViolation(*told) if len(told) == 5 else SchemaViolation(*told, None)
    assert replace(only(value), member=None) == expected


@pytest.mark.parametrize(
    ("value", "member"),
    [
        ({"pets": [{"type": "cat"}]}, "lives"),
        ({"exact": {"b": 1}}, "b"),
        ({"exact": {"b": 1, "c": 1}}, None),
        ({"owner": "x"}, None),
    ],
)
def test_a_violation_names_the_one_member_that_is_missing_or_too_many(value: Any, member: str | None) -> None:
    assert only(value).member == member


def test_a_value_of_the_wrong_type_is_told_once() -> None:
    node = {"type": "string", "enum": ["a"], "not": {"pattern": "b"}}
    assert [found.keyword for found in SCHEMAS.validate_node(node, 7, None)] == ["type"]


def test_an_id_is_not_inherited_by_the_values_inside() -> None:
    """HOME-01 is about the array: that one of its items is no pet is another matter."""
    assert only({"pets": [{"type": "dog", "name": 5}]}).requirement is None


def test_a_value_that_fits_two_forms_is_told_as_such() -> None:
    schemas = Schemas(
        Document({"paths": {}, "components": {"schemas": {"A": {"oneOf": [{}, {"minimum": 1}]}}}}, Path("a"))
    )
    [violation] = schemas.validate("A", 2, None)
    assert (violation.expected, violation.actual) == ("a value of exactly one form", "2, which has several")


def test_a_property_is_missed_from_its_day_on() -> None:
    def missing(on: date | None) -> list[str]:
        return [violation.expected for violation in PETS.validate("Home", {"pets": []}, on)]

    assert missing(None) == []
    assert missing(date(2024, 4, 30)) == []
    assert missing(date(2024, 5, 1)) == ['an object with "since"']


def test_the_day_is_read_through_a_reference_of_the_real_document() -> None:
    page = {"object": "list", "data": []}
    assert SCHEMAS.validate("ListFilesResponse", page, date(2024, 10, 9)) == []
    told = {violation.expected for violation in SCHEMAS.validate("ListFilesResponse", page, date(2024, 10, 10))}
    assert told == {f'an object with "{name}"' for name in ("first_id", "last_id", "has_more")}


def test_a_parameter_is_validated_with_the_references_it_makes() -> None:
    node = {"type": "array", "items": {"$ref": "#/components/schemas/Name"}, "x-requirement": "P-01"}
    [inner] = PETS.validate_node(node, ["x"], None)
    [outer] = PETS.validate_node(node, "x", None)
    assert (inner.pointer, inner.requirement, outer.requirement) == ("/0", None, "P-01")
    assert PETS.validate_node(None, "x", None) == []


def test_an_unknown_schema_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        PETS.validate("Cow", {}, None)


def test_stream_events_know_their_data() -> None:
    assert len(SCHEMAS.events) == 25
    assert SCHEMAS.event_schema("thread.run.step.delta") == "RunStepDeltaObject"
    assert SCHEMAS.event_schema("thread.message.completed") == "MessageStreamObject"
    assert SCHEMAS.event_schema("done") is None
    assert SCHEMAS.event_schema("thread.run.paused") is None
    assert SCHEMAS.item_schema("ListRunsResponse") == "RunObject"
    assert SCHEMAS.item_schema("RunObject") is None


def nested(depth: int, *, kind: str) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value] if kind == "array" else {"filters": value, "type": "and"}
    return value


@pytest.mark.parametrize("kind", ["array", "object"])
@pytest.mark.parametrize("name", ["RunObject", "VectorStoreSearchRequest", "Metadata"])
def test_deep_nesting_ends(name: str, kind: str) -> None:
    deep = nested(10_000, kind=kind)
    assert SCHEMAS.validate(name, deep, None)
    assert isinstance(SCHEMAS.validate(name, {"query": "x", "metadata": deep, "filters": deep}, None), list)


def test_many_violations_are_bounded() -> None:
    assert len(of({"notes": {f"long{number}": number for number in range(499)}})) == 499 * 2 + 1
    assert len(of({"notes": {f"long{number}": number for number in range(5000)}})) == MAX_VIOLATIONS


@pytest.mark.parametrize(
    "value",
    [
        {"object": "list", "data": [{}] * 200_000},
        {"object": "list", "data": [[{}] * 500] * 500},
        {"data": {str(number): 1 for number in range(200_000)}},
        dict.fromkeys(map(str, range(200_000))),
        [[[0] * 500] * 500] * 10,
    ],
)
def test_huge_values_are_looked_at_in_part(value: Any) -> None:
    """Whole, the first takes the validator a minute and ten gigabytes."""
    assert 0 < len(SCHEMAS.validate("ListRunsResponse", value, None)) <= MAX_VIOLATIONS


def test_a_fault_far_behind_in_a_huge_value_is_found() -> None:
    page = {"object": "list", "data": [assistant()] * 3000, "first_id": None, "last_id": None, "has_more": False}
    assert SCHEMAS.validate("ListAssistantsResponse", page, None) == []
    page["data"] = [*[assistant()] * 3000, assistant(model=7)]
    assert [v.pointer for v in SCHEMAS.validate("ListAssistantsResponse", page, None)] == ["/data/3000/model"]
    files = {"file_ids": ["file-F1"] * 30_000}
    [violation] = SCHEMAS.validate("CreateVectorStoreFileBatchRequest", files, None)
    assert violation.actual == "30000 items"


@pytest.mark.parametrize("key", ["0", "007", "+5", "-1", "18446744073709551615", "", "a/b", "~1", "\uff11"])
def test_any_key_can_be_pointed_at(key: str) -> None:
    """The validator's own paths tell a key of digits as a number, and leave an empty one out."""
    [violation] = of({"notes": {key: 1}}) if len(key) <= 3 else PETS.validate("Bag", {key: 1}, None)
    pointed = key.replace("~", "~0").replace("/", "~1")
    assert violation.pointer in (f"/notes/{pointed}", f"/{pointed}") if key else violation.pointer == "/notes"
    inside = PETS.validate("Bags", {key: {key: [1]}}, None)
    assert [v.expected for v in inside] == ["a string"]


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([2**64, -(2**63) - 1, 10**400, -(10**4000), float("inf"), -float("inf"), 1e308, -0.0])
    | st.floats(allow_nan=False)
    | st.text(alphabet=st.characters(), max_size=6)
    | st.sampled_from(["text", "function", "file_search", "list", "thread.run", "\ud800", "x" * 300])
)
NAMES = st.sampled_from(
    ["0", "007", "", "+5", *sorted({key for node in DOCUMENT.schemas.values() for key in node.get("properties", {})})]
) | st.text(alphabet=st.characters(), max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(name=st.sampled_from(sorted(DOCUMENT.schemas)), value=VALUES, on=st.none() | st.dates())
@example(name="CreateMessageRequest", value={"metadata": {"\ud800" * 70: "\udfff" * 600}}, on=None)
@example(name="Metadata", value={"0": 1, "007": 2, "": {"": [3]}, "+5": None}, on=None)
@example(name="RunObject", value={"max_prompt_tokens": 10**400, "temperature": float("inf")}, on=None)
def test_no_json_makes_validation_raise(name: str, value: Any, on: date | None) -> None:
    for violation in SCHEMAS.validate(name, value, on):
        assert violation.pointer == "" or violation.pointer.startswith("/")
        for text in (violation.expected, violation.actual):
            assert text
            assert len(text.splitlines()) == 1
            assert len(text) < 900
            text.encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\nb", '"a\\nb"'),
        ("x" * 61, '"' + "x" * 60 + '…" (61 characters)'),
        ("\u2028\ud800", '"\\u2028\\ud800"'),
        ([1], "an array of 1 item"),
        ({}, "an empty object"),
        ({"a": 1, "b": 2}, "an object with 2 properties"),
        (10**400, "an integer of 1329 bits"),
        (True, "true"),
        (None, "null"),
        (0.5, "0.5"),
    ],
)
def test_values_are_told_in_one_short_line(value: Any, text: str) -> None:
    assert json_literal(value) == text


def test_a_page_of_thousands_is_looked_at_to_its_end() -> None:
    """alexrudall/ruby-openai files_list.yml has 1,400 files, all of a day on which no expires_at was sent yet."""
    file = {
        "id": "file-1",
        "object": "file",
        "bytes": 1,
        "created_at": 1,
        "filename": "a.txt",
        "purpose": "assistants",
        "status": "processed",
    }
    files: list[dict[str, Any]] = [dict(file) for _ in range(1_400)]
    files[1_333]["bytes"] = "1"
    page = {"object": "list", "data": files, "has_more": False, "first_id": "file-1", "last_id": "file-1"}
    [violation] = SCHEMAS.validate("ListFilesResponse", page, date(2024, 4, 29))
    assert violation.pointer == "/data/1333/bytes"


def test_json_from_the_wire_may_hold_what_utf8_cannot() -> None:
    value = json.loads('{"role": "user", "content": "\\ud800"}')
    assert SCHEMAS.validate("CreateMessageRequest", value, None) == []


def test_a_wrong_type_is_not_told_again_for_the_values_that_type_allows() -> None:
    """The LiteLLM proxy sends `status: null` in messages: one fault, not two."""
    message = {
        "id": "msg_1",
        "object": "thread.message",
        "created_at": 1,
        "thread_id": "thread_1",
        "role": "user",
        "content": [],
        "assistant_id": None,
        "run_id": None,
        "attachments": [],
        "metadata": {},
    }
    schemas = contract.load().schemas
    assert schemas.validate("MessageObject", message, None) == []
    (violation,) = schemas.validate("MessageObject", {**message, "status": None}, None)
    assert (violation.pointer, violation.keyword) == ("/status", "type")


@pytest.mark.parametrize("field", ["prompt_token_details", "completion_tokens_details"])
def test_a_part_of_the_usage_that_is_not_published_may_be_null(field: str) -> None:
    """FakeAI sends null: nobody was promised an object, so nobody is failed."""
    usage = {"prompt_tokens": 50, "completion_tokens": 20, "total_tokens": 70}
    for name in ("RunCompletionUsage", "RunStepCompletionUsage"):
        assert SCHEMAS.validate(name, {**usage, field: None}, None) == []
        (violation,) = SCHEMAS.validate(name, {**usage, field: "none"}, None)
        assert (violation.pointer, violation.expected) == (f"/{field}", "an object or null")
