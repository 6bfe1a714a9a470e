"""Variations of what stands in answers: more members, fewer, other forms of the same, other names and words."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance import contract
from conformance.contract.values import ValueSchema
from conformance.proof.interception import compact_json, write_event
from conformance.proof.variations.variation import Json, Variation, VariationContext

OWN = frozenset({"metadata", "parameters", "schema", "attributes"})
"""Members whose inside belongs to the client."""
NOTHING: tuple[Json, ...] = (None, {}, [])
FORWARD = "The API's documentation counts new properties in answers among the compatible changes."
RFC_JSON = "RFC 8259: the order of members, white space and escapes carry no meaning."


def _nodes(value: Json) -> Iterator[dict[str, Json]]:
    """Every object within a value that is not the client's own."""
    if isinstance(value, dict):
        yield value
        for name, inner in list(value.items()):
            if name not in OWN:
                yield from _nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _nodes(inner)


def _each(
    change: Callable[[dict[str, Json], VariationContext], None], *kinds: str
) -> Callable[[Json, VariationContext], Json]:
    """Change every object of these kinds (all objects where none is named)."""

    def value(found: Json, context: VariationContext) -> Json:
        for node in list(_nodes(found)):  # a change may add objects, which are not to be changed again
            if not kinds or node.get("object") in kinds:
                change(node, context)
        return found

    return value


def _more(node: dict[str, Json], context: VariationContext) -> None:
    node["x_region"] = "eu-1"
    node["x_details"] = {"shard": context.chance.getrandbits(8), "labels": [], "checked": None}
    node["updated_at"] = context.chance.getrandbits(40)


def _without(*names: str) -> Callable[[dict[str, Json], VariationContext], None]:
    def change(node: dict[str, Json], _: VariationContext) -> None:
        for name in names:
            node.pop(name, None)

    return change


def _nothing_otherwise(node: dict[str, Json], context: VariationContext) -> None:
    """Show what may be left out of an object, and says nothing, in another form each time."""
    constant = str(node.get("object"))
    streamed = constant == "thread.message" and "status" in node
    values = contract.load().values
    schema = values.of_schema("MessageStreamObject") if streamed else values.of_object(constant)
    if not constant.endswith(".delta"):
        _otherwise(schema, node, context)


def _otherwise(schema: ValueSchema, value: Json, context: VariationContext) -> None:
    for item in value if isinstance(value, list) else ():
        _otherwise(schema.items, item, context)
    for name, member in schema.members.items() if isinstance(value, dict) else ():
        if not (member.optional and member.is_nothing(value.get(name))):
            _otherwise(member, value.get(name), context)
            continue
        value.pop(name, None)
        forms = [form for form in NOTHING if member.is_of_type(form)]
        value.update(context.chance.choice([*({name: form} for form in forms), {}]))


def _absent_nulls(node: dict[str, Json], _: VariationContext) -> None:
    for name in ("reasoning_effort", "hybrid_search", "last_messages"):
        if node.get(name, 0) is None:
            del node[name]


def _progress(node: dict[str, Json], context: VariationContext) -> None:
    """The progress of a message as the endpoint knows it, which its plain answers leave out."""
    thread = context.endpoint.store.threads.get(str(node.get("thread_id")))
    known = thread.messages.get(str(node.get("id"))) if thread else None
    if known is not None:
        for name in ("status", "incomplete_details", "incomplete_at", "completed_at"):
            node[name] = known.value[name]


def _expired_at(node: dict[str, Json], _: VariationContext) -> None:
    node["expired_at"] = node.pop("expires_at", None) if node.get("status") == "expired" else None
    node.pop("expires_at", None)


def _both_expiries(node: dict[str, Json], _: VariationContext) -> None:
    node["expired_at"] = None


def _no_instructions(node: dict[str, Json], _: VariationContext) -> None:
    if node.get("instructions", 0) is None:
        node["instructions"] = ""


def _empty_to_null(node: dict[str, Json], _: VariationContext) -> None:
    for name in ("name", "description", "instructions"):
        if node.get(name) == "":
            node[name] = None


