"""No traffic makes a semantic check raise: whatever is sent, whatever comes back, however it overlaps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance import contract
from tests.checks.semantics import MODULES, judged
from tests.checks.test_any_traffic import BODIES, VALUES
from tests.traces import ASSISTANT, RUN, THREAD, Call, assistant, call, deleted, listing, message, run, stream, trace

PATHS = [
    "POST /assistants",
    f"POST /assistants/{ASSISTANT}",
    "GET /assistants?limit=1&after=asst_A1",
    f"DELETE /assistants/{ASSISTANT}",
    "POST /threads",
    f"DELETE /threads/{THREAD}",
    f"POST /threads/{THREAD}/messages",
    f"GET /threads/{THREAD}/messages?order=asc&limit=99999999999999999999&run_id=run_R1",
    f"GET /threads/{THREAD}/messages",
    "POST /threads/runs",
    f"POST /threads/{THREAD}/runs",
    f"GET /threads/{THREAD}/runs/{RUN}",
    f"POST /threads/{THREAD}/runs/{RUN}",
    f"POST /threads/{THREAD}/runs/{RUN}/cancel",
    f"POST /threads/{THREAD}/runs/{RUN}/submit_tool_outputs",
    f"GET /threads/{THREAD}/runs/{RUN}/steps?after=step_S1",
    "GET /files?purpose=assistants&limit=-1",
]
SENT = VALUES | st.fixed_dictionaries(
    {},
    optional={
        name: VALUES | st.sampled_from(["x", [{}], {"messages": [{"role": "user", "content": "Hello."}]}])
        for name in ("assistant_id", "content", "role", "metadata", "tools", "messages", "thread", "tool_outputs")
    },
)
SHOWN = BODIES | st.sampled_from(
    [assistant(), listing(message(), message()), run("requires_action"), deleted(THREAD, "thread.deleted")]
)
TIMES = st.none() | st.tuples(st.floats(0, 5), st.floats(0, 5))
CALLS = st.builds(
    call,
    st.sampled_from(PATHS),
    SHOWN,
    status=st.sampled_from([200, 200, 200, 400, 404, 409, 500]),
    sent=SENT,
    times=TIMES,
) | st.builds(
    lambda path, data, sent, times: stream(path, ("thread.run.created", data), sent=sent, times=times),
    st.sampled_from(PATHS),
    SHOWN,
    SENT,
    TIMES,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(CALLS, max_size=6))
def test_no_exchange_makes_a_check_raise(calls: list[Call]) -> None:
    judgement = judged(trace(*calls))
    for finding in judgement.findings:
        assert judgement.examined[finding.requirement] > 0
        assert "\n" not in finding.expected + finding.actual
        assert len(finding.expected) < 500
        assert len(finding.actual) < 500


def deep(levels: int) -> object:
    value: object = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "name", ["metadata", "tools", "content", "response_format", "instructions", "thread", "messages"]
)
def test_deep_nesting_makes_no_check_raise(name: str) -> None:
    twice = [
        call(path, {**assistant(), **run("completed"), name: deep(800)}, sent={name: deep(800)}) for path in PATHS
    ] * 2
    judged(trace(*twice))
    judged(trace(*(replace(one, answer=message(**{name: deep(800)})) for one in twice)))
    judged(trace(*(replace(one, answer=listing(message(content=deep(800)))) for one in twice)))


def test_every_module_judges_something() -> None:
    named = {
        name.partition(".")[0] for requirement in contract.load().requirements.values() for name in requirement.checks
    }
    assert named >= MODULES
