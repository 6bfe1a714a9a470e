"""How far a long audit is, on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from conformance.session.auditing import Progress


@contextmanager
def progress(stream: TextIO) -> Iterator[Callable[[Progress], None]]:
    """Shows how far a long file is, with the rate, where somebody watches."""
    if not stream.isatty():
        yield lambda _: None
        return
    import time

    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    words = TextColumn(
        "{task.fields[exchanges]:,} exchanges, {task.fields[rate]:,.0f}/s, {task.fields[findings]:,} findings"
    )
    begun = time.monotonic()
    with Bar(BarColumn(), words, TimeRemainingColumn(), console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("", total=None, exchanges=0, rate=0.0, findings=0)

        def show(how_far: Progress) -> None:
            rate = how_far.exchanges / max(time.monotonic() - begun, 0.001)
            bar.update(
                task,
                completed=how_far.read,
                total=how_far.size,
                exchanges=how_far.exchanges,
                rate=rate,
                findings=how_far.findings,
            )

        yield show
