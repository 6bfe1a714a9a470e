"""The further checks of runs and steps, against traffic nobody planned: hostile both ways, and the real API's own."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.checks.areas import judged
from tests.checks.test_any_traffic import BODIES, PATHS, RECORDINGS, VALUES, recorded
from tests.traces import RUN, Call, call, listing, message, run, step, trace

CHOICES = st.sampled_from(["none", "required", {"type": "function", "function": {"name": "weather"}}]) | VALUES
FORMATS = st.sampled_from([{"type": "json_object"}, {"type": "json_schema", "json_schema": {"strict": True}}]) | VALUES
OUTPUTS = st.lists(st.sampled_from([{"tool_call_id": "call_C1", "output": "?"}]) | VALUES, max_size=3) | VALUES
SENT = VALUES | st.fixed_dictionaries(
    {"assistant_id": st.just("asst_A1")},
    optional={
        "tool_choice": CHOICES,
        "response_format": FORMATS,
        "tool_outputs": OUTPUTS,
        "additional_messages": VALUES,
        "metadata": VALUES,
    },
)
TIMES = st.tuples(st.floats(0, 3), st.floats(0, 2)).map(lambda pair: (pair[0], pair[0] + pair[1]))
WRITTEN = message("completed", run_id=RUN)
ANSWERS = BODIES | st.sampled_from(
    [listing(step("completed")), listing(WRITTEN), run("expired"), run("requires_action"), step("cancelled"), WRITTEN]
)
CALLS = st.builds(
    lambda path, answer, sent, status, times: call(path, answer, sent=sent, status=status, times=times),
    st.sampled_from(PATHS),
    ANSWERS,
    SENT,
    st.sampled_from([200, 200, 200, 400, 404, 500]),
    TIMES,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(CALLS, max_size=6))
def test_no_traffic_makes_a_check_raise(calls: list[Call]) -> None:
    judgement = judged(trace(*calls))
    for finding in judgement.findings:
        assert judgement.examined[finding.requirement] > 0
        assert "\n" not in finding.expected + finding.actual
        assert max(len(finding.expected), len(finding.actual)) < 600


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="no recordings: tell where they are in CONFORMANCE_RECORDINGS")
def test_real_traffic_violates_nothing() -> None:
    assert [(one.source, finding) for one in recorded() for finding in judged(one).findings] == []
