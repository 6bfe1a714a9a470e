"""Faults of bounds on threads, messages and runs; they belong to the area `limits`."""

from typing import Any

from conformance.proof.faults.changes import among, clamp, cut, drop, drop_all, fill, keep_only, put, replace, when
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import request_bodies, requests
from conformance.proof.faults.operations import ASSISTANT, RUN
from conformance.proof.interception import Request

_TOOLS = ("code_interpreter", "file_search", "function")

on_message = request_bodies("createMessage")
on_run = request_bodies(*RUN)
_PARTS = ("text", "image_file", "image_url")


def _truncation(value: Any) -> Any:
    if isinstance(value, dict) and value.get("type") in ("auto", "last_messages"):
        return value
    return {"type": "auto"}


def _choice(value: Any) -> Any:
    if isinstance(value, str):
        return value if value in ("none", "auto", "required") else "auto"
    return value if isinstance(value, dict) and value.get("type") in _TOOLS and "function" in value else "auto"


def _with_outputs(outputs: Any) -> Any:
    return [
        {**each, "output": each.get("output") if isinstance(each.get("output"), str) else ""}
        if isinstance(each, dict)
        else each
        for each in outputs
    ]


def _parts(value: Any) -> Any:
    if isinstance(value, list):
        return [part for part in value if isinstance(part, dict) and part.get("type") in _PARTS] or ""
    return value if isinstance(value, str) else str(value)


request_bodies("modifyThread")("LIMIT-THREAD-02", "limits.thread_fields_ignored")(
    "Fields of a thread that cannot be changed are ignored.", keep_only("metadata", "tool_resources")
)
on_message("LIMIT-MSG-01", "limits.message_without_role")(
    "A message without a role is the user's.", fill("role", "user")
)
on_message("LIMIT-MSG-01", "limits.message_without_content")("A message without content is empty.", fill("content", ""))
on_message("LIMIT-MSG-02", "limits.system_messages")(
    "A message with another role is the user's.", replace("role", among("user", "assistant"))
)
on_message("LIMIT-MSG-03", "limits.no_parts")(
    "Content without parts is an empty text.", replace("content", lambda value: value or "")
)
on_message("LIMIT-MSG-05", "limits.parts_of_other_kinds_dropped")(
    "Parts of an unknown type are dropped.", replace("content", _parts)
)
on_message("LIMIT-MSG-05", "limits.text_as_answers_show_it")(
    "A text part may be written as answers show it.",
    replace("content.text", lambda value: value["value"] if isinstance(value, dict) and "value" in value else value),
)
on_message("LIMIT-MSG-06", "limits.detail_ignored")(
    "An unknown detail of an image becomes auto.", replace("content.image_url.detail", among("auto", "low", "high"))
)
on_message("LIMIT-MSG-07", "limits.any_image")(
    "An image may have any address.",
    replace("content.image_url.url", lambda url: url.split("?")[0] + ".png" if isinstance(url, str) else url),
)
on_message("LIMIT-MSG-08", "limits.attachments_without_tools_dropped")(
    "Attachments that lack their file or their tools are dropped.",
    replace("attachments", lambda each: [item for item in each if {"file_id", "tools"} <= set(item)] if each else each),
)
on_message("LIMIT-MSG-09", "limits.attachments_for_other_tools_dropped")(
    "Attachments for tools that take none are dropped.",
    replace(
        "attachments",
        lambda each: [item for item in each if {t.get("type") for t in item.get("tools", ())} <= set(_TOOLS[:2])],
    ),
)
request_bodies("modifyMessage")("LIMIT-MSG-10", "limits.message_fields_ignored")(
    "Fields of a message that cannot be changed are ignored.", keep_only("metadata")
)
on_run("LIMIT-RUN-02", "limits.prompt_cap_raised")(
    "A cap on prompt tokens below 256 is raised to 256.", replace("max_prompt_tokens", clamp(256, 10**9))
)
on_run("LIMIT-RUN-03", "limits.completion_cap_raised")(
    "A cap on completion tokens below 256 is raised to 256.", replace("max_completion_tokens", clamp(256, 10**9))
)
on_run("LIMIT-RUN-04", "limits.truncation_guessed")(
    "An unknown truncation strategy becomes auto.", replace("truncation_strategy", _truncation)
)
on_run("LIMIT-RUN-05", "limits.no_last_messages")(
    "A truncation to the last 0 messages keeps one.", replace("truncation_strategy.last_messages", clamp(1, 10**9))
)
on_run("LIMIT-RUN-06", "limits.choice_guessed")("An unknown tool choice becomes auto.", replace("tool_choice", _choice))
on_run("LIMIT-RUN-07", "limits.run_tools_cut")("A run's tools beyond the 20th are dropped.", replace("tools", cut(20)))
request_bodies("modifyRun")("LIMIT-RUN-11", "limits.run_fields_ignored")(
    "Fields of a run that cannot be changed are ignored.", keep_only("metadata")
)
on_run("LIMIT-RUN-12", "limits.stream_of_words")(
    "Streaming may be asked for with anything that is true or false.",
    lambda body, _: body.update(stream=False) if not isinstance(body.get("stream"), bool) else None,
)
request_bodies("createRun")("LIMIT-RUN-13", "limits.additional_messages_repaired")(
    "Additional messages that are not messages are ignored.",
    drop(
        "additional_messages",
        unless=lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value),
    ),
)
request_bodies("createThreadAndRun")("LIMIT-RUN-18", "limits.fields_of_the_other_call_ignored")(
    "A thread with a run takes what a run on a thread takes, and ignores it.",
    drop_all("additional_instructions", "additional_messages"),
)
request_bodies(*ASSISTANT, "createMessage", "createThread", *RUN)("LEGACY-FIELD-01", "limits.file_ids_ignored")(
    "The file_ids of version 1 are ignored.", drop("file_ids")
)
request_bodies("submitToolOuputsToRun")("LIMIT-RUN-19", "limits.output_missing")(
    "A tool output without a text is empty.", replace("tool_outputs", _with_outputs)
)


@on_run.function("LIMIT-RUN-01", area="limits")
def run_without_assistant(body: Json, context: FaultContext) -> None:
    """A run without an assistant is one of an assistant that is made for it."""
    if "assistant_id" not in body:
        body["assistant_id"] = context.add_assistant({"model": "gpt-4o"}).id


request_bodies("createThreadAndRun", "createRun")("LIMIT-RUN-10", "limits.run_on_nothing")(
    "A run with nothing to go on answers all the same.",
    when(lambda body, _: not body.get("instructions"), put("additional_instructions", " ")),
)


@requests("submitToolOuputsToRun").function("LIMIT-RUN-15", area="limits")
def no_outputs(request: Request, context: FaultContext) -> None:
    """A submission without outputs answers every call with an empty text."""
    run = context.run
    if (
        isinstance(request.body, dict)
        and "tool_outputs" not in request.body
        and run
        and run.status == "requires_action"
    ):
        wanted = run.value["required_action"]["submit_tool_outputs"]["tool_calls"]
        request.body["tool_outputs"] = [{"tool_call_id": call["id"], "output": ""} for call in wanted]
