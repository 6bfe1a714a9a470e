"""The states of a run beside a finding: each change once, at the time at which it was seen."""

from dataclasses import replace

from conformance.evidence.run_states import RunState, RunStates
from conformance.trace.trace import Trace
from tests.report.samples import runs_trace

STATES = (
    RunState(0.0, "queued", 2),
    RunState(0.1, "in_progress", 2),
    RunState(0.25, "queued", 2),
    RunState(3.887, "done", 3),
)


def _timed() -> Trace:
    """The run of the samples, streamed from second 1 on and polled at second 5."""
    made, streamed, polled = runs_trace().exchanges
    exchanges = (made, replace(streamed, started=1.0, ended=2.0), replace(polled, started=4.9, ended=5.0))
    return replace(runs_trace(), exchanges=exchanges)


def test_a_run_is_followed_through_stream_and_polls() -> None:
    states = RunStates(_timed())
    assert states.around(2) == states.around(3) == STATES


def test_times_that_nobody_knows_are_not_made_up() -> None:
    states = RunStates(runs_trace()).around(3)
    assert [state.status for state in states] == [state.status for state in STATES]
    assert {state.at for state in states} == {None}


def test_what_is_about_no_run_has_no_states() -> None:
    assert RunStates(_timed()).around(1) == ()
