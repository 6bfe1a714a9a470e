"""The reference endpoint without sockets and without waiting, for recording and for trying faults.

Its time is simulated: it stands still while anything is left to do, and then jumps to the next moment at which
something happens. The same requests therefore always get the same bytes at the same times, however busy the machine is.
"""

import asyncio
import selectors
from collections.abc import Coroutine, Iterable, Iterator
from email.utils import formatdate
from typing import Any, TypeVar

import httpx

from conformance.reference.app import create_app
from conformance.reference.clock import Clock
from conformance.reference.endpoint import Endpoint
from conformance.reference.settings import Settings

BEGIN = 1_795_262_400
"""The moment at which every simulated endpoint starts: 2026-11-21T12:00:00Z."""
LATENCY = 0.0005
"""Seconds that a request takes to the endpoint, and the head of its answer back."""

Result = TypeVar("Result")


class SimulatedEndpoint:
    """A reference endpoint of its own in simulated time. To be used from one thread."""

    def __init__(self, settings: Settings) -> None:
        self._loop = _SimulatedLoop()
        self.app = create_app(settings, Clock(lambda: BEGIN + self._loop.seconds))
        self.endpoint: Endpoint = self.app.state.endpoint

    def now(self) -> float:
        """Seconds since the endpoint started."""
        return self._loop.seconds

    def sleep(self, seconds: float) -> None:
        """Let time pass; the endpoint works on its runs meanwhile."""
        self.run(asyncio.sleep(seconds))

    def transport(self) -> httpx.BaseTransport:
        """A way for a client to reach the endpoint."""
        return _Transport(self)

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Do something in the endpoint's time; raises `httpx.ReadTimeout` where it can never end."""
        return self._loop.run_until_complete(work)

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin something in the endpoint's time."""
        return self._loop.create_task(work)

    def close(self) -> None:
        """Stop all work."""
        self.endpoint.engine.shut_down()
        self.endpoint.indexer.shut_down()
        self.run(_cancel(asyncio.all_tasks(self._loop)))
        self._loop.close()


async def _cancel(tasks: Iterable[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop that jumps over the time in which nothing happens."""

    def __init__(self) -> None:
        self.seconds = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.seconds


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: _SimulatedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise httpx.ReadTimeout("the simulated endpoint has nothing left to do, and the answer has not come")
        self._loop.seconds = round(self._loop.seconds + timeout, 9)
        return super().select(0)


class _Transport(httpx.BaseTransport):
    """Answers as the server on a port does, with the same headers."""

    def __init__(self, simulated: SimulatedEndpoint) -> None:
        self._simulated = simulated

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        simulated = self._simulated
        simulated.sleep(LATENCY)
        answer = _Answer(simulated, request)
        status, headers = answer.head()
        simulated.sleep(LATENCY)
        date = (b"date", formatdate(BEGIN + simulated.now(), usegmt=True).encode())
        if not any(name == b"content-length" for name, _ in headers):
            headers.append((b"transfer-encoding", b"chunked"))
        return httpx.Response(status, headers=[date, *headers], stream=answer)


class _Answer(httpx.SyncByteStream):
    """One request under way in the application, and the body of its answer as it comes."""

    def __init__(self, simulated: SimulatedEndpoint, request: httpx.Request) -> None:
        self._simulated = simulated
        self._limit = request.extensions.get("timeout", {}).get("read")
        self._body = [request.read()]
        self._messages: asyncio.Queue[Any] = asyncio.Queue()
        self._left = asyncio.Event()
        self._task = simulated.start(simulated.app(_scope(request), self._receive, self._messages.put))

    def head(self) -> tuple[int, list[tuple[bytes, bytes]]]:
        """Status and headers of the answer."""
        message = self._next()
        return message["status"], list(message["headers"])

    def __iter__(self) -> Iterator[bytes]:
        more = True
        while more:
            message = self._next()
            more = message.get("more_body", False)
            yield message.get("body", b"")
        self._simulated.run(asyncio.wait([self._task]))

    def close(self) -> None:
        """Hang up, as a client does that has read enough."""
        self._left.set()
        self._simulated.run(asyncio.wait([self._task]))

    def _next(self) -> Any:
        try:
            return self._simulated.run(asyncio.wait_for(self._messages.get(), self._limit))
        except TimeoutError:
            self.close()
            raise httpx.ReadTimeout("no answer within the time limit") from None

    async def _receive(self) -> Any:
        if self._body:
            return {"type": "http.request", "body": self._body.pop(), "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}


def _scope(request: httpx.Request) -> dict[str, Any]:
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.url.scheme,
        "path": request.url.path,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": (request.url.host, request.url.port or 80),
    }
