"""Faults of tool calls and their outputs."""

from __future__ import annotations

import asyncio
from typing import Any

from conformance.proof.faults.changes import body, refuse, succeed
from conformance.proof.faults.fault import answers, inside, objects, requests
from conformance.proof.faults.scene import Answer, Scene, Sent, instead
from conformance.reference.endpoint import Endpoint
from conformance.reference.store import Run

Json = dict[str, Any]
SUBMIT = "submitToolOuputsToRun"


def _run(scene: Scene) -> Run | None:
    thread = scene.endpoint.store.threads.get(scene.ids["thread_id"])
    return thread.runs.get(scene.ids["run_id"]) if thread else None


def _wanted(scene: Scene) -> list[str]:
    run = _run(scene)
    action = run.value["required_action"] if run else None
    return [call["id"] for call in action["submit_tool_outputs"]["tool_calls"]] if action else []


@requests(SUBMIT, trips="LIMIT-RUN-16")
def missing_outputs_are_empty(sent: Sent, scene: Scene) -> None:
    """Calls without an output get an empty one."""
    if isinstance(sent.body, dict) and isinstance(sent.body.get("tool_outputs"), list) and sent.body["tool_outputs"]:
        given = [each.get("tool_call_id") for each in sent.body["tool_outputs"] if isinstance(each, dict)]
        if all(name in _wanted(scene) for name in given):
            more = [{"tool_call_id": name, "output": ""} for name in _wanted(scene) if name not in given]
            sent.body["tool_outputs"] = [*sent.body["tool_outputs"], *more]


@requests(SUBMIT, trips="LIMIT-RUN-16")
def foreign_outputs_are_ignored(sent: Sent, scene: Scene) -> None:
    """Outputs for calls that the run does not wait for are ignored."""
    if isinstance(sent.body, dict) and isinstance(sent.body.get("tool_outputs"), list):
        known = [each for each in sent.body["tool_outputs"] if each.get("tool_call_id") in _wanted(scene)]
        sent.body["tool_outputs"] = known or sent.body["tool_outputs"]


@requests(SUBMIT, trips="TOOL-ACCEPT-01")
def only_in_order(sent: Sent, scene: Scene) -> None:
    """Outputs are refused unless they stand in the order of the calls."""
    if isinstance(sent.body, dict) and isinstance(sent.body.get("tool_outputs"), list):
        given = [each.get("tool_call_id") for each in sent.body["tool_outputs"] if isinstance(each, dict)]
        if given != _wanted(scene) and sorted(map(str, given)) == sorted(_wanted(scene)):
            raise refuse(f"Expected tool outputs for call_ids {_wanted(scene)!r}, got {given!r}")


@answers(SUBMIT, trips="TOOL-LATE-01")
def late_outputs_are_taken(answer: Answer, scene: Scene) -> None:
    """A run that has ended takes tool outputs and ignores them."""
    if answer.status == 400 and (run := _run(scene)) and run.is_over:
        succeed(answer, dict(run.value))


@answers(SUBMIT, trips="TOOL-TWICE-01")
def outputs_taken_twice(answer: Answer, scene: Scene) -> None:
    """Outputs that were taken are taken again, once."""
    name, sent = scene.ids["run_id"], scene.sent
    if answer.ok:
        scene.memory[name] = sent
    elif answer.status == 400 and scene.memory.get(name) == sent and (run := _run(scene)):
        succeed(answer, dict(run.value))


@answers(SUBMIT, trips="TOOL-EARLY-01")
def early_outputs_are_taken(answer: Answer, scene: Scene) -> None:
    """A run that has not asked for outputs takes some and ignores them."""
    if answer.status == 400 and (run := _run(scene)) and not run.is_over and not run.rounds:
        succeed(answer, dict(run.value))


@requests(SUBMIT, trips="TOOL-DOUBLED-01")
def last_output_counts(sent: Sent, scene: Scene) -> None:
    """Of two outputs for one call the last one counts."""
    if isinstance(sent.body, dict) and isinstance(sent.body.get("tool_outputs"), list):
        by_call = {each.get("tool_call_id"): each for each in sent.body["tool_outputs"] if isinstance(each, dict)}
        if len(by_call) < len(sent.body["tool_outputs"]) and all(
            isinstance(x, dict) for x in sent.body["tool_outputs"]
        ):
            sent.body["tool_outputs"] = list(by_call.values())


@answers(SUBMIT, trips="TOOL-KEEP-01")
def refusal_forgets_a_call(answer: Answer, scene: Scene) -> None:
    """A refused submission takes the calls away that it had outputs for."""
    run = _run(scene)
    if answer.status == 400 and run is not None and (action := run.value["required_action"]):
        given = [each.get("tool_call_id") for each in scene.sent.get("tool_outputs", ()) if isinstance(each, dict)]
        calls = action["submit_tool_outputs"]["tool_calls"]
        left = [call for call in calls if call["id"] not in given]
        if left and len(left) < len(calls):
            run.value["required_action"] = {
                "type": "submit_tool_outputs",
                "submit_tool_outputs": {"tool_calls": left},
            }


@objects("thread.run", trips="TOOL-KEEP-02")
def calls_change_their_ids(run: Json, scene: Scene) -> None:
    """The calls that a run waits for have new ids at the second look."""
    if run["required_action"] and scene.nth(run["id"]) > 1:
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        new = [{**call, "id": f"call_{number:024}"} for number, call in enumerate(calls)]
        run["required_action"] = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": new}}


@objects("thread.run", trips="TOOL-AGAIN-01")
def still_waiting(run: Json, scene: Scene) -> None:
    """A run whose outputs were taken is shown waiting for them until it goes on."""
    if run["required_action"]:
        scene.memory["action", run["id"]] = run["required_action"]
    elif run["status"] == "queued" and ("action", run["id"]) in scene.memory:
        run["status"], run["required_action"] = "requires_action", scene.memory["action", run["id"]]


