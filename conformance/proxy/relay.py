"""The relay: an ASGI application that passes requests on to the upstream, and answers back as they arrive.

Changed are `Host`, and the header fields that are about one connection only (RFC 9110, section 7.6.1). It has no time
limit but that for a connection: a client that has waited enough leaves, and then the upstream is left too.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import suppress
from urllib.parse import urlsplit

import httpx
from starlette.types import Message, Receive, Scope, Send

from conformance.client.tap import describe_failure
from conformance.trace.event import frames

CONNECT_TIMEOUT = 30.0
"""Seconds within which the upstream has to take a connection."""
KEEP_ALIVE = 2.0
"""Seconds that a connection to the upstream is kept for the next request: less than servers keep one, as a request on a
connection that is being closed would fail for no fault of anybody's."""

_OF_THE_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"upgrade", b"expect"}
)
_PROBES = (  # tell a peer that vanished from one that is silent
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
)


class Broken(Exception):
    """The upstream broke the connection, in words; `reached` is False where there was none."""

    def __init__(self, reason: str, *, reached: bool) -> None:
        super().__init__(reason)
        self.reached = reached


class ClientLeft(Exception):
    """The client closed the connection before it had the whole answer."""


class Upstream:
    """Where requests go: scheme, host and port of a URL, whose path is where the API is (None where it has none)."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        self.base_path = parts.path.rstrip("/") or None

    @property
    def host(self) -> bytes:
        """The value of `Host`."""
        return urlsplit(self.origin).netloc.encode("ascii")

    def headers(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """The header fields of a request as they are passed on."""
        dropped = _OF_THE_CONNECTION | _named_by_connection(scope["headers"]) | {b"host"}
        return [(b"host", self.host), *(field for field in scope["headers"] if field[0] not in dropped)]

    def target(self, scope: Scope) -> bytes:
        """Path and query of a request, byte for byte as they came."""
        query = scope["query_string"]
        path: bytes = scope["raw_path"]
        return path + b"?" + query if query else path


class Relay:
    """The application. `whole_events` passes streams on event by event, uncompressed, for a fault that changes them."""

    def __init__(self, upstream: Upstream, *, whole_events: bool = False) -> None:
        self._upstream = upstream
        self._whole_events = whole_events
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100, keepalive_expiry=KEEP_ALIVE)
        self._transport = httpx.AsyncHTTPTransport(limits=limits, socket_options=_PROBES)

    async def close(self) -> None:
        """Close the connections to the upstream."""
        await self._transport.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one exchange on; raises `Broken` and `ClientLeft`."""
        upload = _Upload(receive)
        passing = _Passing(send)
        exchange = asyncio.create_task(self._exchange(scope, upload, passing))
        leaving = asyncio.create_task(upload.until_the_client_leaves())
        try:
            await asyncio.wait({exchange, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if leaving.done() and not passing.ended:
                raise ClientLeft
            await exchange
        finally:
            for task in (exchange, leaving):
                task.cancel()
            await asyncio.gather(exchange, leaving, return_exceptions=True)

    async def _exchange(self, scope: Scope, upload: _Upload, passing: _Passing) -> None:
        headers = self._upstream.headers(scope)
        if self._whole_events:
            headers = [
                *(field for field in headers if field[0] != b"accept-encoding"),
                (b"accept-encoding", b"identity"),
            ]
        timeout = {"connect": CONNECT_TIMEOUT, "read": None, "write": None, "pool": None}
        extensions = {"target": self._upstream.target(scope), "timeout": timeout}
        request = httpx.Request(
            scope["method"], self._upstream.origin, headers=headers, stream=upload, extensions=extensions
        )
        try:
            response = await self._transport.handle_async_request(request)
            try:
                await self._answer(response, passing)
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout) as problem:
            raise Broken(describe_failure(problem), reached=False) from problem
        except httpx.TransportError as problem:
            raise Broken(describe_failure(problem), reached=True) from problem

    async def _answer(self, response: httpx.Response, passing: _Passing) -> None:
        raw = response.headers.raw
        lower = [(name.lower(), value) for name, value in raw]
        dropped = _OF_THE_CONNECTION | _named_by_connection(lower) | {b"transfer-encoding"}
        kept = [field for field, (name, _) in zip(raw, lower, strict=True) if name not in dropped]
        stream = response.headers.get("content-type", "").startswith("text/event-stream")
        if self._whole_events:  # a fault looks for names in lower case, and changes how long a stream is
            kept = [(name.lower(), value) for name, value in kept if not stream or name.lower() != b"content-length"]
        await passing.send({"type": "http.response.start", "status": response.status_code, "headers": kept})
        assert isinstance(response.stream, httpx.AsyncByteStream)
        chunks = _events(response.stream) if self._whole_events and stream else response.stream
        async for chunk in chunks:
            await passing.send({"type": "http.response.body", "body": chunk, "more_body": True})
        passing.ended = True
        await passing.send({"type": "http.response.body", "body": b""})


class _Passing:
    """The way back to the client; `ended` once the answer is whole."""

    def __init__(self, send: Send) -> None:
        self.send = send
        self.ended = False


class _Upload(httpx.AsyncByteStream):
    """The body of a request as it comes, and after it the word that the client has left."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read = asyncio.Event()
        self._left = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        more = True
        while more:
            message: Message = await self._receive()
            if message["type"] == "http.disconnect":
                self._left = True
                self._read.set()
                raise ClientLeft
            if data := message.get("body"):
                yield data
            more = message.get("more_body", False)
        self._read.set()

    async def until_the_client_leaves(self) -> None:
        """Wait until the client closes the connection."""
        await self._read.wait()
        while not self._left:
            self._left = (await self._receive())["type"] == "http.disconnect"


async def _events(stream: httpx.AsyncByteStream) -> AsyncIterator[bytes]:
    """The events of a stream, each in one piece."""
    waiting = b""
    async for chunk in stream:
        *whole, waiting = [*frames(waiting + chunk)] or [b""]
        if waiting.endswith((b"\n\n", b"\r\n\r\n", b"\r\r")):
            whole, waiting = [*whole, waiting], b""
        for event in whole:
            yield event
    if waiting:
        yield waiting


def _named_by_connection(headers: list[tuple[bytes, bytes]]) -> frozenset[bytes]:
    named = b",".join(value for name, value in headers if name == b"connection")
    return frozenset(name.strip().lower() for name in named.split(b",")) - {b""}


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Close the connection of a client, after what was sent already, as its upstream did."""
    transport: asyncio.Transport | None = scope.get("state", {}).get("transport")
    if transport is not None:
        transport.close()
        with suppress(asyncio.CancelledError):
            while (await receive())["type"] != "http.disconnect":
                pass
