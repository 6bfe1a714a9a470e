"""Deltas: what the pieces of a stream add up to, against the finished messages and tool calls that the stream shows.

Pieces are compared with the whole at the end of the stream, so that a delta in the wrong place is told under the order
of events alone. Where a piece cannot be attributed (a strange id, no index), what it may belong to is not compared.
"""

from collections.abc import Iterator

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.shared.call_pieces import StepPieces, compare_required
from conformance.checks.shared.message_pieces import MessagePieces
from conformance.trace.index import Index
from conformance.trace.json import format_value
from conformance.trace.run_stream import Frame
from conformance.trace.trace import Where

_REQUIRES_ACTION = "thread.run.requires_action"


@check("DELTA-ID-01")
def subjects(index: Index) -> Iterator[Observation]:
    """A delta is a piece of an object that the stream has shown before. Each strange id is told once."""
    for stream in index.streams:
        known: set[str] = set()
        for frame in stream.frames:
            if frame.id is None or frame.family not in ("step", "message"):
                continue
            if frame.is_delta:
                yield Examined("DELTA-ID-01", stream.number, frame.count)
                if frame.id not in known:
                    expected = f"the id of a {frame.family} that has been created"
                    where = Where(stream.number, frame.number, "/id")
                    yield Finding("DELTA-ID-01", where, expected, f"{frame.family} {format_value(frame.id)}")
            known.add(frame.id)


@check("DELTA-TEXT-*", "DELTA-ANNOTATION-*", "DELTA-INDEX-*", "DELTA-START-01")
def messages(index: Index) -> Iterator[Observation]:
    """The text and the annotations of a message are what its deltas bring, part by part."""
    for stream in index.streams:
        found: dict[str, MessagePieces] = {}
        strange = False
        for frame in stream.frames:
            if frame.family != "message":
                continue
            message = found.get(frame.id or "")
            if frame.is_delta and message is None:
                strange = True
            elif frame.is_delta and message is not None:
                yield from message.take(frame, stream.number)
            elif frame.id is not None:
                message = found.setdefault(frame.id, MessagePieces())
                yield from message.show(frame, stream.number)
        if not strange:
            for message in found.values():
                yield from message.compare(stream.number)


@check("DELTA-TOOL-*", "DELTA-INDEX-*", "DELTA-START-02")
def tool_calls(index: Index) -> Iterator[Observation]:
    """The tool calls of a step are what its deltas bring, and the function calls are those that the run then waits for.

    A step of function calls is completed in the stream that follows the outputs, so steps are kept over all streams.
    """
    steps: dict[str, StepPieces] = {}
    for stream in index.streams:
        here: dict[str, StepPieces] = {}
        waits: Frame | None = None
        strange = False
        for frame in stream.frames:
            if frame.kind is not None and frame.kind.name == _REQUIRES_ACTION:
                waits = frame
            if frame.family != "step":
                continue
            step = here.get(frame.id or "")
            if frame.is_delta and step is None:
                strange = True
            elif frame.is_delta and step is not None:
                yield from step.take(frame, stream.number)
            elif frame.id is not None:
                step = here[frame.id] = steps.setdefault(frame.id, StepPieces())
                yield from step.show(frame, stream.number)
        for step in here.values():
            step.doubtful |= strange or (not stream.whole and step.finished is None)
            yield from step.compare(stream.number)
        if waits is not None:
            yield from compare_required(list(here.values()), waits, stream)
