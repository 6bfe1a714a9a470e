"""Trace and contract in, verdict material out: runs every check over a trace and keeps what it examined and found."""

import gc
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from conformance.checks import Check, Finding, all_checks
from conformance.checks.shared.accepted_invalid import AcceptedInvalid
from conformance.contract import Contract, Requirement
from conformance.trace.index import Index
from conformance.trace.trace import Trace

_DENSE = 4
"""Numbers of exchanges up to so many times their count are dense."""


@dataclass(frozen=True)
class Judgement:
    """What the checks made of one trace of so many answered exchanges, `accepted` of them with a 2xx status.

    `examined` counts subjects by requirement id, `witnesses` the exchanges that they were in. `findings` are in order
    of requirement and place. `crashed` names checks that raised, with the reason: their requirements are `error`,
    never a pass. `found_by` has the name of the check for each finding, or the area of what the driver stated.
    """

    source: str
    exchanges: int
    streams: int
    examined: Counter[str] = field(default_factory=Counter)
    findings: tuple[Finding, ...] = ()
    crashed: dict[str, str] = field(default_factory=dict)
    witnesses: Counter[str] = field(default_factory=Counter)
    accepted: int = 0
    found_by: dict[Finding, str] = field(default_factory=dict)

    @property
    def subjects(self) -> int:
        """How many subjects were examined, over all requirements."""
        return self.examined.total()


def judge(trace: Trace, contract: Contract, checks: Iterable[Check] | None = None) -> Judgement:
    """Judge one trace with the given checks (all, unless told otherwise).

    A rule dated by `since` or `until` is applied by the date of the exchange it was examined in; rules that only times
    can show are left out where the trace's times are not real. Expectations stated by the trace's driver are judged
    like checks. A check that raises does not stop the others. What came of requests that were to be refused is judged
    by the checks of requests alone. Nothing is examined or found in the trace's context.
    """
    index = Index(trace, contract)
    tallies = _Tallies(trace, contract)
    known, crashed = tallies.by_requirement, dict[str, str]()
    with _uncollected():
        accepted = index.view(AcceptedInvalid)
        for check in all_checks().values() if checks is None else checks:
            left_out = trace.context if check.of_requests else trace.context | accepted.exchanges
            try:
                for seen in check.function(index):
                    if isinstance(seen, Finding):
                        if seen.where.exchange not in trace.context and not _is_left_out(seen, check, accepted):
                            tallies.find(seen, check.name)
                        continue
                    requirement, exchange, subjects = seen
                    if left_out and exchange in left_out:
                        continue
                    tally = known.get(requirement)
                    if tally is None or tally.conditional:
                        tallies.examine(requirement, exchange, subjects)
                    else:  # some fifty times an exchange: without a call
                        tally.count += subjects
                        tally.seen[exchange] = 1
            except Exception as problem:  # a crashing check must not take the others' verdicts with it
                crashed[check.name] = f"{type(problem).__name__}: {problem}"
    for stated in trace.expectations:
        if stated.where.exchange in trace.absent or accepted.covers(stated.where):
            continue
        tallies.examine(stated.requirement, stated.where.exchange, 1)
        if stated.actual is not None:
            area = contract.requirements[stated.requirement].area
            tallies.find(Finding(stated.requirement, stated.where, stated.expected, stated.actual), area)
    index.release()
    for finding in tallies.findings:  # what was examined may lie in an answer that is left out
        if not tallies.by_requirement[finding.requirement].count:
            tallies.examine(finding.requirement, finding.where.exchange, 1)

    answered = [exchange for exchange in trace.answered if exchange.number not in trace.context]
    return Judgement(
        source=trace.source,
        exchanges=len(answered),
        accepted=sum(exchange.ok for exchange in answered),
        streams=sum(1 for exchange in answered if exchange.response is not None and exchange.response.is_stream),
        examined=Counter({name: tally.count for name, tally in tallies.by_requirement.items() if tally.count}),
        witnesses=Counter({name: tally.witnesses for name, tally in tallies.by_requirement.items() if tally.count}),
        findings=tuple(sorted(tallies.findings, key=_order)),
        found_by=tallies.findings,
        crashed=crashed,
    )


def _is_left_out(finding: Finding, check: Check, accepted: AcceptedInvalid) -> bool:
    """Whether a finding is of what an accepted invalid request came to, or of an object that others made.

    How a list stands to the objects of others is the list's affair.
    """
    if check.of_requests:
        return False
    return accepted.covers(finding.where) or (check.area != "lists" and accepted.is_of_others(finding.where))


@contextmanager
def _uncollected() -> Iterator[None]:
    """No search for unreachable cycles meanwhile: what is worked out of a large trace lives on, and is no cycle.

    Each search walks all of it again: at 100,000 exchanges that took longer than the checks.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


class _Tally:
    """What was examined under one requirement; `seen` holds a 1 for the number of each exchange it was examined in.

    Numbers that lie far apart, as in a portion of a long feed, are kept one by one.
    """

    __slots__ = ("conditional", "count", "dated", "never", "requirement", "seen")

    def __init__(self, requirement: Requirement, trace: Trace, size: int) -> None:
        self.requirement = requirement
        self.never = requirement.live_only and not trace.live
        self.dated = requirement.since is not None or requirement.until is not None
        self.conditional = self.never or self.dated
        self.count = 0
        sparse = size > _DENSE * len(trace.exchanges)
        self.seen: bytearray | dict[int, int] = {} if sparse else bytearray(size)

    @property
    def witnesses(self) -> int:
        """In how many exchanges something was examined."""
        return len(self.seen) if isinstance(self.seen, dict) else self.seen.count(1)


class _Tallies:
    """Subjects and findings by requirement, without those that a requirement's dates or a trace's times rule out."""

    def __init__(self, trace: Trace, contract: Contract) -> None:
        self.by_requirement: dict[str, _Tally] = {}
        self.findings: dict[Finding, str] = {}  # each with the check that found it
        self._trace = trace
        self._requirements = contract.requirements
        self._size = 1 + max((exchange.number for exchange in trace.exchanges), default=0)

    def examine(self, requirement: str, exchange: int, count: int) -> None:
        """Take note of subjects; raises KeyError for a requirement that does not exist."""
        tally = self.by_requirement.get(requirement) or self._tally(requirement)
        if tally.never or (tally.dated and not self._applies(tally, exchange)):
            return
        tally.count += count
        tally.seen[exchange] = 1

    def find(self, finding: Finding, check: str) -> None:
        """Take note of a finding of a check; raises KeyError for a requirement that does not exist."""
        tally = self.by_requirement.get(finding.requirement) or self._tally(finding.requirement)
        if not tally.never and (not tally.dated or self._applies(tally, finding.where.exchange)):
            self.findings.setdefault(finding, check)

    def _tally(self, requirement: str) -> _Tally:
        made = self.by_requirement[requirement] = _Tally(self._requirements[requirement], self._trace, self._size)
        return made

    def _applies(self, tally: _Tally, number: int) -> bool:
        return tally.requirement.applies(self._trace.exchange(number).day)


def _order(finding: Finding) -> tuple[str | int, ...]:
    where = finding.where
    return finding.requirement, where.exchange, where.event or 0, where.pointer, finding.expected, finding.actual
