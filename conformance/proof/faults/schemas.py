"""Faults of schemas: a member that is missing or of another type, one for each kind of answer."""

from __future__ import annotations

from conformance.proof.faults.changes import Change, drop, put, when, with_status
from conformance.proof.faults.fault import answers, events, objects
from conformance.proof.faults.scene import Answer, Scene, Told

OBJECTS: list[tuple[str, str, str, str, Change]] = [
    ("assistant_tools_null", "SCHEMA-AssistantObject", "assistant", "No tools are null.", put("tools", None)),
    ("assistant_time_text", "SCHEMA-AssistantObject", "assistant", "The time is a text.", put("created_at", "2024")),
    ("thread_without_metadata", "SCHEMA-ThreadObject", "thread", "A thread has no metadata.", drop("metadata")),
    (
        "thread_resources_list",
        "SCHEMA-ThreadObject",
        "thread",
        "The tool resources of a thread are a list.",
        put("tool_resources", []),
    ),
    (
        "run_model_missing",
        "SCHEMA-RunObject",
        "thread.run",
        "A run lacks its model once it is completed.",
        when(with_status("completed"), drop("model")),
    ),
    (
        "run_status_done",
        "SCHEMA-RunObject",
        "thread.run",
        "A completed run has the status done.",
        when(with_status("completed"), put("status", "done")),
    ),
    (
        "run_choice_object",
        "SCHEMA-RunObject",
        "thread.run",
        "In lists the tool choice of a run is an object of type auto.",
        when(lambda shown, scene: scene.listed, put("tool_choice", {"type": "auto"})),
    ),
    (
        "step_usage_empty",
        "SCHEMA-RunStepObject",
        "thread.run.step",
        "The usage of a completed step is an empty object.",
        when(with_status("completed"), put("usage", {})),
    ),
    (
        "call_arguments_object",
        "SCHEMA-RunStepObject",
        "thread.run.step",
        "The arguments of a listed call are an object, not JSON in a text.",
        when(lambda shown, scene: scene.listed, put("step_details.tool_calls.function.arguments", {"city": "Oslo"})),
    ),
    (
        "message_content_text",
        "SCHEMA-MessageObject",
        "thread.message",
        "The content of a message is a plain text.",
        when(lambda shown, scene: scene.event is None, put("content", "Hello")),
    ),
    (
        "message_text_flat",
        "SCHEMA-MessageObject",
        "thread.message",
        "The text of a part is a plain text, as in chat completions.",
        when(lambda shown, scene: scene.event is None, put("content.text", "Hello")),
    ),
    (
        "streamed_message_without_status",
        "SCHEMA-MessageStreamObject",
        "thread.message",
        "Messages in streams have no status.",
        when(lambda shown, scene: scene.event is not None, drop("status")),
    ),
    (
        "message_delta_text",
        "SCHEMA-MessageDeltaObject",
        "thread.message.delta",
        "The text of a delta is a plain text.",
        put("delta.content.text", "a"),
    ),
    (
        "step_delta_index_text",
        "SCHEMA-RunStepDeltaObject",
        "thread.run.step.delta",
        "The index of a call in a delta is a text.",
        put("delta.step_details.tool_calls.index", "0"),
    ),
    (
        "store_without_counts",
        "SCHEMA-VectorStoreObject",
        "vector_store",
        "The file counts of a vector store are a number.",
        put("file_counts", 0),
    ),
    (
        "store_file_error_text",
        "SCHEMA-VectorStoreFileObject",
        "vector_store.file",
        "The last error of a file that failed is a text.",
        when(with_status("failed"), put("last_error", "unsupported_file")),
    ),
    (
        "store_file_without_store",
        "SCHEMA-VectorStoreFileObject",
        "vector_store.file",
        "A file does not say its vector store.",
        drop("vector_store_id"),
    ),
    (
        "batch_status_processing",
        "SCHEMA-VectorStoreFileBatchObject",
        "vector_store.file_batch",
        "A batch in progress has the status processing.",
        when(with_status("in_progress"), put("status", "processing")),
    ),
    (
        "file_size_text",
        "SCHEMA-OpenAIFile",
        "file",
        "The size of a file is a text.",
        put("bytes", "12"),
    ),
    ("model_without_owner", "SCHEMA-Model", "model", "A model has no owner.", drop("owned_by")),
]
"""Name, requirement, kind of object, what is wrong, and the change."""

for _name, _trips, _kind, _about, _change in OBJECTS:
    objects(_kind, trips=_trips, id=f"schemas.{_name}", about=_about)(_change)

