"""Exit codes: what a script is told."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, assert_never

if TYPE_CHECKING:
    from conformance.report.model import Report


class ExitCode(IntEnum):
    """The exit codes of every command."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1
    WRONG_USAGE = 2
    NOTHING_JUDGED = 3
    UNREACHABLE = 4
    INTERRUPTED = 130
    TERMINATED = 143


def exit_code(report: Report, *, strict: bool = False) -> ExitCode:
    """What a report means to a script. With `strict`, warnings and inconclusive verdicts fail too."""
    from conformance.report.conclusion import Outcome, conclude
    from conformance.report.verdict import Verdict

    match conclude(report).outcome:
        case Outcome.INTERRUPTED:
            return ExitCode.INTERRUPTED
        case Outcome.ERROR:
            return ExitCode.UNREACHABLE
        case Outcome.NOT_CONFORMANT:
            return ExitCode.NOT_CONFORMANT
        case Outcome.NOTHING_JUDGED | Outcome.UNDECIDED:
            return ExitCode.NOTHING_JUDGED
        case Outcome.CONFORMANT | Outcome.ACCEPTED:
            unsure = strict and (report.count(Verdict.WARN) or report.count(Verdict.INCONCLUSIVE))
            return ExitCode.NOT_CONFORMANT if unsure else ExitCode.CONFORMANT
        case outcome:
            assert_never(outcome)


def publish(report: Report, folder: Path, known: Iterable[str] = (), *, show: str = "all") -> None:
    """Show a report and write its files; where that fails, the report shown says so in place of its verdict: exit 2.

    `known` are secrets that nothing may hold that is shown or written; `show` says how much is shown. What changed
    since the report that the folder held is told; a report that judged nothing does not replace one that did.
    """
    from conformance.evidence.redaction import redact
    from conformance.evidence.safe_files import NotWritten
    from conformance.report import terminal, write_all

    detail = terminal.Detail(show)
    known = tuple(known)
    report, keeps = _beside_the_last(redact(report, known), folder)
    if keeps:
        terminal.show(report, detail=detail)
        return
    try:
        written = write_all(report, folder, known)
    except NotWritten as problem:
        told = f"the report was not written: {problem}"
        header = replace(report.header, problem=report.header.problem or told)
        terminal.show(replace(report, header=header), detail=detail)
        refuse(told)
    terminal.show(report, written, detail=detail)


def _beside_the_last(report: Report, folder: Path) -> tuple[Report, bool]:
    """The report with what changed since the last one in a folder, and whether the last one is to stay there."""
    from conformance.report.comparison import compare, judges_something
    from conformance.report.stored import UnreadableReport, load

    try:
        last = load(folder)
    except UnreadableReport:
        return report, False
    header = report.header
    if judges_something(last) and not judges_something(report):
        told = f"nothing was judged: the report of {last.header.started} in {folder} is kept"
        return replace(report, header=replace(header, notes=(*header.notes, told))), True
    of_the_same = (last.header.mode, last.header.target) == (header.mode, header.target)
    if not of_the_same or last.header.started == header.started:  # what a proxy wrote on the way is no earlier report
        return report, False
    told = f"since {last.header.started}: {compare(last, report).sentence()}"
    return replace(report, header=replace(header, notes=(told, *header.notes))), False


def refuse(message: str) -> NoReturn:
    """Stop for wrong usage or unreadable input, with one line that says what to do."""
    from conformance.evidence.secrets import redact_text
    from conformance.report.plain import visible

    with suppress(OSError):  # where even this cannot be written, the exit code says it
        print(f"assistants-conformance: {visible(redact_text(message))}", file=sys.stderr, flush=True)
    sys.exit(ExitCode.WRONG_USAGE)
