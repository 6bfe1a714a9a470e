"""Threads."""

from collections.abc import Mapping
from typing import Any

from conformance.reference import objects
from conformance.reference.endpoint import Endpoint
from conformance.reference.operation import Answer, Call, Operation
from conformance.reference.operations.messages import add_message, require_message_parts
from conformance.reference.operations.vector_stores import resolved
from conformance.reference.request_schemas import CREATE_THREAD, MODIFY_THREAD
from conformance.reference.store import Thread


def operations(endpoint: Endpoint) -> list[Operation]:
    """The operations on threads."""
    store = endpoint.store

    def create(call: Call) -> Answer:
        require_thread_parts(endpoint, call.body)
        return create_thread(endpoint, call.body).value

    def retrieve(call: Call) -> Answer:
        # Recorded in 2024 and 2025: reading a thread shows what streams show, creating and modifying it does not.
        return objects.streamed(store.thread(call.path["thread_id"]).value)

    def modify(call: Call) -> Answer:
        thread = store.thread(call.path["thread_id"])
        store.require_resources(call.body.get("tool_resources"))
        objects.replace_metadata(thread.value, call.body)
        if "tool_resources" in call.body:
            thread.value["tool_resources"] = objects.resources(call.body["tool_resources"])
        return thread.value

    def delete(call: Call) -> Answer:
        thread = store.thread(call.path["thread_id"])
        del store.threads[thread.id]
        return objects.deleted(thread.value)

    return [
        Operation("POST", "/threads", create, body=CREATE_THREAD),
        Operation("GET", "/threads/{thread_id}", retrieve),
        Operation("POST", "/threads/{thread_id}", modify, body=MODIFY_THREAD),
        Operation("DELETE", "/threads/{thread_id}", delete),
    ]


def require_thread_parts(endpoint: Endpoint, body: Mapping[str, Any]) -> None:
    """Refuse a new thread that names files or vector stores which do not exist."""
    endpoint.store.require_resources(body.get("tool_resources"))
    require_message_parts(endpoint, body.get("messages") or [])


def create_thread(endpoint: Endpoint, body: Mapping[str, Any]) -> Thread:
    """Keep a new thread with its first messages."""
    resources = resolved(endpoint, body.get("tool_resources"), expires=True)
    value = objects.thread(endpoint.ids.make("thread"), endpoint.clock.now(), {**body, "tool_resources": resources})
    thread = Thread(value, endpoint.store.number())
    endpoint.store.threads[thread.id] = thread
    for message in body.get("messages") or []:
        add_message(endpoint, thread, message)
    return thread
