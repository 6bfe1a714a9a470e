"""The process of the relay: started by `Process`, it listens, passes on and records, and ends with who started it.

It is told what to do as JSON in its argument, tells as JSON, a line each, on its standard output: where it listens, and
what went wrong since. It ends when its standard input does: whoever started it is gone, or wants it to stop.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from conformance.proxy.recorder import Recorder
    from conformance.proxy.relay import Relay

STOPPING = 3.0
"""Seconds that answers under way are given to end when the proxy is stopped."""


@dataclass(frozen=True)
class Settings:
    """What a relay does: where it listens, where it passes on, the recordings that it writes, and planted faults."""

    upstream: str
    host: str = "127.0.0.1"
    port: int = 0
    recordings: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


class NotStarted(Exception):
    """The relay could not start, and what to do about it."""


class Process:
    """A relay in a process of its own, while the block lasts; `url` is where clients find the API.

    Raises `NotStarted`. `troubles` are what went wrong since, such as a recording that could not be written on.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.troubles: list[str] = []

    def __enter__(self) -> Process:
        # -P: a folder `conformance` where somebody works is not this package
        command = [sys.executable, "-P", "-m", "conformance.proxy.process", json.dumps(asdict(self._settings))]
        pipe = subprocess.PIPE
        # a session of its own: Ctrl-C is for the one who judges, who then stops this
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, start_new_session=True)
        told = next(self._told(), {"problem": "the relay ended as it started"})
        if "problem" in told:
            self.stop()
            raise NotStarted(told["problem"])
        self.url = told["url"]
        threading.Thread(target=self._listen, name="relay", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def runs(self) -> bool:
        """Whether it is there still."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """The id of the process."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """Let answers under way end, for `STOPPING` seconds, and then the process; it has written all when it ends."""
        if self._process is None or self._process.stdin is None:
            return
        self._process.stdin.close()
        try:
            self._process.wait(STOPPING + 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _listen(self) -> None:
        for told in self._told():
            self.troubles.append(told["problem"])

    def _told(self) -> Iterator[dict[str, str]]:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in iter(self._process.stdout.readline, ""):
            told = None
            with suppress(ValueError):  # what else is printed there, or a line that was cut as the process was killed
                told = json.loads(line)
            if isinstance(told, dict) and told.keys() & {"url", "problem"}:
                yield told
        self._process.stdout.close()


def serve(settings: Settings, tell: Callable[..., None], wait: Callable[[], object]) -> None:
    """Serve in this thread until `wait` returns, which is called in another; `tell` takes what is to be known."""
    from conformance.evidence.safe_files import NotWritten
    from conformance.proxy.recorder import Keeper, Recorder
    from conformance.proxy.relay import Relay, Upstream
    from conformance.recordings.growing import GrowingRecording
    from conformance.reference.server import listen

    upstream = Upstream(settings.upstream)
    try:
        listener = listen(settings.host, settings.port)
    except OSError as problem:
        address = f"{settings.host}:{settings.port}"
        tell(problem=f"cannot listen on {address} ({problem.strerror}); name another port with --port, or --port 0")
        return
    with listener, ExitStack() as opened:
        try:
            recordings = [GrowingRecording(Path(path), upstream.base_path) for path in settings.recordings]
        except NotWritten as problem:
            tell(problem=str(problem))
            return
        for recording in recordings:
            opened.callback(recording.close)
        relay = Relay(upstream, whole_events=bool(settings.faults))
        app: ASGIApp = relay
        if settings.faults:
            from conformance.proof.faults import named
            from conformance.proof.faults.hooks import around

            app = around(relay, named(settings.faults), upstream.base_path or "")
        recorder = Recorder(app, upstream, Keeper(recordings, lambda problem: tell(problem=problem)))
        host, port = listener.getsockname()[:2]
        tell(url=f"http://{f'[{host}]' if ':' in host else host}:{port}{upstream.base_path or ''}")
        asyncio.run(_serve(recorder, relay, listener, wait))


async def _serve(recorder: Recorder, relay: Relay, listener: socket.socket, wait: Callable[[], object]) -> None:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class Connection(H11Protocol):
        """Hands its transport to the application, which may have to hang up."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self.app_state = {**self.app_state, "transport": transport}

    config = uvicorn.Config(
        recorder,
        http=Connection,
        ws="none",
        lifespan="off",
        log_level=logging.CRITICAL,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=int(STOPPING),
    )
    server = uvicorn.Server(config)

    def stop_after_waiting() -> None:
        wait()
        server.should_exit = True

    threading.Thread(target=stop_after_waiting, name="waits for the end", daemon=True).start()
    await server.serve([listener])
    await relay.close()


def _tell(**told: str) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    stored = json.loads(sys.argv[1])
    settings = Settings(**{**stored, "recordings": tuple(stored["recordings"]), "faults": tuple(stored["faults"])})
    serve(settings, _tell, sys.stdin.buffer.read)
