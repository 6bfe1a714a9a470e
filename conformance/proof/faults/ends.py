"""Faults of ends: what never comes to one, comes to the wrong one, or goes on behind it."""

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import add, every, items, put, recount, replace, status, then, update, when
from conformance.proof.faults.context import FaultContext, Json, replace_method
from conformance.proof.faults.fault import answer_bodies, inside, objects
from conformance.reference.endpoint import Endpoint

on_run = objects("thread.run")
on_step = objects("thread.run.step")
_more = recount(lambda counts: {"in_progress": 1, "completed": max(0, counts["completed"] - 1)})


@inside.function("RUN-END-01", area="runs")
def time_never_ends_a_run(endpoint: Endpoint) -> None:
    """A run whose time has passed goes on as before."""
    replace_method(endpoint.engine, "expire_now", lambda expire: lambda run_id: True)


@inside.function("RUN-END-02", area="runs")
def worker_is_not_there(endpoint: Endpoint) -> None:
    """Every run stays queued: nobody works on them."""

    def make(turn: Callable[..., Any]) -> Callable[..., Any]:
        async def stay(run: Any) -> None:
            run.script = type(run.script)(queue=float("inf"))
            await turn(run)

        return stay

    replace_method(endpoint.engine, "_turn", make)


objects("vector_store")("VS-END-01", "vector_stores.in_progress_for_ever")(
    "A vector store with files stays in progress.",
    when(lambda value, _: value["file_counts"]["total"] > 0, then(put("status", "in_progress"), _more)),
)
objects("vector_store.file")("VSF-END-01", "store_files.in_progress_for_ever")(
    "A file that is added to a vector store stays in progress.",
    update(status="in_progress", usage_bytes=0, last_error=None),
)
objects("vector_store.file_batch")("BATCH-END-01", "batches.in_progress_for_ever")(
    "A file batch stays in progress.", when(status("completed"), then(put("status", "in_progress"), _more))
)


@on_run.function("RUN-CAP-01", area="runs")
def cut_off_run_is_completed(run: Json, context: FaultContext) -> None:
    """A run that reaches its cap of tokens is completed."""
    if run["status"] == "incomplete":
        run.update(status="completed", incomplete_details=None, completed_at=run["started_at"])


on_run("RUN-CAP-01", "runs.cap_of_completion_tokens_ignored")(
    "A completed run used more completion tokens than it was allowed.",
    when(
        every(status("completed"), lambda run, _: run["max_completion_tokens"]),
        then(add("usage.completion_tokens", 10_000), add("usage.total_tokens", 10_000)),
    ),
)
on_run("RUN-CAP-02", "runs.cap_of_prompt_tokens_ignored")(
    "A completed run used more prompt tokens than it was allowed.",
    when(
        every(status("completed"), lambda run, _: run["max_prompt_tokens"]),
        then(add("usage.prompt_tokens", 100_000), add("usage.total_tokens", 100_000)),
    ),
)
answer_bodies("listRunSteps")("STEP-MADE-01", "steps.not_kept")(
    "No step is on the list of steps.", items(lambda *_: [])
)
answer_bodies("listRunSteps")("STEP-LINK-03", "steps.of_messages_not_listed")(
    "Steps that create messages are not listed beside steps of tool calls.",
    items(lambda data, _: [step for step in data if step["type"] == "tool_calls"] or data),
)
on_step("STEP-LATE-01", "steps.completed_after_their_run")(
    "A step is completed a minute after it was.", when(status("completed"), add("completed_at", 60))
)


@on_step.function("STEP-CANCEL-01", area="steps")
def open_step_completes_with_the_cancel(step: Json, context: FaultContext) -> None:
    """The step that was open when a run was cancelled is completed."""
    if step["status"] == "cancelled" and step["type"] == "message_creation":
        step.update(status="completed", completed_at=step["cancelled_at"], cancelled_at=None)


@on_step.function("TOOL-STEP-01", area="tools")
def unanswered_calls_complete_with_the_cancel(step: Json, context: FaultContext) -> None:
    """The step of function calls that nobody answered is completed when its run is cancelled."""
    if step["status"] == "cancelled" and step["type"] == "tool_calls":
        step.update(status="completed", completed_at=step["cancelled_at"], cancelled_at=None)


on_step("TOOL-CALL-01", "tools.arguments_reformatted_in_steps")(
    "The arguments of a function call are written with other spaces in its step.",
    replace("step_details.tool_calls.function.arguments", lambda text: text.replace(":", ": ")),
)
on_run("RUN-FIELD-18", "runs.no_usage_in_the_last_event")(
    "The last event of a completed run tells no usage.",
    when(every(status("completed"), lambda _, context: context.event is not None), put("usage", None)),
)
