"""Judging recordings that somebody else made: which rows are judged, as which traces, and what was left out and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.checks.judge import Judgement, judge
from conformance.contract import Contract
from conformance.recordings import Recording, UnreadableRecording, read
from conformance.recordings.find import find_named
from conformance.recordings.grouping import Group, Grouping, Part, group, parts
from conformance.recordings.readings import Reading, readings
from conformance.recordings.recording import size
from conformance.recordings.selection import Selection
from conformance.report.model import Skipped
from conformance.trace.index import Index
from conformance.trace.presence import NoRoute, Presence, absence_of, absent_calls, presences
from conformance.trace.trace import Trace

WINDOW = 64 * 1024 * 1024
"""Bytes of exchanges up to which files are kept in memory, to find out which of them belong together."""

_HEADERS = 4096  # what an exchange takes besides its bodies

_BROKEN_SHOWN = 20
"""Broken entries of one file that are named; the rest are counted."""


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
    """How one file went: its rows, what of them was judged, what was not; `unreadable` says why nothing was read.

    `traces` are those that have exchanges of this file.
    """

    name: str
    format: str = ""
    rows: int = 0
    exchanges: int = 0
    streams: int = 0
    subjects: int = 0
    findings: int = 0
    traces: int = 0
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
    def rows(self) -> int:
        """How many exchanges were read."""
        return sum(file.rows for file in self.files)

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
    grouping: Grouping = Grouping.FOUND,
    base_path: str | None = None,
) -> AuditOutcome:
    """Judge every recording in files and folders; a file that cannot be read does not stop the others.

    `on_file` is told of each file when it is done. Files are read as long as their bodies fit the `WINDOW`, judged as
    the traces that they are, and forgotten, but for the traces with findings. `base_path` is where all of them have the
    API, None for finding it out. Never raises for what is in the files. What was judged before an interruption is in
    the `outcome` that was passed in.
    """
    outcome = AuditOutcome() if outcome is None else outcome
    window = _Window(contract, grouping, outcome, on_file)
    for path, name in find_named(paths):
        try:
            recording = read(path)
        except UnreadableRecording as problem:
            outcome.unreadable.append(problem)
            window.add(AuditedFile(name, unreadable=problem.reason), [], 0)
        else:
            window.take(recording, name, base_path)
    window.judge()
    return outcome


def audit_recording(recording: Recording, name: str, contract: Contract) -> AuditOutcome:
    """Judge one recording, which is reported as `name`."""
    window = _Window(contract, Grouping.FOUND, AuditOutcome(), lambda _: None)
    window.take(recording, name)
    window.judge()
    return window.outcome


@dataclass
class _Window:
    """Files that were read and are not judged yet."""

    contract: Contract
    grouping: Grouping
    outcome: AuditOutcome
    on_file: Callable[[AuditedFile], None]
    files: list[AuditedFile] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    size: int = 0

    def take(self, recording: Recording, name: str, base_path: str | None = None) -> None:
        """Take a recording in that was read."""
        selection = Selection(recording, self.contract, base_path)
        found = list(parts(selection, name, self.grouping))
        skipped = selection.skipped(name) + _broken(recording, name)
        self.outcome.skipped += skipped
        file = AuditedFile(name, recording.format, rows=len(recording.rows), skipped=tuple(skipped))
        self.add(file, found, sum(size(row) + _HEADERS for part in found for row in part.rows))

    def add(self, file: AuditedFile, found: list[Part], size: int) -> None:
        """Take a file in; those before it are judged first where there is no room."""
        if self.size + size > WINDOW and self.grouping is not Grouping.ONE:
            self.judge()
        self.files.append(file)
        self.parts += found
        self.size += size

    def judge(self) -> None:
        """Judge what is there, and tell of each file."""
        files = {file.name: file for file in self.files}
        try:
            for one in group(self.parts, self.grouping):
                judged = _judge(one, self.contract)
                self.outcome.judged.append(judged)
                _count(files, one, judged.judgement)
        finally:
            self.outcome.files += files.values()
            self.files, self.parts, self.size = [], [], 0
        for file in files.values():
            self.on_file(file)


def audited(recording: Recording, name: str, contract: Contract) -> tuple[list[JudgedTrace], list[Skipped]]:
    """What an audit makes of one recording that is reported as `name`: its traces, and what is not judged."""
    selection = Selection(recording, contract)
    judged = [_judge(one, contract) for one in group(list(parts(selection, name)))]
    return judged, selection.skipped(name) + _broken(recording, name)


def _judge(one: Group, contract: Contract) -> JudgedTrace:
    trace = one.trace()
    index = Index(trace, contract)
    no_route = NoRoute(contract, (e for e in index.off_surface if e.response and e.response.status in (404, 405, 501)))
    found = presences(index.calls, no_route)
    missed = absent_calls(index.calls, found, no_route)
    trace = replace(trace, absent=trace.absent | {call.number for call in missed})
    absences = {call.operation: absence_of(call) for call in reversed(missed)}
    judgement = _judged_in_every_reading(trace, one.ways(contract), contract)
    shown = bool(judgement.findings or judgement.crashed)
    return JudgedTrace(trace if shown else replace(trace, exchanges=()), judgement, found, absences)


def _judged_in_every_reading(trace: Trace, ways: list[Reading], contract: Contract) -> Judgement:
    """What the checks make of a trace, without what depends on values that its recorder hid or left out.

    A finding that does not stand in every reading is neither a finding nor something that was examined.
    """
    judgement = judge(trace, contract)
    certain = set(judgement.findings)
    for reading, revealed in readings(trace, ways) if certain else ():
        found = judge(reading, contract).findings
        places = {(finding.requirement, finding.where) for finding in found}
        certain &= set(found) if revealed else {f for f in certain if (f.requirement, f.where) in places}
        if not certain:
            break
    doubtful = [finding for finding in judgement.findings if finding not in certain]
    if not doubtful:
        return judgement
    subjects = Counter(finding.requirement for finding in doubtful)
    witnesses = Counter(requirement for requirement, _ in {(f.requirement, f.where.exchange) for f in doubtful})
    return replace(
        judgement,
        findings=tuple(finding for finding in judgement.findings if finding in certain),
        examined=judgement.examined - subjects,
        witnesses=judgement.witnesses - witnesses,
    )


def _count(files: dict[str, AuditedFile], one: Group, judgement: Judgement) -> None:
    """Add what came of a trace to its files; what cannot be told apart is the first one's."""
    numbers = one.numbers()
    for at, (part, theirs) in enumerate(zip(one.parts, numbers, strict=True)):
        file = files[part.file]
        answers = [row.exchange.response for row in part.rows if row.exchange.response is not None]
        alone = len(one.parts) == 1
        found = sum(1 for finding in judgement.findings if alone or finding.where.exchange in theirs)
        files[part.file] = replace(
            file,
            traces=file.traces + 1,
            exchanges=file.exchanges + len(answers),
            streams=file.streams + sum(1 for answer in answers if answer.is_stream),
            subjects=file.subjects + (judgement.subjects if at == 0 else 0),
            findings=file.findings + found,
        )


def _broken(recording: Recording, name: str) -> list[Skipped]:
    told = [Skipped(name, f"broken: {reason}") for reason in recording.broken[:_BROKEN_SHOWN]]
    more = len(recording.broken) - len(told)
    if more:
        told.append(Skipped(name, "broken: more entries of the file", more))
    if not recording.rows and not told:
        told.append(Skipped(name, "it holds no exchange"))
    return told