ANSWERS: list[tuple[str, str, str, str, Change]] = [
    (
        "assistants_without_more",
        "SCHEMA-ListAssistantsResponse",
        "listAssistants",
        "A page of assistants has no has_more.",
        drop("has_more"),
    ),
    (
        "assistant_deleted_text",
        "SCHEMA-DeleteAssistantResponse",
        "deleteAssistant",
        "An assistant's deletion is told by a text.",
        put("deleted", "true"),
    ),
    (
        "thread_deleted_missing",
        "SCHEMA-DeleteThreadResponse",
        "deleteThread",
        "A thread's deletion is not told by deleted.",
        drop("deleted"),
    ),
    (
        "messages_more_null",
        "SCHEMA-ListMessagesResponse",
        "listMessages",
        "A page of messages says null for has_more.",
        put("has_more", None),
    ),
    (
        "message_deleted_number",
        "SCHEMA-DeleteMessageResponse",
        "deleteMessage",
        "A message's deletion is told by a number.",
        put("deleted", 1),
    ),
    (
        "modified_message_without_role",
        "SCHEMA-ModifiedMessageObject",
        "modifyMessage",
        "The answer to a modification of a message lacks its role.",
        drop("role"),
    ),
    (
        "runs_without_data",
        "SCHEMA-ListRunsResponse",
        "listRuns",
        "The items of a page of runs stand under items.",
        lambda shown, scene: shown.update(items=shown.pop("data")),
    ),
    (
        "steps_without_more",
        "SCHEMA-ListRunStepsResponse",
        "listRunSteps",
        "A page of steps has no has_more.",
        drop("has_more"),
    ),
    (
        "stores_more_text",
        "SCHEMA-ListVectorStoresResponse",
        "listVectorStores",
        "A page of vector stores says its has_more as a text.",
        put("has_more", "false"),
    ),
    (
        "store_deleted_missing",
        "SCHEMA-DeleteVectorStoreResponse",
        "deleteVectorStore",
        "A vector store's deletion is not told by deleted.",
        drop("deleted"),
    ),
    (
        "search_without_more",
        "SCHEMA-VectorStoreSearchResultsPage",
        "searchVectorStore",
        "The page of a search has no has_more.",
        drop("has_more"),
    ),
    (
        "score_text",
        "SCHEMA-VectorStoreSearchResultItem",
        "searchVectorStore",
        "The score of a result is a text.",
        put("data.score", "0.5"),
    ),
    (
        "store_files_without_more",
        "SCHEMA-ListVectorStoreFilesResponse",
        "listVectorStoreFiles",
        "A page of the files of a vector store has no has_more.",
        drop("has_more"),
    ),
    (
        "store_file_deleted_text",
        "SCHEMA-DeleteVectorStoreFileResponse",
        "deleteVectorStoreFile",
        "The removal of a file is told by a text.",
        put("deleted", "yes"),
    ),
    (
        "content_text",
        "SCHEMA-VectorStoreFileContentResponse",
        "retrieveVectorStoreFileContent",
        "The content of a file is a plain text.",
        put("data", "text"),
    ),
    (
        "batch_files_without_more",
        "SCHEMA-ListVectorStoreBatchFilesResponse",
        "listFilesInVectorStoreBatch",
        "A page of the files of a batch has no has_more.",
        drop("has_more"),
    ),
    (
        "batch_file_status",
        "SCHEMA-VectorStoreBatchFileObject",
        "listFilesInVectorStoreBatch",
        "The files of a batch have no status.",
        drop("data.status"),
    ),
    (
        "files_more_number",
        "SCHEMA-ListFilesResponse",
        "listFiles",
        "A page of files says its has_more as a number.",
        put("has_more", 0),
    ),
    (
        "file_deleted_missing",
        "SCHEMA-DeleteFileResponse",
        "deleteFile",
        "A file's deletion is not told by deleted.",
        drop("deleted"),
    ),
    ("models_null", "SCHEMA-ListModelsResponse", "listModels", "No models are null.", put("data", None)),
]
"""Name, requirement, operation, what is wrong, and the change."""


def _answering(change: Change) -> Change:
    def work(answer: Answer, scene: Scene) -> None:
        if answer.ok:
            change(answer.body, scene)

    return work


for _name, _trips, _operation, _about, _change in ANSWERS:
    answers(_operation, trips=_trips, id=f"schemas.{_name}", about=_about)(_answering(_change))


@answers("createAssistant", "createThread", "createMessage", trips="SCHEMA-STATUS-01")
def created_201(answer: Answer, scene: Scene) -> None:
    """What is created is answered 201."""
    if answer.ok:
        answer.status = 201


@answers("cancelRun", trips="SCHEMA-STATUS-01")
def accepted_202(answer: Answer, scene: Scene) -> None:
    """A cancellation is answered 202."""
    if answer.ok:
        answer.status = 202


@answers("deleteMessage", trips="SCHEMA-JSON-01")
def deleted_nothing(answer: Answer, scene: Scene) -> None:
    """The deletion of a message is answered without a body."""
    if answer.ok:
        answer.content = b""


@answers("listRunSteps", trips="SCHEMA-JSON-01")
def bare_list(answer: Answer, scene: Scene) -> None:
    """Steps are listed as a bare array."""
    if answer.ok:
        answer.body = answer.body["data"]


@answers("getThread", trips="SCHEMA-TYPE-01")
def labelled_as_text(answer: Answer, scene: Scene) -> None:
    """A thread is labelled text/html."""
    if answer.ok:
        answer.headers["content-type"] = "text/html; charset=utf-8"


@events(trips="SCHEMA-RunObject")
def streamed_run_without_tools(event: Told, scene: Scene) -> list[Told]:
    """The completed run of a stream has no tools."""
    if event.name == "thread.run.completed":
        del event.data["tools"]
    return [event]
