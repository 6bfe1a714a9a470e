"""Faults of tool resources and attachments."""

from typing import Any

from conformance.proof.faults.changes import again, drop, equals, has, put, replace, update, when
from conformance.proof.faults.context import FaultContext, Json, replace_method
from conformance.proof.faults.fault import answer_bodies, inside, objects, request_bodies
from conformance.reference.endpoint import Endpoint

on_holder = objects("assistant", "thread")
_STORES = "tool_resources.file_search.vector_store_ids"
_FILES = "tool_resources.code_interpreter.file_ids"
on_message = objects("thread.message")
on_holder("RESOURCE-STORE-01", "attachments.two_stores")(
    "A vector store of an assistant or thread is shown with another one.",
    replace(_STORES, lambda names: [*names, f"vs_{'0' * 24}"] if names else names),
)
on_holder("RESOURCE-STORE-02", "attachments.resources_not_shown")(
    "The vector stores of an assistant or thread are not shown.", put(_STORES, [])
)
on_holder("RESOURCE-STORE-02", "attachments.last_interpreter_file_lost")(
    "The last of the code interpreter's files is not shown.", replace(_FILES, lambda names: names[:-1])
)
request_bodies("createAssistant", "createThread")("RESOURCE-HELPER-01", "attachments.described_store_is_not_made")(
    "A vector store that is described instead of named is not made.",
    drop(
        "tool_resources.file_search.vector_stores",
        unless=lambda stores: not isinstance(stores, list) or len(stores) > 1,
    ),
)
request_bodies("createAssistant", "createThread")("RESOURCE-HELPER-02", "attachments.described_store_is_empty")(
    "A vector store that is described is made without its files.",
    drop("tool_resources.file_search.vector_stores.file_ids"),
)
on_holder("RESOURCE-KEEP-01", "attachments.resources_only_at_first")(
    "The code interpreter's files of an assistant or thread are shown once.", when(again(), put(_FILES, []))
)
on_message("ATTACH-ECHO-01", "attachments.tools_of_attachments_lost")(
    "Attachments are shown with the first of their tools only.",
    when(
        has("attachments"),
        lambda value, _: value.update(
            attachments=[{**item, "tools": item["tools"][:1]} for item in value["attachments"]]
        ),
    ),
)
on_message("ATTACH-ECHO-01", "attachments.last_attachment_lost")(
    "The last attachment of a message is not shown.",
    when(has("attachments"), lambda value, _: value.update(attachments=value["attachments"][:-1])),
)
objects("thread")("ATTACH-THREAD-01", "attachments.no_store_for_attachments")(
    "A thread whose messages attach files for file_search has no vector store.",
    lambda value, _: value.update(
        tool_resources={name: part for name, part in value["tool_resources"].items() if name != "file_search"}
    ),
)


@answer_bodies("createMessage").function("ATTACH-THREAD-02")
def second_attachment_not_indexed(body: Json, context: FaultContext) -> None:
    """Only the files of a thread's first attachments are in its vector store."""
    if context.nth(context.ids["thread_id"]) > 1:
        thread = context.store.threads[context.ids["thread_id"]]
        names = (thread.value["tool_resources"].get("file_search") or {}).get("vector_store_ids") or []
        for name in names:
            store = context.store.vector_stores[name]
            for item in body["attachments"]:
                store.files.pop(item["file_id"], None)


@inside.function("ATTACH-THREAD-02")
def attachments_not_indexed(endpoint: Endpoint) -> None:
    """The last file that is attached for file_search is not put into the thread's vector store."""

    def adding(add: Any) -> Any:
        def added(store: Any, file: Any, **settings: Any) -> Any:
            entry = add(store, file, **settings)
            if store.value["expires_after"] and store.value["expires_after"]["days"] == 7:
                del store.files[file.id]
            return entry

        return added

    replace_method(endpoint.indexer, "add", adding)


objects("vector_store")("LIMIT-VS-04", "attachments.helper_never_expires")(
    "A vector store that is made on the way for a thread does not expire.",
    when(equals("name", None), update(expires_after=None, expires_at=None)),
)


for _operation, _kind in (("modifyThread", "threads"), ("modifyAssistant", "assistants")):
    request_bodies(_operation)("RESOURCE-KEEP-01", f"attachments.changed_{_kind}_lose_resources")(
        f"Whatever is changed of {_kind}, they lose their tool resources.",
        lambda body, _: body.setdefault(
            "tool_resources", {"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": []}}
        ),
    )
