"""Messages of a thread."""

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.reference import errors, objects
from conformance.reference.endpoint import Endpoint
from conformance.reference.operation import Answer, Call, Operation
from conformance.reference.operations.vector_stores import HELPER_DAYS, create_store
from conformance.reference.pagination import page
from conformance.reference.request_schemas import CREATE_MESSAGE, MODIFY_METADATA, PAGE
from conformance.reference.store import Record, Thread
from conformance.reference.validation import String, optional

# An address need not end in an extension, and what looks like one may be part of a name: only known others are refused.
_NO_IMAGES = (".pdf", ".txt", ".md", ".doc", ".docx", ".html", ".json", ".csv", ".svg", ".bmp", ".tiff", ".mp4", ".zip")


def operations(endpoint: Endpoint) -> list[Operation]:
    """The operations on messages."""
    store = endpoint.store

    def find(call: Call) -> Record:
        return store.message(call.path["thread_id"], call.path["message_id"])

    def create(call: Call) -> Answer:
        thread = store.thread(call.path["thread_id"])
        require_message_parts(endpoint, [call.body])
        if run := thread.active_run:
            raise errors.thread_locked_for_messages(thread.id, run.id)
        return objects.plain(add_message(endpoint, thread, call.body).value)

    def retrieve(call: Call) -> Answer:
        return objects.plain(find(call).value)

    def modify(call: Call) -> Answer:
        message = find(call)
        objects.replace_metadata(message.value, call.body)
        return objects.after_modification(message.value)

    def delete(call: Call) -> Answer:
        message = find(call)
        store.remember_position(message)
        del store.thread(call.path["thread_id"]).messages[message.id]
        return objects.deleted(message.value)

    def listed(call: Call) -> Answer:
        messages = store.thread(call.path["thread_id"]).messages.values()
        run_id = call.query.get("run_id")
        wanted = [message for message in messages if run_id in (None, message.value["run_id"])]
        return page(wanted, call.query, store, "message")

    return [
        Operation("POST", "/threads/{thread_id}/messages", create, body=CREATE_MESSAGE),
        Operation("GET", "/threads/{thread_id}/messages", listed, query={**PAGE, "run_id": optional(String())}),
        Operation("GET", "/threads/{thread_id}/messages/{message_id}", retrieve),
        Operation("POST", "/threads/{thread_id}/messages/{message_id}", modify, body=MODIFY_METADATA),
        Operation("DELETE", "/threads/{thread_id}/messages/{message_id}", delete),
    ]


def require_message_parts(endpoint: Endpoint, messages: Sequence[Mapping[str, Any]]) -> None:
    """Refuse messages with files that do not exist, or with images in a format that nothing can look at."""
    for message in messages:
        endpoint.store.require_files([attachment["file_id"] for attachment in message.get("attachments") or []])
        for part in [] if isinstance(message["content"], str) else message["content"]:
            if part["type"] == "image_file":
                endpoint.store.require_files([part["image_file"]["file_id"]])
            elif part["type"] == "image_url":
                address = part["image_url"]["url"].split("?")[0].lower()
                if extension := next((one for one in _NO_IMAGES if address.endswith(one)), None):
                    raise errors.wrong_image(extension)


def add_message(endpoint: Endpoint, thread: Thread, body: Mapping[str, Any]) -> Record:
    """Keep a client's message at the end of a thread, and give the thread what it attaches."""
    _attach(endpoint, thread, body.get("attachments") or [])
    value = objects.message(endpoint.ids.make("msg"), endpoint.clock.now(), thread.id, dict(body))
    return endpoint.store.add(value, thread.messages)


def _attach(endpoint: Endpoint, thread: Thread, attachments: Sequence[Mapping[str, Any]]) -> None:
    """Files for the code interpreter go to the thread's own, files for file_search into its vector store."""
    wanted: dict[str, list[str]] = {"code_interpreter": [], "file_search": []}
    for attachment in attachments:
        for tool in attachment["tools"]:
            wanted[tool["type"]].append(attachment["file_id"])
    resources = thread.value["tool_resources"]
    if wanted["code_interpreter"]:
        held = resources.setdefault("code_interpreter", {"file_ids": []})["file_ids"]
        held += [name for name in dict.fromkeys(wanted["code_interpreter"]) if name not in held]
    if wanted["file_search"]:
        named = resources.setdefault("file_search", {"vector_store_ids": []})["vector_store_ids"]
        if not named:
            policy = {"anchor": "last_active_at", "days": HELPER_DAYS}
            named.append(create_store(endpoint, {"expires_after": policy}).id)
        collection = endpoint.store.vector_store(named[0])
        for name in dict.fromkeys(wanted["file_search"]):
            if name not in collection.files:
                endpoint.indexer.add(collection, endpoint.store.files[name], attributes=None, chunking=None)
