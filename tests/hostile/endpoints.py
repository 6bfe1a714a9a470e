"""Endpoints that misbehave, each in one way, for the requests of one scenario; everything else is the reference's.

A hostility is what the endpoint does to reads of a thread (`GET /v1/threads/…`), or to a request for a stream. The
altered ones answer what the reference does, less one thing.
"""

import gzip
import json
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from tests.servers import Behaviour, answer, serving

Trigger = Callable[[bytes], bool]
Alteration = Callable[[bytes], Iterator[bytes]]
"""What is sent in place of a whole response, piece by piece."""
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
ESCAPES = "\x1b[2J\x1b]0;owned\x07<script>alert(1)</script><img src=x onerror=alert(1)>\x9b31m\u202e"


ODD_ID = "thread_\r\nX: 1\x00\x1b]0;owned\x07\u202e/../.."


def reads_a_thread(request: bytes) -> bool:
    """`GET /v1/threads/{id}` and what lies below it."""
    return request.startswith(b"GET /v1/threads/")


def asks_for_a_stream(request: bytes) -> bool:
    """A request with `stream: true`."""
    return b'"stream":true' in request


def creates_a_run(request: bytes) -> bool:
    """`POST /v1/threads/{id}/runs`."""
    return request.startswith(b"POST") and request.split(b" ", 2)[1].endswith(b"/runs")


def reads_a_run(request: bytes) -> bool:
    """`GET /v1/threads/{id}/runs/{id}`."""
    return request.startswith(b"GET") and b"/runs/" in request.split(b" ", 2)[1]


def creates_a_thread(request: bytes) -> bool:
    """`POST /v1/threads`."""
    return request.startswith(b"POST /v1/threads ")


def lists_messages(request: bytes) -> bool:
    """`GET /v1/threads/{id}/messages`."""
    return request.startswith(b"GET") and b"/messages" in request.split(b" ", 2)[1]


def asks_anything(_: bytes) -> bool:
    """Every request."""
    return True


@dataclass(frozen=True)
class Hostility:
    """One way of misbehaving: what is said in place of an answer, or how the reference's answer is altered.

    `struck` is the scenario that meets it; without one, the one that reads a thread or asks for a stream. `fails` names
    the requirements that must fail for it; without any, the run must not fail for it, and that scenario ends with
    `outcome` (`inconclusive` unless named). `codes` are the exit codes that say the truth.
    """

    name: str
    behave: Behaviour | None = None
    fails: frozenset[str] = frozenset()
    trigger: Trigger = reads_a_thread
    codes: frozenset[int] = frozenset({1})
    alter: Alteration | None = None
    struck: str = ""
    outcome: str | None = None

    @property
    def scenario(self) -> str:
        """The scenario that meets it."""
        return self.struck or ("streams.text" if self.trigger is asks_for_a_stream else "objects.thread_lifecycle")


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
        while True:  # until the client closes the connection
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


def _endless_pages(connection: socket.socket, request: bytes) -> None:
    """New and right messages on every page, and always more of them."""
    place = request.split(b" ", 2)[1].decode()
    now = time.monotonic_ns()
    _page(connection, [_message(f"msg_{now}{n:03}", place.split("/")[3]) for n in range(20)], more=True)


def _huge_page(connection: socket.socket, request: bytes) -> None:
    """A page of 100,000 rows, where the oldest are asked for first: once in the life of a thread."""
    if b"order=asc" not in request.split(b" ", 2)[1]:
        _page(connection, [_message("msg_1", "thread_1")], more=False)
        return
    rows = b",".join(b'{"id":"msg_%06d","object":"thread.message","created_at":1767225600}' % n for n in range(100_000))
    ends = b'"first_id":"msg_000000","last_id":"msg_099999"'
    connection.sendall(answer(body=b'{"object":"list","data":[' + rows + b"]," + ends + b',"has_more":false}'))


def _page(connection: socket.socket, rows: list[dict[str, Any]], *, more: bool) -> None:
    page = {"object": "list", "data": rows, "first_id": rows[0]["id"], "last_id": rows[-1]["id"], "has_more": more}
    connection.sendall(answer(body=_json(page)))


def _message(name: str, owner: str) -> dict[str, Any]:
    text = {"type": "text", "text": {"value": "hello", "annotations": []}}
    nothing = dict.fromkeys(("assistant_id", "run_id"))
    return {
        "id": name,
        "object": "thread.message",
        "created_at": 1767225600,
        "thread_id": owner,
        "role": "user",
        "content": [text],
        "attachments": [],
        "metadata": {},
        **nothing,
    }


def _never_over(response: bytes) -> Iterator[bytes]:
    """A run that is told to be in progress, whatever became of it."""
    head, _, body = response.partition(b"\r\n\r\n")
    run = json.loads(body)
    ended = dict.fromkeys(("completed_at", "failed_at", "cancelled_at", "incomplete_details", "last_error", "usage"))
    times = {"started_at": run["created_at"], "expires_at": run["created_at"] + 600}
    yield _with_body(head, _json({**run, "status": "in_progress", **ended, **times}))


