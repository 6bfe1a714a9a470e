"""Streams folded: the deltas of a message that differ from the one before in nothing but their piece of text.

A long answer comes in tens of thousands of deltas whose bytes are equal up to one JSON string. They are found by these
bytes, and kept as the first of them with the texts of the rest, so that what is judged once holds for all.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from conformance.trace.event import DONE, Event, parse_events
from conformance.trace.json import mapping, sequence

# A frame of a message's delta with one line of each kind, and the string called `value` in it. What repeats is
# possessive or bounded, so that no hostile line is read again and again.
_CHARACTERS = rb'[^"\\\x00-\x1f]*+(?:\\.[^"\\\x00-\x1f]*+)*+'
_DELTA = re.compile(
    rb'event: thread\.message\.delta\ndata: \{[^\r\n]{0,1000}?"value": ?"(?P<text>'
    + _CHARACTERS
    + rb')"[^\r\n]{0,200}+\n\n'
)
_TEXT = re.compile(_CHARACTERS)
_MARK = "\x00mark"


@dataclass(frozen=True, slots=True)
class Folded:
    """An event, and the texts of the deltas behind it that differ from it in nothing else.

    `arrived` is when the last of them did, in seconds since the request was sent, None where unknown.
    """

    event: Event
    texts: tuple[str, ...] = ()
    arrived: float | None = None

    @property
    def count(self) -> int:
        """How many events these are."""
        return 1 + len(self.texts)

    @property
    def last(self) -> int:
        """The number of the last event."""
        return self.event.number + len(self.texts)

    def data(self) -> Iterator[tuple[int, Any]]:
        """The number and the parsed data of each event, unfolded."""
        yield self.event.number, self.event.json_or_none
        for number, text in enumerate(self.texts, start=self.event.number + 1):
            value = orjson.loads(self.event.data or "")
            value["delta"]["content"][0]["text"]["value"] = text
            yield number, value


def fold(body: bytes, arrivals: tuple[tuple[float, int], ...] = ()) -> tuple[Folded, ...]:
    """The events of a stream's body in order, folded; what cannot be folded stands alone."""
    found: list[Folded] = []
    done = body.find(DONE.encode())  # behind the sentinel every event is told apart
    ends = [end for _, end in arrivals]
    position = searched = 0

    def parse(end: int) -> None:
        first = found[-1].last + 1 if found else 1
        near = arrivals[bisect_right(ends, position) : bisect_left(ends, end) + 1]
        later = tuple((seconds, offset - position) for seconds, offset in near) or tuple(
            (seconds, 0) for seconds, _ in arrivals[-1:]
        )
        events = parse_events(body[position:end], later, beginning=position == 0, first=first)
        found.extend(Folded(event, (), event.arrived) for event in events)

    while (delta := _DELTA.search(body, searched)) is not None and not 0 <= done < delta.start():
        searched = delta.end()
        if delta.start() and body[delta.start() - 2 : delta.start()] != b"\n\n":
            continue
        texts, end = _repeats(body, delta)
        if texts:
            parse(delta.end())
            model = found.pop().event
            arrived = arrivals[min(bisect_left(ends, end), len(ends) - 1)][0] if ends else None
            found.append(Folded(model, texts, arrived))
            position = searched = end
    parse(len(body))
    return tuple(found)


def _repeats(body: bytes, model: re.Match[bytes]) -> tuple[tuple[str, ...], int]:
    """The texts of the frames behind one that are like it, and where they end."""
    head, tail = body[model.start() : model.start("text")], body[model.end("text") : model.end()]
    position, texts = model.end(), list[str]()
    if not body.startswith(head, position) or not _is_text(head, tail) or not _is_json(body[model.start() : position]):
        return (), position
    size, width = len(head), len(tail)
    while body.startswith(head, position):
        begin = position + size
        end = _TEXT.match(body, begin).end()  # type: ignore[union-attr]  # matches at least nothing
        if not body.startswith(tail, end):
            break
        try:
            texts.append(orjson.loads(body[begin - 1 : end + 1]))
        except orjson.JSONDecodeError:  # a broken escape, or bytes that are not UTF-8
            break
        position = end + width
    return tuple(texts), position


def _is_json(frame: bytes) -> bool:
    """Whether the data of a frame is JSON, its text included."""
    try:
        orjson.loads(frame.split(b"data: ", 1)[1])
    except orjson.JSONDecodeError:
        return False
    return True


def _is_text(head: bytes, tail: bytes) -> bool:
    """Whether the string between these bytes is the text of the one part that a delta brings, and brings it alone."""
    try:
        value = orjson.loads(head.split(b"data: ", 1)[1] + orjson.dumps(_MARK)[1:-1] + tail.rstrip(b"\n"))
    except orjson.JSONDecodeError:
        return False
    parts = sequence(mapping(mapping(value).get("delta")).get("content"))
    text = mapping(mapping(parts[0]).get("text")) if len(parts) == 1 else {}
    is_delta = mapping(value).get("object") in (None, "thread.message.delta")
    return is_delta and text.get("value") == _MARK and not text.get("annotations")
