"""Values around the bounds of the contract: what keeps each, and what breaks it and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from conformance.scenarios.kit.fixtures import functions, numbered

ALPHABETS = ("a", "é", "🌦")
"""A letter of one byte, of two, and of four; bounds count characters."""
LONG_NAME = "f" * 64


@dataclass(frozen=True)
class Around:
    """Values of one field: those that are to be taken as they are, and those that are to be refused."""

    kept: tuple[Any, ...] = ()
    broken: tuple[Any, ...] = ()

    def plus(self, kept: Iterable[Any] = (), broken: Iterable[Any] = ()) -> Around:
        """The same with more values."""
        return Around((*self.kept, *kept), (*self.broken, *broken))

    def each(self, wrap: Any) -> Around:
        """The same values, each put where `wrap` puts it."""
        return Around(tuple(map(wrap, self.kept)), tuple(map(wrap, self.broken)))


def length(longest: int, alphabets: tuple[str, ...] = ALPHABETS) -> Around:
    """Texts around a greatest length, one character less, just so, and one more."""
    return Around(
        ("a" * (longest - 1), *(letter * longest for letter in alphabets)),
        tuple(letter * (longest + 1) for letter in alphabets),
    )


# ---- Assistants ------------------------------------------------------------------------------------------------------

NAME = length(256).plus(["", None], [7])
DESCRIPTION = length(512).plus([None], [["d"]])
INSTRUCTIONS = length(256_000).plus(broken=["a" * 262_144])
"""256,000 is often told as 256k; a server that takes 262,144 has read it so."""
TEMPERATURE = Around((0, 2, 1.5, 0.25, None), (-0.1, 2.1, "1", True))
TOP_P = Around((0, 1, 0.5, 0.333, None), (-0.1, 1.1, "1", False))
REASONING_EFFORT = Around((None,), ("ultra", 1))


# ---- Tools -----------------------------------------------------------------------------------------------------------


def function(**fields: Any) -> dict[str, Any]:
    """A function tool."""
    return {"type": "function", "function": fields}


TOOL_COUNT = Around((functions(127), functions(128), []), (functions(129),))
TOOL_KINDS = Around(
    ([{"type": "code_interpreter"}, {"type": "file_search"}, function(name="f")],),
    tuple([tool] for tool in ({"type": "retrieval"}, {"type": "web_search"}, {"type": ""}, {}, "function")),
)
FUNCTION_NAMES = Around(
    tuple([function(name=name)] for name in ("f" * 63, LONG_NAME, "A-z_09")),
    tuple([function(name=name)] for name in ("f" * 65, "", "with space", "with.dot", "größe", 7)),
)
FUNCTIONS = Around(
    (
        [function(name="f", parameters={})],
        [function(name="f", strict=True, parameters={"type": "object", "properties": {}})],
    ),
    (
        [{"type": "function"}],
        [{"function": {"name": "f"}}],
        [function(description="no name")],
        [function(name="f", parameters="none")],
        [function(name="f", parameters=[])],
    ),
)


def _search(**options: Any) -> list[dict[str, Any]]:
    return [{"type": "file_search", "file_search": options}]


def _ranked(**options: Any) -> list[dict[str, Any]]:
    return _search(ranking_options=options)


FILE_SEARCH = Around(
    (
        *(_search(max_num_results=number) for number in (1, 50)),
        *(_ranked(score_threshold=number) for number in (0, 1)),
        *(_ranked(score_threshold=0.5, ranker=ranker) for ranker in ("auto", "default_2024_08_21")),
    ),
    (
        *(_search(max_num_results=number) for number in (0, 51)),
        *(_ranked(score_threshold=number) for number in (-0.01, 1.01)),
        _search(ranking_options={}),
        _ranked(score_threshold=0.5, ranker="default-2024-11-15"),
    ),
)


# ---- Response formats ------------------------------------------------------------------------------------------------


def _schema(name: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": name, "schema": {"type": "object", "properties": {}}}}


RESPONSE_FORMAT = Around(
    ("auto", {"type": "text"}, {"type": "json_object"}, _schema("s" * 63), _schema("s" * 64), None),
    (*("none", "json_object", {"type": "x"}, {}, {"type": "json_schema"}), *map(_schema, ("s" * 65, "a b", "", 7))),
)

# ---- Metadata --------------------------------------------------------------------------------------------------------

MARKED = {"customerId": '<b>Tom & "Ann"</b>, it\'s &amp; for Größe'}
"""Capitals in a key, and what a page would have to write otherwise: nothing of it is touched."""
METADATA = Around(
    (
        *(numbered(15), numbered(16), {}, None, {"k": ""}, MARKED),
        *({key: "v"} for key in length(64).kept),
        *({"k": value} for value in length(512).kept),
    ),
    (
        numbered(17),
        *({key: "v"} for key in length(64).broken),
        *({"k": value} for value in length(512).broken),
        *({"k": value} for value in (1, True, None, ["v"], {"k": "v"})),
        ["v"],
        "v",
    ),
)

# ---- Tool resources --------------------------------------------------------------------------------------------------

_FILES = [f"file-{number:024}" for number in range(21)]
_STORES = [f"vs_{number:024}" for number in range(2)]

RESOURCES = Around(
    ({}, None), ({"code_interpreter": {"file_ids": _FILES}}, {"file_search": {"vector_store_ids": _STORES}})
)
"""Too many files and too many vector stores: refused before anybody looks whether there are any."""
HELPERS = Around(
    broken=(
        {"file_search": {"vector_stores": [{}, {}]}},
        {"file_search": {"vector_store_ids": _STORES[:1], "vector_stores": [{}]}},
    )
)
"""Vector stores to be made on the way: two of them, and one beside an existing one."""

# ---- Messages --------------------------------------------------------------------------------------------------------

PICTURE = "https://example.org/picture.png"


def _content(value: Any) -> dict[str, Any]:
    return {"role": "user", "content": value}


def _image(**fields: Any) -> dict[str, Any]:
    return _content([{"type": "image_url", "image_url": fields}])


MESSAGE = Around(
    (
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        _content([{"type": "text", "text": "Three, "}, {"type": "text", "text": "in two parts"}]),
        _image(url=PICTURE),
        _image(url=PICTURE, detail="low"),
        {**_content("Four"), "attachments": []},
    ),
    (
        {"role": "user"},
        {"content": "no role"},
        {"role": "system", "content": "a system's"},
        {"role": "tool", "content": "a tool's"},
        _content([]),
        _content(7),
        _content([{"type": "input_text", "text": "another API's"}]),
        _content([{"type": "text"}]),
        _content([{"type": "text", "text": {"value": "as answers show it", "annotations": []}}]),
        _image(url=PICTURE, detail="max"),
        _image(),
        {**_content("x"), "attachments": [{"file_id": _FILES[0], "tools": [{"type": "function"}]}]},
        {**_content("x"), "attachments": [{"file_id": _FILES[0]}]},
        {**_content("x"), "attachments": [{"tools": [{"type": "file_search"}]}]},
        {**_content("x"), "colour": "blue"},
    ),
)
MESSAGE_METADATA = METADATA.each(lambda value: {**_content("With metadata"), "metadata": value})

# ---- Runs ------------------------------------------------------------------------------------------------------------

RUN: dict[str, Around] = {
    "temperature": Around((0, 2, 0.25), TEMPERATURE.broken),
    "top_p": Around((0, 1, 0.333), TOP_P.broken),
    "max_prompt_tokens": Around((256, 257), (255, 0, "256", 256.5)),
    "max_completion_tokens": Around((256, 257), (255, 0, "256", 256.5)),
    "truncation_strategy": Around(
        (*({"type": "last_messages", "last_messages": number} for number in (1, 2)), {"type": "auto"}),
        ({"type": "last_messages", "last_messages": 0}, {"type": "middle"}, {}, "auto", {"last_messages": 1}),
    ),
    "tools": Around(
        (functions(19), functions(20)), (functions(21), *TOOL_KINDS.broken[:1], *FUNCTION_NAMES.broken[:2])
    ),
    "tool_choice": Around(
        ("none", "none", "auto"),
        ("always", {"type": "function"}, {"type": "function", "function": {}}, {"type": "retrieval"}, {}),
    ),
    "parallel_tool_calls": Around((True, False), ("no", 1)),
    "response_format": Around(({"type": "text"}, {"type": "text"}, "auto"), RESPONSE_FORMAT.broken[:6]),
    "metadata": Around((numbered(16), {"k" * 64: "🌦" * 512, **MARKED}), METADATA.broken),
    "stream": Around((False, None), ("true", 1)),
    "instructions": Around(("Be brief.", None), (1,)),
    "model": Around((), (4,)),
    "colour": Around((), ("blue",)),
}
"""What a run and a thread with a run may hold alike; the first kept values go together, and so on.

The first and the second request differ in numbers only: each is the neighbour by which a refusal of the other is told.
"""
RUN_ALONE: dict[str, Around] = {
    "additional_instructions": Around(("Use one word.", None), (1,)),
    "additional_messages": Around(([], None), ("x", [7])),
    "reasoning_effort": REASONING_EFFORT,
}
"""What only a run on an existing thread may hold."""
