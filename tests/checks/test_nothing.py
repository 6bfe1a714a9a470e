"""Members in each form of nothing, null in requests, and members that nobody knows: none of it is an accusation."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance import contract
from conformance.contract.values import ValueSchema
from tests.checks.judging import ALL
from tests.checks.scenes import MESSAGES, RUNS, SCENES, SHOWN, TOOLS, Answer, findings, objects
from tests.checks.shelf import FILE, IN, STORE, batch, entry, result, results, store
from tests.traces import ASSISTANT, CREATED, RUN, THREAD, assistant, call, error, message, run, thread, trace

Json = Any
Path = tuple[str | int, ...]
Change = Callable[[dict[str, Json], int], None]
ABSENT = object()
VALUES = contract.load().values


def places(schema: ValueSchema, value: Json, path: Path = ()) -> Iterator[tuple[Path, ValueSchema, dict[str, Json]]]:
    """Every object within a value in which the contract names the members: its path, its schema, itself."""
    if isinstance(value, dict) and schema.members:
        yield path, schema, value
        for name, member in schema.members.items():
            yield from places(member, value.get(name), (*path, name))
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from places(schema.items, item, (*path, position))


def at(value: Json, path: Path) -> dict[str, Json] | None:
    """The object that a path leads to, if it leads to one."""
    for each in path:
        try:
            value = value[each]
        except (KeyError, IndexError, TypeError):
            return None
    return value if isinstance(value, dict) else None


def empty(member: ValueSchema) -> Json:
    """The empty value of a member, as far as its type has one."""
    for nothing in ({}, [], ""):
        if member.is_of_type(nothing) and member.is_nothing(nothing):
            return nothing
    return None


@pytest.mark.parametrize("scene", SCENES)
def test_the_scene_itself_is_in_order(scene: str) -> None:
    assert findings(SCENES[scene]) == []


ONLY_PLAIN = [
    name
    for name, member in VALUES.of_object("thread.message").members.items()
    if member.optional and not VALUES.of_schema("MessageStreamObject").members[name].optional
]
"""What only plain answers may leave out of a message."""


def optional_members(answers: list[Answer]) -> Iterator[tuple[str, Path, str, ValueSchema]]:
    """The members that may be left out of some object in a scene: the object's constant, where, the name."""
    told = set()
    for constant, sample in ((one["object"], one) for _, answer, _ in answers for one in objects(answer)):
        for path, holder, value in places(VALUES.of_object(constant), sample):
            for name, member in holder.members.items():
                if constant.endswith(".delta") and value.get(name):
                    continue  # a delta without what it brings is no delta
                if constant == "thread.message" and not path and name in ONLY_PLAIN:
                    continue
                if member.optional and (constant, path, name) not in told:
                    told.add((constant, path, name))
                    yield constant, path, name, member


def altered(answers: list[Answer], constant: str, path: Path, change: Change) -> list[Answer]:
    """The answers with a change, which is told their number, to each of the objects of a kind."""
    changed = copy.deepcopy(answers)
    alike = [one for _, answer, _ in changed for one in objects(answer) if one["object"] == constant]
    for number, holder in enumerate(at(one, path) for one in alike):
        if holder is not None:
            change(holder, number)
    return changed


def in_forms(name: str, *forms: Json) -> Change:
    """One member in one form after the other."""

    def change(holder: dict[str, Json], number: int) -> None:
        holder.pop(name, None)
        if (form := forms[number % len(forms)]) is not ABSENT:
            holder[name] = form

    return change


def with_unknown_members(holder: dict[str, Json], number: int) -> None:
    """Members that the contract does not have, different each time."""
    holder |= {"updated_at": 1_700_000_000_000 + number, "revision": number, "shards": [{}] * number}


@pytest.mark.parametrize("scene", SCENES)
def test_nothing_is_the_same_in_each_of_its_forms(scene: str) -> None:
    for constant, path, name, member in optional_members(SCENES[scene]):
        for forms in ((ABSENT, None, empty(member)), (empty(member), ABSENT, None)):
            varied = altered(SCENES[scene], constant, path, in_forms(name, *forms))
            assert findings(varied) == [], (constant, path, name)


@pytest.mark.parametrize("name", ONLY_PLAIN)
def test_a_plain_message_may_show_nothing_of_its_progress(name: str) -> None:
    forms = (None, empty(VALUES.of_object("thread.message").members[name]), ABSENT)
    assert findings(altered(SCENES["thread.message"], "thread.message", (), in_forms(name, *forms))) == []


@pytest.mark.parametrize("scene", SCENES)
def test_members_that_nobody_knows_may_change(scene: str) -> None:
    kinds = {one["object"]: one for _, answer, _ in SCENES[scene] for one in objects(answer)}
    for constant, sample in kinds.items():
        for path, _, _ in places(VALUES.of_object(constant), sample):
            varied = altered(SCENES[scene], constant, path, with_unknown_members)
            assert findings(varied) == [], (constant, path)


