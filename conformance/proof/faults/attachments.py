"""Faults of tool resources and attachments."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import forget
from conformance.proof.faults.fault import answers, inside, objects, requests
from conformance.proof.faults.scene import Answer, Scene, Sent, instead
from conformance.reference.endpoint import Endpoint

Json = dict[str, Any]


@objects("assistant", "thread", trips="RESOURCE-STORE-01")
def two_stores(shown: Json, scene: Scene) -> None:
    """A vector store of an assistant or thread is shown with another one."""
    found = shown["tool_resources"].get("file_search")
    if found and found["vector_store_ids"]:
        names = [*found["vector_store_ids"], f"vs_{'0' * 24}"]
        shown["tool_resources"] = {**shown["tool_resources"], "file_search": {"vector_store_ids": names}}


@objects("assistant", "thread", trips="RESOURCE-STORE-02")
def resources_not_shown(shown: Json, scene: Scene) -> None:
    """The vector stores of an assistant or thread are not shown."""
    if "file_search" in shown["tool_resources"]:
        shown["tool_resources"] = {**shown["tool_resources"], "file_search": {"vector_store_ids": []}}


@objects("assistant", "thread", trips="RESOURCE-STORE-02")
def last_interpreter_file_lost(shown: Json, scene: Scene) -> None:
    """The last of the code interpreter's files is not shown."""
    found = shown["tool_resources"].get("code_interpreter")
    if found and found["file_ids"]:
        shown["tool_resources"] = {
            **shown["tool_resources"],
            "code_interpreter": {"file_ids": found["file_ids"][:-1]},
        }


@requests("createAssistant", "createThread", trips="RESOURCE-HELPER-01")
def described_store_is_not_made(sent: Sent, scene: Scene) -> None:
    """A vector store that is described instead of named is not made."""
    forget(
        "tool_resources.file_search.vector_stores",
        unless=lambda stores: not isinstance(stores, list) or len(stores) > 1,
    )(sent, scene)


@requests("createAssistant", "createThread", trips="RESOURCE-HELPER-02")
def described_store_is_empty(sent: Sent, scene: Scene) -> None:
    """A vector store that is described is made without its files."""
    forget("tool_resources.file_search.vector_stores.file_ids")(sent, scene)


@objects("thread", "assistant", trips="RESOURCE-KEEP-01")
def resources_only_at_first(shown: Json, scene: Scene) -> None:
    """The code interpreter's files of an assistant or thread are shown once."""
    if scene.nth(shown["id"]) > 1 and shown["tool_resources"].get("code_interpreter", {}).get("file_ids"):
        shown["tool_resources"] = {**shown["tool_resources"], "code_interpreter": {"file_ids": []}}


@objects("thread.message", trips="ATTACH-ECHO-01")
def tools_of_attachments_lost(message: Json, scene: Scene) -> None:
    """Attachments are shown with the first of their tools only."""
    if message.get("attachments"):
        message["attachments"] = [{**item, "tools": item["tools"][:1]} for item in message["attachments"]]


@objects("thread.message", trips="ATTACH-ECHO-01")
def last_attachment_lost(message: Json, scene: Scene) -> None:
    """The last attachment of a message is not shown."""
    if message.get("attachments"):
        message["attachments"] = message["attachments"][:-1]


@objects("thread", trips="ATTACH-THREAD-01")
def no_store_for_attachments(thread: Json, scene: Scene) -> None:
    """A thread whose messages attach files for file_search has no vector store."""
    thread["tool_resources"] = {name: part for name, part in thread["tool_resources"].items() if name != "file_search"}


@answers("createMessage", trips="ATTACH-THREAD-02")
def second_attachment_not_indexed(answer: Answer, scene: Scene) -> None:
    """Only the files of a thread's first attachments are in its vector store."""
    if answer.ok and scene.nth(scene.ids["thread_id"]) > 1:
        thread = scene.endpoint.store.threads[scene.ids["thread_id"]]
        names = (thread.value["tool_resources"].get("file_search") or {}).get("vector_store_ids") or []
        for name in names:
            store = scene.endpoint.store.vector_stores[name]
            for item in answer.body["attachments"]:
                store.files.pop(item["file_id"], None)


@inside(trips="ATTACH-THREAD-02")
def attachments_not_indexed(endpoint: Endpoint) -> None:
    """The last file that is attached for file_search is not put into the thread's vector store."""

    def adding(add: Any) -> Any:
        def added(store: Any, file: Any, **settings: Any) -> Any:
            entry = add(store, file, **settings)
            if store.value["expires_after"] and store.value["expires_after"]["days"] == 7:
                del store.files[file.id]
            return entry

        return added

    instead(endpoint.indexer, "add", adding)


@objects("vector_store", trips="LIMIT-VS-04")
def helper_never_expires(store: Json, scene: Scene) -> None:
    """A vector store that is made on the way for a thread does not expire."""
    if store["name"] is None:
        store["expires_after"], store["expires_at"] = None, None
