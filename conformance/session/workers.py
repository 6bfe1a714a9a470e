"""Parallel runs: what the run and its workers owe each other when one of them ends.

The workers are xdist's. They are stopped by the run alone, end with it however it ended, and hold the report folder
until they are gone: nothing drives the endpoint behind a run's back.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conformance.client import interrupt
from conformance.session.report_folder import hold

PARENT = "conformance_parent"
LOOK = 0.05
"""Seconds between two looks of a worker at whether its run is still there."""
GOING = 1.0
"""Seconds that the kernel is given to take a killed worker down."""


@dataclass
class Workers:
    """The run's end of it, a pytest plugin: who the workers are, and telling them to stop."""

    pids: list[int] = field(default_factory=list)

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionstart(self) -> Generator[None, None, None]:
        """Xdist starts its workers here. A signal that reaches them before they know it would kill them loudly."""
        if sys.platform == "win32":
            return (yield)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, interrupt.SIGNALS)
        try:
            return (yield)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """A worker is about to start: it is told whom it works for."""
        node.workerinput[PARENT] = os.getpid()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        """A worker can be told to stop from now on."""
        self.pids.append(node.gateway._rinfo().pid)  # xdist has asked for it already
        if interrupt.asked():
            self.stop()

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """Xdist ends its workers here and takes them off the kernel's list: from then on their numbers mean nothing."""
        try:
            return (yield)
        finally:
            self.pids.clear()

    def stop(self) -> None:
        """Have every worker stop in order; telling them twice does nothing more."""
        self._send(signal.SIGTERM)

    def kill(self) -> None:
        """End every worker at once, and see them gone, so that none is left behind; at most `GOING` seconds."""
        self._send(getattr(signal, "SIGKILL", signal.SIGTERM))
        until = time.monotonic() + GOING
        for pid in self.pids:
            with suppress(ChildProcessError):
                while os.waitpid(pid, getattr(os, "WNOHANG", 0))[0] == 0 and time.monotonic() < until:
                    time.sleep(0.01)

    def _send(self, number: int) -> None:
        for pid in self.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def attach_worker(config: pytest.Config, folder: Path | None) -> None:
    """In a worker: stop when its run says so, end when it is gone, and hold its report folder till then."""
    parent = getattr(config, "workerinput", {}).get(PARENT)
    if parent is None:
        return
    interrupt.install_worker_handlers()
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, interrupt.SIGNALS)
    if folder is not None:
        hold(folder)
    threading.Thread(target=_end_with, args=(parent,), name="looks for the run", daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK)
    os._exit(1)  # what is under way stands in the ledger
