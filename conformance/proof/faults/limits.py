"""Faults of bounds: what must be refused is cut, clamped, ignored or taken as it is, and what is allowed is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import (
    among,
    body,
    clamp,
    cut,
    fill,
    forget,
    is_number,
    member,
    refuse,
)
from conformance.proof.faults.fault import requests
from conformance.proof.faults.leniency import (
    ASSISTANT,
    METADATA,
    MODIFICATIONS,
    RUN,
    Change,
    Row,
    lenient,
    query,
    text,
)
from conformance.proof.faults.scene import Scene, Sent

NAME = "".join(map(chr, [*range(48, 58), *range(65, 91), *range(97, 123), 45, 95]))
_TOOLS = ("code_interpreter", "file_search", "function")
_FORMATS = ("text", "json_object", "json_schema")
LISTS = "listAssistants listMessages listRuns listRunSteps"


def _metadata(make: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    return member("metadata", lambda value: make(value) if isinstance(value, dict) else value)


def _word(value: Any) -> Any:
    """A name with every character that is not allowed replaced."""
    if not isinstance(value, str):
        return value
    return "".join(letter if letter in NAME else "_" for letter in value)[:64] or "f"


def _known(kinds: tuple[str, ...]) -> Callable[[Any], Any]:
    """Only the items of an array that have a known type."""

    def make(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [item for item in value if isinstance(item, dict) and item.get("type") in kinds]

    return make


def _number(value: Any) -> Any:
    """A number out of a text that holds one, or a boolean."""
    if isinstance(value, bool):
        return int(value)
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _typed_format(value: Any) -> Any:
    if isinstance(value, str):
        return {"type": value} if value in _FORMATS[:2] else "auto"
    return value if isinstance(value, dict) and value.get("type") in _FORMATS else "auto"


LENIENT: list[Row] = [
    ("no_model", "LIMIT-ASST-01", "createAssistant", "An assistant without a model gets one.", fill("model", "gpt-4o")),
    ("name_cut", "LIMIT-ASST-02", ASSISTANT, "A name of more than 256 characters is cut.", member("name", cut(256))),
    (
        "name_cut_on_modify",
        "LIMIT-ASST-02",
        "modifyAssistant",
        "A name of more than 256 characters is cut, on modification only.",
        member("name", cut(256)),
    ),
    (
        "description_cut",
        "LIMIT-ASST-03",
        ASSISTANT,
        "A description of more than 512 characters is cut.",
        member("description", cut(512)),
    ),
    (
        "instructions_cut",
        "LIMIT-ASST-04",
        ASSISTANT,
        "Instructions of more than 256,000 characters are cut.",
        member("instructions", cut(256_000)),
    ),
    ("tools_cut", "LIMIT-ASST-05", ASSISTANT, "Tools beyond the 128th are dropped.", member("tools", cut(128))),
    (
        "temperature_clamped",
        "LIMIT-ASST-06",
        ASSISTANT,
        "A temperature is brought between 0 and 2.",
        member("temperature", clamp(0, 2)),
    ),
    (
        "top_p_clamped",
        "LIMIT-ASST-07",
        ASSISTANT,
        "A top_p is brought between 0 and 1.",
        member("top_p", clamp(0, 1)),
    ),
    (
        "effort_ignored",
        "LIMIT-ASST-08",
        ASSISTANT,
        "A reasoning effort that there is none of is ignored.",
        forget("reasoning_effort"),
    ),
    (
        "tools_of_other_kinds_dropped",
        "LIMIT-TOOL-01",
        ASSISTANT,
        "Tools of an unknown type are dropped.",
        member("tools", _known(_TOOLS)),
    ),
    (
        "function_names_repaired",
        "LIMIT-TOOL-02",
        ASSISTANT,
        "Characters that a function's name may not have become underscores.",
        member("tools.function.name", _word),
    ),
    (
        "functions_without_name_dropped",
        "LIMIT-TOOL-03",
        ASSISTANT,
        "Function tools without a function or a name are dropped.",
        member(
            "tools",
            lambda tools: [
                tool
                for tool in tools
                if not isinstance(tool, dict) or tool.get("type") != "function" or "name" in tool.get("function", {})
            ],
        ),
    ),
    (
        "parameters_ignored",
        "LIMIT-TOOL-04",
        ASSISTANT,
        "Parameters that are no object are ignored.",
        forget("tools.function.parameters", unless=lambda value: isinstance(value, dict)),
    ),
    (
        "results_clamped",
        "LIMIT-TOOL-05",
        ASSISTANT,
        "The number of results of a file search tool is brought between 1 and 50.",
        member("tools.file_search.max_num_results", clamp(1, 50)),
    ),
    (
        "threshold_clamped",
        "LIMIT-TOOL-06",
        ASSISTANT,
        "The score threshold of a file search tool is brought between 0 and 1.",
        member("tools.file_search.ranking_options.score_threshold", clamp(0, 1)),
    ),
    (
        "ranker_ignored",
        "LIMIT-TOOL-07",
        ASSISTANT,
        "An unknown ranker of a file search tool becomes auto.",
        member("tools.file_search.ranking_options.ranker", among("auto", "default_2024_08_21")),
    ),
    (
        "files_ignored",
        "LIMIT-RES-01",
        f"{ASSISTANT} createThread modifyThread createThreadAndRun",
        "Files for the code interpreter are ignored where there are more than 20.",
        forget(
            "tool_resources.code_interpreter.file_ids",
            unless=lambda value: not isinstance(value, list) or len(value) <= 20,
        ),
    ),
    (
        "stores_ignored",
        "LIMIT-RES-02",
        "modifyThread",
        "Vector stores of a thread are ignored where there is more than one, on modification.",
        forget(
            "tool_resources.file_search.vector_store_ids",
            unless=lambda value: not isinstance(value, list) or len(value) <= 1,
        ),
    ),
    (
        "one_store_made",
        "LIMIT-RES-03",
        "createThread",
        "Of several vector stores that are described for a thread the first is made.",
        member("tool_resources.file_search.vector_stores", cut(1)),
    ),
    (
        "stores_made_on_modification",
        "LIMIT-RES-05",
        "modifyAssistant modifyThread",
        "Vector stores that are described where a thread or assistant is modified are ignored.",
        forget("tool_resources.file_search.vector_stores"),
    ),
    (
        "format_guessed",
        "LIMIT-FORMAT-01",
        ASSISTANT,
        "A response format of another form becomes auto.",
        member("response_format", _typed_format),
    ),
    (
        "schema_name_repaired",
        "LIMIT-FORMAT-02",
        ASSISTANT,
        "Characters that the name of a JSON Schema may not have become underscores.",
        member("response_format.json_schema.name", _word),
    ),
    (
        "metadata_keys_dropped",
        "LIMIT-META-01",
        METADATA,
        "Metadata beyond the sixteenth key is dropped.",
        _metadata(lambda value: dict(list(value.items())[:16])),
    ),
    (
        "metadata_key_cut",
        "LIMIT-META-02",
        METADATA,
        "Metadata keys of more than 64 characters are cut.",
        _metadata(lambda value: {name[:64]: part for name, part in value.items()}),
    ),
    (
        "metadata_value_cut_on_modify",
        "LIMIT-META-03",
        MODIFICATIONS,
        "Metadata values of more than 512 characters are cut, on modification only.",
        _metadata(lambda value: {name: cut(512)(part) for name, part in value.items()}),
    ),
    (
        "metadata_numbers_written_out",
        "LIMIT-META-04",
        METADATA,
        "Metadata values that are no texts are written out as such.",
        _metadata(lambda value: {name: str(part) for name, part in value.items()}),
    ),
    (
        "unknown_order_ignored",
        "LIMIT-LIST-03",
        LISTS,
        "An unknown order is taken for desc.",
        query("order", lambda word: word if word in ("asc", "desc") else "desc"),
    ),
    (
        "unknown_include_ignored",
        "LIMIT-LIST-06",
        "createRun listRunSteps getRunStep",
        "What include asks for and there is none of is ignored.",
        query("include[]", lambda word: word if word.startswith("step_details") else None),
    ),
    (
        "numbers_out_of_texts",
        "LIMIT-ASST-06",
        f"{ASSISTANT} {RUN}",
        "A temperature may be written as a text, and true stands for 1.",
        member("temperature", _number),
    ),
    (
        "words_for_booleans",
        "LIMIT-SHAPE-01",
        RUN,
        "Any value of parallel_tool_calls stands for true or false.",
        member("parallel_tool_calls", bool),
    ),
    (
        "texts_out_of_numbers",
        "LIMIT-SHAPE-01",
        f"{ASSISTANT} {RUN}",
        "A number is taken for a text.",
        body(
            lambda sent: sent.update(
                {name: text(sent[name]) for name in ("name", "description", "instructions") if name in sent}
            )
        ),
    ),
    (
        "unknown_fields_ignored",
        "LIMIT-SHAPE-02",
        f"{ASSISTANT} createThread createMessage {RUN}",
        "Unknown fields of a request are ignored.",
        body(lambda sent: [sent.pop(name, None) for name in ("colour", "unknown", "foo", "surprise")]),
    ),
]
"""What is accepted that must be refused."""

lenient(LENIENT)

# What is allowed, and refused all the same ---------------------------------------------------------------------------


def _longer(name: str, longest: int, *, encoded: bool = False) -> Change:
    """Refuse a text that is longer, counted in characters or in bytes."""

    def change(sent: Sent, scene: Scene) -> None:
        value = sent.body.get(name) if isinstance(sent.body, dict) else None
        if isinstance(value, str) and len(value.encode() if encoded else value) > longest:
            raise refuse(f"Invalid '{name}': string too long.", name, code="string_above_max_length")

    return change


requests(
    *ASSISTANT.split(),
    trips="LIMIT-VALID-01",
    id="limits.name_off_by_one",
    about="A name of 256 characters is refused.",
)(_longer("name", 255))
requests(
    *ASSISTANT.split(),
    trips="LIMIT-VALID-01",
    id="limits.name_counted_in_bytes",
    about="The length of a name counts bytes of UTF-8.",
)(_longer("name", 256, encoded=True))
requests(
    *ASSISTANT.split(),
    trips="LIMIT-VALID-01",
    id="limits.instructions_of_version_1",
    about="Instructions of more than 32,768 characters are refused, as early in version 1.",
)(_longer("instructions", 32_768))


@requests(*METADATA.split(), trips="LIMIT-VALID-01")
def sixteen_keys_refused(sent: Sent, scene: Scene) -> None:
    """Metadata with sixteen keys is refused."""
    metadata = sent.body.get("metadata") if isinstance(sent.body, dict) else None
    if isinstance(metadata, dict) and len(metadata) == 16:
        raise refuse("Too many keys.", "metadata", code="object_above_max_properties")


@requests(*ASSISTANT.split(), trips="LIMIT-VALID-01")
def temperature_up_to_one(sent: Sent, scene: Scene) -> None:
    """A temperature above 1 is refused."""
    value = sent.body.get("temperature") if isinstance(sent.body, dict) else None
    if is_number(value) and value is not None and 1 < value <= 2:
        raise refuse("Expected a value <= 1.", "temperature", code="decimal_above_max_value")


@requests(*LISTS.split(), trips="LIMIT-VALID-01")
def hundred_per_page_refused(sent: Sent, scene: Scene) -> None:
    """A limit of 100 is refused."""
    if sent.query.get("limit") == ["100"]:
        raise refuse("Expected a value < 100.", "limit", code="integer_above_max_value")


def _wants(name: str) -> Callable[[Sent, Scene], None]:
    """Refuses requests without a member that none has to have, in words that blame no parameter."""

    def refused(sent: Sent, scene: Scene) -> None:
        if not (isinstance(sent.body, dict) and sent.body.get(name)):
            raise refuse("Something that is needed was not sent.")

    return refused


for operation, name, told in (
    ("createThread", "messages", "A thread without a first message is refused."),
    ("createAssistant", "instructions", "An assistant without instructions is refused."),
    ("createVectorStore", "name", "A vector store without a name is refused."),
    ("createMessage", "metadata", "A message without metadata is refused."),
    ("createRun", "model", "A run that names no model is refused, whatever its assistant's is."),
):
    requests(operation, trips="LIMIT-VALID-02", id=f"limits.{operation}_wants_{name}", about=told)(_wants(name))


@requests("listVectorStores", "listFiles", trips="LIMIT-VALID-02")
def first_pages_want_a_cursor(sent: Sent, scene: Scene) -> None:
    """The first page of a list of the whole account is refused."""
    if not sent.query.get("after"):
        raise refuse("A cursor is needed.")


@requests("createAssistant", trips="LIMIT-REFUSAL-01")
def refused_with_422(sent: Sent, scene: Scene) -> None:
    """An assistant that breaks a bound is refused with 422, as a framework does on its own."""
    name = sent.body.get("name") if isinstance(sent.body, dict) else None
    if isinstance(name, str) and len(name) > 256:
        raise refuse("Validation error.", "name", status=422, code="string_above_max_length")


@requests(*MODIFICATIONS.split(), trips="LIMIT-META-03")
def metadata_not_checked_on_modify(sent: Sent, scene: Scene) -> None:
    """Metadata values beyond their bound are dropped on modification."""
    metadata = sent.body.get("metadata") if isinstance(sent.body, dict) else None
    if isinstance(metadata, dict):
        sent.body["metadata"] = {
            name: part for name, part in metadata.items() if not isinstance(part, str) or len(part) <= 512
        }
