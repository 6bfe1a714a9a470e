"""Faults of deletion: what stays, and what goes along."""

from __future__ import annotations

from conformance.proof.faults.changes import empty_page_when_missing, missing, still_found, succeed
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answer_bodies, answers
from conformance.proof.interception import Answer
from conformance.reference import objects as reference_objects

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
        body["first_id"] = body["data"][0]["id"]
        body["last_id"] = gone["id"]


@answer_bodies("listAssistants", "deleteAssistant", "createAssistant").function("DELETION-LIST-01")
def deleted_assistant_on_the_list(body: Json, context: FaultContext) -> None:
    """The assistant that was deleted last is on the list of assistants."""
    if context.operation == "createAssistant":
        context.memory[body["id"]] = body
    elif context.operation == "deleteAssistant":
        context.memory["gone"] = context.memory.get(body["id"])
    elif context.memory.get("gone"):
        body["data"].insert(0, context.memory["gone"])
        body["first_id"] = context.memory["gone"]["id"]
        body["last_id"] = body["data"][-1]["id"]


@answer_bodies("deleteThread").function("DELETION-KEEP-02")
def assistant_goes_along(body: Json, context: FaultContext) -> None:
    """With a thread the assistant that was made last is deleted."""
    if context.endpoint.store.assistants:
        context.endpoint.store.assistants.popitem()


@answer_bodies("deleteAssistant").function("DELETION-KEEP-01")
def runs_go_with_their_assistant(body: Json, context: FaultContext) -> None:
    """With an assistant its runs are deleted."""
    for thread in context.endpoint.store.threads.values():
        for name in [run.id for run in thread.runs.values() if run.value["assistant_id"] == body["id"]]:
            del thread.runs[name]


@answers("getThread").function("DELETION-KEEP-02")
def threads_are_forgotten(answer: Answer, context: FaultContext) -> None:
    """A thread is not found at the third look."""
    if answer.ok and context.nth(answer.body["id"]) > 2:
        missing(answer, f"No thread found with id '{context.ids['thread_id']}'.")


@answers("deleteMessage").function("DELETION-SCOPE-01")
def message_deleted_from_anywhere(answer: Answer, context: FaultContext) -> None:
    """A message can be deleted under any thread."""
    threads, name = context.endpoint.store.threads, context.ids["message_id"]
    for thread in threads.values():
        if answer.status == 404 and context.ids["thread_id"] in threads and name in thread.messages:
            succeed(answer, reference_objects.deleted(thread.messages.pop(name).value))


@answers("getMessage").function("OBJECT-LINK-01")
def message_found_anywhere(answer: Answer, context: FaultContext) -> None:
    """A message is found under any thread."""
    threads, name = context.endpoint.store.threads, context.ids["message_id"]
    for thread in threads.values():
        if answer.status == 404 and context.ids["thread_id"] in threads and name in thread.messages:
            succeed(answer, reference_objects.plain(thread.messages[name].value))


@answers("getRun").function("OBJECT-LINK-02")
def run_found_anywhere(answer: Answer, context: FaultContext) -> None:
    """A run is found under any thread, and says that it is of it."""
    threads, name = context.endpoint.store.threads, context.ids["run_id"]
    for thread in threads.values():
        if answer.status == 404 and context.ids["thread_id"] in threads and name in thread.runs:
            succeed(answer, {**thread.runs[name].value, "thread_id": context.ids["thread_id"]})


@answer_bodies("deleteFile").function("DELETION-KEEP-02")
def store_goes_with_a_file(body: Json, context: FaultContext) -> None:
    """With a file the vector store that was made last is deleted."""
    if context.endpoint.store.vector_stores:
        context.endpoint.store.vector_stores.popitem()


@answer_bodies("deleteThread").function("DELETION-KEEP-02")
def files_go_with_a_thread(body: Json, context: FaultContext) -> None:
    """With a thread the file that was uploaded last is deleted."""
    if context.endpoint.store.files:
        context.endpoint.store.files.popitem()


@answer_bodies("createVectorStoreFileBatch").function("DELETION-KEEP-02")
def one_batch_at_a_time(body: Json, context: FaultContext) -> None:
    """A vector store forgets its batches when another one is made."""
    batches = context.endpoint.store.vector_stores[context.ids["vector_store_id"]].batches
    for name in [name for name in batches if name != body["id"]]:
        del batches[name]


@answers("deleteMessage").function("STEP-LINK-02")
def deleting_again_takes_the_answer(answer: Answer, context: FaultContext) -> None:
    """Who deletes a message for the second time deletes the last one of the thread."""
    thread = context.endpoint.store.threads.get(context.ids["thread_id"])
    if answer.status == 404 and thread is not None and thread.messages:
        thread.messages.popitem()


@answer_bodies("modifyThread").function("STEP-LINK-02")
def change_takes_the_answers(body: Json, context: FaultContext) -> None:
    """A thread that is modified loses what runs wrote to it."""
    messages = context.endpoint.store.threads[body["id"]].messages
    for name in [name for name, message in messages.items() if message.value["run_id"]]:
        del messages[name]


@answer_bodies("cancelVectorStoreFileBatch").function("VSF-LIST-01")
def late_cancel_takes_a_file(body: Json, context: FaultContext) -> None:
    """Cancelling a batch that has ended takes a file out of its vector store."""
    files = context.endpoint.store.vector_stores[context.ids["vector_store_id"]].files
    if body["status"] == "completed" and files:
        files.popitem()
