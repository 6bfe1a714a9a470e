"""Puts a variation around a reference endpoint, as an ASGI application sees it; a relay does what HTTP/1.1 hides."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.proof.variations.variation import Json, Refusal, Told, Variation, Visit, framed, pretty
from conformance.reference.app import BASE_PATH
from conformance.reference.endpoint import Endpoint

LONGEST_WAIT = 10.0


class _Coder(Protocol):
    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self, mode: int = ..., /) -> bytes: ...


@dataclass
class Tally:
    """How many answers a variation has met, and how many of those it has changed."""

    met: int = 0
    changed: int = 0


@dataclass
class Around:
    """The middleware. Counts what it changes in `tally`."""

    app: ASGIApp
    variation: Variation
    endpoint: Endpoint
    tally: Tally
    _memory: dict[Any, Any] = field(default_factory=dict)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        prefix = self.variation.prefix
        if scope["type"] == "http" and prefix and scope["path"].startswith(prefix):
            path = scope["path"].removeprefix(prefix)
            scope = {**scope, "path": path, "raw_path": scope["raw_path"].removeprefix(prefix.encode())}
            self.tally.changed += 1
        if scope["type"] != "http" or not scope["path"].startswith(BASE_PATH):
            await self.app(scope, receive, send)
            return
        self.tally.met += 1
        path = scope["path"].removeprefix(BASE_PATH)
        visit = Visit(
            scope["method"], path, self.endpoint, self._memory, Random(f"{self.variation.name} {self.tally.met}")
        )
        outlet = _Outlet(self.variation, visit, send)
        instead = self.variation.instead(visit) if self.variation.instead else None
        try:
            if instead is not None:
                await _swallow(receive)
                await outlet.refuse(instead)
            else:
                await self.app(scope, receive, outlet)
        finally:
            changes = outlet.changed or instead is not None or _touches_time(self.variation)
            self.tally.changed += changes and not prefix


def _touches_time(variation: Variation) -> bool:
    """Whether a variation changes the endpoint itself or the client, so that every answer is one of its answers."""
    return bool(
        variation.settings or variation.inside or variation.seconds or variation.poll_seconds or variation.old_protocol
    )


async def _swallow(receive: Receive) -> None:
    while (await receive()).get("more_body"):
        pass


class _Outlet:
    """Takes what the endpoint sends, and sends what the variation makes of it."""

    def __init__(self, variation: Variation, visit: Visit, send: Send) -> None:
        self._variation = variation
        self._visit = visit
        self._send = send
        self._body = b""
        self._streaming = False
        self._coder: _Coder | None = None
        self.changed = False

    async def __call__(self, message: Message) -> None:
        """One message of the endpoint."""
        if message["type"] == "http.response.start":
            self._visit.status, self._visit.headers = message["status"], list(message["headers"])
            self._streaming = self._header("content-type").startswith("text/event-stream")
            if self._streaming:
                await self._start()
                if self._variation.opening:
                    self.changed = True
                    await self._pieces(self._variation.opening)
        elif self._streaming:
            await self._frame(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._answer(self._body)

    async def refuse(self, refusal: Refusal) -> None:
        """Answer in the endpoint's place."""
        headers = {
            "content-type": "application/json",
            "x-request-id": f"req_{self._visit.chance.getrandbits(128):032x}",
        }
        self._visit.status = refusal.status
        self._visit.headers = [(k.encode(), v.encode()) for k, v in {**headers, **refusal.headers}.items()]
        await self._answer(pretty(refusal.body).encode())

    def _header(self, name: str) -> str:
        found = [value.decode("latin-1") for key, value in self._visit.headers if key.decode().lower() == name]
        return found[0] if found else ""

    async def _answer(self, body: bytes) -> None:
        if self._header("content-type").startswith("application/json"):
            changed = self._rewritten(body)
            self.changed |= changed != body
            body = changed
        self._visit.drop("content-length")
        self._visit.headers.append((b"content-length", str(len(body)).encode()))
        if self._variation.seconds:
            await asyncio.sleep(self._visit.chance.random() * self._variation.seconds)
        if self._variation.encode:
            body = self._encoded(body) + self._flushed()
            self._visit.set("content-length", str(len(body)))
        await self._start()
        await self._pieces(body)
        await self._send({"type": "http.response.body", "body": b""})

    def _rewritten(self, body: bytes) -> bytes:
        variation = self._variation
        if variation.value is None and variation.written is None:
            return body
        value = json.loads(body)
        if variation.value is not None:
            value = variation.value(value, self._visit)
        return (variation.written or pretty)(value).encode()

    async def _start(self) -> None:
        if self._variation.encode:
            self._visit.set("content-encoding", self._variation.encode)
            self.changed = True
        if self._variation.head:
            before = list(self._visit.headers)
            self._variation.head(self._visit)
            self.changed |= before != self._visit.headers
        await self._send({"type": "http.response.start", "status": self._visit.status, "headers": self._visit.headers})

    async def _frame(self, message: Message) -> None:
        if data := message.get("body", b""):
            for told in self._events(_told(data)):
                frame = (self._variation.frame or _framed)(told, self._visit)
                self.changed |= frame != data
                if self._variation.pause:
                    self.changed = True
                    await asyncio.sleep(self._variation.pause)
                await self._pieces(self._encoded(frame, flush=True))
        if not message.get("more_body"):
            await self._send({"type": "http.response.body", "body": self._flushed()})

    def _events(self, told: Told) -> Iterator[Told]:
        changed = self._variation.events(told, self._visit) if self._variation.events else [told]
        for one in changed:
            if self._variation.everywhere and self._variation.value and not one.is_done:
                yield Told(one.name, self._variation.value(one.data, self._visit))
            else:
                yield one

    async def _pieces(self, data: bytes) -> None:
        pieces = list(self._variation.cut(data, self._visit)) if self._variation.cut else [data]
        self.changed |= len(pieces) > 1
        for piece in pieces:
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            if len(pieces) > 1:
                await asyncio.sleep(0)

    def _encoded(self, data: bytes, *, flush: bool = False) -> bytes:
        if not self._variation.encode:
            return data
        if self._coder is None:
            bits = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}[self._variation.encode]
            self._coder = zlib.compressobj(wbits=bits)
        return self._coder.compress(data) + (self._coder.flush(zlib.Z_SYNC_FLUSH) if flush else b"")

    def _flushed(self) -> bytes:
        return self._coder.flush(zlib.Z_FINISH) if self._coder is not None else b""


