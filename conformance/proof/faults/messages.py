"""Faults of messages."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.fault import answers, objects
from conformance.proof.faults.scene import Answer, Scene

Json = dict[str, Any]


@objects("thread.message", trips="MESSAGE-STATE-01")
def completed_then_in_progress(message: Json, scene: Scene) -> None:
    """A message that a stream completed is in progress when it is read afterwards."""
    if scene.event == "thread.message.completed":
        scene.memory[message["id"]] = True
    elif scene.event is None and message["id"] in scene.memory:
        message["status"] = "in_progress"


@objects("thread.message", trips="MESSAGE-FIELD-01")
def in_progress_with_end(message: Json, scene: Scene) -> None:
    """A message in progress has completed_at."""
    if message.get("status") == "in_progress":
        message["completed_at"] = message["created_at"]


@objects("thread.message", trips="MESSAGE-FIELD-02")
def completed_without_time(message: Json, scene: Scene) -> None:
    """A message that a stream completed has no completed_at."""
    if message.get("status") == "completed":
        message["completed_at"] = None


@objects("thread.message", trips="MESSAGE-FIELD-03")
def completed_and_incomplete(message: Json, scene: Scene) -> None:
    """A completed message has incomplete_details."""
    if message.get("status") == "completed":
        message["incomplete_details"] = {"reason": "max_tokens"}


@objects("thread.message", trips="MESSAGE-FIELD-04")
def incomplete_without_time(message: Json, scene: Scene) -> None:
    """An incomplete message has no incomplete_at."""
    if message.get("status") == "incomplete":
        message["incomplete_at"] = None


@objects("thread.message", trips="MESSAGE-FIELD-05")
def incomplete_without_reason(message: Json, scene: Scene) -> None:
    """An incomplete message does not say why."""
    if message.get("status") == "incomplete":
        message["incomplete_details"] = None


@objects("thread.message", trips="MESSAGE-FIELD-06")
def incomplete_and_completed(message: Json, scene: Scene) -> None:
    """An incomplete message has completed_at, for it will not go on."""
    if message.get("status") == "incomplete":
        message["completed_at"] = message["incomplete_at"]


@answers("createMessage", trips="MESSAGE-AUTHOR-01")
def sent_message_has_a_run(answer: Answer, scene: Scene) -> None:
    """A message that a request creates on a thread with runs has the id of the last of them."""
    if answer.ok:
        runs = list(scene.endpoint.store.threads[scene.ids["thread_id"]].runs)
        answer.body["run_id"] = runs[-1] if runs else f"run_{'0' * 24}"


@objects("thread.message", trips="MESSAGE-AUTHOR-02")
def user_message_has_an_assistant(message: Json, scene: Scene) -> None:
    """The user's messages have the id of the thread's assistant once they are listed after a run."""
    if message["role"] == "user" and scene.listed:
        runs = scene.endpoint.store.threads[message["thread_id"]].runs.values()
        message["assistant_id"] = next((run.value["assistant_id"] for run in runs), None)


@objects("thread.message", trips="MESSAGE-AUTHOR-03")
def reply_of_the_user(message: Json, scene: Scene) -> None:
    """A message that a run wrote has the role user."""
    if message["run_id"] is not None:
        message["role"] = "user"


@objects("thread.message", trips="MESSAGE-FROZEN-01")
def text_is_trimmed_later(message: Json, scene: Scene) -> None:
    """The text of a message loses its last character when it is listed."""
    if scene.listed:
        message["content"] = [
            {**part, "text": {**part["text"], "value": part["text"]["value"][:-1]}} if part["type"] == "text" else part
            for part in message["content"]
        ]
