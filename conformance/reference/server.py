"""The reference endpoint on a port of this machine, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from types import TracebackType

import uvicorn
from starlette.applications import Starlette

from conformance.reference.app import BASE_PATH, create_app
from conformance.reference.clock import Clock
from conformance.reference.endpoint import Endpoint
from conformance.reference.settings import Settings


class _Server(uvicorn.Server):
    """A server that says when it has started, and stops at once with all its streams."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_level="warning",
                access_log=False,
                lifespan="on",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._endpoint: Endpoint = app.state.endpoint
        self.ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets=sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Tick as uvicorn does, but stop without waiting for the next tick."""
        tick = 0
        while not await self.on_tick(tick):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), 0.1)
            tick = (tick + 1) % 864_000
        # Connections are only closed when their answers have ended, so the streams have to end first.
        self._endpoint.engine.shut_down()

    def stop(self) -> None:
        """Stop; safe from any thread."""
        self.should_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)


class ReferenceServer:
    """Serves a reference endpoint on loopback while the block lasts.

    `url` is the base URL, `clock` its clock, `endpoint` what is behind it. Port 0 takes a free one. Raises OSError
    where the port cannot be had.
    """

    def __init__(self, settings: Settings | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.app = create_app(settings)
        self.endpoint: Endpoint = self.app.state.endpoint
        self._address = (host, port)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self.url = ""

    @property
    def clock(self) -> Clock:
        """The clock, to move it forward."""
        return self.endpoint.clock

    def start(self) -> None:
        """Listen and serve in a thread of its own; returns when requests are answered."""
        listener = listen(*self._address)
        self.url = base_url(listener)
        self._server = _Server(self.app)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="reference endpoint", daemon=True
        )
        self._thread.start()
        if not self._server.ready.wait(10):
            raise OSError(f"the reference endpoint did not start at {self.url}")

    def stop(self) -> None:
        """End all streams and stop; does nothing where it is stopped already."""
        if self._server is None or self._thread is None:
            return
        self._server.stop()
        self._thread.join(10)
        self._server = self._thread = None

    def __enter__(self) -> ReferenceServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the address; raises OSError where that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is spelled out; with it every answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()  # a client that reads the address and comes at once waits, and is not turned away
    except OSError:
        listener.close()
        raise
    return listener


def base_url(listener: socket.socket) -> str:
    """Where a client finds the API on this socket."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{BASE_PATH}"


def serve_until_interrupted(app: Starlette, listener: socket.socket) -> None:
    """Serve in this thread until it is told to stop (Ctrl-C, SIGTERM)."""
    with suppress(KeyboardInterrupt):
        _Server(app).run(sockets=[listener])