def _told(frame: bytes) -> Told:
    name, _, data = frame.decode().partition("\n")
    text = data.removeprefix("data: ").rstrip("\n")
    value: Json = text if text == "[DONE]" else json.loads(text)
    return Told(name.removeprefix("event: "), value)


def _framed(told: Told, _: Visit) -> bytes:
    return framed(told)


@contextmanager
def old_protocol(host: str, port: int) -> Iterator[int]:
    """A relay that speaks HTTP/1.0 on both sides: one exchange for a connection, which ends it. Yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    stopping = threading.Event()

    def accept() -> None:
        while not stopping.is_set():
            with suppress(TimeoutError):
                client, _ = listener.accept()
                threading.Thread(target=_relayed, args=(client, host, port), daemon=True).start()

    acceptor = threading.Thread(target=accept, name="HTTP/1.0 relay", daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopping.set()
        acceptor.join()
        listener.close()


def _relayed(client: socket.socket, host: str, port: int) -> None:
    with client, suppress(OSError), socket.create_connection((host, port)) as server:
        for one in (client, server):
            one.settimeout(LONGEST_WAIT)
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := client.recv(65536)):
                return
            head += data
        lines, blank, rest = head.partition(b"\r\n\r\n")
        first, *fields = lines.split(b"\r\n")
        kept = [line for line in fields if not line.lower().startswith(b"connection:")]
        server.sendall(b"\r\n".join([first.replace(b"HTTP/1.1", b"HTTP/1.0"), *kept]) + blank + rest)
        threading.Thread(target=_carried, args=(client, server), daemon=True).start()
        begun = False
        while data := server.recv(65536):
            client.sendall(data if begun else data.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
            begun = True
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _carried(client: socket.socket, server: socket.socket) -> None:
    """Carry on what else the client sends, until it or the server closes."""
    with suppress(OSError):
        while data := client.recv(65536):
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)
