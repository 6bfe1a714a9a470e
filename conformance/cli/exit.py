"""Exit codes: what a script is told."""

from __future__ import annotations

import sys
from contextlib import suppress
from enum import IntEnum
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
        case Outcome.CONFORMANT | Outcome.HOLDS | Outcome.ACCEPTED:
            unsure = strict and (report.count(Verdict.WARN) or report.count(Verdict.INCONCLUSIVE))
            return ExitCode.NOT_CONFORMANT if unsure else ExitCode.CONFORMANT
        case outcome:
            assert_never(outcome)


def refuse(message: str, code: ExitCode = ExitCode.WRONG_USAGE) -> NoReturn:
    """Stop, as a rule for wrong usage or unreadable input, with one line that says what to do."""
    from conformance.evidence.secrets import redact_text
    from conformance.report.plain import visible

    with suppress(OSError):  # where even this cannot be written, the exit code says it
        print(f"assistants-conformance: {visible(redact_text(message))}", file=sys.stderr, flush=True)
    sys.exit(code)
