"""The scripted model: from a run and its thread to what happens next, without any randomness.

A turn of the model is a list of moves, which the engine carries out in order. A kind of tool is added by adding its
move here and its execution to the engine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from conformance.reference.script import FunctionCall, Script

GREETING = "Of course, here is a short answer: naïve cafés in Zürich serve 日本茶 and croissants 🥐 until nine."
_AFTER_TOOLS = "Thank you, the result is: "
_COUNT_TO = re.compile(r"\bcount\s+(?:from\s+\d+\s+)?(?:up\s+)?to\s+(\d{1,5})\b", re.IGNORECASE)
_PIECE = re.compile(r"\s*(?:\w+|[^\w\s])|\s+")


@dataclass(frozen=True)
class Wait:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Say:
    """Write a message. `halt` is a move to make in the middle of it."""

    text: str
    halt: Wait | Fail | None = None


@dataclass(frozen=True)
class Call:
    """Call functions in one step and wait for their outputs: (name, arguments as JSON) each."""

    functions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Fail:
    """Break off with this `last_error.code`."""

    code: str


Move: TypeAlias = Wait | Say | Call | Fail


def pieces(text: str) -> list[str]:
    """A text in the pieces it is streamed in; a piece is a token. Joined they are the text."""
    return _PIECE.findall(text)


def tokens(*texts: str) -> int:
    """How many tokens the texts have."""
    return sum(len(pieces(text)) for text in texts)


def turn(
    run: dict[str, Any], messages: Sequence[dict[str, Any]], script: Script, rounds: int, outputs: Sequence[str]
) -> Iterator[Move]:
    """What the model does now that `rounds` rounds of calls are behind it, the last of which gave `outputs`."""
    halt: Wait | Fail | None = Fail(script.fail) if script.fail else Wait(script.slow) if script.slow else None
    if halt and not script.has_text:
        yield halt
    functions = _functions(run, messages, script, rounds)
    if functions:
        yield Call(functions if run["parallel_tool_calls"] else functions[:1])
    else:
        yield Say(_answer(run, messages, script, outputs), halt if script.has_text else None)


def last_user_text(messages: Sequence[dict[str, Any]]) -> str:
    """The text of the last message that the user wrote."""
    for message in reversed(messages):
        if message["role"] == "user":
            return "\n".join(text_of(message))
    return ""


def text_of(message: dict[str, Any]) -> list[str]:
    """The texts of a message."""
    return [part["text"]["value"] for part in message["content"] if part["type"] == "text"]


def _functions(
    run: dict[str, Any], messages: Sequence[dict[str, Any]], script: Script, rounds: int
) -> tuple[tuple[str, str], ...]:
    tools = {tool["function"]["name"]: tool["function"] for tool in run["tools"] if tool["type"] == "function"}
    calls = _wanted(run["tool_choice"], tools, last_user_text(messages), script)
    if not calls or rounds >= (1 if script.rounds is None else script.rounds):
        return ()
    names = list(tools)
    made = []
    for index, call in enumerate(calls):
        name = call.name or (names[index % len(names)] if names else "")
        if name not in tools:
            continue
        arguments = call.arguments
        if arguments is None:
            arguments = example(tools[name]["parameters"])
        made.append((name, json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))))
    return tuple(made)


def _wanted(choice: Any, tools: dict[str, Any], text: str, script: Script) -> tuple[FunctionCall, ...]:
    if choice == "none":
        return ()
    if script.call is not None:
        return script.call
    if isinstance(choice, dict) and choice["type"] == "function":
        return (FunctionCall(choice["function"]["name"]),)
    if choice == "required" or script.rounds:
        return (FunctionCall(),)
    if script.has_text:
        return ()
    return tuple(FunctionCall(name) for name in tools if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))


def _answer(run: dict[str, Any], messages: Sequence[dict[str, Any]], script: Script, outputs: Sequence[str]) -> str:
    if script.say is not None:
        return script.say
    if script.words is not None:
        return " ".join(["word"] * script.words)
    wanted = run["response_format"]
    if isinstance(wanted, dict) and wanted["type"] == "json_schema":
        return json.dumps(example(wanted["json_schema"].get("schema") or {}), ensure_ascii=False)
    if isinstance(wanted, dict) and wanted["type"] == "json_object":
        return json.dumps({"answer": GREETING}, ensure_ascii=False)
    if outputs:
        return _AFTER_TOOLS + "; ".join(outputs)
    if count := _COUNT_TO.search(last_user_text(messages)):
        return " ".join(str(number) for number in range(1, int(count.group(1)) + 1))
    return GREETING


def example(schema: Any, name: str = "value", depth: int = 0) -> Any:
    """A value for a JSON Schema: its required properties (all, where none is required), the first of each choice."""
    if not isinstance(schema, dict) or depth > 8:
        return name
    for key in ("const", "default"):
        if key in schema:
            return schema[key]
    for key in ("enum", "examples"):
        if isinstance(schema.get(key), list) and schema[key]:
            return schema[key][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(schema.get(key), list) and schema[key]:
            return example(schema[key][0], name, depth + 1)
    kind = schema.get("type", "object" if "properties" in schema or depth == 0 else "string")
    match kind[0] if isinstance(kind, list) and kind else kind:
        case "object":
            parts = schema.get("properties")
            parts = parts if isinstance(parts, dict) else {}
            required = schema.get("required")
            wanted = required if isinstance(required, list) and required else parts
            return {part: example(parts.get(part), part, depth + 1) for part in wanted if isinstance(part, str)}
        case "array":
            return [example(schema.get("items"), name, depth + 1)]
        case "integer":
            return _within(schema, 1)
        case "number":
            return _within(schema, 1.5)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return name


def _within(schema: dict[str, Any], value: float) -> float:
    least, most = schema.get("minimum"), schema.get("maximum")
    if isinstance(least, int | float) and value < least:
        return least
    if isinstance(most, int | float) and value > most:
        return most
    return value
