"""The scripted model: from a run and its thread to what happens next, without any randomness.

A turn of the model is a row of moves, which the engine carries out one by one: what a tool found is known when the
next action is thought of. A kind of tool is added by adding its action here and its execution to the engine.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from conformance.reference import code_interpreter
from conformance.reference.examples import example
from conformance.reference.script import FAILURES, FunctionCall, Script
from conformance.reference.tool_results import SANDBOX, ToolResults

GREETING = (
    "Of course, here is a short answer: \n\n"
    "- naïve cafés in Zürich serve 日本茶 \n"
    "- croissants 🥐 are there until nine.\n"
)
"""What a client must not trim, escape or cut: lines, spaces at their ends, characters of two to four bytes."""
_AFTER_TOOLS = "Thank you, the result is: "
_SENTENCE = re.compile(r"[^.!?\n]+")
_WORD = re.compile(r"\w+")
_COUNT_TO = re.compile(r"\bcount\s+(?:from\s+\d+\s+)?(?:up\s+)?to\s+(\d{1,5})\b", re.IGNORECASE)
_PIECE = re.compile(r"[^\S\n]*\n+|\s*(?:\w+|[^\w\s])|\s+")


@dataclass(frozen=True)
class TurnContext:
    """What the model knows when its turn begins.

    `rounds` rounds of function calls are behind it, the last of which gave `outputs`. `searchable` tells whether there
    is anything to search, `files` are the (id, size in bytes) of the files that programs can read. `tool_results` fill
    up while the turn goes on.
    """

    run: dict[str, Any]
    messages: Sequence[dict[str, Any]]
    script: Script
    rounds: int = 0
    outputs: Sequence[str] = ()
    searchable: bool = False
    files: Sequence[tuple[str, int]] = ()
    tool_results: ToolResults = field(default_factory=ToolResults)

    @property
    def text(self) -> str:
        """The text of the last message that the user wrote."""
        return last_user_text(self.messages)

    def tool(self, kind: str) -> dict[str, Any] | None:
        """The run's tool of a kind; None where it has none."""
        return next((tool for tool in self.run["tools"] if tool["type"] == kind), None)


@dataclass(frozen=True)
class Wait:
    """Do nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class WriteMessage:
    """Write a message: pictures by id, then a text that is annotated where it has marks.

    `halt` is an action to take in the middle of it.
    """

    text: str
    halt: Wait | Fail | None = None
    marks: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    pictures: Sequence[str] = ()


@dataclass(frozen=True)
class Search:
    """Search the run's vector stores with its file_search tool. `halt` is an action to take in the middle of it."""

    tool: dict[str, Any]
    query: str
    halt: Wait | Fail | None = None


@dataclass(frozen=True)
class RunCode:
    """Write a program and let it run. `halt` is an action to take in the middle of it."""

    program: code_interpreter.Program
    halt: Wait | Fail | None = None


@dataclass(frozen=True)
class Call:
    """Call functions in one step and wait for their outputs: (name, arguments as JSON) each."""

    functions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Fail:
    """Break off with this `last_error.code`; `as_error` tells it in the stream as an error of the server."""

    code: str
    as_error: bool = False


Action: TypeAlias = Wait | WriteMessage | Search | RunCode | Call | Fail


def pieces(text: str) -> list[str]:
    """A text in the pieces it is streamed in; a piece is a token. Joined they are the text."""
    return _PIECE.findall(text)


def tokens(*texts: str) -> int:
    """How many tokens the texts have."""
    return sum(len(pieces(text)) for text in texts)


def turn(context: TurnContext) -> Iterator[Action]:
    """What the model does now."""
    run, script, found = context.run, context.script, context.tool_results
    halt = _halt(script)
    tools = _hosted(context)
    in_tool = script.has_tools and not script.has_text and bool(tools)
    if halt and not script.has_text and not in_tool:
        yield halt
    for kind in tools:
        pause = halt if in_tool and kind == tools[-1] else None
        if kind == "file_search":
            yield Search(context.tool(kind) or {}, context.text, pause)
        else:
            outputs = code_interpreter.wanted_outputs(context.text) if script.code is None else script.code
            yield RunCode(code_interpreter.program(context.text, context.files, outputs), pause)
    functions = _functions(run, context.messages, script, context.rounds)
    if functions:
        yield Call(functions if run["parallel_tool_calls"] else functions[:1])
    else:
        yield WriteMessage(_answer(context), halt if script.has_text else None, found.marks, found.pictures)


def _hosted(context: TurnContext) -> list[str]:
    """The kinds of the hosted tools to use, in order; they come before the first round of function calls."""
    run, script = context.run, context.script
    has = [kind for kind in ("file_search", "code_interpreter") if context.tool(kind)]
    choice = run["tool_choice"]
    if context.rounds or choice == "none":
        return []
    if script.has_tools:
        wanted = {"file_search": script.search, "code_interpreter": script.code is not None}
        return [kind for kind in has if wanted[kind]]
    if isinstance(choice, dict):
        return [kind for kind in has if kind == choice["type"]]
    if choice == "required" and not context.tool("function"):
        return has[:1]
    if choice == "required" or script.has_text or script.call is not None:
        return []
    likely = {"file_search": context.searchable, "code_interpreter": code_interpreter.is_wanted(context.text)}
    return [kind for kind in has if likely[kind]]


def _halt(script: Script) -> Wait | Fail | None:
    """What keeps the model from going on."""
    if script.error:
        return Fail(FAILURES[0], as_error=True)
    if script.fail:
        return Fail(script.fail)
    return Wait(script.slow) if script.slow else None


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


def _answer(context: TurnContext) -> str:
    script = context.script
    if script.say is not None:
        return script.say
    if script.words is not None:
        return " ".join(["word"] * script.words)
    wanted = context.run["response_format"]
    if isinstance(wanted, dict) and wanted["type"] == "json_schema":
        return json.dumps(example(wanted["json_schema"].get("schema") or {}), ensure_ascii=False)
    if isinstance(wanted, dict) and wanted["type"] == "json_object":
        return json.dumps({"answer": GREETING}, ensure_ascii=False)
    if context.outputs:
        return _AFTER_TOOLS + "; ".join(context.outputs)
    if answer := _answer_from_tools(context):
        return answer
    if count := _COUNT_TO.search(context.text):
        return " ".join(str(number) for number in range(1, int(count.group(1)) + 1))
    return GREETING


def _answer_from_tools(context: TurnContext) -> str:
    """The answer out of what the hosted tools found; empty where they found nothing."""
    found = context.tool_results
    parts = []
    if found.passages:
        wanted = {word.casefold() for word in _WORD.findall(context.text)}
        sentences = _SENTENCE.findall(found.passages[0]["content"][0]["text"])
        best = max(sentences, key=lambda each: len(wanted & set(_WORD.findall(each.casefold()))), default="")
        parts.append(f"The files say: {best.strip()[:200]}{next(iter(found.marks))}.")
    if found.logs:
        parts.append(f"The program printed: {' '.join(''.join(found.logs).split())}.")
    parts += [f"Here is the file: [{name}](sandbox:{SANDBOX}{name})." for name in found.files]
    return " ".join(parts)
