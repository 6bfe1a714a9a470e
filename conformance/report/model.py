"""What a report holds: verdicts with their findings, and a header with everything that is not the verdicts' own."""

from dataclasses import dataclass

from conformance.report.verdict import Verdict

REPORT_FORMAT = 1


@dataclass(frozen=True)
class WireLine:
    """One line of what went over the wire; `marked` lines are the offending ones."""

    text: str
    marked: bool = False


@dataclass(frozen=True)
class StateSeen:
    """A state of a run: seconds since its first state (None: unknown), the status, and the exchange that showed it."""

    at: float | None
    status: str
    exchange: int


@dataclass(frozen=True)
class Exhibit:
    """One finding as it is shown.

    `source` is the scenario or file it was seen in. `exchange`, `event` and `pointer` locate it. `wire` is the
    exchange, or the numbered events around the offending one. `curl` repeats the request by hand, `rerun` judges just
    this again; None where neither makes sense. `states` are those of the run that the exchange is about. `seen` and
    `repeats` tell an outcome that varies: k of N. `line` is where the exchange stands in a file of JSON lines.
    """

    source: str
    exchange: int
    event: int | None
    pointer: str
    expected: str
    actual: str
    wire: tuple[WireLine, ...] = ()
    curl: str | None = None
    rerun: str | None = None
    states: tuple[StateSeen, ...] = ()
    seen: int = 1
    repeats: int = 1
    line: int | None = None

    @property
    def place(self) -> str:
        """The exchange in words."""
        return f"exchange {self.exchange}" + (f" (line {self.line})" if self.line is not None else "")


@dataclass(frozen=True)
class EvidenceLine:
    """A piece of evidence: its class and where it can be found."""

    evidence: str
    pointer: str


@dataclass(frozen=True)
class Result:
    """The verdict of one requirement.

    `examined` counts the subjects that were looked at. `reason` says why a verdict is neither pass nor fail.
    `findings_total` may exceed the number of `exhibits`: only the first few of one requirement are kept whole. What
    proves the verdict travels with it: `kills` planted faults are found under this id, and `real_exchanges` recorded
    exchanges of the real API were examined without a false alarm.
    """

    requirement: str
    area: str
    level: str
    rule: str
    evidence: tuple[EvidenceLine, ...]
    verdict: Verdict
    examined: int = 0
    reason: str | None = None
    exhibits: tuple[Exhibit, ...] = ()
    findings_total: int = 0
    sources: tuple[str, ...] = ()
    kills: int = 0
    real_exchanges: int = 0


@dataclass(frozen=True)
class CauseExample:
    """The finding that shows a cause; the exhibit of the requirement with the same place has its exchange in full."""

    requirement: str
    source: str
    exchange: int
    event: int | None
    pointer: str
    expected: str
    actual: str
    rerun: str | None = None


@dataclass(frozen=True)
class Cause:
    """One thing that is wrong with an endpoint, with all that comes of it.

    `key` is made of what was seen, so that it is the same in another run. `level` is the highest of its requirements.
    `failed` are the requirements that it turns red, `warned` those of a lower level that it violates, `undecided` those
    that could not be examined because of it. A requirement may have several causes. `advice` says what to do, `issues`
    are the known issues of official SDKs that break on it. `example` is None where nothing was violated.
    """

    key: str
    title: str
    level: str
    operations: tuple[str, ...]
    failed: tuple[str, ...]
    warned: tuple[str, ...]
    undecided: tuple[str, ...]
    findings: int
    advice: str
    issues: tuple[str, ...] = ()
    example: CauseExample | None = None


@dataclass(frozen=True)
class BaselineResult:
    """What a report is under a baseline: requirement ids by what the baseline says of them.

    `accepted` fail and may, `flaky` are known to fail now and then. The others are red: `new` failures, entries that no
    longer fail (`passing`), entries past their day (`expired`), and entries that name nothing (`unknown`).
    """

    file: str
    accepted: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def red(self) -> bool:
        """Whether something is not as the baseline says."""
        return any((self.new, self.passing, self.expired, self.unknown))


@dataclass(frozen=True)
class ScenarioLine:
    """How one scenario (or, in an audit, one file) went: `completed`, or why it did not."""

    name: str
    outcome: str
    reason: str | None
    exchanges: int
    streams: int
    seconds: float | None


@dataclass(frozen=True)
class OperationLine:
    """An operation of the contract, as its id and as method and path, and whether it is there."""

    operation: str
    label: str
    presence: str


@dataclass(frozen=True)
class SourceLine:
    """One file of an audit: its format and rows, in how many traces it has a part, and what of it was judged."""

    name: str
    format: str
    rows: int
    traces: int
    exchanges: int
    streams: int
    findings: int
    skipped: int
    unreadable: str | None = None


@dataclass(frozen=True)
class Skipped:
    """Something that was not judged, and why. `count` rows or files of `source` share the reason."""

    source: str
    reason: str
    count: int = 1


@dataclass(frozen=True)
class Header:
    """What was run, when, against what. Only here are clocks, hosts and paths.

    `part` are the options that asked for less than everything (`--only streams`), `unasked` the requirements that were
    seen to fail besides. `profile` and `model` are empty where no endpoint was driven.
    """

    version: str
    mode: str
    target: str
    started: str
    seconds: float
    exchanges: int = 0
    accepted: int = 0
    streams: int = 0
    subjects: int = 0
    command: str = ""
    notes: tuple[str, ...] = ()
    problem: str | None = None
    interrupted: bool = False
    part: tuple[str, ...] = ()
    unasked: tuple[str, ...] = ()
    profile: str = ""
    model: str = ""


@dataclass(frozen=True)
class Report:
    """A whole report; `results` has one entry for every requirement of the registry that was asked for.

    `causes` stand in the order in which they are best mended. `baseline` is None where none was given. `sources` are
    the files of an audit.
    """

    header: Header
    results: tuple[Result, ...]
    scenarios: tuple[ScenarioLine, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    sources: tuple[SourceLine, ...] = ()
    operations: tuple[OperationLine, ...] = ()
    causes: tuple[Cause, ...] = ()
    baseline: BaselineResult | None = None
    format: int = REPORT_FORMAT

    @property
    def broken(self) -> int:
        """How many scenarios ended by an error of the suite's own."""
        return sum(1 for line in self.scenarios if line.outcome == "error")

    def count(self, verdict: Verdict) -> int:
        """How many requirements have this verdict."""
        return sum(1 for result in self.results if result.verdict is verdict)
