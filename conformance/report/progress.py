"""How a run tells, while it goes on, how far it is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from conformance.report.conclusion import counted
from conformance.report.plain import shown

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

NAME_LIMIT = 60
LINE_LIMIT = 400
SILENCE = 30.0
"""Seconds after which a line is due where nobody sees a bar: CI systems end jobs that say nothing."""
TROUBLED = frozenset({"error", "unanswered"})
"""Outcomes that are told as they come."""


class Progress:
    """Progress of a run: a live bar on a terminal, a plain line now and then elsewhere, or nothing.

    Told are the scenarios that are done, the requirements that fail so far, and the time that went by, of that which it
    will take. A scenario that the suite could not carry out is told as it ends; with `verbose` every one is. Several
    may be under way at once. Leaving the context, or `stop`, gives the terminal back.
    """

    def __init__(
        self,
        file: TextIO | None = None,
        *,
        quiet: bool = False,
        verbose: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._file = sys.stderr if file is None else file
        self._quiet = quiet
        self._verbose = verbose
        self._clock = clock
        self._told_at = clock()
        self._told_tenths = 0
        self._total = self._finished = 0
        self._began = clock()
        self._failing: set[str] = set()
        self._active: dict[str, None] = {}
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, total: int) -> None:
        """Begin, with the number of scenarios to come."""
        self._total = total
        self._told_at = self._began = self._clock()
        if not self._quiet and self._file.isatty():
            self._bar = _bar(self._file)
            self._task = self._bar.add_task("", total=total, failures="", times="")
            self._bar.start()

    def scenario(self, name: str) -> None:
        """A scenario begins."""
        self._active[name] = None
        self._refresh()

    def remark(self, text: str) -> None:
        """Tell something that is worth a line of its own."""
        if self._bar is not None:
            self._bar.console.print(shown(text, LINE_LIMIT), markup=False, highlight=False)
        elif not self._quiet:
            self._file.write(f"{shown(text, LINE_LIMIT)}\n")
            self._file.flush()

    def done(self, name: str, outcome: str, failing: Collection[str]) -> None:
        """A scenario ended with an outcome in one word; these requirements failed in it."""
        self._active.pop(name, None)
        self._finished += 1
        self._failing |= set(failing)
        tenths = 10 * self._finished // max(self._total, 1)
        if outcome in TROUBLED or self._verbose:
            failed = f", {_failing(len(failing))}" if failing else ""
            self._tell(f"{shown(name, NAME_LIMIT)}: {shown(outcome, 200)}{failed}", tenths)
        elif self._bar is None and (tenths > self._told_tenths or self._clock() - self._told_at >= SILENCE):
            sofar = f", {_failing(len(self._failing))}" if self._failing else ""
            self._tell(f"{100 * self._finished // max(self._total, 1)} %{sofar}, {self._times()}", tenths)
        self._refresh()

    def _times(self) -> str:
        """How long it took so far, and how long it will take in all at this pace."""
        elapsed = self._clock() - self._began
        whole = elapsed * self._total / max(self._finished, 1)
        return f"{_minutes(elapsed)} of about {_minutes(whole)}"

    def _tell(self, text: str, tenths: int) -> None:
        self._told_at, self._told_tenths = self._clock(), tenths
        self.remark(f"[{self._finished:{len(str(self._total))}}/{self._total}] {text}")

    def stop(self) -> None:
        """End; calling it again does nothing."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _refresh(self) -> None:
        if self._bar is None or self._task is None:
            return
        names = list(self._active)
        others = f" and {len(names) - 1} more" if len(names) > 1 else ""
        self._bar.update(
            self._task,
            completed=self._finished,
            description=f"{shown(names[-1], NAME_LIMIT)}{others}" if names else "",
            failures=_failing(len(self._failing)) if self._failing else "",
            times=self._times() if self._finished else "",
        )


def _failing(count: int) -> str:
    return f"{counted(count, 'requirement')} {'fails' if count == 1 else 'fail'}"


def _minutes(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _bar(file: TextIO) -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as RichProgress

    return RichProgress(
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failures]}", style="bold red", markup=False),
        TextColumn("{task.fields[times]}", markup=False),
        TextColumn("{task.description}", markup=False),
        console=Console(file=file),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
