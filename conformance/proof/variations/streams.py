"""Variations of streams: how events are framed, which others stand between them, how texts are cut into deltas."""

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from typing import Any

from conformance.proof.interception import StreamEvent, compact_json, write_event, write_lines
from conformance.proof.variations.variation import Variation, VariationContext

STREAMED = ("streams", "file_search", "code_interpreter", "attachments")
"""The areas whose scenarios ask for streams."""
WHATWG = "WHATWG HTML, server-sent events"
FORWARD = "The API's streaming documentation tells clients to expect new events."


def _lines(*lines: str) -> Callable[[StreamEvent, VariationContext], bytes]:
    """Frames of these lines, in which {name} and {data} stand for those of the event."""

    def frame(event: StreamEvent, _: VariationContext) -> bytes:
        data = event.data if event.is_done else compact_json(event.data)
        return write_lines(*(line.format(name=event.name, data=data) for line in lines))

    return frame


def _line_ends(*ends: bytes) -> Callable[[StreamEvent, VariationContext], bytes]:
    """Frames whose lines end with one of these, by chance."""

    def frame(event: StreamEvent, context: VariationContext) -> bytes:
        return write_event(event.name, event.data).replace(b"\n", context.chance.choice(ends))

    return frame


def _numbered(event: StreamEvent, context: VariationContext) -> bytes:
    context.stream["id"] = context.stream.get("id", 0) + 1
    return _lines(f"id: {context.stream['id']}", "retry: 3000", "event: {name}", "data: {data}")(event, context)


def _many_lines(event: StreamEvent, _: VariationContext) -> bytes:
    data = event.data if event.is_done else json.dumps(event.data, ensure_ascii=False, indent=2)
    return write_lines(f"event: {event.name}", *(f"data: {line}" for line in data.split("\n")))


def _future(event: StreamEvent, context: VariationContext) -> Iterator[StreamEvent]:
    """Unknown events around every known one, none after the sentinel."""
    if not event.is_done:
        yield event
        stage = {
            "id": f"refl_{context.chance.getrandbits(64):016x}",
            "object": "thread.run.reflection",
            "stage": "late",
        }
        yield StreamEvent("thread.run.reflection.created", stage)
        yield StreamEvent("thread.budget.updated", {"object": "thread.budget", "left": 12})
    else:
        yield StreamEvent("thread.run.reflection.completed", {"object": "thread.run.reflection"})
        yield event


def _growing(event: StreamEvent) -> tuple[dict[str, Any], str, tuple[Any, ...]] | None:
    """What a delta adds to: the object that holds the text or arguments, the member's name, and what tells them apart.

    None where it is no delta of one text, nor of the further arguments of one call.
    """
    if event.name == "thread.message.delta":
        parts = event.data["delta"].get("content") or []
        if len(parts) == 1 and parts[0].get("type") == "text":
            return parts[0]["text"], "value", (event.name, event.data["id"], parts[0]["index"])
    if event.name == "thread.run.step.delta":
        calls = event.data["delta"]["step_details"].get("tool_calls") or []
        if len(calls) == 1 and calls[0].get("type") == "function" and "id" not in calls[0]:
            return calls[0]["function"], "arguments", (event.name, event.data["id"], calls[0]["index"])
    return None


def _split(event: StreamEvent, _: VariationContext) -> Iterable[StreamEvent]:
    """Every piece of text or of arguments as one delta for each character."""
    found = _growing(event)
    if found is None or len(found[0][found[1]]) < 2 or found[0].get("annotations"):
        yield event
        return
    for number, character in enumerate(found[0][found[1]]):
        piece = deepcopy(event)
        holder, name, _place = _growing(piece) or found
        holder[name] = character
        if number:
            holder.pop("annotations", None)
        yield piece


def _merged(event: StreamEvent, context: VariationContext) -> Iterator[StreamEvent]:
    """As much text or arguments in one delta as come in a row, after the first: a client waits for that one."""
    begun = context.stream.setdefault("begun", set())
    held: StreamEvent | None = context.stream.get("held")
    growing, grown = _growing(event), _growing(held) if held else None
    first = event.name.endswith(".delta") and event.data["id"] not in begun
    if grown and growing and not first and grown[2] == growing[2] and not growing[0].get("annotations"):
        grown[0][grown[1]] += growing[0][growing[1]]
        return
    if held is not None:
        yield held
    if first:
        begun.add(event.data["id"])
    keep = growing is not None and not first
    context.stream["held"] = deepcopy(event) if keep else None
    if not keep:
        yield event


