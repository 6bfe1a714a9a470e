"""Server-sent events: bytes in, events out, nothing lost on the way. The only place that knows where a frame ends.

The parser is lenient the way the HTML standard's is (LF, CRLF or CR line ends, comments, a missing blank line at the
end); what it had to forgive stands in the event, so that a check can judge the framing from the raw bytes.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from conformance.trace.json import parse_json

DONE = "[DONE]"

_LINE_END = rb"(?>\r\n|\n|\r)"
_FRAME = re.compile(
    rb"event: ?([^\r\n]*+)\ndata: ?([^\r\n]*+)\n\n"  # what most endpoints send
    rb"|(?>(?>:[^\r\n]*+%(end)s)*+%(end)s)++"  # comments and blank lines, which may come by the million: one step
    rb"|(?P<lines>(?>[^\r\n]++(?>%(end)s|\Z))++)(?P<blank>%(end)s|\Z)" % {b"end": _LINE_END}
)
_LINE = re.compile(rb"(:[^\r\n]*+)(?:%(end)s:[^\r\n]*+)*+|[^\r\n]++" % {b"end": _LINE_END})
_FRAME_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_MAX_FRAME_END = 4
# Lines that make no event: comments, the id to resume from, the time to wait before that.
_NO_EVENT = frozenset({"", "id", "retry"})
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(slots=True, unsafe_hash=True)  # not frozen, which takes twice the time; nobody writes to it
class Event:
    """One event of a stream.

    `number` counts from 1. `name` is the `event:` field, None where no such line was sent; `content` is the bytes of
    the `data:` lines joined with LF, None where none was sent. `raw` is the exact bytes of the frame, its closing blank
    line included. `arrived` is in seconds since the request was sent, None where unknown. `closed` is False where the
    blank line is missing at the end of the body.
    """

    number: int
    name: str | None
    content: bytes | None
    raw: bytes
    arrived: float | None = None
    closed: bool = True
    _json: Any = field(default=..., init=False, repr=False, compare=False)

    @property
    def data(self) -> str | None:
        """The content as text; bytes that are not UTF-8 become replacement characters."""
        return None if self.content is None else self.content.decode("utf-8", "replace")

    @property
    def fields(self) -> tuple[tuple[str, str], ...]:
        """Every line as (name, value); comments have the empty name, and of several in a row only the first is kept."""
        return _fields(self.raw)

    @property
    def is_done(self) -> bool:
        """Whether this is the sentinel that ends a stream."""
        return self.data == DONE

    @property
    def json(self) -> Any:
        """The parsed data; raises `NotJson`."""
        if self._json is ...:
            try:
                self._json = orjson.loads(self.content or b"")
            except orjson.JSONDecodeError:  # bytes that are not UTF-8, integers beyond 64 bits, no JSON at all
                self._json = parse_json((self.data or "").encode())
        return self._json

    @property
    def json_or_none(self) -> Any:
        """The parsed data, or None where it is not JSON."""
        try:
            return self.json
        except ValueError:
            return None


def parse_events(
    body: bytes, arrivals: tuple[tuple[float, int], ...] = (), *, beginning: bool = True, first: int = 1
) -> tuple[Event, ...]:
    """Split a stream's body, or with `beginning` False a later part of one, into its events, numbered from `first`.

    Frames that hold only comments, or settings of the connection, are no events. `arrivals` are (seconds, end offset)
    pairs of the chunks; an event arrives with the chunk that completes it. Never raises: bytes that are not UTF-8
    become replacement characters.
    """
    ends = [end for _, end in arrivals]
    last = len(ends) - 1
    names: dict[bytes, str] = {}
    events: list[Event] = []
    arrived = None
    for frame in _FRAME.finditer(body, len(_BYTE_ORDER_MARK) if beginning and body.startswith(_BYTE_ORDER_MARK) else 0):
        raw, sent_name, content = frame.group(0, 1, 2)
        closed = True
        if sent_name is not None:
            name: str | None = names.get(sent_name)
            if name is None:
                name = names[sent_name] = sent_name.decode("utf-8", "replace")
        elif frame["lines"] is not None:
            fields = _fields(raw)
            if all(field in _NO_EVENT for field, _ in fields):
                continue
            name = next((value for field, value in reversed(fields) if field == "event"), None)
            data = [value for field, value in fields if field == "data"]
            content = "\n".join(data).encode() if data else None
            closed = bool(frame["blank"])
        else:
            continue
        if ends:
            arrived = arrivals[min(bisect_left(ends, frame.end()), last)][0]
        events.append(Event(first + len(events), name, content, raw, arrived, closed))
    return tuple(events)


def _fields(frame: bytes) -> tuple[tuple[str, str], ...]:
    fields = []
    for line in _LINE.finditer(frame):
        name, colon, value = (line[1] or line[0]).decode("utf-8", "replace").partition(":")
        fields.append((name, value[1:] if colon and value.startswith(" ") else value))
    return tuple(fields)


def frames(body: bytes) -> Iterator[bytes]:
    """The bytes of a stream frame by frame, comments between frames for themselves; together they are the body."""
    return (frame[0] for frame in _FRAME.finditer(body))


class EventParser:
    """Parses a stream while it arrives: events are told as soon as the blank line behind them is there."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._beginning = True

    def feed(self, chunk: bytes) -> tuple[Event, ...]:
        """The events that these bytes complete, numbered from 1."""
        searched = max(len(self._waiting) - _MAX_FRAME_END, 0)
        self._waiting += chunk
        places = ((self._waiting.rfind(end, searched), len(end)) for end in _FRAME_ENDS)
        return self._take(max((at + length for at, length in places if at >= 0), default=0))

    def close(self) -> tuple[Event, ...]:
        """The events in what is left at the end."""
        return self._take(len(self._waiting))

    def _take(self, size: int) -> tuple[Event, ...]:
        if not size:
            return ()
        complete = bytes(self._waiting[:size])
        del self._waiting[:size]
        beginning, self._beginning = self._beginning, False
        return parse_events(complete, beginning=beginning)
