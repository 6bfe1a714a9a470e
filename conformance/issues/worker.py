"""A process that has one SDK loaded and performs probes, one after another; it is ended where a probe hangs."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import tempfile
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from conformance.issues.catalogue import PROBES
from conformance.issues.environments import Environment
from conformance.issues.oracle import Observed
from conformance.issues.sdk import Language
from conformance.issues.server import MockServer

START_TIMEOUT_S = 60.0
POLL_INTERVAL_S = 0.02


class Performer(Protocol):
    """Who performs a probe."""

    def perform(self, server: MockServer, mode: str, probe: Path, deadline: float) -> Observed:
        """Run a probe against a server; what hangs is cut off `deadline` seconds after its first request."""

    def end(self) -> None:
        """End the process; the next probe gets a new one."""


class Worker:
    """The process of one environment. Leaving the block ends it."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the block

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        self._errors.close()

    def perform(self, server: MockServer, mode: str, probe: Path, deadline: float) -> Observed:
        """Run a probe against a server; what hangs is cut off `deadline` seconds after its first request."""
        process = self._started()
        begun = time.monotonic()
        signals: dict[str, Any] = {}

        def observed(**more: Any) -> Observed:
            return Observed(signals, server.log, seconds=time.monotonic() - begun, **more)

        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps([server.url, mode, str(probe)]) + "\n")
            process.stdin.flush()
        except OSError:
            return observed(trouble=self._last_words())
        while not signals.get("ended"):
            try:
                line = self._lines.get(timeout=POLL_INTERVAL_S)
            except queue.Empty:
                if self._overdue(server, begun, deadline):
                    self.end()
                    return observed(hung=True)
                continue
            if line is None:
                return observed(trouble=self._last_words())
            signals |= _parse_line(line)
        return observed()

    def end(self) -> None:
        """End the process; the next probe gets a new one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):  # what was still to be written has no reader any more
                if pipe is not None:
                    pipe.close()

    def _started(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.end()
        self._errors.seek(0)
        self._errors.truncate()
        self._lines = queue.Queue()
        self._process = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=surroundings(),
        )
        threading.Thread(target=_read, args=(self._process, self._lines), daemon=True).start()
        return self._process

    def _command(self) -> list[str]:
        program = self._environment.program
        if self._environment.sdk.language is Language.PYTHON:
            return [program, "-u", str(PROBES / "run.py")]
        return [program, str(PROBES / "run.mjs"), str(self._environment.folder)]

    def _overdue(self, server: MockServer, begun: float, deadline: float) -> bool:
        first, now = server.first_request, time.monotonic()
        if first is None:
            return now - begun > START_TIMEOUT_S
        return now - first > deadline

    def _last_words(self) -> str:
        self.end()
        self._errors.seek(0)
        return " ".join(self._errors.read().split())[-300:] or "the probe ended early"


def surroundings() -> dict[str, str]:
    """The environment of a probe: no keys, no proxies, nothing that leads away from loopback."""
    private = ("_api_key", "_proxy", "openai_")
    return {name: value for name, value in os.environ.items() if not any(part in name.lower() for part in private)}


def _parse_line(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    with suppress(ValueError):  # closed while we read: the process was ended
        for line in process.stdout:
            lines.put(line)
    lines.put(None)
