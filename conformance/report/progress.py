"""How a run tells, while it goes on, how far it is."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from conformance.report.conclusion import counted
from conformance.report.plain import shown

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

NAME_LIMIT = 60


class Progress:
    """Progress of a run: a live bar on a terminal, one plain line per finished scenario elsewhere, or nothing.

    Several scenarios may be under way at once. Leaving the context, or `stop`, gives the terminal back.
    """

    def __init__(self, file: TextIO | None = None, *, quiet: bool = False) -> None:
        self._file = sys.stderr if file is None else file
        self._quiet = quiet
        self._total = self._finished = self._failures = 0
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
        if not self._quiet and self._file.isatty():
            self._bar = _bar(self._file)
            self._task = self._bar.add_task("", total=total, failures="")
            self._bar.start()

    def scenario(self, name: str) -> None:
        """A scenario begins."""
        self._active[name] = None
        self._refresh()

    def remark(self, text: str) -> None:
        """Tell something that takes its time, in a line of its own."""
        if self._bar is not None:
            self._bar.console.print(shown(text, 200), markup=False, highlight=False)
        elif not self._quiet:
            self._file.write(f"{shown(text, 200)}\n")
            self._file.flush()

    def done(self, name: str, outcome: str, failures: int) -> None:
        """A scenario ended with an outcome in one word; `failures` requirements were broken in it."""
        self._active.pop(name, None)
        self._finished += 1
        self._failures += failures
        if self._bar is None and not self._quiet:
            failed = f", {counted(failures, 'requirement')} broken" if failures else ""
            width = len(str(self._total))
            self._file.write(
                f"[{self._finished:{width}}/{self._total}] {shown(name, NAME_LIMIT)}: {shown(outcome, 200)}{failed}\n"
            )
            self._file.flush()
        self._refresh()

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
            failures=f"{self._failures:,} broken" if self._failures else "",
        )


def _bar(file: TextIO) -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as RichProgress

    return RichProgress(
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failures]}", style="bold red", markup=False),
        TextColumn("{task.description}", markup=False),
        console=Console(file=file),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
