"""The checks of single objects and errors, against traffic nobody planned: hostile bodies, and the real API's."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance import contract, recordings
from conformance.contract import Level
from conformance.trace.exchange import Exchange
from conformance.trace.trace import Trace
from tests.checks.faults import AREAS, ids_of, judged
from tests.traces import (
    RUN,
    THREAD,
    Call,
    call,
    deleted,
    listing,
    message,
    run,
    step,
    stream,
    thread,
    tool_call,
    trace,
)

PATHS = [
    "POST /threads/runs",
    f"POST /threads/{THREAD}/runs",
    f"GET /threads/{THREAD}/runs/{RUN}",
    f"POST /threads/{THREAD}/runs/{RUN}/submit_tool_outputs",
    f"POST /threads/{THREAD}/runs/{RUN}/cancel",
    f"GET /threads/{THREAD}/runs/{RUN}/steps",
    f"GET /threads/{THREAD}/messages",
    f"DELETE /threads/{THREAD}",
    "POST /vector_stores/vs_V1/file_batches",
    "GET /files/file-F1",
    "GET /nowhere",
]
SOUND = [
    run(),
    run("requires_action"),
    run("completed"),
    step(),
    step("in_progress", tool_call()),
    message("in_progress"),
    message("incomplete"),
    thread(),
    deleted(THREAD, "thread.deleted"),
    {
        "error": {
            "message": "No thread found with id 'x'.",
            "type": "invalid_request_error",
            "param": None,
            "code": None,
        }
    },
    listing(step(), step(id="step_S2")),
]
NUMBERS = st.integers() | st.sampled_from([2**63, -(2**63), 10**400]) | st.floats(allow_nan=False, allow_infinity=False)
SCALARS = (
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | st.sampled_from(["completed", "queued", THREAD, RUN])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def disturbed(draw: st.DrawFn) -> object:
    """A sound body in which some values, at any depth, have become something else."""
    body = draw(st.sampled_from(SOUND))
    for _ in range(draw(st.integers(0, 4))):
        body = _replaced(draw, body)
    return body


def _replaced(draw: st.DrawFn, value: object) -> object:
    if draw(st.integers(0, 3)) == 0:
        return draw(VALUES)
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        return value | {name: _replaced(draw, value[name])}
    if isinstance(value, list) and value:
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], _replaced(draw, value[index]), *value[index + 1 :]]
    return draw(VALUES)


BODIES = disturbed() | VALUES
CALLS = st.builds(
    call, st.sampled_from(PATHS), BODIES, status=st.sampled_from([200, 200, 200, 400, 401, 404, 500, 502])
) | st.builds(
    lambda path, events: stream(path, *events),
    st.sampled_from(PATHS),
    st.lists(st.tuples(st.sampled_from(["thread.run.created", "thread.run.completed", "x"]), BODIES), max_size=4),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(CALLS, max_size=5))
def test_no_answer_makes_a_check_raise(calls: list[Call]) -> None:
    judgement = judged(trace(*calls))
    for finding in judgement.findings:
        assert judgement.examined[finding.requirement] > 0
        assert "\n" not in finding.expected + finding.actual
        assert len(finding.expected) < 500
        assert len(finding.actual) < 500


@pytest.mark.parametrize(
    "body", [b"", b"null", b"\xff\xfe", b"[" * 2000, b'{"object": "list", "data": [1, [], {"id": 1}]}']
)
@pytest.mark.parametrize("status", [200, 404])
def test_no_bytes_make_a_check_raise(body: bytes, status: int) -> None:
    judged(trace(*(call(path, body, status=status) for path in PATHS)))


def test_deep_nesting_makes_no_check_raise() -> None:
    deep: object = []
    for _ in range(800):
        deep = [deep]
    judged(trace(*(call(PATHS[2], run("completed") | {name: deep}) for name in run())))


RECORDINGS = Path(os.environ.get("CONFORMANCE_RECORDINGS") or Path(__file__).parents[3] / "shared" / "recordings")


def recorded() -> Iterator[Trace]:
    """One trace for each cassette of the recorded v2 traffic that is real, in the order of the recording."""
    for path in sorted((RECORDINGS / "exchanges").glob("*.jsonl")):
        cassettes: dict[str, list[Exchange]] = {}
        for row in recordings.read(path).rows:
            if row.api_version != "v1" and not row.handwritten:
                cassettes.setdefault(row.label, []).append(row.exchange)
        for label, exchanges in cassettes.items():
            dates = [exchange.date for exchange in exchanges]
            if None not in dates:
                exchanges.sort(key=lambda exchange: exchange.date.timestamp() if exchange.date else 0)
            numbered = tuple(replace(exchange, number=number) for number, exchange in enumerate(exchanges, start=1))
            yield Trace(label, numbered, base_path="/v1")


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="no recordings: tell where they are in CONFORMANCE_RECORDINGS")
def test_real_traffic_violates_nothing() -> None:
    requirements = contract.load().requirements
    told: dict[str, set[str]] = {}
    examined: set[str] = set()
    for one in recorded():
        judgement = judged(one)
        examined |= judgement.examined.keys()
        for finding in judgement.findings:
            assert requirements[finding.requirement].level is not Level.MUST, (one.source, finding)
            told.setdefault(finding.requirement, set()).add(one.source)
    # The one server error of the recordings.
    assert {requirement: len(sources) for requirement, sources in told.items()} == {"ERROR-5XX-01": 1}
    # What only the driver of a scenario can state is in no recording of others.
    ours = set[str]().union(*map(ids_of, AREAS))
    assert len(examined & ours) > len(ours) * 3 / 4
