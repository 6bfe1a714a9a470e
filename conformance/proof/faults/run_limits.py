"""Faults of bounds on threads, messages and runs; they belong to the area `limits`."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import (
    among,
    body,
    clamp,
    cut,
    fill,
    forget,
    keep_only,
    member,
)
from conformance.proof.faults.fault import requests
from conformance.proof.faults.leniency import ASSISTANT, RUN, Row, lenient
from conformance.proof.faults.scene import Scene, Sent
from conformance.reference import objects

_TOOLS = ("code_interpreter", "file_search", "function")
_PARTS = ("text", "image_file", "image_url")


def _truncation(value: Any) -> Any:
    if isinstance(value, dict) and value.get("type") in ("auto", "last_messages"):
        return value
    return {"type": "auto"}


def _choice(value: Any) -> Any:
    if isinstance(value, str):
        return value if value in ("none", "auto", "required") else "auto"
    return value if isinstance(value, dict) and value.get("type") in _TOOLS and "function" in value else "auto"


def _parts(value: Any) -> Any:
    if isinstance(value, list):
        return [part for part in value if isinstance(part, dict) and part.get("type") in _PARTS] or ""
    return value if isinstance(value, str) else str(value)


LENIENT: list[Row] = [
    (
        "thread_fields_ignored",
        "LIMIT-THREAD-02",
        "modifyThread",
        "Fields of a thread that cannot be changed are ignored.",
        keep_only("metadata", "tool_resources"),
    ),
    (
        "message_without_role",
        "LIMIT-MSG-01",
        "createMessage",
        "A message without a role is the user's.",
        fill("role", "user"),
    ),
    (
        "message_without_content",
        "LIMIT-MSG-01",
        "createMessage",
        "A message without content is empty.",
        fill("content", ""),
    ),
    (
        "system_messages",
        "LIMIT-MSG-02",
        "createMessage",
        "A message with another role is the user's.",
        member("role", among("user", "assistant")),
    ),
    (
        "no_parts",
        "LIMIT-MSG-03",
        "createMessage",
        "Content without parts is an empty text.",
        member("content", lambda value: value or ""),
    ),
    (
        "parts_of_other_kinds_dropped",
        "LIMIT-MSG-05",
        "createMessage",
        "Parts of an unknown type are dropped.",
        member("content", _parts),
    ),
    (
        "text_as_answers_show_it",
        "LIMIT-MSG-05",
        "createMessage",
        "A text part may be written as answers show it.",
        member("content.text", lambda value: value["value"] if isinstance(value, dict) and "value" in value else value),
    ),
    (
        "detail_ignored",
        "LIMIT-MSG-06",
        "createMessage",
        "An unknown detail of an image becomes auto.",
        member("content.image_url.detail", among("auto", "low", "high")),
    ),
    (
        "any_image",
        "LIMIT-MSG-07",
        "createMessage",
        "An image may have any address.",
        member("content.image_url.url", lambda url: url.split("?")[0] + ".png" if isinstance(url, str) else url),
    ),
    (
        "attachments_without_tools_dropped",
        "LIMIT-MSG-08",
        "createMessage",
        "Attachments that lack their file or their tools are dropped.",
        member(
            "attachments", lambda each: [item for item in each if {"file_id", "tools"} <= set(item)] if each else each
        ),
    ),
    (
        "attachments_for_other_tools_dropped",
        "LIMIT-MSG-09",
        "createMessage",
        "Attachments for tools that take none are dropped.",
        member(
            "attachments",
            lambda each: [item for item in each if {t.get("type") for t in item.get("tools", ())} <= set(_TOOLS[:2])],
        ),
    ),
    (
        "message_fields_ignored",
        "LIMIT-MSG-10",
        "modifyMessage",
        "Fields of a message that cannot be changed are ignored.",
        keep_only("metadata"),
    ),
    (
        "prompt_cap_raised",
        "LIMIT-RUN-02",
        RUN,
        "A cap on prompt tokens below 256 is raised to 256.",
        member("max_prompt_tokens", clamp(256, 10**9)),
    ),
    (
        "completion_cap_raised",
        "LIMIT-RUN-03",
        RUN,
        "A cap on completion tokens below 256 is raised to 256.",
        member("max_completion_tokens", clamp(256, 10**9)),
    ),
    (
        "truncation_guessed",
        "LIMIT-RUN-04",
        RUN,
        "An unknown truncation strategy becomes auto.",
        member("truncation_strategy", _truncation),
    ),
    (
        "no_last_messages",
        "LIMIT-RUN-05",
        RUN,
        "A truncation to the last 0 messages keeps one.",
        member("truncation_strategy.last_messages", clamp(1, 10**9)),
    ),
    ("choice_guessed", "LIMIT-RUN-06", RUN, "An unknown tool choice becomes auto.", member("tool_choice", _choice)),
    ("run_tools_cut", "LIMIT-RUN-07", RUN, "A run's tools beyond the 20th are dropped.", member("tools", cut(20))),
    (
        "run_fields_ignored",
        "LIMIT-RUN-11",
        "modifyRun",
        "Fields of a run that cannot be changed are ignored.",
        keep_only("metadata"),
    ),
    (
        "stream_of_words",
        "LIMIT-RUN-12",
        RUN,
        "Streaming may be asked for with anything that is true or false.",
        body(lambda sent: sent.update(stream=False) if not isinstance(sent.get("stream"), bool) else None),
    ),
    (
        "additional_messages_repaired",
        "LIMIT-RUN-13",
        "createRun",
        "Additional messages that are none are ignored.",
        forget(
            "additional_messages",
            unless=lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value),
        ),
    ),
    (
        "fields_of_the_other_call_ignored",
        "LIMIT-RUN-18",
        "createThreadAndRun",
        "A thread with a run takes what a run on a thread takes, and ignores it.",
        body(lambda sent: [sent.pop(name, None) for name in ("additional_instructions", "additional_messages")]),
    ),
    (
        "file_ids_ignored",
        "LEGACY-FIELD-01",
        f"{ASSISTANT} createMessage createThread {RUN}",
        "The file_ids of version 1 are ignored.",
        body(lambda sent: sent.pop("file_ids", None)),
    ),
    (
        "output_missing",
        "LIMIT-RUN-19",
        "submitToolOuputsToRun",
        "A tool output without a text is empty.",
        body(
            lambda sent: sent.update(
                tool_outputs=[
                    {**each, "output": each.get("output") if isinstance(each.get("output"), str) else ""}
                    if isinstance(each, dict)
                    else each
                    for each in sent.get("tool_outputs") or []
                ]
            )
        ),
    ),
]
"""What is accepted that must be refused."""

lenient(LENIENT)


@requests(*RUN.split(), trips="LIMIT-RUN-01", id="limits.run_without_assistant")
def run_without_assistant(sent: Sent, scene: Scene) -> None:
    """A run without an assistant is one of an assistant that is made for it."""
    if isinstance(sent.body, dict) and "assistant_id" not in sent.body:
        store, ids = scene.endpoint.store, scene.endpoint.ids
        made = objects.assistant(ids.make("asst"), scene.endpoint.clock.now(), {"model": "gpt-4o"})
        sent.body["assistant_id"] = store.add(made, store.assistants).id


@requests("createThreadAndRun", "createRun", trips="LIMIT-RUN-10", id="limits.run_on_nothing")
def run_on_nothing(sent: Sent, scene: Scene) -> None:
    """A run with nothing to go on answers all the same."""
    if isinstance(sent.body, dict) and not sent.body.get("instructions"):
        sent.body["additional_instructions"] = " "


@requests("submitToolOuputsToRun", trips="LIMIT-RUN-15", id="limits.no_outputs")
def no_outputs(sent: Sent, scene: Scene) -> None:
    """A submission without outputs answers every call with an empty text."""
    run = scene.endpoint.store.threads[scene.ids["thread_id"]].runs[scene.ids["run_id"]]
    if isinstance(sent.body, dict) and "tool_outputs" not in sent.body and run.status == "requires_action":
        wanted = run.value["required_action"]["submit_tool_outputs"]["tool_calls"]
        sent.body["tool_outputs"] = [{"tool_call_id": call["id"], "output": ""} for call in wanted]
