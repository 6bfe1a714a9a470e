"""Streams for tests: whole sessions as lists of frames, which a test changes in one place and writes out as a trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.trace.exchange import Response
from conformance.trace.trace import Trace
from tests.traces import RUN, THREAD, Call, message, run, step, thread, tool_call, trace

Json = Any

DONE = b"event: done\ndata: [DONE]\n\n"
CREATE_RUN = f"POST /threads/{THREAD}/runs"
CREATE_BOTH = "POST /threads/runs"
SUBMIT = f"POST /threads/{THREAD}/runs/{RUN}/submit_tool_outputs"
HEADERS = (("content-type", "text/event-stream; charset=utf-8"), ("x-request-id", "req_1"))
STREAMING = {"assistant_id": "asst_A1", "stream": True}
GOING_ON = {"tool_outputs": [{"tool_call_id": "call_F1", "output": "x"}], "stream": True}


@dataclass(frozen=True)
class Frame:
    """One frame to be: its name and its data; or its bytes, where they are not the usual ones."""

    name: str
    data: Json = None
    raw: bytes | None = None

    @property
    def bytes(self) -> bytes:
        if self.raw is not None:
            return self.raw
        return f"event: {self.name}\ndata: {json.dumps(self.data, ensure_ascii=False)}\n\n".encode()


@dataclass(frozen=True)
class Session:
    """One stream to be: the request it answers, its frames, and what ends it. `calls` come before it."""

    label: str
    frames: tuple[Frame, ...]
    end: bytes = DONE
    calls: tuple[Call, ...] = ()

    @property
    def body(self) -> bytes:
        return b"".join(frame.bytes for frame in self.frames) + self.end

    def at(self, name: str, nth: int = 0) -> int:
        """The position of the nth frame of a name; from the end for -1."""
        return [index for index, frame in enumerate(self.frames) if frame.name == name][nth]

    def drop(self, name: str, nth: int = 0) -> Session:
        return self.drop_at(self.at(name, nth))

    def drop_at(self, at: int) -> Session:
        return replace(self, frames=self.frames[:at] + self.frames[at + 1 :])

    def double(self, name: str, nth: int = 0) -> Session:
        at = self.at(name, nth)
        return self.insert(at, self.frames[at])

    def insert(self, at: int, *frames: Frame) -> Session:
        return replace(self, frames=self.frames[:at] + frames + self.frames[at:])

    def swap(self, at: int) -> Session:
        """The frame and the one after it change places."""
        return replace(self, frames=(*self.frames[:at], *self.frames[at : at + 2][::-1], *self.frames[at + 2 :]))

    def change(self, name: str, *path: str | int, to: Json, nth: int = 0) -> Session:
        """A member of the data of a frame becomes something else."""
        at = self.at(name, nth)
        data = json.loads(json.dumps(self.frames[at].data))
        holder = data
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = to
        return self.put(at, replace(self.frames[at], data=data))

    def put(self, at: int, *frames: Frame) -> Session:
        """Other frames in place of one."""
        return replace(self, frames=self.frames[:at] + frames + self.frames[at + 1 :])

    def rewrite(self, name: str, how: Callable[[bytes], bytes], nth: int = 0) -> Session:
        """The bytes of a frame become others."""
        at = self.at(name, nth)
        return self.put(at, replace(self.frames[at], raw=how(self.frames[at].bytes)))

    def trace(self, **changes: Any) -> Trace:
        """The trace of the stream, after the calls before it; `changes` are those of a call."""
        return trace(*self.calls, self.call(**changes))

    def call(self, **changes: Any) -> Call:
        if "answer" not in changes:
            changes["answer"] = self.body
        sent = GOING_ON if self.label == SUBMIT else STREAMING
        return Call(self.label, **({"sent": sent, "headers": HEADERS} | changes))


def arriving(whole: Trace, times: Sequence[float], **changes: Any) -> Trace:
    """The trace with arrival times for the events of its last exchange, as if it had been live."""
    last = whole.exchanges[-1]
    assert isinstance(last.response, Response)
    offsets: list[int] = []
    for event in last.response.events:
        offsets.append((offsets[-1] if offsets else 0) + len(event.raw))
    arrivals = tuple(zip(times, offsets, strict=True))
    timed = replace(last, response=replace(last.response, arrivals=arrivals), **changes)
    return replace(whole, exchanges=(*whole.exchanges[:-1], timed), live=True)


# --- the parts that sessions are made of


def opening() -> tuple[Frame, ...]:
    return (
        Frame("thread.run.created", run()),
        Frame("thread.run.queued", run()),
        Frame("thread.run.in_progress", run("in_progress")),
    )


def text_delta(value: str | None, index: int = 0, message_id: str = "msg_M1", **more: Json) -> Frame:
    content = [{"index": index, "type": "text", "text": {"value": value, **more}}]
    return Frame(
        "thread.message.delta", {"id": message_id, "object": "thread.message.delta", "delta": {"content": content}}
    )


def call_delta(*entries: Json, step_id: str = "step_S1") -> Frame:
    details = {"type": "tool_calls", "tool_calls": list(entries)}
    return Frame(
        "thread.run.step.delta", {"id": step_id, "object": "thread.run.step.delta", "delta": {"step_details": details}}
    )


def text_content(value: str, *annotations: Json) -> Json:
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


def writing(
    *deltas: Frame,
    content: Sequence[Json] = (),
    step_id: str = "step_S2",
    message_id: str = "msg_M1",
    end: str = "completed",
) -> tuple[Frame, ...]:
    """A step that writes a message: by default the text "Hé llo." in three pieces."""
    deltas = deltas or (
        text_delta("Hé", message_id=message_id, annotations=[]),
        text_delta(" llo", message_id=message_id),
        text_delta(".", message_id=message_id),
    )
    details = {"type": "message_creation", "message_creation": {"message_id": message_id}}
    open_step = step("in_progress", id=step_id, step_details=details)
    open_message = message("in_progress", id=message_id)
    closed = message(end, id=message_id, content=list(content) or [text_content("Hé llo.")])
    return (
        Frame("thread.run.step.created", open_step),
        Frame("thread.run.step.in_progress", open_step),
        Frame("thread.message.created", open_message),
        Frame("thread.message.in_progress", open_message),
        *deltas,
        Frame(f"thread.message.{end}", closed),
        Frame("thread.run.step.completed", step(id=step_id, step_details=details)),
    )


CITED = "Cake 【4:0†food.txt】."
CITATION = {
    "type": "file_citation",
    "text": "【4:0†food.txt】",
    "start_index": 5,
    "end_index": 19,
    "file_citation": {"file_id": "file-F1"},
}


def citing() -> tuple[Frame, ...]:
    """A message with an annotation, whose delta has a quote that the finished message has not."""
    quoted = CITATION | {"file_citation": {"file_id": "file-F1", "quote": ""}}
    return writing(
        text_delta("Cake ", annotations=[]),
        text_delta("【4:0†food.txt】", annotations=[{"index": 0, **quoted}]),
        text_delta("."),
        content=[text_content(CITED, CITATION)],
    )


def calling(*entries: Json) -> tuple[Frame, ...]:
    """A step of two function calls, up to the moment when the run waits for their outputs."""
    open_step = step("in_progress", tool_call()) | {"step_details": {"type": "tool_calls", "tool_calls": []}}
    return (
        Frame("thread.run.step.created", open_step),
        Frame("thread.run.step.in_progress", open_step),
        call_delta(*(entries or (first_of_call(0, "call_C1"),))),
        call_delta(next_of_call(0, '{"city": ')),
        call_delta(next_of_call(0, '"Bern"}')),
        call_delta(first_of_call(1, "call_C2")),
        call_delta(next_of_call(1, "{}")),
    )


def first_of_call(index: int, call_id: str) -> Json:
    function = {"name": "weather", "arguments": "", "output": None}
    return {"index": index, "id": call_id, "type": "function", "function": function}


def next_of_call(index: int, arguments: str, **more: Json) -> Json:
    return {"index": index, "type": "function", "function": {"arguments": arguments}, **more}


CALLS = (tool_call(), tool_call("call_C2", "{}"))


def computing() -> tuple[Frame, ...]:
    """A step in which code_interpreter runs."""
    logs = {"type": "logs", "logs": "2"}
    code = {"id": "call_K1", "type": "code_interpreter", "code_interpreter": {"input": "1 +\r\n1", "outputs": [logs]}}
    first = code | {"index": 0, "code_interpreter": {"input": "", "outputs": []}}
    open_step = step("in_progress", code) | {"step_details": {"type": "tool_calls", "tool_calls": []}}
    return (
        Frame("thread.run.step.created", open_step),
        Frame("thread.run.step.in_progress", open_step),
        call_delta(first),
        call_delta({"index": 0, "type": "code_interpreter", "code_interpreter": {"input": "1 +\r\n"}}),
        call_delta({"index": 0, "type": "code_interpreter", "code_interpreter": {"input": "1"}}),
        call_delta({"index": 0, "type": "code_interpreter", "code_interpreter": {"outputs": [logs | {"index": 0}]}}),
        Frame("thread.run.step.completed", step("completed", code)),
    )


# --- whole sessions


def ending(status: str) -> Frame:
    calls = CALLS if status == "requires_action" else ()
    return Frame(f"thread.run.{status}", run(status, *calls))


def text_run() -> Session:
    return Session(CREATE_RUN, (*opening(), *writing(), ending("completed")))


def citing_run() -> Session:
    return Session(CREATE_RUN, (*opening(), *citing(), ending("completed")))


def code_run() -> Session:
    return Session(CREATE_RUN, (*opening(), *computing(), *writing(), ending("completed")))


def capped_run() -> Session:
    return Session(CREATE_RUN, (*opening(), *writing(end="incomplete"), ending("incomplete")))


def function_run() -> Session:
    return Session(CREATE_BOTH, (Frame("thread.created", thread()), *opening(), *calling(), ending("requires_action")))


def continuation() -> Session:
    """The stream after tool outputs, with the one before it."""
    return Session(
        SUBMIT,
        (
            Frame("thread.run.step.completed", step("completed", *CALLS)),
            Frame("thread.run.queued", run("queued", started_at=1_735_689_601)),
            Frame("thread.run.in_progress", run("in_progress")),
            *writing(),
            ending("completed"),
        ),
        calls=(function_run().call(),),
    )


def two_messages() -> Session:
    return Session(
        CREATE_RUN, (*opening(), *writing(), *writing(step_id="step_S3", message_id="msg_M2"), ending("completed"))
    )


def two_parts() -> Session:
    content = [text_content("one"), text_content("two")]
    pieces = (text_delta("one", annotations=[]), text_delta("tw", 1, annotations=[]), text_delta("o", 1))
    return Session(CREATE_RUN, (*opening(), *writing(*pieces, content=content), ending("completed")))


def failed_run() -> Session:
    return Session(CREATE_RUN, (*opening(), ending("failed")))


def cancelled_run() -> Session:
    """A run that is cancelled while it writes; what is open is closed from the inside out."""
    written = writing(end="incomplete")[:-1]
    step_end = step("cancelled", id="step_S2")
    return Session(
        CREATE_RUN,
        (
            *opening(),
            *written[:-1],
            Frame("thread.run.cancelling", run("cancelling")),
            written[-1],
            Frame("thread.run.step.cancelled", step_end),
            ending("cancelled"),
        ),
    )


def error_run(data: Json = None) -> Session:
    nested = {"error": {"message": "It broke.", "type": "server_error", "param": None, "code": None}}
    return Session(CREATE_RUN, (*opening(), *writing()[:6], Frame("error", nested if data is None else data)), end=b"")


SOUND: dict[str, Callable[[], Session]] = {
    "text": text_run,
    "citation": citing_run,
    "code": code_run,
    "token cap": capped_run,
    "function calls": function_run,
    "continuation": continuation,
    "two messages": two_messages,
    "two parts": two_parts,
    "failure": failed_run,
    "cancellation": cancelled_run,
    "error": error_run,
}
