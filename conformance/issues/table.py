"""Cells on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from conformance.issues.catalogue import Issue
from conformance.issues.cell import Cell, Outcome
from conformance.issues.endpoint_side import Side
from conformance.issues.matrix import LEGEND, WORDS, Matrix, evidence, spans
from conformance.issues.sdk import Language
from conformance.report.conclusion import counted

if TYPE_CHECKING:
    from rich.console import Console

_STYLES = {
    Outcome.REPRODUCED: "red",
    Outcome.HUNG: "red",
    Outcome.NOT_REPRODUCED: "green",
    Outcome.COULD_NOT_RUN: "yellow",
}
_MOST_COLUMNS = 6
COLUMNS = (
    "fault: whose it is; interop: nobody's alone, the wire allows it and SDKs do not take it. shown in: the SDKs whose "
    "releases show it by a probe (issues reproduce KEY); nowhere: no program can show it (issues show KEY tells why). "
    "hung, in a matrix, is a reproduction: the program did not end by itself, and without the condition it does."
)


def show_table(console: Console, matrix: Matrix, *, detailed: bool) -> None:
    """Print a matrix: every cell with its evidence, or a table for each language."""
    if detailed:
        for cell in matrix.cells:
            _detail(console, cell)
        return
    for language in Language:
        _language(console, matrix, language)


def _detail(console: Console, cell: Cell) -> None:
    from rich.text import Text

    console.print(
        Text.assemble((cell.key, "bold"), f" on {cell.sdk}: ", (cell.outcome, _STYLES.get(cell.outcome, "dim")))
    )
    console.print(Text(f"  {evidence(cell).removeprefix(f'{cell.outcome}: ')}"))
    for line in cell.wire:
        console.print(Text(f"  wire: {line}", "dim"))
    for remedy in cell.workarounds:
        outcome = "works" if remedy.works else f"does not work: {' '.join(remedy.problem.split())[:160]}"
        console.print(Text(f"  {remedy.mode}: {outcome}"))


def _language(console: Console, matrix: Matrix, language: Language) -> None:
    from rich.table import Table
    from rich.text import Text

    rows = matrix.rows(language)
    if not rows:
        return
    sdks = matrix.sdks(language)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(language.title(), no_wrap=True)
    wide = len(sdks) > _MOST_COLUMNS
    for name in ["affected of those measured"] if wide else [sdk.version for sdk in sdks]:
        table.add_column(name, overflow="fold")
    table.add_column("", overflow="fold")
    for issue, cells in rows:
        shown = [Text(WORDS[cell.outcome], _STYLES.get(cell.outcome, "dim")) for cell in cells]
        table.add_row(issue.key, *([Text(spans(cells))] if wide else shown), Text(issue.title))
    console.print(table)
    console.print(Text(f"{LEGEND}\n", "dim"))


def show_issues(console: Console, issues: Sequence[Issue]) -> None:
    """Print a list of issues, and what its columns mean."""
    from rich.table import Table
    from rich.text import Text

    if not issues:
        console.print(Text("0 issues"))
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("issue", "fault", "shown in"):
        table.add_column(name, no_wrap=True)
    table.add_column("what happens", overflow="fold")
    for issue in issues:
        where = "+".join(issue.signs) or (f"see {issue.same_as}" if issue.same_as else "nowhere")
        table.add_row(Text(issue.key, "cyan"), ", ".join(issue.fault), where, Text(issue.title))
    console.print(table)
    console.print(Text(f"{counted(len(issues), 'issue')}. {COLUMNS}"))


def show_sides(console: Console, sides: Sequence[Side], *, verbose: bool = False) -> None:
    """Print what an endpoint does about each issue, and which releases break on it; what is absent if `verbose`."""
    from rich.table import Table
    from rich.text import Text

    counts = [sum(side.has is one for side in sides) for one in (True, False, None)]
    console.print(
        Text(
            f"Of {counted(len(sides), 'issue')}: {counts[0]} present, {counts[1]} absent, {counts[2]} unknown.", "bold"
        )
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    words = {True: Text("present", "red"), None: Text("unknown", "dim"), False: Text("absent", "green")}
    for has, word in words.items():
        for side in sides:
            if side.has is has and (verbose or has is not False):
                table.add_row(side.issue.key, word, Text(_describe_side(side)))
    if table.row_count:
        console.print(table)
    if counts[1] and not verbose:
        absent = ", ".join(side.issue.key for side in sides if side.has is False)
        console.print(Text(f"absent: {absent} (-v tells what each would be)", "dim"))


def _describe_side(side: Side) -> str:
    if side.has is None:
        return f"{side.issue.endpoint}: {side.because}"
    if not side.has:
        return f"not observed: {side.issue.endpoint}"
    breaks = "; ".join(f"openai for {Language(name).title()} {span}" for name, span in side.breaks.items())
    broken = f"; this endpoint breaks {breaks}" if breaks else "; no measured release breaks on it"
    return f"{side.issue.endpoint} (first in {side.because}){broken}"
