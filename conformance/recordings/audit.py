"""Judging recordings that somebody else made: which rows are judged, as which traces, and what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.checks.judge import Judgement, judge
from conformance.contract import Contract
from conformance.recordings import Recording, UnreadableRecording, label_of, read
from conformance.recordings.find import find_named
from conformance.recordings.readings import Reading, readings
from conformance.recordings.selection import Selection, dated
from conformance.recordings.sittings import sittings
from conformance.report.model import Skipped
from conformance.trace.trace import Trace


@dataclass(frozen=True)
class JudgedTrace:
    """One trace and what the checks made of it; the trace has its exchanges only where there is something to show."""

    trace: Trace
    judgement: Judgement


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
    base_path: str | None = None,
) -> AuditOutcome:
    """Judge every recording in files and folders; a file that cannot be read does not stop the others.

    `on_file` is told of each file when it is done. Only one file is in memory at a time, and of the traces before it
    those with findings. `base_path` is the path under which all of them have the API, None for finding it out.
    Never raises for what is in the files. What was judged before an interruption is in the `outcome` passed in.
    """
    outcome = AuditOutcome() if outcome is None else outcome
    for path, name in find_named(paths):
        try:
            recording = read(path)
        except UnreadableRecording as problem:
            outcome.unreadable.append(problem)
            done = AuditedFile(name, unreadable=problem.reason)
        else:
            done = _judge_file(recording, name, contract, outcome, base_path)
        outcome.files.append(done)
        on_file(done)
    return outcome


def _judge_file(
    recording: Recording, name: str, contract: Contract, outcome: AuditOutcome, base_path: str | None
) -> AuditedFile:
    judgements = []
    skipped: list[Skipped] = []
    for trace, ways in _read(recording, name, contract, base_path, skipped):
        judgement = _judged_in_every_reading(trace, ways, contract)
        known = bool(judgement.findings or judgement.crashed)
        outcome.judged.append(JudgedTrace(trace if known else replace(trace, exchanges=()), judgement))
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


def _judged_in_every_reading(trace: Trace, ways: list[Reading], contract: Contract) -> Judgement:
    """What the checks make of a trace, without what depends on values that its recorder hid or left out.

    A finding that does not stand in every reading is neither a finding nor something that was examined.
    """
    judgement = judge(trace, contract)
    certain = set(judgement.findings)
    for reading in readings(trace, ways) if certain else ():
        certain &= set(judge(reading, contract).findings)
        if not certain:
            break
    doubtful = [finding for finding in judgement.findings if finding not in certain]
    if not doubtful:
        return judgement
    subjects = Counter(finding.requirement for finding in doubtful)
    places = Counter(requirement for requirement, _ in {(f.requirement, f.where.exchange) for f in doubtful})
    return replace(
        judgement,
        findings=tuple(finding for finding in judgement.findings if finding in certain),
        examined=judgement.examined - subjects,
        witnesses=judgement.witnesses - places,
    )


def traces(recording: Recording, name: str, contract: Contract) -> Iterator[Trace]:
    """The traces that an audit makes of a recording that is reported as `name`, in the order of the file."""
    return (trace for trace, _ in _read(recording, name, contract, None, []))


def _read(
    recording: Recording, name: str, contract: Contract, base_path: str | None, skipped: list[Skipped]
) -> Iterator[tuple[Trace, list[Reading]]]:
    """Each trace with the ways to read it; what is left out is added to `skipped`.

    A cassette of ours is judged whole and as it is: it holds one trace, and what it sent wrongly it sent on purpose.
    """
    session = recording.session
    if session is not None:
        exchanges = tuple(row.exchange for row in recording.rows)
        yield Trace(name, exchanges, session.base_path, session.live, session.expectations, session.absent), []
        return
    selection = Selection(recording, contract, base_path)
    own = label_of(recording.path)
    for label, endpoint, rows in sittings(selection):
        exchanges = tuple(dated(row.exchange) for row in rows)
        yield Trace(name if label == own else label, exchanges, endpoint.base_path), selection.readings
    skipped += selection.skipped(name)
