"""What each request may hold: the field tables of the API, as data for `validation`."""

from __future__ import annotations

from conformance.reference.fields import METADATA, nullable, optional, required, tag
from conformance.reference.file_request_schemas import HELPER, OneOf
from conformance.reference.shapes import Either, Field, Items, Shape, Variants
from conformance.reference.validation import Anything, Decimal, Flag, Identifier, Text, Whole

NAME_PATTERN = "^[a-zA-Z0-9_-]+$"
INCLUDABLE = "step_details.tool_calls[*].file_search.results[*].content"
TOOLS_PER_ASSISTANT = 128
TOOLS_PER_RUN = 20


# Tools

FUNCTION = Shape(
    {
        "name": required(Text(longest=64, shortest=1, pattern=NAME_PATTERN)),
        "description": nullable(Text()),
        "parameters": nullable(Anything()),
        "strict": nullable(Flag()),
    }
)
RANKING = Shape(
    {
        "ranker": optional(Text(choices=("auto", "default_2024_08_21"))),
        "score_threshold": required(Decimal(0, 1)),
        # Not documented, but the service sends it back: an assistant's own tools must be acceptable again.
        "hybrid_search": nullable(Anything()),
    }
)
TOOL = Variants(
    {
        "code_interpreter": Shape({"type": tag("code_interpreter")}),
        "file_search": Shape(
            {
                "type": tag("file_search"),
                "file_search": nullable(
                    Shape({"max_num_results": nullable(Whole(1, 50)), "ranking_options": nullable(RANKING)})
                ),
            }
        ),
        "function": Shape({"type": tag("function"), "function": required(FUNCTION)}),
    }
)
# Every named choice may have a `function`; which ones there are is told by the tools.
_NAMED = Shape({"name": required(Text())})
TOOL_CHOICE = Either(
    (
        Text(choices=("none", "auto", "required")),
        Variants(
            {
                "function": Shape(
                    {
                        "type": tag("function"),
                        "function": required(_NAMED),
                    }
                ),
                "code_interpreter": Shape({"type": tag("code_interpreter"), "function": optional(_NAMED)}),
                "file_search": Shape({"type": tag("file_search"), "function": optional(_NAMED)}),
            }
        ),
    )
)
_INTERPRETER = optional(Shape({"file_ids": optional(Items(Text(), most=20))}))
_STORE_IDS = optional(Items(Text(), most=1))
RESOURCES = Shape({"code_interpreter": _INTERPRETER, "file_search": optional(Shape({"vector_store_ids": _STORE_IDS}))})
"""Tool resources where they are changed, or given to a run."""
NEW_RESOURCES = Shape(
    {
        "code_interpreter": _INTERPRETER,
        "file_search": optional(
            OneOf(
                Shape({"vector_store_ids": _STORE_IDS, "vector_stores": optional(Items(HELPER, most=1))}),
                ("vector_store_ids", "vector_stores"),
                needed=False,
            )
        ),
    }
)
"""Tool resources of a new assistant or thread: a vector store may be described instead of named."""

# What assistants and runs share

RESPONSE_FORMAT = Either(
    (
        Text(choices=("auto",)),
        Variants(
            {
                "text": Shape({"type": tag("text")}),
                "json_object": Shape({"type": tag("json_object")}),
                "json_schema": Shape(
                    {
                        "type": tag("json_schema"),
                        "json_schema": required(
                            Shape(
                                {
                                    "name": required(Text(longest=64, shortest=1, pattern=NAME_PATTERN)),
                                    "description": nullable(Text()),
                                    "schema": nullable(Anything()),
                                    "strict": nullable(Flag()),
                                }
                            )
                        ),
                    }
                ),
            }
        ),
    )
)
SAMPLING = {
    "temperature": nullable(Decimal(0, 2)),
    "top_p": nullable(Decimal(0, 1)),
    "response_format": nullable(RESPONSE_FORMAT),
}
REASONING = {
    "reasoning_effort": nullable(Text(choices=("none", "minimal", "low", "medium", "high", "xhigh", "max"))),
}

