"""What `issues check` tells of an endpoint breaks an SDK: its own answer is given to a release that has the issue.

The endpoints are those of tests/issues/endpoints.py. Around the answer that was found everything is as it should be, so
that nothing else can break the release.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.issues.conditions import CONDITIONS
from conformance.issues.conditions.condition import Condition
from conformance.issues.environments import NoEnvironment, environment
from conformance.issues.fixtures import BATCH
from conformance.issues.oracle import Observed
from conformance.issues.plan import Json, Plan, Stream
from conformance.issues.sdk import Sdk
from conformance.issues.wire import LOOKS
from conformance.issues.worker import Worker
from conformance.trace.exchange import Exchange
from tests.issues.endpoints import CATALOGUE, MISTAKES, NEAR_MISSES, Driven, drive, mistaken

pytestmark = pytest.mark.network

OLD_PYTHON, PYTHON, NODE = "python==1.30.5", "python==3.52.0", "node==7.55.0"
RUNS = "POST /threads/*/runs"
Broken = Callable[[Observed, Exchange], bool]


def calls_of(exchange: Exchange) -> list[list[str]]:
    """The calls that a stream says a run waits for, as the probe tells those that it has put together."""
    assert exchange.response is not None
    data = [event.json_or_none for event in exchange.response.events if event.name == "thread.run.requires_action"]
    made = data[0]["required_action"]["submit_tool_outputs"]["tool_calls"]
    return [[call["id"], call["function"]["name"], call["function"]["arguments"]] for call in made]


def error(found: Observed, _: Exchange) -> bool:
    return "error" in found.signals


def other_calls(found: Observed, exchange: Exchange) -> bool:
    return error(found, exchange) or found.signals["step_calls"] != calls_of(exchange)


def one_page(found: Observed, _: Exchange) -> bool:
    """Whether the release read one page and no further; the probe itself stops at the twelfth item."""
    return len(found.log) == 1 and found.signals["count"] < 12


def other_batch(found: Observed, _: Exchange) -> bool:
    return bool(found.signals["batch_id"] != BATCH)


def error_lost(found: Observed, _: Exchange) -> bool:
    return "error" not in found.signals and found.signals["final_status"] != "failed"


def end_lost(found: Observed, _: Exchange) -> bool:
    return found.signals.get("final_status") not in ("completed", "requires_action")


def first_lost(found: Observed, exchange: Exchange) -> bool:
    told: str = found.signals["pieces"]
    return told != "".join(arguments for _, _, arguments in calls_of(exchange))


BREAKS: dict[str, tuple[str, str, Broken]] = {
    "KI-07": (PYTHON, "GET /vector_stores/*/file_batches/*", other_batch),
    "KI-08": (PYTHON, "GET /vector_stores/vs_2/files/file-1", error),
    "KI-12": (PYTHON, "GET /threads/*/runs/*", lambda found, _: found.hung),
    "KI-15": (PYTHON, RUNS, other_calls),
    "KI-16": (PYTHON, RUNS, other_calls),
    "KI-17": (OLD_PYTHON, RUNS, other_calls),
    "KI-18": (PYTHON, RUNS, other_calls),
    "KI-25": (NODE, RUNS, first_lost),
    "KI-27": (PYTHON, RUNS, error_lost),
    "KI-28": (PYTHON, RUNS, end_lost),
    "KI-29": (PYTHON, RUNS, error),
    "KI-30": (NODE, RUNS, error),
    "KI-31": (NODE, RUNS, error),
    "KI-47": (PYTHON, "GET /threads/*/messages", lambda found, _: found.signals["count"] == 12),
    "KI-48": (NODE, "GET /threads/*/messages", one_page),
    "KI-54": (NODE, RUNS, error),
    "CE-08": (PYTHON, RUNS, error),
}
"""An affected release, the request that the answer is given to, and how the release shows that it breaks."""


def performed(sdk: str, key: str, plan: Plan, mode: str = "condition") -> Observed:
    """What an issue's probe tells on a release, where these answers stand in the place of the planted ones."""
    release, issue = Sdk.parse(sdk), CATALOGUE.issues[key]
    try:
        place = environment(release)
    except NoEnvironment as problem:
        pytest.skip(f"{release} cannot be installed: {problem}")
    with Worker(place) as worker, Condition(given={**plan, **_rest(key, plan)}).server(planted=False) as server:
        return worker.perform(server, mode, issue.probe(release.language), issue.deadline)


def _rest(key: str, plan: Plan) -> Plan:
    return {pattern: planned for pattern, planned in CONDITIONS[key].given.items() if pattern not in plan}


def told_in_turn(driven: Driven, offending: Exchange) -> list[Json | Stream]:
    """What the endpoint answered to this request, each time that it was asked in the scenario; a stream alone."""
    trace = next(one.trace for one in driven.everything if offending in one.trace.exchanges)
    alike = [one for one in trace.answered if _asked(one) == _asked(offending)]
    return [answered(one) for one in ([offending] if offending.request.method == "POST" else alike)]


def _asked(exchange: Exchange) -> tuple[str, str, list[str] | None]:
    request = exchange.request
    return request.method, request.path, request.query.get("limit")


def answered(exchange: Exchange) -> Json | Stream:
    """The answer of an exchange, to be given again."""
    response = exchange.response
    assert response is not None
    if response.is_stream:
        return Stream(tuple(event.raw for event in response.events), cut=not response.complete)
    return Json(json.loads(response.body), response.status)


@pytest.mark.parametrize("key", BREAKS)
def test_the_answer_that_is_told_breaks_a_release_that_has_the_issue(tmp_path: Path, key: str) -> None:
    sdk, request, broken = BREAKS[key]
    with mistaken(MISTAKES[key]()) as url:
        driven = drive(url, tmp_path, key)
    offending = driven.sides[key].offending
    assert offending is not None
    control = performed(sdk, key, {}, "control")
    assert not control.hung
    assert not control.trouble
    found = performed(sdk, key, {request: told_in_turn(driven, offending)})
    assert not found.trouble
    assert broken(found, offending), found.signals


@pytest.mark.parametrize("mistake", NEAR_MISSES)
def test_what_is_not_told_breaks_no_release(tmp_path: Path, mistake: str) -> None:
    made, keys = NEAR_MISSES[mistake]
    with mistaken(made()) as url:
        driven = drive(url, tmp_path, *keys)
    for key in keys:
        sdk, request, broken = BREAKS[key]
        index, subject = next((one, subject) for one in driven.everything for subject in LOOKS[key](one))
        exchange = index.trace.exchange(subject.where.exchange)
        found = performed(sdk, key, {request: told_in_turn(driven, exchange)})
        assert not found.trouble
        assert not broken(found, exchange), (key, found.signals)
