"""One attempt at a scenario: drive, judge, and keep a record that can travel between processes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

import httpx

from conformance.checks import Finding
from conformance.checks.judge import Judgement, judge
from conformance.checks.symptoms import Input, Place, Sign, signs
from conformance.client import interrupt
from conformance.contract import Contract, Level
from conformance.evidence.by_hand import by_hand, objects_of
from conformance.evidence.excerpt import excerpt
from conformance.evidence.redaction import RedactedTrace, redact
from conformance.evidence.run_states import RunState, RunStates
from conformance.scenarios.kit.driver import Driver, Inconclusive, NotOffered, Unanswered, Unsupported
from conformance.trace.presence import Presence, stronger
from conformance.trace.trace import Trace

KEPT_PER_REQUIREMENT = 5
"""Findings of one requirement that one scenario keeps whole; the rest are counted."""

PLACES_PER_SIGN = 20
"""Places of one sign that are kept where records are united; the rest are counted."""


class Outcome(StrEnum):
    """How a scenario went; anything but `completed` comes with a reason."""

    COMPLETED = "completed"
    INCONCLUSIVE = "inconclusive"
    UNSUPPORTED = "unsupported"
    NOT_OFFERED = "not-offered"
    UNANSWERED = "unanswered"
    ERROR = "error"


@dataclass
class FindingRecord:
    """A finding with what is needed to show it."""

    requirement: str
    exchange: int
    event: int | None
    pointer: str
    expected: str
    actual: str
    wire: list[tuple[str, bool]] = field(default_factory=list)
    curl: str | None = None
    states: list[RunState] = field(default_factory=list)
    seen: int = 1
    line: int | None = None
    needs: str | None = None
    """The operation that has to be there for the finding to hold."""

    def plain(self) -> dict[str, Any]:
        """As data of plain types."""
        return {**asdict(self), "states": [[*state] for state in self.states]}

    @classmethod
    def of(cls, row: dict[str, Any]) -> FindingRecord:
        """The inverse of `plain`, after a way through JSON too."""
        wire = [(text, marked) for text, marked in row["wire"]]
        return cls(**{**row, "wire": wire, "states": [RunState(*state) for state in row["states"]]})


@dataclass
class SignRecord:
    """What all findings of one requirement with one sign come to: how many, and where (exchange and object)."""

    requirement: str
    sign: Sign
    count: int
    places: list[Place]

    def plain(self) -> dict[str, Any]:
        """As data of plain types."""
        places = [[*place] for place in self.places]
        sign = [str(value) for value in self.sign]
        return {"requirement": self.requirement, "sign": sign, "count": self.count, "places": places}


@dataclass
class ScenarioRecord:
    """What one scenario brought: plain data, so that it can be journalled and sent between processes.

    `examined` and `found` count by requirement id. `repeats` tells how often the scenario was driven; a finding's
    `seen` tells in how many of those it showed. `exchanges` counts those that were answered, `unanswered` the others,
    `accepted` the answers with a 2xx status. `presences` tells what was learnt of each operation, `absences` what
    told first that one is not there, and `withheld` what is found wrong if it is there after all, as other scenarios
    may show. `unwritten` tells why the cassette that was asked for is not there. `signs` tell what the findings are
    about, those that are not kept included; `refused` which kinds of mistakes in requests were refused, `heeded`
    which inputs had an effect, `served` which operations gave a 2xx answer. `stopped` is the operation whose answer
    ended a scenario early, with its status; `last` is the number of the last exchange. `shared` tells
    that other clients may have used the endpoint meanwhile.
    """

    scenario: str
    outcome: str
    reason: str | None = None
    exchanges: int = 0
    unanswered: int = 0
    accepted: int = 0
    streams: int = 0
    seconds: float = 0.0
    repeats: int = 1
    examined: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    findings: list[FindingRecord] = field(default_factory=list)
    crashed: dict[str, str] = field(default_factory=dict)
    unwritten: str | None = None
    presences: dict[str, Presence] = field(default_factory=dict)
    absences: dict[str, str] = field(default_factory=dict)
    withheld: list[FindingRecord] = field(default_factory=list)
    signs: list[SignRecord] = field(default_factory=list)
    refused: list[Input] = field(default_factory=list)
    heeded: list[tuple[str, str]] = field(default_factory=list)
    served: list[str] = field(default_factory=list)
    stopped: tuple[str, int] | None = None
    last: int = 0
    shared: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data of plain types: xdist sends no others."""
        return {
            **asdict(self),
            "findings": [one.plain() for one in self.findings],
            "withheld": [one.plain() for one in self.withheld],
            "presences": {operation: str(word) for operation, word in self.presences.items()},
            "signs": [row.plain() for row in self.signs],
            "refused": [[*row] for row in self.refused],
            "heeded": [[*row] for row in self.heeded],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ScenarioRecord:
        """The inverse of `to_dict`."""
        lists = {name: [FindingRecord.of(row) for row in data[name]] for name in ("findings", "withheld")}
        signs = [
            SignRecord(row["requirement"], Sign(*row["sign"]), row["count"], [Place(*place) for place in row["places"]])
            for row in data["signs"]
        ]
        refused = [Input(*row) for row in data["refused"]]
        heeded = [(operation, member) for operation, member in data["heeded"]]
        stopped = data["stopped"] and (data["stopped"][0], data["stopped"][1])
        presences = {operation: Presence(word) for operation, word in data["presences"].items()}
        known = {"signs": signs, "refused": refused, "heeded": heeded, "stopped": stopped, "presences": presences}
        return cls(**{**data, **lists, **known})


def attempt(
    scenario: str, drive: Callable[[Driver], None], driver: Driver, contract: Contract
) -> tuple[ScenarioRecord, Trace]:
    """Drive a scenario once and judge what was exchanged, however it ended. Never raises for the endpoint's sake."""
    begun = time.monotonic()
    outcome, reason = _drive(drive, driver)
    trace = driver.trace(scenario)
    judgement = judge(trace, contract)
    withheld = withheld_findings(trace, contract)
    target = driver.target
    seconds = time.monotonic() - begun
    known = target.secrets
    made = record(
        trace, judgement, contract, outcome, reason, seconds, base_url=target.url, known=known, withheld=withheld
    )
    stopped = _stopped(trace, outcome, contract)
    return (
        replace(made, presences=driver.presences, absences=driver.absences, stopped=stopped, last=_last(trace)),
        trace,
    )


def _last(trace: Trace) -> int:
    return trace.exchanges[-1].number if trace.exchanges else 0


def _stopped(trace: Trace, outcome: Outcome, contract: Contract) -> tuple[str, int] | None:
    """The operation whose answer ended a scenario early, and its status; None where no refusal or failure did."""
    last = trace.exchanges[-1] if trace.exchanges else None
    if outcome is Outcome.COMPLETED or last is None or last.response is None or last.ok:
        return None
    route = contract.operations.match(last.request.method, last.request.path, trace.base_path)
    return (route.operation.operation_id, last.response.status) if route else None


def withheld_findings(trace: Trace, contract: Contract) -> list[tuple[str, Finding]]:
    """What is wrong with the answers that seem to be of operations which are not there, should these be there."""
    if not trace.absent:
        return []
    match, found = contract.operations.match, []
    for finding in judge(replace(trace, absent=frozenset()), contract).findings:
        if finding.where.exchange in trace.absent:
            request = trace.exchange(finding.where.exchange).request
            if (route := match(request.method, request.path, trace.base_path)) is not None:
                found.append((route.operation.operation_id, finding))
    return found


def judged(driver: Driver, source: str, whole: int | None = None) -> tuple[ScenarioRecord, Trace]:
    """The record and the trace of what was driven, cut after the first `whole` exchanges, which a stop left whole."""
    trace = driver.trace(source)
    trace = trace if whole is None else replace(trace, exchanges=trace.exchanges[:whole])
    url, known = driver.target.url, driver.target.secrets
    seconds = driver.tap.now()
    loaded = driver.contract
    return record(trace, judge(trace, loaded), loaded, seconds=seconds, base_url=url, known=known), trace


def _drive(drive: Callable[[Driver], None], driver: Driver) -> tuple[Outcome, str | None]:
    try:
        with interrupt.breakable():
            drive(driver)
    except Inconclusive as stop:
        # What an operation that is missing would have brought about is what was waited for.
        absence = next(iter(driver.absences.values()), None)
        return (Outcome.UNSUPPORTED, absence) if absence else (Outcome.INCONCLUSIVE, str(stop))
    except Unsupported as stop:
        return Outcome.UNSUPPORTED, str(stop)
    except NotOffered as stop:
        return Outcome.NOT_OFFERED, str(stop)
    except Unanswered as stop:
        return Outcome.UNANSWERED, str(stop)
    except httpx.InvalidURL as problem:
        return Outcome.INCONCLUSIVE, f"an id that the endpoint gave cannot stand in a URL: {problem}"
    except Exception as problem:  # a broken scenario is our error, told as such; the others still run
        return Outcome.ERROR, f"the scenario itself broke: {type(problem).__name__}: {problem}"
    finally:
        driver.close()
    return Outcome.COMPLETED, None


def record(
    trace: Trace,
    judgement: Judgement,
    contract: Contract,
    outcome: str = Outcome.COMPLETED,
    reason: str | None = None,
    seconds: float = 0.0,
    *,
    base_url: str | None = None,
    known: tuple[str, ...] = (),
    withheld: Iterable[tuple[str, Finding]] = (),
) -> ScenarioRecord:
    """The record of a judged trace, without secrets: those of a known shape, and the `known` ones.

    What is quoted is taken from exchanges without secrets. A finding's own words are of the trace as it came, and what
    they say of a long value is cut: a cut secret is told by the mark of the cut behind it.
    """
    clean, states = RedactedTrace(trace, known), RunStates(trace)
    found: Counter[str] = Counter()
    kept = []
    for finding in judgement.findings:
        found[finding.requirement] += 1
        if found[finding.requirement] <= KEPT_PER_REQUIREMENT:
            kept.append(finding)
    found_by = {finding: judgement.found_by[finding] for finding in judgement.findings}  # some may have been doubtful
    shown, rows = signs(trace, contract, found_by), dict[tuple[str, Sign], SignRecord]()
    for finding, sign, place in sorted(shown.found, key=lambda row: (row[1], row[2])):
        row = rows.setdefault((finding.requirement, sign), SignRecord(finding.requirement, sign, 0, []))
        row.count += 1
        row.places.append(place)
    withheld = list(withheld)
    around = {finding: states.around(finding.where.exchange) for finding in (*kept, *(one for _, one in withheld))}
    objects = objects_of(trace) if around else {}
    trace.release()  # what is quoted is worked out of copies, an exchange at a time
    made = ScenarioRecord(
        scenario=trace.source,
        outcome=str(outcome),
        reason=reason,
        exchanges=judgement.exchanges,
        unanswered=sum(1 for one in trace.exchanges if one.response is None and one.number not in trace.context),
        accepted=judgement.accepted,
        streams=judgement.streams,
        seconds=round(seconds, 3),
        examined=dict(judgement.examined),
        found=dict(found),
        findings=[_finding(clean, around[finding], objects, finding, base_url, known) for finding in kept],
        crashed=dict(judgement.crashed),
        withheld=[
            replace(_finding(clean, around[finding], objects, finding, base_url, known), needs=needs)
            for needs, finding in withheld
        ],
        signs=list(rows.values()),
        refused=sorted(shown.refused),
        heeded=sorted(shown.heeded),
        served=sorted(shown.served),
        shared=trace.shared,
    )
    return redact(made, known)


def _finding(
    clean: RedactedTrace,
    states: tuple[RunState, ...],
    objects: dict[str, str],
    finding: Finding,
    base_url: str | None,
    known: tuple[str, ...],
) -> FindingRecord:
    where = redact(finding.where, known)  # a member may be named by a secret
    quoted = clean.around(where.exchange)
    return FindingRecord(
        requirement=finding.requirement,
        exchange=where.exchange,
        event=where.event,
        pointer=where.pointer,
        expected=finding.expected,
        actual=finding.actual,
        wire=[(line.text, line.marked) for line in excerpt(quoted, where)],
        curl=by_hand(quoted.exchange(where.exchange), base_url, objects),
        states=list(states),
    )


def failing(found: dict[str, int], contract: Contract) -> set[str]:
    """The requirements among these whose violation fails a run."""
    return {name for name in found if contract.requirements[name].level is Level.MUST}


def repeat(
    first: ScenarioRecord, again: Callable[[], ScenarioRecord], times: int, contract: Contract
) -> ScenarioRecord:
    """Repeat a scenario that failed, to tell what varies: a finding then says in how many of the attempts it showed.

    Nothing is retried to green: one sighting is a finding.
    """
    records = [first]
    while len(records) < times and failing(first.found, contract):
        try:
            records.append(again())
        except KeyboardInterrupt:  # what was seen already stands
            if not interrupt.asked():
                raise
            break
    return _merged(records)


def _merged(records: list[ScenarioRecord]) -> ScenarioRecord:
    first, *others = records
    seen = Counter(name for one in records for name in one.found)
    findings = list(first.findings)
    shown = set(first.found)
    for other in others:
        findings += [finding for finding in other.findings if finding.requirement not in shown]
        shown |= set(other.found)
    for finding in findings:
        finding.seen = seen[finding.requirement]
    return replace(
        first,
        repeats=len(records),
        exchanges=sum(one.exchanges for one in records),
        unanswered=sum(one.unanswered for one in records),
        accepted=sum(one.accepted for one in records),
        streams=sum(one.streams for one in records),
        seconds=round(sum(one.seconds for one in records), 3),
        examined={name: count for one in reversed(records) for name, count in one.examined.items()},
        found={name: count for one in reversed(records) for name, count in one.found.items()},
        findings=findings,
        signs=list({(row.requirement, row.sign): row for one in reversed(records) for row in one.signs}.values()),
        refused=sorted({row for one in records for row in one.refused}),
        heeded=sorted({row for one in records for row in one.heeded}),
        served=sorted({operation for one in records for operation in one.served}),
        crashed={name: text for one in records for name, text in one.crashed.items()},
        presences=merged_presences(records),
        absences=_first(one.absences for one in records),
    )


def united(records: list[ScenarioRecord]) -> list[ScenarioRecord]:
    """Records of traffic that was judged piece by piece as one, as large as one: of findings the first are kept."""
    if len(records) < 2:
        return records
    found: Counter[str] = Counter()
    examined: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    findings, signs = [], dict[tuple[str, Sign], SignRecord]()
    for one in records:
        found.update(one.found)
        examined.update(one.examined)
        for finding in one.findings:
            kept[finding.requirement] += 1
            if kept[finding.requirement] <= KEPT_PER_REQUIREMENT:
                findings.append(finding)
        for row in one.signs:
            known = signs.setdefault((row.requirement, row.sign), SignRecord(row.requirement, row.sign, 0, []))
            known.count += row.count
            known.places = (known.places + row.places)[:PLACES_PER_SIGN]
    whole = _merged(records)
    for finding in findings:
        finding.seen = 1  # the pieces are no attempts at the same
    whole = replace(whole, repeats=1, examined=dict(examined), found=dict(found))
    return [replace(whole, findings=findings, signs=list(signs.values()))]


def _first(told: Iterable[dict[str, str]]) -> dict[str, str]:
    """What was told of each name first, in that order."""
    found: dict[str, str] = {}
    for one in told:
        found = found | {name: text for name, text in one.items() if name not in found}
    return found


def merged_presences(records: Iterable[ScenarioRecord]) -> dict[str, Presence]:
    """What several records say of each operation together."""
    found: dict[str, Presence] = {}
    for record in records:
        for operation, presence in record.presences.items():
            found[operation] = stronger(found.get(operation), presence)
    return found
