"""Sees what the HTTP clients of a process send and get: httpx, httpx2, requests, aiohttp, and SDKs on top of them.

The clients are watched at the call that sends one request, above their transports and above what replays cassettes or
plays a server in a test. Only libraries that somebody has imported are touched.
"""

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any

from conformance.client.tap import Tap, UnderWay, describe_failure
from conformance.trace.exchange import CLOSED_BY_CLIENT, NOT_KEPT, Exchange, Headers, Request, header_date

_ENCODING = ("content-encoding", "content-length", "transfer-encoding")  # they do not fit a body that was decoded


class Seen:
    """One request that a client sends, and what becomes of its answer.

    `sent` grows while a body is sent in pieces; it is None for a body that cannot be seen, whose exchange is not kept.
    """

    def __init__(self, tap: Tap, request: Request) -> None:
        self.sent: bytearray | None = bytearray(request.body)
        self._under_way = UnderWay(tap, request)
        self._answer: tuple[int, Headers] | None = None
        self._over = False

    def sends(self, piece: bytes | str) -> None:
        """A piece of the request's body is on its way."""
        if self.sent is not None:
            self.sent += piece.encode() if isinstance(piece, str) else piece

    def answered(self, status: int, headers: Any) -> None:
        """Status and headers are there; `headers` are pairs."""
        kept = _headers(headers)
        if kept.get("content-encoding"):
            kept = Headers((name, value) for name, value in kept if name.lower() not in _ENCODING)
        self._answer = (status, kept)

    def chunk(self, data: bytes) -> None:
        """A decoded piece of the body has arrived."""
        if not self._over:
            self._under_way.chunk(data)

    def ended(self, problem: BaseException | None = None) -> None:
        """The answer is whole, or broke off by a problem; only the first call counts."""
        self._over = True
        failure = None if problem is None else CLOSED_BY_CLIENT
        if isinstance(problem, Exception):
            failure = describe_failure(problem)
        if self.sent is None:
            self._answer, failure = None, f"{NOT_KEPT}: the body of the request cannot be seen"
        else:
            self._under_way.request = replace(self._under_way.request, body=bytes(self.sent))
        self._under_way.finish(self._answer, complete=problem is None, failure=failure)

    def whole(self, status: int, headers: Any, body: bytes) -> None:
        """The answer is there at once."""
        self.answered(status, headers)
        self.chunk(body)
        self.ended()


class Observer:
    """Keeps the exchanges of every client in this process while it watches."""

    def __init__(self) -> None:
        self._tap = Tap(dated=header_date)
        self._seen: list[Seen] = []
        self._replaced: list[tuple[type, str, Any, Any]] = []

    def watch(self) -> None:
        """Watch what is not watched yet: libraries imported since, and methods that others have replaced since."""
        for library, owner, method, watched in _WATCHED:
            client = getattr(sys.modules.get(library), owner, None)
            if client is None or getattr(client.__dict__.get(method), "observer", None) is self:
                continue
            original = getattr(client, method)
            replacement = wraps(original)(_once(original, watched(self, original)))
            replacement.observer = self  # type: ignore[attr-defined]
            self._replaced.append((client, method, original, replacement))
            setattr(client, method, replacement)

    def stop(self) -> None:
        """Leave the libraries as they were; what others have replaced since stays."""
        while self._replaced:
            client, method, original, replacement = self._replaced.pop()
            if client.__dict__.get(method) is replacement:
                setattr(client, method, original)

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was seen since `take` was called last, as far as it is finished."""
        return self._tap.exchanges

    def take(self) -> tuple[Exchange, ...]:
        """What was seen since the last call; an answer that was not read to its end is taken as far as it came."""
        for seen in self._seen:
            seen.ended(GeneratorExit())
        taken, self._tap = self._tap.exchanges, Tap(dated=header_date)
        self._seen.clear()
        return taken

    def sends(self, method: str, url: str, headers: Any, body: bytes = b"") -> Seen:
        """A client sends a request; `headers` are pairs, and `body` what is known of it before it is sent."""
        seen = Seen(self._tap, Request(method.upper(), url, _headers(headers), body))
        self._seen.append(seen)
        return seen


_SENDING: ContextVar[tuple[Any, ...] | None] = ContextVar("sending", default=None)
"""The request that is being sent, as its method was given it."""


def _sending(args: tuple[Any, ...], options: dict[str, Any]) -> tuple[Any, ...]:
    """What tells a request from others: the object, or method and address where there is none."""
    return (*args[1:3], options.get("request"))


def _once(original: Callable[..., Any], watched: Callable[..., Any]) -> Callable[..., Any]:
    """The outermost of several watchers of one request, as where somebody has wrapped a method that was watched."""
    if iscoroutinefunction(watched):

        async def sent_async(*args: Any, **options: Any) -> Any:
            if _SENDING.get() == _sending(args, options):
                return await original(*args, **options)
            token = _SENDING.set(_sending(args, options))
            try:
                return await watched(*args, **options)
            finally:
                _SENDING.reset(token)

        return sent_async

    def sent(*args: Any, **options: Any) -> Any:
        if _SENDING.get() == _sending(args, options):
            return original(*args, **options)
        token = _SENDING.set(_sending(args, options))
        try:
            return watched(*args, **options)
        finally:
            _SENDING.reset(token)

    return sent


def _headers(pairs: Any) -> Headers:
    texts = ((n.decode("latin-1") if isinstance(n, bytes) else str(n) for n in pair) for pair in pairs)
    return Headers((name, value) for name, value in texts)


@contextmanager
def _failing(seen: Seen) -> Iterator[None]:
    """What is raised inside ends what was seen."""
    try:
        yield
    except BaseException as problem:
        seen.ended(problem)
        raise


def _pieces(seen: Seen, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The pieces of a body, seen as they are handed on."""
    with _failing(seen):
        for piece in pieces:
            seen.chunk(piece)
            yield piece
    seen.ended()