CUT = {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}
IMAGE = {"type": "image_file", "image_file": {"file_id": FILE}}
JSON_SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer"}}
RESOURCES = {"code_interpreter": {}, "file_search": {}}
HELPERS = {"code_interpreter": {}, "file_search": {"vector_stores": [{"file_ids": []}]}}
ROW = {"role": "user", "content": "Hello."}
PARTS = {"role": "user", "content": [{"type": "text", "text": "Hello."}, IMAGE], "attachments": []}
SETTINGS = {"assistant_id": ASSISTANT, "tools": TOOLS, "truncation_strategy": {"type": "auto"}}
MADE_RUN = run(tools=SHOWN, response_format=JSON_SCHEMA, tool_choice={"type": "code_interpreter"})
REQUESTS: dict[str, tuple[str, Json, Json]] = {
    "createAssistant": (
        "POST /assistants",
        {"model": "gpt-4o", "tools": TOOLS, "response_format": JSON_SCHEMA, "tool_resources": HELPERS},
        assistant(
            tools=SHOWN, response_format=JSON_SCHEMA, tool_resources={"file_search": {"vector_store_ids": [STORE]}}
        ),
    ),
    "modifyAssistant": (
        f"POST /assistants/{ASSISTANT}",
        {"tools": TOOLS, "tool_resources": RESOURCES},
        assistant(tools=SHOWN),
    ),
    "createThread": ("POST /threads", {"messages": [ROW, PARTS], "tool_resources": RESOURCES}, thread()),
    "modifyThread": (f"POST /threads/{THREAD}", {"tool_resources": RESOURCES}, thread()),
    "createMessage": (f"POST {MESSAGES}", {**ROW, "attachments": []}, message()),
    "modifyMessage": (f"POST {MESSAGES}/msg_U1", {}, message()),
    "createRun": (
        f"POST {RUNS}",
        {
            **SETTINGS,
            "response_format": JSON_SCHEMA,
            "tool_choice": {"type": "code_interpreter"},
            "additional_messages": [ROW],
        },
        MADE_RUN,
    ),
    "createThreadAndRun": (
        "POST /threads/runs",
        {**SETTINGS, "thread": {"messages": [ROW]}, "tool_resources": RESOURCES},
        run(tools=SHOWN),
    ),
    "modifyRun": (f"POST {RUNS}/{RUN}", {}, run("completed")),
    "submitToolOuputsToRun": (
        f"POST {RUNS}/{RUN}/submit_tool_outputs",
        {"tool_outputs": [{"tool_call_id": "call_C1", "output": "sunny"}]},
        run("queued", started_at=CREATED),
    ),
    "createVectorStore": ("POST /vector_stores", {"chunking_strategy": CUT}, store()),
    "modifyVectorStore": (f"POST {IN}", {}, store()),
    "createVectorStoreFile": (f"POST {IN}/files", {"file_id": FILE, "chunking_strategy": CUT}, entry("in_progress")),
    "updateVectorStoreFileAttributes": (f"POST {IN}/files/{FILE}", {"attributes": {}}, entry()),
    "createVectorStoreFileBatch": (
        f"POST {IN}/file_batches",
        {"files": [{"file_id": FILE, "chunking_strategy": CUT}]},
        batch("in_progress"),
    ),
    "searchVectorStore": (f"POST {IN}/search", {"query": "pear", "ranking_options": {}}, results(result())),
}


def nulls(operation: str) -> Iterator[tuple[Json, Path, str, bool]]:
    """A request with null for one member that need not be sent; whether the document lets that be null."""
    spec = contract.load().operations.by_id[operation]
    assert spec.request
    schema, body = VALUES.of_schema(spec.request.name), REQUESTS[operation][1]
    for path, holder, _ in places(schema, body):
        for name, member in holder.members.items():
            if member.optional and (operation, name) != ("createVectorStoreFileBatch", "files"):  # one list is needed
                sent = copy.deepcopy(body)
                at(sent, path)[name] = None
                yield sent, path, name, not contract.load().schemas.validate(spec.request.name, sent, None)


@pytest.mark.parametrize("operation", REQUESTS)
def test_null_for_a_member_that_need_not_be_sent_is_not_sent(operation: str) -> None:
    label, _, answer = REQUESTS[operation]
    for sent, path, name, documented in nulls(operation):
        shown = answer | {"tool_choice": "auto"} if sent.get("tool_choice", "auto") is None else answer
        assert findings([(label, shown, sent)]) == [], (path, name)
        if not documented:  # and who goes by the document may refuse it
            param = ".".join(map(str, (*path, name)))
            refused = error(label, 400, param=param, code="invalid_type", sent=sent)
            assert not ALL.judged(trace(refused)).findings, (path, name)


def test_every_json_request_has_its_turn() -> None:
    operations = contract.load().operations
    with_json = {one.operation_id for one in operations if one.request and one.request.media_type == "application/json"}
    assert REQUESTS.keys() == with_json


def needed_nulls(operation: str) -> Iterator[tuple[Json, Path, str]]:
    """A request with null for one member that must be sent, where the document does not say that it may be null."""
    spec = contract.load().operations.by_id[operation]
    assert spec.request
    for path, holder, value in places(VALUES.of_schema(spec.request.name), REQUESTS[operation][1]):
        for name, member in holder.members.items():
            if name in value and not member.optional:
                sent = copy.deepcopy(REQUESTS[operation][1])
                at(sent, path)[name] = None
                if contract.load().schemas.validate(spec.request.name, sent, None):
                    yield sent, path, name


@pytest.mark.parametrize("operation", REQUESTS)
def test_null_for_a_member_that_must_be_sent_is_no_value(operation: str) -> None:
    label, _, answer = REQUESTS[operation]
    for sent, path, name in needed_nulls(operation):
        told = {found.requirement for found in ALL.judged(trace(call(label, answer, sent=sent))).findings}
        assert any(requirement.startswith("LIMIT-") for requirement in told), (path, name)


@pytest.mark.parametrize(
    ("operation", "name", "bound"),
    [("createAssistant", "metadata", "LIMIT-META-04"), ("createVectorStoreFile", "attributes", "LIMIT-VSF-01")],
)
def test_null_under_a_name_of_the_clients_own_is_no_value(operation: str, name: str, bound: str) -> None:
    label, body, answer = REQUESTS[operation]
    sent = body | {name: {"colour": None}}
    told = ALL.judged(trace(call(label, answer | {name: {}}, sent=sent))).findings
    assert bound in {found.requirement for found in told}
