"""The report for people, on a terminal or as plain text."""

import io
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from conformance.report.areas import areas_table
from conformance.report.blocks import block, remark, warning
from conformance.report.causes_text import cause_block, heading
from conformance.report.conclusion import conclude, outcome_style
from conformance.report.model import Report, Result
from conformance.report.operations import NOT_THERE, THERE, by_presence
from conformance.report.page import page
from conformance.report.plain import shown, visible
from conformance.report.progress import Progress
from conformance.report.sources import rest_line, sources_table
from conformance.report.summary import heading_lines, places, summarize
from conformance.report.verdict import Verdict

__all__ = ["Detail", "Progress", "render", "show"]


class Detail(StrEnum):
    """How much of a report is shown."""

    SUMMARY = "summary"
    FAILURES = "failures"
    ALL = "all"


FULL_EXHIBITS = 2
ROWS_SHOWN = 12


def show(
    report: Report,
    files: Sequence[Path | str] = (),
    file: TextIO | None = None,
    width: int | None = None,
    color: bool | None = None,
    detail: Detail = Detail.SUMMARY,
) -> None:
    """Print the report to a stream, as `page` does; `files` are the report files that were written."""
    with page(file, width, color) as console:
        if detail is Detail.ALL:
            _print(console, report, files)
            return
        if detail is Detail.FAILURES:
            _failures(console, report)
            console.print()
        summarize(console, report, files, failures=detail is Detail.FAILURES)


def render(
    report: Report,
    width: int = 100,
    files: Sequence[Path | str] = ("report.json", "junit.xml"),
    detail: Detail = Detail.ALL,
) -> str:
    """The report as plain text of a given width, without colour."""
    buffer = io.StringIO()
    show(report, files, buffer, width, color=False, detail=detail)
    return buffer.getvalue()


def render_failures(report: Report, width: int = 100) -> str:
    """What failed, and nothing else, as plain text of a given width."""
    buffer = io.StringIO()
    with page(buffer, width, color=False) as console:
        _failures(console, report)
    return buffer.getvalue()


def _print(console: Console, report: Report, files: Sequence[Path | str]) -> None:
    judged = any(result.verdict is not Verdict.NOT_EXERCISED for result in report.results)
    if judged:  # else the report is so short that its end tells it
        _problem(console, report)
    heading_lines(console, report)
    console.print(Text(" ".join(shown(p, 300) for p in (report.header.started, report.header.command) if p), "dim"))
    if judged:
        console.print()
        console.print(areas_table(report, console.width))
    _causes(console, report)
    by_verdict: dict[Verdict, list[Result]] = {verdict: [] for verdict in Verdict}
    for result in report.results:
        by_verdict[result.verdict].append(result)
    _failures(console, report)
    _listed(console, "Warnings", by_verdict[Verdict.WARN], warning)
    _listed(console, "Allowed, but unusual", [r for r in by_verdict[Verdict.PASS] if r.exhibits], remark)
    _operations(console, report)
    _by_reason(console, "Unsupported by the endpoint", by_verdict[Verdict.UNSUPPORTED], report)
    _by_reason(console, "Inconclusive", by_verdict[Verdict.INCONCLUSIVE], report)
    _unfinished(console, report)
    _sources(console, report)
    _skipped(console, report)
    _notes(console, report.header.notes)
    _conclusion(console, report, files)


def _causes(console: Console, report: Report) -> None:
    if not report.causes:
        return
    heading(console, f"Causes ({len(report.causes):,}), the first to mend first", "bold")
    for number, cause in enumerate(report.causes, start=1):
        cause_block(console, number, cause)


def _failures(console: Console, report: Report) -> None:
    for verdict in (Verdict.FAIL, Verdict.ERROR):
        for result in report.results:
            if result.verdict is verdict:
                block(console, result, FULL_EXHIBITS)


def _problem(console: Console, report: Report) -> None:
    if report.header.problem is not None:
        console.print(Text(shown(report.header.problem, 600), "bold red"))
        console.print()


def _listed(console: Console, title: str, results: Sequence[Result], tell: Callable[[Console, Result], None]) -> None:
    if results:
        heading(console, f"{title} ({len(results):,})", "bold yellow")
        for result in results:
            tell(console, result)


