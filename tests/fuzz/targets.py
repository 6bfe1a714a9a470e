"""What the coverage-guided search runs, on any bytes: each target raises where a promise is broken."""

import math
from collections.abc import Callable
from pathlib import Path

from conformance import contract
from conformance.checks.judge import judge
from conformance.client.endpoint import EventFeed
from conformance.recordings.detect import read_rows
from conformance.recordings.grouping import group, parts
from conformance.recordings.recording import Malformed, Recording
from conformance.recordings.selection import Selection
from conformance.trace.event import Event, parse_events
from tests.traces import call, trace

LABELS = (
    "POST /assistants",
    "POST /threads",
    "POST /threads/thread_T1/messages",
    "POST /threads/thread_T1/runs",
    "GET /threads/thread_T1/runs/run_R1",
    "GET /threads/thread_T1/runs/run_R1/steps",
    "POST /threads/thread_T1/runs/run_R1/cancel",
    "GET /threads/thread_T1/messages",
    "POST /vector_stores",
    "GET /vector_stores/vs_1/files",
    "POST /vector_stores/vs_1/search",
    "DELETE /threads/thread_T1",
)
STREAM = (("content-type", "text/event-stream"), ("x-request-id", "req_1"))


def events(data: bytes) -> None:
    """However a stream is cut into chunks, the same events come out; the first byte says where to cut."""
    size = (data[0] % 7 + 1) if data else 1
    body = data[1:]
    chunks = (body[at : at + size] for at in range(0, len(body), size))
    arrived = list(EventFeed(chunks, math.inf))
    assert [_told(event) for event in arrived] == [_told(event) for event in parse_events(body)]


def _told(event: Event) -> tuple[str | None, str | None]:
    return event.name, event.data


def recordings(data: bytes) -> None:
    """Bytes are a recording, of which every row can be told, or are refused in words."""
    try:
        found = read_rows(data, "fuzz")
    except (Malformed, RecursionError):  # the second is caught where files are read
        return
    recording = Recording(Path("fuzz"), found.format, found.rows, tuple(found.broken), found.session)
    for one in group(list(parts(Selection(recording, contract.load()), "fuzz"))):
        assert all(exchange.label for exchange in one.trace().exchanges)


def judging(data: bytes) -> None:
    """Whatever an endpoint answers, no check breaks: answers are cut at NUL bytes, the fourth is a stream."""
    answers = data.split(b"\0")[: len(LABELS)]
    calls = [
        call(label, answer, sent={"stream": True}, headers=STREAM) if number == 3 else call(label, answer)
        for number, (label, answer) in enumerate(zip(LABELS, answers, strict=False))
    ]
    judgement = judge(trace(*calls), contract.load())
    assert not judgement.crashed, judgement.crashed


TARGETS: dict[str, Callable[[bytes], None]] = {"events": events, "recordings": recordings, "judging": judging}
