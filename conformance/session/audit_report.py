"""The report of traffic that the suite did not cause."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from importlib.metadata import version

from conformance.contract import Contract
from conformance.recordings.audit import AuditOutcome, JudgedTrace
from conformance.report.conclusion import counted
from conformance.report.model import Header, Report, ScenarioLine, Skipped, SourceLine
from conformance.session.attempt import ScenarioRecord, record
from conformance.session.causes import causes
from conformance.session.presence import table
from conformance.session.selection import Selection
from conformance.session.verdicts import decide


def audit_report(
    outcome: AuditOutcome,
    contract: Contract,
    *,
    mode: str,
    target: str,
    command: str,
    started: datetime,
    seconds: float,
    interrupted: bool = False,
) -> Report:
    """What came of an audit: `target` says what was judged, `mode` how it was got, `command` what asked for it."""
    records = [trace_record(judged, contract) for judged in outcome.judged]
    unreadable = [Skipped(str(problem.path), f"unreadable: {problem.reason}") for problem in outcome.unreadable]
    results = decide(contract, records, Selection.of(()), audit=True)
    counts = (f"{counted(outcome.rows, 'row')}, {counted(len(outcome.judged), 'trace')}",) if outcome.judged else ()
    return Report(
        Header(
            version=version("assistants-conformance"),
            mode=mode,
            target=target,
            started=started.isoformat(timespec="seconds"),
            seconds=round(seconds, 2),
            exchanges=outcome.exchanges,
            accepted=outcome.accepted,
            streams=outcome.streams,
            subjects=outcome.subjects,
            command=command,
            notes=counts,
            interrupted=interrupted,
        ),
        results,
        tuple(
            ScenarioLine(
                file.name,
                "unreadable" if file.unreadable else "completed",
                file.unreadable,
                file.exchanges,
                file.streams,
                None,
            )
            for file in outcome.files
        ),
        tuple(unreadable + outcome.skipped),
        tuple(
            SourceLine(
                file.name,
                file.format,
                file.rows,
                file.traces,
                file.exchanges,
                file.streams,
                file.findings,
                sum(row.count for row in file.skipped),
                file.unreadable,
            )
            for file in outcome.files
        ),
        operations=table(records, contract),
        causes=causes(contract, records, results, audit=True),
    )


def trace_record(judged: JudgedTrace, contract: Contract) -> ScenarioRecord:
    """A judged trace as a record, which can travel between processes."""
    made = record(judged.trace, judged.judgement, contract)
    return replace(made, presences=judged.presences, absences=judged.absences)
