"""Faults of streams: framing, order, and what events carry."""

import json

from conformance.proof.faults.changes import before, delay, drop, equals, put, repeat, replace_event, skip, update, when
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answers, event_data, events, frames, objects, request_bodies
from conformance.proof.interception import Answer, Disconnect, StreamEvent, write_lines
from conformance.trace.event import DONE

ON_RUN = ("createRun", "createThreadAndRun")
SUBMIT = "submitToolOuputsToRun"
QUEUED = "thread.run.queued"
on_frames = frames()
on_events = events()
_calls, _writes = equals("type", "tool_calls"), equals("type", "message_creation")

request_bodies(SUBMIT)("STREAM-FRAME-01", "streams.no_stream_after_outputs")(
    "Outputs submitted with stream true are answered with plain JSON.", drop("stream")
)
request_bodies("createRun")("STREAM-FRAME-02", "streams.streams_unless_forbidden")(
    "A run with stream null is answered with a stream.",
    when(lambda body, _: "stream" in body and body["stream"] is None, put("stream", True)),
)
on_events("STREAM-FRAME-07", "streams.no_sentinel")("The stream ends without done.", skip("done"))
on_events("STREAM-FRAME-08", "streams.sentinel_twice")("The sentinel comes twice.", repeat("done"))
on_events("STREAM-FRAME-09", "streams.sentinel_of_json")(
    "The sentinel's data is an empty JSON object.", replace_event("done", lambda _: StreamEvent("done", {}))
)
on_events("STREAM-FRAME-09", "streams.sentinel_by_another_name")(
    "The sentinel's event is called message.", replace_event("done", lambda data: StreamEvent("message", data))
)
events(*ON_RUN)("STREAM-ORDER-01", "streams.not_queued")(
    "A new run is not told to be queued.", skip("thread.run.queued")
)
events("createThreadAndRun")("STREAM-ORDER-01", "streams.queued_before_created")(
    "A run that is created with its thread is queued before it is created.",
    delay("thread.run.created", until="thread.run.queued"),
)
events("createThreadAndRun")("STREAM-ORDER-02", "streams.thread_not_told")(
    "The creation of the thread is not told.", skip("thread.created")
)
events(SUBMIT)("STREAM-ORDER-03", "streams.created_again_after_outputs")(
    "The stream after tool outputs begins with thread.run.created.",
    before("thread.run.queued", lambda data: StreamEvent("thread.run.created", data)),
)
events(SUBMIT)("STREAM-ORDER-03", "streams.step_not_completed_after_outputs")(
    "The stream after tool outputs does not tell that their step is completed.",
    skip("thread.run.step.completed", data=_calls),
)
on_events("STREAM-ORDER-04", "streams.step_without_progress")(
    "Steps are not told to be in progress.", skip("thread.run.step.in_progress")
)
on_events("STREAM-ORDER-04", "streams.tool_step_without_creation")(
    "A step of tool calls is not told to be created.", skip("thread.run.step.created", data=_calls)
)
on_events("STREAM-ORDER-05", "streams.message_ends_after_its_step")(
    "A message is completed after the step that created it.",
    delay("thread.message.completed", until="thread.run.step.completed"),
)
on_events("STREAM-ORDER-05", "streams.message_before_its_step")(
    "A message is created before the step that creates it is in progress.",
    delay("thread.run.step.in_progress", until="thread.message.created", data=_writes),
)
on_events("STREAM-ORDER-05", "streams.message_without_progress")(
    "Messages are not told to be in progress.", skip("thread.message.in_progress")
)
on_events("STREAM-ORDER-06", "streams.end_told_twice")(
    "The end of a completed run is told twice.", repeat("thread.run.completed")
)
on_events("STREAM-ORDER-07", "streams.step_never_ends")(
    "The step of a message is not told completed.", skip("thread.run.step.completed", data=_writes)
)
on_events("STREAM-ORDER-09", "streams.step_fails_before_its_message")(
    "Where a run fails its step is told to fail before its message is incomplete.",
    delay("thread.message.incomplete", until="thread.run.step."),
)
on_events("STREAM-ORDER-12", "streams.end_not_told")(
    "The stream of a completed run does not tell its end.", skip("thread.run.completed")
)
on_events("STREAM-ORDER-12", "streams.cancellation_not_told")(
    "The stream of a cancelled run ends with thread.run.cancelling.", skip("thread.run.cancelled")
)
on_events("STREAM-ORDER-13", "streams.step_of_a_message_that_never_comes")(
    "The step of a message is told in full, the message not at all.", skip("thread.message.")
)
event_data("thread.message.completed")("STREAM-EVENT-03", "streams.stale_message")(
    "The event thread.message.completed carries a message that says in_progress.",
    update(status="in_progress", completed_at=None),
)
on_events("STREAM-EVENT-04", "streams.incomplete_told_as_completed")(
    "A run that ends incomplete is told by thread.run.completed.",
    replace_event("thread.run.incomplete", lambda data: StreamEvent("thread.run.completed", data)),
)
event_data("thread.run.completed")("STREAM-EVENT-05", "streams.another_id_in_the_end")(
    "The run that a stream ends with has another id.", put("id", f"run_{'0' * 24}")
)
event_data("thread.message.completed")("STREAM-EVENT-06", "streams.message_changes_its_id")(
    "A completed message has another id than the one that was created.", put("id", f"msg_{'0' * 24}")
)
event_data("thread.created", of=("createThreadAndRun",))("STREAM-EVENT-08", "streams.another_thread_created")(
    "The thread that a stream creates is not the thread of its run.", put("id", f"thread_{'0' * 24}")
)
on_events("STREAM-ERROR-02", "streams.bare_error")(
    "A run that fails ends its stream with an error event whose error is a plain text.",
    replace_event("thread.run.failed", lambda run: StreamEvent("error", {"error": run["last_error"]["message"]})),
)
on_events("STREAM-ERROR-01", "streams.error_without_envelope")(
    "A run that fails ends its stream with an error event whose data is the error itself.",
    replace_event(
        "thread.run.failed",
        lambda run: StreamEvent("error", {**run["last_error"], "type": "server_error", "param": None}),
    ),
)
on_events("STREAM-ERROR-03", "streams.goes_on_after_an_error")(
    "A run that fails tells an error event first, and the failure after it.",
    before(
        "thread.run.failed",
        lambda run: StreamEvent("error", {"error": {**run["last_error"], "type": "server_error", "param": None}}),
    ),
)