def _whole_numbers(node: dict[str, Json], _: VariationContext) -> None:
    for name, inner in node.items():
        if isinstance(inner, float) and inner.is_integer():
            node[name] = int(inner)


def _other_resources(node: dict[str, Json], _: VariationContext) -> None:
    empty: Json = {"code_interpreter": {"file_ids": []}}
    if node.get("tool_resources") == {}:
        node["tool_resources"] = empty
    elif node.get("tool_resources") == empty:
        node["tool_resources"] = {}


def _worded(node: dict[str, Json], _: VariationContext) -> None:
    if isinstance(node.get("error"), dict):
        node["error"]["message"] = (
            "This request cannot be carried out as it stands. See the documentation of the service."
        )


def _detailed_error(node: dict[str, Json], context: VariationContext) -> None:
    if isinstance(node.get("error"), dict):
        node["error"]["innererror"] = {"code": "Refused", "trace": f"{context.chance.getrandbits(64):x}"}


def _backwards(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: value[name] if name in OWN else _backwards(value[name]) for name in reversed(value)}
    return [_backwards(one) for one in value] if isinstance(value, list) else value


def _escaped(value: Json) -> str:
    """Every character of every string that may be escaped is, the slash included."""
    return re.sub(r"(?<!\\)/", r"\\/", json.dumps(value, ensure_ascii=True, separators=(",", ":")))


def _spaced(value: Json) -> str:
    return "\r\n\t" + json.dumps(value, ensure_ascii=False, indent="\t").replace("\n", "\r\n") + "\r\n"


def _ids(make: Callable[[Any, str], str]) -> Callable[[Any], None]:
    """Give the endpoint's objects other ids: `make` is given the maker of ids and a prefix with its separator."""

    def inside(endpoint: Any) -> None:
        ids = endpoint.ids
        ids.make = lambda prefix: make(ids, f"{prefix}_")
        ids.file = lambda: make(ids, "file-")
        ids.batch = lambda: make(ids, "vsfb_")

    return inside


def _letters(ids: Any, length: int, alphabet: str) -> str:
    return "".join(ids._objects.choices(alphabet, k=length))


def _old_message_steps(node: dict[str, Json], _: VariationContext) -> None:
    for name in ("prompt_token_details", "completion_tokens_details"):
        node.pop(name, None)


