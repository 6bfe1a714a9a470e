"""Faults of streams: framing, order, and what events carry."""

from __future__ import annotations

import json
from typing import Any

from conformance.proof.faults.fault import answers, events, frames, objects, requests
from conformance.proof.faults.planting import DONE
from conformance.proof.faults.scene import Answer, Broken, Scene, Sent, Told

Json = dict[str, Any]
ENDS = ("completed", "incomplete", "failed", "cancelled", "expired", "requires_action")
RUN_ENDS = tuple(f"thread.run.{status}" for status in ENDS)


@answers("createRun", "createThreadAndRun", "submitToolOuputsToRun", trips="STREAM-FRAME-01")
def labelled_as_json(answer: Answer, scene: Scene) -> None:
    """A stream is labelled application/json."""
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        answer.headers["content-type"] = "application/json"


@requests("submitToolOuputsToRun", trips="STREAM-FRAME-01")
def no_stream_after_outputs(sent: Sent, scene: Scene) -> None:
    """Outputs submitted with stream true are answered with plain JSON."""
    if isinstance(sent.body, dict):
        sent.body.pop("stream", None)


@requests("createRun", trips="STREAM-FRAME-02")
def streams_unless_forbidden(sent: Sent, scene: Scene) -> None:
    """A run with stream null is answered with a stream."""
    if isinstance(sent.body, dict) and "stream" in sent.body and sent.body["stream"] is None:
        sent.body["stream"] = True


@frames(trips="STREAM-FRAME-03")
def done_without_name(frame: bytes, scene: Scene) -> bytes:
    """The sentinel comes without an event line, as chat completions send it."""
    return b"data: [DONE]\n\n" if scene.event == "done" else frame


@frames(trips="STREAM-FRAME-03")
def name_twice(frame: bytes, scene: Scene) -> bytes:
    """The first event of a stream has its event line twice."""
    if scene.stream.setdefault("begun", False):
        return frame
    scene.stream["begun"] = True
    return frame.partition(b"\n")[0] + b"\n" + frame


@frames(trips="STREAM-FRAME-04")
def no_data_line(frame: bytes, scene: Scene) -> bytes:
    """The event thread.run.queued comes without data."""
    return b"event: thread.run.queued\n\n" if scene.event == "thread.run.queued" else frame


@frames(trips="STREAM-FRAME-06")
def python_constants(frame: bytes, scene: Scene) -> bytes:
    """Deltas are written as Python prints them, not as JSON."""
    if (scene.event or "").endswith("delta"):
        return frame.replace(b'"', b"'")
    return frame


@frames(trips="STREAM-FRAME-06")
def latin_1(frame: bytes, scene: Scene) -> bytes:
    """Events are written in Latin-1 where their characters allow it."""
    return frame.decode().encode("latin-1", errors="replace")


@events(trips="STREAM-FRAME-07")
def no_sentinel(event: Told, scene: Scene) -> list[Told]:
    """The stream ends without done."""
    return [] if event.name == "done" else [event]


@events(trips="STREAM-FRAME-07")
def no_sentinel_before_tools(event: Told, scene: Scene) -> list[Told]:
    """A stream that ends with a wait for tool outputs has no done."""
    waits = scene.stream.get("last") == "thread.run.requires_action"
    scene.stream["last"] = event.name
    return [] if event.name == "done" and waits else [event]


@events(trips="STREAM-FRAME-08")
def sentinel_twice(event: Told, scene: Scene) -> list[Told]:
    """The sentinel comes twice."""
    return [event, event] if event.name == "done" else [event]


@events(trips="STREAM-FRAME-09")
def sentinel_of_json(event: Told, scene: Scene) -> list[Told]:
    """The sentinel's data is an empty JSON object."""
    return [Told("done", {})] if event.name == "done" else [event]


@events(trips="STREAM-FRAME-09")
def sentinel_by_another_name(event: Told, scene: Scene) -> list[Told]:
    """The sentinel's event is called message."""
    return [Told("message", DONE)] if event.name == "done" else [event]


@frames(trips="STREAM-FRAME-10")
def breaks_off(frame: bytes, scene: Scene) -> bytes:
    """The connection closes before the last event has been sent."""
    if scene.event == "done":
        raise Broken
    return frame


