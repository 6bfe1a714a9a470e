"""Faults of what a client set: it is shown otherwise, drifts, or is lost."""

from typing import Any

from conformance.proof.faults.changes import (
    Make,
    ascii_only,
    copy,
    cut,
    drop,
    drop_all,
    escaped,
    listed,
    lower_names,
    one_decimal,
    put,
    replace,
    then,
    when,
    without_last,
)
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answer_bodies, answers, event_data, objects, request_bodies
from conformance.proof.faults.operations import ASSISTANT, MODIFICATIONS, RUN
from conformance.proof.interception import Answer

on_run = objects("thread.run")
on_assistant = objects("assistant")


def _or_else(value: Any) -> Make:
    """What is shown, or the value in place of nothing."""
    return lambda shown: shown or value


CREATIONS = ("createAssistant", "createThread", "createMessage", "createRun", "createThreadAndRun")


on_assistant("IDENTITY-ECHO-01", "identity.name_loses_what_is_not_ascii")(
    "A name loses its characters beyond ASCII.", replace("name", ascii_only)
)
on_assistant("IDENTITY-ECHO-01", "identity.description_cut_when_shown")(
    "A description is cut at 500 characters when it is shown.", replace("description", cut(500))
)
on_assistant("IDENTITY-ECHO-02", "identity.temperature_zero_is_one")(
    "A temperature of 0 counts as none and is shown as 1.",
    lambda value, _: value.update(temperature=value["temperature"] or 1.0),
)

for _name in ("temperature", "top_p"):
    request_bodies(*ASSISTANT)("IDENTITY-ECHO-02", f"identity.{_name}_rounded")(
        f"The {_name} of an assistant is kept with one decimal.", replace(_name, one_decimal)
    )
    request_bodies(*RUN)("IDENTITY-ECHO-06", f"identity.{_name}_of_a_run_rounded")(
        f"The {_name} of a run is kept with one decimal.", replace(_name, one_decimal)
    )

on_assistant("IDENTITY-ECHO-02", "identity.format_always_auto")(
    "The response format is shown as auto, whatever was sent.", put("response_format", "auto")
)
on_assistant("IDENTITY-ECHO-03", "identity.tools_sorted")(
    "Tools are shown in reverse order.", replace("tools", lambda tools: tools[::-1])
)


on_run("IDENTITY-ECHO-03", "identity.function_description_lost")(
    "The functions of a run have lost their descriptions.", drop("tools.function.description")
)
request_bodies("createThread", "createMessage", "createRun")("IDENTITY-ECHO-04", "identity.metadata_of_its_own")(
    "Metadata gets a key of the endpoint's own on creation.",
    when(
        lambda body, _: isinstance(body.get("metadata"), dict) and len(body["metadata"]) < 16,
        put("metadata.created_by", "api"),
    ),
)


answer_bodies(*MODIFICATIONS)("IDENTITY-ECHO-04", "identity.metadata_loses_a_key")(
    "A modification loses the last key of the metadata that was sent.",
    when(lambda body, context: context.sent.get("metadata"), replace("metadata", without_last)),
)
request_bodies(*CREATIONS)("IDENTITY-ECHO-04", "identity.metadata_names_in_lower_case")(
    "The keys of metadata are kept in lower case.", replace("metadata", lower_names)
)
request_bodies(*RUN)("IDENTITY-ECHO-04", "identity.metadata_of_new_runs_escaped")(
    "The metadata of a new run is kept as HTML would write it.", replace("metadata", escaped)
)
request_bodies(*MODIFICATIONS)("IDENTITY-ECHO-04", "identity.modified_metadata_escaped")(
    "Metadata of a modification is kept as HTML would write it.", replace("metadata", escaped)
)
request_bodies("createMessage")("IDENTITY-ECHO-05", "identity.text_loses_emoji")(
    "A text loses its emoji.",
    replace(
        "content",
        lambda text: "".join(letter for letter in text if ord(letter) < 65536) if isinstance(text, str) else text,
    ),
)
request_bodies("createThread")("IDENTITY-THREAD-01", "identity.first_messages_are_trimmed")(
    "The messages of a new thread lose their last character.",
    replace("messages.content", lambda text: text[:-1] if isinstance(text, str) and len(text) > 1 else text),
)


@request_bodies("createThread").function("IDENTITY-ECHO-04")
def metadata_of_the_last_message(body: Json, context: FaultContext) -> None:
    """All messages of a new thread get the metadata of the last one that has some."""
    rows = [row for row in body.get("messages") or [] if isinstance(row, dict)]
    for row in rows:
        row["metadata"] = next((one["metadata"] for one in reversed(rows) if one.get("metadata")), None)


