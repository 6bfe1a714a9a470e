"""Faults of run steps."""

from typing import Any

from conformance.proof.faults.changes import (
    again,
    copy,
    equals,
    every,
    has,
    items,
    listed,
    missing,
    put,
    replace,
    status,
    then,
    unstreamed,
    update,
    when,
)
from conformance.proof.faults.context import FaultContext, Json, replace_method
from conformance.proof.faults.fault import answer_bodies, answers, inside, objects
from conformance.proof.interception import Answer
from conformance.reference.endpoint import Endpoint

on_step = objects("thread.run.step")
on_step("STEP-STATE-01", "steps.completed_then_failed")(
    "A completed step is shown failed from the second time on.",
    when(
        every(status("completed"), again()),
        then(
            copy("failed_at", "completed_at"),
            update(
                status="failed",
                completed_at=None,
                last_error={"code": "server_error", "message": "Sorry, something went wrong."},
            ),
        ),
    ),
)
on_step("STEP-FIELD-01", "steps.completed_without_time")(
    "A completed step of tool calls has no completed_at.",
    when(every(status("completed"), equals("type", "tool_calls")), put("completed_at", None)),
)
on_step("STEP-FIELD-02", "steps.failed_without_time")(
    "A failed step has no failed_at.", when(status("failed"), put("failed_at", None))
)
on_step("STEP-FIELD-03", "steps.cancelled_without_time")(
    "A cancelled step has no cancelled_at.", when(status("cancelled"), put("cancelled_at", None))
)
on_step("STEP-FIELD-04", "steps.in_progress_with_end")(
    "A step in progress has completed_at.", when(status("in_progress"), copy("completed_at", "created_at"))
)
on_step("STEP-FIELD-05", "steps.completed_and_cancelled")(
    "A completed step has cancelled_at too.", when(status("completed"), copy("cancelled_at", "completed_at"))
)
on_step("STEP-FIELD-07", "steps.failed_without_reason")(
    "A failed step has no last_error: only the run tells it.", when(status("failed"), put("last_error", None))
)
on_step("STEP-FIELD-08", "steps.completed_with_error")(
    "A completed step has a last_error.",
    when(status("completed"), put("last_error", {"code": "server_error", "message": "Retried once."})),
)
on_step("STEP-FIELD-09", "steps.usage_in_progress")(
    "A step in progress has a usage.",
    when(status("in_progress"), put("usage", {"prompt_tokens": 1, "completion_tokens": 0, "total_tokens": 1})),
)
on_step("STEP-FIELD-10", "steps.completed_without_usage")(
    "A completed step tells no usage.", when(status("completed"), put("usage", None))
)
on_step("STEP-TYPE-01", "steps.type_changes")(
    "A step of tool calls is a message creation when it is listed.",
    when(
        every(equals("type", "tool_calls"), listed),
        update(
            type="message_creation",
            step_details={"type": "message_creation", "message_creation": {"message_id": f"msg_{'0' * 24}"}},
        ),
    ),
)
on_step("STEP-TYPE-02", "steps.details_of_another_type")(
    "The step says tool_calls where its details are those of a message creation.",
    when(equals("type", "message_creation"), put("type", "tool_calls")),
)
on_step("STEP-TIME-01", "steps.ended_before_creation")(
    "A step was completed a second before it was created.",
    when(status("completed"), copy("completed_at", "created_at", plus=-1)),
)
on_step("STEP-USAGE-01", "steps.wrong_total")(
    "A step's total of tokens is one too high.",
    when(
        has("usage"),
        lambda value, _: value.update(usage={**value["usage"], "total_tokens": value["usage"]["total_tokens"] + 1}),
    ),
)


@answer_bodies("listRunSteps", "getRunStep").function("STEP-CALLS-01")
def calls_with_other_ids(body: Json, context: FaultContext) -> None:
    """The calls of a listed step have other ids than those that the run wants answered."""
    for step in body.get("data", [body]):
        for number, call in enumerate(step["step_details"].get("tool_calls", ())):
            call["id"] = f"call_{number:024}"


@on_step.function("STEP-LINK-01")
def names_a_message_of_the_user(step: Json, context: FaultContext) -> None:
    """A step says that it created the first message of the thread."""
    if step["type"] == "message_creation" and step["status"] == "completed":
        first = next(iter(context.store.threads[step["thread_id"]].messages))
        step["step_details"] = {"type": "message_creation", "message_creation": {"message_id": first}}


@answers("getMessage", "listMessages").function("STEP-LINK-02")
def created_message_is_not_there(answer: Answer, context: FaultContext) -> None:
    """The message that a run created cannot be read by its id."""
    if context.operation == "getMessage" and answer.ok and answer.body["run_id"]:
        missing(answer, f"No message found with id '{context.ids['message_id']}'.")
    elif answer.ok:
        items(lambda data, _: [message for message in data if not message["run_id"]])(answer.body, context)


on_step("STEP-END-01", "steps.never_ends_in_lists")(
    "The steps of a completed run are in progress when they are listed.",
    when(every(listed, status("completed")), update(status="in_progress", completed_at=None, usage=None)),
)
on_step("STEP-END-02", "steps.open_after_failure")(
    "The step of a run that failed or expired is in progress when it is listed.",
    when(
        every(listed, status("failed", "expired")),
        update(status="in_progress", failed_at=None, last_error=None, usage=None),
    ),
)


@on_step.function("STEP-WAIT-01")
def completed_while_waiting(step: Json, context: FaultContext) -> None:
    """The step of function calls is completed while their outputs are waited for."""
    if context.listed and step["type"] == "tool_calls" and step["status"] == "in_progress":
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        step.update(status="completed", completed_at=step["created_at"], usage=usage)


@on_step.function("STEP-FROZEN-01")
def usage_drifts(step: Json, context: FaultContext) -> None:
    """The usage of a completed step grows with each look."""
    if step["usage"] and step["status"] == "completed":
        more = context.nth(step["id"]) - 1
        used = {name: step["usage"][name] + more for name in ("prompt_tokens", "total_tokens")}
        step["usage"] = {**step["usage"], **used}


on_step("STEP-FIELD-06", "steps.cancelled_and_completed")(
    "A cancelled step has completed_at too.", when(status("cancelled"), copy("completed_at", "cancelled_at"))
)


@inside.function("STEP-CAUSE-01")
def failure_cancels_steps(endpoint: Endpoint) -> None:
    """The open step of a run that fails is cancelled."""

    def closing(close: Any) -> Any:
        def closed(run: Any, status: str, last_error: Any = None) -> None:
            close(run, "cancelled" if status == "failed" else status, None if status == "failed" else last_error)

        return closed

    replace_method(endpoint.engine._lifecycle, "close_step", closing)


answer_bodies("getRunStep")("STEP-FROZEN-01", "steps.code_read_otherwise")(
    "The code that ran has a blank at its end when its step is read.",
    replace("step_details.tool_calls.code_interpreter.input", lambda code: code + " "),
)
on_step("STEP-FROZEN-01", "steps.code_without_outputs")(
    "The outputs of code are told in streams only.",
    when(unstreamed, replace("step_details.tool_calls.code_interpreter.outputs", lambda _: [])),
)
answer_bodies("getRunStep")("STEP-FROZEN-01", "steps.fewer_results_read")(
    "A step that is read shows the first result of a search only.",
    replace("step_details.tool_calls.file_search.results", lambda results: results[:1]),
)
