"""Faults of streams: framing, order, and what events carry."""

from __future__ import annotations

import json
from typing import Any

from conformance.proof.faults.changes import drop, put, repeat, skip, update, when
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import answers, event_data, events, frames, objects, request_bodies
from conformance.proof.interception import Answer, Disconnect, StreamEvent
from conformance.trace.event import DONE

Json = dict[str, Any]

ENDS = ("completed", "incomplete", "failed", "cancelled", "expired", "requires_action")

RUN_ENDS = tuple(f"thread.run.{status}" for status in ENDS)


@answers("createRun", "createThreadAndRun", "submitToolOuputsToRun").function("STREAM-FRAME-01")
def labelled_as_json(answer: Answer, context: FaultContext) -> None:
    """A stream is labelled application/json."""
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        answer.headers["content-type"] = "application/json"


request_bodies("submitToolOuputsToRun")("STREAM-FRAME-01", "streams.no_stream_after_outputs")(
    "Outputs submitted with stream true are answered with plain JSON.", drop("stream")
)
request_bodies("createRun")("STREAM-FRAME-02", "streams.streams_unless_forbidden")(
    "A run with stream null is answered with a stream.",
    when(lambda body, _: "stream" in body and body["stream"] is None, put("stream", True)),
)


@frames().function("STREAM-FRAME-03")
def done_without_name(frame: bytes, context: FaultContext) -> bytes:
    """The sentinel comes without an event line, as chat completions send it."""
    return b"data: [DONE]\n\n" if context.event == "done" else frame


@frames().function("STREAM-FRAME-03")
def name_twice(frame: bytes, context: FaultContext) -> bytes:
    """The first event of a stream has its event line twice."""
    if context.stream.setdefault("begun", False):
        return frame
    context.stream["begun"] = True
    return frame.partition(b"\n")[0] + b"\n" + frame


@frames().function("STREAM-FRAME-04")
def no_data_line(frame: bytes, context: FaultContext) -> bytes:
    """The event thread.run.queued comes without data."""
    return b"event: thread.run.queued\n\n" if context.event == "thread.run.queued" else frame


@frames().function("STREAM-FRAME-06")
def python_constants(frame: bytes, context: FaultContext) -> bytes:
    """Deltas are written as Python prints them, not as JSON."""
    if (context.event or "").endswith("delta"):
        return frame.replace(b'"', b"'")
    return frame


@frames().function("STREAM-FRAME-06")
def latin_1(frame: bytes, context: FaultContext) -> bytes:
    """Events are written in Latin-1 where their characters allow it."""
    return frame.decode().encode("latin-1", errors="replace")


events()("STREAM-FRAME-07", "streams.no_sentinel")("The stream ends without done.", skip("done"))


