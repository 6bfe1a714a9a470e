"""Faults of deltas: pieces of messages and of tool calls."""

from typing import Any

from conformance.proof.faults.changes import add, ascii_only, drop, put, replace, when
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import event_data, events
from conformance.proof.interception import StreamEvent

PIECE = "thread.message.delta"
CALL = "thread.run.step.delta"
on_events = events()
on_part = event_data(PIECE, within="delta.content")
on_call = event_data(CALL, within="delta.step_details.tool_calls")
_goes_on = lambda call, _: "id" not in call  # noqa: E731

event_data(PIECE)("DELTA-ID-01", "deltas.of_an_unknown_message")(
    "Each delta of a message has an id of its own.",
    lambda data, context: data.update(id=f"msg_{context.nth('delta'):024}"),
)
event_data("thread.message.in_progress")("DELTA-START-01", "deltas.message_goes_on_with_text")(
    "A message holds a text before its first delta.",
    put("content", [{"type": "text", "text": {"value": "", "annotations": []}}]),
)
event_data("thread.message.created")("DELTA-START-01", "deltas.message_begins_with_text")(
    "A message is created with an empty text part in it.",
    lambda data, _: data.update(content=[{"type": "text", "text": {"value": "", "annotations": []}}]),
)
on_part("DELTA-INDEX-01", "deltas.parts_from_one")("The parts of a message are numbered from 1.", add("index", 1))
on_call("DELTA-INDEX-02", "deltas.calls_from_one")("The calls of a step are numbered from 1.", add("index", 1))
on_part("DELTA-TEXT-01", "deltas.not_ascii_lost")(
    "Characters beyond ASCII are lost from the pieces of a text.", replace("text.value", ascii_only)
)
on_part("DELTA-TEXT-01", "deltas.leading_spaces_lost")(
    "The pieces of a text lose their leading space.", replace("text.value", lambda text: text.lstrip(" "))
)
on_call("DELTA-TOOL-01", "deltas.arguments_of_the_second_call_go_to_the_first")(
    "With two calls the arguments of the second are added to the first.", when(_goes_on, put("index", 0))
)


on_call("DELTA-TOOL-07", "deltas.outputs_of_code_lost")(
    "What code puts out is not in the deltas.", drop("code_interpreter.outputs")
)
on_call("DELTA-TOOL-07", "deltas.logs_end_otherwise")(
    "What code prints has another end in the deltas.", replace("code_interpreter.outputs.logs", lambda logs: f"{logs}.")
)


def _parts(event: StreamEvent) -> list[dict[str, Any]]:
    return list(event.data["delta"].get("content", ())) if event.name == PIECE else []


def _calls(event: StreamEvent) -> list[dict[str, Any]]:
    if event.name != CALL:
        return []
    return list(event.data["delta"]["step_details"].get("tool_calls", ()))


@on_events.function("DELTA-ID-01")
def of_the_run(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """Deltas of steps carry the id of the run."""
    if event.name == "thread.run.in_progress":
        context.stream["run"] = event.data["id"]
    if event.name == CALL and "run" in context.stream:
        event.data["id"] = context.stream["run"]
    return [event]


@on_events.function("DELTA-START-02")
def step_begins_with_call(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A step of tool calls is created with its first call in it."""
    if event.name == "thread.run.step.created" and event.data["type"] == "tool_calls":
        call = {"id": "call_0", "type": "function", "function": {"name": "f", "arguments": "", "output": None}}
        event.data["step_details"] = {"type": "tool_calls", "tool_calls": [call]}
    return [event]


@on_events.function("DELTA-INDEX-05")
def last_part_comes_again(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """When a content part begins, the one before comes once more."""
    parts = _parts(event)
    if not parts:
        return [event]
    before = context.stream.get("part")
    context.stream["part"] = parts[-1]
    if before is None or parts[-1]["index"] == before["index"]:
        return [event]
    part = {**before, "text": {"value": ""}} if "text" in before else before
    return [event, StreamEvent(PIECE, {**event.data, "delta": {"content": [part]}})]


@on_events.function("DELTA-INDEX-01")
def index_jumps(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The second piece of a text has an index two higher."""
    for part in _parts(event):
        context.stream["count"] = context.stream.get("count", 0) + 1
        if context.stream["count"] == 2:
            part["index"] = 2
    return [event]


@on_events.function("DELTA-INDEX-04")
def piece_twice_in_one_delta(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A delta holds two entries for one part."""
    for part in _parts(event):
        event.data["delta"]["content"].append({"index": part["index"], "type": "text", "text": {"value": ""}})
    return [event]


@on_events.function("DELTA-INDEX-04")
def call_twice_in_one_delta(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A delta of a call that goes on holds two entries for it."""
    for call in _calls(event):
        if "id" not in call:
            more = {"index": call["index"], "type": "function", "function": {"arguments": ""}}
            event.data["delta"]["step_details"]["tool_calls"].append(more)
    return [event]


@on_events.function("DELTA-TEXT-01")
def first_piece_lost(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The first piece of a text is not sent: the client subscribes too late."""
    if event.name == PIECE and not context.stream.get("begun"):
        context.stream["begun"] = True
        return []
    return [event]


@on_part.function("DELTA-TEXT-01")
def whole_text_so_far(part: Json, context: FaultContext) -> None:
    """Each piece repeats the whole text so far."""
    context.stream["text"] = context.stream.get("text", "") + part["text"]["value"]
    part["text"]["value"] = context.stream["text"]


@on_events.function("DELTA-TEXT-02")
def last_piece_twice(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The last piece is sent twice where a message is cut off."""
    if event.name == PIECE:
        context.stream["last"] = event
    if event.name == "thread.message.incomplete" and "last" in context.stream:
        return [context.stream["last"], event]
    return [event]


@on_events.function("DELTA-TOOL-01")
def arguments_lose_a_part(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The last part of a call's arguments is not sent."""
    if event.name == CALL and "id" not in _calls(event)[0]:
        held, context.stream["held"] = context.stream.get("held"), event
        return [held] if held else []
    return [event]


@on_call.function("DELTA-TOOL-03")
def id_comes_late(call: Json, context: FaultContext) -> None:
    """The id of a call comes with its second delta."""
    if "id" in call:
        context.stream[call["index"]] = call.pop("id")
    elif call["index"] in context.stream:
        call["id"] = context.stream.pop(call["index"])


@on_call.function("DELTA-TOOL-04")
def name_in_every_delta(call: Json, context: FaultContext) -> None:
    """Every delta of a call repeats its id and its function's name."""
    if "id" in call:
        context.stream[call["index"]] = call["id"], call["function"]["name"]
    else:
        call["id"], call["function"]["name"] = context.stream[call["index"]]


@on_events.function("DELTA-TOOL-05")
def run_waits_for_other_calls(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """In the stream the run waits for calls with other ids than those that deltas brought."""
    if event.name == "thread.run.requires_action":
        for number, call in enumerate(event.data["required_action"]["submit_tool_outputs"]["tool_calls"]):
            call["id"] = f"call_{number:024}"
    return [event]
