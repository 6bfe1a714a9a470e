"""Faults of deletion: what stays, and what goes along."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import missing, succeed
from conformance.proof.faults.fault import answers
from conformance.proof.faults.scene import Answer, Scene
from conformance.reference import objects

Json = dict[str, Any]


def _remembered(answer: Answer, scene: Scene, name: str) -> Json | None:
    """What the same read answered before, where it is not found now."""
    if answer.ok:
        scene.memory[name] = answer.body
    return scene.memory.get(name) if answer.status == 404 else None


@answers("getAssistant", "createAssistant", trips="DELETION-GONE-01")
def assistant_from_the_cache(answer: Answer, scene: Scene) -> None:
    """A deleted assistant can still be read: it comes from a cache."""
    name = scene.ids.get("assistant_id") or (answer.body.get("id", "") if answer.ok else "")
    if (kept := _remembered(answer, scene, name)) is not None:
        succeed(answer, kept)


@answers("getMessage", "createMessage", trips="DELETION-GONE-01")
def message_from_the_cache(answer: Answer, scene: Scene) -> None:
    """A deleted message can still be read."""
    name = scene.ids.get("message_id") or (answer.body.get("id", "") if answer.ok else "")
    if (kept := _remembered(answer, scene, name)) is not None:
        succeed(answer, kept)


@answers("deleteAssistant", "deleteThread", "deleteMessage", trips="DELETION-TWICE-01")
def deleted_again(answer: Answer, scene: Scene) -> None:
    """Deleting what has been deleted is answered as the first time."""
    if (kept := _remembered(answer, scene, list(scene.ids.values())[-1])) is not None:
        succeed(answer, kept)


@answers("getRun", "createRun", "createThreadAndRun", trips="DELETION-CHILD-01")
def run_outlives_its_thread(answer: Answer, scene: Scene) -> None:
    """The runs of a deleted thread can still be read."""
    name = scene.ids.get("run_id") or (answer.body.get("id", "") if answer.ok else "")
    if (kept := _remembered(answer, scene, name)) is not None:
        succeed(answer, kept)


@answers("listMessages", trips="DELETION-CHILD-01")
def messages_of_a_deleted_thread(answer: Answer, scene: Scene) -> None:
    """The messages of a deleted thread are an empty list."""
    if answer.status == 404:
        page: Json = {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}
        succeed(answer, page)


@answers("listMessages", "deleteMessage", trips="DELETION-LIST-01")
def deleted_message_on_the_list(answer: Answer, scene: Scene) -> None:
    """A deleted message stays on the list of its thread."""
    if not answer.ok:
        return
    if scene.operation == "deleteMessage":
        scene.memory[("gone", scene.ids["thread_id"])] = scene.memory.get(answer.body["id"])
        return
    for message in answer.body["data"]:
        scene.memory[message["id"]] = message
    gone = scene.memory.get(("gone", scene.ids["thread_id"]))
    if gone is not None and "after" not in scene.query and "before" not in scene.query:
        answer.body["data"].append(gone)
        answer.body["first_id"] = answer.body["data"][0]["id"]
        answer.body["last_id"] = gone["id"]


@answers("listAssistants", "deleteAssistant", "createAssistant", trips="DELETION-LIST-01")
def deleted_assistant_on_the_list(answer: Answer, scene: Scene) -> None:
    """The assistant that was deleted last is on the list of assistants."""
    if not answer.ok:
        return
    if scene.operation == "createAssistant":
        scene.memory[answer.body["id"]] = answer.body
    elif scene.operation == "deleteAssistant":
        scene.memory["gone"] = scene.memory.get(answer.body["id"])
    elif scene.memory.get("gone"):
        answer.body["data"].insert(0, scene.memory["gone"])
        answer.body["first_id"] = scene.memory["gone"]["id"]
        answer.body["last_id"] = answer.body["data"][-1]["id"]


@answers("deleteThread", trips="DELETION-KEEP-02")
def assistant_goes_along(answer: Answer, scene: Scene) -> None:
    """With a thread the assistant that was made last is deleted."""
    if answer.ok and scene.endpoint.store.assistants:
        scene.endpoint.store.assistants.popitem()


@answers("deleteAssistant", trips="DELETION-KEEP-01")
def runs_go_with_their_assistant(answer: Answer, scene: Scene) -> None:
    """With an assistant its runs are deleted."""
    if answer.ok:
        for thread in scene.endpoint.store.threads.values():
            for name in [run.id for run in thread.runs.values() if run.value["assistant_id"] == answer.body["id"]]:
                del thread.runs[name]


@answers("deleteMessage", trips="DELETION-SCOPE-01")
def message_deleted_from_anywhere(answer: Answer, scene: Scene) -> None:
    """A message can be deleted under any thread."""
    threads, name = scene.endpoint.store.threads, scene.ids["message_id"]
    for thread in threads.values():
        if answer.status == 404 and scene.ids["thread_id"] in threads and name in thread.messages:
            succeed(answer, objects.deleted(thread.messages.pop(name).value))


@answers("getMessage", trips="OBJECT-LINK-01")
def message_found_anywhere(answer: Answer, scene: Scene) -> None:
    """A message is found under any thread."""
    threads, name = scene.endpoint.store.threads, scene.ids["message_id"]
    for thread in threads.values():
        if answer.status == 404 and scene.ids["thread_id"] in threads and name in thread.messages:
            succeed(answer, objects.plain(thread.messages[name].value))


@answers("getRun", trips="OBJECT-LINK-02")
def run_found_anywhere(answer: Answer, scene: Scene) -> None:
    """A run is found under any thread, and says that it is of it."""
    threads, name = scene.endpoint.store.threads, scene.ids["run_id"]
    for thread in threads.values():
        if answer.status == 404 and scene.ids["thread_id"] in threads and name in thread.runs:
            succeed(answer, {**thread.runs[name].value, "thread_id": scene.ids["thread_id"]})


@answers("getThread", trips="DELETION-KEEP-02")
def threads_are_forgotten(answer: Answer, scene: Scene) -> None:
    """A thread is not found at the third look."""
    if answer.ok and scene.nth(answer.body["id"]) > 2:
        missing(answer, f"No thread found with id '{scene.ids['thread_id']}'.")