def _by_reason(console: Console, title: str, results: Sequence[Result], report: Report) -> None:
    """Each reason once, with the scenarios that showed it and the requirements that share it."""
    if not results:
        return
    heading(console, f"{title} ({len(results):,})", "bold cyan")
    scenarios = {line.name for line in report.scenarios}
    reasons: dict[str, tuple[dict[str, None], list[str]]] = {}
    for result in results:
        scenario, _, answer = (result.reason or "no reason was given").partition(": ")
        known = scenario in scenarios and answer
        seen, ids = reasons.setdefault(answer if known else result.reason or scenario, ({}, []))
        ids.append(result.requirement)
        if known:
            seen[scenario] = None
    for reason, (seen, ids) in reasons.items():
        console.print(Text(shown(reason, 240)).append(f"  ({_some(seen, 2)})" if seen else "", "dim"))
        console.print(Padding(Text(_some(ids), "dim"), (0, 0, 0, 4)))


def _some(names: Iterable[str], most: int = ROWS_SHOWN) -> str:
    listed = [visible(name) for name in names]
    rest = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def _operations(console: Console, report: Report) -> None:
    """Which operations are there; of those that are, the first few."""
    groups = by_presence(report.operations)
    if not groups[THERE] and not groups[NOT_THERE]:
        return
    heading(console, f"Operations ({len(report.operations):,})")
    table = _grid()
    for presence, names in groups.items():
        if names:
            most = ROWS_SHOWN if presence == THERE else len(names)
            table.add_row(f"{len(names):,} {presence}", Text(_some(names, most), "dim"))
    console.print(table)


def _unfinished(console: Console, report: Report) -> None:
    undecided = (Verdict.UNSUPPORTED, Verdict.INCONCLUSIVE)
    told = {result.reason for result in report.results if result.verdict in undecided}
    open_ends = (line for line in report.scenarios if line.outcome != "completed")
    lines = [line for line in open_ends if f"{line.name}: {line.reason}" not in told]
    if not lines:
        return
    heading(console, f"Not completed ({len(lines):,} of {len(report.scenarios):,})")
    table = _grid()
    for line in lines[:ROWS_SHOWN]:
        reason = f"{line.outcome}: {line.reason}" if line.reason else line.outcome
        table.add_row(Text(shown(line.name, 80)), Text(shown(reason, 240), "dim"))
    console.print(table)
    rest_line(console, len(lines) - ROWS_SHOWN)


def _sources(console: Console, report: Report) -> None:
    """The files of an audit, those with findings first; one alone is told by the rest of the report."""
    if len(report.sources) < 2:
        return
    heading(console, f"Sources ({len(report.sources):,})")
    console.print(sources_table(report.sources, ROWS_SHOWN))
    rest_line(console, len(report.sources) - ROWS_SHOWN)


def _skipped(console: Console, report: Report) -> None:
    if not report.skipped:
        return
    total = sum(row.count for row in report.skipped)
    heading(console, f"Not judged ({total:,})")
    reasons: dict[str, tuple[int, list[str]]] = {}
    for row in report.skipped:
        count, sources = reasons.get(row.reason, (0, []))
        reasons[row.reason] = (count + row.count, [*sources, row.source])
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("count", justify="right")
    table.add_column("reason", overflow="fold", ratio=3)
    table.add_column("where", overflow="fold", ratio=2, style="dim")
    ordered = sorted(reasons.items(), key=lambda item: (-item[1][0], item[0]))
    for reason, (count, sources) in ordered[:ROWS_SHOWN]:
        where = _some((shown(source, 80) for source in dict.fromkeys(sources)), 2)
        table.add_row(f"{count:,}", Text(shown(reason, 240)), Text(where))
    console.print(table)
    rest_line(console, len(ordered) - ROWS_SHOWN)


def _grid() -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    return table


def _notes(console: Console, notes: Sequence[str]) -> None:
    if not notes:
        return
    heading(console, "Notes")
    table = _grid()
    for note in notes:
        table.add_row("•", Text(shown(note, 400)))
    console.print(table)


def _conclusion(console: Console, report: Report, files: Sequence[Path | str]) -> None:
    conclusion = conclude(report)
    console.print()
    console.print(Rule(style="dim"))
    line = Text.assemble((conclusion.sentence, outcome_style(conclusion.outcome)))
    if conclusion.counts:
        line.append(f" {conclusion.counts}")
    if files:
        line.append(f" See {places([Path(file) for file in files])}.", "dim")
    console.print(line)