def _empty_pieces(event: StreamEvent, _: VariationContext) -> Iterator[StreamEvent]:
    """A delta without text before each delta with some."""
    found = _growing(event)
    if found is not None and found[1] == "value" and found[0]["value"]:
        empty, event = deepcopy(event), deepcopy(event)
        for piece in (empty, event):
            text, _name, _place = _growing(piece) or found
            if piece is empty:
                text["value"] = ""
            elif not text.get("annotations"):
                text.pop("annotations", None)
        yield empty
    yield event


def _role(event: StreamEvent, _: VariationContext) -> Iterator[StreamEvent]:
    """Deltas with a role, as the document describes it."""
    if event.name == "thread.message.delta":
        event = deepcopy(event)
        event.data["delta"]["role"] = "assistant"
    yield event


VARIATIONS = (
    Variation("crlf", "Lines of streams end with CRLF.", f"{WHATWG}: end-of-line", STREAMED, frame=_line_ends(b"\r\n")),
    Variation("cr", "Lines of streams end with CR alone.", f"{WHATWG}: end-of-line", STREAMED, frame=_line_ends(b"\r")),
    Variation(
        "mixed_line_ends",
        "Each event has line ends of its own.",
        f"{WHATWG}: end-of-line",
        STREAMED,
        frame=_line_ends(b"\r\n", b"\r", b"\n"),
    ),
    Variation(
        "comments",
        "Comments keep the connection open, also within events.",
        f"{WHATWG}: comment",
        STREAMED,
        frame=_lines(": ping", "", ":", "", ": inside", "event: {name}", ": between", "data: {data}"),
    ),
    Variation(
        "no_space",
        "No space follows the colon.",
        f"{WHATWG}: field",
        STREAMED,
        frame=_lines("event:{name}", "data:{data}"),
    ),
    Variation(
        "ids_and_retry",
        "Events have id and retry lines.",
        f"{WHATWG}: processing the id and retry fields",
        STREAMED,
        frame=_numbered,
    ),
    Variation(
        "unknown_fields",
        "Events have lines of unknown fields.",
        f"{WHATWG}: otherwise, the field is ignored",
        STREAMED,
        frame=_lines("shard: 7", "event: {name}", "flag", "data: {data}"),
    ),
    Variation(
        "byte_order_mark",
        "A stream begins with a byte order mark.",
        f"{WHATWG}: stream = [ bom ] *event",
        STREAMED,
        opening=b"\xef\xbb\xbf",
    ),
    Variation(
        "opening_comment",
        "A stream begins with two kilobytes of comment.",
        f"{WHATWG}: authoring notes",
        STREAMED,
        opening=write_lines(":" + " " * 2048),
    ),
    Variation(
        "data_first",
        "The data line stands before the event line.",
        f"{WHATWG}: fields in any order",
        STREAMED,
        frame=_lines("data: {data}", "event: {name}"),
    ),
    Variation(
        "blank_lines",
        "Several blank lines stand between events.",
        f"{WHATWG}: dispatch with empty data",
        STREAMED,
        frame=_lines("", "", "event: {name}", "data: {data}", "", "", ""),
    ),
    Variation(
        "many_data_lines",
        "The data of an event stands on several data lines.",
        f"{WHATWG}: the lines are joined by LF, which is white space in JSON. No recording has it: a warning at most.",
        STREAMED,
        frame=_many_lines,
    ),
    Variation(
        "future_events", "Events that nobody knows stand between the known ones.", FORWARD, STREAMED, events=_future
    ),
    Variation(
        "split_deltas",
        "Every character of a text or of arguments comes in a delta of its own.",
        "How a text is cut is the model's tokens, promised nowhere; recorded pieces have one to thirty characters.",
        STREAMED,
        events=_split,
    ),
    Variation(
        "merged_deltas",
        "Texts and arguments come in two deltas each, the second as long as it takes.",
        "How a text is cut is promised nowhere; recorded pieces of arguments have up to forty characters.",
        STREAMED,
        events=_merged,
    ),
    Variation(
        "empty_deltas",
        "Deltas without text stand before those with some.",
        "Recorded streams of openai/openai-dotnet begin a message with an empty piece.",
        STREAMED,
        events=_empty_pieces,
    ),
    Variation(
        "roles_in_deltas",
        "Message deltas tell the role.",
        "openai-openapi f85dbe2 MessageDeltaObject.delta.role",
        STREAMED,
        events=_role,
    ),
)
