"""Faults of bounds: what must be refused is cut, clamped, ignored or taken as it is, and what is allowed is refused."""

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import (
    Change,
    among,
    as_text,
    clamp,
    cut,
    drop,
    drop_all,
    fill,
    is_number,
    query,
    refuse,
    replace,
)
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import request_bodies, requests
from conformance.proof.faults.operations import ASSISTANT, LISTS, METADATA, MODIFICATIONS, RUN
from conformance.proof.interception import Request

NAME = "".join(map(chr, [*range(48, 58), *range(65, 91), *range(97, 123), 45, 95]))

_TOOLS = ("code_interpreter", "file_search", "function")

_TEXTS = ("name", "description", "instructions")
_FORMATS = ("text", "json_object", "json_schema")

on_assistant = request_bodies(*ASSISTANT)
on_run = request_bodies(*RUN)
on_metadata = request_bodies(*METADATA)


def _word(value: Any) -> Any:
    """A name with every character that is not allowed replaced."""
    if not isinstance(value, str):
        return value
    return "".join(letter if letter in NAME else "_" for letter in value)[:64] or "f"


def _known(tools: Any) -> Any:
    """The tools that have a known type."""
    known = isinstance(tools, list)
    return [tool for tool in tools if isinstance(tool, dict) and tool.get("type") in _TOOLS] if known else tools


