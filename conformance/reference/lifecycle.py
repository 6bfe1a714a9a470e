"""Every change a run goes through, each published on the run's channel in the order of the real service."""

from typing import Any

from conformance.reference import objects
from conformance.reference.clock import Clock
from conformance.reference.ids import IdGenerator
from conformance.reference.objects import Json
from conformance.reference.store import Draft, Record, Run, Store
from conformance.reference.token_usage import prompt_tokens, step_usage

_FAILURES = {
    "server_error": "Sorry, something went wrong.",
    "rate_limit_exceeded": "You exceeded your current quota, please check your plan and billing details.",
    "invalid_prompt": "The prompt could not be processed.",
}


class Lifecycle:
    """Changes runs, their steps and their messages, and publishes each change at once."""

    def __init__(self, store: Store, clock: Clock, ids: IdGenerator) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    # The run

    def created(self, run: Run) -> None:
        """Publish a new run."""
        self._publish(run, "thread.run.created", run.value)
        self._publish(run, "thread.run.queued", run.value)

    def requeue(self, run: Run) -> None:
        """Queue a run again, which got its tool outputs."""
        run.value.update(status="queued", required_action=None)
        self._publish(run, "thread.run.queued", run.value)

    def begin(self, run: Run) -> None:
        """Begin to work; a second beginning moves `started_at`, as recorded."""
        run.value.update(status="in_progress", started_at=self._clock.now())
        self._publish(run, "thread.run.in_progress", run.value)

    def require_outputs(self, run: Run) -> None:
        """Wait for the outputs of the functions that the open step calls; the stream ends here."""
        calls = _calls(run)
        wanted = [
            {**call, "function": {name: call["function"][name] for name in ("name", "arguments")}} for call in calls
        ]
        run.rounds += 1
        run.value.update(
            status="requires_action",
            required_action={"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": wanted}},
        )
        self._publish(run, "thread.run.requires_action", run.value)
        run.channel.close()

    def cancelling(self, run: Run) -> None:
        """Accept a cancellation."""
        run.value.update(status="cancelling", required_action=None)
        self._publish(run, "thread.run.cancelling", run.value)

    def cancel(self, run: Run) -> None:
        """Carry out a cancellation: what is open ends with it."""
        self.close_message(run, "run_cancelled")
        self.close_step(run, "cancelled")
        self._finish(run, "cancelled", cancelled_at=self._clock.now())

    def complete(self, run: Run) -> None:
        """Finish well."""
        self._finish(run, "completed", completed_at=self._clock.now())

    def cut_off(self, run: Run, reason: str = "max_completion_tokens") -> None:
        """Finish at a token cap. Where it ended the message, the step counts as completed, as recorded."""
        self.close_message(run, "max_tokens")
        self.close_step(run, "completed")
        self._finish(run, "incomplete", completed_at=self._clock.now(), incomplete_details={"reason": reason})

    def prompt_is_too_long(self, run: Run) -> bool:
        """Whether what the model would read has more tokens than the run allows."""
        cap = run.value["max_prompt_tokens"]
        return cap is not None and prompt_tokens(run) > cap

    def publish_error(self, run: Run) -> None:
        """Break off the streams of a run with an error event, wrapped and without a sentinel, as recorded."""
        error = {"message": _FAILURES["server_error"], "type": "server_error", "param": None, "code": None}
        run.channel.publish("error", {"error": error})
        run.channel.abandon()

    def fail(self, run: Run, code: str) -> None:
        """Finish with an error; what is open ends with it."""
        last_error = {"code": code, "message": _FAILURES[code]}
        # A step knows fewer codes than a run.
        step_code = code if code == "rate_limit_exceeded" else "server_error"
        self.close_message(run, "run_failed")
        self.close_step(run, "failed", last_error={**last_error, "code": step_code})
        self._finish(run, "failed", failed_at=self._clock.now(), last_error=last_error)

    def expire(self, run: Run) -> None:
        """Finish because the time is over. The one recorded expired run has `completed_at` set."""
        self.close_message(run, "run_expired")
        self.close_step(run, "expired")
        self._finish(run, "expired", completed_at=self._clock.now())

    def _finish(self, run: Run, status: str, **fields: Any) -> None:
        spent = [step.value["usage"] for step in run.steps.values() if step.value["usage"]]
        total = objects.usage(
            sum(usage["prompt_tokens"] for usage in spent), sum(usage["completion_tokens"] for usage in spent)
        )
        run.value.update(status=status, expires_at=None, required_action=None, usage=total, **fields)
        self._publish(run, f"thread.run.{status}", run.value)
        run.channel.close()

    # Steps

    def open_step(self, run: Run, details: Json) -> None:
        """Begin a step."""
        value = objects.step(self._ids.make("step"), self._clock.now(), run.value, details)
        run.step = self._store.add(value, run.steps)
        self._publish(run, "thread.run.step.created", value)
        self._publish(run, "thread.run.step.in_progress", value)

    def close_step(self, run: Run, status: str, last_error: Json | None = None) -> None:
        """End the open step, if there is one."""
        if run.step is None:
            return
        value = run.step.value
        value.update(status=status, last_error=last_error, usage=step_usage(run, value))
        if status != "expired":  # the real service has no `expired_at`
            value[f"{status}_at"] = self._clock.now()
        self._publish(run, f"thread.run.step.{status}", value)
        run.step = None

    def call(self, run: Run, name: str) -> Json:
        """Begin a function call in the open step; its arguments follow."""
        call = {
            "id": self._ids.make("call"),
            "type": "function",
            "function": {"name": name, "arguments": "", "output": None},
        }
        _calls(run).append(call)
        self._publish_call(run, call)
        return call

    def add_arguments(self, run: Run, call: Json, part: str) -> None:
        """Add a part of a call's arguments."""
        call["function"]["arguments"] += part
        self._publish_call(run, {"type": "function", "function": {"arguments": part}}, _calls(run).index(call))

    def accept_outputs(self, run: Run, outputs: dict[str, str]) -> None:
        """Fill in the outputs by call id and complete the step."""
        for call in _calls(run):
            call["function"]["output"] = outputs[call["id"]]
        self.close_step(run, "completed")

    def _publish_call(self, run: Run, call: Json, index: int | None = None) -> None:
        assert run.step is not None
        number = len(_calls(run)) - 1 if index is None else index
        details = {"type": "tool_calls", "tool_calls": [{"index": number, **call}]}
        self._publish_delta(run, "thread.run.step.delta", run.step, {"step_details": details})

    # HostedTools tools

    def search_call(self, run: Run, ranking: Json) -> Json:
        """Begin a search in the open step; its results follow."""
        options = {"ranker": ranking["ranker"], "score_threshold": ranking["score_threshold"]}
        return self._begin_call(run, "file_search", {"ranking_options": options, "results": []})

    def code_call(self, run: Run) -> Json:
        """Begin a program in the open step; its source and outputs follow."""
        return self._begin_call(run, "code_interpreter", {"input": "", "outputs": []})

    def _begin_call(self, run: Run, kind: str, details: Json) -> Json:
        call = {"id": self._ids.make("call"), "type": kind, kind: details}
        _calls(run).append(call)
        self._publish_call(run, call)
        return call

    def add_code(self, run: Run, call: Json, part: str) -> None:
        """Add a part of a program's source."""
        call["code_interpreter"]["input"] += part
        self._publish_call(run, {"type": "code_interpreter", "code_interpreter": {"input": part}}, 0)

    def add_outputs(self, run: Run, call: Json, outputs: list[Json]) -> None:
        """Add what a program put out."""
        call["code_interpreter"]["outputs"] += outputs
        parts = [{"index": index, **output} for index, output in enumerate(outputs)]
        self._publish_call(run, {"type": "code_interpreter", "code_interpreter": {"outputs": parts}}, 0)

    # Messages

    def open_message(self, run: Run) -> None:
        """Begin a message, in a step of its own."""
        identifier = self._ids.make("msg")
        self.open_step(run, {"type": "message_creation", "message_creation": {"message_id": identifier}})
        value = objects.reply(identifier, self._clock.now(), run.value)
        run.draft = Draft(self._store.add(value, run.thread.messages))
        self._publish(run, "thread.message.created", value)
        self._publish(run, "thread.message.in_progress", value)

    def show(self, run: Run, picture: str) -> None:
        """Add a picture to the open message, before any text; `picture` is the id of its file."""
        assert run.draft is not None
        part = {"type": "image_file", "image_file": {"file_id": picture}}
        run.draft.pictures.append(part)
        delta = {"content": [{"index": len(run.draft.pictures) - 1, **part}]}
        self._publish_delta(run, "thread.message.delta", run.draft.message, delta)

    def write(self, run: Run, piece: str, annotation: Json | None = None) -> None:
        """Add a piece of text to the open message; an annotation covers the whole of it."""
        draft = run.draft
        assert draft is not None
        annotations: Json = {} if draft.pieces else {"annotations": []}
        if annotation is not None:
            annotations = {"annotations": [{"index": len(draft.annotations), **_quoting(annotation)}]}
            draft.annotations.append(annotation)
        draft.pieces.append(piece)
        delta = {"content": [{"index": len(draft.pictures), "type": "text", "text": {"value": piece, **annotations}}]}
        self._publish_delta(run, "thread.message.delta", draft.message, delta)

    def close_message(self, run: Run, reason: str | None = None) -> None:
        """End the open message, if there is one; a reason tells why it is incomplete."""
        if run.draft is None:
            return
        value = run.draft.message.value
        written = [objects.text("".join(run.draft.pieces), run.draft.annotations)] if run.draft.pieces else []
        value["content"] = [*run.draft.pictures, *written]
        if reason is None:
            value.update(status="completed", completed_at=self._clock.now())
        else:
            value.update(status="incomplete", incomplete_at=self._clock.now(), incomplete_details={"reason": reason})
        self._publish(run, f"thread.message.{value['status']}", value)
        run.draft = None

    def _publish_delta(self, run: Run, name: str, record: Record, delta: Json) -> None:
        run.channel.publish(name, {"id": record.id, "object": name, "delta": delta})

    def _publish(self, run: Run, name: str, value: Json) -> None:
        run.channel.publish(name, objects.streamed(value, contents=run.contents))


def _calls(run: Run) -> list[Json]:
    assert run.step is not None
    calls: list[Json] = run.step.value["step_details"]["tool_calls"]
    return calls


def _quoting(annotation: Json) -> Json:
    """An annotation as deltas show it: citations have an empty quote there, and none in the finished message."""
    if annotation["type"] != "file_citation":
        return annotation
    return {**annotation, "file_citation": {**annotation["file_citation"], "quote": ""}}
