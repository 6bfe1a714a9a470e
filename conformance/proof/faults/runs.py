"""Faults of runs: their lifecycle, their members, their times and their usage."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import ENDED
from conformance.proof.faults.fault import answers, objects
from conformance.proof.faults.scene import Answer, Scene

Json = dict[str, Any]
MAKING = ("createRun", "createThreadAndRun")


@answers("getRun", trips="RUN-STATE-01")
def restarts_after_completion(answer: Answer, scene: Scene) -> None:
    """A completed run is in progress again at the second look after its end."""
    if answer.ok and answer.body["status"] == "completed" and scene.nth(answer.body["id"]) == 2:
        answer.body.update(status="in_progress", completed_at=None, usage=None)


@objects("thread.run", trips="RUN-STATE-01")
def completes_after_cancellation(run: Json, scene: Scene) -> None:
    """A cancelled run is shown completed from the second time on: the worker did not hear of the cancellation."""
    if run["status"] == "cancelled" and scene.nth(run["id"]) > 1:
        run.update(status="completed", completed_at=run["cancelled_at"], cancelled_at=None)


@answers("getRun", "cancelRun", trips="RUN-STATE-02")
def resumes_after_cancel(answer: Answer, scene: Scene) -> None:
    """The first look at a run after its cancellation was accepted shows it in progress."""
    if not answer.ok:
        return
    if scene.operation == "cancelRun":
        scene.memory[answer.body["id"]] = answer.body["started_at"] or answer.body["created_at"]
    elif (started := scene.memory.pop(answer.body["id"], None)) is not None:
        answer.body.update(
            status="in_progress", started_at=started, cancelled_at=None, usage=None, incomplete_details=None
        )
        answer.body["expires_at"] = answer.body["created_at"] + 600


@answers("getRun", trips="RUN-STATE-03")
def goes_back_to_queue(answer: Answer, scene: Scene) -> None:
    """A run that was seen in progress is queued again at the next look, without tools in between."""
    if not answer.ok:
        return
    run = answer.body
    if scene.memory.get(run["id"]) == "in_progress" and run["status"] in ("in_progress", "completed"):
        scene.memory[run["id"]] = "queued"
        run.update(status="queued", completed_at=None, usage=None, expires_at=run["created_at"] + 600)
    else:
        scene.memory[run["id"]] = run["status"]


@answers("getRun", trips="RUN-STATE-03")
def stops_waiting_for_outputs(answer: Answer, scene: Scene) -> None:
    """A run that waits for tool outputs is in progress at the second look, though none were submitted."""
    if answer.ok and answer.body["status"] == "requires_action" and scene.nth(answer.body["id"]) == 2:
        answer.body.update(status="in_progress", required_action=None)


@answers(*MAKING, trips="RUN-STATE-04")
def created_in_progress(answer: Answer, scene: Scene) -> None:
    """The answer that creates a run shows it in progress already."""
    if answer.ok:
        answer.body["status"] = "in_progress"


@answers("createThreadAndRun", trips="RUN-STATE-04")
def created_completed_with_thread(answer: Answer, scene: Scene) -> None:
    """A run that is created with its thread is answered completed."""
    if answer.ok:
        answer.body["status"] = "completed"


@answers("cancelRun", trips="RUN-STATE-05")
def cancel_answers_old_status(answer: Answer, scene: Scene) -> None:
    """The answer to a cancel shows the run as it was before."""
    if answer.ok:
        answer.body["status"] = "in_progress"


@objects("thread.run", trips="RUN-FIELD-01")
def completed_without_time(run: Json, scene: Scene) -> None:
    """A completed run has no completed_at when it is read."""
    if run["status"] == "completed" and scene.event is None:
        run["completed_at"] = None


@objects("thread.run", trips="RUN-FIELD-02")
def failed_without_time(run: Json, scene: Scene) -> None:
    """A failed run has completed_at in the place of failed_at."""
    if run["status"] == "failed":
        run.update(completed_at=run["failed_at"], failed_at=None)


@objects("thread.run", trips="RUN-FIELD-03")
def cancelled_without_time(run: Json, scene: Scene) -> None:
    """A cancelled run has no cancelled_at."""
    if run["status"] == "cancelled":
        run["cancelled_at"] = None


@objects("thread.run", trips="RUN-FIELD-04")
def waiting_with_completion_time(run: Json, scene: Scene) -> None:
    """A run that waits for tool outputs has completed_at, for its first part is done."""
    if run["status"] == "requires_action":
        run["completed_at"] = run["started_at"]


@objects("thread.run", trips="RUN-FIELD-05")
def cancelled_with_completion_time(run: Json, scene: Scene) -> None:
    """A cancelled run has completed_at besides cancelled_at."""
    if run["status"] == "cancelled":
        run["completed_at"] = run["cancelled_at"]


@objects("thread.run", trips="RUN-FIELD-06")
def never_expires(run: Json, scene: Scene) -> None:
    """A run that goes on has no expires_at."""
    if run["status"] not in ENDED:
        run["expires_at"] = None


@objects("thread.run", trips="RUN-FIELD-07")
def completed_still_expires(run: Json, scene: Scene) -> None:
    """A completed run keeps its expires_at."""
    if run["status"] == "completed":
        run["expires_at"] = run["created_at"] + 600


@answers(*MAKING, trips="RUN-FIELD-09")
def created_and_started(answer: Answer, scene: Scene) -> None:
    """The answer that creates a run has started_at."""
    if answer.ok:
        answer.body["started_at"] = answer.body["created_at"]


@objects("thread.run", trips="RUN-FIELD-10")
def waiting_without_start(run: Json, scene: Scene) -> None:
    """A run that waits for tool outputs has lost its started_at."""
    if run["status"] == "requires_action":
        run["started_at"] = None


@objects("thread.run", trips="RUN-FIELD-11")
def waiting_for_nothing(run: Json, scene: Scene) -> None:
    """A run that waits for tool outputs does not say for which, in the list of runs and in events."""
    if run["status"] == "requires_action" and (scene.event is not None or scene.listed):
        run["required_action"] = None


@objects("thread.run", trips="RUN-FIELD-12")
def action_left_over(run: Json, scene: Scene) -> None:
    """A run still says which action it required after the outputs were submitted."""
    if run["status"] == "requires_action":
        scene.memory[run["id"]] = run["required_action"]
    elif run["id"] in scene.memory:
        run["required_action"] = scene.memory[run["id"]]


@objects("thread.run", trips="RUN-FIELD-13")
def failed_without_reason(run: Json, scene: Scene) -> None:
    """A failed run has no last_error."""
    if run["status"] == "failed":
        run["last_error"] = None


@objects("thread.run", trips="RUN-FIELD-14")
def cancelled_with_error(run: Json, scene: Scene) -> None:
    """A cancelled run has a last_error that tells of the cancellation."""
    if run["status"] == "cancelled":
        run["last_error"] = {"code": "server_error", "message": "The run was cancelled."}


@objects("thread.run", trips="RUN-FIELD-15")
def incomplete_without_reason(run: Json, scene: Scene) -> None:
    """An incomplete run has no incomplete_details."""
    if run["status"] == "incomplete":
        run["incomplete_details"] = None


@objects("thread.run", trips="RUN-FIELD-16")
def in_progress_incomplete(run: Json, scene: Scene) -> None:
    """A run with a token cap says why it is incomplete while it is still going on."""
    if run["status"] in ("queued", "in_progress") and run["max_completion_tokens"] is not None:
        run["incomplete_details"] = {"reason": "max_completion_tokens"}


@objects("thread.run", trips="RUN-FIELD-17")
def completed_and_incomplete(run: Json, scene: Scene) -> None:
    """A completed run has incomplete_details."""
    if run["status"] == "completed":
        run["incomplete_details"] = {"reason": "max_completion_tokens"}


@objects("thread.run", trips="RUN-FIELD-18")
def completed_without_usage(run: Json, scene: Scene) -> None:
    """A completed run tells its usage in streams only."""
    if run["status"] == "completed" and scene.event is None:
        run["usage"] = None


@objects("thread.run", trips="RUN-FIELD-20")
def usage_from_the_beginning(run: Json, scene: Scene) -> None:
    """A queued run has a usage of zeros."""
    if run["status"] == "queued":
        run["usage"] = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


@objects("thread.run", trips="RUN-TIME-01")
def started_before_creation(run: Json, scene: Scene) -> None:
    """A run started one second before it was created."""
    if run["started_at"] is not None:
        run["started_at"] = run["created_at"] - 1


@objects("thread.run", trips="RUN-TIME-01")
def ended_before_start(run: Json, scene: Scene) -> None:
    """A cancelled run ended before it was created."""
    if run["status"] == "cancelled":
        run["cancelled_at"] = run["created_at"] - 1


@objects("thread.run", trips="RUN-TIME-02")
def expires_in_an_hour(run: Json, scene: Scene) -> None:
    """A run expires an hour after it was created."""
    if run["expires_at"] is not None:
        run["expires_at"] = run["created_at"] + 3600


@objects("thread.run", trips="RUN-TIME-02")
def expires_by_milliseconds(run: Json, scene: Scene) -> None:
    """A run expires 600,000 seconds after it was created: milliseconds taken for seconds."""
    if run["expires_at"] is not None:
        run["expires_at"] = run["created_at"] + 600_000


@objects("thread.run", trips="RUN-USAGE-01")
def total_without_prompt(run: Json, scene: Scene) -> None:
    """The total of a run's tokens leaves the prompt out."""
    if run["usage"]:
        run["usage"]["total_tokens"] = run["usage"]["completion_tokens"]


