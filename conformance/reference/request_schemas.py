"""The field tables of the API: which members the body, the query and the form of each request may have."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.reference.validation import (
    AnyOf,
    Array,
    Boolean,
    ExclusiveObject,
    Field,
    Id,
    Integer,
    Map,
    Number,
    Object,
    Rule,
    String,
    TaggedUnion,
    WebAddress,
    invalid,
    nullable,
    one_of,
    optional,
    required,
    variant,
)

ANY_OBJECT = Rule()
METADATA = {"metadata": nullable(Map(String(max_length=512)))}
ORDER = optional(one_of("asc", "desc"))
PAGE = {"limit": optional(Integer(1, 100)), "order": ORDER, "after": optional(String()), "before": optional(String())}
INCLUDABLE = "step_details.tool_calls[*].file_search.results[*].content"
INCLUDE = {"include[]": optional(Array(one_of(INCLUDABLE)))}
_NAME = required(String(max_length=64, min_length=1, pattern="^[a-zA-Z0-9_-]+$"))
_TEXT = nullable(String())
_FILE_ID = required(String())

# Vector stores and the files in them


@dataclass(frozen=True)
class ChunkSizes(Object):
    """The two numbers of a static strategy; the overlap is at most half of the size."""

    def _check(self, value: dict[str, Any], path: str) -> None:
        super()._check(value, path)
        if value["chunk_overlap_tokens"] > value["max_chunk_size_tokens"] / 2:
            place = f"{path}.chunk_overlap_tokens"
            message = f"Invalid '{place}': must be less than or equal to half of max_chunk_size_tokens."
            raise invalid(place, "invalid_value", message)


@dataclass(frozen=True)
class Filter(Rule):
    """A comparison, or several filters joined. Which values go with which operator nothing tells: all do."""

    def _check(self, value: dict[str, Any], path: str) -> None:
        TaggedUnion(_FILTERS).check(value, path)


_OPERAND = AnyOf((String(), Number(), Boolean(), Array(AnyOf((String(), Number())))))
_COMPARED = {"key": required(String()), "value": required(_OPERAND)}
_FILTERS = {
    **{name: variant(name, _COMPARED) for name in ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin")},
    **{name: variant(name, {"filters": required(Array(Filter()))}) for name in ("and", "or")},
}
_ATTRIBUTES = Map(AnyOf((String(max_length=512), Number(), Boolean())))
_SIZES = ChunkSizes(
    {"max_chunk_size_tokens": required(Integer(100, 4096)), "chunk_overlap_tokens": required(Integer(0))}
)
_CHUNKING = optional(TaggedUnion({"auto": variant("auto"), "static": variant("static", {"static": required(_SIZES)})}))
_STORE_EXPIRY = Object({"anchor": required(one_of("last_active_at")), "days": required(Integer(1, 365))})
_ADDED = {"attributes": nullable(_ATTRIBUTES), "chunking_strategy": _CHUNKING}

CREATE_STORE = Object(
    {
        "file_ids": optional(Array(String(), 500)),
        "name": _TEXT,
        "description": _TEXT,
        "expires_after": nullable(_STORE_EXPIRY),
        "chunking_strategy": _CHUNKING,
        **METADATA,
    }
)
MODIFY_STORE = Object({"name": _TEXT, "expires_after": nullable(_STORE_EXPIRY), **METADATA})
_RANKING = {"ranker": optional(one_of("none", "auto", "default-2024-11-15")), "score_threshold": optional(Number(0, 1))}
SEARCH = Object(
    {
        "query": required(AnyOf((String(), Array(String(), min_items=1)))),
        "rewrite_query": optional(Boolean()),
        "max_num_results": optional(Integer(1, 50)),
        "filters": nullable(Filter()),
        "ranking_options": optional(Object(_RANKING)),
    }
)
_FILE = Object({"file_id": _FILE_ID, **_ADDED})
ADD_FILE = _FILE
MODIFY_ATTRIBUTES = Object({"attributes": Field(_ATTRIBUTES, required=True, nullable=True)})
CREATE_BATCH = ExclusiveObject(
    {"file_ids": optional(Array(String(), 2_000, 1)), "files": optional(Array(_FILE, 2_000, 1)), **_ADDED},
    ("file_ids", "files"),
)
STORE_FILES = {**PAGE, "filter": optional(one_of("in_progress", "completed", "failed", "cancelled"))}
LIST_FILES = {
    "purpose": optional(String()),
    "limit": optional(Integer(1, 10_000)),
    "order": ORDER,
    "after": optional(String()),
}
UPLOAD = {
    "purpose": required(one_of("assistants", "batch", "fine-tune", "vision", "user_data", "evals")),
    "expires_after[anchor]": optional(one_of("created_at")),
    "expires_after[seconds]": optional(Integer(3600, 2_592_000)),
}
"""The fields of the form besides the file itself."""

# Tools

_FUNCTION = Object(
    {"name": _NAME, "description": _TEXT, "parameters": nullable(ANY_OBJECT), "strict": nullable(Boolean())}
)
_TOOL_RANKING = Object(
    {
        "ranker": optional(one_of("auto", "default_2024_08_21")),
        "score_threshold": required(Number(0, 1)),
        # Not documented, but the service sends it back: an assistant's own tools must be acceptable again.
        "hybrid_search": nullable(ANY_OBJECT),
    }
)
_FILE_SEARCH = Object({"max_num_results": nullable(Integer(1, 50)), "ranking_options": nullable(_TOOL_RANKING)})
_TOOL = TaggedUnion(
    {
        "code_interpreter": variant("code_interpreter"),
        "file_search": variant("file_search", {"file_search": nullable(_FILE_SEARCH)}),
        "function": variant("function", {"function": required(_FUNCTION)}),
    }
)
# Every named choice may have a `function`; which ones there are is told by the tools.
_NAMED = Object({"name": required(String())})
_TOOL_CHOICE = AnyOf(
    (
        one_of("none", "auto", "required"),
        TaggedUnion(
            {
                "function": variant("function", {"function": required(_NAMED)}),
                "code_interpreter": variant("code_interpreter", {"function": optional(_NAMED)}),
                "file_search": variant("file_search", {"function": optional(_NAMED)}),
            }
        ),
    )
)
_INTERPRETER = optional(Object({"file_ids": optional(Array(String(), 20))}))
_STORE_IDS = optional(Array(String(), 1))
_RESOURCES = Object(
    {"code_interpreter": _INTERPRETER, "file_search": optional(Object({"vector_store_ids": _STORE_IDS}))}
)
"""Tool resources where they are changed, or given to a run."""
_NEW_STORE = Object({"file_ids": optional(Array(String(), 10_000)), "chunking_strategy": _CHUNKING, **METADATA})
_STORES = {"vector_store_ids": _STORE_IDS, "vector_stores": optional(Array(_NEW_STORE, 1))}
_NEW_RESOURCES = Object(
    {
        "code_interpreter": _INTERPRETER,
        "file_search": optional(ExclusiveObject(_STORES, ("vector_store_ids", "vector_stores"), needed=False)),
    }
)
"""Tool resources of a new assistant or thread: a vector store may be described instead of named."""

# Assistants

_JSON_SCHEMA = Object(
    {"name": _NAME, "description": _TEXT, "schema": nullable(ANY_OBJECT), "strict": nullable(Boolean())}
)
_RESPONSE_FORMAT = AnyOf(
    (
        one_of("auto"),
        TaggedUnion(
            {
                "text": variant("text"),
                "json_object": variant("json_object"),
                "json_schema": variant("json_schema", {"json_schema": required(_JSON_SCHEMA)}),
            }
        ),
    )
)
_SAMPLING = {
    "temperature": nullable(Number(0, 2)),
    "top_p": nullable(Number(0, 1)),
    "response_format": nullable(_RESPONSE_FORMAT),
}
_REASONING = {"reasoning_effort": nullable(one_of("none", "minimal", "low", "medium", "high", "xhigh", "max"))}
_ASSISTANT = {
    "name": nullable(String(max_length=256)),
    "description": nullable(String(max_length=512)),
    "instructions": nullable(String(max_length=256_000)),
    "tools": optional(Array(_TOOL, 128)),
    "tool_resources": nullable(_RESOURCES),
    **METADATA,
    **_SAMPLING,
    **_REASONING,
}
CREATE_ASSISTANT = Object({"model": required(String()), **_ASSISTANT, "tool_resources": nullable(_NEW_RESOURCES)})
MODIFY_ASSISTANT = Object({"model": optional(String()), **_ASSISTANT})

# Messages and threads

_DETAIL = {"detail": nullable(one_of("auto", "low", "high"))}
_CONTENT_PART = TaggedUnion(
    {
        "text": variant("text", {"text": required(String())}),
        "image_file": variant("image_file", {"image_file": required(Object({"file_id": _FILE_ID, **_DETAIL}))}),
        "image_url": variant("image_url", {"image_url": required(Object({"url": required(WebAddress()), **_DETAIL}))}),
    }
)
_ATTACHED_TO = TaggedUnion({name: variant(name) for name in ("code_interpreter", "file_search")})
_ATTACHMENT = Object({"file_id": _FILE_ID, "tools": required(Array(_ATTACHED_TO))})
CREATE_MESSAGE = Object(
    {
        "role": required(one_of("user", "assistant")),
        "content": required(AnyOf((String(), Array(_CONTENT_PART, min_items=1)))),
        "attachments": nullable(Array(_ATTACHMENT)),
        **METADATA,
    }
)
MODIFY_METADATA = Object(METADATA)
CREATE_THREAD = Object(
    {"messages": optional(Array(CREATE_MESSAGE)), "tool_resources": nullable(_NEW_RESOURCES), **METADATA}
)
MODIFY_THREAD = Object({"tool_resources": nullable(_RESOURCES), **METADATA})

# Runs

_TRUNCATION = Object({"type": required(one_of("auto", "last_messages")), "last_messages": nullable(Integer(1))})


def _run(token_cap_minimum: int, more: Mapping[str, Field]) -> Object:
    return Object(
        {
            "assistant_id": required(Id("asst")),
            "model": _TEXT,
            "instructions": _TEXT,
            "tools": nullable(Array(_TOOL, 20)),
            "tool_choice": nullable(_TOOL_CHOICE),
            "parallel_tool_calls": nullable(Boolean()),
            "max_prompt_tokens": nullable(Integer(token_cap_minimum)),
            "max_completion_tokens": nullable(Integer(token_cap_minimum)),
            "truncation_strategy": nullable(_TRUNCATION),
            "stream": nullable(Boolean()),
            **METADATA,
            **_SAMPLING,
            **more,
        }
    )


def create_run(token_cap_minimum: int) -> Object:
    """The body of a new run."""
    additional = {"additional_instructions": _TEXT, "additional_messages": nullable(Array(CREATE_MESSAGE))}
    return _run(token_cap_minimum, {**additional, **_REASONING})


def create_thread_and_run(token_cap_minimum: int) -> Object:
    """The body of a new thread with a run; it knows fewer fields than a run on an existing thread."""
    return _run(token_cap_minimum, {"thread": nullable(CREATE_THREAD), "tool_resources": nullable(_RESOURCES)})


_OUTPUT = Object({"tool_call_id": required(String()), "output": required(String())})
SUBMIT_TOOL_OUTPUTS = Object({"tool_outputs": required(Array(_OUTPUT)), "stream": nullable(Boolean())})