@events().function("STREAM-FRAME-07")
def no_sentinel_before_tools(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A stream that ends with a wait for tool outputs has no done."""
    waits = context.stream.get("last") == "thread.run.requires_action"
    context.stream["last"] = event.name
    return [] if event.name == "done" and waits else [event]


events()("STREAM-FRAME-08", "streams.sentinel_twice")("The sentinel comes twice.", repeat("done"))


@events().function("STREAM-FRAME-09")
def sentinel_of_json(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The sentinel's data is an empty JSON object."""
    return [StreamEvent("done", {})] if event.name == "done" else [event]


@events().function("STREAM-FRAME-09")
def sentinel_by_another_name(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The sentinel's event is called message."""
    return [StreamEvent("message", DONE)] if event.name == "done" else [event]


@frames().function("STREAM-FRAME-10")
def breaks_off(frame: bytes, context: FaultContext) -> bytes:
    """The connection closes before the last event has been sent."""
    if context.event == "done":
        raise Disconnect
    return frame


events("createRun", "createThreadAndRun")("STREAM-ORDER-01", "streams.not_queued")(
    "A new run is not told to be queued.", skip("thread.run.queued")
)


@events("createThreadAndRun").function("STREAM-ORDER-01")
def queued_before_created(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A run that is created with its thread is queued before it is created."""
    if event.name == "thread.run.created":
        context.stream["held"] = event
        return []
    return [event, context.stream["held"]] if event.name == "thread.run.queued" else [event]


events("createThreadAndRun")("STREAM-ORDER-02", "streams.thread_not_told")(
    "The creation of the thread is not told.", skip("thread.created")
)


@events("createRun").function("STREAM-ORDER-02")
def thread_told_again(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A run on an existing thread tells that the thread was created."""
    if event.name == "thread.run.created":
        thread = context.endpoint.store.threads[context.ids["thread_id"]].value
        return [StreamEvent("thread.created", dict(thread)), event]
    return [event]


@events("submitToolOuputsToRun").function("STREAM-ORDER-03")
def created_again_after_outputs(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The stream after tool outputs begins with thread.run.created."""
    if event.name == "thread.run.queued":
        return [StreamEvent("thread.run.created", event.data), event]
    return [event]


@events("submitToolOuputsToRun").function("STREAM-ORDER-03")
def step_not_completed_after_outputs(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The stream after tool outputs does not tell that their step is completed."""
    called = event.name == "thread.run.step.completed" and event.data["type"] == "tool_calls"
    return [] if called else [event]


events()("STREAM-ORDER-04", "streams.step_without_progress")(
    "Steps are not told to be in progress.", skip("thread.run.step.in_progress")
)


@events().function("STREAM-ORDER-04")
def tool_step_without_creation(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A step of tool calls is not told to be created."""
    called = event.name == "thread.run.step.created" and event.data["type"] == "tool_calls"
    return [] if called else [event]


@events().function("STREAM-ORDER-05")
def message_ends_after_its_step(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A message is completed after the step that created it."""
    if event.name == "thread.message.completed":
        context.stream["held"] = event
        return []
    if event.name == "thread.run.step.completed" and "held" in context.stream:
        return [event, context.stream.pop("held")]
    return [event]


@events().function("STREAM-ORDER-05")
def message_before_its_step(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A message is created before the step that creates it is in progress."""
    if event.name == "thread.run.step.in_progress" and event.data["type"] == "message_creation":
        context.stream["held"] = event
        return []
    if event.name == "thread.message.created" and "held" in context.stream:
        return [event, context.stream.pop("held")]
    return [event]


events()("STREAM-ORDER-05", "streams.message_without_progress")(
    "Messages are not told to be in progress.", skip("thread.message.in_progress")
)
events()("STREAM-ORDER-06", "streams.end_told_twice")(
    "The end of a completed run is told twice.", repeat("thread.run.completed")
)


@events().function("STREAM-ORDER-07")
def step_never_ends(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The step of a message is not told completed."""
    wrote = event.name == "thread.run.step.completed" and event.data["type"] == "message_creation"
    return [] if wrote else [event]


@events().function("STREAM-ORDER-08")
def step_completed_before_outputs(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The step of function calls is completed before the run waits for their outputs."""
    if event.name == "thread.run.step.in_progress" and event.data["type"] == "tool_calls":
        context.stream["step"] = event.data
    if event.name == "thread.run.requires_action" and "step" in context.stream:
        step = {**context.stream["step"], "status": "completed", "completed_at": context.stream["step"]["created_at"]}
        return [StreamEvent("thread.run.step.completed", step), event]
    return [event]


@events().function("STREAM-ORDER-11")
def progress_told_twice(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A run is told to be in progress again when its message is complete."""
    if event.name == "thread.run.in_progress":
        context.stream["run"] = event.data
    if event.name == "thread.message.completed" and "run" in context.stream:
        return [event, StreamEvent("thread.run.in_progress", context.stream["run"])]
    return [event]


@events().function("STREAM-ORDER-09")
def step_fails_before_its_message(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """Where a run fails its step is told to fail before its message is incomplete."""
    if event.name == "thread.message.incomplete":
        context.stream["held"] = event
        return []
    if event.name.startswith("thread.run.step.") and "held" in context.stream:
        return [event, context.stream.pop("held")]
    return [event]


@events().function("STREAM-ORDER-10")
def steps_overlap(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A step of tool calls begins while the message of another step is written, and ends after it."""
    if event.name == "thread.run.step.in_progress":
        details = {"type": "tool_calls", "tool_calls": []}
        context.stream["step"] = {**event.data, "id": f"step_{'0' * 24}", "type": "tool_calls", "step_details": details}
    step = context.stream.get("step")
    if event.name == "thread.message.completed" and step:
        return [event, StreamEvent("thread.run.step.created", step), StreamEvent("thread.run.step.in_progress", step)]
    if event.name == "thread.run.completed" and step:
        ended = {**step, "status": "completed", "completed_at": step["created_at"], "usage": event.data["usage"]}
        return [StreamEvent("thread.run.step.completed", ended), event]
    return [event]


@events().function("STREAM-ORDER-13")
def step_of_a_message_that_never_comes(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The step of a message is told in full, the message not at all."""
    return [] if event.name.startswith("thread.message.") else [event]


@events().function("STREAM-EVENT-01")
def ping(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A stream begins with an event called ping, as another vendor sends it."""
    if not context.stream.setdefault("begun", False):
        context.stream["begun"] = True
        return [StreamEvent("ping", {"type": "ping"}), event]
    return [event]


@frames().function("STREAM-FRAME-05")
def data_on_several_lines(frame: bytes, context: FaultContext) -> bytes:
    """The data of an event is indented JSON on several data lines."""
    if context.event in (None, "done"):
        return frame
    name, _, data = frame.decode().partition("\ndata: ")
    lines = json.dumps(json.loads(data), ensure_ascii=False, indent=1).splitlines()
    return "\n".join([name, *(f"data: {line}" for line in lines), "", ""]).encode()


events()("STREAM-ORDER-12", "streams.end_not_told")(
    "The stream of a completed run does not tell its end.", skip("thread.run.completed")
)
events()("STREAM-ORDER-12", "streams.cancellation_not_told")(
    "The stream of a cancelled run ends with thread.run.cancelling.", skip("thread.run.cancelled")
)


@events().function("STREAM-EVENT-02")
def run_for_a_step(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The event thread.run.step.created carries the run."""
    if event.name == "thread.run.in_progress":
        context.stream["run"] = event.data
    if event.name == "thread.run.step.created":
        return [StreamEvent(event.name, context.stream.get("run", event.data))]
    return [event]


@events().function("STREAM-EVENT-03")
def stale_run(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The event thread.run.in_progress carries the run as it was in the queue."""
    if event.name == "thread.run.queued":
        context.stream["run"] = event.data
    if event.name == "thread.run.in_progress" and "run" in context.stream:
        return [StreamEvent(event.name, dict(context.stream["run"]))]
    return [event]


event_data("thread.message.completed")("STREAM-EVENT-03", "streams.stale_message")(
    "The event thread.message.completed carries a message that says in_progress.",
    update(status="in_progress", completed_at=None),
)


@events().function("STREAM-EVENT-04")
def incomplete_told_as_completed(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A run that ends incomplete is told by thread.run.completed."""
    return [StreamEvent("thread.run.completed", event.data)] if event.name == "thread.run.incomplete" else [event]


@events().function("STREAM-EVENT-05")
def steps_of_another_run(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The steps and messages of a stream name another run."""
    if event.name.startswith(("thread.message.", "thread.run.step.")) and not event.name.endswith("delta"):
        event.data["run_id"] = f"run_{'0' * 24}"
    return [event]


event_data("thread.run.completed")("STREAM-EVENT-05", "streams.another_id_in_the_end")(
    "The run that a stream ends with has another id.", put("id", f"run_{'0' * 24}")
)
event_data("thread.message.completed")("STREAM-EVENT-06", "streams.message_changes_its_id")(
    "A completed message has another id than the one that was created.", put("id", f"msg_{'0' * 24}")
)


@events().function("STREAM-EVENT-07")
def step_announces_another_message(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The step announces a message that never comes."""
    if event.name.startswith("thread.run.step.") and event.data.get("type") == "message_creation":
        event.data["step_details"] = {"type": "message_creation", "message_creation": {"message_id": f"msg_{'0' * 24}"}}
    return [event]


event_data("thread.created", of=("createThreadAndRun",))("STREAM-EVENT-08", "streams.another_thread_created")(
    "The thread that a stream creates is not the thread of its run.", put("id", f"thread_{'0' * 24}")
)


@events().function("STREAM-ERROR-02")
def bare_error(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A run that fails ends its stream with an error event whose error is a plain text."""
    if event.name == "thread.run.failed":
        return [StreamEvent("error", {"error": event.data["last_error"]["message"]})]
    return [event]


@events().function("STREAM-ERROR-01")
def error_without_envelope(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A run that fails ends its stream with an error event whose data is the error itself."""
    if event.name == "thread.run.failed":
        return [StreamEvent("error", {**event.data["last_error"], "type": "server_error", "param": None})]
    return [event]


@events().function("STREAM-ERROR-03")
def goes_on_after_an_error(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A run that fails tells an error event first, and the failure after it."""
    if event.name == "thread.run.failed":
        error = {**event.data["last_error"], "type": "server_error", "param": None}
        return [StreamEvent("error", {"error": error}), event]
    return [event]


@objects("thread.run").function("RUN-FIELD-12")
def action_in_the_stream_only(run: Json, context: FaultContext) -> None:
    """In streams a queued run says the action that it required before."""
    if run["status"] == "requires_action":
        context.memory[run["id"]] = run["required_action"]
    elif context.event == "thread.run.queued" and run["id"] in context.memory:
        run["required_action"] = context.memory[run["id"]]


@events().function("STREAM-FRAME-11")
def all_at_the_end(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """Events are kept until the run is over."""
    held = context.stream.setdefault("held", [])
    held.append(event)
    return list(held) if event.name == "done" else []