VARIATIONS = (
    Variation(
        "extra_members",
        "Every object, nested ones and errors included, has members that nobody knows, and that change.",
        FORWARD,
        value=_each(_more),
        everywhere=True,
    ),
    Variation(
        "members_backwards",
        "The members of every object stand in the opposite order, in streams too.",
        RFC_JSON,
        value=lambda value, _: _backwards(value),
        everywhere=True,
    ),
    Variation(
        "compact_json",
        "Answers are JSON on one line.",
        f"{RFC_JSON} Recorded for createMessage in alexrudall/ruby-openai.",
        written=compact_json,
    ),
    Variation("escaped_json", "All that may be escaped in JSON is.", RFC_JSON, written=_escaped),
    Variation(
        "spaced_json", "Answers begin and end with white space, and are indented by tabs.", RFC_JSON, written=_spaced
    ),
    Variation(
        "escaped_events",
        "The data of events is JSON with everything escaped that may be.",
        RFC_JSON,
        frame=lambda event, _: write_event(event.name, event.data if event.is_done else _escaped(event.data)),
        areas=("streams", "file_search", "code_interpreter"),
    ),
    Variation(
        "messages_with_progress",
        "Messages over plain JSON have status, completed_at, incomplete_at and incomplete_details.",
        "openai-openapi f85dbe2 MessageObject requires them; recordings of plain answers lack them.",
        value=_each(_progress, "thread.message"),
    ),
    Variation(
        "steps_with_expired_at",
        "Steps have expired_at, and no expires_at.",
        "openai-openapi f85dbe2 RunStepObject.expired_at; recordings have expires_at.",
        value=_each(_expired_at, "thread.run.step"),
        everywhere=True,
    ),
    Variation(
        "steps_with_both_expiries",
        "Steps have expired_at beside expires_at.",
        "One is documented (openai-openapi f85dbe2 RunStepObject), the other recorded.",
        value=_each(_both_expiries, "thread.run.step"),
        everywhere=True,
    ),
    Variation(
        "empty_instructions",
        "Where an assistant or run has no instructions, the text is empty instead of null.",
        "openai-openapi f85dbe2 RunObject.instructions is a string; recordings have null in half of the runs.",
        value=_each(_no_instructions, "thread.run"),
        everywhere=True,
    ),
    Variation(
        "empty_is_null",
        "An empty name, description or instructions is shown as null.",
        "openai-openapi f85dbe2 AssistantObject: all three may be null, and an empty text says as little.",
        value=_each(_empty_to_null, "assistant"),
    ),
    Variation(
        "nothing_otherwise",
        "What may be left out and says nothing is absent, null or empty, in another form each time.",
        "Tool resources are recorded as {} and with an empty list, a description as null and left out.",
        value=_each(_nothing_otherwise),
        everywhere=True,
    ),
    Variation(
        "absent_nulls",
        "Members that were added later are left out where they are null.",
        "Recordings up to 2025 lack reasoning_effort; the document requires none of them.",
        value=_each(_absent_nulls),
        everywhere=True,
    ),
    Variation(
        "plain_usage",
        "Usage has the three counts only.",
        "openai-openapi f85dbe2 RunCompletionUsage; so recorded before October 2024.",
        value=_each(_old_message_steps),
        everywhere=True,
    ),
    Variation(
        "no_reasoning_effort",
        "Assistants and runs have no reasoning_effort.",
        "Recorded in alexrudall/ruby-openai up to 2025; the document does not require it.",
        value=_each(_without("reasoning_effort"), "assistant", "thread.run"),
        everywhere=True,
        areas=("assistants", "runs", "streams", "limits", "threads", "isolation"),
    ),
    Variation(
        "whole_numbers",
        "Numbers without a fraction are written without a point.",
        "RFC 8259 and JSON Schema: 1 and 1.0 are the same number.",
        value=_each(_whole_numbers),
        everywhere=True,
    ),
    Variation(
        "other_empty_resources",
        "Empty tool resources are told where they were left out, and left out where they were told.",
        'Both forms are recorded: {} over plain JSON, {"code_interpreter": {"file_ids": []}} in streams.',
        value=_each(_other_resources, "assistant", "thread", "thread.run"),
        everywhere=True,
    ),
    Variation(
        "other_wording",
        "Every refusal has a message of its own making.",
        "The wording of errors is promised nowhere; type, param and code are what a program reads.",
        value=_each(_worded),
    ),
    Variation(
        "detailed_errors",
        "Errors have an innererror beside message, type, param and code.",
        "Azure's errors have it.",
        value=_each(_detailed_error),
    ),
    Variation(
        "long_ids",
        "Ids have 48 characters behind their prefix.",
        "Ids grew in recordings: vector stores from 27 to 35 characters, file batches from 37 to 41.",
        inside=_ids(lambda ids, prefix: prefix + _letters(ids, 48, "abcdefghijklmnopqrstuvwxyzABCDEF0123456789")),
    ),
    Variation(
        "hexadecimal_ids",
        "Ids are hexadecimal behind their prefix.",
        "So recorded for vector stores and file batches of 2025 (openai/openai-dotnet).",
        inside=_ids(lambda ids, prefix: prefix + _letters(ids, 32, "0123456789abcdef")),
    ),
    Variation(
        "joined_ids",
        "Ids have underscores and dashes behind their prefix too.",
        "vsfb_ibj_6903f5… is recorded (openai/openai-dotnet 2025); the form behind a prefix is promised nowhere.",
        inside=_ids(
            lambda ids, prefix: f"{prefix}ibj_{_letters(ids, 12, '0123456789abcdef')}-{_letters(ids, 8, '0123456789')}"
        ),
    ),
    Variation(
        "short_ids",
        "Ids have eight digits behind their prefix.",
        "The length of ids is promised nowhere.",
        inside=_ids(lambda ids, prefix: prefix + _letters(ids, 8, "0123456789")),
    ),
)
