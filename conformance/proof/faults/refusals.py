"""Faults of what was refused: it has been carried out all the same, in part or wholly."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import refuse
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answers, request_bodies
from conformance.proof.interception import Answer
from conformance.reference.store import Record, Run

SUBMIT = "submitToolOuputsToRun"
NO_CALLS: Json = {"submit_tool_outputs": {"tool_calls": []}}


def _change(record: Record | None, answer: Answer, context: FaultContext, *names: str) -> None:
    """Change a stored object as a refused request asked."""
    if answer.status == 400 and record is not None and isinstance(context.request_body, dict):
        sent: dict[str, Any] = context.request_body
        record.value = {**record.value, **{name: sent[name] for name in names if name in sent}}


@answers("modifyAssistant").function("IDENTITY-REFUSED-01", area="identity")
def refused_name_is_taken(answer: Answer, context: FaultContext) -> None:
    """The new name of an assistant is kept although its metadata is refused."""
    _change(context.endpoint.store.assistants.get(context.ids["assistant_id"]), answer, context, "name")


@answers("modifyAssistant").function("IDENTITY-REFUSED-01", area="identity")
def refused_tools_are_taken(answer: Answer, context: FaultContext) -> None:
    """The new tools of an assistant are kept although its temperature is refused."""
    if isinstance(context.request_body, dict) and context.request_body.get("tools") == []:
        _change(context.endpoint.store.assistants.get(context.ids["assistant_id"]), answer, context, "tools")


def _cut(answer: Answer, context: FaultContext) -> None:
    """Keep what can be kept of metadata that is refused."""
    sent = context.request_body.get("metadata") if isinstance(context.request_body, dict) else None
    if answer.status == 400 and isinstance(sent, dict):
        kept = {name: value for name, value in sent.items() if isinstance(value, str) and len(value) <= 512}
        context.request_body["metadata"] = kept


@answers("modifyThread").function("IDENTITY-REFUSED-01", area="identity")
def refused_metadata_of_a_thread_is_taken(answer: Answer, context: FaultContext) -> None:
    """What is right in refused metadata of a thread is kept."""
    _cut(answer, context)
    _change(context.endpoint.store.threads.get(context.ids["thread_id"]), answer, context, "metadata")


@answers("modifyMessage").function("IDENTITY-REFUSED-01", area="identity")
def refused_metadata_of_a_message_is_taken(answer: Answer, context: FaultContext) -> None:
    """What is right in refused metadata of a message is kept."""
    _cut(answer, context)
    thread = context.endpoint.store.threads.get(context.ids["thread_id"])
    _change(thread and thread.messages.get(context.ids["message_id"]), answer, context, "metadata")


@answers("modifyRun").function("IDENTITY-REFUSED-01", area="identity")
def refused_metadata_of_a_run_is_taken(answer: Answer, context: FaultContext) -> None:
    """What is right in refused metadata of a run is kept."""
    _cut(answer, context)
    thread = context.endpoint.store.threads.get(context.ids["thread_id"])
    _change(thread and thread.runs.get(context.ids["run_id"]), answer, context, "metadata")


@answers("modifyVectorStore").function("IDENTITY-REFUSED-01", area="vector_stores")
def refused_name_of_a_store_is_taken(answer: Answer, context: FaultContext) -> None:
    """The new name of a vector store is kept although its metadata is refused."""
    store = context.endpoint.store.vector_stores.get(context.ids["vector_store_id"])
    _change(store, answer, context, "name")


@answers("updateVectorStoreFileAttributes").function("VSF-REFUSED-01", area="store_files")
def refused_attribute_is_taken(answer: Answer, context: FaultContext) -> None:
    """What is right in refused attributes is kept."""
    store = context.endpoint.store.vector_stores.get(context.ids["vector_store_id"])
    file = store.files.get(context.ids["file_id"]) if store is not None else None
    sent = context.request_body.get("attributes") if isinstance(context.request_body, dict) else None
    if answer.status == 400 and file is not None and isinstance(sent, dict) and "state" in sent:
        file.value["attributes"] = {"state": sent["state"]}


def _run(context: FaultContext) -> Run | None:
    thread = context.endpoint.store.threads.get(context.ids["thread_id"])
    return thread.runs.get(context.ids["run_id"]) if thread else None


@request_bodies(SUBMIT).function("TOOL-ACCEPT-01", area="tools")
def refused_outputs_use_the_calls_up(body: Json, context: FaultContext) -> None:
    """Once outputs were refused, the right ones are refused as well."""
    run = _run(context)
    calls = (run.value["required_action"] or NO_CALLS)["submit_tool_outputs"]["tool_calls"] if run else []
    wanted = sorted(call["id"] for call in calls)
    rows = body.get("tool_outputs")
    given = [row.get("tool_call_id") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    if wanted and sorted(map(str, given)) != wanted:
        context.memory[context.ids["run_id"]] = True
    elif wanted and context.ids["run_id"] in context.memory:
        raise refuse(f"Expected tool outputs for call_ids [], got {given!r}")


@answers(SUBMIT).function("RUN-STATE-03", area="runs")
def refused_outputs_let_the_run_go_on(answer: Answer, context: FaultContext) -> None:
    """Outputs that are refused let the run go on without them."""
    run = _run(context)
    if answer.status == 400 and run is not None and run.value["status"] == "requires_action":
        run.value.update(status="in_progress", required_action=None)


@request_bodies(SUBMIT).function("TOOL-OUTPUT-01", area="tools")
def refused_outputs_are_kept(body: Json, context: FaultContext) -> None:
    """The first output that was sent for a call is kept, also of a request that is refused."""
    for row in body.get("tool_outputs") or ():
        if isinstance(row, dict) and isinstance(row.get("tool_call_id"), str) and isinstance(row.get("output"), str):
            row["output"] = context.first(row["tool_call_id"], row["output"])
