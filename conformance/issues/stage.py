"""The stage: the reference endpoint on loopback, with a plan of answers laid over it and a log of what came."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.issues.replies import Answer, Changed, Json, Plan, Reply, Seen, Stream, route
from conformance.reference.app import BASE_PATH
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings

ADVICE = "openai-poll-after-ms"
LONGEST_BODY_KEPT = 262_144


def _no_complaint(record: logging.LogRecord) -> bool:
    return "without completing response" not in record.getMessage()


@dataclass(frozen=True)
class Logged:
    """A request that came and what it was answered with; `answer` is the whole body."""

    seen: Seen
    status: int
    media_type: str
    answer: bytes
    cut: bool = False
    advice: str | None = None
    """What the header openai-poll-after-ms said."""

    def line(self) -> str:
        """The exchange in one line."""
        query = "?" + "&".join(f"{name}={value}" for name, value in self.seen.query) if self.seen.query else ""
        return f"{self.seen.method} {self.seen.path}{query} -> {self.status}"


class Stage:
    """Serves a plan over the reference endpoint while the block lasts; `url` is the base URL, `log` what happened.

    Raises OSError where no port can be had.
    """

    def __init__(self, plan: Plan, settings: Settings | None = None, *, port: int = 0) -> None:
        self._book = _Book()
        logging.getLogger("uvicorn.error").addFilter(_no_complaint)
        self._server = ReferenceServer(settings, port=port)
        self._server.app.add_middleware(_Over, plan=plan, book=self._book)

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return self._server.url

    @property
    def log(self) -> tuple[Logged, ...]:
        """Every answered exchange so far."""
        return tuple(self._book.exchanges)

    @property
    def first_request(self) -> float | None:
        """When, on the monotonic clock, the first request came; None before."""
        return self._book.first_request

    def __enter__(self) -> Stage:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()


class _Book:
    def __init__(self) -> None:
        self.exchanges: list[Logged] = []
        self.first_request: float | None = None
        self.counts: Counter[str] = Counter()


class _Over:
    """Answers what the plan has an answer for, hands over the rest, and books both."""

    def __init__(self, app: ASGIApp, plan: Plan, book: _Book) -> None:
        self._app = app
        self._plan = plan
        self._book = book

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._book.first_request is None:
            self._book.first_request = time.monotonic()
        body, size = await _read(receive)
        seen = Seen(
            method=scope["method"],
            path=scope["path"].removeprefix(BASE_PATH),
            query=tuple(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=body,
            size=size,
        )
        reply = self._reply(seen)
        sender = _Sender(send, self._book, seen)
        match reply:
            case Json():
                await sender.json(reply.status, reply.body, reply.headers)
            case Stream():
                await sender.stream(reply)
            case Changed():
                await self._changed(scope, seen, reply, sender)
            case None:
                await self._app(scope, _given(body), sender)
                sender.close()

    def _reply(self, seen: Seen) -> Reply | None:
        for pattern, answer in self._plan.items():
            if route(pattern, seen.method, seen.path):
                self._book.counts[pattern] += 1
                return _chosen(answer, replace(seen, count=self._book.counts[pattern]))
        return None

    async def _changed(self, scope: Scope, seen: Seen, change: Changed, sender: _Sender) -> None:
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self._app(scope, _given(seen.body), keep)
        body: Any = json.loads(b"".join(message.get("body", b"") for message in kept))
        for name in change.without:
            body.pop(name, None)
        await sender.json(kept[0]["status"], {**body, **change.values}, change.headers)


class _Sender:
    """Sends an answer and books it when it is whole."""

    def __init__(self, send: Send, book: _Book, seen: Seen) -> None:
        self._send = send
        self._book = book
        self._seen = seen
        self._status = 0
        self._media_type = ""
        self._advice: str | None = None
        self._parts: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """Pass on one message of the application underneath."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            headers = dict(message["headers"])
            self._media_type = headers.get(b"content-type", b"").decode("latin-1")
            advice = headers.get(ADVICE.encode())
            self._advice = advice.decode("latin-1") if advice else None
        else:
            self._parts.append(message.get("body", b""))
        await self._send(message)

    def close(self, *, cut: bool = False) -> None:
        """Book the exchange."""
        answer = b"".join(self._parts)
        self._book.exchanges.append(Logged(self._seen, self._status, self._media_type, answer, cut, self._advice))

    async def json(self, status: int, body: Any, headers: Any) -> None:
        """A JSON answer."""
        content = json.dumps(body).encode()
        fields = [(b"content-type", b"application/json"), (b"content-length", str(len(content)).encode())]
        fields += [(name.encode(), value.encode()) for name, value in headers.items()]
        # booked first: what a client saw answered is in the log, even if it is cut off right then
        self._status, self._media_type, self._parts = status, "application/json", [content]
        self._advice = headers.get(ADVICE)
        self.close()
        await self._send({"type": "http.response.start", "status": status, "headers": fields})
        await self._send({"type": "http.response.body", "body": content})

    async def stream(self, stream: Stream) -> None:
        """An event stream, frame by frame."""
        media_type = "text/event-stream; charset=utf-8"
        await self._send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-type", media_type.encode())]}
        )
        self._status, self._media_type, self._parts = 200, media_type, list(stream.frames)
        self.close(cut=stream.cut)
        for data in stream.frames:
            await self._send({"type": "http.response.body", "body": data, "more_body": True})
            await asyncio.sleep(0)
        if stream.cut:
            await asyncio.sleep(0.1)
            return  # without an end: uvicorn then closes the connection, and complains about it
        await self._send({"type": "http.response.body", "body": b""})


def _chosen(answer: Answer, seen: Seen) -> Reply | None:
    if isinstance(answer, Json | Stream | Changed):
        return answer
    if isinstance(answer, Sequence):
        return answer[min(seen.count, len(answer)) - 1]
    return answer(seen)


async def _read(receive: Receive) -> tuple[bytes, int]:
    """The body, but no more of it than is kept, and its size."""
    kept, size = bytearray(), 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        kept += part[: max(0, LONGEST_BODY_KEPT - len(kept))]
        if message["type"] != "http.request" or not message.get("more_body"):
            return bytes(kept), size


def _given(body: bytes) -> Receive:
    """A body read already, for the application underneath."""
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if parts:
            return parts.pop()
        await asyncio.Event().wait()
        raise AssertionError("an event that nobody sets")

    return receive
