"""Faults of bounds: what must be refused is cut, clamped, ignored or taken as it is, and what is allowed is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.reference import objects
from conformance.reference.faults.changes import (
    among,
    body,
    clamp,
    cut,
    fill,
    forget,
    is_number,
    keep_only,
    member,
    refuse,
)
from conformance.reference.faults.fault import requests
from conformance.reference.faults.scene import Scene, Sent

ASSISTANT = "createAssistant modifyAssistant"
METADATA = f"{ASSISTANT} createThread modifyThread createMessage modifyMessage createRun modifyRun createThreadAndRun"
MODIFICATIONS = "modifyAssistant modifyThread modifyMessage modifyRun"
RUN = "createRun createThreadAndRun"
LISTS = "listAssistants listMessages listRuns listRunSteps listVectorStores listVectorStoreFiles"
NAME = "".join(map(chr, [*range(48, 58), *range(65, 91), *range(97, 123), 45, 95]))

Change = Callable[[Sent, Scene], None]


def _query(name: str, make: Callable[[str], str | None]) -> Change:
    """Change a parameter of the query; None leaves it out."""

    def change(sent: Sent, scene: Scene) -> None:
        if name in sent.query:
            value = make(sent.query[name][-1])
            if value is None:
                del sent.query[name]
            else:
                sent.query[name] = [value]

    return change


def _page(least: int, most: int) -> Callable[[str], str]:
    def make(text: str) -> str:
        try:
            return str(min(max(int(text), least), most))
        except ValueError:
            return text

    return make


def _metadata(make: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    return member("metadata", lambda value: make(value) if isinstance(value, dict) else value)


def _attributes(make: Callable[[dict[str, Any]], dict[str, Any]]) -> Change:
    return member("attributes", lambda value: make(value) if isinstance(value, dict) else value)


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


def _text(value: Any) -> Any:
    return value if isinstance(value, str) or value is None else str(value)


def _scalars(value: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in value.items() if isinstance(part, str | int | float)}


_TOOLS = ("code_interpreter", "file_search", "function")
_FORMATS = ("text", "json_object", "json_schema")
_PARTS = ("text", "image_file", "image_url")
_HALF = body(
    lambda sent: (
        [
            static.update(chunk_overlap_tokens=max(0, min(static["chunk_overlap_tokens"], size // 2)))
            for static in [(sent.get("chunking_strategy") or {}).get("static")]
            if isinstance(static, dict)
            and is_number(static.get("chunk_overlap_tokens"))
            and isinstance(size := static.get("max_chunk_size_tokens"), int)
        ]
        if isinstance(sent.get("chunking_strategy"), dict)
        else None
    )
)


def _typed_format(value: Any) -> Any:
    if isinstance(value, str):
        return {"type": value} if value in _FORMATS[:2] else "auto"
    return value if isinstance(value, dict) and value.get("type") in _FORMATS else "auto"


def _truncation(value: Any) -> Any:
    if isinstance(value, dict) and value.get("type") in ("auto", "last_messages"):
        return value
    return {"type": "auto"}


def _choice(value: Any) -> Any:
    if isinstance(value, str):
        return value if value in ("none", "auto", "required") else "auto"
    return value if isinstance(value, dict) and value.get("type") in _TOOLS and "function" in value else "auto"


def _parts(value: Any) -> Any:
    if isinstance(value, list):
        return [part for part in value if isinstance(part, dict) and part.get("type") in _PARTS] or ""
    return value if isinstance(value, str) else str(value)


def _strategy(value: Any) -> Any:
    if isinstance(value, dict) and (
        value.get("type") == "auto" or (value.get("type") == "static" and len(value.get("static") or ()) == 2)
    ):
        return value
    return {"type": "auto"}


def _filter(value: Any) -> Any:
    """A filter with an unknown comparison compares for equality."""
    if isinstance(value, dict) and value.get("type") in ("and", "or"):
        filters = value.get("filters")
        return {**value, "filters": [_filter(each) for each in filters]} if isinstance(filters, list) else value
    known = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin")
    return {**value, "type": "eq"} if isinstance(value, dict) and value.get("type") not in known else value


def _found(value: Any) -> Any:
    return value if isinstance(value, str | list) and value else "everything"


LENIENT: list[tuple[str, str, str, str, Change]] = [
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
        "page_of_files_clamped",
        "LIMIT-LIST-02",
        "listFiles",
        "A limit of files above 10,000 becomes 10,000.",
        _query("limit", _page(1, 10_000)),
    ),
    (
        "unknown_order_ignored",
        "LIMIT-LIST-03",
        LISTS,
        "An unknown order is taken for desc.",
        _query("order", lambda word: word if word in ("asc", "desc") else "desc"),
    ),
    (
        "unknown_filter_ignored",
        "LIMIT-LIST-05",
        "listVectorStoreFiles listFilesInVectorStoreBatch",
        "An unknown filter is ignored.",
        _query("filter", lambda word: word if word in ("in_progress", "completed", "failed", "cancelled") else None),
    ),
    (
        "unknown_include_ignored",
        "LIMIT-LIST-06",
        "createRun listRunSteps getRunStep",
        "What include asks for and there is none of is ignored.",
        _query("include[]", lambda word: word if word.startswith("step_details") else None),
    ),
    (
        "thread_fields_ignored",
        "LIMIT-THREAD-02",
        "modifyThread",
        "Fields of a thread that cannot be changed are ignored.",
        keep_only("metadata", "tool_resources"),
    ),
    (
        "message_without_role",
        "LIMIT-MSG-01",
        "createMessage",
        "A message without a role is the user's.",
        fill("role", "user"),
    ),
    (
        "message_without_content",
        "LIMIT-MSG-01",
        "createMessage",
        "A message without content is empty.",
        fill("content", ""),
    ),
    (
        "system_messages",
        "LIMIT-MSG-02",
        "createMessage",
        "A message with another role is the user's.",
        member("role", among("user", "assistant")),
    ),
    (
        "no_parts",
        "LIMIT-MSG-03",
        "createMessage",
        "Content without parts is an empty text.",
        member("content", lambda value: value or ""),
    ),
    (
        "parts_of_other_kinds_dropped",
        "LIMIT-MSG-05",
        "createMessage",
        "Parts of an unknown type are dropped.",
        member("content", _parts),
    ),
    (
        "text_as_answers_show_it",
        "LIMIT-MSG-05",
        "createMessage",
        "A text part may be written as answers show it.",
        member("content.text", lambda value: value["value"] if isinstance(value, dict) and "value" in value else value),
    ),
    (
        "detail_ignored",
        "LIMIT-MSG-06",
        "createMessage",
        "An unknown detail of an image becomes auto.",
        member("content.image_url.detail", among("auto", "low", "high")),
    ),
    (
        "any_image",
        "LIMIT-MSG-07",
        "createMessage",
        "An image may have any address.",
        member("content.image_url.url", lambda url: url.split("?")[0] + ".png" if isinstance(url, str) else url),
    ),
    (
        "attachments_without_tools_dropped",
        "LIMIT-MSG-08",
        "createMessage",
        "Attachments that lack their file or their tools are dropped.",
        member(
            "attachments", lambda each: [item for item in each if {"file_id", "tools"} <= set(item)] if each else each
        ),
    ),
    (
        "attachments_for_other_tools_dropped",
        "LIMIT-MSG-09",
        "createMessage",
        "Attachments for tools that take none are dropped.",
        member(
            "attachments",
            lambda each: [item for item in each if {t.get("type") for t in item.get("tools", ())} <= set(_TOOLS[:2])],
        ),
    ),
    (
        "message_fields_ignored",
        "LIMIT-MSG-10",
        "modifyMessage",
        "Fields of a message that cannot be changed are ignored.",
        keep_only("metadata"),
    ),
    (
        "prompt_cap_raised",
        "LIMIT-RUN-02",
        RUN,
        "A cap on prompt tokens below 256 is raised to 256.",
        member("max_prompt_tokens", clamp(256, 10**9)),
    ),
    (
        "completion_cap_raised",
        "LIMIT-RUN-03",
        RUN,
        "A cap on completion tokens below 256 is raised to 256.",
        member("max_completion_tokens", clamp(256, 10**9)),
    ),
    (
        "truncation_guessed",
        "LIMIT-RUN-04",
        RUN,
        "An unknown truncation strategy becomes auto.",
        member("truncation_strategy", _truncation),
    ),
    (
        "no_last_messages",
        "LIMIT-RUN-05",
        RUN,
        "A truncation to the last 0 messages keeps one.",
        member("truncation_strategy.last_messages", clamp(1, 10**9)),
    ),
    ("choice_guessed", "LIMIT-RUN-06", RUN, "An unknown tool choice becomes auto.", member("tool_choice", _choice)),
    ("run_tools_cut", "LIMIT-RUN-07", RUN, "A run's tools beyond the 20th are dropped.", member("tools", cut(20))),
    (
        "run_fields_ignored",
        "LIMIT-RUN-11",
        "modifyRun",
        "Fields of a run that cannot be changed are ignored.",
        keep_only("metadata"),
    ),
    (
        "stream_of_words",
        "LIMIT-RUN-12",
        RUN,
        "Streaming may be asked for with anything that is true or false.",
        body(lambda sent: sent.update(stream=False) if not isinstance(sent.get("stream"), bool) else None),
    ),
    (
        "additional_messages_repaired",
        "LIMIT-RUN-13",
        "createRun",
        "Additional messages that are none are ignored.",
        forget(
            "additional_messages",
            unless=lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value),
        ),
    ),
    (
        "fields_of_the_other_call_ignored",
        "LIMIT-RUN-18",
        "createThreadAndRun",
        "A thread with a run takes what a run on a thread takes, and ignores it.",
        body(lambda sent: [sent.pop(name, None) for name in ("additional_instructions", "additional_messages")]),
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
                {name: _text(sent[name]) for name in ("name", "description", "instructions") if name in sent}
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
    (
        "overlap_lowered",
        "LIMIT-CHUNK-02",
        "createVectorStore createVectorStoreFile createVectorStoreFileBatch",
        "An overlap of more than half of the chunk size is lowered to it.",
        _HALF,
    ),
    (
        "chunk_size_clamped",
        "LIMIT-CHUNK-01",
        "createVectorStore createVectorStoreFile createVectorStoreFileBatch",
        "A chunk size is brought between 100 and 4096.",
        member("chunking_strategy.static.max_chunk_size_tokens", clamp(100, 4096)),
    ),
    (
        "strategy_guessed",
        "LIMIT-CHUNK-03",
        "createVectorStore createVectorStoreFile createVectorStoreFileBatch",
        "An unknown chunking strategy becomes auto.",
        member("chunking_strategy", _strategy),
    ),
    (
        "store_files_cut",
        "LIMIT-VS-01",
        "createVectorStore",
        "A vector store made with more than 500 files is made with none.",
        forget("file_ids", unless=lambda value: not isinstance(value, list) or len(value) <= 500),
    ),
    (
        "days_clamped",
        "LIMIT-VS-02",
        "createVectorStore modifyVectorStore",
        "The days of a vector store are brought between 1 and 365.",
        member("expires_after.days", clamp(1, 365)),
    ),
    (
        "any_anchor",
        "LIMIT-VS-02",
        "createVectorStore modifyVectorStore",
        "Any anchor of an expiration policy stands for last_active_at.",
        member("expires_after.anchor", among("last_active_at")),
    ),
    (
        "store_name_written_out",
        "LIMIT-VS-05",
        "createVectorStore modifyVectorStore",
        "A name of a vector store that is no text is written out as one.",
        member("name", _text),
    ),
    (
        "batch_named_twice",
        "LIMIT-BATCH-02",
        "createVectorStoreFileBatch",
        "Where a batch names its files both ways, file_ids counts.",
        body(lambda sent: sent.pop("files", None) if sent.get("file_ids") else None),
    ),
    (
        "attributes_dropped",
        "LIMIT-VSF-01",
        "createVectorStoreFile updateVectorStoreFileAttributes createVectorStoreFileBatch",
        "Attributes that are no texts, numbers or booleans are dropped.",
        _attributes(_scalars),
    ),
    (
        "attribute_values_cut",
        "LIMIT-VSF-01",
        "createVectorStoreFile updateVectorStoreFileAttributes",
        "Attribute values of more than 512 characters are cut.",
        _attributes(lambda value: {name: cut(512)(part) for name, part in value.items()}),
    ),
    (
        "attributes_forgotten",
        "LIMIT-VSF-02",
        "updateVectorStoreFileAttributes",
        "An update of attributes that brings none takes them away.",
        body(lambda sent: sent.setdefault("attributes", {})),
    ),
    (
        "search_results_clamped",
        "LIMIT-SEARCH-01",
        "searchVectorStore",
        "The number of results of a search is brought between 1 and 50.",
        member("max_num_results", clamp(1, 50)),
    ),
    (
        "search_for_nothing",
        "LIMIT-SEARCH-02",
        "searchVectorStore",
        "A search without a query finds something all the same.",
        body(lambda sent: sent.update(query=_found(sent.get("query")))),
    ),
    (
        "no_queries",
        "LIMIT-SEARCH-05",
        "searchVectorStore",
        "A search with an empty list of queries finds something all the same.",
        member("query", lambda value: value or "everything"),
    ),
    (
        "comparison_guessed",
        "LIMIT-SEARCH-03",
        "searchVectorStore",
        "A filter with an unknown comparison compares for equality.",
        member("filters", _filter),
    ),
    (
        "search_threshold_clamped",
        "LIMIT-SEARCH-04",
        "searchVectorStore",
        "The score threshold of a search is brought between 0 and 1.",
        member("ranking_options.score_threshold", clamp(0, 1)),
    ),
    (
        "file_ids_ignored",
        "LEGACY-FIELD-01",
        f"{ASSISTANT} createMessage createThread {RUN}",
        "The file_ids of version 1 are ignored.",
        body(lambda sent: sent.pop("file_ids", None)),
    ),
    (
        "output_missing",
        "LIMIT-RUN-19",
        "submitToolOuputsToRun",
        "A tool output without a text is empty.",
        body(
            lambda sent: sent.update(
                tool_outputs=[
                    {**each, "output": each.get("output") if isinstance(each.get("output"), str) else ""}
                    if isinstance(each, dict)
                    else each
                    for each in sent.get("tool_outputs") or []
                ]
            )
        ),
    ),
]
"""Name, requirement, operations, what is wrong, and the change that makes the endpoint accept the request."""

for _name, _trips, _operations, _about, _change in LENIENT:
    requests(*_operations.split(), trips=_trips, id=f"limits.{_name}", about=_about)(_change)


@requests(*RUN.split(), trips="LIMIT-RUN-01")
def run_without_assistant(sent: Sent, scene: Scene) -> None:
    """A run without an assistant is one of an assistant that is made for it."""
    if isinstance(sent.body, dict) and "assistant_id" not in sent.body:
        store, ids = scene.endpoint.store, scene.endpoint.ids
        made = objects.assistant(ids.make("asst"), scene.endpoint.clock.now(), {"model": "gpt-4o"})
        sent.body["assistant_id"] = store.add(made, store.assistants).id


@requests("createVectorStoreFileBatch", trips="LIMIT-BATCH-01")
def batch_cut(sent: Sent, scene: Scene) -> None:
    """A batch of more than 2,000 files takes one of them."""
    if isinstance(sent.body, dict) and isinstance(names := sent.body.get("file_ids"), list) and len(names) > 2000:
        sent.body["file_ids"] = list(scene.endpoint.store.files)[:1]


@requests("createThreadAndRun", "createRun", trips="LIMIT-RUN-10")
def run_on_nothing(sent: Sent, scene: Scene) -> None:
    """A run with nothing to go on answers all the same."""
    if isinstance(sent.body, dict) and not sent.body.get("instructions"):
        sent.body["additional_instructions"] = " "


@requests("submitToolOuputsToRun", trips="LIMIT-RUN-15")
def no_outputs(sent: Sent, scene: Scene) -> None:
    """A submission without outputs answers every call with an empty text."""
    run = scene.endpoint.store.threads[scene.ids["thread_id"]].runs[scene.ids["run_id"]]
    if isinstance(sent.body, dict) and "tool_outputs" not in sent.body and run.status == "requires_action":
        wanted = run.value["required_action"]["submit_tool_outputs"]["tool_calls"]
        sent.body["tool_outputs"] = [{"tool_call_id": call["id"], "output": ""} for call in wanted]


@requests("createVectorStoreFile", trips="LIMIT-VSF-03")
def no_file_named(sent: Sent, scene: Scene) -> None:
    """A file that is added without its id is the one that was uploaded last."""
    known = list(scene.endpoint.store.files)
    if isinstance(sent.body, dict) and known:
        sent.body.setdefault("file_id", known[-1])


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