def _another_hour(response: bytes) -> Iterator[bytes]:
    """A clock that is an hour behind, in the Date header and in every time of the body."""
    head, _, body = response.partition(b"\r\n\r\n")

    def earlier(found: re.Match[bytes]) -> bytes:
        return found[1] + str(int(found[2]) - 3600).encode()

    shifted = re.sub(rb'("[a-z_]+_at":\s?)(\d{10})', earlier, body)
    told = re.search(rb"(?i)^date: ([^\r]+)", head, re.MULTILINE)
    if told is not None:
        date = parsedate_to_datetime(told[1].decode()) - timedelta(hours=1)
        head = head.replace(told[1], format_datetime(date, usegmt=True).encode())
    yield head + b"\r\n\r\n" + shifted


def _named(name: str) -> Alteration:
    """A thread is made, and called something that is no id."""

    def alter(response: bytes) -> Iterator[bytes]:
        head, _, body = response.partition(b"\r\n\r\n")
        yield _with_body(head, _json({**json.loads(body), "id": name}))

    return alter


def _delta_for_ever(response: bytes) -> Iterator[bytes]:
    """The stream as it should be, but one of its deltas comes again and again."""
    body = re.sub(rb"(?m)^[0-9a-f]+\r\n(?=event|data)|\r\n(?=[0-9a-f]+\r\n)", b"", response.partition(b"\r\n\r\n")[2])
    before, mark, after = body.partition(b"event: thread.message.delta\n")
    frame = mark + after.partition(b"\n\n")[0] + b"\n\n"
    yield STREAM_HEAD + before
    while True:
        yield frame


def _with_body(head: bytes, body: bytes) -> bytes:
    head = re.sub(rb"(?i)content-length: \d+", b"Content-Length: %d" % len(body), head)
    return head + b"\r\n\r\n" + body


GOOD = frozenset({0})
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
    Hostility("two content types", _raw(answer(body=_json(thread()), headers={"Content-type": "text/html"})), OTHER),
    Hostility("two content lengths", _raw(answer(body=_json(thread()), headers={"Content-length": "20"})), ANSWER),
    Hostility("NUL in a header", _raw(answer(body=_json(thread()), headers={"X-Odd": "a\0b"})), ANSWER),
    Hostility("status 999", _say("999 What", _json(thread())), frozenset({"ERROR-ENVELOPE-01"})),
    Hostility("another protocol", _raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: ws\r\n\r\n"), ANSWER),
    Hostility(
        "created as a path",
        trigger=creates_a_thread,
        alter=_named("../../files/x?limit=1#"),
        codes=GOOD,
        outcome="unsupported",
    ),
    Hostility(
        "created with control characters",
        trigger=creates_a_thread,
        alter=_named(ODD_ID),
        codes=GOOD,
        outcome="unsupported",
    ),
    Hostility("created under a name of 1 MB", trigger=creates_a_thread, alter=_named("t" * 2**20), codes=GOOD),
    Hostility("a clock an hour off", trigger=asks_anything, alter=_another_hour, codes=GOOD, outcome="completed"),
    Hostility("a run that never ends", trigger=reads_a_run, alter=_never_over, struck="runs.text", codes=GOOD),
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
    Hostility(
        "pages for ever, right ones",
        _endless_pages,
        frozenset({"LIMIT-LIST-01"}),
        lists_messages,
        struck="lists.messages",
    ),
    Hostility("page of 100,000", _huge_page, frozenset({"SCHEMA-MessageObject"}), lists_messages),
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
    Hostility("stream of right events", fails=CUT, trigger=asks_for_a_stream, alter=_delta_for_ever),
    Hostility("empty stream", _raw(STREAM_HEAD), CUT, asks_for_a_stream),
]


@contextmanager
def hostile(hostility: Hostility, upstream_port: int) -> Iterator[str]:
    """An endpoint that misbehaves where its hostility says so, and else passes on what an upstream answers."""

    def behave(connection: socket.socket, request: bytes) -> None:
        struck = hostility.trigger(request)
        if struck and hostility.behave is not None:
            hostility.behave(connection, request)
            return
        head, _, body = request.partition(b"\r\n\r\n")
        with socket.create_connection(("127.0.0.1", upstream_port)) as upstream:
            upstream.sendall(head.replace(b"Connection: keep-alive", b"Connection: close") + b"\r\n\r\n" + body)
            if struck and hostility.alter is not None:
                for piece in hostility.alter(b"".join(iter(lambda: upstream.recv(65536), b""))):
                    connection.sendall(piece)
                return
            while data := upstream.recv(65536):
                connection.sendall(data)

    with serving(behave) as url:
        yield url