@events("createRun", "createThreadAndRun", trips="STREAM-ORDER-01")
def not_queued(event: Told, scene: Scene) -> list[Told]:
    """A new run is not told to be queued."""
    return [] if event.name == "thread.run.queued" else [event]


@events("createThreadAndRun", trips="STREAM-ORDER-01")
def queued_before_created(event: Told, scene: Scene) -> list[Told]:
    """A run that is created with its thread is queued before it is created."""
    if event.name == "thread.run.created":
        scene.stream["held"] = event
        return []
    return [event, scene.stream["held"]] if event.name == "thread.run.queued" else [event]


@events("createThreadAndRun", trips="STREAM-ORDER-02")
def thread_not_told(event: Told, scene: Scene) -> list[Told]:
    """The creation of the thread is not told."""
    return [] if event.name == "thread.created" else [event]


@events("createRun", trips="STREAM-ORDER-02")
def thread_told_again(event: Told, scene: Scene) -> list[Told]:
    """A run on an existing thread tells that the thread was created."""
    if event.name == "thread.run.created":
        thread = scene.endpoint.store.threads[scene.ids["thread_id"]].value
        return [Told("thread.created", dict(thread)), event]
    return [event]


@events("submitToolOuputsToRun", trips="STREAM-ORDER-03")
def created_again_after_outputs(event: Told, scene: Scene) -> list[Told]:
    """The stream after tool outputs begins with thread.run.created."""
    if event.name == "thread.run.queued":
        return [Told("thread.run.created", event.data), event]
    return [event]


@events("submitToolOuputsToRun", trips="STREAM-ORDER-03")
def step_not_completed_after_outputs(event: Told, scene: Scene) -> list[Told]:
    """The stream after tool outputs does not tell that their step is completed."""
    called = event.name == "thread.run.step.completed" and event.data["type"] == "tool_calls"
    return [] if called else [event]


@events(trips="STREAM-ORDER-04")
def step_without_progress(event: Told, scene: Scene) -> list[Told]:
    """Steps are not told to be in progress."""
    return [] if event.name == "thread.run.step.in_progress" else [event]


@events(trips="STREAM-ORDER-04")
def tool_step_without_creation(event: Told, scene: Scene) -> list[Told]:
    """A step of tool calls is not told to be created."""
    called = event.name == "thread.run.step.created" and event.data["type"] == "tool_calls"
    return [] if called else [event]


@events(trips="STREAM-ORDER-05")
def message_ends_after_its_step(event: Told, scene: Scene) -> list[Told]:
    """A message is completed after the step that created it."""
    if event.name == "thread.message.completed":
        scene.stream["held"] = event
        return []
    if event.name == "thread.run.step.completed" and "held" in scene.stream:
        return [event, scene.stream.pop("held")]
    return [event]


@events(trips="STREAM-ORDER-05")
def message_before_its_step(event: Told, scene: Scene) -> list[Told]:
    """A message is created before the step that creates it is in progress."""
    if event.name == "thread.run.step.in_progress" and event.data["type"] == "message_creation":
        scene.stream["held"] = event
        return []
    if event.name == "thread.message.created" and "held" in scene.stream:
        return [event, scene.stream.pop("held")]
    return [event]


@events(trips="STREAM-ORDER-05")
def message_without_progress(event: Told, scene: Scene) -> list[Told]:
    """Messages are not told to be in progress."""
    return [] if event.name == "thread.message.in_progress" else [event]


@events(trips="STREAM-ORDER-06")
def end_told_twice(event: Told, scene: Scene) -> list[Told]:
    """The end of a completed run is told twice."""
    return [event, event] if event.name == "thread.run.completed" else [event]


@events(trips="STREAM-ORDER-07")
def step_never_ends(event: Told, scene: Scene) -> list[Told]:
    """The step of a message is not told completed."""
    wrote = event.name == "thread.run.step.completed" and event.data["type"] == "message_creation"
    return [] if wrote else [event]


