"""Faults of deletion: what stays, and what goes along."""

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import Change, empty_page_when_missing, label_ends, missing, still_found, succeed
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answer_bodies, answers
from conformance.proof.interception import Answer
from conformance.reference import objects as reference_objects
from conformance.reference.store import Store, Thread

answers("getAssistant", "createAssistant")("DELETION-GONE-01", "deletion.assistant_from_the_cache")(
    "A deleted assistant can still be read: it comes from a cache.", still_found("assistant_id")
)
answers("getMessage", "createMessage")("DELETION-GONE-01", "deletion.message_from_the_cache")(
    "A deleted message can still be read.", still_found("message_id")
)
answers("deleteAssistant", "deleteThread", "deleteMessage")("DELETION-TWICE-01", "deletion.deleted_again")(
    "Deleting what has been deleted is answered as the first time.", still_found()
)
answers("getRun", "createRun", "createThreadAndRun")("DELETION-CHILD-01", "deletion.run_outlives_its_thread")(
    "The runs of a deleted thread can still be read.", still_found("run_id")
)
answers("listMessages")("DELETION-CHILD-01", "deletion.messages_of_a_deleted_thread")(
    "The messages of a deleted thread are an empty list.", empty_page_when_missing
)


@answer_bodies("listMessages", "deleteMessage").function("DELETION-LIST-01")
def deleted_message_on_the_list(body: Json, context: FaultContext) -> None:
    """A deleted message stays on the list of its thread."""
    if context.operation == "deleteMessage":
        context.memory[("gone", context.ids["thread_id"])] = context.memory.get(body["id"])
        return
    for message in body["data"]:
        context.memory[message["id"]] = message
    gone = context.memory.get(("gone", context.ids["thread_id"]))
    if gone is not None and "after" not in context.query and "before" not in context.query:
        body["data"].append(gone)
        label_ends(body)


@answer_bodies("listAssistants", "deleteAssistant", "createAssistant").function("DELETION-LIST-01")
def deleted_assistant_on_the_list(body: Json, context: FaultContext) -> None:
    """The assistant that was deleted last is on the list of assistants."""
    if context.operation == "createAssistant":
        context.memory[body["id"]] = body
    elif context.operation == "deleteAssistant":
        context.memory["gone"] = context.memory.get(body["id"])
    elif context.memory.get("gone"):
        body["data"].insert(0, context.memory["gone"])
        label_ends(body)


def _goes_along(kind: Callable[[Store], dict[str, Any]]) -> Change:
    """Delete what was made last of a kind along with something else."""

    def change(body: Json, context: FaultContext) -> None:
        if collection := kind(context.store):
            collection.popitem()

    return change


answer_bodies("deleteThread")("DELETION-KEEP-02", "deletion.assistant_goes_along")(
    "With a thread the assistant that was made last is deleted.", _goes_along(lambda store: store.assistants)
)
answer_bodies("deleteFile")("DELETION-KEEP-02", "deletion.store_goes_with_a_file")(
    "With a file the vector store that was made last is deleted.", _goes_along(lambda store: store.vector_stores)
)
answer_bodies("deleteThread")("DELETION-KEEP-02", "deletion.files_go_with_a_thread")(
    "With a thread the file that was uploaded last is deleted.", _goes_along(lambda store: store.files)
)


@answer_bodies("deleteAssistant").function("DELETION-KEEP-01")
def runs_go_with_their_assistant(body: Json, context: FaultContext) -> None:
    """With an assistant its runs are deleted."""
    for thread in context.store.threads.values():
        thread.runs = {run.id: run for run in thread.runs.values() if run.value["assistant_id"] != body["id"]}


@answers("getThread").function("DELETION-KEEP-02")
def threads_are_forgotten(answer: Answer, context: FaultContext) -> None:
    """A thread is not found at the third look."""
    if answer.ok and context.nth(answer.body["id"]) > 2:
        missing(answer, f"No thread found with id '{context.ids['thread_id']}'.")


def _anywhere(
    param: str, kind: Callable[[Thread], dict[str, Any]], show: Callable[[Any, FaultContext], Json]
) -> Callable[[Answer, FaultContext], None]:
    """Find what one thread holds under any other thread as well."""

    def change(answer: Answer, context: FaultContext) -> None:
        if answer.status == 404 and context.thread:
            for found in [kind(thread).get(context.ids[param]) for thread in context.store.threads.values()]:
                if found is not None:
                    succeed(answer, show(found.value, context))

    return change


answers("getMessage")("OBJECT-LINK-01", "deletion.message_found_anywhere")(
    "A message is found under any thread.",
    _anywhere("message_id", lambda thread: thread.messages, lambda value, _: reference_objects.plain(value)),
)
answers("getRun")("OBJECT-LINK-02", "deletion.run_found_anywhere")(
    "A run is found under any thread, and says that it is of it.",
    _anywhere("run_id", lambda thread: thread.runs, lambda value, context: {**value, **context.ids}),
)


@answers("deleteMessage").function("DELETION-SCOPE-01")
def message_deleted_from_anywhere(answer: Answer, context: FaultContext) -> None:
    """A message can be deleted under any thread."""
    for thread in context.store.threads.values() if answer.status == 404 and context.thread else ():
        if found := thread.messages.pop(context.ids["message_id"], None):
            succeed(answer, reference_objects.deleted(found.value))


@answer_bodies("createVectorStoreFileBatch").function("DELETION-KEEP-02")
def one_batch_at_a_time(body: Json, context: FaultContext) -> None:
    """A vector store forgets its batches when another one is made."""
    if store := context.vector_store:
        store.batches = {body["id"]: store.batches[body["id"]]}


@answers("deleteMessage").function("STEP-LINK-02")
def deleting_again_takes_the_answer(answer: Answer, context: FaultContext) -> None:
    """Who deletes a message for the second time deletes the last one of the thread."""
    if answer.status == 404 and (thread := context.thread) and thread.messages:
        thread.messages.popitem()


@answer_bodies("modifyThread").function("STEP-LINK-02")
def change_takes_the_answers(body: Json, context: FaultContext) -> None:
    """A thread that is modified loses what runs wrote to it."""
    thread = context.store.threads[body["id"]]
    thread.messages = {name: kept for name, kept in thread.messages.items() if not kept.value["run_id"]}


@answer_bodies("cancelVectorStoreFileBatch").function("VSF-LIST-01")
def late_cancel_takes_a_file(body: Json, context: FaultContext) -> None:
    """Cancelling a batch that has ended takes a file out of its vector store."""
    if body["status"] == "completed" and (store := context.vector_store) and store.files:
        store.files.popitem()
