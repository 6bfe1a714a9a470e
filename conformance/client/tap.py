"""The tap: a transport around a transport that keeps every exchange, as it arrives.

It sits below the client (httpx, or httpx2 which openai 3.x runs on), so an SDK can be tapped without patching it.
Streams are recorded chunk by chunk, and one that breaks off or is closed early is kept as far as it came.
"""

import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance.trace.event import frames
from conformance.trace.exchange import CLOSED_BY_CLIENT, Exchange, Headers, Request, Response

MAX_BODY = 16 * 1024 * 1024
"""Bytes of one body that are kept, after decompression: JSON takes many times its size in memory, and time to judge."""
MAX_STREAM = 8 * 1024 * 1024
"""Bytes of an event stream that are kept; the longest answers of models are a few MiB."""
MAX_TRACE = 48 * 1024 * 1024
"""Bytes of all bodies of one trace that are kept."""

DEADLINE = "conformance.deadline"
"""Request extension, read: the moment, on the tap's clock, after which no more of the answer is waited for."""
NUMBER = "conformance.number"
"""Request extension, written: the number under which the tap keeps the exchange."""


@dataclass
class Tap:
    """Keeps the exchanges of one trace.

    `dated` gives an exchange its date from the response's headers: now for live traffic, the `Date` header in a replay.
    `clock` counts seconds; the trace begins when the tap is made. `piecemeal` hands out streams event by event, which
    a replay has all at once: what a client does in mid-stream then stands in mid-stream.
    Safe to use from several threads.
    """

    dated: Callable[[Headers], datetime | None] = field(default=lambda _: datetime.now(UTC))
    clock: Callable[[], float] = time.monotonic
    piecemeal: bool = False

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._begin = self.clock()
        self._last = 0
        self._room = MAX_TRACE
        self._exchanges: dict[int, Exchange] = {}

    def exchange(self, number: int) -> Exchange:
        """The finished exchange with this number; raises KeyError."""
        with self._lock:
            return self._exchanges[number]

    def forget(self, number: int) -> None:
        """Drop a finished exchange, which says nothing of the endpoint."""
        with self._lock:
            del self._exchanges[number]

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Every finished exchange, in the order in which the requests were sent."""
        with self._lock:
            return tuple(self._exchanges[number] for number in sorted(self._exchanges))

    @property
    def last(self) -> int:
        """The number of the exchange that was begun last, 0 before the first."""
        with self._lock:
            return self._last

    def transport(self, http: Any, inner: Any = None) -> Any:
        """A tapped transport for `httpx` or `httpx2` (pass the module) around `inner`, by default a plain one."""
        return _transport_class(http)(self, inner or http.HTTPTransport())

    def now(self) -> float:
        """Seconds since the trace began."""
        return self.clock() - self._begin

    def take_number(self) -> int:
        """The number of the next exchange."""
        with self._lock:
            self._last += 1
            return self._last

    def keep(self, exchange: Exchange) -> None:
        """Add a finished exchange."""
        with self._lock:
            self._exchanges[exchange.number] = exchange
            self._room -= len(exchange.response.body) if exchange.response else 0

    def too_large(self, kept: int, most: int) -> str | None:
        """Why a body of so many bytes is not read on, None where it is."""
        if kept > most:
            return f"the body is larger than {most // 2**20} MiB"
        return f"the answers are larger than {MAX_TRACE // 2**20} MiB together" if kept > self._room else None


class UnderWay:
    """One exchange while it is under way."""

    def __init__(self, tap: Tap, request: Request) -> None:
        self.tap = tap
        self.request = request
        self.number = tap.take_number()
        self.started = tap.now()
        self.arrivals: list[tuple[float, int]] = []
        self.body = bytearray()
        self._finished = False

    def chunk(self, data: bytes) -> None:
        """A piece of the body of the answer, which arrives now."""
        if data:
            self.body += data
            self.arrivals.append((self.tap.now() - self.started, len(self.body)))

    def finish(self, response: tuple[int, Headers] | None, *, complete: bool, failure: str | None) -> None:
        """The exchange is over, with status and headers of its answer; only the first call counts."""
        if self._finished:
            return
        self._finished = True
        answer = None
        if response is not None:
            status, headers = response
            stream = headers.media_type == "text/event-stream"
            answer = Response(status, headers, bytes(self.body), tuple(self.arrivals) if stream else (), complete)
        self.tap.keep(
            Exchange(
                number=self.number,
                request=self.request,
                response=answer,
                started=self.started,
                ended=self.tap.now(),
                failure=failure,
                date=self.tap.dated(answer.headers if answer else Headers()),
            )
        )


def decoder(headers: Headers) -> Callable[[bytes], bytes]:
    """Undoes the content encodings that need no third library; others are asked for by no client of ours."""
    encoding = (headers.get("content-encoding") or "").strip().lower()
    if encoding not in ("gzip", "x-gzip", "deflate"):
        return lambda data: data
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip and zlib headers are told apart by the library

    def decode(data: bytes) -> bytes:
        try:
            return unzip.decompress(data, MAX_BODY + 1)
        except zlib.error as problem:
            raise BrokenBody(f"the body is not {encoding}: {problem}") from problem

    return decode


class BrokenBody(Exception):
    """A body that cannot be decoded or is too large to keep."""


def describe_failure(problem: Exception) -> str:
    """A transport problem in words: what happened, not which class was raised."""
    text = str(problem).strip() or type(problem).__name__
    match type(problem).__name__:
        case "ConnectTimeout":
            return "no connection within the time limit"
        case "ReadTimeout" | "WriteTimeout" | "PoolTimeout":
            return "no answer within the time limit" if "deadline" not in text else text
        case "ConnectError":
            return f"no connection: {text}"
        case "RemoteProtocolError" | "ReadError" | "WriteError" | "LocalProtocolError":
            return f"the connection broke: {text}"
        case _:
            return text


def _transport_class(http: Any) -> Any:
    """The tapped transport and body stream for one client library; both libraries check for their own base classes."""

    class TappedStream(http.SyncByteStream):  # type: ignore[misc]
        def __init__(self, inner: Any, recording: UnderWay, status: int, headers: Headers, deadline: float | None):
            self._inner, self._recording, self._deadline = inner, recording, deadline
            self._answer = (status, headers)
            self._decode = decoder(headers)
            self._most = MAX_STREAM if headers.media_type == "text/event-stream" else MAX_BODY

        def __iter__(self) -> Iterator[bytes]:
            recording = self._recording
            try:
                for data in self._chunks():
                    recording.chunk(self._decode(data))
                    if flaw := recording.tap.too_large(len(recording.body), self._most):
                        raise BrokenBody(flaw)
                    yield data
                    if self._deadline is not None and recording.tap.clock() > self._deadline:
                        raise http.ReadTimeout("the answer had not ended when the deadline passed")
            except (BrokenBody, http.HTTPError) as problem:
                recording.finish(self._answer, complete=False, failure=describe_failure(problem))
                raise
            recording.finish(self._answer, complete=True, failure=None)

        def _chunks(self) -> Iterator[bytes]:
            if not self._recording.tap.piecemeal:
                yield from self._inner
                return
            for data in self._inner:
                yield from frames(data)

        def close(self) -> None:
            self._recording.finish(self._answer, complete=False, failure=CLOSED_BY_CLIENT)
            self._inner.close()

    class TappedTransport(http.BaseTransport):  # type: ignore[misc]
        def __init__(self, tap: Tap, inner: Any) -> None:
            self._tap, self._inner = tap, inner

        def handle_request(self, request: Any) -> Any:
            body = request.read()
            sent = Request(
                request.method,
                str(request.url),
                Headers((name, value) for name, value in request.headers.multi_items()),
                body,
            )
            recording = UnderWay(self._tap, sent)
            request.extensions[NUMBER] = recording.number
            try:
                response = self._inner.handle_request(request)
            except Exception as problem:
                recording.finish(None, complete=False, failure=describe_failure(problem))
                raise
            headers = Headers((name, value) for name, value in response.headers.multi_items())
            deadline = request.extensions.get(DEADLINE)
            return http.Response(
                status_code=response.status_code,
                headers=response.headers,
                stream=TappedStream(response.stream, recording, response.status_code, headers, deadline),
                extensions=response.extensions,
            )

        def close(self) -> None:
            self._inner.close()

    return TappedTransport
