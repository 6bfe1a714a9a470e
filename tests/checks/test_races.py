from conformance.trace.trace import Trace
from tests.checks.judging import RUNS, judged_by
from tests.checks.tables import Tables
from tests.traces import CREATED, RUN, THREAD, Call, call, error, run, stream, thread, trace

CHECKS = RUNS

RUNS = f"/threads/{THREAD}/runs"
SUBMIT = f"POST {RUNS}/{RUN}/submit_tool_outputs"
START = {"assistant_id": "asst_A1"}
ACTIVE = f"Thread {THREAD} already has an active run {RUN}."
MADE = call("POST /threads", thread(), sent={"messages": []}, times=(0.0, 0.5))
FIRST, SECOND, LATER = (1.0, 2.0), (1.1, 2.1), (2.5, 2.6)


def start(run_id: str = RUN, times: tuple[float, float] = FIRST) -> Call:
    return call(f"POST {RUNS}", run(id=run_id), sent=START, times=times)


def refused(times: tuple[float, float] = SECOND, text: str = ACTIVE, status: int = 400) -> Call:
    return error(f"POST {RUNS}", status, text, sent=START, times=times)


def see(status: str, run_id: str = RUN, times: tuple[float, float] = (3.0, 3.1)) -> Call:
    return call(f"GET {RUNS}/{run_id}", run(status, id=run_id), times=times)


def submit(*ids: str, status: int = 200, times: tuple[float, float] = FIRST) -> Call:
    sent = {"tool_outputs": [{"tool_call_id": call_id, "output": "22 °C"} for call_id in ids]}
    if status == 200:
        return call(SUBMIT, run(started_at=CREATED + 1), sent=sent, times=times)
    return error(SUBMIT, status, sent=sent, times=times)


GOOD = {
    "one of two": trace(MADE, start(), refused(), see("in_progress")),
    "one of two, in the other order": trace(MADE, refused(FIRST), start(times=SECOND), see("in_progress")),
    "a stream and a refusal": trace(
        MADE,
        stream(
            f"POST {RUNS}", ("thread.run.created", run()), ("thread.run.failed", run("failed")), sent=START, times=FIRST
        ),
        refused(),
    ),
    "one behind the other within a moment": trace(
        MADE, start(), start("run_R2", SECOND), see("completed"), see("queued", "run_R2", (3.2, 3.3))
    ),
    "a thread that takes a third run as well has no lock": trace(
        MADE,
        start(),
        start("run_R2", SECOND),
        see("in_progress"),
        start("run_R3", (3.2, 3.3)),
        see("in_progress", times=(3.4, 3.5)),
        see("queued", "run_R2", (3.6, 3.7)),
    ),
    "one was active, and ended": trace(
        MADE, start(), start("run_R2", SECOND), see("queued"), see("completed", "run_R2", (3.2, 3.3))
    ),
    "refused for something else": trace(MADE, refused(FIRST, "Invalid 'model'."), refused(SECOND, "Invalid 'model'.")),
    "a thread of others": trace(refused(FIRST), refused(SECOND)),
    "after a run that may be active": trace(MADE, start(times=(0.6, 0.9)), refused(FIRST), refused(SECOND)),
    "one of two submissions": trace(submit("call_A"), submit("call_A", status=400, times=SECOND)),
    "submissions for other calls": trace(submit("call_A"), submit("call_B", times=SECOND)),
    "one behind the other": trace(submit("call_A"), submit("call_A", times=LATER)),
    "times that nobody knows": trace(
        call(SUBMIT, run(), sent={"tool_outputs": [{"tool_call_id": "call_A", "output": ""}]}),
        call(SUBMIT, run(), sent={"tool_outputs": [{"tool_call_id": "call_A", "output": ""}]}),
    ),
}


BAD: list[tuple[str, str, Trace]] = [
    (
        "LOCK-RACE-01",
        "",
        trace(MADE, start(), start("run_R2", SECOND), see("in_progress"), see("queued", "run_R2", (3.2, 3.3))),
    ),
    ("TOOL-RACE-01", "", trace(submit("call_A", "call_B"), submit("call_B", "call_A", times=SECOND))),
    (
        "TOOL-RACE-01",
        "behind submissions that nothing is held against",
        trace(
            submit("call_C"),
            submit("call_A"),
            submit("call_A", status=500, times=SECOND),
            submit("call_A", times=SECOND),
        ),
    ),
]


class TestTables(Tables):
    checks, good, bad, judges = CHECKS, GOOD, BAD, judged_by("locks.races", "tools.races")

    def test_good_traces_trip_nothing(self, good_trace: Trace) -> None:
        assert not CHECKS.tripped(good_trace) & self.judges
