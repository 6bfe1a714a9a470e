"""Faults of messages."""

from conformance.proof.faults.changes import copy, has, put, status, when
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answer_bodies, objects

on_message = objects("thread.message")


@on_message.function("MESSAGE-STATE-01")
def completed_then_in_progress(message: Json, context: FaultContext) -> None:
    """A message that a stream completed is in progress when it is read afterwards."""
    if context.event == "thread.message.completed":
        context.memory[message["id"]] = True
    elif context.event is None and message["id"] in context.memory:
        message["status"] = "in_progress"


on_message("MESSAGE-FIELD-01", "messages.in_progress_with_end")(
    "A message in progress has completed_at.", when(status("in_progress"), copy("completed_at", "created_at"))
)
on_message("MESSAGE-FIELD-02", "messages.completed_without_time")(
    "A message that a stream completed has no completed_at.", when(status("completed"), put("completed_at", None))
)
on_message("MESSAGE-FIELD-03", "messages.completed_and_incomplete")(
    "A completed message has incomplete_details.",
    when(status("completed"), put("incomplete_details", {"reason": "max_tokens"})),
)
on_message("MESSAGE-FIELD-04", "messages.incomplete_without_time")(
    "An incomplete message has no incomplete_at.", when(status("incomplete"), put("incomplete_at", None))
)
on_message("MESSAGE-FIELD-05", "messages.incomplete_without_reason")(
    "An incomplete message does not say why.", when(status("incomplete"), put("incomplete_details", None))
)
on_message("MESSAGE-FIELD-06", "messages.incomplete_and_completed")(
    "An incomplete message has completed_at, for it will not go on.",
    when(status("incomplete"), copy("completed_at", "incomplete_at")),
)


@answer_bodies("createMessage").function("MESSAGE-AUTHOR-01")
def sent_message_has_a_run(body: Json, context: FaultContext) -> None:
    """A message that a request creates on a thread with runs has the id of the last of them."""
    runs = list(context.thread.runs) if context.thread else []
    body["run_id"] = runs[-1] if runs else f"run_{'0' * 24}"


@on_message.function("MESSAGE-AUTHOR-02")
def user_message_has_an_assistant(message: Json, context: FaultContext) -> None:
    """The user's messages have the id of the thread's assistant once they are listed after a run."""
    if message["role"] == "user" and context.listed:
        runs = context.store.threads[message["thread_id"]].runs.values()
        message["assistant_id"] = next((run.value["assistant_id"] for run in runs), None)


on_message("MESSAGE-AUTHOR-03", "messages.reply_of_the_user")(
    "A message that a run wrote has the role user.", when(has("run_id"), put("role", "user"))
)


@on_message.function("MESSAGE-FROZEN-01")
def text_is_trimmed_later(message: Json, context: FaultContext) -> None:
    """The text of a message loses its last character when it is listed."""
    if context.listed:
        message["content"] = [
            {**part, "text": {**part["text"], "value": part["text"]["value"][:-1]}} if part["type"] == "text" else part
            for part in message["content"]
        ]
