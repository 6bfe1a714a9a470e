"""Server-sent events: bytes in, events out, nothing lost on the way.

The parser is lenient the way the HTML standard's is (LF, CRLF or CR line ends, comments, a missing blank line at the
end); what it had to forgive stands in the event, so that a check can judge the framing from the raw bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.trace.json import parse_json

LINE_END = re.compile(rb"\r\n|\n|\r")
COMMENTS = re.compile(rb"(?::[^\r\n]*+(?:\r\n|\n|\r))++")
"""Comments in a row, which an endpoint may send by the million: they are passed over in one step, and kept as one."""
DONE = "[DONE]"
# Lines that make no event: comments, the id to resume from, the time to wait before that.
_NO_EVENT = frozenset({"", "id", "retry"})


@dataclass(frozen=True)
class Event:
    """One event of a stream.

    `number` counts from 1. `name` is the `event:` field, None where no such line was sent; `data` joins the `data:`
    lines with LF, None where none was sent. `arrived` is in seconds since the request was sent, None where unknown.
    `raw` is the exact bytes of the frame, its closing blank line included; `closed` is False where that blank line is
    missing at the end of the body. `fields` holds every line as (name, value); comments have the empty
    name, and of several in a row only the first is kept.
    """

    number: int
    name: str | None
    data: str | None
    raw: bytes
    arrived: float | None = None
    closed: bool = True
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether this is the sentinel that ends a stream."""
        return self.data == DONE

    @cached_property
    def json(self) -> Any:
        """The parsed data; raises `NotJson`."""
        return parse_json((self.data or "").encode())

    @cached_property
    def json_or_none(self) -> Any:
        """The parsed data, or None where it is not JSON."""
        try:
            return self.json
        except ValueError:
            return None


def parse_events(
    body: bytes, arrivals: tuple[tuple[float, int], ...] = (), *, beginning: bool = True
) -> tuple[Event, ...]:
    """Split a stream's body, or with `beginning` False a later part of one, into its events.

    Frames that hold only comments, or settings of the connection, are no events. `arrivals` are (seconds, end offset)
    pairs of the chunks; an event arrives with the chunk that completes it. Never raises: bytes that are not UTF-8
    become replacement characters.
    """
    ends = [end for _, end in arrivals]
    events: list[Event] = []
    start = 3 if beginning and body.startswith(b"\xef\xbb\xbf") else 0
    frame_start = position = start
    fields: list[tuple[str, str]] = []
    size = len(body)

    def close(frame_end: int, *, closed: bool) -> None:
        if any(name not in _NO_EVENT for name, _ in fields):
            events.append(
                _event(
                    len(events) + 1, fields, body[frame_start:frame_end], _arrival(frame_end, ends, arrivals), closed
                )
            )
        fields.clear()

    while position < size:
        if comments := COMMENTS.match(body, position):
            first = LINE_END.search(body, position)
            fields.append(_field(body[position : first.start() if first else size].decode("utf-8", "replace")))
            position = comments.end()
            continue
        match = LINE_END.search(body, position)
        line_end, next_line = (match.start(), match.end()) if match else (size, size)
        line = body[position:line_end]
        position = next_line
        if line:
            fields.append(_field(line.decode("utf-8", "replace")))
        else:
            close(position, closed=True)
            frame_start = position
    close(size, closed=False)
    return tuple(events)


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if colon and value.startswith(" "):
        value = value[1:]
    return name, value


def _event(number: int, fields: list[tuple[str, str]], raw: bytes, arrived: float | None, closed: bool) -> Event:
    names = [value for name, value in fields if name == "event"]
    data = [value for name, value in fields if name == "data"]
    return Event(
        number=number,
        name=names[-1] if names else None,
        data="\n".join(data) if data else None,
        raw=raw,
        arrived=arrived,
        closed=closed,
        fields=tuple(fields),
    )


def _arrival(offset: int, ends: list[int], arrivals: tuple[tuple[float, int], ...]) -> float | None:
    if not ends:
        return None
    return arrivals[min(bisect_left(ends, offset), len(ends) - 1)][0]
