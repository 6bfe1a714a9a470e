"""From what the scenarios brought to one verdict per requirement."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import filter

from conformance.checks import all_checks
from conformance.contract import Contract, Level, Requirement
from conformance.report.model import EvidenceLine, Exhibit, Result, StateSeen, WireLine
from conformance.report.verdict import Verdict
from conformance.session.attempt import FindingRecord, Outcome, ScenarioRecord, merged_presences
from conformance.session.selection import Selection, kills, real_traffic
from conformance.session.selection import load as load_coverage
from conformance.trace.presence import Presence

SHOWN_PER_REQUIREMENT = 20
"""Findings of one requirement that a report keeps whole, over all scenarios; the rest are counted."""

_UNDECIDED = {
    Outcome.INCONCLUSIVE: Verdict.INCONCLUSIVE,
    Outcome.UNANSWERED: Verdict.INCONCLUSIVE,
    Outcome.UNSUPPORTED: Verdict.UNSUPPORTED,
    Outcome.NOT_OFFERED: Verdict.NOT_EXERCISED,
    Outcome.ERROR: Verdict.ERROR,
}
_SHARED = "a recording does not show what other clients did: with --sole-client it fails"
# Why nothing was examined, with whether the scenario went through: what tells most comes first.
_TELLING = (
    (Verdict.ERROR, False),
    (Verdict.INCONCLUSIVE, False),
    (Verdict.UNSUPPORTED, False),
    (Verdict.INCONCLUSIVE, True),
    (Verdict.NOT_EXERCISED, False),
)


@dataclass(frozen=True)
class Material:
    """What the results are made from."""

    records: Sequence[ScenarioRecord]
    rerun: str | None
    timeless: bool
    audit: bool
    by_hand: bool
    presences: dict[str, Presence]


def decide(
    contract: Contract,
    records: Sequence[ScenarioRecord],
    selection: Selection,
    *,
    rerun: str | None = None,
    replay: bool = False,
    audit: bool = False,
    ended: bool = False,
) -> tuple[Result, ...]:
    """One result per requirement of the registry that was asked for, in registry order.

    `rerun` is the command that judges one thing again, up to its name; None where nothing can be run again. In an
    `audit` the records are files, which no scenario was to fill, and they are shown without a command that repeats a
    request: a recording must not aim the reader's key at a host of its own choice. So are those of an endpoint that has
    `ended` with its run.
    """
    broken = _broken_requirements(records, list(contract.requirements))
    material = Material(
        records, rerun, replay or audit, audit, not (replay or audit or ended), merged_presences(records)
    )
    unmeasured = [record for record in records if record.scenario in selection.unmeasured]
    met = {name for record in unmeasured for name in (*record.examined, *record.found)}
    return tuple(
        _result(requirement, material, broken.get(requirement.id))
        for requirement in contract.requirements.values()
        if selection.reports(requirement.id) or requirement.id in met
    )


def _broken_requirements(records: Sequence[ScenarioRecord], requirements: Sequence[str]) -> dict[str, str]:
    """Requirements whose check raised, with the reason."""
    broken: dict[str, str] = {}
    for record in records:
        for name, reason in record.crashed.items():
            for pattern in all_checks()[name].requirements:
                for requirement in filter(requirements, pattern):
                    broken.setdefault(requirement, f"the check {name} broke in {record.scenario}: {reason}")
    return broken


def _result(requirement: Requirement, material: Material, crash: str | None) -> Result:
    missing = _missing_feature(requirement, material)
    name, records = requirement.id, () if missing else material.records
    told = [(record, finding) for record in records for finding in record.findings if finding.requirement == name]
    examined = sum(record.examined.get(name, 0) for record in records)
    failing = [record for record, _ in told if not (requirement.closed and record.shared)]
    verdict, reason = missing or _verdict(requirement, bool(told), bool(failing), examined, material, crash)
    return Result(
        requirement=name,
        area=requirement.area,
        level=requirement.level,
        rule=requirement.rule,
        evidence=tuple(EvidenceLine(source.evidence, source.pointer) for source in requirement.sources),
        verdict=verdict,
        examined=examined,
        reason=reason,
        exhibits=tuple(_exhibit(record, finding, material) for record, finding in told[:SHOWN_PER_REQUIREMENT]),
        findings_total=sum(record.found.get(name, 0) for record in records),
        sources=tuple(record.scenario for record in records if name in record.examined or name in record.found),
        kills=kills().get(name, 0),
        real_exchanges=real_traffic().examined.get(name, 0),
    )


def _missing_feature(requirement: Requirement, material: Material) -> tuple[Verdict, str] | None:
    """That nothing is judged, where the feature that a rule is about was asked for and never worked."""
    needs = requirement.needs
    presence = material.presences.get(needs) if needs else None
    if presence is None or presence is Presence.ACCEPTED:
        return None
    return Verdict.UNSUPPORTED, f"{needs} {'was never accepted' if presence.is_there else 'is not there'}"


def _verdict(
    requirement: Requirement, violated: bool, certain: bool, examined: int, material: Material, crash: str | None
) -> tuple[Verdict, str | None]:
    if certain and requirement.level is Level.MUST:
        return Verdict.FAIL, None
    if crash:
        return Verdict.ERROR, crash
    if violated and requirement.level is Level.MUST:
        return Verdict.WARN, _SHARED
    if violated and requirement.level is Level.SHOULD:
        return Verdict.WARN, None
    if examined:
        return Verdict.PASS, None
    if requirement.untestable:
        return Verdict.NOT_EXERCISED, f"cannot be tested from outside: {requirement.untestable}"
    if requirement.live_only and material.timeless:
        return Verdict.NOT_EXERCISED, "only real arrival or overlap times can show it: run against a live endpoint"
    if material.audit:
        return Verdict.NOT_EXERCISED, "the recordings hold nothing to examine it on"
    return _undecided(requirement, material.records)


def _undecided(requirement: Requirement, records: Sequence[ScenarioRecord]) -> tuple[Verdict, str | None]:
    """Why nothing was examined: what became of the scenarios that would have."""
    telling = telling_record(requirement.id, records)
    if telling is None:
        known = any(requirement.id in ids for ids in load_coverage().values())
        return Verdict.NOT_EXERCISED, "its scenarios were not run" if known else "no scenario exercises it yet"
    verdict, _, reason = _fate(telling)
    return verdict, reason


def telling_record(requirement: str, records: Sequence[ScenarioRecord]) -> ScenarioRecord | None:
    """The record that tells why a requirement was not examined in any; None where no scenario was to examine it."""
    coverage = load_coverage()
    concerned = [record for record in records if requirement in coverage.get(record.scenario, ())]
    return min(concerned, key=lambda record: _TELLING.index(_fate(record)[:2]), default=None)


def _fate(record: ScenarioRecord) -> tuple[Verdict, bool, str]:
    """What a scenario in which nothing was examined says of its requirements, whether it went through, and why."""
    name = record.scenario
    if record.outcome != Outcome.COMPLETED:
        return _UNDECIDED[Outcome(record.outcome)], False, f"{name}: {record.reason}"
    if record.absences:
        return Verdict.UNSUPPORTED, False, f"{name}: {next(iter(record.absences.values()))}"
    return Verdict.INCONCLUSIVE, True, f"the answers in {name} gave nothing to examine"


def _exhibit(record: ScenarioRecord, finding: FindingRecord, material: Material) -> Exhibit:
    return Exhibit(
        source=record.scenario,
        exchange=finding.exchange,
        line=finding.line,
        event=finding.event,
        pointer=finding.pointer,
        expected=finding.expected,
        actual=finding.actual,
        wire=tuple(WireLine(text, marked) for text, marked in finding.wire),
        curl=finding.curl if material.by_hand else None,
        states=tuple(StateSeen(*state) for state in finding.states),
        rerun=f"{material.rerun} {record.scenario}" if material.rerun else None,
        seen=finding.seen,
        repeats=record.repeats,
    )