request_bodies("createRun")("IDENTITY-ECHO-06", "identity.truncation_ignored")(
    "The truncation strategy of a run is ignored.", drop("truncation_strategy")
)
request_bodies("createThreadAndRun")("IDENTITY-ECHO-06", "identity.token_caps_ignored_with_thread")(
    "The token caps of a run that is created with its thread are ignored.",
    drop_all("max_prompt_tokens", "max_completion_tokens"),
)
objects("thread.run", "assistant")("IDENTITY-ECHO-07", "identity.model_with_date")(
    "The model is shown as a dated version of it.", lambda value, _: value.update(model=f"{value['model']}-2024-07-18")
)
request_bodies("modifyAssistant")("IDENTITY-MODIFY-01", "identity.modification_replaces_all")(
    "Modifying an assistant takes its instructions away unless they are sent again.",
    lambda body, _: body.setdefault("instructions", None),
)
request_bodies("modifyAssistant")("IDENTITY-MODIFY-01", "identity.modification_resets_tools")(
    "Modifying an assistant's metadata resets its tools.",
    when(lambda body, _: "metadata" in body, lambda body, _: body.setdefault("tools", [])),
)
objects("thread.run", "assistant", "thread", "thread.message")("IDENTITY-READ-01", "identity.no_metadata_in_lists")(
    "Objects on lists show no metadata.", when(listed, put("metadata", {}))
)
on_run("IDENTITY-READ-01", "identity.instructions_only_at_first")(
    "The instructions of a run are shown by the answer that creates it only.",
    when(
        lambda _, context: context.operation not in ("createRun", "createThreadAndRun") or context.event is not None,
        put("instructions", None),
    ),
)


@answer_bodies("modifyAssistant", "modifyThread").function("IDENTITY-READ-01")
def modification_is_not_kept(body: Json, context: FaultContext) -> None:
    """The metadata of a modification is answered and not kept."""
    if context.sent.get("metadata"):
        store, name = context.store, body["id"]
        record = store.assistants.get(name) or store.threads[name]
        record.value = {**record.value, "metadata": {}}


@answer_bodies("modifyAssistant").function("IDENTITY-CLEAR-01")
def null_changes_nothing(body: Json, context: FaultContext) -> None:
    """Null is taken for nothing sent: the name and the instructions stay."""
    value = context.memory.setdefault(body["id"], {})
    for name in ("name", "description", "instructions"):
        if context.request_body.get(name, "") is None and value.get(name):
            body[name] = value[name]
        value[name] = body[name]


@answers("modifyAssistant").function("IDENTITY-REFUSED-01")
def half_modified(answer: Answer, context: FaultContext) -> None:
    """A modification that is refused has changed the metadata by then."""
    if answer.status == 400 and (assistant := context.assistant):
        assistant.value = {**assistant.value, "metadata": {"half": "done"}}


@answers("createAssistant").function("IDENTITY-REFUSED-03")
def refused_assistant_is_there(answer: Answer, context: FaultContext) -> None:
    """An assistant that is refused for one field is made without it."""
    if answer.status == 400 and isinstance(context.sent.get("metadata"), dict):
        context.add_assistant({"model": "gpt-4o-mini", "metadata": context.sent["metadata"]})


@on_run.function("IDENTITY-RUN-01")
def temperature_not_inherited(run: Json, context: FaultContext) -> None:
    """A run does not inherit its assistant's temperature."""
    request = context.store.assistants.get(run["assistant_id"])
    if request is not None and run["temperature"] == request.value["temperature"]:
        run["temperature"] = 0.7


answer_bodies("createThreadAndRun")("IDENTITY-RUN-01", "identity.tools_not_inherited_with_thread")(
    "A run that is created with its thread is answered without its assistant's tools.",
    when(lambda _, context: context.request_body.get("tools") is None, put("tools", [])),
)


@answer_bodies("modifyAssistant").function("IDENTITY-RUN-02")
def runs_follow_their_assistant(body: Json, context: FaultContext) -> None:
    """Modifying an assistant changes the runs that it has already."""
    for thread in context.store.threads.values():
        for run in thread.runs.values():
            if run.value["assistant_id"] == body["id"]:
                run.value.update(instructions=body["instructions"], model=body["model"])


