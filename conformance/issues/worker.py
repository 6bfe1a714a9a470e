"""A process that has one SDK loaded and performs probes, one after another; it is ended where a probe hangs."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
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
        self._errors: list[str] = []

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def perform(self, server: MockServer, mode: str, probe: Path, deadline: float) -> Observed:
        """Run a probe against a server; what hangs is cut off `deadline` seconds after its first request."""
        process = self._started()
        begun = time.monotonic()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps([server.url, mode, str(probe)]) + "\n")
            process.stdin.flush()
        except OSError:
            return self._broken({}, server, begun)
        signals: dict[str, Any] = {}
        while True:
            try:
                line = self._lines.get(timeout=POLL_INTERVAL_S)
            except queue.Empty:
                if self._overdue(server, begun, deadline):
                    self.end()
                    return Observed(signals, server.log, hung=True, seconds=time.monotonic() - begun)
                continue
            if line is None:
                return self._broken(signals, server, begun)
            signals |= _parse_line(line)
            if signals.get("ended"):
                return Observed(signals, server.log, seconds=time.monotonic() - begun)

    def end(self) -> None:
        """End the process; the next probe gets a new one."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    continue  # what was still to be written has no reader any more

    def _started(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.end()
        self._lines, self._errors = queue.Queue(), []
        self._process = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=surroundings(),
        )
        for target in (_read, _keep):
            sink: Any = self._lines if target is _read else self._errors
            threading.Thread(target=target, args=(self._process, sink), daemon=True).start()
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

    def _broken(self, signals: dict[str, Any], server: MockServer, begun: float) -> Observed:
        found = " ".join(" ".join(self._errors).split())[-300:]
        self.end()
        return Observed(signals, server.log, trouble=found or "the probe ended early", seconds=time.monotonic() - begun)


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
    try:
        for line in process.stdout:
            lines.put(line)
    except ValueError:
        pass  # closed while we read: the process was ended
    lines.put(None)


def _keep(process: subprocess.Popen[str], errors: list[str]) -> None:
    assert process.stderr is not None
    try:
        for line in process.stderr:
            errors[:] = [*errors[-20:], line]
    except ValueError:
        return