@events(trips="STREAM-ORDER-08")
def step_completed_before_outputs(event: Told, scene: Scene) -> list[Told]:
    """The step of function calls is completed before the run waits for their outputs."""
    if event.name == "thread.run.step.in_progress" and event.data["type"] == "tool_calls":
        scene.stream["step"] = event.data
    if event.name == "thread.run.requires_action" and "step" in scene.stream:
        step = {**scene.stream["step"], "status": "completed", "completed_at": scene.stream["step"]["created_at"]}
        return [Told("thread.run.step.completed", step), event]
    return [event]


@events(trips="STREAM-ORDER-11")
def progress_told_twice(event: Told, scene: Scene) -> list[Told]:
    """A run is told to be in progress again when its message is complete."""
    if event.name == "thread.run.in_progress":
        scene.stream["run"] = event.data
    if event.name == "thread.message.completed" and "run" in scene.stream:
        return [event, Told("thread.run.in_progress", scene.stream["run"])]
    return [event]


@events(trips="STREAM-ORDER-09")
def step_fails_before_its_message(event: Told, scene: Scene) -> list[Told]:
    """Where a run fails its step is told to fail before its message is incomplete."""
    if event.name == "thread.message.incomplete":
        scene.stream["held"] = event
        return []
    if event.name.startswith("thread.run.step.") and "held" in scene.stream:
        return [event, scene.stream.pop("held")]
    return [event]


@events(trips="STREAM-ORDER-10")
def steps_overlap(event: Told, scene: Scene) -> list[Told]:
    """A step of tool calls begins while the message of another step is written, and ends after it."""
    if event.name == "thread.run.step.in_progress":
        details = {"type": "tool_calls", "tool_calls": []}
        scene.stream["step"] = {**event.data, "id": f"step_{'0' * 24}", "type": "tool_calls", "step_details": details}
    step = scene.stream.get("step")
    if event.name == "thread.message.completed" and step:
        return [event, Told("thread.run.step.created", step), Told("thread.run.step.in_progress", step)]
    if event.name == "thread.run.completed" and step:
        ended = {**step, "status": "completed", "completed_at": step["created_at"], "usage": event.data["usage"]}
        return [Told("thread.run.step.completed", ended), event]
    return [event]


@events(trips="STREAM-ORDER-13")
def step_of_a_message_that_never_comes(event: Told, scene: Scene) -> list[Told]:
    """The step of a message is told in full, the message not at all."""
    return [] if event.name.startswith("thread.message.") else [event]


@events(trips="STREAM-EVENT-01")
def ping(event: Told, scene: Scene) -> list[Told]:
    """A stream begins with an event called ping, as another vendor sends it."""
    if not scene.stream.setdefault("begun", False):
        scene.stream["begun"] = True
        return [Told("ping", {"type": "ping"}), event]
    return [event]


@frames(trips="STREAM-FRAME-05")
def data_on_several_lines(frame: bytes, scene: Scene) -> bytes:
    """The data of an event is indented JSON on several data lines."""
    if scene.event in (None, "done"):
        return frame
    name, _, data = frame.decode().partition("\ndata: ")
    lines = json.dumps(json.loads(data), ensure_ascii=False, indent=1).splitlines()
    return "\n".join([name, *(f"data: {line}" for line in lines), "", ""]).encode()


@events(trips="STREAM-ORDER-12")
def end_not_told(event: Told, scene: Scene) -> list[Told]:
    """The stream of a completed run does not tell its end."""
    return [] if event.name == "thread.run.completed" else [event]


@events(trips="STREAM-ORDER-12")
def cancellation_not_told(event: Told, scene: Scene) -> list[Told]:
    """The stream of a cancelled run ends with thread.run.cancelling."""
    return [] if event.name == "thread.run.cancelled" else [event]


@events(trips="STREAM-EVENT-02")
def run_for_a_step(event: Told, scene: Scene) -> list[Told]:
    """The event thread.run.step.created carries the run."""
    if event.name == "thread.run.in_progress":
        scene.stream["run"] = event.data
    if event.name == "thread.run.step.created":
        return [Told(event.name, scene.stream.get("run", event.data))]
    return [event]


