"""What a run was told to do: which tools to call and in which form to answer; and what holds where it was not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.checks.asked import Asked, after, asked, shown_in, status_of
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.lifecycle import below
from conformance.checks.pages import pages
from conformance.checks.routes import CREATING_RUNS, malformed
from conformance.contract import Contract
from conformance.trace.json import Json, NotJson, is_integer, mapping, parse_json, same, sequence, shown, text
from conformance.trace.order import before
from conformance.trace.trace import Sighting, Trace, Where

RUN, STEP, MESSAGE = "thread.run", "thread.run.step", "thread.message"
CALLS = "tool_calls"
DEFAULTS: dict[str, Json] = {
    "tool_choice": "auto",
    "truncation_strategy": {"type": "auto"},
    "metadata": {},
    "max_prompt_tokens": None,
    "max_completion_tokens": None,
}


def _created(trace: Trace, contract: Contract) -> Iterator[tuple[Asked, str]]:
    """The accepted requests for runs, each with the id of its run.

    What a malformed request asks for is nothing to be held to; that it was taken is told by the check of bounds.
    """
    made = shown_in(trace, (RUN,))
    for one in asked(trace, contract):
        if one.operation not in CREATING_RUNS or not one.ok or one.number not in made:
            continue
        if not malformed(one.exchange, contract.operations.by_id[one.operation], contract):
            yield one, made[one.number].id


def _wanted(run: dict[str, Json]) -> list[Json]:
    """The calls that a run waits for."""
    return sequence(mapping(mapping(run.get("required_action")).get("submit_tool_outputs")).get(CALLS))


@check("TOOL-CHOICE-01", "TOOL-CHOICE-02", "TOOL-CHOICE-03")
def tools(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run calls tools as its request chose: none, at least one, or the one that it names."""
    runs = dict(trace.of_kind(RUN))
    steps: dict[str, list[Sighting]] = {}
    for _, history in trace.of_kind(STEP):
        steps.setdefault(text(history[0].value.get("run_id")) or "", []).append(history[-1])
    listed = {page.asked.path.get("run_id", ""): page for page in pages(trace, contract) if page.has_more is False}
    for one, run_id in _created(trace, contract):
        seen = runs.get(run_id, ())
        waits = [sighting for sighting in seen if status_of(sighting) == "requires_action" and _wanted(sighting.value)]
        used = [step for step in steps.get(run_id, ()) if step.value.get("type") == CALLS]
        choice = one.sent.get("tool_choice")
        named = text(mapping(mapping(choice).get("function")).get("name"))
        functions, others = _tools(seen)
        if (named and named not in functions) or (choice == "required" and not functions and not others):
            continue  # what a run does not have it cannot call
        completed = next((sighting for sighting in seen if status_of(sighting) == "completed"), None)
        if choice == "none" and seen:
            yield Examined("TOOL-CHOICE-01", one.number)
            if (shows := next(iter(waits or used), None)) is not None:
                expected = f'no call of a tool: tool_choice was "none" (exchange {one.number})'
                yield Finding("TOOL-CHOICE-01", shows.where, expected, _told(shows))
        elif choice == "required" or named:
            page = listed.get(run_id)
            if waits or used:
                yield Examined("TOOL-CHOICE-02", one.number)
            elif (
                completed
                and page
                and page.is_beginning
                and before(trace.exchange(completed.where.exchange), page.asked.exchange)
            ):
                yield Examined("TOOL-CHOICE-02", one.number)
                expected = f"a tool is called before the run completes: tool_choice was {_chosen(choice)}"
                yield Finding("TOOL-CHOICE-02", completed.where, expected, "a completed run without tool calls")
        if named and waits:
            yield from _named(named, waits[0])


def _tools(seen: tuple[Sighting, ...]) -> tuple[set[str | None], bool]:
    """The names of the functions that a run shows among its tools, and whether it shows other tools."""
    tools = [mapping(tool) for tool in sequence(seen[0].value.get("tools"))] if seen else []
    names = {text(mapping(tool.get("function")).get("name")) for tool in tools if tool.get("type") == "function"}
    return names, any(tool.get("type") != "function" for tool in tools)


def _named(name: str, waits: Sighting) -> Iterator[Observation]:
    names = [text(mapping(mapping(call).get("function")).get("name")) for call in _wanted(waits.value)]
    if None in names:  # what is no name is the schema's affair
        return
    yield Examined("TOOL-CHOICE-03", waits.where.exchange)
    if name not in names:
        yield Finding(
            "TOOL-CHOICE-03",
            below(waits.where, "required_action", "submit_tool_outputs", CALLS),
            f"a call of function {shown(name)}, which tool_choice named",
            f"calls of {', '.join(map(shown, names[:5]))}",
        )


