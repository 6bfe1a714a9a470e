"""Endpoints that misbehave, each in one way, for the requests of one scenario; everything else is the reference's.

A hostility is what the endpoint does to reads of a thread (`GET /v1/threads/…`), or to a request for a stream.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.servers import Behaviour, answer, serving

Trigger = Callable[[bytes], bool]
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
ESCAPES = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script><img src=x onerror=alert(1)>\x9b31m\u202e"


def reads_a_thread(request: bytes) -> bool:
    """`GET /v1/threads/{id}` and what lies below it."""
    return request.startswith(b"GET /v1/threads/")


def asks_for_a_stream(request: bytes) -> bool:
    """A request with `stream: true`."""
    return b'"stream":true' in request


def creates_a_run(request: bytes) -> bool:
    """`POST /v1/threads/{id}/runs`."""
    return request.startswith(b"POST") and request.split(b" ", 2)[1].endswith(b"/runs")


@dataclass(frozen=True)
class Hostility:
    """One way of misbehaving.

    `fails` names the requirements that must fail for it; without any, the run must not fail for it. `codes` are the
    exit codes that say the truth.
    """

    name: str
    behave: Behaviour
    fails: frozenset[str] = frozenset()
    trigger: Trigger = reads_a_thread
    codes: frozenset[int] = frozenset({1})


def thread(**changes: Any) -> dict[str, Any]:
    """A thread as it should be, with changes."""
    return {
        "id": "thread_hostile",
        "object": "thread",
        "created_at": 1767225600,
        "metadata": {},
        "tool_resources": {},
        **changes,
    }


def _say(*args: Any, **kwargs: Any) -> Behaviour:
    return lambda connection, _: connection.sendall(answer(*args, **kwargs))


def _raw(data: bytes) -> Behaviour:
    return lambda connection, _: connection.sendall(data)


def _drip(data: bytes, pause: float) -> Behaviour:
    def behave(connection: socket.socket, _: bytes) -> None:
        for byte in data:
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return behave


def _for_ever(head: bytes, piece: bytes, pause: float = 0.0) -> Behaviour:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(head)
        until = time.monotonic() + 15
        while time.monotonic() < until:
            connection.sendall(piece)
            if pause:
                time.sleep(pause)

    return behave


def _reset(data: bytes) -> Behaviour:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(data)
        time.sleep(0.05)  # let the client see the bytes before the reset throws them away
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


def _silence(after: bytes = b"") -> Behaviour:
    """Say this much, and then nothing until the client goes away."""

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(after)
        connection.recv(1)

    return behave


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


def _events(*events: tuple[str, str]) -> bytes:
    return b"".join(f"event: {name}\ndata: {data}\n\n".encode() for name, data in events)


def _redirect_to(place: str) -> Behaviour:
    return _say("307 Temporary Redirect", b"", headers={"Location": place})


def _limited(connection: socket.socket, _: bytes) -> None:
    error = {"message": "Rate limit reached.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
    connection.sendall(answer("429 Too Many Requests", _json({"error": error}), headers={"Retry-After": "0"}))


def _later(connection: socket.socket, _: bytes) -> None:
    error = {"message": "Overloaded.", "type": "server_error", "param": None, "code": None}
    connection.sendall(answer("503 Service Unavailable", _json({"error": error}), headers={"Retry-After": "86400"}))


def _pages_for_ever(connection: socket.socket, request: bytes) -> None:
    if b"/messages" not in request.split(b" ", 2)[1]:
        connection.sendall(answer(body=_json(thread())))
        return
    number = time.monotonic_ns()
    rows = [{"id": f"msg_{number}", "object": "thread.message"}]
    page = {"object": "list", "data": rows, "first_id": rows[0]["id"], "last_id": rows[0]["id"], "has_more": True}
    connection.sendall(answer(body=_json(page)))


WHOLE = frozenset({"WIRE-WHOLE-01"})
ANSWER = frozenset({"WIRE-ANSWER-01"})
JSON = frozenset({"SCHEMA-JSON-01"})
OTHER = frozenset({"OBJECT-ID-02"})
TIME = frozenset({"OBJECT-TIME-01"})
CUT = frozenset({"STREAM-FRAME-10"})
MEBIBYTE = b" " * 2**20

HOSTILITIES = [
    # that an answer comes
    Hostility("silence", _silence(), ANSWER),
    Hostility("hangs up", lambda connection, _: None, ANSWER),
    Hostility("slow loris in the head", _drip(answer(body=_json(thread())), 0.2), ANSWER),
    Hostility("status line without end", _for_ever(b"HTTP/1.1 200 ", b"O" * 65536), ANSWER),
    Hostility("100 KB header", _say(body=_json(thread()), headers={"X-Long": "a" * 100_000}), OTHER),
    Hostility("headers for ever", _for_ever(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n" * 500), ANSWER),
    Hostility("1xx flood", _for_ever(b"", b"HTTP/1.1 103 Early Hints\r\nX-A: 1\r\n\r\n" * 50), ANSWER),
    Hostility("not HTTP", _raw(b"SSH-2.0-OpenSSH_9.6\r\n"), ANSWER),
    Hostility("reset before the answer", _reset(b""), ANSWER),
    # that it comes whole
    Hostility("slow loris in the body", _drip(answer(body=_json(thread())), 0.012), WHOLE | ANSWER),
    Hostility(
        "body without end", _for_ever(answer(body=b"").replace(b"Length: 0", b"Length: 99999999999"), MEBIBYTE), WHOLE
    ),
    Hostility(
        "1 GB body",
        _for_ever(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n", MEBIBYTE),
        WHOLE,
    ),
    Hostility("reset in the body", _reset(answer(body=_json(thread()))[:-9]), WHOLE),
    Hostility("content length too long", _raw(answer(body=_json(thread()), headers={"Content-Length": "5000"})), WHOLE),
    Hostility(
        "gzip bomb",
        _say(body=gzip.compress(b"[" + MEBIBYTE * 200, mtime=0), headers={"Content-Encoding": "gzip"}),
        WHOLE,
    ),
    Hostility("gzip that is none", _say(body=_json(thread()), headers={"Content-Encoding": "gzip"}), WHOLE),
    Hostility(
        "broken chunks",
        _raw(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"),
        WHOLE,
    ),
    # what it holds
    Hostility("content length too short", _raw(answer(body=_json(thread()), headers={"Content-Length": "20"})), JSON),
    Hostility("invalid UTF-8", _say(body=_json(thread()).replace(b"hostile", b"\xff\xfe\x80")), JSON),
    Hostility("NaN", _say(body=_json(thread()).replace(b"1767225600", b"NaN")), JSON),
    Hostility("10,000 deep", _say(body=b"[" * 10_000 + b"]" * 10_000), JSON),
    Hostility("10,000 deep object", _say(body=b'{"a":' * 10_000 + b"1" + b"}" * 10_000), JSON),
    Hostility("huge number", _say(body=_json(thread()).replace(b"1767225600", b"9" * 400)), TIME),
    Hostility(
        "number out of range",
        _say(body=_json(thread()).replace(b"1767225600", b"1e400")),
        frozenset({"SCHEMA-ThreadObject"}),
    ),
    Hostility("empty", _say(body=b""), JSON),
    Hostility("null", _say(body=b"null"), JSON),
    Hostility("array", _say(body=b"[1,2,3]"), JSON),
    Hostility("duplicate keys", _say(body=_json(thread())[:-1] + b',"id":"thread_other"}'), OTHER),
    Hostility("path as id", _say(body=_json(thread(id="../../files?limit=1#"))), OTHER),
    Hostility("control characters", _say(body=_json(thread(id="thread_\r\nX: 1\x00", object=ESCAPES))), OTHER),
    Hostility(
        "escape codes everywhere",
        _say(body=_json({ESCAPES: ESCAPES, **thread(object=ESCAPES)})),
        frozenset({"OBJECT-TYPE-01"}),
    ),
    Hostility(
        "error of markup",
        _say(
            "400 Bad Request",
            _json({"error": {"message": ESCAPES, "type": ESCAPES, "param": ESCAPES, "code": ESCAPES}}),
        ),
        frozenset({"ERROR-TYPE-01"}),
    ),
    Hostility("another clock", _say(body=_json(thread(created_at=1767225600000))), TIME),
    Hostility("200,000 keys", _say(body=_json(thread(metadata={f"k{n}": "v" for n in range(200_000)}))), OTHER),
    # where it sends us
    Hostility(
        "redirect loop",
        lambda connection, request: _redirect_to(request.split(b" ", 2)[1].decode())(connection, request),
        codes=frozenset({0}),
    ),
    Hostility("redirect to another host", _redirect_to("http://elsewhere.invalid/v1/threads"), codes=frozenset({0})),
    Hostility("429 for ever", _limited, codes=frozenset({0})),
    Hostility("503 for a day", _later, codes=frozenset({0})),
    Hostility(
        "HTTP/1.0",
        lambda connection, _: connection.sendall(
            b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + _json(thread())
        ),
        OTHER,
    ),
    Hostility("pages for ever", _pages_for_ever, frozenset({"SCHEMA-MessageObject"})),
    # streams
    Hostility("stream of silence", _silence(STREAM_HEAD), CUT, asks_for_a_stream),
    Hostility("stream of comments", _for_ever(STREAM_HEAD, b": still here\n\n", 0.01), CUT, asks_for_a_stream),
    Hostility("stream of comments, fast", _for_ever(STREAM_HEAD, b":\n" * 20_000), CUT, asks_for_a_stream),
    Hostility("stream without line ends", _for_ever(STREAM_HEAD, b"data" * 20_000), CUT, asks_for_a_stream),
    Hostility(
        "stream of one event",
        _for_ever(STREAM_HEAD, _events(("thread.run.queued", "{}")), 0.001),
        CUT,
        asks_for_a_stream,
    ),
    Hostility(
        "10 MB event",
        _raw(STREAM_HEAD + _events(("thread.run.created", '"' + "x" * 10_000_000 + '"'))),
        CUT,
        asks_for_a_stream,
    ),
    Hostility(
        "reset between events", _reset(STREAM_HEAD + _events(("thread.run.created", "{}"))), CUT, asks_for_a_stream
    ),
    Hostility(
        "reset within an event", _reset(STREAM_HEAD + b"event: thread.run.created\ndata: {"), CUT, asks_for_a_stream
    ),
    Hostility("stream of garbage", _raw(STREAM_HEAD + bytes(range(256)) * 40 + b"\n\n"), CUT, asks_for_a_stream),
    Hostility("stream of markup", _raw(STREAM_HEAD + _events((ESCAPES, json.dumps(ESCAPES)))), CUT, asks_for_a_stream),
    Hostility("empty stream", _raw(STREAM_HEAD), CUT, asks_for_a_stream),
]


@contextmanager
def hostile(hostility: Hostility, upstream_port: int) -> Iterator[str]:
    """An endpoint that misbehaves where its hostility says so, and else passes on what an upstream answers."""

    def behave(connection: socket.socket, request: bytes) -> None:
        if hostility.trigger(request):
            hostility.behave(connection, request)
            return
        head, _, body = request.partition(b"\r\n\r\n")
        with socket.create_connection(("127.0.0.1", upstream_port)) as upstream:
            upstream.sendall(head.replace(b"Connection: keep-alive", b"Connection: close") + b"\r\n\r\n" + body)
            while data := upstream.recv(65536):
                connection.sendall(data)

    with serving(behave) as url:
        yield url
