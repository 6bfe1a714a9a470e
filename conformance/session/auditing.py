"""Long feeds as records: judged portion by portion, and summed up as the portions come."""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace

from conformance import contract
from conformance.contract import Contract
from conformance.recordings.audit import AuditedFile, AuditOutcome, broken_entries, judge_portion
from conformance.recordings.feed import Feed, FeedPortion
from conformance.recordings.formats import lines
from conformance.recordings.grouping import Grouping
from conformance.report.conclusion import counted
from conformance.report.model import Skipped
from conformance.session.attempt import ScenarioRecord, united
from conformance.session.audit_report import trace_record
from conformance.session.engines import Engine
from conformance.session.presence import settle
from conformance.trace.window import GivenUp

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
    loaded = contract.load()
    traces, file = judge_portion(portion, loaded)
    return PortionRecord(tuple(trace_record(judged, loaded) for judged in traces), file)


@dataclass
class FeedSum:
    """What portions of one feed come to: a record for each trace, and how the rows of the file went."""

    name: str
    portions: int = 0
    traces: dict[str, ScenarioRecord] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.file = AuditedFile(self.name, lines.NAME)

    def add(self, made: PortionRecord) -> None:
        """Take in what came of the next portion."""
        self.portions += 1
        for one in made.records:
            self.traces[one.scenario] = _sum(self.traces.get(one.scenario), one)
        for row in made.file.skipped:
            self.reasons[row.reason] += row.count
        self.file = added(self.file, made.file)

    @property
    def records(self) -> list[ScenarioRecord]:
        """The record of each trace."""
        return [settled for one in self.traces.values() for settled in settle([one])]

    @property
    def skipped(self) -> list[Skipped]:
        """The rows that were not judged, by reason."""
        return [Skipped(self.name, reason, count) for reason, count in self.reasons.items()]


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

    @property
    def notes(self) -> tuple[str, ...]:
        """What judging in portions gave up, in words."""
        return notes_on(self.portions, self.given_up)

    def __call__(self, feed: Feed, name: str) -> None:
        """Judge a feed to its end; what was judged before an interruption is kept."""
        so_far = FeedSum(name)
        work = feed.portions(self.contract, name, self.grouping, self.base_path)
        try:
            with _ending(feed), closing(work), closing(self.engine.map(record_portion, work)) as results:
                for made in results:
                    so_far.add(made)
                    self.on_progress(Progress(feed.read, feed.size, so_far.file.exchanges, so_far.file.findings))
        finally:
            feed.close()
            left_out = [*so_far.skipped, *broken_entries(name, feed.broken, feed.rows, feed.broken_more)]
            file = replace(so_far.file, rows=feed.rows, traces=len(so_far.traces), skipped=tuple(left_out))
            self.outcome.files.append(file)
            self.outcome.skipped += left_out
            self.records += so_far.records
            self.portions += so_far.portions
            self.given_up += feed.given_up


def added(file: AuditedFile, more: AuditedFile) -> AuditedFile:
    """A file with what was judged of its next rows."""
    return replace(
        file,
        exchanges=file.exchanges + more.exchanges,
        streams=file.streams + more.streams,
        subjects=file.subjects + more.subjects,
        findings=file.findings + more.findings,
    )


def notes_on(portions: int, given_up: GivenUp) -> tuple[str, ...]:
    """What judging in so many portions gave up, in words."""
    if portions < 2:
        return ()
    lost = ["objects of different threads, files and lists are compared within one"]
    if given_up.returned:
        lost.append(f"{counted(given_up.returned, 'thread')} went on after that was judged")
    if given_up.forgotten:
        lost.append(f"{given_up.forgotten:,} times a forgotten assistant, file or store was used again")
    return (f"judged in {portions:,} portions: {'; '.join(lost)}",)


def _sum(so_far: ScenarioRecord | None, one: ScenarioRecord) -> ScenarioRecord:
    """The record of a trace, after its next portion; it grows with what is wrong alone, up to a limit."""
    if so_far is None:
        return one
    (whole,) = united([so_far, one])
    return replace(whole, withheld=(so_far.withheld + one.withheld)[:WITHHELD_KEPT])


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
