from conformance.trace.trace import Trace
from tests.checks.judging import HISTORIES, judged_by
from tests.checks.tables import Tables
from tests.traces import RUN, THREAD, Call, call, error, failed, listing, run, step, stream, tool_call, trace

RUNS = f"/threads/{THREAD}/runs"
START = call(f"POST {RUNS}", run(), sent={"assistant_id": "asst_A1"})
CANCEL = f"POST {RUNS}/{RUN}/cancel"


def see(status: str) -> Call:
    return call(f"GET {RUNS}/{RUN}", run(status))


def steps(status: str) -> Call:
    return call(f"GET {RUNS}/{RUN}/steps", listing(step(status, tool_call())))


def no(status: int = 400) -> Call:
    return error(CANCEL, status, "Cannot cancel run with status 'completed'.")


GOOD = {
    "cancelled on the way": trace(
        START,
        see("in_progress"),
        call(CANCEL, run("cancelling")),
        see("cancelling"),
        see("cancelled"),
        steps("cancelled"),
    ),
    "cancelled too late": trace(START, see("in_progress"), no(), see("completed"), no()),
    "cancelled twice": trace(START, see("in_progress"), call(CANCEL, run("cancelling")), no(), see("cancelled"), no()),
    "in progress in a later round": trace(
        START,
        see("in_progress"),
        no(),
        call(f"POST {RUNS}/{RUN}/submit_tool_outputs", run(started_at=1_735_689_601)),
        see("in_progress"),
    ),
    "a waiting run that cannot be cancelled": trace(START, see("requires_action"), no(), see("requires_action")),
    "other refusals": trace(START, see("completed"), no(404), no(429), no(500), no(401)),
    "a cancel that got no answer": trace(START, failed(CANCEL), see("cancelled")),
    "somebody else's run": trace(see("cancelled")),
    "cancelled in its stream": trace(
        stream(
            f"POST {RUNS}", ("thread.run.created", run()), ("thread.run.cancelled", run("cancelled")), times=(0.0, 9.0)
        ),
        call(CANCEL, run("cancelling"), times=(1.0, 2.0)),
    ),
    "a step that was seen before the end": trace(
        START, call(CANCEL, run("cancelling")), steps("in_progress"), see("cancelled")
    ),
}


BAD: list[tuple[str, str, Trace]] = [
    ("CANCEL-REFUSE-01", "again", trace(START, call(CANCEL, run("cancelled")), call(CANCEL, run("cancelled")))),
    ("CANCEL-REFUSE-01", "409", trace(START, see("completed"), no(409))),
    ("CANCEL-ACCEPT-01", "", trace(START, see("in_progress"), no(), see("in_progress"))),
    ("CANCEL-ACCEPT-01", "405", trace(START, see("in_progress"), no(405), see("in_progress"))),
    ("CANCEL-CAUSE-01", "cancelled", trace(START, see("cancelled"))),
    ("CANCEL-CAUSE-01", "a refused cancel", trace(START, no(), see("cancelling"), see("cancelled"))),
    ("CANCEL-STEP-01", "", trace(START, call(CANCEL, run("cancelled")), steps("in_progress"))),
]


class TestTables(Tables):
    checks, good, bad, judges = HISTORIES, GOOD, BAD, judged_by("cancels")
