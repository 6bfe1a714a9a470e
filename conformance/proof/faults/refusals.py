"""Faults of what was refused: it has been carried out all the same, in part or wholly."""

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import Make, refuse
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answers, request_bodies
from conformance.proof.interception import Answer
from conformance.reference.store import Record

SUBMIT = "submitToolOuputsToRun"
NO_CALLS: Json = {"submit_tool_outputs": {"tool_calls": []}}


def _valid(metadata: Any) -> Any:
    """What can be kept of metadata that is refused."""
    if not isinstance(metadata, dict):
        return metadata
    return {name: value for name, value in metadata.items() if isinstance(value, str) and len(value) <= 512}


def _kept(
    find: Callable[[FaultContext], Record | None], member: str, make: Make = lambda sent: sent
) -> Callable[[Answer, FaultContext], None]:
    """Keep a member of a request that is refused."""

    def change(answer: Answer, context: FaultContext) -> None:
        record = find(context)
        if answer.status == 400 and record is not None and member in context.sent:
            record.value = {**record.value, member: make(context.sent[member])}

    return change


answers("modifyAssistant")("IDENTITY-REFUSED-01", "identity.refused_name_is_taken")(
    "The new name of an assistant is kept although its metadata is refused.",
    _kept(lambda context: context.assistant, "name"),
)
answers("modifyAssistant")("IDENTITY-REFUSED-01", "identity.refused_tools_are_taken")(
    "The new tools of an assistant are kept although its temperature is refused.",
    _kept(lambda context: context.assistant if context.sent.get("tools") == [] else None, "tools"),
)
answers("modifyThread")("IDENTITY-REFUSED-01", "identity.refused_metadata_of_a_thread_is_taken")(
    "What is right in refused metadata of a thread is kept.", _kept(lambda context: context.thread, "metadata", _valid)
)
answers("modifyMessage")("IDENTITY-REFUSED-01", "identity.refused_metadata_of_a_message_is_taken")(
    "What is right in refused metadata of a message is kept.",
    _kept(lambda context: context.message, "metadata", _valid),
)
answers("modifyRun")("IDENTITY-REFUSED-01", "identity.refused_metadata_of_a_run_is_taken")(
    "What is right in refused metadata of a run is kept.", _kept(lambda context: context.run, "metadata", _valid)
)
answers("modifyVectorStore")("IDENTITY-REFUSED-01", "vector_stores.refused_name_of_a_store_is_taken")(
    "The new name of a vector store is kept although its metadata is refused.",
    _kept(lambda context: context.vector_store, "name"),
)


@answers("updateVectorStoreFileAttributes").function("VSF-REFUSED-01", area="store_files")
def refused_attribute_is_taken(answer: Answer, context: FaultContext) -> None:
    """What is right in refused attributes is kept."""
    file, sent = context.store_file, context.sent.get("attributes")
    if answer.status == 400 and file is not None and isinstance(sent, dict) and "state" in sent:
        file.value["attributes"] = {"state": sent["state"]}


@request_bodies(SUBMIT).function("TOOL-ACCEPT-01", area="tools")
def refused_outputs_use_the_calls_up(body: Json, context: FaultContext) -> None:
    """Once outputs were refused, the right ones are refused as well."""
    run = context.run
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
    run = context.run
    if answer.status == 400 and run is not None and run.value["status"] == "requires_action":
        run.value.update(status="in_progress", required_action=None)


@request_bodies(SUBMIT).function("TOOL-OUTPUT-01", area="tools")
def refused_outputs_are_kept(body: Json, context: FaultContext) -> None:
    """The first output that was sent for a call is kept, also of a request that is refused."""
    for row in body.get("tool_outputs") or ():
        if isinstance(row, dict) and isinstance(row.get("tool_call_id"), str) and isinstance(row.get("output"), str):
            row["output"] = context.first(row["tool_call_id"], row["output"])