@answers("createRun", "createThreadAndRun", "submitToolOuputsToRun").function("STREAM-FRAME-01")
def labelled_as_json(answer: Answer, context: FaultContext) -> None:
    """A stream is labelled application/json."""
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        answer.headers["content-type"] = "application/json"


on_frames("STREAM-FRAME-03", "streams.done_without_name")(
    "The sentinel comes without an event line, as chat completions send it.",
    lambda frame, context: write_lines(f"data: {DONE}") if context.event == "done" else frame,
)


@frames().function("STREAM-FRAME-03")
def name_twice(frame: bytes, context: FaultContext) -> bytes:
    """The first event of a stream has its event line twice."""
    if context.stream.setdefault("begun", False):
        return frame
    context.stream["begun"] = True
    return frame.partition(b"\n")[0] + b"\n" + frame


on_frames("STREAM-FRAME-04", "streams.no_data_line")(
    "The event thread.run.queued comes without data.",
    lambda frame, context: write_lines(f"event: {QUEUED}") if context.event == QUEUED else frame,
)
on_frames("STREAM-FRAME-06", "streams.python_constants")(
    "Deltas are written as Python prints them, not as JSON.",
    lambda frame, context: frame.replace(b'"', b"'") if context.event.endswith("delta") else frame,
)
on_frames("STREAM-FRAME-06", "streams.latin_1")(
    "Events are written in Latin-1 where their characters allow it.",
    lambda frame, _: frame.decode().encode("latin-1", errors="replace"),
)


