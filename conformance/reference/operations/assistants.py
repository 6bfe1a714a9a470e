"""Assistants."""

from conformance.reference import errors, objects
from conformance.reference.endpoint import Endpoint
from conformance.reference.operation import Answer, Call, Operation
from conformance.reference.operations.vector_stores import resolved
from conformance.reference.pagination import page
from conformance.reference.request_schemas import CREATE_ASSISTANT, MODIFY_ASSISTANT, PAGE


def operations(endpoint: Endpoint) -> list[Operation]:
    """The operations on assistants."""
    store = endpoint.store

    def create(call: Call) -> Answer:
        _check(call)
        resources = resolved(endpoint, call.body.get("tool_resources"), expires=False)
        body = {**call.body, "tool_resources": resources}
        value = objects.assistant(endpoint.ids.make("asst"), endpoint.clock.now(), body)
        return store.add(value, store.assistants).value

    def retrieve(call: Call) -> Answer:
        return store.assistant(call.path["assistant_id"]).value

    def modify(call: Call) -> Answer:
        assistant = store.assistant(call.path["assistant_id"])
        _check(call)
        assistant.value = objects.modified_assistant(assistant.value, dict(call.body))
        return assistant.value

    def delete(call: Call) -> Answer:
        assistant = store.assistant(call.path["assistant_id"])
        store.remember_position(assistant)
        del store.assistants[assistant.id]
        return objects.deleted(assistant.value)

    def listed(call: Call) -> Answer:
        return page(store.assistants.values(), call.query, store, "assistant")

    def _check(call: Call) -> None:
        model = call.body.get("model")
        if model is not None and model not in endpoint.settings.models:
            raise errors.unknown_model(model)
        store.require_resources(call.body.get("tool_resources"))

    return [
        Operation("POST", "/assistants", create, body=CREATE_ASSISTANT),
        Operation("GET", "/assistants", listed, query=PAGE),
        Operation("GET", "/assistants/{assistant_id}", retrieve),
        Operation("POST", "/assistants/{assistant_id}", modify, body=MODIFY_ASSISTANT),
        Operation("DELETE", "/assistants/{assistant_id}", delete),
    ]
