"""Faults of runs: their lifecycle, their members, their times and their usage."""

from conformance.proof.faults.changes import (
    ENDED,
    again,
    copy,
    drift,
    every,
    has,
    put,
    replace,
    status,
    unstreamed,
    update,
    when,
)
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answer_bodies, objects

on_run = objects("thread.run")
objects("thread.run", "thread.run.step")("RUN-USAGE-03", "runs.nothing_used")(
    "Runs and steps have used no tokens.",
    replace("usage", lambda _: {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
)

MAKING = ("createRun", "createThreadAndRun")
answer_bodies("getRun")("RUN-STATE-01", "runs.restarts_after_completion")(
    "A completed run is in progress again at the second look after its end.",
    when(
        lambda run, context: run["status"] == "completed" and context.nth(run["id"]) == 2,
        update(status="in_progress", completed_at=None, usage=None),
    ),
)
on_run("RUN-STATE-01", "runs.completes_after_cancellation")(
    "A cancelled run is shown completed from the second time on: the worker did not hear of the cancellation.",
    when(
        every(status("cancelled"), again()),
        lambda value, _: value.update(status="completed", completed_at=value["cancelled_at"], cancelled_at=None),
    ),
)


@answer_bodies("getRun", "cancelRun").function("RUN-STATE-02")
def resumes_after_cancel(body: Json, context: FaultContext) -> None:
    """The first look at a run after its cancellation was accepted shows it in progress."""
    if context.operation == "cancelRun":
        context.memory[body["id"]] = body["started_at"] or body["created_at"]
    elif (started := context.memory.pop(body["id"], None)) is not None:
        body.update(status="in_progress", started_at=started, cancelled_at=None, usage=None, incomplete_details=None)
        body["expires_at"] = body["created_at"] + 600


@answer_bodies("getRun").function("RUN-STATE-03")
def goes_back_to_queue(body: Json, context: FaultContext) -> None:
    """A run that was seen in progress is queued again at the next look, without tools in between."""
    run = body
    if context.memory.get(run["id"]) == "in_progress" and run["status"] in ("in_progress", "completed"):
        context.memory[run["id"]] = "queued"
        run.update(status="queued", completed_at=None, usage=None, expires_at=run["created_at"] + 600)
    else:
        context.memory[run["id"]] = run["status"]


answer_bodies("getRun")("RUN-STATE-03", "runs.stops_waiting_for_outputs")(
    "A run that waits for tool outputs is in progress at the second look, though none were submitted.",
    when(
        lambda body, context: body["status"] == "requires_action" and context.nth(body["id"]) == 2,
        update(status="in_progress", required_action=None),
    ),
)
answer_bodies(*MAKING)("RUN-STATE-04", "runs.created_in_progress")(
    "The answer that creates a run shows it in progress already.", put("status", "in_progress")
)
answer_bodies("createThreadAndRun")("RUN-STATE-04", "runs.created_completed_with_thread")(
    "A run that is created with its thread is answered completed.", put("status", "completed")
)
answer_bodies("cancelRun")("RUN-STATE-05", "runs.cancel_answers_old_status")(
    "The answer to a cancel shows the run as it was before.", put("status", "in_progress")
)
on_run("RUN-FIELD-01", "runs.completed_without_time")(
    "A completed run has no completed_at when it is read.",
    when(every(status("completed"), unstreamed), put("completed_at", None)),
)
on_run("RUN-FIELD-02", "runs.failed_without_time")(
    "A failed run has completed_at in the place of failed_at.",
    when(status("failed"), lambda value, _: value.update(completed_at=value["failed_at"], failed_at=None)),
)
on_run("RUN-FIELD-03", "runs.cancelled_without_time")(
    "A cancelled run has no cancelled_at.", when(status("cancelled"), put("cancelled_at", None))
)
on_run("RUN-FIELD-04", "runs.waiting_with_completion_time")(
    "A run that waits for tool outputs has completed_at, for its first part is done.",
    when(status("requires_action"), copy("completed_at", "started_at")),
)
on_run("RUN-FIELD-05", "runs.cancelled_with_completion_time")(
    "A cancelled run has completed_at besides cancelled_at.",
    when(status("cancelled"), copy("completed_at", "cancelled_at")),
)
on_run("RUN-FIELD-06", "runs.never_expires")(
    "A run that goes on has no expires_at.",
    when(lambda value, _: value["status"] not in ENDED, put("expires_at", None)),
)
on_run("RUN-FIELD-07", "runs.completed_still_expires")(
    "A completed run keeps its expires_at.", when(status("completed"), copy("expires_at", "created_at", plus=600))
)
answer_bodies(*MAKING)("RUN-FIELD-09", "runs.created_and_started")(
    "The answer that creates a run has started_at.", copy("started_at", "created_at")
)
on_run("RUN-FIELD-10", "runs.waiting_without_start")(
    "A run that waits for tool outputs has lost its started_at.",
    when(status("requires_action"), put("started_at", None)),
)
on_run("RUN-FIELD-11", "runs.waiting_for_nothing")(
    "A run that waits for tool outputs does not say for which, in the list of runs and in events.",
    when(
        lambda value, context: value["status"] == "requires_action" and (context.event is not None or context.listed),
        put("required_action", None),
    ),
)


@on_run.function("RUN-FIELD-12")
def action_left_over(run: Json, context: FaultContext) -> None:
    """A run still says which action it required after the outputs were submitted."""
    if run["status"] == "requires_action":
        context.memory[run["id"]] = run["required_action"]
    elif run["id"] in context.memory:
        run["required_action"] = context.memory[run["id"]]


on_run("RUN-FIELD-13", "runs.failed_without_reason")(
    "A failed run has no last_error.", when(status("failed"), put("last_error", None))
)
on_run("RUN-FIELD-14", "runs.cancelled_with_error")(
    "A cancelled run has a last_error that tells of the cancellation.",
    when(status("cancelled"), put("last_error", {"code": "server_error", "message": "The run was cancelled."})),
)
on_run("RUN-FIELD-15", "runs.incomplete_without_reason")(
    "An incomplete run has no incomplete_details.", when(status("incomplete"), put("incomplete_details", None))
)
on_run("RUN-FIELD-16", "runs.in_progress_incomplete")(
    "A run with a token cap says why it is incomplete while it is still going on.",
    when(
        every(status("queued", "in_progress"), has("max_completion_tokens")),
        put("incomplete_details", {"reason": "max_completion_tokens"}),
    ),
)
on_run("RUN-FIELD-17", "runs.completed_and_incomplete")(
    "A completed run has incomplete_details.",
    when(status("completed"), put("incomplete_details", {"reason": "max_completion_tokens"})),
)
on_run("RUN-FIELD-18", "runs.completed_without_usage")(
    "A completed run tells its usage in streams only.", when(every(status("completed"), unstreamed), put("usage", None))
)
on_run("RUN-FIELD-20", "runs.usage_from_the_beginning")(
    "A queued run has a usage of zeros.",
    when(status("queued"), put("usage", {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0})),
)
on_run("RUN-TIME-01", "runs.started_before_creation")(
    "A run started one second before it was created.",
    when(has("started_at"), copy("started_at", "created_at", plus=-1)),
)
on_run("RUN-TIME-01", "runs.ended_before_start")(
    "A cancelled run ended before it was created.",
    when(status("cancelled"), copy("cancelled_at", "created_at", plus=-1)),
)
on_run("RUN-TIME-02", "runs.expires_in_an_hour")(
    "A run expires an hour after it was created.", when(has("expires_at"), copy("expires_at", "created_at", plus=3600))
)
on_run("RUN-TIME-02", "runs.expires_by_milliseconds")(
    "A run expires 600,000 seconds after it was created: milliseconds taken for seconds.",
    when(has("expires_at"), copy("expires_at", "created_at", plus=600000)),
)
on_run("RUN-USAGE-01", "runs.total_without_prompt")(
    "The total of a run's tokens leaves the prompt out.",
    replace("usage", lambda usage: {**usage, "total_tokens": usage["completion_tokens"]}),
)


@on_run.function("RUN-USAGE-02")
def usage_of_the_last_step(run: Json, context: FaultContext) -> None:
    """A run's usage is that of its last step only."""
    if run["usage"] and run["status"] == "completed":
        steps = context.store.threads[run["thread_id"]].runs[run["id"]].steps.values()
        run["usage"] = dict(list(steps)[-1].value["usage"])


on_run("RUN-ACTION-01", "runs.parallel_calls_share_an_id")(
    "Where a run wants two calls answered, both have the same id.",
    replace(
        "required_action.submit_tool_outputs.tool_calls",
        lambda calls: [{**call, "id": calls[0]["id"]} for call in calls],
    ),
)
on_run("RUN-FROZEN-01", "runs.completion_time_drifts")(
    "The completed_at of a completed run is a second later at each look.",
    when(status("completed"), drift("completed_at")),
)


@on_run.function("RUN-FROZEN-01")
def usage_grows_after_the_end(run: Json, context: FaultContext) -> None:
    """The usage of an ended run grows by a token at each look."""
    if run["status"] in ENDED and run["usage"]:
        more = context.nth(run["id"]) - 1
        run["usage"] = {**run["usage"]}
        run["usage"]["completion_tokens"] += more
        run["usage"]["total_tokens"] += more


on_run("RUN-FIELD-08", "runs.cancelled_still_expires")(
    "A cancelled run keeps its expires_at.", when(status("cancelled"), copy("expires_at", "created_at", plus=600))
)
on_run("RUN-FIELD-19", "runs.incomplete_without_usage")(
    "An incomplete run tells no usage.", when(status("incomplete"), put("usage", None))
)
on_run("RUN-FIELD-21", "runs.expired_and_incomplete")(
    "An expired run says that it is incomplete for its tokens.",
    when(status("expired"), put("incomplete_details", {"reason": "max_completion_tokens"})),
)
on_run("RUN-TIME-03", "runs.start_forgotten")(
    "A run that is queued again after tool outputs has lost its started_at.",
    when(status("queued", "cancelled", "cancelling"), put("started_at", None)),
)
on_run("RUN-TIME-04", "runs.expiry_moves_on")(
    "The expires_at of a run that goes on moves a second with each look.", when(has("expires_at"), drift("expires_at"))
)
