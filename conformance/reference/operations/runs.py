"""Runs of a thread."""

from collections.abc import Mapping, Sequence
from typing import Any

from conformance.reference import errors, objects, script, scripted_model
from conformance.reference.endpoint import Endpoint
from conformance.reference.objects import Json
from conformance.reference.operation import Answer, Call, Operation, Stream
from conformance.reference.operations.messages import add_message, require_message_parts
from conformance.reference.operations.threads import create_thread, require_thread_parts
from conformance.reference.pagination import page
from conformance.reference.request_schemas import (
    INCLUDE,
    MODIFY_METADATA,
    PAGE,
    SUBMIT_TOOL_OUTPUTS,
    create_run,
    create_thread_and_run,
)
from conformance.reference.store import Run, Thread
from conformance.reference.validation import invalid

_WORKED_ON = ("queued", "in_progress", "cancelling")


def operations(endpoint: Endpoint) -> list[Operation]:
    """The operations on runs."""
    store, engine = endpoint.store, endpoint.engine
    cap = endpoint.settings.token_cap_minimum

    def find(call: Call) -> Run:
        return store.run(call.path["thread_id"], call.path["run_id"])

    def create(call: Call) -> Answer:
        thread = store.thread(call.path["thread_id"])
        assistant = _assistant(endpoint, call.body)
        additional = call.body.get("additional_messages") or []
        require_message_parts(endpoint, additional)
        if run := thread.active_run:
            raise errors.thread_locked_for_runs(thread.id, run.id)
        _check(assistant, call.body, [*(message.value for message in thread.messages.values()), *additional])
        _require_living_stores(endpoint, assistant, thread.value)
        directed = _script_of_metadata(call.body)
        for message in additional:
            add_message(endpoint, thread, message)
        return _begin(endpoint, _new_run(endpoint, thread, assistant, call.body, directed), call)

    def create_with_thread(call: Call) -> Answer:
        assistant = _assistant(endpoint, call.body)
        wanted = call.body.get("thread") or {}
        require_thread_parts(endpoint, wanted)
        store.require_resources(call.body.get("tool_resources"))
        _check(assistant, call.body, wanted.get("messages") or [])
        named = [{"tool_resources": each.get("tool_resources") or {}} for each in (call.body, wanted)]
        _require_living_stores(endpoint, assistant, *named)
        directed = _script_of_metadata(call.body)
        thread = create_thread(endpoint, wanted)
        return _begin(endpoint, _new_run(endpoint, thread, assistant, call.body, directed), call, new_thread=True)

    def retrieve(call: Call) -> Answer:
        return find(call).value

    def modify(call: Call) -> Answer:
        run = find(call)
        if run.status in _WORKED_ON:
            raise errors.not_modifiable(run.status)
        objects.replace_metadata(run.value, call.body)
        return run.value

    def listed(call: Call) -> Answer:
        return page(store.thread(call.path["thread_id"]).runs.values(), call.query, store, "run")

    def cancel(call: Call) -> Answer:
        run = find(call)
        if run.is_over or run.status == "cancelling":
            raise errors.not_cancellable(run.status)
        engine.cancel(run)
        return run.value

    def submit(call: Call) -> Answer:
        run = find(call)
        if run.status != "requires_action":
            raise errors.no_outputs_wanted(run.status)
        wanted = [each["id"] for each in run.value["required_action"]["submit_tool_outputs"]["tool_calls"]]
        got = [each["tool_call_id"] for each in call.body["tool_outputs"]]
        if sorted(wanted) != sorted(got):
            raise errors.wrong_outputs(wanted, got)
        stream = _stream(run) if call.body.get("stream") else None
        engine.resume(run, {each["tool_call_id"]: each["output"] for each in call.body["tool_outputs"]})
        return stream or run.value

    runs = "/threads/{thread_id}/runs"
    return [
        Operation("POST", "/threads/runs", create_with_thread, body=create_thread_and_run(cap)),
        Operation("POST", runs, create, body=create_run(cap), query=INCLUDE),
        Operation("GET", runs, listed, query=PAGE),
        Operation("GET", f"{runs}/{{run_id}}", retrieve),
        Operation("POST", f"{runs}/{{run_id}}", modify, body=MODIFY_METADATA),
        Operation("POST", f"{runs}/{{run_id}}/cancel", cancel),
        Operation("POST", f"{runs}/{{run_id}}/submit_tool_outputs", submit, body=SUBMIT_TOOL_OUTPUTS),
    ]


def _assistant(endpoint: Endpoint, body: Mapping[str, Any]) -> Json:
    assistant = endpoint.store.assistant(body["assistant_id"]).value
    name = body.get("model")
    if name is not None and name not in endpoint.settings.models:
        raise errors.unknown_model(name)
    return assistant


def _check(assistant: Json, body: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> None:
    """Refuse a run that has nothing to go on, or a forced function that it does not have."""
    if not objects.instructions(assistant, dict(body)) and not any(m["role"] == "user" for m in messages):
        raise errors.nothing_to_run_on()
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and choice["type"] == "function":
        used = assistant["tools"] if body.get("tools") is None else body["tools"]
        if choice["function"]["name"] not in [t["function"]["name"] for t in used if t["type"] == "function"]:
            raise errors.no_such_tool("function")


def _require_living_stores(endpoint: Endpoint, *holders: Json) -> None:
    """Refuse a run that would search an expired vector store."""
    for holder in holders:
        for name in (holder["tool_resources"].get("file_search") or {}).get("vector_store_ids") or []:
            if name in endpoint.store.vector_stores and endpoint.store.vector_stores[name].expired:
                raise errors.run_store_expired(name)


def _script_of_metadata(body: Mapping[str, Any]) -> script.Script | None:
    """The script in the run's metadata; None where there is none."""
    directives = (body.get("metadata") or {}).get("script")
    if directives is None:
        return None
    try:
        return script.parse(directives)
    except script.BadScript as problem:
        raise invalid("metadata.script", "invalid_value", f"Invalid 'metadata.script': {problem}.") from None


def _new_run(
    endpoint: Endpoint, thread: Thread, assistant: Json, body: Mapping[str, Any], directed: script.Script | None
) -> Run:
    value = objects.run(endpoint.ids.make("run"), endpoint.clock.now(), thread.id, assistant, dict(body))
    from_file = next(endpoint.scripts, None)
    messages = [message.value for message in thread.messages.values()]
    followed = directed or script.in_text(scripted_model.last_user_text(messages)) or from_file or script.Script()
    resources = {**assistant["tool_resources"], **objects.resources(body.get("tool_resources"))}
    run = Run(value, endpoint.store.number(), thread, followed, resources)
    thread.runs[run.id] = run
    return run


def _begin(endpoint: Endpoint, run: Run, call: Call, *, new_thread: bool = False) -> Answer:
    run.contents = "include[]" in call.query
    stream = _stream(run) if call.body.get("stream") else None
    if new_thread:
        run.channel.publish("thread.created", objects.streamed(run.thread.value))
    endpoint.engine.start(run)
    return stream or run.value


def _stream(run: Run) -> Stream:
    subscription = run.channel.subscribe()
    return Stream(subscription, lambda: run.channel.leave(subscription))
