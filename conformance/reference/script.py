"""The scripts of runs: what the scripted model does in a run, and how a client or a file directs it.

Without directions the model behaves like a plain, obedient one: it calls a function where `tool_choice` makes it (or
where the last user message names one of the run's functions), answers in JSON where `response_format` asks for it,
counts where the last user message says `count to N`, and otherwise answers with a short text.

A run is directed by its metadata, `{"script": "DIRECTIVES"}`, by `[script: DIRECTIVES]` in the last user message, or by
the entries of a script file in order of the runs (`Settings.script`); the first of these that is there counts.
Directives are joined by semicolons:

    say:TEXT        answer with TEXT, white space at its end included
    words:N         answer with N words
    call, call:N    call a function, or N in parallel, before the answer
    rounds:N        ask for function outputs N times before the answer
    search          search the run's files first
    code, code:OUT  execute code first; OUT names what comes of it: logs, image and file, joined by +
    queue, queue:MS stay queued for good, or for MS milliseconds
    slow, slow:MS   stop while in progress, for good or for MS milliseconds: before the first step, or in the middle of
                    the message where `say` or `words` is given too, else of the last tool where `search` or `code` is
    fail, fail:CODE fail with last_error.code CODE (server_error where none is given), at the same two places
    error           fail there too, but tell it in the stream by an `error` event, with which the stream breaks off

A script file is YAML or JSON: a list with one entry for each run, which is such a string, a mapping with the same keys
(`call` may be a list of `{name, arguments}`), or null for the model's own behaviour:

    - say: Good morning.
    - call: [{name: get_weather, arguments: {city: Oslo}}]
      say: It rains in Oslo.
    - fail: rate_limit_exceeded
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.reference.code_interpreter import OUTPUTS

FOREVER = float("inf")
FAILURES = ("server_error", "rate_limit_exceeded", "invalid_prompt")
_IN_TEXT = re.compile(r"\[script:\s*([^\]]*)\]")


class BadScript(ValueError):
    """A script that cannot be followed, and why."""


@dataclass(frozen=True)
class FunctionCall:
    """A function to call. `name` None takes the run's own functions in turn, `arguments` None makes them up."""

    name: str | None = None
    arguments: dict[str, Any] | None = None


@dataclass(frozen=True)
class Script:
    """What one run does. None leaves it to the model. Waiting times are seconds, `FOREVER` without end."""

    say: str | None = None
    words: int | None = None
    call: tuple[FunctionCall, ...] | None = None
    rounds: int | None = None
    search: bool = False
    code: tuple[str, ...] | None = None
    queue: float = 0.0
    slow: float = 0.0
    fail: str | None = None
    error: bool = False

    @property
    def has_tools(self) -> bool:
        """Whether hosted tools are named."""
        return self.search or self.code is not None

    @property
    def has_text(self) -> bool:
        """Whether the answer's text is given."""
        return self.say is not None or self.words is not None


def parse(directives: str) -> Script:
    """The script that a string of directives tells; raises `BadScript`."""
    entries: dict[str, Any] = {}
    for directive in filter(str.strip, directives.split(";")):
        name, _, argument = directive.partition(":")
        name = name.strip()
        entries[name] = (argument.lstrip() if name == "say" else argument.strip()) or None
    return _script(entries)


def in_text(text: str) -> Script | None:
    """The script that a message carries; None where it carries none that can be followed."""
    found = _IN_TEXT.search(text)
    if found is None:
        return None
    try:
        return parse(found.group(1))
    except BadScript:
        return None


def load(path: Path) -> tuple[Script, ...]:
    """The scripts of a file, one for each run; raises `BadScript`, or OSError where it cannot be read."""
    from conformance import bounded_yaml

    try:
        document = bounded_yaml.load(path.read_bytes())
    except bounded_yaml.NotYaml as problem:
        raise BadScript(f"{path}: {problem}") from problem
    if not isinstance(document, list):
        raise BadScript(f"{path}: expected a list with one entry for each run")
    scripts = []
    for number, entry in enumerate(document, start=1):
        try:
            scripts.append(_entry(entry))
        except BadScript as problem:
            raise BadScript(f"{path}: entry {number}: {problem}") from problem
    return tuple(scripts)


def _entry(entry: Any) -> Script:
    match entry:
        case None:
            return Script()
        case str():
            return parse(entry)
        case dict():
            return _script(entry)
        case _:
            raise BadScript("expected directives, a mapping or null")


def _script(entries: dict[str, Any]) -> Script:
    known: dict[str, Any] = {}
    for name, argument in entries.items():
        match name:
            case "say":
                known[name] = str(argument or "")
            case "words" | "rounds":
                known[name] = _count(name, argument)
            case "call":
                known[name] = _calls(argument)
            case "queue" | "slow":
                known[name] = FOREVER if argument in (None, True) else _count(name, argument) / 1000
            case "fail":
                known[name] = argument if isinstance(argument, str) else FAILURES[0]
                if known[name] not in FAILURES:
                    raise BadScript(f"fail is one of {', '.join(FAILURES)}, not {argument!r}")
            case "error" | "search":
                known[name] = True
            case "code":
                known[name] = _outputs(argument)
            case _:
                raise BadScript(
                    f"{name!r} is no directive; known are say, words, call, rounds, search, code, queue, slow, fail, "
                    "error"
                )
    return Script(**known)


def _count(name: str, argument: Any) -> int:
    try:
        count = int(argument)
    except (TypeError, ValueError):
        raise BadScript(f"{name} needs a number, not {argument!r}") from None
    if not 0 <= count <= 1_000_000:
        raise BadScript(f"{name} is between 0 and 1000000, not {argument}")
    return count


def _outputs(argument: Any) -> tuple[str, ...]:
    if argument in (None, True):
        return OUTPUTS[:1]
    named = argument if isinstance(argument, list) else str(argument).split("+")
    if not all(name in OUTPUTS for name in named):
        raise BadScript(f"code is followed by {', '.join(OUTPUTS)}, joined by +, not {argument!r}")
    return tuple(named)


def _calls(argument: Any) -> tuple[FunctionCall, ...]:
    if isinstance(argument, list):
        calls = []
        for call in argument:
            if not isinstance(call, dict) or not isinstance(call.get("arguments", {}), dict):
                raise BadScript("each call is a mapping with a name and a mapping of arguments")
            calls.append(FunctionCall(call.get("name"), call.get("arguments")))
        return tuple(calls)
    return (FunctionCall(),) * (1 if argument in (None, True) else _count("call", argument))
