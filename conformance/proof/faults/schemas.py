"""Faults of schemas: a member that is missing or of another type, one for each kind of answer."""

from conformance.proof.faults.changes import (
    answer_body,
    answer_with,
    drop,
    listed,
    put,
    set_header,
    status,
    streamed,
    unstreamed,
    when,
)
from conformance.proof.faults.fault import answer_bodies, event_data, objects

on_run = objects("thread.run")
on_step = objects("thread.run.step")
on_message = objects("thread.message")
on_assistant = objects("assistant")


on_assistant("SCHEMA-AssistantObject", "schemas.assistant_tools_null")("No tools are null.", put("tools", None))
on_assistant("SCHEMA-AssistantObject", "schemas.assistant_time_text")("The time is a text.", put("created_at", "2024"))
objects("thread")("SCHEMA-ThreadObject", "schemas.thread_without_metadata")(
    "A thread has no metadata.", drop("metadata")
)
objects("thread")("SCHEMA-ThreadObject", "schemas.thread_resources_list")(
    "The tool resources of a thread are a list.", put("tool_resources", [])
)
on_run("SCHEMA-RunObject", "schemas.run_model_missing")(
    "A run lacks its model once it is completed.", when(status("completed"), drop("model"))
)
on_run("SCHEMA-RunObject", "schemas.run_status_done")(
    "A completed run has the status done.", when(status("completed"), put("status", "done"))
)
on_run("SCHEMA-RunObject", "schemas.run_choice_object")(
    "In lists the tool choice of a run is an object of type auto.", when(listed, put("tool_choice", {"type": "auto"}))
)
on_step("SCHEMA-RunStepObject", "schemas.step_usage_empty")(
    "The usage of a completed step is an empty object.", when(status("completed"), put("usage", {}))
)
on_step("SCHEMA-RunStepObject", "schemas.call_arguments_object")(
    "The arguments of a listed call are an object, not JSON in a text.",
    when(listed, put("step_details.tool_calls.function.arguments", {"city": "Oslo"})),
)
on_message("SCHEMA-MessageObject", "schemas.message_content_text")(
    "The content of a message is a plain text.", when(unstreamed, put("content", "Hello"))
)
on_message("SCHEMA-MessageObject", "schemas.message_text_flat")(
    "The text of a part is a plain text, as in chat completions.", when(unstreamed, put("content.text", "Hello"))
)
on_message("SCHEMA-MessageStreamObject", "schemas.streamed_message_without_status")(
    "Messages in streams have no status.", when(streamed, drop("status"))
)
objects("thread.message.delta")("SCHEMA-MessageDeltaObject", "schemas.message_delta_text")(
    "The text of a delta is a plain text.", put("delta.content.text", "a")
)
objects("thread.run.step.delta")("SCHEMA-RunStepDeltaObject", "schemas.step_delta_index_text")(
    "The index of a call in a delta is a text.", put("delta.step_details.tool_calls.index", "0")
)
objects("vector_store")("SCHEMA-VectorStoreObject", "schemas.store_without_counts")(
    "The file counts of a vector store are a number.", put("file_counts", 0)
)
objects("vector_store.file")("SCHEMA-VectorStoreFileObject", "schemas.store_file_error_text")(
    "The last error of a file that failed is a text.", when(status("failed"), put("last_error", "unsupported_file"))
)
objects("vector_store.file")("SCHEMA-VectorStoreFileObject", "schemas.store_file_without_store")(
    "A file does not say its vector store.", drop("vector_store_id")
)
objects("vector_store.file_batch")("SCHEMA-VectorStoreFileBatchObject", "schemas.batch_status_processing")(
    "A batch in progress has the status processing.", when(status("in_progress"), put("status", "processing"))
)
objects("file")("SCHEMA-OpenAIFile", "schemas.file_size_text")("The size of a file is a text.", put("bytes", "12"))
objects("model")("SCHEMA-Model", "schemas.model_without_owner")("A model has no owner.", drop("owned_by"))

