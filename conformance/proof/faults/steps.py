"""Faults of run steps."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import missing
from conformance.proof.faults.fault import answers, inside, objects
from conformance.proof.faults.scene import Answer, Scene, instead
from conformance.reference.endpoint import Endpoint

Json = dict[str, Any]


@objects("thread.run.step", trips="STEP-STATE-01")
def completed_then_failed(step: Json, scene: Scene) -> None:
    """A completed step is shown failed from the second time on."""
    if step["status"] == "completed" and scene.nth(step["id"]) > 1:
        step.update(
            status="failed",
            failed_at=step["completed_at"],
            completed_at=None,
            last_error={"code": "server_error", "message": "Sorry, something went wrong."},
        )


@objects("thread.run.step", trips="STEP-FIELD-01")
def completed_without_time(step: Json, scene: Scene) -> None:
    """A completed step of tool calls has no completed_at."""
    if step["status"] == "completed" and step["type"] == "tool_calls":
        step["completed_at"] = None


@objects("thread.run.step", trips="STEP-FIELD-02")
def failed_without_time(step: Json, scene: Scene) -> None:
    """A failed step has no failed_at."""
    if step["status"] == "failed":
        step["failed_at"] = None


@objects("thread.run.step", trips="STEP-FIELD-03")
def cancelled_without_time(step: Json, scene: Scene) -> None:
    """A cancelled step has no cancelled_at."""
    if step["status"] == "cancelled":
        step["cancelled_at"] = None


@objects("thread.run.step", trips="STEP-FIELD-04")
def in_progress_with_end(step: Json, scene: Scene) -> None:
    """A step in progress has completed_at."""
    if step["status"] == "in_progress":
        step["completed_at"] = step["created_at"]


@objects("thread.run.step", trips="STEP-FIELD-05")
def completed_and_cancelled(step: Json, scene: Scene) -> None:
    """A completed step has cancelled_at too."""
    if step["status"] == "completed":
        step["cancelled_at"] = step["completed_at"]


@objects("thread.run.step", trips="STEP-FIELD-07")
def failed_without_reason(step: Json, scene: Scene) -> None:
    """A failed step has no last_error: only the run tells it."""
    if step["status"] == "failed":
        step["last_error"] = None


@objects("thread.run.step", trips="STEP-FIELD-08")
def completed_with_error(step: Json, scene: Scene) -> None:
    """A completed step has a last_error."""
    if step["status"] == "completed":
        step["last_error"] = {"code": "server_error", "message": "Retried once."}


@objects("thread.run.step", trips="STEP-FIELD-09")
def usage_in_progress(step: Json, scene: Scene) -> None:
    """A step in progress has a usage."""
    if step["status"] == "in_progress":
        step["usage"] = {"prompt_tokens": 1, "completion_tokens": 0, "total_tokens": 1}


@objects("thread.run.step", trips="STEP-FIELD-10")
def completed_without_usage(step: Json, scene: Scene) -> None:
    """A completed step tells no usage."""
    if step["status"] == "completed":
        step["usage"] = None


@objects("thread.run.step", trips="STEP-TYPE-01")
def type_changes(step: Json, scene: Scene) -> None:
    """A step of tool calls is a message creation when it is listed."""
    if step["type"] == "tool_calls" and scene.listed:
        step["type"] = "message_creation"
        step["step_details"] = {"type": "message_creation", "message_creation": {"message_id": f"msg_{'0' * 24}"}}


@objects("thread.run.step", trips="STEP-TYPE-02")
def details_of_another_type(step: Json, scene: Scene) -> None:
    """The step says tool_calls where its details are those of a message creation."""
    if step["type"] == "message_creation":
        step["type"] = "tool_calls"


@objects("thread.run.step", trips="STEP-TIME-01")
def ended_before_creation(step: Json, scene: Scene) -> None:
    """A step was completed a second before it was created."""
    if step["status"] == "completed":
        step["completed_at"] = step["created_at"] - 1


@objects("thread.run.step", trips="STEP-USAGE-01")
def wrong_total(step: Json, scene: Scene) -> None:
    """A step's total of tokens is one too high."""
    if step["usage"]:
        step["usage"] = {**step["usage"], "total_tokens": step["usage"]["total_tokens"] + 1}