request_bodies("createThread")("IDENTITY-THREAD-01", "identity.last_message_of_a_new_thread_is_lost")(
    "A thread that is created with several messages holds the first only.",
    when(
        lambda body, _: isinstance(body.get("messages"), list),
        lambda body, _: body.update(messages=body["messages"][:1]),
    ),
)
request_bodies("createThreadAndRun")("IDENTITY-THREAD-01", "identity.messages_of_a_thread_with_run_are_lost")(
    "A thread that is created with a run loses its first message.",
    replace("thread.messages", lambda value: value[1:] if isinstance(value, list) and len(value) > 1 else value),
)
answer_bodies("createAssistant")("LIMIT-ASST-09", "identity.another_default_temperature")(
    "An assistant created with a model only has a temperature of 0.7.",
    when(lambda _, context: context.request_body.keys() == {"model"}, put("temperature", 0.7)),
)
on_assistant("LIMIT-ASST-09", "identity.default_instructions")(
    "An assistant without instructions has some of the endpoint's own.",
    lambda value, _: value.update(instructions=value["instructions"] or "You are a helpful assistant."),
)
on_assistant("LIMIT-ASST-09", "identity.resources_by_default")(
    "An assistant without tool resources has a vector store all the same.",
    replace("tool_resources", _or_else({"file_search": {"vector_store_ids": ["vs_" + "0" * 24]}})),
)
for _kind, _member, _value in (
    ("thread", "metadata", {"source": "api"}),
    ("thread", "tool_resources", {"code_interpreter": {"file_ids": ["file-" + "0" * 24]}}),
    ("thread.message", "metadata", {"source": "api"}),
    ("thread.message", "attachments", [{"file_id": "file-" + "0" * 24, "tools": [{"type": "file_search"}]}]),
    ("vector_store.file", "attributes", {"source": "api"}),
):
    objects(_kind)("IDENTITY-DEFAULT-01", f"identity.{_kind.replace('.', '_')}_{_member}_by_default")(
        f"A {_kind} without {_member} shows some of the endpoint's own.", replace(_member, _or_else(_value))
    )
request_bodies("createRun")("LIMIT-RUN-13", "identity.additional_messages_lost")(
    "Additional messages of a run are accepted and lost.",
    drop("additional_messages", unless=lambda value: value is None or not all(isinstance(x, dict) for x in value)),
)
request_bodies("createRun")("LIMIT-RUN-14", "identity.additional_instructions_lost")(
    "Additional instructions are accepted and lost.",
    drop("additional_instructions", unless=lambda value: not isinstance(value, str)),
)
request_bodies("createRun")("LIMIT-APPEND-01", "identity.additional_instructions_replace")(
    "Additional instructions replace the instructions.",
    when(
        lambda body, _: isinstance(body.get("additional_instructions"), str),
        then(copy("instructions", "additional_instructions"), drop("additional_instructions")),
    ),
)
on_run("RUN-DEFAULT-01", "identity.cap_of_its_own")(
    "A run whose request says nothing of it shows a cap on completion tokens.",
    lambda value, _: value.update(max_completion_tokens=value["max_completion_tokens"] or 4096),
)


request_bodies("createThreadAndRun")("IDENTITY-ECHO-04", "identity.thread_of_a_run_without_metadata")(
    "A thread that is made with a run has no metadata.", drop("thread.metadata")
)
request_bodies("createThreadAndRun")("RESOURCE-STORE-02", "attachments.thread_of_a_run_without_store")(
    "A thread that is made with a run does not get the vector store that was named for it.",
    drop("thread.tool_resources.file_search.vector_store_ids"),
)
event_data("thread.created")("IDENTITY-ECHO-04", "identity.thread_shown_bare")(
    "A stream shows its new thread without metadata.", put("metadata", {})
)
on_assistant("IDENTITY-ECHO-02", "identity.effort_by_default")(
    "Every assistant makes a medium effort.", replace("reasoning_effort", lambda _: "medium")
)
answer_bodies("getAssistant")("IDENTITY-READ-01", "identity.effort_forgotten")(
    "An assistant that is read does not show its effort.", put("reasoning_effort", None)
)
on_run("IDENTITY-RUN-01", "identity.effort_not_inherited")(
    "A run does not take over the effort of its assistant.", put("reasoning_effort", None)
)


@answer_bodies("createThreadAndRun").function("IDENTITY-ECHO-04")
def metadata_of_the_run_everywhere(body: Json, context: FaultContext) -> None:
    """The metadata of a run stands in the thread that was made with it as well."""
    context.store.threads[body["thread_id"]].value["metadata"] |= body["metadata"]


request_bodies("createThreadAndRun")("IDENTITY-RUN-01", "identity.new_threads_do_not_inherit")(
    "A run on a new thread is as warm as by default, whatever its assistant says.",
    lambda body, _: body.setdefault("temperature", 1),
)
request_bodies("createRun")("LIMIT-RUN-13", "limits.streams_take_no_messages")(
    "A stream leaves additional messages out.",
    lambda body, _: body.pop("additional_messages", None) if body.get("stream") else None,
)
answer_bodies("retrieveModel")("IDENTITY-MODEL-01", "identity.another_model")(
    "A model that is read has another id than it is known by.", replace("id", lambda name: f"{name}-latest")
)
answer_bodies("retrieveModel")("IDENTITY-MODEL-01", "identity.model_of_another_time")(
    "A model that is read has another created than it is known by.", replace("created", lambda time: time + 1)
)
answer_bodies("retrieveModel")("IDENTITY-MODEL-01", "identity.model_of_another_owner")(
    "A model that is read has another owned_by than it is known by.", replace("owned_by", lambda _: "another")
)
