"""From the records of scenarios to the report of a run."""

from collections.abc import Sequence
from dataclasses import replace

from conformance import contract
from conformance.report.conclusion import few
from conformance.report.model import Header, Report, ScenarioLine
from conformance.session.attempt import ScenarioRecord, failing
from conformance.session.causes import causes
from conformance.session.presence import table
from conformance.session.selection import Selection
from conformance.session.verdicts import decide


def report_of(
    header: Header, records: Sequence[ScenarioRecord], selection: Selection, *, rerun: str | None, ended: bool
) -> Report:
    """The report of settled records, with a header that counts what is in them.

    `rerun` is the command that judges one thing again, up to its name; an endpoint that has `ended` with its run can be
    asked nothing by hand.
    """
    loaded = contract.load()
    unasked = _unasked(selection, records)
    header = with_counts(replace(header, unasked=unasked, notes=(*header.notes, *_told(unasked))), records)
    results = decide(loaded, records, selection, rerun=rerun, replay=header.mode == "replay", ended=ended)
    return Report(
        header,
        results,
        tuple(ScenarioLine(r.scenario, r.outcome, r.reason, r.exchanges, r.streams, r.seconds) for r in records),
        operations=table(records, loaded),
        causes=causes(loaded, records, results),
    )


def with_counts(header: Header, records: Sequence[ScenarioRecord]) -> Header:
    """A header that counts what is in these records."""
    return replace(
        header,
        exchanges=sum(record.exchanges for record in records),
        accepted=sum(record.accepted for record in records),
        streams=sum(record.streams for record in records),
        subjects=sum(sum(record.examined.values()) for record in records),
    )


def _unasked(selection: Selection, records: Sequence[ScenarioRecord]) -> tuple[str, ...]:
    """What failed besides the requirements that were asked for."""
    loaded = contract.load()
    found = {(name, record.scenario) for record in records for name in failing(record.found, loaded)}
    told = {name for name, scenario in found if selection.counts(name, scenario)}
    return tuple(sorted({name for name, _ in found} - told))


def _told(unasked: Sequence[str]) -> tuple[str, ...]:
    if not unasked:
        return ()
    fail = "requirement fails" if len(unasked) == 1 else "requirements fail"
    return (f"not asked for: {len(unasked):,} more {fail} ({few(list(unasked))})",)