@on_events.function("STREAM-FRAME-07")
def no_sentinel_before_tools(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A stream that ends with a wait for tool outputs has no done."""
    waits = context.stream.get("last") == "thread.run.requires_action"
    context.stream["last"] = event.name
    return [] if event.name == "done" and waits else [event]


@frames().function("STREAM-FRAME-10")
def breaks_off(frame: bytes, context: FaultContext) -> bytes:
    """The connection closes before the last event has been sent."""
    if context.event == "done":
        raise Disconnect
    return frame


@events("createRun").function("STREAM-ORDER-02")
def thread_told_again(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A run on an existing thread tells that the thread was created."""
    if event.name == "thread.run.created":
        thread = context.store.threads[context.ids["thread_id"]].value
        return [StreamEvent("thread.created", dict(thread)), event]
    return [event]


@on_events.function("STREAM-ORDER-08")
def step_completed_before_outputs(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The step of function calls is completed before the run waits for their outputs."""
    if event.name == "thread.run.step.in_progress" and event.data["type"] == "tool_calls":
        context.stream["step"] = event.data
    if event.name == "thread.run.requires_action" and "step" in context.stream:
        step = {**context.stream["step"], "status": "completed", "completed_at": context.stream["step"]["created_at"]}
        return [StreamEvent("thread.run.step.completed", step), event]
    return [event]


@on_events.function("STREAM-ORDER-11")
def progress_told_twice(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """A run is told to be in progress again when its message is complete."""
    if event.name == "thread.run.in_progress":
        context.stream["run"] = event.data
    if event.name == "thread.message.completed" and "run" in context.stream:
        return [event, StreamEvent("thread.run.in_progress", context.stream["run"])]
    return [event]


@on_events.function("STREAM-ORDER-10")
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


@on_events.function("STREAM-EVENT-01")
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
    return write_lines(name, *(f"data: {line}" for line in lines))


@on_events.function("STREAM-EVENT-02")
def run_for_a_step(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The event thread.run.step.created carries the run."""
    if event.name == "thread.run.in_progress":
        context.stream["run"] = event.data
    if event.name == "thread.run.step.created":
        return [StreamEvent(event.name, context.stream.get("run", event.data))]
    return [event]


@on_events.function("STREAM-EVENT-03")
def stale_run(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The event thread.run.in_progress carries the run as it was in the queue."""
    if event.name == "thread.run.queued":
        context.stream["run"] = event.data
    if event.name == "thread.run.in_progress" and "run" in context.stream:
        return [StreamEvent(event.name, dict(context.stream["run"]))]
    return [event]


@on_events.function("STREAM-EVENT-05")
def steps_of_another_run(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The steps and messages of a stream name another run."""
    if event.name.startswith(("thread.message.", "thread.run.step.")) and not event.name.endswith("delta"):
        event.data["run_id"] = f"run_{'0' * 24}"
    return [event]


@on_events.function("STREAM-EVENT-07")
def step_announces_another_message(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The step announces a message that never comes."""
    if event.name.startswith("thread.run.step.") and event.data.get("type") == "message_creation":
        event.data["step_details"] = {"type": "message_creation", "message_creation": {"message_id": f"msg_{'0' * 24}"}}
    return [event]


@objects("thread.run").function("RUN-FIELD-12")
def action_in_the_stream_only(run: Json, context: FaultContext) -> None:
    """In streams a queued run says the action that it required before."""
    if run["status"] == "requires_action":
        context.memory[run["id"]] = run["required_action"]
    elif context.event == "thread.run.queued" and run["id"] in context.memory:
        run["required_action"] = context.memory[run["id"]]


@on_events.function("STREAM-FRAME-11")
def all_at_the_end(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """Events are kept until the run is over."""
    held = context.stream.setdefault("held", [])
    held.append(event)
    return list(held) if event.name == "done" else []
