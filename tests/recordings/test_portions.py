"""A feed that is judged in portions comes to the verdicts of the whole, but for what the report says it gave up."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from random import Random

import pytest

from conformance import contract
from conformance.proof.operators import TraceView, all_operators
from conformance.proof.operators.mutants import recorded
from conformance.recordings import audit as audit_module
from conformance.recordings import feed, read
from conformance.recordings.audit import AuditOutcome, audit
from conformance.recordings.feed import Feed
from conformance.recordings.growing import Lines
from conformance.session.audit_report import records_of
from conformance.session.auditing import FeedAudit
from conformance.session.engines import Here
from conformance.session.selection import Selection
from conformance.session.verdicts import decide
from conformance.trace.exchange import Exchange, Headers
from conformance.trace.trace import Trace
from conformance.trace.window import GivenUp, Window
from tests.recordings.corpus import folder

REFERENCE = Path(__file__).parents[2] / "cassettes" / "reference"
BEGUN = datetime(2026, 3, 2, tzinfo=UTC)
LANES = 3
WITHIN_ONE = re.compile(
    # lists of an account; an object that is asked for under another; files after what happened to their stores
    r"LIST-|FILE-LIST-|(DELETION|FILE|VS)-DELETE|DELETION-LIST|\w+-SCOPE-|FILE-OUTPUT-|LIMIT-FILE-12|OBJECT-ID|OBJECT-REQ"
)
"""Requirements that a portion misses where the objects that they compare lie in two (docs/large-feeds.md)."""
_ID = re.compile(rb"\b(asst|thread|msg|run|step|call|file|vs|vsfb|req)([_-])[A-Za-z0-9]{4}([A-Za-z0-9]{8,})")


def verdicts(path: Path, size: int | None, monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, str], FeedAudit]:
    """The verdict of each requirement, and how a file went in portions of about so many exchanges (None: whole)."""
    loaded, outcome = contract.load(), AuditOutcome()
    feeds = FeedAudit(loaded, outcome, Here())
    monkeypatch.setattr(feed, "Window", partial(Window, size=size or 1))
    opened = (lambda path, **_: Feed(path, path.open("rb"))) if size else (lambda path, **_: read(path))
    monkeypatch.setattr(audit_module, "opened", opened)
    audit([path], loaded, outcome=outcome, on_feed=feeds)
    records = records_of(outcome, loaded, feeds.records, sole_client=True)
    results = decide(loaded, records, Selection.of(()), audit=True)
    return {one.requirement: str(one.verdict) for one in results}, feeds


@cache
def scenarios() -> tuple[Trace, ...]:
    return tuple(recorded([REFERENCE], contract.load()))


def day(random: Random) -> Iterator[Exchange]:
    """Some scenarios, a few of them broken, as a day of one endpoint: three at any time, with ids of their own."""
    chosen, operators = random.sample(scenarios(), 14), sorted(all_operators().items())
    for at in random.sample(range(len(chosen)), 4):
        name, operator = random.choice(operators)
        mutation = operator.function(TraceView(chosen[at], contract.load()), Random(name))
        chosen[at] = mutation.trace if mutation is not None else chosen[at]
    moments = [0.0] * LANES
    for number, one in enumerate(chosen):
        lane = number % LANES
        for exchange in one.exchanges:
            assert exchange.started is not None
            date = BEGUN + timedelta(seconds=moments[lane] + exchange.started)
            yield replace(as_of(exchange, b"%04d" % number), date=date)
        moments[lane] += 1 + max(exchange.ended or 0.0 for exchange in one.exchanges)


def as_of(exchange: Exchange, scenario: bytes) -> Exchange:
    def own(text: bytes) -> bytes:
        return _ID.sub(rb"\1\g<2>" + scenario + rb"\3", text)

    request, response = exchange.request, exchange.response
    request = replace(request, url=own(request.url.encode()).decode(), body=own(request.body))
    if response is not None:
        headers = Headers((name, own(value.encode()).decode()) for name, value in response.headers)
        response = replace(response, headers=headers, body=own(response.body))
    return replace(exchange, request=request, response=response)


@pytest.mark.parametrize("seed", range(4))
def test_a_day_with_broken_traces(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, exchanges = tmp_path / "day.jsonl", sorted(day(Random(seed)), key=lambda one: one.date or BEGUN)
    path.write_text("".join(Lines().entry(replace(one, number=at)) for at, one in enumerate(exchanges, start=1)))
    whole, _ = verdicts(path, None, monkeypatch)
    assert {"pass", "fail"} <= set(whole.values())
    found, feeds = verdicts(path, 40, monkeypatch)
    assert feeds.portions > 2
    assert differing(whole, found, feeds.given_up) == {}


@pytest.mark.parametrize(
    "name", ["alexrudall+ruby-openai", "openai+openai-dotnet", "pydantic+pydantic-ai", "traceloop+openllmetry"]
)
@pytest.mark.parametrize("size", [4, 32])
def test_real_recordings(name: str, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder("exchanges") / f"{name}.jsonl"
    whole, _ = verdicts(path, None, monkeypatch)
    found, feeds = verdicts(path, size, monkeypatch)
    assert differing(whole, found, feeds.given_up) == {}


def differing(whole: dict[str, str], found: dict[str, str], given_up: GivenUp) -> dict[str, tuple[str, str]]:
    """What is judged otherwise; a portion may know more, as what is unknown in another does not touch it."""
    return {
        name: (one, found[name])
        for name, one in whole.items()
        if one != found[name]
        and (one, found[name]) != ("not-exercised", "pass")
        and not (found[name] in ("pass", "not-exercised") and (given_up != GivenUp() or WITHIN_ONE.match(name)))
    }
