"""The client that scenarios drive: raw requests to one target, every one of them through the tap."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx
import orjson

from conformance.client.deadline import deadline_transport, until
from conformance.client.tap import DEADLINE, NUMBER, BrokenBody, Tap, decoder
from conformance.client.target import Target
from conformance.trace.event import Event, EventParser
from conformance.trace.exchange import Exchange, Headers
from conformance.trace.json import Json

BETA = {"OpenAI-Beta": "assistants=v2"}
USER_AGENT = "assistants-conformance"


@dataclass(frozen=True)
class Connection:
    """How an endpoint is reached, and how time passes there.

    `concurrent` says whether several requests can be sent by threads at the same time, `lasting` whether what is made
    there stays until it is deleted.
    """

    transport: Callable[[], httpx.BaseTransport]
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    concurrent: bool = True
    lasting: bool = True


class TimeIsUp(BaseException):
    """The moment by which everything was to be over has passed. Not an `Exception`: nobody is to handle it as one."""


class Endpoint:
    """Sends requests to a target and hands back exchanges; an answer of any kind is never an exception.

    After a 5xx or a broken connection the next request goes out on a fresh one: what a dying server does to the
    connections it leaves behind is not a second failure. Redirects are not followed, so the key never goes elsewhere.
    With `until`, a moment of the tap's clock, no request is sent and no answer waited for behind it: that raises
    `TimeIsUp`.
    """

    def __init__(
        self, target: Target, tap: Tap, until: float | None = None, connection: Connection | None = None
    ) -> None:
        self._connection = connection or NETWORK
        self.target = target
        self.tap = tap
        self.until = until
        self._client = self._connect()

    def _connect(self) -> httpx.Client:
        return httpx.Client(
            transport=self.tap.transport(httpx, self._connection.transport()),
            headers={"Accept-Encoding": "identity", "User-Agent": USER_AGENT, **self.target.headers()},
            params=self.target.profile.query,
            follow_redirects=False,
            trust_env=False,
        )

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def send(
        self,
        method: str,
        path: str,
        body: Json = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        content: bytes | None = None,
        ready: Callable[[], object] | None = None,
    ) -> Exchange:
        """Send one request and read its whole answer.

        `body` is sent as JSON; `content` sends bytes as they are. A header of None is left out, also one that is
        otherwise always sent. `ready` is called once the exchange has begun and the connection stands, before the
        first byte of the request goes out.
        """
        request = self._request(method, path, body, query, headers, content)
        if ready is not None:
            request.extensions["trace"] = _before_sending(ready)
        try:
            with until(request.extensions[DEADLINE]):
                response = self._client.send(request, stream=True)
                try:
                    for _ in response.iter_raw():
                        pass
                finally:
                    response.close()
        except (httpx.HTTPError, BrokenBody):
            pass  # the tap has kept what happened, in words
        return self._kept(request)

    @contextmanager
    def open(self, method: str, path: str, body: Json, **options: Any) -> Iterator[EventFeed]:
        """Send a request and look at the events of its answer while they arrive; leaving early closes the stream."""
        request = self._request(
            method, path, body, options.get("query"), options.get("headers"), options.get("content")
        )
        moment = request.extensions[DEADLINE]
        try:
            with until(moment):
                response = self._client.send(request, stream=True)
        except (httpx.HTTPError, BrokenBody):
            yield EventFeed(iter(()), moment)
            self._kept(request)
            return
        try:
            # some servers compress though the client asked for identity
            decode = decoder(Headers(response.headers.multi_items()))
            yield EventFeed(map(decode, response.iter_raw()), moment)
        finally:
            response.close()
            self._kept(request)

    def _request(
        self,
        method: str,
        path: str,
        body: Json,
        query: Mapping[str, Any] | None,
        headers: Mapping[str, str | None] | None,
        content: bytes | None,
    ) -> httpx.Request:
        chosen: dict[str, str | None] = dict(BETA)
        if body is not None:
            content = orjson.dumps(body)
        if content is not None:
            chosen["Content-Type"] = "application/json"
        chosen.update(headers or {})
        limit = self._left()
        request = self._client.build_request(
            method,
            self.target.url + path,
            content=content,
            params=query,
            headers={name: value for name, value in chosen.items() if value is not None},
            extensions={
                "timeout": {"connect": limit, "read": limit, "write": limit, "pool": limit},
                DEADLINE: self.tap.clock() + limit,
            },
        )
        for name, value in chosen.items():
            if value is None:
                request.headers.pop(name, None)
        return request

    def _left(self) -> float:
        """How long the next answer may take, in seconds."""
        if self.until is None:
            return self.target.timeout
        left = self.until - self.tap.clock()
        if left <= 0:
            raise TimeIsUp
        return min(left, self.target.timeout)

    def _kept(self, request: httpx.Request) -> Exchange:
        exchange = self.tap.exchange(request.extensions[NUMBER])
        troubled = exchange.response is None or exchange.response.status >= 500 or not exchange.response.complete
        if troubled:
            self._client.close()
            self._client = self._connect()
        cut = exchange.response is None or not exchange.response.complete
        if cut and self.until is not None and self.tap.clock() >= self.until:
            self.tap.forget(exchange.number)  # that it was cut off is not the endpoint's
            raise TimeIsUp
        return exchange


def _before_sending(ready: Callable[[], object]) -> Callable[[str, object], None]:
    """What httpcore tells its progress to: it names the moment in which the head of a request is about to be sent."""

    def trace(name: str, _: object) -> None:
        if name.endswith(".send_request_headers.started"):
            ready()

    return trace


@cache
def _certificates() -> ssl.SSLContext:
    """Read once for all clients, of which each scenario has its own: it takes 15 ms."""
    return httpx.create_ssl_context()


NETWORK = Connection(lambda: deadline_transport(_certificates()))
"""Over sockets, in the time of this machine."""
REPLAY = replace(NETWORK, sleep=lambda _: None, concurrent=False, lasting=False)
"""Answers out of a cassette: they are there at once, and nothing is left behind."""


class EventFeed:
    """The events of a stream while they arrive, in order; ends quietly where the connection does."""

    def __init__(self, chunks: Iterator[bytes], deadline: float) -> None:
        self._chunks = chunks
        self._deadline = deadline

    def __iter__(self) -> Iterator[Event]:
        parser = EventParser()
        while chunk := self._next():
            yield from parser.feed(chunk)
        yield from parser.close()

    def _next(self) -> bytes:
        """The next bytes, none at the end. The deadline is for the wait, not for what is done in between."""
        try:
            with until(self._deadline):
                return next((chunk for chunk in self._chunks if chunk), b"")
        except (httpx.HTTPError, BrokenBody):
            return b""