def _members(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Change each value of an object."""
    return lambda value: {name: make(part) for name, part in value.items()} if isinstance(value, dict) else value


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


request_bodies("createAssistant")("LIMIT-ASST-01", "limits.no_model")(
    "An assistant without a model gets one.", fill("model", "gpt-4o")
)
on_assistant("LIMIT-ASST-02", "limits.name_cut")(
    "A name of more than 256 characters is cut.", replace("name", cut(256))
)
request_bodies("modifyAssistant")("LIMIT-ASST-02", "limits.name_cut_on_modify")(
    "A name of more than 256 characters is cut, on modification only.", replace("name", cut(256))
)
on_assistant("LIMIT-ASST-03", "limits.description_cut")(
    "A description of more than 512 characters is cut.", replace("description", cut(512))
)
on_assistant("LIMIT-ASST-04", "limits.instructions_cut")(
    "Instructions of more than 256,000 characters are cut.", replace("instructions", cut(256000))
)
on_assistant("LIMIT-ASST-05", "limits.tools_cut")("Tools beyond the 128th are dropped.", replace("tools", cut(128)))
on_assistant("LIMIT-ASST-06", "limits.temperature_clamped")(
    "A temperature is brought between 0 and 2.", replace("temperature", clamp(0, 2))
)
on_assistant("LIMIT-ASST-07", "limits.top_p_clamped")(
    "A top_p is brought between 0 and 1.", replace("top_p", clamp(0, 1))
)
on_assistant("LIMIT-ASST-08", "limits.effort_ignored")(
    "An unknown reasoning effort is ignored.", drop("reasoning_effort")
)
on_assistant("LIMIT-TOOL-01", "limits.tools_of_other_kinds_dropped")(
    "Tools of an unknown type are dropped.", replace("tools", _known)
)
on_assistant("LIMIT-TOOL-02", "limits.function_names_repaired")(
    "Characters that a function's name may not have become underscores.", replace("tools.function.name", _word)
)
on_assistant("LIMIT-TOOL-03", "limits.functions_without_name_dropped")(
    "Function tools without a function or a name are dropped.",
    replace(
        "tools",
        lambda tools: [
            tool
            for tool in tools
            if not isinstance(tool, dict) or tool.get("type") != "function" or "name" in tool.get("function", {})
        ],
    ),
)
on_assistant("LIMIT-TOOL-04", "limits.parameters_ignored")(
    "Parameters that are not an object are ignored.",
    drop("tools.function.parameters", unless=lambda value: isinstance(value, dict)),
)
on_assistant("LIMIT-TOOL-05", "limits.results_clamped")(
    "The number of results of a file search tool is brought between 1 and 50.",
    replace("tools.file_search.max_num_results", clamp(1, 50)),
)
on_assistant("LIMIT-TOOL-06", "limits.threshold_clamped")(
    "The score threshold of a file search tool is brought between 0 and 1.",
    replace("tools.file_search.ranking_options.score_threshold", clamp(0, 1)),
)
on_assistant("LIMIT-TOOL-07", "limits.ranker_ignored")(
    "An unknown ranker of a file search tool becomes auto.",
    replace("tools.file_search.ranking_options.ranker", among("auto", "default_2024_08_21")),
)
request_bodies(*ASSISTANT, "createThread", "modifyThread", "createThreadAndRun")(
    "LIMIT-RES-01", "limits.files_ignored"
)(
    "Files for the code interpreter are ignored where there are more than 20.",
    drop(
        "tool_resources.code_interpreter.file_ids", unless=lambda value: not isinstance(value, list) or len(value) <= 20
    ),
)
request_bodies("modifyThread")("LIMIT-RES-02", "limits.stores_ignored")(
    "Vector stores of a thread are ignored where there is more than one, on modification.",
    drop(
        "tool_resources.file_search.vector_store_ids",
        unless=lambda value: not isinstance(value, list) or len(value) <= 1,
    ),
)
request_bodies("createThread")("LIMIT-RES-03", "limits.one_store_made")(
    "Of several vector stores that are described for a thread the first is made.",
    replace("tool_resources.file_search.vector_stores", cut(1)),
)
request_bodies("modifyAssistant", "modifyThread")("LIMIT-RES-05", "limits.stores_made_on_modification")(
    "Vector stores that are described where a thread or assistant is modified are ignored.",
    drop("tool_resources.file_search.vector_stores"),
)
on_assistant("LIMIT-FORMAT-01", "limits.format_guessed")(
    "A response format of another form becomes auto.", replace("response_format", _typed_format)
)
on_assistant("LIMIT-FORMAT-02", "limits.schema_name_repaired")(
    "Characters that the name of a JSON Schema may not have become underscores.",
    replace("response_format.json_schema.name", _word),
)
on_metadata("LIMIT-META-01", "limits.metadata_keys_dropped")(
    "Metadata beyond the sixteenth key is dropped.",
    replace("metadata", lambda value: dict(list(value.items())[:16]) if isinstance(value, dict) else value),
)
on_metadata("LIMIT-META-02", "limits.metadata_key_cut")(
    "Metadata keys of more than 64 characters are cut.",
    replace(
        "metadata",
        lambda value: {name[:64]: part for name, part in value.items()} if isinstance(value, dict) else value,
    ),
)
request_bodies(*MODIFICATIONS)("LIMIT-META-03", "limits.metadata_value_cut_on_modify")(
    "Metadata values of more than 512 characters are cut, on modification only.",
    replace("metadata", _members(cut(512))),
)
on_metadata("LIMIT-META-04", "limits.metadata_numbers_written_out")(
    "Metadata values that are not strings are written out as strings.", replace("metadata", _members(str))
)
requests(*LISTS)("LIMIT-LIST-03", "limits.unknown_order_ignored")(
    "An unknown order is taken for desc.", query("order", lambda word: word if word in ("asc", "desc") else "desc")
)
requests("createRun", "listRunSteps", "getRunStep")("LIMIT-LIST-06", "limits.unknown_include_ignored")(
    "Unknown values of include are ignored.",
    query("include[]", lambda word: word if word.startswith("step_details") else None),
)
request_bodies(*ASSISTANT, *RUN)("LIMIT-ASST-06", "limits.numbers_out_of_texts")(
    "A temperature may be written as a text, and true stands for 1.", replace("temperature", _number)
)
on_run("LIMIT-SHAPE-01", "limits.words_for_booleans")(
    "Any value of parallel_tool_calls stands for true or false.", replace("parallel_tool_calls", bool)
)
request_bodies(*ASSISTANT, *RUN)("LIMIT-SHAPE-01", "limits.texts_out_of_numbers")(
    "A number is taken for a text.",
    lambda body, _: body.update({name: as_text(body[name]) for name in _TEXTS if name in body}),
)
request_bodies(*ASSISTANT, "createThread", "createMessage", *RUN)("LIMIT-SHAPE-02", "limits.unknown_fields_ignored")(
    "Unknown fields of a request are ignored.", drop_all("colour", "unknown", "foo", "surprise")
)


# What is allowed, and refused all the same ---------------------------------------------------------------------------


def _refuse_if(condition: Callable[[Any], bool], message: str, param: str | None = None, **how: Any) -> Change:
    """Refuse requests whose body meets a condition."""

    def change(body: Any, context: FaultContext) -> None:
        if condition(body):
            raise refuse(message, param, **how)

    return change


def _longer(name: str, longest: int, *, encoded: bool = False) -> Change:
    """Refuse a text that is longer, counted in characters or in bytes."""

    def is_longer(body: Any) -> bool:
        value = body.get(name)
        return isinstance(value, str) and len(value.encode() if encoded else value) > longest

    return _refuse_if(is_longer, f"Invalid '{name}': string too long.", name, code="string_above_max_length")


on_assistant("LIMIT-VALID-01", "limits.name_off_by_one")("A name of 256 characters is refused.", _longer("name", 255))
on_assistant("LIMIT-VALID-01", "limits.name_counted_in_bytes")(
    "The length of a name counts bytes of UTF-8.", _longer("name", 256, encoded=True)
)
on_assistant("LIMIT-VALID-01", "limits.instructions_of_version_1")(
    "Instructions of more than 32,768 characters are refused, as early in version 1.", _longer("instructions", 32_768)
)
on_metadata("LIMIT-VALID-01", "limits.sixteen_keys_refused")(
    "Metadata with sixteen keys is refused.",
    _refuse_if(
        lambda body: isinstance(body.get("metadata"), dict) and len(body["metadata"]) == 16,
        *("Too many keys.", "metadata"),
        code="object_above_max_properties",
    ),
)
on_assistant("LIMIT-VALID-01", "limits.temperature_up_to_one")(
    "A temperature above 1 is refused.",
    _refuse_if(
        lambda body: is_number(body.get("temperature")) and 1 < body["temperature"] <= 2,
        *("Expected a value <= 1.", "temperature"),
        code="decimal_above_max_value",
    ),
)
request_bodies("createAssistant")("LIMIT-REFUSAL-01", "limits.refused_with_422")(
    "An assistant that breaks a bound is refused with 422, as a framework does on its own.",
    _refuse_if(
        lambda body: isinstance(body.get("name"), str) and len(body["name"]) > 256,
        *("Validation error.", "name"),
        status=422,
        code="string_above_max_length",
    ),
)
request_bodies(*MODIFICATIONS)("LIMIT-META-03", "limits.metadata_not_checked_on_modify")(
    "Metadata values beyond their bound are dropped on modification.",
    replace(
        "metadata",
        lambda value: (
            {name: part for name, part in value.items() if not isinstance(part, str) or len(part) <= 512}
            if isinstance(value, dict)
            else value
        ),
    ),
)


def _wants(name: str) -> Callable[[Request, FaultContext], None]:
    """Refuse requests without a member that none has to have, in words that blame no parameter."""

    def change(request: Request, context: FaultContext) -> None:
        if not (isinstance(request.body, dict) and request.body.get(name)):
            raise refuse("Something that is needed was not sent.")

    return change


for _operation, _name, _about in (
    ("createThread", "messages", "A thread without a first message is refused."),
    ("createAssistant", "instructions", "An assistant without instructions is refused."),
    ("createVectorStore", "name", "A vector store without a name is refused."),
    ("createMessage", "metadata", "A message without metadata is refused."),
    ("createRun", "model", "A run that names no model is refused, whatever its assistant's is."),
):
    requests(_operation)("LIMIT-VALID-02", f"limits.{_operation}_wants_{_name}")(_about, _wants(_name))


@requests(*LISTS).function("LIMIT-VALID-01")
def hundred_per_page_refused(request: Request, context: FaultContext) -> None:
    """A limit of 100 is refused."""
    if request.query.get("limit") == ["100"]:
        raise refuse("Expected a value < 100.", "limit", code="integer_above_max_value")


@requests("listVectorStores", "listFiles").function("LIMIT-VALID-02")
def first_pages_want_a_cursor(request: Request, context: FaultContext) -> None:
    """The first page of a list of the whole account is refused."""
    if not request.query.get("after"):
        raise refuse("A cursor is needed.")