# Assistants

_ASSISTANT = {
    "name": nullable(Text(longest=256)),
    "description": nullable(Text(longest=512)),
    "instructions": nullable(Text(longest=256_000)),
    "tools": optional(Items(TOOL, most=TOOLS_PER_ASSISTANT)),
    "tool_resources": nullable(RESOURCES),
    **METADATA,
    **SAMPLING,
    **REASONING,
}
CREATE_ASSISTANT = Shape({"model": required(Text()), **_ASSISTANT, "tool_resources": nullable(NEW_RESOURCES)})
MODIFY_ASSISTANT = Shape({"model": optional(Text()), **_ASSISTANT})

# Messages

_DETAIL = nullable(Text(choices=("auto", "low", "high")))
CONTENT_PART = Variants(
    {
        "text": Shape({"type": tag("text"), "text": required(Text())}),
        "image_file": Shape(
            {
                "type": tag("image_file"),
                "image_file": required(Shape({"file_id": required(Text()), "detail": _DETAIL})),
            }
        ),
        "image_url": Shape(
            {
                "type": tag("image_url"),
                "image_url": required(Shape({"url": required(Text()), "detail": _DETAIL})),
            }
        ),
    }
)
ATTACHMENT = Shape(
    {
        "file_id": required(Text()),
        "tools": required(
            Items(
                Variants(
                    {
                        "code_interpreter": Shape({"type": tag("code_interpreter")}),
                        "file_search": Shape({"type": tag("file_search")}),
                    }
                )
            )
        ),
    }
)
CREATE_MESSAGE = Shape(
    {
        "role": required(Text(choices=("user", "assistant"))),
        "content": required(Either((Text(), Items(CONTENT_PART, fewest=1)))),
        "attachments": nullable(Items(ATTACHMENT)),
        **METADATA,
    }
)
MODIFY_METADATA = Shape(METADATA)

# Threads

CREATE_THREAD = Shape(
    {"messages": optional(Items(CREATE_MESSAGE)), "tool_resources": nullable(NEW_RESOURCES), **METADATA}
)
MODIFY_THREAD = Shape({"tool_resources": nullable(RESOURCES), **METADATA})

# Runs


TRUNCATION = Shape({"type": required(Text(choices=("auto", "last_messages"))), "last_messages": nullable(Whole(1))})


def _run(token_cap_minimum: int) -> dict[str, Field]:
    return {
        "assistant_id": required(Identifier("asst")),
        "model": nullable(Text()),
        "instructions": nullable(Text()),
        "tools": nullable(Items(TOOL, most=TOOLS_PER_RUN)),
        "tool_choice": nullable(TOOL_CHOICE),
        "parallel_tool_calls": nullable(Flag()),
        "max_prompt_tokens": nullable(Whole(token_cap_minimum)),
        "max_completion_tokens": nullable(Whole(token_cap_minimum)),
        "truncation_strategy": nullable(TRUNCATION),
        "stream": nullable(Flag()),
        **METADATA,
        **SAMPLING,
    }


def create_run(token_cap_minimum: int) -> Shape:
    """The body of a new run."""
    return Shape(
        {
            **_run(token_cap_minimum),
            "additional_instructions": nullable(Text()),
            "additional_messages": nullable(Items(CREATE_MESSAGE)),
            **REASONING,
        }
    )


def create_thread_and_run(token_cap_minimum: int) -> Shape:
    """The body of a new thread with a run; it knows fewer fields than a run on an existing thread."""
    return Shape(
        {
            **_run(token_cap_minimum),
            "thread": nullable(CREATE_THREAD),
            "tool_resources": nullable(RESOURCES),
        }
    )


SUBMIT_TOOL_OUTPUTS = Shape(
    {
        "tool_outputs": required(Items(Shape({"tool_call_id": required(Text()), "output": required(Text())}))),
        "stream": nullable(Flag()),
    }
)

# Queries

INCLUDE = {"include[]": optional(Items(Text(choices=(INCLUDABLE,))))}
