"""Faults of bounds inside nested members: what is wrong is dropped or repaired; they belong to the area `limits`."""

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import Change, as_text, put, replace, says, when
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import objects_at, refusals, request_bodies
from conformance.proof.faults.operations import ASSISTANT, CHUNKED, RUN, STORE


def _only(path: str, *names: str) -> Change:
    """Keep no other members of the objects at a place."""

    def change(value: Any, context: FaultContext) -> None:
        for found in objects_at(value, path):
            if isinstance(found, dict):
                for name in [name for name in found if name not in names]:
                    del found[name]

    return change


def _as_objects(value: Any) -> Any:
    """Bare words where objects with a type belong."""
    return [{"type": item} if isinstance(item, str) else item for item in value] if isinstance(value, list) else value


def _wrapped(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


def _number(value: Any) -> Any:
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _switch(value: Any) -> Any:
    return value == "true" if isinstance(value, str) else value


def _texts(value: Any) -> Any:
    return {name: as_text(part) for name, part in value.items()} if isinstance(value, dict) else value


_ATTACHED = "attachments.tools"
for _operation, _within, _where in (
    ("createMessage", _ATTACHED, "message"),
    ("createThread", f"messages.{_ATTACHED}", "thread's message"),
    ("createRun", f"additional_messages.{_ATTACHED}", "run's message"),
    ("createThreadAndRun", f"thread.messages.{_ATTACHED}", "message of a thread with a run"),
):
    request_bodies(_operation)("LIMIT-NESTED-01", f"limits.nested_{_operation}_drops_settings_of_attachments")(
        f"Unknown settings of an attachment's tool are dropped, in a {_where}.", _only(_within, "type")
    )
    request_bodies(_operation)("LIMIT-MSG-09", f"limits.nested_{_operation}_takes_words_for_tools")(
        f"An attachment's tools may be bare words, in a {_where}.", replace(_within, _as_objects)
    )

_UNKNOWN: tuple[tuple[str, tuple[str, ...], str, tuple[str, ...]], ...] = (
    ("functions", ASSISTANT, "tools.function", ("name", "description", "parameters", "strict")),
    ("functions_of_runs", RUN, "tools.function", ("name", "description", "parameters", "strict")),
    ("search_settings", ASSISTANT, "tools.file_search", ("max_num_results", "ranking_options")),
    ("ranking", ASSISTANT, "tools.file_search.ranking_options", ("ranker", "score_threshold", "hybrid_search")),
    ("truncation", RUN, "truncation_strategy", ("type", "last_messages")),
    ("outputs", ("submitToolOuputsToRun",), "tool_outputs", ("tool_call_id", "output")),
    ("expiry", STORE, "expires_after", ("anchor", "days")),
    ("images", ("createMessage",), "content.image_url", ("url", "detail")),
    ("image_files", ("createThread",), "messages.content.image_file", ("file_id", "detail")),
    ("formats", ASSISTANT, "response_format.json_schema", ("name", "description", "schema", "strict")),
    ("resources", ("modifyThread",), "tool_resources.code_interpreter", ("file_ids",)),
    (
        "new_stores",
        ("createThread",),
        "tool_resources.file_search.vector_stores",
        ("file_ids", "chunking_strategy", "metadata"),
    ),
)
for _name, _operations, _place, _kept in _UNKNOWN:
    request_bodies(*_operations)("LIMIT-NESTED-02", f"limits.nested_unknown_in_{_name}")(
        f"Unknown members of {_place} are dropped.", _only(_place, *_kept)
    )

_STORES = "tool_resources.file_search.vector_stores"
_STATIC = "chunking_strategy.static"
_REPAIRED: tuple[tuple[str, str, tuple[str, ...], str, Callable[[Any], Any]], ...] = (
    ("LIMIT-SHAPE-01", "descriptions", ASSISTANT, "tools.function.description", as_text),
    ("LIMIT-SHAPE-01", "strictness", RUN, "tools.function.strict", _switch),
    ("LIMIT-SHAPE-01", "keys_of_inner_filters", ("searchVectorStore",), "filters.filters.key", as_text),
    ("LIMIT-META-04", "metadata_of_messages", ("createThread",), "messages.metadata", _texts),
    ("LIMIT-META-04", "metadata_of_new_stores", ("createAssistant",), f"{_STORES}.metadata", _texts),
    ("LIMIT-CHUNK-01", "sizes_of_chunks", CHUNKED, f"{_STATIC}.max_chunk_size_tokens", _number),
    ("LIMIT-CHUNK-02", "overlaps", ("createVectorStoreFileBatch",), f"files.{_STATIC}.chunk_overlap_tokens", _number),
    ("LIMIT-TOOL-05", "numbers_of_results", RUN, "tools.file_search.max_num_results", _number),
    ("LIMIT-VS-02", "days", STORE, "expires_after.days", _number),
    ("LIMIT-SHAPE-01", "attachments_alone", ("createMessage",), "attachments", _wrapped),
)
for _trips, _name, _operations, _place, _repair in _REPAIRED:
    request_bodies(*_operations)(_trips, f"limits.nested_repaired_{_name}")(
        f"A value of the wrong type in {_place} is turned into one of the right type.", replace(_place, _repair)
    )


def _is_nested(refusal: Json, context: FaultContext) -> bool:
    return isinstance(refusal.get("param"), str) and "." in refusal["param"]


on_400 = refusals(status=(400,))
on_400("ERROR-PARAM-01", "errors.nested_unknown_is_not_named")(
    "A refusal of an unknown member within another names nothing.",
    when(says("Unknown parameter"), when(_is_nested, put("param", None))),
)
on_400("ERROR-PARAM-01", "errors.nested_missing_is_not_named")(
    "A refusal for a missing member within another names another one.",
    when(says("Missing required"), when(_is_nested, put("param", "model"))),
)
on_400("ERROR-CODE-01", "errors.nested_unknown_is_a_value_error")(
    "A refusal of an unknown member within another calls it a wrong value.",
    when(says("Unknown parameter"), when(_is_nested, put("code", "invalid_value"))),
)
