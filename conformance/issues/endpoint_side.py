"""The endpoint side of issues: does an endpoint do what an SDK breaks on, and which releases break on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance import contract
from conformance.issues.affected import NONE, Spans, affected
from conformance.issues.catalogue import Issue
from conformance.issues.wire import LOOKS
from conformance.recordings import UnreadableRecording, read
from conformance.recordings.grouping import group, parts
from conformance.recordings.selection import Selection
from conformance.report.model import Report
from conformance.trace.exchange import Exchange
from conformance.trace.index import Index
from conformance.trace.trace import Where


@dataclass(frozen=True)
class Side:
    """What an endpoint does about one issue.

    `has` is None where nothing told; `because` names the place where it shows, or why nothing was told. `offending` is
    the answer at that place. `breaks` are the SDK releases that were measured to have trouble with it, by language.
    """

    issue: Issue
    has: bool | None
    because: str
    breaks: Spans
    offending: Exchange | None = None


def scenarios_of(issues: Sequence[Issue]) -> tuple[str, ...]:
    """The scenarios that bring about what these issues are told by."""
    return tuple(dict.fromkeys(name for issue in issues for name in issue.scenarios))


def indices(cassettes: Path, scenarios: Sequence[str]) -> dict[str, list[Index]]:
    """What the cassettes of a run say, by scenario; empty where one has none."""
    loaded = contract.load()
    found: dict[str, list[Index]] = {}
    for scenario in scenarios:
        area, _, name = scenario.partition(".")
        for path in sorted((cassettes / area).glob(f"{name}.yaml*")):
            try:
                recording = read(path)
            except UnreadableRecording:
                continue  # a scenario that asked for nothing leaves an empty cassette
            whole = group(list(parts(Selection(recording, loaded), scenario)))
            found[scenario] = [Index(one.trace(), loaded) for one in whole]
    return found


def sides(issues: Sequence[Issue], driven: Mapping[str, Sequence[Index]], report: Report) -> tuple[Side, ...]:
    """What the traffic of a run says about the issues; the report tells why a scenario brought none."""
    reasons = {line.name: line.reason for line in report.scenarios if line.reason}
    measured = affected()
    return tuple(_side(issue, driven, reasons, measured.get(issue.key, {})) for issue in issues)


def _side(issue: Issue, driven: Mapping[str, Sequence[Index]], reasons: Mapping[str, str], measured: Spans) -> Side:
    spans = {language: span for language, span in measured.items() if span != NONE}
    looked_at = False
    for scenario in issue.scenarios:
        for index in driven.get(scenario, ()):
            for subject in LOOKS[issue.key](index):
                if subject.shows:
                    exchange = index.trace.exchange(subject.where.exchange)
                    return Side(issue, True, _describe(scenario, exchange, subject.where), spans, exchange)
                looked_at = True
    if looked_at:
        return Side(issue, False, "", spans)
    told = [f"{name}: {reasons[name]}" for name in issue.scenarios if name in reasons]
    return Side(issue, None, "; ".join(told) or f"{', '.join(issue.scenarios)} brought nothing that could tell", spans)


def _describe(scenario: str, exchange: Exchange, where: Where) -> str:
    place = f"event {where.event}" if where.event else where.pointer
    return f"{scenario}, {exchange.request.method} {exchange.request.path}{f', {place}' if place else ''}"
