"""Judging recordings that somebody else made: which rows are judged, as which traces, and what was left out and why."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from conformance.checks.judge import Judgement, judge
from conformance.contract import Contract
from conformance.recordings import Recording, UnreadableRecording
from conformance.recordings.feed import Feed, FeedPortion, opened
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

    `presences` tells of each operation that was asked for whether it is there, `absences` why it is not. `lines` tells
    where exchanges stand that were lines of a file.
    """

    trace: Trace
    judgement: Judgement
    presences: dict[str, Presence] = field(default_factory=dict)
    absences: dict[str, str] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)


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
    on_feed: Callable[[Feed, str], None] | None = None,
    follow: bool = False,
) -> AuditOutcome:
    """Judge every recording in files and folders; a file that cannot be read does not stop the others.

    `on_file` is told of each file when it is done. Files are read as long as their bodies fit the `WINDOW`, judged as
    the traces that they are, and forgotten, but for the traces with findings. `base_path` is where all of them have the
    API, None for finding it out. Never raises for what is in the files. What was judged before an interruption is in
    the `outcome` that was passed in. JSON lines that are too long to be judged whole, or that are to `follow`, go to
    `on_feed`, which judges them in portions and takes note of how that went; without it they are read whole.
    """
    outcome = AuditOutcome() if outcome is None else outcome
    window = _Window(contract, grouping, outcome, on_file)
    for path, name in find_named(paths):
        try:
            recording = opened(path, whole=on_feed is None, follow=follow)
        except UnreadableRecording as problem:
            outcome.unreadable.append(problem)
            window.add(AuditedFile(name, unreadable=problem.reason), [], 0)
        else:
            if isinstance(recording, Recording):
                window.take(recording, name, base_path)
            elif on_feed is not None:
                window.judge()
                on_feed(recording, name)
                on_file(outcome.files[-1])
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
        skipped = selection.skipped(name) + broken_entries(name, recording.broken, len(recording.rows))
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
                _count(files, one, judged.judgement)
                if not (judged.judgement.findings or judged.judgement.crashed):
                    judged = replace(judged, trace=replace(judged.trace, exchanges=()))
                self.outcome.judged.append(judged)
        finally:
            self.outcome.files += files.values()
            self.files, self.parts, self.size = [], [], 0
        for file in files.values():
            self.on_file(file)


def judge_portion(portion: FeedPortion, contract: Contract) -> tuple[list[JudgedTrace], AuditedFile]:
    """The traces of one portion of a feed, judged, and how its own rows went."""
    recording = Recording(portion.path, portion.format, portion.in_order())
    selection = Selection(recording, contract, portion.base_path)
    name, found = portion.name, []
    files = {name: AuditedFile(name, portion.format)}
    for one in group(list(parts(selection, name, portion.grouping, of_feed=True))):
        if any(not row.context for part in one.parts for row in part.rows):
            judged = _judge(one, contract)
            found.append(judged)
            _count(files, one, judged.judgement)
    return found, replace(files[name], skipped=tuple(selection.skipped(name)))


def _judge(one: Group, contract: Contract) -> JudgedTrace:
    trace = one.trace()
    index = Index(trace, contract)
    no_route = NoRoute(contract, (e for e in index.off_surface if e.response and e.response.status in (404, 405, 501)))
    found = presences(index.calls, no_route)
    missed = absent_calls(index.calls, found, no_route)
    trace = replace(trace, absent=trace.absent | {call.number for call in missed})
    absences = {call.operation: absence_of(call) for call in reversed(missed)}
    judgement = _judged_in_every_reading(trace, one.ways(contract), contract)
    return JudgedTrace(trace, judgement, found, absences, one.lines(trace))


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
        own = (row.exchange.response for row in part.rows if not row.context)
        answers = [response for response in own if response is not None]
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


def broken_entries(name: str, broken: Sequence[str], rows: int, more: int = 0) -> list[Skipped]:
    """The entries of a file that could not be read, the first ones named; `more` of them were counted only."""
    told = [Skipped(name, f"broken: {reason}") for reason in broken[:_BROKEN_SHOWN]]
    more += len(broken) - len(told)
    if more:
        told.append(Skipped(name, "broken: more entries of the file", more))
    if not rows and not told:
        told.append(Skipped(name, "it holds no exchange"))
    return told
