"""What a run learnt of the operations, over all scenarios: what one found missing another may have been answered by."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from conformance.contract import Contract
from conformance.report.model import OperationLine
from conformance.report.operations import NOT_ASKED
from conformance.session.attempt import Outcome, ScenarioRecord, merged_presences
from conformance.trace.presence import Presence


def settle(records: Sequence[ScenarioRecord]) -> list[ScenarioRecord]:
    """The records, after each operation that is there after all has its findings, and excuses nothing any more."""
    presences = merged_presences(records)
    return [_settled(record, presences) for record in records]


def _settled(record: ScenarioRecord, presences: Mapping[str, Presence]) -> ScenarioRecord:
    absences = {name: told for name, told in record.absences.items() if not presences[name].is_there}
    if absences == record.absences:
        return record
    held = [finding for finding in record.withheld if finding.needs not in absences]
    found, examined = dict(record.found), dict(record.examined)
    for finding in held:
        found[finding.requirement] = found.get(finding.requirement, 0) + 1
        examined[finding.requirement] = max(examined.get(finding.requirement, 0), 1)
    outcome, reason = record.outcome, record.reason
    if outcome == Outcome.UNSUPPORTED and reason not in absences.values():
        absence = next(iter(absences.values()), None)
        outcome = str(Outcome.UNSUPPORTED if absence else Outcome.INCONCLUSIVE)
        reason = absence or f"{reason}, and otherwise in other scenarios"
    return replace(
        record,
        outcome=outcome,
        reason=reason,
        absences=absences,
        withheld=[],
        findings=[*record.findings, *held],
        found=found,
        examined=examined,
    )


def table(records: Sequence[ScenarioRecord], contract: Contract) -> tuple[OperationLine, ...]:
    """Every operation of the contract, and whether it is there."""
    presences = merged_presences(records)
    return tuple(
        OperationLine(operation.operation_id, operation.label, _word(presences.get(operation.operation_id)))
        for operation in contract.operations
    )


def _word(presence: Presence | None) -> str:
    if presence is None:
        return NOT_ASKED
    return str(Presence.THERE if presence.is_there else presence)
