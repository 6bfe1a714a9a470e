"""Faults of objects in general: ids, kinds, times, references."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.fault import answers, inside, objects
from conformance.proof.faults.scene import Answer, Scene, instead
from conformance.reference.endpoint import Endpoint

Json = dict[str, Any]
NOWHERE = "0" * 24


@answers("deleteAssistant", "deleteThread", "deleteMessage", trips="OBJECT-TYPE-01")
def deleted_object_is_itself(answer: Answer, scene: Scene) -> None:
    """The answer to a deletion is the kind of object that was deleted."""
    if answer.ok:
        answer.body["object"] = answer.body["object"].removesuffix(".deleted")


@answers("createThreadAndRun", trips="OBJECT-TYPE-01")
def thread_in_place_of_run(answer: Answer, scene: Scene) -> None:
    """Creating a thread with a run answers the thread."""
    if answer.ok:
        answer.body = dict(scene.endpoint.store.threads[answer.body["thread_id"]].value)


@objects("thread.run", trips="OBJECT-TYPE-01")
def run_by_a_short_name(run: Json, scene: Scene) -> None:
    """A run that is read is of the kind run."""
    if scene.operation == "getRun":
        run["object"] = "run"


@answers("createMessage", trips="OBJECT-ID-01")
def empty_id(answer: Answer, scene: Scene) -> None:
    """The id of a new message is empty."""
    if answer.ok:
        answer.body["id"] = ""


@answers("retrieveModel", trips="OBJECT-ID-01")
def model_without_a_name(answer: Answer, scene: Scene) -> None:
    """A model that is read has an empty id."""
    if answer.ok:
        answer.body["id"] = ""


@answers("getThread", "modifyThread", trips="OBJECT-ID-02")
def another_id(answer: Answer, scene: Scene) -> None:
    """A thread that is read has another id than the one that was asked for."""
    if answer.ok:
        answer.body["id"] = f"thread_{NOWHERE}"


@answers("deleteMessage", trips="OBJECT-ID-02")
def deletion_names_the_thread(answer: Answer, scene: Scene) -> None:
    """The deletion of a message is answered with the id of its thread."""
    if answer.ok:
        answer.body["id"] = scene.ids["thread_id"]


@inside(trips="OBJECT-ID-03")
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

    instead(endpoint.ids, "make", repeating)


@answers("createThread", trips="OBJECT-ID-03", still=True)
def ids_by_second(answer: Answer, scene: Scene) -> None:
    """Threads that are created within one second, at which the clock stands, have one id."""
    if answer.ok:
        answer.body["id"] = scene.first(answer.body["created_at"], answer.body["id"])


@objects("thread", "assistant", trips="OBJECT-TIME-01")
def milliseconds(shown: Json, scene: Scene) -> None:
    """Times are milliseconds."""
    shown["created_at"] *= 1000


@objects("thread.run", trips="OBJECT-TIME-01")
def end_in_milliseconds(run: Json, scene: Scene) -> None:
    """The time at which a run was completed is in milliseconds."""
    if run["completed_at"] is not None:
        run["completed_at"] *= 1000


@objects("assistant", "thread", trips="OBJECT-TIME-02")
def created_when_read(shown: Json, scene: Scene) -> None:
    """The created_at of an object is a second later at each look."""
    shown["created_at"] += scene.nth(shown["id"]) - 1


@objects("thread.run.step", trips="OBJECT-TIME-02")
def step_times_shift(step: Json, scene: Scene) -> None:
    """The times of a step are an hour later when it is listed."""
    if scene.listed:
        step["created_at"] += 3600
        for name in ("completed_at", "failed_at", "cancelled_at"):
            if step[name] is not None:
                step[name] += 3600


@objects("thread.message", trips="OBJECT-LINK-01")
def message_of_another_thread(message: Json, scene: Scene) -> None:
    """The messages on a list name another thread."""
    if scene.listed:
        message["thread_id"] = f"thread_{NOWHERE}"


@objects("thread.run.step", trips="OBJECT-LINK-01")
def step_of_another_run(step: Json, scene: Scene) -> None:
    """The steps on a list name another run."""
    if scene.listed:
        step["run_id"] = f"run_{NOWHERE}"


@objects("thread.run", trips="OBJECT-LINK-02")
def assistant_changes(run: Json, scene: Scene) -> None:
    """A completed run names another assistant than before."""
    if run["status"] == "completed":
        run["assistant_id"] = f"asst_{NOWHERE}"


@objects("thread.run.step", trips="OBJECT-LINK-03")
def step_without_the_runs_assistant(step: Json, scene: Scene) -> None:
    """The steps of a run name another assistant than the run."""
    step["assistant_id"] = f"asst_{NOWHERE}"


@objects("thread.message", trips="OBJECT-LINK-03")
def reply_of_another_assistant(message: Json, scene: Scene) -> None:
    """The messages of a run name another assistant than the run."""
    if message["assistant_id"] is not None:
        message["assistant_id"] = f"asst_{NOWHERE}"


@inside(trips="OBJECT-PREFIX-01")
def ids_of_version_1(endpoint: Endpoint) -> None:
    """The ids of assistants begin with assistant_."""

    def renamed(make: Any) -> Any:
        return lambda prefix: make("asstnt" if prefix == "asst" else prefix)

    instead(endpoint.ids, "make", renamed)


@inside(trips="OBJECT-PREFIX-02")
def calls_by_another_name(endpoint: Endpoint) -> None:
    """The ids of tool calls begin with toolu_."""

    def renamed(make: Any) -> Any:
        return lambda prefix: make("toolu" if prefix == "call" else prefix)

    instead(endpoint.ids, "make", renamed)
