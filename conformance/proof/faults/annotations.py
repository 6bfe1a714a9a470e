"""Faults of annotations: citations and file paths in the text of messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import events, objects
from conformance.proof.interception import StreamEvent

Json = dict[str, Any]

MESSAGE = "thread.message"


def _texts(message: Json) -> Iterator[Json]:
    """The texts of a message, ready to be changed."""
    message["content"] = [
        {**part, "text": {**part["text"], "annotations": [dict(each) for each in part["text"]["annotations"]]}}
        if part["type"] == "text"
        else part
        for part in message.get("content") or ()
    ]
    yield from (part["text"] for part in message["content"] if part["type"] == "text")


def _pieces(event: StreamEvent) -> list[Json]:
    """The annotations that a delta brings."""
    if event.name != "thread.message.delta":
        return []
    parts = event.data["delta"].get("content", ())
    return [each for part in parts for each in part.get("text", {}).get("annotations", ())]


@objects(MESSAGE).function("ANNOTATION-PLACE-01")
def ends_behind_the_text(message: Json, context: FaultContext) -> None:
    """An annotation ends far behind the text."""
    for text in _texts(message):
        for each in text["annotations"]:
            each["end_index"] += 10_000


@objects(MESSAGE).function("ANNOTATION-PLACE-01")
def ends_before_it_begins(message: Json, context: FaultContext) -> None:
    """An annotation ends before it begins."""
    for text in _texts(message):
        for each in text["annotations"]:
            each["start_index"], each["end_index"] = each["end_index"], each["start_index"]


@objects(MESSAGE).function("ANNOTATION-USER-01")
def annotated_user(message: Json, context: FaultContext) -> None:
    """The text of a new message of the user has an annotation."""
    if message["role"] == "user" and context.operation == "createMessage":
        for text in _texts(message):
            text["annotations"] = [
                {
                    "type": "file_citation",
                    "text": text["value"][:1],
                    "start_index": 0,
                    "end_index": 1,
                    "file_citation": {"file_id": f"file-{'0' * 22}"},
                }
            ]


@objects(MESSAGE).function("ANNOTATION-TEXT-01")
def one_character_early(message: Json, context: FaultContext) -> None:
    """The places of annotations are one character too early."""
    if context.event is None:
        for text in _texts(message):
            for each in text["annotations"]:
                each["start_index"] -= 1
                each["end_index"] -= 1


@objects(MESSAGE).function("ANNOTATION-FILE-01")
def cites_another_file(message: Json, context: FaultContext) -> None:
    """A citation names a file that is in none of the vector stores."""
    for text in _texts(message):
        for each in text["annotations"]:
            if each["type"] == "file_citation":
                each["file_citation"] = {"file_id": f"file-{'0' * 22}"}


objects("thread.run")("ANNOTATION-TOOL-01", "annotations.citation_without_search")(
    "A run whose messages cite files does not show file_search.",
    lambda value, _: value.update(tools=[tool for tool in value["tools"] if tool["type"] != "file_search"]),
)


@events().function("DELTA-INDEX-03")
def numbered_from_one(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The annotations of a text are numbered from 1."""
    for each in _pieces(event):
        each["index"] += 1
    return [event]


@events().function("DELTA-ANNOTATION-01")
def not_in_deltas(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The annotations of a message come with the finished message only."""
    if event.name == "thread.message.delta":
        for part in event.data["delta"].get("content", ()):
            if part.get("text", {}).get("annotations"):
                del part["text"]["annotations"]
    return [event]


@events().function("DELTA-ANNOTATION-01")
def other_file_in_deltas(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The deltas of a message cite another file than the finished message."""
    for each in _pieces(event):
        if "file_citation" in each:
            each["file_citation"] = {"file_id": f"file-{'0' * 22}"}
    return [event]


@events().function("DELTA-ANNOTATION-02")
def places_in_deltas(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
    """The places of annotations are one character off, in streams."""
    for each in _pieces(event):
        each["start_index"] -= 1
        each["end_index"] -= 1
    if event.name == "thread.message.completed":
        for text in _texts(event.data):
            for each in text["annotations"]:
                each["start_index"] -= 1
                each["end_index"] -= 1
    return [event]
