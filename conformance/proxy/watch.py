"""A proxy as it runs: the relay in its process, the journal followed and judged in this one, signals, the view."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from conformance import contract
from conformance.evidence.redaction import redact
from conformance.evidence.safe_files import NotWritten, make_folder, reason
from conformance.proxy.judge import JournalJudge
from conformance.proxy.process import Process, Settings
from conformance.proxy.view import View
from conformance.report import write_all
from conformance.report.model import Report
from conformance.report.verdict import Verdict
from conformance.session.report_folder import owned

JOURNAL = "exchanges.jsonl"
"""The file in the report folder that has every exchange, whatever becomes of the proxy."""
GIVING_WAY = 10
"""How nice the judging process is: the relay comes first where processors are short."""
_PAUSE = 0.1


class Proxy:
    """A proxy between clients and an upstream, while the block lasts; `url` is where clients find the API.

    With `sole_client` nobody uses the upstream but through it. The journal of an earlier proxy in the folder is kept
    under another name. Raises `NotStarted` and `NotWritten`.
    """

    def __init__(self, settings: Settings, folder: Path, *, sole_client: bool = False) -> None:
        self.journal = folder / JOURNAL
        self.remarks: list[str] = []
        self._settings = replace(settings, recordings=(str(self.journal), *settings.recordings))
        self._relay = Process(self._settings)
        self._sole_client = sole_client
        self._resources = ExitStack()
        self._stopped = threading.Event()
        self._wanted = threading.Event()

    def __enter__(self) -> Proxy:
        with ExitStack() as resources:
            make_folder(self.journal.parent)
            resources.enter_context(owned(self.journal.parent))
            self._set_aside()
            resources.enter_context(self._relay)
            loaded, upstream = contract.load(), self._settings.upstream
            self._judge = JournalJudge(self.journal, loaded, upstream, sole_client=self._sole_client)
            resources.callback(self._judge.close)
            self._resources = resources.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._resources.close()

    @property
    def url(self) -> str:
        """The base URL for clients."""
        return self._relay.url

    def stop(self) -> None:
        """End `watch`; safe from any thread, and in a signal handler."""
        self._stopped.set()

    def report(self) -> Report:
        """What all the traffic comes to; it is judged to its end first."""
        list(self._judge.read())
        self._judge.judge()
        problem = "; ".join(self._relay.troubles) or None
        return self._judge.report(problem)

    def watch(self, *, fail_fast: bool = False) -> None:
        """Judge while the traffic goes on, until it is told to stop, or with `fail_fast` a MUST is violated.

        The relay has ended, and the journal is whole, when this returns.
        """
        if hasattr(os, "nice"):
            os.nice(GIVING_WAY)
        with _signals(self._signalled), View(f"{self.url}  →  {self._settings.upstream}") as view:
            for remark in self.remarks:
                view.remark(remark)
            told = 0
            while not self._stopped.is_set() and self._relay.runs:
                view.passed(self._judge.read())
                wanted = self._wanted.is_set()
                if wanted or self._judge.is_due:
                    self._judge.judge()
                    made = self._judge.report()
                    view.judged(made)
                    if wanted:
                        self._wanted.clear()
                        view.remark(self._write(made))
                    if fail_fast and made.count(Verdict.FAIL):
                        break
                for trouble in self._relay.troubles[told:]:
                    view.remark(trouble)
                    told += 1
                view.refresh()
                time.sleep(_PAUSE)
            if not self._relay.runs:
                self._relay.troubles.append("the relay ended by itself: what it passed on until then is judged")
            self._relay.stop()

    def _write(self, report: Report) -> str:
        """Write the report of what was judged so far; returns what to tell of it."""
        try:
            written = write_all(redact(report), self.journal.parent)
        except NotWritten as problem:
            return f"the report was not written: {problem}"
        return f"report written: {', '.join(path.name for path in written)} in {self.journal.parent}"

    def _signalled(self, number: int, _: FrameType | None) -> None:
        if number in (signal.SIGINT, signal.SIGTERM):
            self.stop()
            signal.signal(number, signal.SIG_DFL)  # a second one ends it at once; the journal is there
        else:
            self._wanted.set()

    def _set_aside(self) -> None:
        """Keep the journal of an earlier proxy under the moment of its last exchange."""
        try:
            moment = datetime.fromtimestamp(self.journal.stat().st_mtime, UTC)
            aside = self.journal.with_suffix(f".{moment:%Y%m%dT%H%M%SZ}.jsonl")
            self.journal.rename(aside)
        except FileNotFoundError:
            return
        except OSError as problem:
            raise NotWritten(self.journal, reason(problem)) from problem
        self.remarks.append(f"the journal of an earlier proxy is kept as {aside}")


@contextmanager
def _signals(handler: object) -> Iterator[None]:
    """Take the signals that a proxy knows within the block; outside the main thread nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    names = ("SIGINT", "SIGTERM", "SIGUSR1")
    known = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, handler) for number in known}  # type: ignore[arg-type]
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