@objects("thread.run", trips="RUN-USAGE-02")
def usage_of_the_last_step(run: Json, scene: Scene) -> None:
    """A run's usage is that of its last step only."""
    if run["usage"] and run["status"] == "completed":
        steps = scene.endpoint.store.threads[run["thread_id"]].runs[run["id"]].steps.values()
        run["usage"] = dict(list(steps)[-1].value["usage"])


@objects("thread.run", trips="RUN-ACTION-01")
def parallel_calls_share_an_id(run: Json, scene: Scene) -> None:
    """Where a run wants two calls answered, both have the same id."""
    if run["required_action"]:
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        run["required_action"]["submit_tool_outputs"]["tool_calls"] = [{**call, "id": calls[0]["id"]} for call in calls]


@objects("thread.run", trips="RUN-FROZEN-01")
def completion_time_drifts(run: Json, scene: Scene) -> None:
    """The completed_at of a completed run is a second later at each look."""
    if run["status"] == "completed":
        run["completed_at"] += scene.nth(run["id"]) - 1


@objects("thread.run", trips="RUN-FROZEN-01")
def usage_grows_after_the_end(run: Json, scene: Scene) -> None:
    """The usage of an ended run grows by a token at each look."""
    if run["status"] in ENDED and run["usage"]:
        more = scene.nth(run["id"]) - 1
        run["usage"] = {**run["usage"]}
        run["usage"]["completion_tokens"] += more
        run["usage"]["total_tokens"] += more