answer_bodies("listAssistants")("SCHEMA-ListAssistantsResponse", "schemas.assistants_without_more")(
    "A page of assistants has no has_more.", drop("has_more")
)
answer_bodies("deleteAssistant")("SCHEMA-DeleteAssistantResponse", "schemas.assistant_deleted_text")(
    "An assistant's deletion is told by a text.", put("deleted", "true")
)
answer_bodies("deleteThread")("SCHEMA-DeleteThreadResponse", "schemas.thread_deleted_missing")(
    "A thread's deletion is not told by deleted.", drop("deleted")
)
answer_bodies("listMessages")("SCHEMA-ListMessagesResponse", "schemas.messages_more_null")(
    "A page of messages says null for has_more.", put("has_more", None)
)
answer_bodies("deleteMessage")("SCHEMA-DeleteMessageResponse", "schemas.message_deleted_number")(
    "A message's deletion is told by a number.", put("deleted", 1)
)
answer_bodies("modifyMessage")("SCHEMA-ModifiedMessageObject", "schemas.modified_message_without_role")(
    "The answer to a modification of a message lacks its role.", drop("role")
)
answer_bodies("listRuns")("SCHEMA-ListRunsResponse", "schemas.runs_without_data")(
    "The items of a page of runs stand under items.", lambda value, context: value.update(items=value.pop("data"))
)
answer_bodies("listRunSteps")("SCHEMA-ListRunStepsResponse", "schemas.steps_without_more")(
    "A page of steps has no has_more.", drop("has_more")
)
answer_bodies("listVectorStores")("SCHEMA-ListVectorStoresResponse", "schemas.stores_more_text")(
    "A page of vector stores says its has_more as a text.", put("has_more", "false")
)
answer_bodies("deleteVectorStore")("SCHEMA-DeleteVectorStoreResponse", "schemas.store_deleted_missing")(
    "A vector store's deletion is not told by deleted.", drop("deleted")
)
answer_bodies("searchVectorStore")("SCHEMA-VectorStoreSearchResultsPage", "schemas.search_without_more")(
    "The page of a search has no has_more.", drop("has_more")
)
answer_bodies("searchVectorStore")("SCHEMA-VectorStoreSearchResultItem", "schemas.score_text")(
    "The score of a result is a text.", put("data.score", "0.5")
)
answer_bodies("listVectorStoreFiles")("SCHEMA-ListVectorStoreFilesResponse", "schemas.store_files_without_more")(
    "A page of the files of a vector store has no has_more.", drop("has_more")
)
answer_bodies("deleteVectorStoreFile")("SCHEMA-DeleteVectorStoreFileResponse", "schemas.store_file_deleted_text")(
    "The removal of a file is told by a text.", put("deleted", "yes")
)
answer_bodies("retrieveVectorStoreFileContent")("SCHEMA-VectorStoreFileContentResponse", "schemas.content_text")(
    "The content of a file is a plain text.", put("data", "text")
)
answer_bodies("listFilesInVectorStoreBatch")(
    "SCHEMA-ListVectorStoreBatchFilesResponse", "schemas.batch_files_without_more"
)("A page of the files of a batch has no has_more.", drop("has_more"))
answer_bodies("listFilesInVectorStoreBatch")("SCHEMA-VectorStoreBatchFileObject", "schemas.batch_file_status")(
    "The files of a batch have no status.", drop("data.status")
)
answer_bodies("listFiles")("SCHEMA-ListFilesResponse", "schemas.files_more_number")(
    "A page of files says its has_more as a number.", put("has_more", 0)
)
answer_bodies("deleteFile")("SCHEMA-DeleteFileResponse", "schemas.file_deleted_missing")(
    "A file's deletion is not told by deleted.", drop("deleted")
)
answer_bodies("listModels")("SCHEMA-ListModelsResponse", "schemas.models_null")(
    "No models are null.", put("data", None)
)
answer_bodies("createAssistant", "createThread", "createMessage")("SCHEMA-STATUS-01", "schemas.created_201")(
    "What is created is answered 201.", answer_with(201)
)
answer_bodies("cancelRun")("SCHEMA-STATUS-01", "schemas.accepted_202")(
    "A cancellation is answered 202.", answer_with(202)
)
answer_bodies("deleteMessage")("SCHEMA-JSON-01", "schemas.deleted_nothing")(
    "The deletion of a message is answered without a body.", lambda _, context: setattr(context.answer, "content", b"")
)
answer_bodies("listRunSteps")("SCHEMA-JSON-01", "schemas.bare_list")(
    "Steps are listed as a bare array.", answer_body(lambda page: page["data"])
)
answer_bodies("getThread")("SCHEMA-TYPE-01", "schemas.labelled_as_text")(
    "A thread is labelled text/html.", set_header("content-type", "text/html; charset=utf-8")
)
event_data("thread.run.completed")("SCHEMA-RunObject", "schemas.streamed_run_without_tools")(
    "The completed run of a stream has no tools.", drop("tools")
)