def _told(sighting: Sighting) -> str:
    return "the run waits for tool outputs" if sighting.kind == RUN else "a step of tool calls"


def _chosen(choice: Json) -> str:
    return shown(choice) if isinstance(choice, str) else "a function"


@check("RUN-DEFAULT-01")
def defaults(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run shows the defaults of what neither its request nor its assistant says anything of.

    A strategy may show more members than its type. What is of another type is the schema's affair.
    """
    made = shown_in(trace, (RUN,))
    for one in asked(trace, contract):
        run = made.get(one.number)
        if one.operation not in CREATING_RUNS or not one.ok or run is None:
            continue
        for name, wanted in DEFAULTS.items():
            if one.sent.get(name) is not None or name not in run.value:
                continue
            value = run.value[name]
            yield Examined("RUN-DEFAULT-01", run.where.exchange)
            if name == "truncation_strategy" and isinstance(value, dict):
                value = {"type": value.get("type")}
            readable = is_integer(value) if wanted is None else isinstance(value, type(wanted) | None)
            if readable and not same(value, wanted):
                yield Finding(
                    "RUN-DEFAULT-01",
                    below(run.where, name),
                    f"{name} {_plainly(wanted)} where the request says nothing of it",
                    f"{name} {_plainly(value)}",
                )


def _plainly(value: Json) -> str:
    return "empty" if value == {} else shown(value)


@check("RUN-FORMAT-01", "RUN-FORMAT-02")
def formats(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """A run that has to answer in JSON does, and with the members that its JSON Schema requires.

    Judged on finished messages of completed runs: one that is cut off may end in the middle of anything.
    """
    runs = dict(trace.of_kind(RUN))
    messages: dict[str, list[Sighting]] = {}
    for _, history in trace.of_kind(MESSAGE):
        run_id = text(history[-1].value.get("run_id"))
        if run_id and history[-1].value.get("status") in (None, "completed"):
            messages.setdefault(run_id, []).append(history[-1])
    for one, run_id in _created(trace, contract):
        seen = runs.get(run_id, ())
        kind = mapping(one.sent.get("response_format") or (seen[0].value.get("response_format") if seen else None))
        completed = next((sighting for sighting in seen if status_of(sighting) == "completed"), None)
        if kind.get("type") not in ("json_object", "json_schema") or completed is None:
            continue
        for sighting in messages.get(run_id, ()):
            whole = sighting.value.get("status") == "completed"
            if whole or any(True for _ in after(trace, [sighting], trace.exchange(completed.where.exchange))):
                yield from _form(kind, sighting)


def _form(kind: dict[str, Json], sighting: Sighting) -> Iterator[Observation]:
    """Hold the text of one message against the form."""
    parts = [mapping(part) for part in sequence(sighting.value.get("content"))]
    texts = [text(mapping(part.get("text")).get("value")) for part in parts if part.get("type") == "text"]
    if not texts or None in texts or len(texts) != len(parts):  # a refusal, an image: no text to judge
        return
    written = "".join(each or "" for each in texts)
    place = below(sighting.where, "content")
    yield Examined("RUN-FORMAT-01", sighting.where.exchange)
    try:
        value = parse_json(written.encode("utf-8", "surrogatepass"))
    except (NotJson, UnicodeError):
        yield Finding(
            "RUN-FORMAT-01", place, f"a text that is JSON: the format is {shown(kind['type'])}", shown(written)
        )
        return
    yield from _members(kind, value, place, sighting)


def _members(kind: dict[str, Json], value: Any, place: Where, sighting: Sighting) -> Iterator[Observation]:
    """The members that the outermost object of a strict schema requires; deeper ones are not looked for."""
    told = mapping(kind.get("json_schema"))
    schema = mapping(told.get("schema"))
    required = [name for name in sequence(schema.get("required")) if isinstance(name, str)]
    if told.get("strict") is not True or schema.get("type") != "object" or not required:
        return
    yield Examined("RUN-FORMAT-02", sighting.where.exchange)
    missing = [name for name in required if name not in mapping(value)]
    if missing:
        expected = f"an object with {', '.join(map(shown, required[:5]))}, as its schema requires"
        actual = f"without {', '.join(map(shown, missing[:5]))}" if isinstance(value, dict) else shown(value)
        yield Finding("RUN-FORMAT-02", place, expected, actual)