@objects("thread.run", trips="RUN-FIELD-08")
def cancelled_still_expires(run: Json, scene: Scene) -> None:
    """A cancelled run keeps its expires_at."""
    if run["status"] == "cancelled":
        run["expires_at"] = run["created_at"] + 600


@objects("thread.run", trips="RUN-FIELD-19")
def incomplete_without_usage(run: Json, scene: Scene) -> None:
    """An incomplete run tells no usage."""
    if run["status"] == "incomplete":
        run["usage"] = None


@objects("thread.run", trips="RUN-FIELD-21")
def expired_and_incomplete(run: Json, scene: Scene) -> None:
    """An expired run says that it is incomplete for its tokens."""
    if run["status"] == "expired":
        run["incomplete_details"] = {"reason": "max_completion_tokens"}


@objects("thread.run", trips="RUN-TIME-03")
def start_forgotten(run: Json, scene: Scene) -> None:
    """A run that is queued again after tool outputs has lost its started_at."""
    if run["status"] in ("queued", "cancelled", "cancelling"):
        run["started_at"] = None


@objects("thread.run", trips="RUN-TIME-04")
def expiry_moves_on(run: Json, scene: Scene) -> None:
    """The expires_at of a run that goes on moves a second with each look."""
    if run["expires_at"] is not None:
        run["expires_at"] += scene.nth(run["id"]) - 1
