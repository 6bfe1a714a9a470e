"""The report of traffic that the suite did not cause."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version

from conformance.contract import Contract, Level
from conformance.recordings.audit import AuditedFile, AuditOutcome, JudgedTrace
from conformance.report.conclusion import counted
from conformance.report.model import Header, Report, ScenarioLine, Skipped, SourceLine
from conformance.report.verdict import Verdict
from conformance.session.assembly import with_counts
from conformance.session.attempt import ScenarioRecord, record, withheld_findings
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
    sole_client: bool = False,
    feeds: Sequence[ScenarioRecord] = (),
    notes: Sequence[str] = (),
) -> Report:
    """What came of an audit: `target` says what was judged, `mode` how it was got, `command` what asked for it.

    With `sole_client` nobody else used the endpoint meanwhile, so that what others may have done fails. `feeds` are the
    records of what was judged in portions, `notes` what is to be said of that.
    """
    records = records_of(outcome, contract, feeds, sole_client=sole_client)
    unreadable = [Skipped(str(problem.path), f"unreadable: {problem.reason}") for problem in outcome.unreadable]
    header = header_of(
        records,
        mode=mode,
        target=target,
        command=command,
        started=started,
        seconds=seconds,
        interrupted=interrupted,
        notes=(*([f"{counted(outcome.rows, 'row')}, {counted(len(records), 'trace')}"] if records else []), *notes),
    )
    header = replace(  # portions show their context again and again; files count what is judged once
        header,
        exchanges=sum(file.exchanges for file in outcome.files),
        streams=sum(file.streams for file in outcome.files),
        subjects=sum(file.subjects for file in outcome.files),
    )
    return report_on(records, header, contract, outcome.files, unreadable + outcome.skipped)


def records_of(
    outcome: AuditOutcome, contract: Contract, feeds: Sequence[ScenarioRecord] = (), *, sole_client: bool = False
) -> list[ScenarioRecord]:
    """The records of what was judged; with `sole_client` nobody else used the endpoint meanwhile."""
    records = [*(trace_record(judged, contract) for judged in outcome.judged), *feeds]
    return [replace(record, shared=False) for record in records] if sole_client else records


def header_of(
    records: Sequence[ScenarioRecord],
    *,
    mode: str,
    target: str,
    command: str,
    started: datetime,
    seconds: float,
    interrupted: bool = False,
    problem: str | None = None,
    notes: Sequence[str] = (),
) -> Header:
    """The header of a report on traces that were judged, with their counts."""
    header = Header(
        version=version("assistants-conformance"),
        mode=mode,
        target=target,
        started=started.isoformat(timespec="seconds"),
        seconds=round(seconds, 2),
        command=command,
        notes=tuple(notes),
        problem=problem,
        interrupted=interrupted,
    )
    return with_counts(header, records)


def report_on(
    records: Sequence[ScenarioRecord],
    header: Header,
    contract: Contract,
    files: Sequence[AuditedFile],
    skipped: Sequence[Skipped],
) -> Report:
    """The report of traces that were judged: `files` are what they come from, `skipped` what was not judged of it."""
    results = decide(contract, records, Selection.of(()), audit=True)
    if uncertain := sum(one.verdict is Verdict.WARN and one.level is Level.MUST for one in results):
        told = f"{counted(uncertain, 'warning')} may be another client's doing"
        fails = "" if header.mode == "pytest" else ": with --sole-client they fail"
        header = replace(header, notes=(*header.notes, told + fails))
    return Report(
        header,
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
            for file in files
        ),
        tuple(skipped),
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
            for file in files
        ),
        operations=table(records, contract),
        causes=causes(contract, records, results, audit=True),
    )


def trace_record(judged: JudgedTrace, contract: Contract) -> ScenarioRecord:
    """A judged trace as a record, which can travel between processes."""
    made = record(judged.trace, judged.judgement, contract, withheld=withheld_findings(judged.trace, contract))
    findings = [replace(one, line=judged.lines.get(one.exchange)) for one in made.findings]
    return replace(made, findings=findings, presences=judged.presences, absences=judged.absences)
