"""The files of an audit, as a table."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.report.model import SourceLine
from conformance.report.plain import fitted, shown

_COUNTS = {
    "rows": "rows",
    "traces": "traces",
    "exchanges": "exchanges",
    "findings": "findings",
    "not judged": "skipped",
}
_MAIN = ("exchanges", "findings", "not judged")
_FORMAT = 22


def sources_table(sources: Sequence[SourceLine], most: int, line: int | None = None) -> Table:
    """The first `most` files, those with findings first; on a `line` so wide each, there are the main counts alone."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    fold = line is None
    table.add_column("source", overflow="fold" if fold else "ellipsis", no_wrap=not fold, ratio=3)
    table.add_column("format", overflow="fold" if fold else "ellipsis", no_wrap=not fold, ratio=2, style="dim")
    counts = tuple(_COUNTS) if fold else _MAIN
    for name in counts:
        table.add_column(name, justify="right", no_wrap=not fold)
    for row in sorted(sources, key=lambda row: -row.findings)[:most]:
        name, format_ = shown(row.name, 80), shown(row.format or "unreadable", 60)
        if line is not None:
            room = line - _FORMAT - sum(len(count) + 2 for count in _MAIN) - 4
            name, format_ = fitted(row.name, max(room, 10)), fitted(format_, _FORMAT)
        table.add_row(Text(name), Text(format_), *(f"{getattr(row, _COUNTS[count]):,}" for count in counts))
    return table


def rest_line(console: Console, rest: int) -> None:
    """How many rows a table leaves out, where it does."""
    if rest > 0:
        console.print(Text(f"and {rest:,} more, all in report.json", "dim"))
