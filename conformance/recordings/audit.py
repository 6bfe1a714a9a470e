"""Judging recordings that somebody else made: which rows are judged, as which traces, and what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import chain, groupby
from pathlib import Path

from conformance.checks.judge import Judgement, judge
from conformance.contract import Contract
from conformance.recordings import Recording, Row, UnreadableRecording, label_of, read
from conformance.recordings.find import find_named
from conformance.report.model import Skipped
from conformance.trace.exchange import Exchange
from conformance.trace.index import Index
from conformance.trace.presence import NoRoute, Presence, absence_of, absent_calls
from conformance.trace.presence import presences as presences_of
from conformance.trace.trace import Trace

EPISODE = timedelta(hours=1)
"""Two exchanges of one cassette that lie further apart were not made in one sitting."""

_STEP_BACK = timedelta(minutes=1)  # recorders note the end of an exchange, in whole seconds, so a little is normal


@dataclass(frozen=True)
class JudgedTrace:
    """One trace and what the checks made of it; the trace has its exchanges only where there is something to show.

    `presences` tells of each operation that was asked for whether it is there, `absences` why it is not.
    """

    trace: Trace
    judgement: Judgement
    presences: dict[str, Presence] = field(default_factory=dict)
    absences: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class AuditedFile:
    """How one file went: its rows, what of them was judged, what was not; `unreadable` says why nothing was read."""

    name: str
    format: str = ""
    rows: int = 0
    exchanges: int = 0
    streams: int = 0
    subjects: int = 0
    findings: int = 0
    skipped: tuple[Skipped, ...] = ()
    unreadable: str | None = None


@dataclass
class AuditOutcome:
    """What an audit came to, in the order in which the files were found."""

    files: list[AuditedFile] = field(default_factory=list)
    judged: list[JudgedTrace] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    unreadable: list[UnreadableRecording] = field(default_factory=list)

    @property
    def judgements(self) -> list[Judgement]:
        """What the checks made of each trace."""
        return [judged.judgement for judged in self.judged]

    @property
    def accepted(self) -> int:
        """How many of them had a 2xx status."""
        return sum(judgement.accepted for judgement in self.judgements)

    @property
    def exchanges(self) -> int:
        """How many answered exchanges were judged."""
        return sum(judgement.exchanges for judgement in self.judgements)

    @property
    def streams(self) -> int:
        """How many of them were event streams."""
        return sum(judgement.streams for judgement in self.judgements)

    @property
    def subjects(self) -> int:
        """How many subjects the checks examined."""
        return sum(judgement.subjects for judgement in self.judgements)

    @property
    def reasons(self) -> Counter[str]:
        """How many rows were left out, by reason."""
        counted: Counter[str] = Counter()
        for skipped in self.skipped:
            counted[skipped.reason] += skipped.count
        return counted


def audit(
    paths: Iterable[Path],
    contract: Contract,
    on_file: Callable[[AuditedFile], None] = lambda _: None,
    outcome: AuditOutcome | None = None,
) -> AuditOutcome:
    """Judge every recording in files and folders; a file that cannot be read does not stop the others.

    `on_file` is told of each file when it is done. Only one file is in memory at a time, and of the traces before it
    those with findings. Never raises for what is in the files. What was judged before an interruption is in the
    `outcome` that was passed in.
    """
    outcome = AuditOutcome() if outcome is None else outcome
    for path, name in find_named(paths):
        try:
            recording = read(path)
        except UnreadableRecording as problem:
            outcome.unreadable.append(problem)
            done = AuditedFile(name, unreadable=problem.reason)
        else:
            done = _judge_file(recording, name, contract, outcome)
        outcome.files.append(done)
        on_file(done)
    return outcome


def _judge_file(recording: Recording, name: str, contract: Contract, outcome: AuditOutcome) -> AuditedFile:
    rows, skipped = select(recording, contract, name)
    judgements = []
    found = list(traces(recording, rows, name))
    no_route = NoRoute(contract, _beside_the_surface(recording, contract))
    calls = [list(Index(trace, contract).calls) for trace in found]
    presences = presences_of(chain.from_iterable(calls), no_route)
    for trace, own in zip(found, calls, strict=True):
        missed = absent_calls(own, presences, no_route)
        trace = replace(trace, absent=trace.absent | {call.number for call in missed})
        judgement = judge(trace, contract)
        shown = bool(judgement.findings or judgement.crashed)
        absences = {call.operation: absence_of(call) for call in reversed(missed)}
        trace = trace if shown else replace(trace, exchanges=())
        outcome.judged.append(JudgedTrace(trace, judgement, presences, absences))
        judgements.append(judgement)
    outcome.skipped += skipped
    return AuditedFile(
        name,
        recording.format,
        rows=len(recording.rows),
        exchanges=sum(judgement.exchanges for judgement in judgements),
        streams=sum(judgement.streams for judgement in judgements),
        subjects=sum(judgement.subjects for judgement in judgements),
        findings=sum(len(judgement.findings) for judgement in judgements),
        skipped=tuple(skipped),
    )


def _beside_the_surface(recording: Recording, contract: Contract) -> list[Exchange]:
    """The refused requests for paths that are no operation: how this endpoint says that there is no such route."""
    return [
        row.exchange
        for row in recording.rows
        if row.exchange.response is not None
        and row.exchange.response.status in (404, 405, 501)
        and not _on_surface(row, contract)
    ]


def select(recording: Recording, contract: Contract, name: str) -> tuple[list[Row], list[Skipped]]:
    """(rows to judge, what is left out and why) of a recording that is reported as `name`.

    A cassette of ours is judged whole: it holds one trace, and what it sent wrongly it sent on purpose.
    """
    if recording.session is not None:
        return list(recording.rows), []
    kept: list[Row] = []
    left_out: Counter[str] = Counter()
    other_apis = 0
    for row in recording.rows:
        reason = _reason_against(row)
        if reason is not None:
            left_out[reason] += 1
        elif not _on_surface(row, contract):
            other_apis += 1
        else:
            kept.append(row)
    skipped = [Skipped(name, reason, count) for reason, count in left_out.items()]
    if other_apis:
        skipped.append(Skipped(name, "not an operation of the Assistants API", other_apis))
    return kept, skipped


def _reason_against(row: Row) -> str | None:
    if row.api_version == "v1":
        return "a request for version 1 of the API"
    return row.remark or ("hand-written" if row.handwritten else None)


def _on_surface(row: Row, contract: Contract) -> bool:
    request = row.exchange.request
    return contract.operations.match(request.method, request.path) is not None


def traces(recording: Recording, rows: Iterable[Row], name: str) -> Iterator[Trace]:
    """The traces that the rows of a recording are, in the order of the file.

    A cassette is a trace. Cassettes are never merged: ruby-openai's files follow one another by name, not by time, and
    runs would seem to go back from `in_progress` to `queued`. A cassette that was added to later is several traces,
    one for each sitting, told by the dates.
    """
    grouped: dict[str, list[Row]] = {}
    for row in rows:
        grouped.setdefault(row.label, []).append(row)
    own = label_of(recording.path)
    for label, cassette in grouped.items():
        source = name if label == own else label
        if recording.session is not None:
            session = recording.session
            yield Trace(
                source,
                tuple(row.exchange for row in cassette),
                session.base_path,
                session.live,
                session.expectations,
                session.absent,
            )
            continue
        for sitting in _sittings(cassette):
            yield Trace(source, tuple(row.exchange for row in sitting))


def _sittings(rows: list[Row]) -> Iterator[list[Row]]:
    number = 0
    numbers: list[int] = []
    last = None
    for row in rows:
        date = row.exchange.date
        if date is not None:
            if last is not None and not -_STEP_BACK <= date - last <= EPISODE:
                number += 1
            last = date
        numbers.append(number)
    for _, sitting in groupby(zip(numbers, rows, strict=True), key=lambda pair: pair[0]):
        yield [row for _, row in sitting]