async def _async_pieces(seen: Seen, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    with _failing(seen):
        async for piece in pieces:
            seen.chunk(piece)
            yield piece
    seen.ended()


def _httpx(observer: Observer, send: Callable[..., Any]) -> Callable[..., Any]:
    """`Client.send` of httpx and httpx2, watched."""

    def watched(client: Any, request: Any, *, stream: bool = False, **options: Any) -> Any:
        seen = _see_request(observer, request)
        with _failing(seen):
            response = send(client, request, stream=True, **options)
            _see_httpx(response, seen, "iter_bytes", _pieces)
            if not stream:
                response.read()
                vars(response).pop("iter_bytes", None)  # as it was: it may be pickled
        return response

    return watched


def _httpx_async(observer: Observer, send: Callable[..., Any]) -> Callable[..., Any]:
    """`AsyncClient.send` of httpx and httpx2, watched."""

    async def watched(client: Any, request: Any, *, stream: bool = False, **options: Any) -> Any:
        seen = _see_request(observer, request)
        with _failing(seen):
            response = await send(client, request, stream=True, **options)
            _see_httpx(response, seen, "aiter_bytes", _async_pieces)
            if not stream:
                await response.aread()
                vars(response).pop("aiter_bytes", None)
        return response

    return watched


def _see_request(observer: Observer, request: Any) -> Seen:
    """Watch a request's body as the transport reads it: its second half may wait for what the first one does.

    A mock may take the content as it is and read nothing; what is read again, as after a redirect, is the same body.
    """
    stream, content = request.stream, vars(request).get("_content", b"")
    seen = observer.sends(request.method, str(request.url), request.headers.multi_items(), content)

    class Watched(type(stream)):  # type: ignore[misc]
        def __init__(self) -> None:
            self.__dict__.update(vars(stream))

        def __iter__(self) -> Iterator[bytes]:
            seen.sent = bytearray()
            for piece in stream:
                seen.sends(piece)
                yield piece

        async def __aiter__(self) -> AsyncIterator[bytes]:
            seen.sent = bytearray()
            async for piece in stream:
                seen.sends(piece)
                yield piece

    request.stream = Watched()
    return seen


def _see_httpx(response: Any, seen: Seen, name: str, pieces: Callable[[Seen, Any], Any]) -> None:
    headers = response.headers.multi_items()
    if hasattr(response, "_content"):  # a mock's answer, which nobody reads piece by piece
        seen.whole(response.status_code, headers, response.content)
        return
    seen.answered(response.status_code, headers)
    original = getattr(response, name)
    setattr(response, name, lambda chunk_size=None: pieces(seen, original(chunk_size)))


def _requests(observer: Observer, send: Callable[..., Any]) -> Callable[..., Any]:
    """`requests.Session.send`, watched; it calls itself for each redirect that it follows."""

    def watched(session: Any, request: Any, **options: Any) -> Any:
        seen = observer.sends(request.method, request.url, request.headers.items())
        if isinstance(request.body, str | bytes):
            seen.sends(request.body)
        elif request.body is not None:
            request.body = _Body(request.body, seen)
        with _failing(seen):
            response = send(session, request, **options)
        first = response.history[0] if response.history else response
        if response.history or not options.get("stream"):
            seen.whole(first.status_code, first.headers.items(), first.content)
            return response
        seen.answered(first.status_code, first.headers.items())
        original = response.iter_content
        response.iter_content = lambda *args, **kwargs: _texts(seen, original(*args, **kwargs), response.encoding)
        return response

    return watched


class _Body:
    """The body of a request of requests, a file or pieces, seen as it is read."""

    def __init__(self, body: Any, seen: Seen) -> None:
        self._body, self._seen = body, seen

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._body, name)
        return {"read": self._read, "seek": self._seek}.get(name, found)

    def __iter__(self) -> Iterator[Any]:
        self._seen.sent = bytearray()
        for piece in self._body:
            self._seen.sends(piece)
            yield piece

    def _read(self, *size: int) -> Any:
        piece = self._body.read(*size)
        self._seen.sends(piece)
        return piece

    def _seek(self, *place: int) -> Any:
        self._seen.sent = bytearray()  # it is sent again, as after a redirect
        return self._body.seek(*place)