@events(trips="STREAM-EVENT-03")
def stale_run(event: Told, scene: Scene) -> list[Told]:
    """The event thread.run.in_progress carries the run as it was in the queue."""
    if event.name == "thread.run.queued":
        scene.stream["run"] = event.data
    if event.name == "thread.run.in_progress" and "run" in scene.stream:
        return [Told(event.name, dict(scene.stream["run"]))]
    return [event]


@events(trips="STREAM-EVENT-03")
def stale_message(event: Told, scene: Scene) -> list[Told]:
    """The event thread.message.completed carries a message that says in_progress."""
    if event.name == "thread.message.completed":
        event.data.update(status="in_progress", completed_at=None)
    return [event]


@events(trips="STREAM-EVENT-04")
def incomplete_told_as_completed(event: Told, scene: Scene) -> list[Told]:
    """A run that ends incomplete is told by thread.run.completed."""
    return [Told("thread.run.completed", event.data)] if event.name == "thread.run.incomplete" else [event]


@events(trips="STREAM-EVENT-05")
def steps_of_another_run(event: Told, scene: Scene) -> list[Told]:
    """The steps and messages of a stream name another run."""
    if event.name.startswith(("thread.message.", "thread.run.step.")) and not event.name.endswith("delta"):
        event.data["run_id"] = f"run_{'0' * 24}"
    return [event]


@events(trips="STREAM-EVENT-05")
def another_id_in_the_end(event: Told, scene: Scene) -> list[Told]:
    """The run that a stream ends with has another id."""
    if event.name == "thread.run.completed":
        event.data["id"] = f"run_{'0' * 24}"
    return [event]


@events(trips="STREAM-EVENT-06")
def message_changes_its_id(event: Told, scene: Scene) -> list[Told]:
    """A completed message has another id than the one that was created."""
    if event.name == "thread.message.completed":
        event.data["id"] = f"msg_{'0' * 24}"
    return [event]


@events(trips="STREAM-EVENT-07")
def step_announces_another_message(event: Told, scene: Scene) -> list[Told]:
    """The step announces a message that never comes."""
    if event.name.startswith("thread.run.step.") and event.data.get("type") == "message_creation":
        event.data["step_details"] = {"type": "message_creation", "message_creation": {"message_id": f"msg_{'0' * 24}"}}
    return [event]


@events("createThreadAndRun", trips="STREAM-EVENT-08")
def another_thread_created(event: Told, scene: Scene) -> list[Told]:
    """The thread that a stream creates is not the thread of its run."""
    if event.name == "thread.created":
        event.data["id"] = f"thread_{'0' * 24}"
    return [event]


@events(trips="STREAM-ERROR-02")
def bare_error(event: Told, scene: Scene) -> list[Told]:
    """A run that fails ends its stream with an error event whose error is a plain text."""
    if event.name == "thread.run.failed":
        return [Told("error", {"error": event.data["last_error"]["message"]})]
    return [event]


@events(trips="STREAM-ERROR-01")
def error_without_envelope(event: Told, scene: Scene) -> list[Told]:
    """A run that fails ends its stream with an error event whose data is the error itself."""
    if event.name == "thread.run.failed":
        return [Told("error", {**event.data["last_error"], "type": "server_error", "param": None})]
    return [event]


@events(trips="STREAM-ERROR-03")
def goes_on_after_an_error(event: Told, scene: Scene) -> list[Told]:
    """A run that fails tells an error event first, and the failure after it."""
    if event.name == "thread.run.failed":
        error = {**event.data["last_error"], "type": "server_error", "param": None}
        return [Told("error", {"error": error}), event]
    return [event]


@objects("thread.run", trips="RUN-FIELD-12")
def action_in_the_stream_only(run: Json, scene: Scene) -> None:
    """In streams a queued run says the action that it required before."""
    if run["status"] == "requires_action":
        scene.memory[run["id"]] = run["required_action"]
    elif scene.event == "thread.run.queued" and run["id"] in scene.memory:
        run["required_action"] = scene.memory[run["id"]]


@events(trips="STREAM-FRAME-11")
def all_at_the_end(event: Told, scene: Scene) -> list[Told]:
    """Events are kept until the run is over."""
    held = scene.stream.setdefault("held", [])
    held.append(event)
    return list(held) if event.name == "done" else []
