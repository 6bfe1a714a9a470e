"""A report on one screen: verdict, areas, the first causes with examples, where the rest is, what to type next."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.report.areas import areas_table
from conformance.report.causes_text import cause_lines, heading, line_of
from conformance.report.conclusion import Conclusion, conclude, counted, outcome_style
from conformance.report.model import Report, Result
from conformance.report.operations import operations_told
from conformance.report.plain import duration, fitted, shown, visible
from conformance.report.sources import rest_line, sources_table
from conformance.report.verdict import Verdict

ID_WIDTH = 24
CAUSES, FEW_FAILURES, AREAS, REMARKS, SOURCES = 10, 10, 12, 3, 8
"""How many causes, failing requirements, areas, remarks and files are shown; the rest is counted."""
AREAS_BESIDE = 5
"""How many areas where files are shown as well: both have to fit on the screen."""


def summarize(console: Console, report: Report, files: Sequence[Path | str], *, failures: bool = False) -> None:
    """Print the summary; with `failures` the failing requirements are shown elsewhere, in full."""
    conclusion = conclude(report)
    _verdict(console, conclusion)
    heading_lines(console, report)
    if any(result.verdict is not Verdict.NOT_EXERCISED for result in report.results):
        console.print()
        most = AREAS_BESIDE if len(report.sources) > 1 else AREAS
        console.print(areas_table(report, console.width, most=most))
    _causes(console, report)
    if not failures:
        _failures(console, report)
    _sources(console, report)
    _remarks(console, report)
    _next(console, report, files)


def _verdict(console: Console, conclusion: Conclusion) -> None:
    line = Text(conclusion.sentence, outcome_style(conclusion.outcome))
    if conclusion.counts:
        line.append(f" {conclusion.counts}", "not bold default")
    console.print(line)


def heading_lines(console: Console, report: Report) -> None:
    """What was run, and how much was judged: a line each."""
    header = report.header
    console.print(
        Text.assemble(
            ("assistants-conformance ", "bold"), shown(header.version), " · ", shown(header.mode), " · ",
            (shown(header.target, 120), "bold"),
        )
    )  # fmt: skip
    judged = (
        counted(header.exchanges, "exchange"),
        counted(header.streams, "stream"),
        f"{counted(header.subjects, 'subject')} judged in {duration(header.seconds)}",
    )
    console.print(Text(", ".join(judged)))


def _causes(console: Console, report: Report) -> None:
    if not report.causes:
        return
    heading(console, f"{counted(len(report.causes), 'cause')}, the first to mend first")
    for number, cause in enumerate(report.causes[:CAUSES], start=1):
        cause_lines(console, number, cause)
    if (rest := len(report.causes) - CAUSES) > 0:
        console.print(Text(f"    and {counted(rest, 'more cause')}", "dim"))


def _failures(console: Console, report: Report) -> None:
    """One line for each requirement that failed, where they are few; and for each that could not be judged."""
    failed = [result for result in report.results if result.verdict is Verdict.FAIL]
    broken = [result for result in report.results if result.verdict is Verdict.ERROR]
    rows = (failed if len(failed) <= FEW_FAILURES else []) + broken[:REMARKS]
    if not rows:
        return
    heading(console, "Failing" if not broken else "Failing, or not to be judged")
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=min(max(len(result.requirement) for result in rows), ID_WIDTH))
    table.add_column(no_wrap=True, overflow="ellipsis")
    for result in rows:
        style = "bold red" if result.verdict is Verdict.FAIL else "bold magenta"
        table.add_row(Text(visible(result.requirement), style), Text(shown(_told(result), 300)))
    console.print(table)


def _told(result: Result) -> str:
    return result.rule if result.verdict is Verdict.FAIL else result.reason or result.rule


def _sources(console: Console, report: Report) -> None:
    """The first files of an audit of several, and how much of each is wrong."""
    if len(report.sources) > 1:
        heading(console, f"Sources ({len(report.sources):,})")
        console.print(sources_table(report.sources, SOURCES, console.width))
        rest_line(console, len(report.sources) - SOURCES)


def _remarks(console: Console, report: Report) -> None:
    remarks = list(_remarked(report))
    if remarks:
        console.print()
    for remark in remarks:
        console.print(line_of(console, remark))


def _remarked(report: Report) -> Iterator[str]:
    if lacking := operations_told(report.operations):
        yield lacking
    open_ends = [line for line in report.scenarios if line.outcome != "completed"]
    if open_ends:
        first = f": {open_ends[0].name}, {open_ends[0].reason or open_ends[0].outcome}"
        yield f"{len(open_ends):,} of {len(report.scenarios):,} were not completed{first}"
    if report.skipped:
        total = sum(row.count for row in report.skipped)
        yield f"Not judged: {total:,}, such as {report.skipped[0].source}: {report.skipped[0].reason}"
    if unusual := [result for result in report.results if result.verdict is Verdict.PASS and result.exhibits]:
        yield f"Allowed, but unusual: {', '.join(result.requirement for result in unusual)}"
    yield from report.header.notes[:REMARKS]
    if (rest := len(report.header.notes) - REMARKS) > 0:
        yield f"and {counted(rest, 'more note')}"


def _next(console: Console, report: Report, files: Sequence[Path | str]) -> None:
    """Where the rest is, and what may be typed now."""
    console.print()
    if files:
        console.print(Text(f"See {places([Path(file) for file in files])}.", "dim"))
    for command, purpose in _commands(report):
        console.print(Text.assemble("  ", fitted(command, 240), ("   " + purpose, "dim")), soft_wrap=True)


def _commands(report: Report) -> Iterator[tuple[str, str]]:
    failed = report.count(Verdict.FAIL) + report.count(Verdict.WARN)
    again = next((cause.example.rerun for cause in report.causes if cause.example and cause.example.rerun), None)
    if again:
        yield again, "the first one again, with whole exchanges"
    if again and failed and report.header.mode == "live" and "--failed" not in report.header.command:
        command = report.header.command.replace(" --resume", "")
        yield f"{command} --failed", "only what failed"


def places(files: Sequence[Path]) -> str:
    """The files, with their folder told once where they share it."""
    names = [visible(str(file)) for file in files[:1]] + [
        visible(file.name if file.parent == files[0].parent else str(file)) for file in files[1:]
    ]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
