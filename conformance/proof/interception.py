"""Interception of the reference endpoint: one ASGI middleware, whose hooks see and change every exchange.

Planted faults, harmless variations and the conditions of known issues are `Hooks`. The endpoint writes each event of
a stream in one piece. What no hook touches goes through byte for byte.
"""

import asyncio
import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.reference.app import BASE_PATH
from conformance.trace.event import DONE, parse_events


@dataclass
class Request:
    """A request on its way in.

    `path` has no base path, header names are in lower case. `body` is the parsed JSON (None where it is not JSON) and
    `content` the bytes; a hook that changes either says so by `changed`. `size` counts the whole body, of which
    `Hooks.body_limit` may have kept less.
    """

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    content: bytes
    size: int
    body: Any
    changed: bool = False


@dataclass
class Answer:
    """An answer on its way out, or what a stream begins with.

    `body` is the parsed JSON (None where it is not JSON) and is written anew by `write_json`, unless there is
    `content`: bytes that are not JSON, or what a hook sets. `frames` make it a stream. `withheld` sends nothing at
    all, `cut` breaks off: a body in the middle, a stream where it would end.
    """

    status: int
    headers: MutableHeaders
    body: Any = None
    content: bytes | None = None
    frames: tuple[bytes, ...] | None = None
    withheld: bool = False
    cut: bool = False

    @property
    def ok(self) -> bool:
        """Whether it is a success with a JSON object."""
        return self.status == 200 and isinstance(self.body, dict)

    @property
    def is_stream(self) -> bool:
        """Whether it is an event stream."""
        return self.headers.get("content-type", "").startswith("text/event-stream")


@dataclass
class StreamEvent:
    """An event of a stream: its name and its parsed data (the text `[DONE]` for the sentinel)."""

    name: str
    data: Any

    @property
    def is_done(self) -> bool:
        """Whether this is the sentinel."""
        return bool(self.data == DONE)


class Disconnect(ClientDisconnect):
    """Raised by a hook that breaks a stream off; the endpoint takes it for a client that left."""


@dataclass
class ExchangeContext:
    """One exchange; `stream` is a place for what hooks remember within one answer. `changed` tells whether they did."""

    request: Request
    stream: dict[Any, Any] = field(default_factory=dict)
    changed: bool = False


class Hooks:
    """What is done to the exchanges of an endpoint; every hook changes nothing unless it is overridden."""

    body_limit: int | None = None
    """How many bytes of a request's body are kept."""
    base_path: str = BASE_PATH
    """The path under which the endpoint serves the API."""

    def scope(self, scope: Scope) -> Scope | None:
        """The ASGI scope to go on with; None leaves the exchange alone."""
        return scope if scope["path"].startswith(self.base_path) else None

    def request(self, context: Any) -> Answer | None:
        """Change a request, or answer it in the endpoint's place."""
        return None

    def answer(self, answer: Answer, context: Any) -> None:
        """Change an answer, or status and headers of a stream that opens."""

    def objects(self, value: Any, context: Any, event: str | None) -> None:
        """Change the JSON of a successful answer, or of an event."""

    def opening(self, context: Any) -> bytes:
        """What a stream begins with."""
        return b""

    def event(self, event: StreamEvent, context: Any) -> Iterable[StreamEvent]:
        """The events to send in place of one."""
        return (event,)

    def frame(self, event: StreamEvent, context: Any) -> bytes:
        """An event as bytes; may raise `Disconnect`."""
        return write_event(event.name, event.data)

    def closing(self, context: Any) -> bytes:
        """What a stream ends with."""
        return b""

    def chunks(self, data: bytes, context: Any) -> Iterable[bytes]:
        """The pieces in which bytes are sent."""
        return (data,)

    async def wait(self, context: Any, event: StreamEvent | None) -> None:
        """Wait before an answer, or an event of a stream, is sent."""

    def complete(self, answer: Answer, context: Any) -> None:
        """Take note of an answer whose `content` is whole: a plain one before it is sent, a stream after its end."""

    def context(self, request: Request) -> Any:
        """What the other hooks are given beside the value."""
        return ExchangeContext(request)

    def done(self, context: Any) -> None:
        """Take note that an exchange is over, however it ended."""


