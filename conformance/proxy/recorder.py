"""The recorder: ASGI middleware that keeps what a client sent and what it got, without changing or delaying it."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.client.tap import MAX_BODY, MAX_STREAM, BrokenBody, Tap, UnderWay, decoder
from conformance.evidence.safe_files import NotWritten, SecretsLeft
from conformance.proxy.relay import Broken, ClientLeft, Upstream, hang_up
from conformance.recordings.encodings import decoded
from conformance.recordings.growing import GrowingRecording, with_nothing_but_its_path, without_secrets
from conformance.recordings.recording import Malformed
from conformance.trace.exchange import CLOSED_BY_CLIENT, NOT_KEPT, Exchange, Headers, Request

STOPPED = f"{NOT_KEPT}: the proxy was stopped"
_UNPACKED_BY_THE_TAP = ("", "identity", "gzip", "x-gzip", "deflate")


class Keeper(Tap):
    """Writes each exchange to recordings when it is over, and keeps none.

    A recording that cannot be written on is left as it is, and `told` is called with the reason; the traffic goes on.
    """

    def __init__(self, recordings: Sequence[GrowingRecording], told: Callable[[str], None]) -> None:
        super().__init__()
        self._recordings = list(recordings)
        self._told = told
        self._day = datetime.now(UTC) - timedelta(seconds=self.now())

    def keep(self, exchange: Exchange) -> None:
        """Write a finished exchange, dated by its beginning."""
        began = self._day + timedelta(seconds=exchange.started or 0.0)
        clean = without_secrets(replace(exchange, date=began))
        for recording in list(self._recordings):
            try:
                try:
                    recording.add(clean)
                except SecretsLeft:
                    recording.add(with_nothing_but_its_path(clean))
            except SecretsLeft as problem:
                self._told(f"exchange {exchange.number} was left out: {problem}")
            except NotWritten as problem:
                self._recordings.remove(recording)
                recording.close()
                self._told(f"{problem}; what ends from exchange {exchange.number} on is not in it")


class Recorder:
    """The middleware."""

    def __init__(self, app: ASGIApp, upstream: Upstream, keeper: Tap) -> None:
        self._app = app
        self._upstream = upstream
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one exchange."""
        seen = _Seen(self._keeper, scope, self._upstream)

        async def received() -> Message:
            message = await receive()
            seen.received(message)
            return message

        async def sent(message: Message) -> None:
            seen.sent(message)
            await send(message)

        try:
            await self._app(scope, received, sent)
            seen.finish(CLOSED_BY_CLIENT if seen.client_left else "the connection broke")  # where it had no end
        except ClientLeft:
            seen.finish(CLOSED_BY_CLIENT)
        except Broken as problem:
            while seen.is_sending and not problem.reached:  # nobody took the body of the request
                await received()
            seen.finish(str(problem))
            if problem.reached:
                await hang_up(scope, receive)
            else:
                await _unreachable(send, str(problem))
        except asyncio.CancelledError:
            seen.finish(STOPPED)
            raise
        except Exception as problem:
            seen.finish(f"{NOT_KEPT}: the proxy itself failed: {type(problem).__name__}: {problem}")
            raise


class _Seen:
    """What was seen of one exchange so far."""

    def __init__(self, keeper: Tap, scope: Scope, upstream: Upstream) -> None:
        url = upstream.origin + upstream.target(scope).decode("latin-1")
        self._under_way = UnderWay(keeper, Request(scope["method"], url, _headers(upstream.headers(scope))))
        self._sent = bytearray()
        self._answer: tuple[int, Headers] | None = None
        self._decode: Callable[[bytes], bytes] = bytes
        self._flaw: str | None = None
        self._rest = -1  # bytes of the answer still to come, where it is told
        self._finished = False
        self.is_sending = True
        self.client_left = False

    def received(self, message: Message) -> None:
        """Take in a message of the client."""
        self.client_left |= message["type"] == "http.disconnect"
        self.is_sending = message.get("more_body", False)
        self._sent += message.get("body", b"") if self._flaw is None else b""
        if len(self._sent) > MAX_BODY:
            self._drop(f"the body of the request is larger than {MAX_BODY // 2**20} MiB")

    def sent(self, message: Message) -> None:
        """Take a message in before it is passed on: the journal has an answer before its client has the end of it."""
        if message["type"] == "http.response.start":
            headers = _headers(message["headers"])
            self._answer, self._decode = (message["status"], headers), decoder(headers)
            length = headers.get("content-length") or ""
            self._rest = int(length) if length.isascii() and length.isdecimal() else -1
            return
        body = message.get("body", b"")
        self._chunk(body)
        self._rest -= len(body)
        if self._rest == 0 or not message.get("more_body"):
            self.finish(None)

    def _chunk(self, data: bytes) -> None:
        assert self._answer is not None
        if self._flaw is not None:
            return
        most = MAX_STREAM if self._answer[1].media_type == "text/event-stream" else MAX_BODY
        try:
            self._under_way.chunk(self._decode(data))
        except BrokenBody as problem:
            self._drop(str(problem))
        if len(self._under_way.body) > most:
            self._drop(f"the answer is larger than {most // 2**20} MiB")

    def _drop(self, flaw: str) -> None:
        self._flaw = flaw
        self._sent.clear()
        self._under_way.body.clear()

    def finish(self, failure: str | None) -> None:
        """The exchange is over; only the first call counts."""
        if self._finished:
            return
        self._finished = True
        if self._flaw is None and self._answer is not None:
            self._unpack(self._answer[1])
        if self._flaw is not None:
            self._answer, failure = None, f"{NOT_KEPT}: {self._flaw}"
        self._under_way.request = replace(self._under_way.request, body=bytes(self._sent))
        self._under_way.finish(self._answer, complete=failure is None, failure=failure)

    def _unpack(self, headers: Headers) -> None:
        """Undo an encoding that is undone as a whole only; when its chunks came is then no longer known."""
        if (headers.get("content-encoding") or "").strip().lower() in _UNPACKED_BY_THE_TAP or not self._under_way.body:
            return
        try:
            body, flaw = decoded(bytes(self._under_way.body), headers, "the answer")
        except Malformed as problem:
            body, flaw = b"", str(problem)
        self._under_way.body, self._under_way.arrivals = bytearray(body), []
        if flaw:
            self._drop(flaw)


def _headers(raw: Sequence[tuple[bytes, bytes]]) -> Headers:
    return Headers((name.decode("latin-1"), value.decode("latin-1")) for name, value in raw)


async def _unreachable(send: Send, reason: str) -> None:
    """Answer in the place of an upstream that cannot be reached; the record says that nothing answered."""
    message = f"The proxy cannot reach its upstream: {reason}"
    error = {"message": message, "type": "server_error", "param": None, "code": "upstream_unreachable"}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 502, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": error}).encode()})
