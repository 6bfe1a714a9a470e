"""Long feeds as records: judged portion by portion, and summed up as the portions come."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from conformance import contract
from conformance.contract import Contract
from conformance.recordings.audit import AuditedFile, AuditOutcome, JudgedTrace, broken_entries, judge_portion
from conformance.recordings.feed import Feed, FeedPortion
from conformance.recordings.grouping import Grouping
from conformance.report.model import Skipped
from conformance.session.attempt import (
    KEPT_PER_REQUIREMENT,
    FindingRecord,
    ScenarioRecord,
    SignRecord,
    record,
    withheld_findings,
)
from conformance.session.engines import Engine
from conformance.session.presence import settle
from conformance.trace.presence import stronger
from conformance.trace.window import GivenUp

PLACES_KEPT = 10_000
"""Places of the findings of one trace that are kept to tell their causes; of those beyond, what is of a new kind is."""
WITHHELD_KEPT = 1_000
"""Findings of one trace that are kept in case that their operation is there after all."""


@dataclass(frozen=True)
class PortionRecord:
    """What came of one portion: a record for each trace, and how its rows went."""

    records: tuple[ScenarioRecord, ...]
    file: AuditedFile


@dataclass(frozen=True)
class Progress:
    """How far a feed is: bytes read, of so many (None: nobody knows), exchanges judged and findings."""

    read: int
    size: int | None
    exchanges: int
    findings: int


def record_portion(portion: FeedPortion) -> PortionRecord:
    """Judge a portion, in whatever process; the contract is read there once."""
    return _recorded(portion, contract.load())


def recorded(judged: JudgedTrace, loaded: Contract) -> ScenarioRecord:
    """The record of a judged trace, with what it tells of operations."""
    waiting = withheld_findings(judged.trace, loaded)
    made = record(judged.trace, judged.judgement, loaded, withheld=waiting)
    return replace(made, presences=judged.presences, absences=judged.absences)


def _recorded(portion: FeedPortion, loaded: Contract) -> PortionRecord:
    traces, file = judge_portion(portion, loaded)
    return PortionRecord(tuple(recorded(judged, loaded) for judged in traces), file)


@dataclass
class FeedAudit:
    """Judges feeds with an engine, and keeps what came of them in an `outcome` and as `records`.

    `portions` counts what was judged, `given_up` what the portions could not hold together.
    """

    contract: Contract
    outcome: AuditOutcome
    engine: Engine
    grouping: Grouping = Grouping.FOUND
    base_path: str | None = None
    on_progress: Callable[[Progress], None] = lambda _: None
    records: list[ScenarioRecord] = field(default_factory=list)
    portions: int = 0
    given_up: GivenUp = field(default_factory=GivenUp)

    def __call__(self, feed: Feed, name: str) -> None:
        """Judge a feed to its end; what was judged before an interruption is kept."""
        sums: dict[str, RecordSum] = {}
        file = AuditedFile(name, "JSON lines of exchanges")
        skipped: Counter[str] = Counter()
        work = feed.portions(self.contract, name, self.grouping, self.base_path)
        try:
            with _ending(feed), closing(work), closing(self.engine.map(record_portion, work)) as results:
                for made in results:
                    self.portions += 1
                    for one in made.records:
                        sums.setdefault(one.scenario, RecordSum(one.scenario)).add(one)
                    for row in made.file.skipped:
                        skipped[row.reason] += row.count
                    file = _added(file, made.file)
                    self.on_progress(Progress(feed.read, feed.size, file.exchanges, file.findings))
        finally:
            left_out = [Skipped(name, reason, count) for reason, count in skipped.items()]
            left_out += broken_entries(feed.broken, name, feed.broken_more)
            if not feed.rows and not left_out:
                left_out.append(Skipped(name, "it holds no exchange"))
            self.outcome.files.append(replace(file, rows=feed.rows, traces=len(sums), skipped=tuple(left_out)))
            self.outcome.skipped += left_out
            self.records += (one for each in sums.values() for one in settle([each.record]))
            self.given_up += feed.given_up


def _added(file: AuditedFile, more: AuditedFile) -> AuditedFile:
    return replace(
        file,
        exchanges=file.exchanges + more.exchanges,
        streams=file.streams + more.streams,
        subjects=file.subjects + more.subjects,
        findings=file.findings + more.findings,
    )


class RecordSum:
    """The record of a trace whose portions come one by one; it grows with what is wrong alone, up to a limit."""

    def __init__(self, name: str) -> None:
        self._sum = ScenarioRecord(name, "completed")
        self._signs: dict[tuple[str, Any], SignRecord] = {}
        self._places = 0
        self._examined: Counter[str] = Counter()
        self._found: Counter[str] = Counter()
        self._kept: Counter[str] = Counter()

    def add(self, one: ScenarioRecord) -> None:
        """Take in the record of the next portion."""
        made = self._sum
        made.exchanges += one.exchanges
        made.unanswered += one.unanswered
        made.accepted += one.accepted
        made.streams += one.streams
        self._examined.update(one.examined)
        self._found.update(one.found)
        for finding in one.findings:
            if self._kept[finding.requirement] < KEPT_PER_REQUIREMENT:
                self._kept[finding.requirement] += 1
                made.findings.append(finding)
        made.withheld += one.withheld[: WITHHELD_KEPT - len(made.withheld)]
        made.crashed = one.crashed | made.crashed
        made.absences = made.absences | {name: told for name, told in one.absences.items() if name not in made.absences}
        for operation, presence in one.presences.items():
            made.presences[operation] = stronger(made.presences.get(operation), presence)
        made.refused = sorted({*made.refused, *one.refused})
        made.served = sorted({*made.served, *one.served})
        room = self._places < PLACES_KEPT
        for row in one.signs:
            known = self._signs.get((row.requirement, row.sign))
            if known is None:
                self._signs[row.requirement, row.sign] = replace(row, places=list(row.places))
            else:
                known.count += row.count
                known.places += row.places if room else ()
            self._places += len(row.places)

    @property
    def record(self) -> ScenarioRecord:
        """What all portions come to so far."""
        signs = sorted(self._signs.values(), key=lambda row: (row.sign, row.places[:1]))
        findings = sorted(self._sum.findings, key=_place)
        examined, found = dict(self._examined), dict(self._found)
        return replace(self._sum, examined=examined, found=found, findings=findings, signs=signs)


def _place(finding: FindingRecord) -> tuple[str, int, int, str]:
    return finding.requirement, finding.exchange, finding.event or 0, finding.pointer


@contextmanager
def _ending(feed: Feed) -> Iterator[None]:
    """Let the first signal end a followed feed, whose rows are then judged to the last."""
    if not feed.follow:
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def end(*_: object) -> None:
        feed.ended = True
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
