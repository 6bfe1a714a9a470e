"""Faults of tool calls and their outputs."""

import asyncio
from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import (
    again,
    every,
    fill,
    has,
    listed,
    put,
    refuse,
    replace,
    status,
    succeed,
    when,
)
from conformance.proof.faults.context import FaultContext, Json, replace_method
from conformance.proof.faults.fault import answers, inside, objects, request_bodies
from conformance.proof.interception import Answer
from conformance.reference.endpoint import Endpoint

SUBMIT = "submitToolOuputsToRun"
on_run = objects("thread.run")
on_step = objects("thread.run.step")


def _with_the_first_output(calls: list[Json]) -> list[Json]:
    if any(call["type"] != "function" for call in calls):
        return calls
    first = calls[0]["function"]["output"] if calls else None
    return [{**call, "function": {**call["function"], "output": first}} for call in calls]


def _wanted(context: FaultContext) -> list[str]:
    run = context.run
    action = run.value["required_action"] if run else None
    return [call["id"] for call in action["submit_tool_outputs"]["tool_calls"]] if action else []


@request_bodies(SUBMIT).function("LIMIT-RUN-16")
def missing_outputs_are_empty(body: Json, context: FaultContext) -> None:
    """Calls without an output get an empty one."""
    if isinstance(body.get("tool_outputs"), list) and body["tool_outputs"]:
        given = [each.get("tool_call_id") for each in body["tool_outputs"] if isinstance(each, dict)]
        if all(name in _wanted(context) for name in given):
            more = [{"tool_call_id": name, "output": ""} for name in _wanted(context) if name not in given]
            body["tool_outputs"] = [*body["tool_outputs"], *more]


@request_bodies(SUBMIT).function("LIMIT-RUN-16")
def foreign_outputs_are_ignored(body: Json, context: FaultContext) -> None:
    """Outputs for calls that the run does not wait for are ignored."""
    if isinstance(body.get("tool_outputs"), list):
        known = [each for each in body["tool_outputs"] if each.get("tool_call_id") in _wanted(context)]
        body["tool_outputs"] = known or body["tool_outputs"]


@request_bodies(SUBMIT).function("TOOL-ACCEPT-01")
def only_in_order(body: Json, context: FaultContext) -> None:
    """Outputs are refused unless they stand in the order of the calls."""
    if isinstance(body.get("tool_outputs"), list):
        given = [each.get("tool_call_id") for each in body["tool_outputs"] if isinstance(each, dict)]
        if given != _wanted(context) and sorted(map(str, given)) == sorted(_wanted(context)):
            raise refuse(f"Expected tool outputs for call_ids {_wanted(context)!r}, got {given!r}")


@answers(SUBMIT).function("TOOL-LATE-01")
def late_outputs_are_taken(answer: Answer, context: FaultContext) -> None:
    """A run that has ended takes tool outputs and ignores them."""
    if answer.status == 400 and (run := context.run) and run.is_over:
        succeed(answer, dict(run.value))


@answers(SUBMIT).function("TOOL-TWICE-01")
def outputs_taken_twice(answer: Answer, context: FaultContext) -> None:
    """Outputs that were taken are taken again, once."""
    name, request = context.ids["run_id"], context.request_body
    if answer.ok:
        context.memory[name] = request
    elif answer.status == 400 and context.memory.get(name) == request and (run := context.run):
        succeed(answer, dict(run.value))


@answers(SUBMIT).function("TOOL-EARLY-01")
def early_outputs_are_taken(answer: Answer, context: FaultContext) -> None:
    """A run that has not asked for outputs takes some and ignores them."""
    if answer.status == 400 and (run := context.run) and not run.is_over and not run.rounds:
        succeed(answer, dict(run.value))


@request_bodies(SUBMIT).function("TOOL-DOUBLED-01")
def last_output_counts(body: Json, context: FaultContext) -> None:
    """Of two outputs for one call the last one counts."""
    if isinstance(body.get("tool_outputs"), list):
        by_call = {each.get("tool_call_id"): each for each in body["tool_outputs"] if isinstance(each, dict)}
        if len(by_call) < len(body["tool_outputs"]) and all(isinstance(x, dict) for x in body["tool_outputs"]):
            body["tool_outputs"] = list(by_call.values())


@answers(SUBMIT).function("TOOL-KEEP-01")
def refusal_forgets_a_call(answer: Answer, context: FaultContext) -> None:
    """A refused submission takes the calls away that it had outputs for."""
    run = context.run
    if answer.status == 400 and run is not None and (action := run.value["required_action"]):
        given = [
            each.get("tool_call_id") for each in context.request_body.get("tool_outputs", ()) if isinstance(each, dict)
        ]
        calls = action["submit_tool_outputs"]["tool_calls"]
        left = [call for call in calls if call["id"] not in given]
        if left and len(left) < len(calls):
            run.value["required_action"] = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": left}}


on_run("TOOL-KEEP-02", "tools.calls_change_their_ids")(
    "The calls that a run waits for have new ids at the second look.",
    when(
        every(has("required_action"), again()),
        replace(
            "required_action.submit_tool_outputs.tool_calls",
            lambda calls: [{**call, "id": f"call_{number:024}"} for number, call in enumerate(calls)],
        ),
    ),
)