@answers("listRunSteps", "getRunStep", trips="STEP-CALLS-01")
def calls_with_other_ids(answer: Answer, scene: Scene) -> None:
    """The calls of a listed step have other ids than those that the run wants answered."""
    if answer.ok:
        for step in answer.body.get("data", [answer.body]):
            for number, call in enumerate(step["step_details"].get("tool_calls", ())):
                call["id"] = f"call_{number:024}"


@objects("thread.run.step", trips="STEP-LINK-01")
def names_a_message_of_the_user(step: Json, scene: Scene) -> None:
    """A step says that it created the first message of the thread."""
    if step["type"] == "message_creation" and step["status"] == "completed":
        first = next(iter(scene.endpoint.store.threads[step["thread_id"]].messages))
        step["step_details"] = {"type": "message_creation", "message_creation": {"message_id": first}}


@answers("getMessage", "listMessages", trips="STEP-LINK-02")
def created_message_is_not_there(answer: Answer, scene: Scene) -> None:
    """The message that a run created cannot be read by its id."""
    if scene.operation == "getMessage" and answer.ok and answer.body["run_id"]:
        missing(answer, f"No message found with id '{scene.ids['message_id']}'.")
    elif answer.ok:
        page = answer.body
        page["data"] = [message for message in page["data"] if not message["run_id"]]
        page["first_id"] = page["data"][0]["id"] if page["data"] else None
        page["last_id"] = page["data"][-1]["id"] if page["data"] else None


@objects("thread.run.step", trips="STEP-END-01")
def never_ends_in_lists(step: Json, scene: Scene) -> None:
    """The steps of a completed run are in progress when they are listed."""
    if scene.listed and step["status"] == "completed":
        step.update(status="in_progress", completed_at=None, usage=None)


@objects("thread.run.step", trips="STEP-END-02")
def open_after_failure(step: Json, scene: Scene) -> None:
    """The step of a run that failed or expired is in progress when it is listed."""
    if scene.listed and step["status"] in ("failed", "expired"):
        step.update(status="in_progress", failed_at=None, last_error=None, usage=None)


@objects("thread.run.step", trips="STEP-WAIT-01")
def completed_while_waiting(step: Json, scene: Scene) -> None:
    """The step of function calls is completed while their outputs are waited for."""
    if scene.listed and step["type"] == "tool_calls" and step["status"] == "in_progress":
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        step.update(status="completed", completed_at=step["created_at"], usage=usage)


@objects("thread.run.step", trips="STEP-FROZEN-01")
def usage_drifts(step: Json, scene: Scene) -> None:
    """The usage of a completed step grows with each look."""
    if step["usage"] and step["status"] == "completed":
        more = scene.nth(step["id"]) - 1
        usage = step["usage"]
        step["usage"] = {
            **usage,
            "prompt_tokens": usage["prompt_tokens"] + more,
            "total_tokens": usage["total_tokens"] + more,
        }


@objects("thread.run.step", trips="STEP-FIELD-06")
def cancelled_and_completed(step: Json, scene: Scene) -> None:
    """A cancelled step has completed_at too."""
    if step["status"] == "cancelled":
        step["completed_at"] = step["cancelled_at"]


@inside(trips="STEP-CAUSE-01")
def failure_cancels_steps(endpoint: Endpoint) -> None:
    """The open step of a run that fails is cancelled."""

    def closing(close: Any) -> Any:
        def closed(run: Any, status: str, last_error: Any = None) -> None:
            close(run, "cancelled" if status == "failed" else status, None if status == "failed" else last_error)

        return closed

    instead(endpoint.engine._lifecycle, "close_step", closing)
