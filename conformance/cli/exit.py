"""Exit codes: what a script is told."""

from __future__ import annotations

import sys
from enum import IntEnum
from pathlib import Path
from typing import NoReturn

from conformance.report.model import Report
from conformance.verdict import Verdict


class ExitCode(IntEnum):
    """The exit codes of every command."""

    CONFORMANT = 0
    NOT_CONFORMANT = 1
    WRONG_USAGE = 2
    NOTHING_JUDGED = 3
    UNREACHABLE = 4
    INTERRUPTED = 130


def exit_code(report: Report, *, strict: bool = False) -> ExitCode:
    """What a report means to a script. With `strict`, warnings and inconclusive verdicts fail too."""
    if report.header.interrupted:
        return ExitCode.INTERRUPTED
    if report.header.problem:
        return ExitCode.UNREACHABLE
    if report.count(Verdict.FAIL) or report.count(Verdict.STALE):
        return ExitCode.NOT_CONFORMANT
    if report.count(Verdict.ERROR) or report.broken:
        return ExitCode.UNREACHABLE
    if report.header.subjects == 0:
        return ExitCode.NOTHING_JUDGED
    if strict and (report.count(Verdict.WARN) or report.count(Verdict.INCONCLUSIVE)):
        return ExitCode.NOT_CONFORMANT
    return ExitCode.CONFORMANT


def publish(report: Report, folder: Path) -> None:
    """Show a report and write its files; what cannot be written is told after it was shown, and ends with exit 2."""
    from conformance.report import write_all
    from conformance.report.files import ReportNotWritten
    from conformance.report.terminal import show

    try:
        written = write_all(report, folder)
    except ReportNotWritten as problem:
        show(report)
        refuse(f"the report was not written: {problem}")
    show(report, written)


def refuse(message: str) -> NoReturn:
    """Stop for wrong usage or unreadable input, with one line that says what to do."""
    print(f"assistants-conformance: {message}", file=sys.stderr)
    sys.exit(ExitCode.WRONG_USAGE)