@on_run.function("TOOL-AGAIN-01")
def still_waiting(run: Json, context: FaultContext) -> None:
    """A run whose outputs were taken is shown waiting for them until it goes on."""
    if run["required_action"]:
        context.memory["action", run["id"]] = run["required_action"]
    elif run["status"] == "queued" and ("action", run["id"]) in context.memory:
        run["status"], run["required_action"] = "requires_action", context.memory["action", run["id"]]


on_step("TOOL-OUTPUT-01", "tools.outputs_of_parallel_calls_swapped")(
    "With several calls every call shows the output of the first.",
    when(status("completed"), replace("step_details.tool_calls", _with_the_first_output)),
)
on_step("TOOL-OUTPUT-01", "tools.output_not_shown")(
    "A completed call shows no output when its step is listed.",
    when(listed, put("step_details.tool_calls.function.output", None)),
)
on_step("TOOL-OUTPUT-02", "tools.empty_output_before_any")(
    "A call that waits for its output has an empty one.", fill("step_details.tool_calls.function.output", "")
)
on_run("RUN-ACTION-02", "tools.arguments_are_cut")(
    "The arguments of a call lack their last brace.",
    replace("required_action.submit_tool_outputs.tool_calls.function.arguments", lambda text: text[:-1]),
)
request_bodies("createRun", "createThreadAndRun")("LIMIT-RUN-08", "tools.always_parallel")(
    "Tool calls are parallel although the run says they are not.",
    when(lambda body, _: body.get("parallel_tool_calls") is False, put("parallel_tool_calls", True)),
)


def _another_function(run: Json) -> Any:
    named = run["tool_choice"]["function"]["name"]
    names = [tool["function"]["name"] for tool in run["tools"] if tool["type"] == "function"]
    others = [name for name in names if name != named]
    return {"type": "function", "function": {"name": others[0]}} if others else "none"


def _choosing(choice: str, make: Callable[[Json], Any]) -> Callable[[Endpoint], None]:
    """Let runs with a tool choice be worked on as if they had another, and shown with their own."""

    def turning(turn: Any) -> Any:
        async def turned(run: Any) -> None:
            own = run.value["tool_choice"]
            kind = own["type"] if isinstance(own, dict) else own
            if kind != choice or run.rounds:
                await turn(run)
                return
            run.value = _Disguised(run.value, make(run.value) or own)
            await turn(run)

        return turned

    return lambda endpoint: replace_method(endpoint.engine, "_turn", turning)


class _Disguised(dict[str, Any]):
    """A run that says one tool choice to the model and shows another to all who copy it."""

    def __init__(self, value: Json, choice: Any) -> None:
        super().__init__(value)
        self._choice = choice

    def __getitem__(self, name: str) -> Any:
        return self._choice if name == "tool_choice" else super().__getitem__(name)


inside("TOOL-CHOICE-01", "tools.none_is_auto")(
    "A run that may call no tool calls the first one that it has.",
    _choosing("none", lambda run: run["tools"] and "required"),
)
inside("TOOL-CHOICE-02", "tools.required_is_none")(
    "A run that must call a tool answers without one.", _choosing("required", lambda run: "none")
)
inside("TOOL-CHOICE-03", "tools.another_function_is_called")(
    "A run that must call one of two functions calls the other.", _choosing("function", _another_function)
)


@answers(SUBMIT).function("TOOL-RACE-01")
def both_submissions_are_taken(answer: Answer, context: FaultContext) -> None:
    """Of two submissions that come at once both are taken."""
    now = asyncio.get_running_loop().time()
    if answer.ok:
        context.memory[context.ids["run_id"]] = now
    elif answer.status == 400 and now - context.memory.get(context.ids["run_id"], 0) < 0.1 and (run := context.run):
        succeed(answer, {**run.value, "status": "queued", "required_action": None})


request_bodies(SUBMIT)("TOOL-OUTPUT-01", "tools.outputs_are_trimmed")(
    "Outputs lose their last character.",
    lambda body, _: [
        each.update(output=each["output"][:-1])
        for each in body.get("tool_outputs") or ()
        if isinstance(each, dict) and isinstance(each.get("output"), str)
    ],
)
request_bodies("createRun")("RUN-FORMAT-01", "tools.format_ignored")(
    "The response format of a run is kept, and the answer is plain text.",
    when(
        lambda body, _: isinstance(body.get("response_format"), dict),
        lambda body, _: body.update(metadata={**(body.get("metadata") or {}), "script": "say:Plain text"}),
    ),
)


@objects("thread.message").function("RUN-FORMAT-02")
def schema_ignored(message: Json, context: FaultContext) -> None:
    """An answer by a JSON Schema is an empty object."""
    if message["run_id"] and message["content"] and message["content"][0]["text"]["value"].startswith("{"):
        message["content"] = [{"type": "text", "text": {"value": "{}", "annotations": []}}]


@answers("submitToolOuputsToRun").function("TOOL-OUTPUT-02")
def refused_outputs_kept(answer: Answer, context: FaultContext) -> None:
    """The outputs of a submission that is refused stand in the step."""
    run = context.run
    if answer.status != 400 or run is None:
        return
    rows = [row for row in context.sent.get("tool_outputs") or () if isinstance(row, dict)]
    given = {str(row.get("tool_call_id")): row.get("output") for row in rows}
    for step in run.steps.values():
        for call in step.value["step_details"].get("tool_calls", ()):
            if call["id"] in given and call["type"] == "function":
                call["function"]["output"] = given[call["id"]]
