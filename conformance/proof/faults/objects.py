"""Faults of objects in general: ids, kinds, times, references."""

from typing import Any

from conformance.proof.faults.changes import add, drift, has, listed, put, replace, status, when
from conformance.proof.faults.context import FaultContext, Json, replace_method
from conformance.proof.faults.fault import answer_bodies, answers, inside, objects
from conformance.proof.interception import Answer
from conformance.reference.endpoint import Endpoint

on_run = objects("thread.run")
on_step = objects("thread.run.step")
on_message = objects("thread.message")

NOWHERE = "0" * 24

answer_bodies("deleteAssistant", "deleteThread", "deleteMessage")("OBJECT-TYPE-01", "objects.deleted_object_is_itself")(
    "The answer to a deletion is the kind of object that was deleted.",
    lambda body, _: body.update(object=body["object"].removesuffix(".deleted")),
)


@answers("createThreadAndRun").function("OBJECT-TYPE-01")
def thread_in_place_of_run(answer: Answer, context: FaultContext) -> None:
    """Creating a thread with a run answers the thread."""
    if answer.ok:
        answer.body = dict(context.store.threads[answer.body["thread_id"]].value)


on_run("OBJECT-TYPE-01", "objects.run_by_a_short_name")(
    "A run that is read is of the kind run.",
    when(lambda _, context: context.operation == "getRun", put("object", "run")),
)
answer_bodies("createMessage")("OBJECT-ID-01", "objects.empty_id")("The id of a new message is empty.", put("id", ""))
answer_bodies("retrieveModel")("OBJECT-ID-01", "objects.model_without_a_name")(
    "A model that is read has an empty id.", put("id", "")
)
answer_bodies("getThread", "modifyThread")("OBJECT-ID-02", "objects.another_id")(
    "A thread that is read has another id than the one that was asked for.", put("id", f"thread_{NOWHERE}")
)
answer_bodies("deleteMessage")("OBJECT-ID-02", "objects.deletion_names_the_thread")(
    "The deletion of a message is answered with the id of its thread.",
    lambda body, context: body.update(id=context.ids["thread_id"]),
)


@inside.function("OBJECT-ID-03")
def ids_come_back(endpoint: Endpoint) -> None:
    """Every third message has the id of the one before."""
    made: list[str] = []

    def repeating(make: Any) -> Any:
        def again(prefix: str) -> str:
            if prefix != "msg":
                return str(make(prefix))
            made.append(made[-1] if len(made) % 3 == 2 else make(prefix))
            return made[-1]

        return again

    replace_method(endpoint.ids, "make", repeating)


answer_bodies("createThread", frozen_clock=True)("OBJECT-ID-03", "objects.ids_by_second")(
    "Threads that are created within one second, at which the clock stands, have one id.",
    lambda body, context: body.update(id=context.first(body["created_at"], body["id"])),
)
objects("thread", "assistant")("OBJECT-TIME-01", "objects.milliseconds")(
    "Times are milliseconds.", replace("created_at", lambda number: number * 1000)
)
on_run("OBJECT-TIME-01", "objects.end_in_milliseconds")(
    "The time at which a run was completed is in milliseconds.",
    when(has("completed_at"), replace("completed_at", lambda number: number * 1000)),
)
objects("assistant", "thread")("OBJECT-TIME-02", "objects.created_when_read")(
    "The created_at of an object is a second later at each look.", drift("created_at")
)


@on_step.function("OBJECT-TIME-02")
def step_times_shift(step: Json, context: FaultContext) -> None:
    """The times of a step are an hour later when it is listed."""
    if context.listed:
        step["created_at"] += 3600
        for name in ("completed_at", "failed_at", "cancelled_at"):
            if step[name] is not None:
                step[name] += 3600


on_message("OBJECT-LINK-01", "objects.message_of_another_thread")(
    "The messages on a list name another thread.", when(listed, put("thread_id", f"thread_{NOWHERE}"))
)
on_step("OBJECT-LINK-01", "objects.step_of_another_run")(
    "The steps on a list name another run.", when(listed, put("run_id", f"run_{NOWHERE}"))
)
on_run("OBJECT-LINK-02", "objects.assistant_changes")(
    "A completed run names another assistant than before.",
    when(status("completed"), put("assistant_id", f"asst_{NOWHERE}")),
)
on_step("OBJECT-LINK-03", "objects.step_without_the_runs_assistant")(
    "The steps of a run name another assistant than the run.", put("assistant_id", f"asst_{NOWHERE}")
)
on_message("OBJECT-LINK-03", "objects.reply_of_another_assistant")(
    "The messages of a run name another assistant than the run.",
    when(has("assistant_id"), put("assistant_id", f"asst_{NOWHERE}")),
)


@inside.function("OBJECT-PREFIX-01")
def ids_of_version_1(endpoint: Endpoint) -> None:
    """The ids of assistants begin with assistant_."""

    def renamed(make: Any) -> Any:
        return lambda prefix: make("asstnt" if prefix == "asst" else prefix)

    replace_method(endpoint.ids, "make", renamed)


@inside.function("OBJECT-PREFIX-02")
def calls_by_another_name(endpoint: Endpoint) -> None:
    """The ids of tool calls begin with toolu_."""

    def renamed(make: Any) -> Any:
        return lambda prefix: make("toolu" if prefix == "call" else prefix)

    replace_method(endpoint.ids, "make", renamed)


on_step("OBJECT-TIME-03", "objects.steps_older_than_their_run")(
    "Steps are shown as a minute older than they are.", add("created_at", -60)
)
objects("vector_store.file")("OBJECT-TIME-03", "objects.files_since_yesterday")(
    "A file is in a vector store since the day before.", add("created_at", -86_400)
)
objects("assistant")("OBJECT-TIME-04", "objects.assistants_in_local_time")(
    "Assistants are created in the time of another zone.", add("created_at", -5 * 3600)
)
objects("thread")("OBJECT-TIME-04", "objects.threads_of_tomorrow")(
    "Threads are created a day later.", add("created_at", 86_400)
)
on_run("OBJECT-TIME-04", "objects.ends_to_come")(
    "A run is completed five minutes later.", replace("completed_at", lambda at: at + 300)
)
on_run("OBJECT-TIME-04", "objects.cancelled_soon")(
    "A run is cancelled five minutes later.", replace("cancelled_at", lambda at: at + 300)
)
on_run("RUN-USAGE-01", "runs.more_cached_than_sent")(
    "More tokens of the prompt were cached than it has.", put("usage.prompt_token_details", {"cached_tokens": 10**6})
)
on_step("STEP-USAGE-01", "steps.more_reasoning_than_written")(
    "A step reasoned with more tokens than it wrote.",
    put("usage.completion_tokens_details", {"reasoning_tokens": 10**6}),
)