@objects("thread.run.step", trips="TOOL-OUTPUT-01")
def outputs_of_parallel_calls_swapped(step: Json, scene: Scene) -> None:
    """With several calls every call shows the output of the first."""
    calls = step["step_details"].get("tool_calls")
    if calls and step["status"] == "completed" and all(call["type"] == "function" for call in calls):
        first = calls[0]["function"]["output"]
        new = [{**call, "function": {**call["function"], "output": first}} for call in calls]
        step["step_details"] = {**step["step_details"], "tool_calls": new}


@objects("thread.run.step", trips="TOOL-OUTPUT-01")
def output_not_shown(step: Json, scene: Scene) -> None:
    """A completed call shows no output when its step is listed."""
    calls = step["step_details"].get("tool_calls")
    if calls and scene.listed:
        new = [
            {**call, "function": {**call["function"], "output": None}} if call["type"] == "function" else call
            for call in calls
        ]
        step["step_details"] = {**step["step_details"], "tool_calls": new}


@objects("thread.run.step", trips="TOOL-OUTPUT-02")
def empty_output_before_any(step: Json, scene: Scene) -> None:
    """A call that waits for its output has an empty one."""
    for call in step["step_details"].get("tool_calls") or ():
        if call["type"] == "function" and call["function"]["output"] is None:
            call["function"] = {**call["function"], "output": ""}


@objects("thread.run", trips="RUN-ACTION-02")
def arguments_are_cut(run: Json, scene: Scene) -> None:
    """The arguments of a call lack their last brace."""
    if run["required_action"]:
        for call in run["required_action"]["submit_tool_outputs"]["tool_calls"]:
            call["function"] = {**call["function"], "arguments": call["function"]["arguments"][:-1]}


@requests("createRun", "createThreadAndRun", trips="LIMIT-RUN-08")
def always_parallel(sent: Sent, scene: Scene) -> None:
    """Tool calls are parallel although the run says they are not."""
    if isinstance(sent.body, dict) and sent.body.get("parallel_tool_calls") is False:
        sent.body["parallel_tool_calls"] = True


@inside(trips="TOOL-CHOICE-01")
def none_is_auto(endpoint: Endpoint) -> None:
    """A run that may call no tool calls the first one that it has."""
    _choosing(endpoint, "none", lambda run: run["tools"] and "required")


@inside(trips="TOOL-CHOICE-02")
def required_is_none(endpoint: Endpoint) -> None:
    """A run that must call a tool answers without one."""
    _choosing(endpoint, "required", lambda run: "none")


@inside(trips="TOOL-CHOICE-03")
def another_function_is_called(endpoint: Endpoint) -> None:
    """A run that must call one of two functions calls the other."""

    def other(run: Json) -> Any:
        named = run["tool_choice"]["function"]["name"]
        names = [tool["function"]["name"] for tool in run["tools"] if tool["type"] == "function"]
        others = [name for name in names if name != named]
        return {"type": "function", "function": {"name": others[0]}} if others else "none"

    _choosing(endpoint, "function", other)


def _choosing(endpoint: Endpoint, choice: str, make: Any) -> None:
    """Let runs with a tool choice be worked on as if they had another, and shown with their own."""

    def turning(turn: Any) -> Any:
        async def turned(run: Any) -> None:
            own = run.value["tool_choice"]
            kind = own["type"] if isinstance(own, dict) else own
            if kind != choice or run.rounds:
                await turn(run)
                return
            shown, run.value = run.value, _Disguised(run.value, make(run.value) or own)
            del shown
            await turn(run)

        return turned

    instead(endpoint.engine, "_turn", turning)


class _Disguised(dict[str, Any]):
    """A run that says one tool choice to the model and shows another to all who copy it."""

    def __init__(self, value: Json, choice: Any) -> None:
        super().__init__(value)
        self._choice = choice

    def __getitem__(self, name: str) -> Any:
        return self._choice if name == "tool_choice" else super().__getitem__(name)


@answers(SUBMIT, trips="TOOL-RACE-01")
def both_submissions_are_taken(answer: Answer, scene: Scene) -> None:
    """Of two submissions that come at once both are taken."""
    now = asyncio.get_running_loop().time()
    if answer.ok:
        scene.memory[scene.ids["run_id"]] = now
    elif answer.status == 400 and now - scene.memory.get(scene.ids["run_id"], 0) < 0.1 and (run := _run(scene)):
        succeed(answer, {**run.value, "status": "queued", "required_action": None})


requests(SUBMIT, trips="TOOL-OUTPUT-01", id="tools.outputs_are_trimmed", about="Outputs lose their last character.")(
    body(
        lambda sent: [
            each.update(output=each["output"][:-1])
            for each in sent.get("tool_outputs") or ()
            if isinstance(each, dict) and isinstance(each.get("output"), str)
        ]
    )
)


@requests("createRun", trips="RUN-FORMAT-01")
def format_ignored(sent: Sent, scene: Scene) -> None:
    """The response format of a run is kept, and the answer is plain text."""
    if isinstance(sent.body, dict) and isinstance(sent.body.get("response_format"), dict):
        sent.body["metadata"] = {**(sent.body.get("metadata") or {}), "script": "say:Plain text"}


@objects("thread.message", trips="RUN-FORMAT-02")
def schema_ignored(message: Json, scene: Scene) -> None:
    """An answer by a JSON Schema is an empty object."""
    if message["run_id"] and message["content"] and message["content"][0]["text"]["value"].startswith("{"):
        message["content"] = [{"type": "text", "text": {"value": "{}", "annotations": []}}]
