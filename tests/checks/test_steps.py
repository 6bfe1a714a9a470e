from conformance.trace.trace import Trace
from tests.checks.judging import OBJECTS, ids_of, judged_by
from tests.checks.tables import Tables
from tests.traces import CREATED, RUN, THREAD, call, listing, message, run, step, stream, tool_call, trace, usage

RUNS = f"/threads/{THREAD}/runs"
CREATE, GET_RUN, SUBMIT = f"POST {RUNS}", f"GET {RUNS}/{RUN}", f"POST {RUNS}/{RUN}/submit_tool_outputs"
STEPS, GET = f"GET {RUNS}/{RUN}/steps", f"GET {RUNS}/{RUN}/steps/step_S1"
BOTH = (tool_call("call_C1"), tool_call("call_C2"))

NO_CALLS_YET = {"type": "tool_calls", "tool_calls": []}


def polls(*steps: object) -> Trace:
    return trace(*(call(GET, one) for one in steps))


GOOD = {
    "a life": polls(step("in_progress"), step("completed"), step("completed")),
    "every end": trace(
        *(
            call(f"{STEPS}/step_S{number}", step(status, id=f"step_S{number}"))
            for number, status in enumerate(("completed", "failed", "cancelled", "expired"))
        )
    ),
    "an expired step with its times": polls(step("expired", expired_at=CREATED + 2, expires_at=None, metadata={})),
    "expires_at, which no document names": polls(step("in_progress", expires_at=CREATED + 600)),
    "unknown fields": polls(step("completed", future=True)),
    "equal times": polls(step("completed", completed_at=CREATED + 1)),
    "an ended step without usage": polls(step("failed", usage=None)),
    "function calls": trace(
        call(GET_RUN, run("requires_action", *BOTH)),
        call(STEPS, listing(step("in_progress", *BOTH))),
        call(GET, step("completed", *reversed(BOTH))),
    ),
    "a step of other tools beside": trace(
        call(GET_RUN, run("requires_action", *BOTH)),
        call(
            STEPS,
            listing(
                step("in_progress", *BOTH),
                step("completed", {"id": "call_S", "type": "file_search", "file_search": {}}, id="step_S0"),
            ),
        ),
    ),
    "a step of an earlier round": trace(
        call(GET_RUN, run("requires_action", tool_call("call_C9"))),
        call(STEPS, listing(step("completed", tool_call("call_C1")), has_more=True)),
    ),
    "a call of another run with the same id": trace(
        call(STEPS, listing(step("completed", *BOTH))),
        call(STEPS.replace(RUN, "run_R2"), listing(step("completed", *BOTH, id="step_S9", run_id="run_R2"))),
    ),
    "calls that are still being streamed": trace(
        stream(
            CREATE,
            ("thread.run.created", run()),
            ("thread.run.step.created", step("in_progress", type="tool_calls", step_details=NO_CALLS_YET)),
            ("thread.run.requires_action", run("requires_action", *BOTH)),
        ),
        stream(SUBMIT, ("thread.run.step.completed", step("completed", *BOTH))),
    ),
    "a message and its step": trace(
        stream(
            CREATE,
            ("thread.run.step.created", step("in_progress")),
            ("thread.message.created", message("in_progress")),
            ("thread.run.step.completed", step("completed")),
        )
    ),
    "a message that was not seen": polls(step("completed")),
}


BAD: list[tuple[str, str, Trace]] = [
    ("STEP-STATE-01", "out of completed", polls(step("completed"), step("in_progress"))),
    ("STEP-STATE-01", "from one end to another", polls(step("completed"), step("failed"))),
    ("STEP-FIELD-01", "", polls(step("completed", completed_at=None))),
    ("STEP-FIELD-02", "", polls(step("failed", failed_at=None))),
    ("STEP-FIELD-03", "", polls(step("cancelled", cancelled_at=None))),
    ("STEP-FIELD-04", "completed_at", polls(step("in_progress", completed_at=CREATED + 2))),
    ("STEP-FIELD-04", "expired_at", polls(step("in_progress", expired_at=CREATED + 2))),
    ("STEP-FIELD-05", "", polls(step("completed", cancelled_at=CREATED + 2))),
    ("STEP-FIELD-06", "failed", polls(step("failed", completed_at=CREATED + 2))),
    ("STEP-FIELD-06", "expired", polls(step("expired", completed_at=CREATED + 2))),
    ("STEP-FIELD-07", "", polls(step("failed", last_error=None))),
    ("STEP-FIELD-08", "", polls(step("completed", last_error={"code": "server_error", "message": "?"}))),
    ("STEP-FIELD-09", "", polls(step("in_progress", usage=usage()))),
    ("STEP-FIELD-10", "", polls(step("completed", usage=None))),
    ("STEP-TYPE-01", "", polls(step("in_progress", tool_call()), step("completed"))),
    ("STEP-TYPE-02", "", polls(step("completed", type="tool_calls"))),
    ("STEP-TIME-01", "", polls(step("completed", completed_at=CREATED))),
    ("STEP-USAGE-01", "", polls(step("completed", usage=usage() | {"total_tokens": 0}))),
    (
        "STEP-CALLS-01",
        "a call is missing",
        trace(call(GET_RUN, run("requires_action", *BOTH)), call(GET, step("completed", BOTH[0]))),
    ),
    (
        "STEP-CALLS-01",
        "other calls than the run waits for",
        trace(call(GET_RUN, run("requires_action", *BOTH)), call(GET, step("in_progress", tool_call("call_C9")))),
    ),
    (
        "STEP-CALLS-01",
        "in another step, too",
        trace(
            call(GET_RUN, run("requires_action", *BOTH)),
            call(STEPS, listing(step("in_progress", *BOTH), step("completed", *BOTH, id="step_S9"))),
        ),
    ),
    (
        "STEP-LINK-01",
        "a message of the user",
        trace(call(f"GET /threads/{THREAD}/messages/msg_M1", message(id="msg_M1")), call(GET, step("completed"))),
    ),
]


OURS = ids_of("steps") - judged_by(
    *(f"steps.{name}" for name in ("open_steps", "causes", "waiting", "frozen", "readable_messages")),
    *(f"steps.{name}" for name in ("made", "authors", "late", "cancelled")),
)


class TestTables(Tables):
    checks, good, bad, judges = OBJECTS, GOOD, BAD, OURS
