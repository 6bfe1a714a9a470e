"""`audit`: judge recordings that the suite did not cause."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.contract import Contract
    from conformance.recordings.audit import AuditOutcome
    from conformance.report.model import Report


@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=options.A_PATH,
    metavar="PATHS...",
    help="Recordings, or folders of them; formats are told by content.",
)
@options.report("Where the report is written.")
@click.option("--strict/--no-strict", help="Warnings fail the audit too.")
def audit(
    paths: tuple[Path, ...],
    report: Path,
    strict: bool,
) -> None:
    """Judge recorded traffic: vcrpy and ruby VCR cassettes, HAR, Azure test proxy sessions, JSON lines."""
    import time
    from datetime import UTC, datetime

    from conformance import contract
    from conformance.cli.exit import ExitCode, exit_code, publish, refuse
    from conformance.recordings.audit import audit as audit_paths

    if missing := [str(path) for path in paths if not path.exists()]:
        refuse(f"there is no {' and no '.join(missing)}")
    begun, started = time.monotonic(), datetime.now(UTC)
    interrupted = False
    loaded = contract.load()
    from conformance.recordings.audit import AuditOutcome

    outcome = AuditOutcome()
    try:
        audit_paths(paths, loaded, outcome=outcome)
    except KeyboardInterrupt:
        interrupted = True
    made = _report(
        outcome,
        loaded,
        [str(p) for p in paths],
        started.isoformat(timespec="seconds"),
        time.monotonic() - begun,
        interrupted,
    )
    publish(made, report)
    code = exit_code(made, strict=strict)
    if outcome.unreadable and code in (ExitCode.CONFORMANT, ExitCode.NOTHING_JUDGED):
        code = ExitCode.WRONG_USAGE
        unread, files = len(outcome.unreadable), len(outcome.files)
        told = f"{unread:,} of {files:,} files could not be read, so that this ends with exit code {int(code)}"
        click.echo(f"assistants-conformance: {told} (see Not judged)", err=True)
    sys.exit(code)


def _report(
    outcome: AuditOutcome, contract: Contract, paths: list[str], started: str, seconds: float, interrupted: bool
) -> Report:
    from importlib.metadata import version

    from conformance.report.model import Header, Report, ScenarioLine, Skipped
    from conformance.session.attempt import record
    from conformance.session.presence import table
    from conformance.session.selection import Selection
    from conformance.session.verdicts import decide

    records = [
        replace(record(judged.trace, judged.judgement), presences=judged.presences, absences=judged.absences)
        for judged in outcome.judged
    ]
    unreadable = [Skipped(str(problem.path), f"unreadable: {problem.reason}") for problem in outcome.unreadable]
    header = Header(
        version=version("assistants-conformance"),
        mode="audit",
        target=", ".join(paths),
        started=started,
        seconds=round(seconds, 2),
        exchanges=outcome.exchanges,
        accepted=outcome.accepted,
        streams=outcome.streams,
        subjects=outcome.subjects,
        command=" ".join(["assistants-conformance", *sys.argv[1:]]),
        interrupted=interrupted,
    )
    files = tuple(
        ScenarioLine(
            file.name,
            "unreadable" if file.unreadable else "completed",
            file.unreadable,
            file.exchanges,
            file.streams,
            None,
        )
        for file in outcome.files
    )
    return Report(
        header,
        decide(contract, records, Selection.of(()), audit=True),
        files,
        tuple(unreadable + outcome.skipped),
        table(records, contract),
    )
