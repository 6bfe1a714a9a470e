"""Causes as text: a line of what is wrong, with counts, and a line with an example."""

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from conformance.report.conclusion import few
from conformance.report.model import Cause
from conformance.report.plain import clipped, shown, visible

INDENT = 4
ROOM = 70
"""Columns below which an example goes without the place where it was seen."""


def heading(console: Console, text: str, style: str = "bold") -> None:
    """A rule across the page with a title."""
    console.print()
    console.print(Rule(Text(text, style), align="left", style="dim"))


def line_of(console: Console, text: str, indent: int = 0, style: str = "dim") -> Text:
    """A text on one line of the page, cut at a word where it is too long."""
    return Text(" " * indent + clipped(text, console.width - indent), style, no_wrap=True)


def cause_lines(console: Console, number: int, cause: Cause) -> None:
    """A cause in two lines: what, with what comes of it; and where it can be seen."""
    _title(console, number, cause)
    console.print(line_of(console, example_of(cause, console.width - INDENT), INDENT))


def _title(console: Console, number: int, cause: Cause) -> None:
    table, counts = Table.grid(padding=(0, 1, 0, 0), expand=True), counts_of(cause)
    table.add_column(no_wrap=True, width=INDENT - 1, justify="right")
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(no_wrap=True, justify="right", style="red" if cause.failed else "yellow")
    table.add_row(f"{number}.", Text(clipped(cause.title, console.width - INDENT - len(counts) - 2), "bold"), counts)
    console.print(table)


def cause_block(console: Console, number: int, cause: Cause) -> None:
    """A cause with all that comes of it, and what to do."""
    _title(console, number, cause)
    if cause.example is not None:
        console.print(line_of(console, example_of(cause, console.width - INDENT), INDENT))
    rows = [
        ("do", cause.advice),
        ("fails", ", ".join(cause.failed)),
        ("warns", ", ".join(cause.warned)),
        ("waiting", ", ".join(cause.undecided)),
        ("breaks", f"official SDKs: {', '.join(cause.issues)}" if cause.issues else ""),
    ]
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=7, no_wrap=True)
    table.add_column(overflow="fold")
    for label, text in rows:
        if text:
            table.add_row(Text(label, "dim"), Text(visible(text)))
    console.print(Padding(table, (0, 0, 0, INDENT)))


def counts_of(cause: Cause) -> str:
    """What comes of a cause, in numbers."""
    counts = ((len(cause.failed), "fail"), (len(cause.warned), "warn"), (len(cause.undecided), "wait"))
    return ", ".join(f"{count:,} {word}" for count, word in counts if count)


def example_of(cause: Cause, width: int) -> str:
    """An example on one line: what was expected and what came; where, if there is room for it."""
    example = cause.example
    if example is None:
        return f"waiting: {few(list(cause.undecided))}" if cause.undecided else cause.advice
    place = f", exchange {example.exchange}" if example.rerun is None else ""  # a recording can be looked into only
    expected, actual = shown(example.expected), shown(example.actual)
    told = f"expected {expected}, got {actual}"
    where = f"{shown(example.source, 60)}{place}: "
    # the rerun command names the scenario again, but nothing else a recording
    if example.rerun and len(where) + len(told) > width and (len(told) <= width or width - len(where) < ROOM):
        where = ""
    if len(where) + len(told) <= width:
        return f"{where}{told}"
    room = max(width - len(where) - len("expected , got "), 20)
    actual = clipped(actual, max(room // 2, room - len(expected)))
    return f"{where}expected {clipped(expected, max(room - len(actual), 10))}, got {actual}"
