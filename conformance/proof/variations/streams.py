"""Variations of streams: how events are framed, which others stand between them, how texts are cut into deltas."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from conformance.proof.variations.variation import Json, Told, Variation, Visit, compact, framed

STREAMED = ("streams", "file_search", "code_interpreter", "attachments")
"""The areas whose scenarios ask for streams."""
WHATWG = "WHATWG HTML, server-sent events"
FORWARD = "The API's streaming documentation tells clients to expect new events."


def _data(told: Told) -> str:
    return str(told.data) if told.is_done else compact(told.data)


def _crlf(told: Told, _: Visit) -> bytes:
    return framed(told).replace(b"\n", b"\r\n")


def _cr(told: Told, _: Visit) -> bytes:
    return framed(told).replace(b"\n", b"\r")


def _mixed(told: Told, visit: Visit) -> bytes:
    return visit.chance.choice((_crlf, _cr, lambda told, _: framed(told)))(told, visit)


def _unspaced(told: Told, _: Visit) -> bytes:
    return f"event:{told.name}\ndata:{_data(told)}\n\n".encode()


def _data_first(told: Told, _: Visit) -> bytes:
    return f"data: {_data(told)}\nevent: {told.name}\n\n".encode()


def _pinged(told: Told, _: Visit) -> bytes:
    return f": ping\n\n:\n\n: inside\nevent: {told.name}\n: between\ndata: {_data(told)}\n\n".encode()


def _numbered(told: Told, visit: Visit) -> bytes:
    visit.stream["id"] = visit.stream.get("id", 0) + 1
    return f"id: {visit.stream['id']}\nretry: 3000\nevent: {told.name}\ndata: {_data(told)}\n\n".encode()


def _unknown_fields(told: Told, _: Visit) -> bytes:
    return f"shard: 7\nevent: {told.name}\nflag\ndata: {_data(told)}\n\n".encode()


def _blank_lines(told: Told, _: Visit) -> bytes:
    return b"\n\n" + framed(told) + b"\n\n\n"


def _many_lines(told: Told, _: Visit) -> bytes:
    data = "[DONE]" if told.is_done else json.dumps(told.data, ensure_ascii=False, indent=2)
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {told.name}\n{lines}\n".encode()


def _future(told: Told, visit: Visit) -> Iterator[Told]:
    """Unknown events around every known one, none after the sentinel."""
    if not told.is_done:
        yield told
        stage = {"id": f"refl_{visit.chance.getrandbits(64):016x}", "object": "thread.run.reflection", "stage": "late"}
        yield Told("thread.run.reflection.created", stage)
        yield Told("thread.budget.updated", {"object": "thread.budget", "left": 12})
    else:
        yield Told("thread.run.reflection.completed", {"object": "thread.run.reflection"})
        yield told


def _part(told: Told) -> dict[str, Json] | None:
    """The one text of a message delta."""
    if told.name != "thread.message.delta":
        return None
    content = told.data["delta"].get("content") or []
    return content[0]["text"] if len(content) == 1 and content[0].get("type") == "text" else None


def _arguments(told: Told) -> dict[str, Json] | None:
    """The function of a step delta that only brings more arguments."""
    if told.name != "thread.run.step.delta":
        return None
    calls = told.data["delta"]["step_details"].get("tool_calls") or []
    named = len(calls) != 1 or calls[0].get("type") != "function" or "id" in calls[0]
    return None if named else calls[0]["function"]


def _copied(told: Told) -> Told:
    return Told(told.name, json.loads(json.dumps(told.data)))


def _split(told: Told, _: Visit) -> Iterable[Told]:
    """Every piece of text or of arguments as one delta for each character."""
    text, arguments = _part(told), _arguments(told)
    whole = text["value"] if text else arguments["arguments"] if arguments else ""
    if len(whole) < 2 or (text and text.get("annotations")):
        return [told]
    pieces = []
    for number, character in enumerate(whole):
        piece = _copied(told)
        if (inner := _part(piece)) is not None:
            inner["value"] = character
            if number:
                inner.pop("annotations", None)
        elif (function := _arguments(piece)) is not None:
            function["arguments"] = character
        pieces.append(piece)
    return pieces


def _merged(told: Told, visit: Visit) -> Iterator[Told]:
    """As much text or arguments in one delta as come in a row, after the first: a client waits for that one."""
    if told.name.endswith(".delta") and told.data["id"] not in visit.stream.setdefault("begun", set()):
        visit.stream["begun"].add(told.data["id"])
        if (waiting := visit.stream.pop("held", None)) is not None:
            yield waiting
        yield told
        return
    held: Told | None = visit.stream.get("held")
    if held is not None and _fits(held, told):
        text, more = _part(held), _part(told)
        if text is not None and more is not None:
            text["value"] += more["value"]
        function, rest = _arguments(held), _arguments(told)
        if function is not None and rest is not None:
            function["arguments"] += rest["arguments"]
        return
    if held is not None:
        yield held
    growing = _part(told) is not None or _arguments(told) is not None
    visit.stream["held"] = _copied(told) if growing else None
    if not growing:
        yield told


def _fits(held: Told, told: Told) -> bool:
    if held.name != told.name or held.data["id"] != told.data["id"]:
        return False
    if (more := _part(told)) is not None:
        return not more.get("annotations")
    if _arguments(told) is None or _arguments(held) is None:
        return False
    return bool(
        held.data["delta"]["step_details"]["tool_calls"][0]["index"]
        == told.data["delta"]["step_details"]["tool_calls"][0]["index"]
    )


def _empty_pieces(told: Told, _: Visit) -> Iterator[Told]:
    """A delta without text before each delta with some."""
    text = _part(told)
    if text is not None and text["value"]:
        empty = _copied(told)
        inner = _part(empty)
        assert inner is not None
        inner["value"] = ""
        yield empty
        told = _copied(told)
        second = _part(told)
        assert second is not None
        if not second.get("annotations"):
            second.pop("annotations", None)
    yield told


def _role(told: Told, visit: Visit) -> Iterator[Told]:
    """Deltas with a role, as the document describes it."""
    if told.name == "thread.message.delta":
        told = _copied(told)
        told.data["delta"]["role"] = "assistant"
    yield told


VARIATIONS = (
    Variation("crlf", "Lines of streams end with CRLF.", f"{WHATWG}: end-of-line", STREAMED, frame=_crlf),
    Variation("cr", "Lines of streams end with CR alone.", f"{WHATWG}: end-of-line", STREAMED, frame=_cr),
    Variation(
        "mixed_line_ends", "Each event has line ends of its own.", f"{WHATWG}: end-of-line", STREAMED, frame=_mixed
    ),
    Variation(
        "comments",
        "Comments keep the connection open, also within events.",
        f"{WHATWG}: comment",
        STREAMED,
        frame=_pinged,
    ),
    Variation("no_space", "No space follows the colon.", f"{WHATWG}: field", STREAMED, frame=_unspaced),
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
        frame=_unknown_fields,
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
        opening=b":" + b" " * 2048 + b"\n\n",
    ),
    Variation(
        "data_first",
        "The data line stands before the event line.",
        f"{WHATWG}: fields in any order",
        STREAMED,
        frame=_data_first,
    ),
    Variation(
        "blank_lines",
        "Several blank lines stand between events.",
        f"{WHATWG}: dispatch with empty data",
        STREAMED,
        frame=_blank_lines,
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