class Interception:
    """The middleware: `app.add_middleware(Interception, hooks=...)`."""

    def __init__(self, app: ASGIApp, hooks: Hooks) -> None:
        self._app = app
        self._hooks = hooks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one exchange."""
        inner = self._hooks.scope(scope) if scope["type"] == "http" else None
        if inner is None:
            await self._app(scope, receive, send)
            return
        request = await _read(inner, receive, self._hooks)
        context = self._hooks.context(request)
        outlet = _Outlet(self._hooks, context, receive, send)
        try:
            answer = self._hooks.request(context)
            if answer is not None:
                await outlet.answer(answer)
            else:
                await self._app(_changed_scope(inner, request), _replay(request, receive), outlet)
                outlet.finish()
        except Disconnect:
            return
        finally:
            self._hooks.done(context)


class _Outlet:
    """Takes what the endpoint sends, and sends what the hooks make of it."""

    def __init__(self, hooks: Hooks, context: Any, receive: Receive, send: Send) -> None:
        self._hooks = hooks
        self._context = context
        self._receive = receive
        self._send = send
        self._status = 0
        self._headers = MutableHeaders()
        self._body = b""
        self._stream: Answer | None = None
        self._frames: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        """One message of the endpoint."""
        if message["type"] == "http.response.start":
            self._status, self._headers = message["status"], MutableHeaders(raw=list(message["headers"]))
            if (opened := Answer(self._status, self._headers)).is_stream:
                await self._open(opened)
        elif self._stream is None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                is_json = self._headers.get("content-type", "").startswith("application/json")
                body = parse_json(self._body) if is_json else None
                content = self._body if body is None else None
                await self.answer(Answer(self._status, self._headers, body, content))
        else:
            if data := message.get("body"):
                await self._events(data)
            if not message.get("more_body"):
                await self._send({"type": "http.response.body", "body": self._hooks.closing(self._context)})

    async def answer(self, answer: Answer) -> None:
        """Send an answer."""
        if answer.frames is not None:
            await self._send_frames(answer)
            return
        answer.headers.setdefault("content-length", "0")
        before = list(answer.headers.raw)
        if answer.ok:
            self._hooks.objects(answer.body, self._context, None)
        self._hooks.answer(answer, self._context)
        if answer.withheld:
            while (await self._receive())["type"] != "http.disconnect":
                pass
            raise Disconnect
        content = answer.content = write_json(answer.body) if answer.content is None else answer.content
        self._context.changed |= content != self._body or before != answer.headers.raw
        self._hooks.complete(answer, self._context)
        await self._hooks.wait(self._context, None)
        if "content-length" in answer.headers:  # a hook may have taken it away
            answer.headers["content-length"] = str(len(content))
        await self._start(answer)
        if answer.cut:
            await self._write(content[: len(content) // 2])
            raise Disconnect
        await self._write(content)
        await self._send({"type": "http.response.body", "body": b""})

    async def _start(self, answer: Answer) -> None:
        await self._send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers.raw)})

    async def _write(self, data: bytes) -> None:
        chunks = list(self._hooks.chunks(data, self._context))
        self._context.changed |= len(chunks) > 1
        for chunk in chunks:
            await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
            if len(chunks) > 1:
                await asyncio.sleep(0)

    # Streams --------------------------------------------------------------------------------------------------------

    async def _open(self, opened: Answer) -> None:
        before = list(opened.headers.raw)
        self._hooks.answer(opened, self._context)
        self._context.changed |= before != opened.headers.raw
        self._stream = opened
        await self._start(opened)
        if opening := self._hooks.opening(self._context):
            self._context.changed = True
            await self._write(opening)

    async def _events(self, data: bytes) -> None:
        for parsed in parse_events(data):
            event = StreamEvent(parsed.name or "", DONE if parsed.is_done else parsed.json)
            for made in self._hooks.event(event, self._context):
                if not made.is_done:
                    self._hooks.objects(made.data, self._context, made.name)
                frame = self._hooks.frame(made, self._context)
                self._context.changed |= frame != data
                await self._hooks.wait(self._context, made)
                if frame:
                    self._frames.append(frame)
                    await self._write(frame)
                await asyncio.sleep(0)

    def finish(self) -> None:
        """Note a stream that the endpoint has ended, whether the client read all of it or not."""
        if self._stream is not None:
            self._stream.content = b"".join(self._frames)
            self._hooks.complete(self._stream, self._context)

    async def _send_frames(self, answer: Answer) -> None:
        """Send a stream in the endpoint's place."""
        answer.content = b"".join(answer.frames or ())
        self._hooks.complete(answer, self._context)
        await self._start(answer)
        for frame in answer.frames or ():
            await self._write(frame)
            await asyncio.sleep(0)
        if answer.cut:
            await asyncio.sleep(0.1)
            return  # without an end: uvicorn then closes the connection, and complains about it
        await self._send({"type": "http.response.body", "body": b""})


# Reading and writing ------------------------------------------------------------------------------------------------


def write_lines(*lines: str) -> bytes:
    """A frame of a stream: its lines, and the blank line that ends it."""
    return "\n".join([*lines, "", ""]).encode()


def write_event(name: str | None, data: Any) -> bytes:
    """An event as the reference writes it; a text is written as it is, without a name there is no event line."""
    text = data if isinstance(data, str) else compact_json(data)
    return write_lines(*([] if name is None else [f"event: {name}"]), f"data: {text}")


def compact_json(value: Any) -> str:
    """JSON on one line, as the reference writes it in streams."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def write_json(value: Any) -> bytes:
    """JSON indented by two, as the reference writes it in plain answers."""
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def parse_json(content: bytes) -> Any:
    """The JSON value of a body; None where it is not JSON."""
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None


def json_headers(**more: str) -> MutableHeaders:
    """The headers of a JSON answer that the endpoint did not give; an underscore in a name stands for a dash."""
    return MutableHeaders(
        {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in more.items()}}
    )


def ignore_broken_answers() -> None:
    """Keep the server's log from reporting answers that hooks break off; its other errors are still reported."""
    logging.getLogger("uvicorn.error").addFilter(_is_no_broken_answer)  # a level would be set anew by each server


def _is_no_broken_answer(record: logging.LogRecord) -> bool:
    return "without completing response" not in record.getMessage()


async def _read(scope: Scope, receive: Receive, hooks: Hooks) -> Request:
    kept, size, limit = bytearray(), 0, hooks.body_limit
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        kept += part if limit is None else part[: max(0, limit - len(kept))]
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    content = bytes(kept)
    return Request(
        method=scope["method"],
        path=scope["path"].removeprefix(hooks.base_path),
        query=parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True),
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]},
        content=content,
        size=size,
        body=parse_json(content),
    )


def _changed_scope(scope: Scope, request: Request) -> Scope:
    if not request.changed:
        return scope
    content = request.content
    headers = {**request.headers, "content-length": str(len(content))} if content else request.headers
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {**scope, "headers": raw, "query_string": urlencode(request.query, doseq=True).encode("latin-1")}


def _replay(request: Request, receive: Receive) -> Receive:
    """Hands out the body that was read already, then what else comes."""
    waiting = [request.content]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay
