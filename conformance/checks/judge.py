"""Trace and contract in, verdict material out: runs every check over a trace and keeps what it examined and found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.checks import Check, Examined, Finding, all_checks
from conformance.contract import Contract
from conformance.trace.index import Index
from conformance.trace.trace import Trace


@dataclass(frozen=True)
class Judgement:
    """What the checks made of one trace of so many answered exchanges, `accepted` of them with a 2xx status.

    `examined` counts subjects by requirement id, `witnesses` the exchanges that they were in. `findings` are in order
    of requirement and place. `crashed` names checks that raised, with the reason: their requirements are `error`,
    never a pass.
    """

    source: str
    exchanges: int
    streams: int
    examined: Counter[str] = field(default_factory=Counter)
    findings: tuple[Finding, ...] = ()
    crashed: dict[str, str] = field(default_factory=dict)
    witnesses: Counter[str] = field(default_factory=Counter)
    accepted: int = 0

    @property
    def subjects(self) -> int:
        """How many subjects were examined, over all requirements."""
        return self.examined.total()


def judge(trace: Trace, contract: Contract, checks: Iterable[Check] | None = None) -> Judgement:
    """Judge one trace with the given checks (all, unless told otherwise).

    A rule dated by `since` or `until` is applied by the date of the exchange it was examined in; rules that only times
    can show are left out where the trace's times are not real. Expectations stated by the trace's driver are judged
    like checks. A check that raises does not stop the others.
    """
    examined: Counter[str] = Counter()
    index = Index(trace, contract)
    seen_in: set[tuple[str, int]] = set()
    findings: list[Finding] = []
    crashed: dict[str, str] = {}
    dates = {exchange.number: exchange.date.date() if exchange.date else None for exchange in trace.exchanges}

    def admits(requirement_id: str, exchange: int) -> bool:
        requirement = contract.requirements[requirement_id]
        return (trace.live or not requirement.live_only) and requirement.applies(dates.get(exchange))

    for check in all_checks().values() if checks is None else checks:
        try:
            for seen in check.function(index):
                match seen:
                    case Examined(requirement, exchange, count) if admits(requirement, exchange):
                        examined[requirement] += count
                        seen_in.add((requirement, exchange))
                    case Finding(requirement, where) if admits(requirement, where.exchange):
                        findings.append(seen)
        except Exception as problem:  # a crashing check must not take the others' verdicts with it
            crashed[check.name] = f"{type(problem).__name__}: {problem}"

    for expectation in trace.expectations:
        if admits(expectation.requirement, expectation.where.exchange):
            examined[expectation.requirement] += 1
            seen_in.add((expectation.requirement, expectation.where.exchange))
            if expectation.actual is not None:
                findings.append(
                    Finding(expectation.requirement, expectation.where, expectation.expected, expectation.actual)
                )

    unique = sorted(set(findings), key=_order)
    return Judgement(
        source=trace.source,
        exchanges=sum(1 for _ in trace.answered),
        accepted=sum(1 for exchange in trace.answered if exchange.ok),
        streams=sum(1 for _ in trace.streams),
        examined=examined,
        witnesses=Counter(requirement for requirement, _ in seen_in),
        findings=tuple(unique),
        crashed=crashed,
    )


def _order(finding: Finding) -> tuple[str | int, ...]:
    where = finding.where
    return finding.requirement, where.exchange, where.event or 0, where.pointer, finding.expected, finding.actual
