"""What a proxy tells while it runs: on a terminal a live view, elsewhere a line for what is new."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Self, TextIO
from urllib.parse import urlsplit

from conformance.report.conclusion import conclude, counted, outcome_style
from conformance.report.plain import fitted, shown
from conformance.report.verdict import Verdict

if TYPE_CHECKING:
    from rich.console import Group
    from rich.live import Live

    from conformance.proxy.judge import Passed
    from conformance.report.model import Exhibit, Report

REQUESTS, FINDINGS, CAUSES = 8, 5, 5
"""How many of the last requests, of the last findings and of the causes are shown."""
SILENCE = 30.0
"""Seconds after which a line is due where nobody sees the live view."""
DRAWN_EVERY = 0.5
_LIMIT = 400


class View:
    """The view of one proxy, within the block. Findings are told as they are new, requests on a terminal only."""

    def __init__(self, title: str, file: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._title = title
        self._file = sys.stderr if file is None else file
        self._clock = clock
        self._began = self._told_at = self._drawn_at = clock()
        self._requests: deque[Passed] = deque(maxlen=REQUESTS)
        self._findings: deque[tuple[str, Exhibit]] = deque(maxlen=FINDINGS)
        self._told = set[tuple[str, str, int, int | None, str]]()
        self._passed = self._streams = self._unanswered = 0
        self._report: Report | None = None
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if self._file.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(file=self._file), auto_refresh=False, transient=True)
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def passed(self, exchanges: Iterable[Passed]) -> None:
        """Exchanges that are over."""
        for one in exchanges:
            self._requests.append(one)
            self._passed += 1
            self._streams += one.stream
            self._unanswered += one.status is None
        if self._live is None and self._clock() - self._told_at >= SILENCE:
            self.remark(self._so_far())

    def judged(self, report: Report) -> None:
        """What the traffic comes to so far."""
        self._report = report
        wrong = [result for result in report.results if result.verdict in (Verdict.FAIL, Verdict.WARN)]
        for result in wrong:
            for one in sorted(result.exhibits, key=lambda one: one.exchange):
                place = (result.requirement, one.source, one.exchange, one.event, one.pointer)
                if place not in self._told:  # of each requirement the report has a few
                    self._told.add(place)
                    self._findings.append((result.requirement, one))
                    if self._live is None:
                        self.remark(_finding(result.requirement, one))

    def remark(self, text: str) -> None:
        """Tell something that is worth a line of its own."""
        self._told_at = self._clock()
        line = shown(text, _LIMIT)
        if self._live is not None:
            self._live.console.print(line, markup=False, highlight=False)
        else:
            self._file.write(f"{line}\n")
            self._file.flush()

    def refresh(self) -> None:
        """Draw the live view anew, where it is time."""
        if self._live is not None and self._clock() - self._drawn_at >= DRAWN_EVERY:
            self._drawn_at = self._clock()
            self._live.update(self._picture(self._live.console.width), refresh=True)

    def _so_far(self) -> str:
        minutes, seconds = divmod(int(self._clock() - self._began), 60)
        unanswered = f", {self._unanswered:,} unanswered" if self._unanswered else ""
        told = f"{counted(self._passed, 'exchange')}, {counted(self._streams, 'stream')}{unanswered}"
        verdict = f"; {conclude(self._report).sentence}" if self._report else ""
        return f"{minutes}:{seconds:02} {told}{verdict}"

    def _picture(self, width: int) -> Group:
        from rich.console import Group
        from rich.text import Text

        lines = [Text(fitted(self._title, width), "bold")]
        style = outcome_style(conclude(self._report).outcome) if self._report else ""
        lines.append(Text(fitted(self._so_far(), width), style))
        lines += [Text(fitted(_request(one), width), _style(one)) for one in self._requests]
        for title, rows in (("Last findings", self._told_findings()), ("Causes", self._causes())):
            if rows:
                lines += [Text(title, "bold"), *(Text(fitted(row, width)) for row in rows)]
        return Group(*lines)

    def _told_findings(self) -> list[str]:
        return [_finding(requirement, one) for requirement, one in self._findings]

    def _causes(self) -> list[str]:
        causes = self._report.causes if self._report else ()
        rows = [f"{cause.title} ({counted(cause.findings, 'finding')})" for cause in causes[:CAUSES]]
        more = len(causes) - CAUSES
        return [*rows, f"and {more:,} more"] if more > 0 else rows


def _request(one: Passed) -> str:
    answer = one.failure if one.status is None else f"{one.status}{' stream' if one.stream else ''}"
    parts = urlsplit(one.url)
    return f"{one.number:>6} {one.method:<6} {answer} {one.seconds:.2f} s  {parts.path}"


def _style(one: Passed) -> str:
    return "red" if one.status is None or one.status >= 500 else "yellow" if one.status >= 400 else "dim"


def _finding(requirement: str, one: Exhibit) -> str:
    return f"{requirement} {one.place}{one.pointer}: {one.actual} (expected: {one.expected})"
