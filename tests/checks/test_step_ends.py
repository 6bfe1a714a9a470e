from conformance.trace.trace import Trace
from tests.checks.judging import RUNS, judged_by
from tests.checks.tables import Tables
from tests.traces import (
    CREATED,
    RUN,
    THREAD,
    Call,
    call,
    deleted,
    error,
    listing,
    message,
    run,
    step,
    stream,
    tool_call,
    trace,
    usage,
)

CHECKS = RUNS
judged = RUNS.judged

RUNS = f"/threads/{THREAD}/runs"
START = call(f"POST {RUNS}", run(), sent={"assistant_id": "asst_A1"})
CANCEL = call(f"POST {RUNS}/{RUN}/cancel", run("cancelling"))
SUBMIT = f"POST {RUNS}/{RUN}/submit_tool_outputs"
STEPS = f"GET {RUNS}/{RUN}/steps"
MESSAGES = f"GET /threads/{THREAD}/messages"
READ = f"{MESSAGES}/msg_M1"
WRITTEN = message(id="msg_M1", run_id=RUN, assistant_id="asst_A1", role="assistant")


def see(status: str, **changes: object) -> Call:
    return call(f"GET {RUNS}/{RUN}", run(status, **changes))


def listed(*steps: object) -> Call:
    return call(STEPS, listing(*steps))


WAITING = (START, see("requires_action"))
OPEN_CALLS = step("in_progress", tool_call())

GOOD = {
    "from the wait to the end": trace(
        *WAITING,
        listed(OPEN_CALLS),
        call(SUBMIT, run(started_at=CREATED + 1), sent={"tool_outputs": []}),
        see("completed"),
        listed(step("completed", id="step_S2", usage=usage(0, 0)), step("completed", tool_call())),
        call(f"{MESSAGES}?order=asc", listing(WRITTEN)),
        call(f"{MESSAGES}?run_id={RUN}", listing(WRITTEN)),
        call(READ, WRITTEN),
    ),
    "an earlier round is over": trace(
        *WAITING, listed(OPEN_CALLS, step("completed", tool_call("call_C0"), id="step_S0"))
    ),
    "listed while outputs are submitted": trace(
        *WAITING, call(SUBMIT, run(started_at=CREATED + 1), sent={"tool_outputs": []}), listed(step("completed"))
    ),
    "expired before its steps were listed": trace(*WAITING, listed(step("expired", tool_call())), see("expired")),
    "failed before its steps were listed": trace(*WAITING, listed(step("failed", tool_call())), see("failed")),
    "open while the run goes on": trace(START, see("in_progress"), listed(step("in_progress")), see("completed")),
    "expired together": trace(START, see("expired"), listed(step("expired"))),
    "cancelled together": trace(START, CANCEL, see("cancelled"), listed(step("cancelled"))),
    "another page than the whole": trace(*WAITING, call(f"{STEPS}?limit=1", listing(step(), has_more=True))),
    "streams keep expires_at": trace(
        stream(
            f"POST {RUNS}",
            ("thread.run.step.created", step("in_progress", expires_at=CREATED + 600)),
            ("thread.run.step.completed", step("completed", expires_at=CREATED + 600)),
        ),
        listed(step("completed", expires_at=None)),
    ),
    "results that only include[] brings": trace(
        listed(step("completed", {"id": "call_S", "type": "file_search", "file_search": {}})),
        listed(step("completed", {"id": "call_S", "type": "file_search", "file_search": {"results": []}})),
    ),
    "a message that was deleted": trace(
        listed(step("in_progress")),
        listed(step("completed")),
        call(f"DELETE /threads/{THREAD}/messages/msg_M1", deleted("msg_M1", "thread.message.deleted")),
        error(READ, 404),
        call(MESSAGES, listing()),
    ),
    "a thread that was deleted": trace(
        listed(step("in_progress")),
        listed(step("completed")),
        call(f"DELETE /threads/{THREAD}", deleted(THREAD, "thread.deleted")),
        error(READ, 404),
    ),
    "pages that need not show it": trace(
        listed(step("in_progress")),
        listed(step("completed")),
        call(f"{MESSAGES}?limit=1", listing(message(), has_more=True)),
        call(f"{MESSAGES}?run_id=run_R2", listing()),
        call(f"{MESSAGES}?after=msg_M1", listing()),
        error(READ, 500),
        error(READ, 401),
    ),
    "a step that was complete before anybody looked": trace(listed(step("completed")), error(READ, 404)),
    "a look before the step was complete": trace(error(READ, 404), listed(step("completed"))),
}


BAD: list[tuple[str, str, Trace]] = [
    ("STEP-END-01", "", trace(START, see("completed"), listed(step("in_progress")))),
    ("STEP-END-01", "a call of a function", trace(START, see("completed"), listed(OPEN_CALLS))),
    ("STEP-END-02", "failed", trace(START, see("failed"), listed(step("in_progress")))),
    ("STEP-END-02", "expired", trace(START, see("expired"), listed(step("in_progress")))),
    ("STEP-END-02", "incomplete", trace(START, see("incomplete"), listed(step("in_progress")))),
    ("STEP-CAUSE-01", "cancelled", trace(START, see("completed"), listed(step("cancelled")))),
    ("STEP-CAUSE-01", "expired", trace(START, see("failed"), listed(step("expired")))),
    ("STEP-WAIT-01", "no step", trace(*WAITING, listed())),
    ("STEP-WAIT-01", "a message", trace(*WAITING, listed(step("in_progress")))),
    ("STEP-WAIT-01", "completed already", trace(*WAITING, listed(step("completed", tool_call())))),
    ("STEP-WAIT-01", "two", trace(*WAITING, listed(OPEN_CALLS, step("in_progress", id="step_S2")))),
    (
        "STEP-FROZEN-01",
        "usage",
        trace(listed(step("completed")), listed(step("completed", usage=None) | {"usage": {"total_tokens": 1}})),
    ),
    (
        "STEP-FROZEN-01",
        "output",
        trace(
            listed(step("completed", tool_call(output="22 °C"))), listed(step("completed", tool_call(output="23 °C")))
        ),
    ),
    (
        "STEP-FROZEN-01",
        "message",
        trace(
            listed(step("completed")),
            listed(
                step(
                    "completed", step_details={"type": "message_creation", "message_creation": {"message_id": "msg_M2"}}
                )
            ),
        ),
    ),
    ("STEP-LINK-02", "by its id", trace(listed(step("in_progress")), listed(step("completed")), error(READ, 404))),
    (
        "STEP-LINK-02",
        "on the list",
        trace(listed(step("in_progress")), listed(step("completed")), call(MESSAGES, listing(message()))),
    ),
    (
        "STEP-LINK-02",
        "another was deleted",
        trace(
            listed(step("in_progress")),
            listed(step("completed")),
            call(f"DELETE /threads/{THREAD}/messages/msg_M2", deleted("msg_M2", "thread.message.deleted")),
            error(READ, 404),
        ),
    ),
]


OURS = judged_by(*(f"steps.{name}" for name in ("open_steps", "causes", "waiting", "frozen", "readable_messages")))


def test_a_missing_message_is_told_once() -> None:
    gone = trace(
        listed(step("in_progress")),
        listed(step("completed")),
        error(READ, 404),
        error(READ, 404),
        call(MESSAGES, listing()),
    )
    assert [finding.requirement for finding in judged(gone).findings] == ["STEP-LINK-02"]


class TestTables(Tables):
    checks, good, bad, judges = CHECKS, GOOD, BAD, OURS