def _texts(seen: Seen, pieces: Iterator[Any], encoding: str | None) -> Iterator[Any]:
    """The pieces of a body that requests may have decoded to text."""
    with _failing(seen):
        for piece in pieces:
            seen.chunk(piece.encode(encoding or "utf-8", "replace") if isinstance(piece, str) else piece)
            yield piece
    seen.ended()


def _aiohttp(observer: Observer, request: Callable[..., Any]) -> Callable[..., Any]:
    """`aiohttp.ClientSession._request`, watched, which all its methods go through and which others replace, too."""

    async def watched(session: Any, method: str, url: Any, **options: Any) -> Any:
        body, media_type = _aiohttp_body(options)
        headers = [*getattr(session, "headers", {}).items(), *dict(options.get("headers") or {}).items(), *media_type]
        target = session._build_url(url) if hasattr(session, "_build_url") else url
        query = options.get("params")
        seen = observer.sends(method, str(target.update_query(query) if query else target), headers, body or b"")
        if body is None:
            seen.sent = None
        with _failing(seen):
            response = await request(session, method, url, **options)
        headers = response.headers.items()
        if response._body is not None:  # a cassette's answer, or a mock's
            seen.whole(response.status, headers, response._body)
        else:
            seen.answered(response.status, headers)
            response.content = _Content(response.content, seen)
        return response

    return watched


def _aiohttp_body(options: dict[str, Any]) -> tuple[bytes | None, list[tuple[str, str]]]:
    """The body that aiohttp sends for these options, None for a form or a stream, and what it says of it."""
    if options.get("json") is not None:
        import json

        return json.dumps(options["json"]).encode(), [("content-type", "application/json")]
    data = options.get("data") or b""
    return (
        data.encode() if isinstance(data, str) else bytes(data) if isinstance(data, bytes | bytearray) else None
    ), []


class _Content:
    """The body of an aiohttp answer, seen as it is read, whichever of the reader's methods reads it."""

    READS = ("read", "readany", "readline", "readuntil", "readexactly", "readchunk")

    def __init__(self, reader: Any, seen: Seen) -> None:
        self._reader, self._seen = reader, seen
        self.iter_any = lambda: self._until_end(self.readany)
        self.iter_chunked = lambda n: self._until_end(lambda: self.read(n))
        self.iter_chunks = lambda: self._until_end(self.readchunk)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._reader, name)
        return self._watched(found) if name in self.READS else found

    def __aiter__(self) -> AsyncIterator[Any]:
        return self._until_end(self.readline)

    def _watched(self, read: Callable[..., Any]) -> Callable[..., Any]:
        async def watched(*args: Any, **options: Any) -> Any:
            with _failing(self._seen):
                found = await read(*args, **options)
            self._seen.chunk(found[0] if isinstance(found, tuple) else found)
            if self._reader.at_eof():
                self._seen.ended()
            return found

        return watched

    async def _until_end(self, read: Callable[[], Any]) -> AsyncIterator[Any]:
        while (piece := await read()) not in (b"", (b"", False)):
            yield piece


_WATCHED: tuple[tuple[str, str, str, Callable[[Observer, Callable[..., Any]], Callable[..., Any]]], ...] = (
    ("httpx", "Client", "send", _httpx),
    ("httpx", "AsyncClient", "send", _httpx_async),
    ("httpx2", "Client", "send", _httpx),
    ("httpx2", "AsyncClient", "send", _httpx_async),
    ("requests", "Session", "send", _requests),
    ("aiohttp", "ClientSession", "_request", _aiohttp),
)
"""Library, class and method that sends one request, and what watches it."""
