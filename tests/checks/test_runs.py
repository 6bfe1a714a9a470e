import pytest

from conformance.trace.trace import Trace, Where
from tests.checks.judging import OBJECTS, ids_of, judged_by
from tests.checks.tables import Tables
from tests.traces import (
    CREATED,
    RUN,
    THREAD,
    Call,
    call,
    error,
    failed,
    listing,
    run,
    step,
    stream,
    tool_call,
    trace,
    usage,
)

judged, tripped = OBJECTS.judged, OBJECTS.tripped

RUNS = f"/threads/{THREAD}/runs"
CREATE, GET, CANCEL = f"POST {RUNS}", f"GET {RUNS}/{RUN}", f"POST {RUNS}/{RUN}/cancel"
SUBMIT, STEPS = f"POST {RUNS}/{RUN}/submit_tool_outputs", f"GET {RUNS}/{RUN}/steps"


def polls(*runs: object) -> Trace:
    return trace(*(call(GET, one) for one in runs))


def waiting(*after: Call) -> Trace:
    return trace(call(CREATE, run()), call(GET, run("requires_action")), *after)


REQUEUED = run("queued", started_at=CREATED + 1)
ACTION = {"required_action": run("requires_action")["required_action"]}
TWO_STEPS = (step(), step("completed", tool_call(), id="step_S2"))

GOOD = {
    "a life": trace(
        call(CREATE, run()),
        call(GET, run("in_progress")),
        call(GET, run("requires_action")),
        call(SUBMIT, REQUEUED),
        call(GET, run("in_progress", started_at=CREATED + 2)),
        call(GET, run("completed", usage=usage(40, 10))),
        call(GET, run("completed", usage=usage(40, 10))),
        call(STEPS, listing(*TWO_STEPS)),
    ),
    "a stream": trace(
        stream(
            CREATE,
            ("thread.run.created", run()),
            ("thread.run.queued", run()),
            ("thread.run.in_progress", run("in_progress")),
            ("thread.run.step.completed", step()),
            ("thread.run.completed", run("completed")),
        ),
        call(GET, run("completed")),
    ),
    "a poller that skips statuses": trace(
        call(CREATE, run()), call(GET, run("requires_action")), call(SUBMIT, REQUEUED), call(GET, run("completed"))
    ),
    "cancelled": trace(
        call(CREATE, run()),
        call(GET, run("in_progress")),
        call(CANCEL, run("cancelling")),
        call(GET, run("cancelled", expires_at=None)),
    ),
    "cancelled at once": trace(call(CREATE, run()), call(CANCEL, run("cancelled", started_at=None))),
    "completed while it was being cancelled": polls(run("cancelling"), run("completed")),
    "incomplete with completed_at": polls(run("incomplete", completed_at=CREATED + 3)),
    "expired with completed_at": polls(run("expired", completed_at=CREATED + 3, usage=None)),
    "expired while it waited": waiting(call(GET, run("expired"))),
    "failed from the queue": trace(call(CREATE, run()), call(GET, run("failed", started_at=None))),
    "usage while it waits": polls(run("requires_action", usage=usage())),
    "equal times": polls(run("completed", started_at=CREATED, completed_at=CREATED)),
    "unknown fields": polls(run("completed", reasoning_effort=None, tool_resources={}, future={"x": [1]})),
    "instructions": polls(run("completed", instructions="Be brief.")),
    "no instructions": polls(run("completed", instructions=None)),
    "metadata modified afterwards": trace(
        call(GET, run("completed")), call(f"POST {RUNS}/{RUN}", run("completed", metadata={"seen": "yes"}))
    ),
    "resources that only the stream shows": trace(
        stream(CREATE, ("thread.run.completed", run("completed", tool_resources={"code_interpreter": {}}))),
        call(GET, run("completed", tool_resources={})),
    ),
    "the outputs were submitted by someone else": polls(run("requires_action"), run("completed")),
    "a submission whose answer was lost": waiting(failed(SUBMIT), call(GET, run("completed"))),
    "completed after a cancel that came too late": waiting(
        call(CANCEL, run("cancelling")), call(GET, run("completed"))
    ),
    "cancelled by the server": trace(call(CREATE, run()), call(GET, run("cancelled"))),
    "an overlapping poll that is late": trace(
        call(GET, run("completed"), times=(0.0, 1.0)), call(GET, run("in_progress"), times=(0.5, 1.5))
    ),
    "a poll during the stream": trace(
        stream(CREATE, ("thread.run.created", run()), ("thread.run.completed", run("completed")), times=(0.0, 9.0)),
        call(GET, run("in_progress"), times=(1.0, 1.1)),
        call(GET, run("completed"), times=(10.0, 10.1)),
    ),
    "an incomplete page of steps": trace(
        call(GET, run("completed", usage=usage(40, 10))), call(STEPS, listing(step(), has_more=True))
    ),
    "a second page of steps": trace(
        call(GET, run("completed", usage=usage(40, 10))), call(f"{STEPS}?after=step_S2", listing(step()))
    ),
    "steps without usage": trace(call(GET, run("completed")), call(STEPS, listing(step("failed", usage=None)))),
    "the reason of a completed run before the status incomplete": trace(
        call(GET, run("completed", incomplete_details={"reason": "max_prompt_tokens"}), date=None)
    ),
    "no date": trace(call(CREATE, run(), date=None), call(GET, run("completed"), date=None)),
    "statuses the machine does not know": polls(run("completed"), run("paused"), run("completed")),
}


BAD: list[tuple[str, str, Trace]] = [
    ("RUN-STATE-01", "out of completed", polls(run("completed"), run("in_progress"))),
    ("RUN-STATE-01", "from one end to another", polls(run("completed"), run("cancelled"))),
    (
        "RUN-STATE-01",
        "after a stream that a poll overlapped",
        trace(
            stream(CREATE, ("thread.run.created", run()), ("thread.run.completed", run("completed")), times=(0.0, 5.0)),
            call(GET, run("in_progress"), times=(1.0, 2.0)),
            call(GET, run("in_progress"), times=(6.0, 7.0)),
        ),
    ),
    ("RUN-STATE-02", "back from cancelling", polls(run("cancelling"), run("in_progress"))),
    ("RUN-STATE-03", "completed without outputs", waiting(call(GET, run("completed")))),
    (
        "RUN-STATE-03",
        "queued again without outputs",
        trace(call(CREATE, run()), call(GET, run("in_progress")), call(GET, REQUEUED)),
    ),
    ("RUN-STATE-03", "outputs that were refused", waiting(error(SUBMIT, 400), call(GET, run("in_progress")))),
    (
        "RUN-STATE-03",
        "outputs of an earlier round",
        waiting(call(SUBMIT, REQUEUED), call(GET, run("requires_action")), call(GET, run("completed"))),
    ),
    ("RUN-STATE-04", "created in progress", trace(call(CREATE, run("in_progress")))),
    ("RUN-STATE-04", "created with a thread", trace(call("POST /threads/runs", run("in_progress")))),
    ("RUN-STATE-05", "cancel answered with a running run", trace(call(CANCEL, run("in_progress")))),
    ("RUN-FIELD-01", "", polls(run("completed", completed_at=None))),
    ("RUN-FIELD-02", "", polls(run("failed", failed_at=None))),
    ("RUN-FIELD-03", "", polls(run("cancelled", cancelled_at=None))),
    ("RUN-FIELD-04", "queued", polls(run("queued", completed_at=CREATED + 3))),
    ("RUN-FIELD-04", "in progress", polls(run("in_progress", failed_at=CREATED + 3))),
    ("RUN-FIELD-04", "cancelling", polls(run("cancelling", cancelled_at=CREATED + 3))),
    ("RUN-FIELD-05", "completed and failed", polls(run("completed", failed_at=CREATED + 3))),
    ("RUN-FIELD-05", "cancelled and completed", polls(run("cancelled", completed_at=CREATED + 3))),
    ("RUN-FIELD-05", "expired and cancelled", polls(run("expired", cancelled_at=CREATED + 3))),
    ("RUN-FIELD-06", "queued", polls(run("queued", expires_at=None))),
    ("RUN-FIELD-06", "waiting", polls(run("requires_action", expires_at=None))),
    ("RUN-FIELD-07", "", polls(run("completed", expires_at=CREATED + 600))),
    ("RUN-FIELD-08", "failed", polls(run("failed", expires_at=CREATED + 600))),
    ("RUN-FIELD-08", "incomplete", polls(run("incomplete", expires_at=CREATED + 600))),
    ("RUN-FIELD-09", "plain", trace(call(CREATE, run("queued", started_at=CREATED)))),
    ("RUN-FIELD-09", "streamed", trace(stream(CREATE, ("thread.run.created", run("queued", started_at=CREATED))))),
    ("RUN-FIELD-10", "in progress", polls(run("in_progress", started_at=None))),
    ("RUN-FIELD-10", "completed", polls(run("completed", started_at=None))),
    ("RUN-FIELD-11", "", polls(run("requires_action", required_action=None))),
    ("RUN-FIELD-12", "after the submission", waiting(call(SUBMIT, REQUEUED | ACTION))),
    ("RUN-FIELD-12", "completed", polls(run("completed") | ACTION)),
    ("RUN-FIELD-13", "", polls(run("failed", last_error=None))),
    ("RUN-FIELD-14", "", polls(run("completed", last_error={"code": "server_error", "message": "?"}))),
    ("RUN-FIELD-15", "", polls(run("incomplete", incomplete_details=None))),
    ("RUN-FIELD-16", "", polls(run("in_progress", incomplete_details={"reason": "max_prompt_tokens"}))),
    ("RUN-FIELD-21", "", polls(run("expired", incomplete_details={"reason": "max_prompt_tokens"}))),
    ("RUN-FIELD-17", "", polls(run("completed", incomplete_details={"reason": "max_prompt_tokens"}))),
    ("RUN-FIELD-18", "", polls(run("completed", usage=None))),
    ("RUN-FIELD-19", "", polls(run("incomplete", usage=None))),
    ("RUN-FIELD-20", "queued", polls(run("queued", usage=usage()))),
    ("RUN-FIELD-20", "cancelling", polls(run("cancelling", usage=usage()))),
    ("RUN-TIME-01", "started too early", polls(run("in_progress", started_at=CREATED - 1))),
    ("RUN-TIME-01", "ended too early", polls(run("completed", completed_at=CREATED))),
    ("RUN-TIME-01", "ended before it was created", polls(run("failed", started_at=None, failed_at=CREATED - 1))),
    ("RUN-TIME-02", "an hour", trace(call(CREATE, run("queued", expires_at=CREATED + 3600)))),
    (
        "RUN-USAGE-01",
        "more cached than sent",
        polls(run("completed", usage=usage() | {"prompt_token_details": {"cached_tokens": 100}})),
    ),
    ("RUN-USAGE-01", "", polls(run("completed", usage=usage() | {"total_tokens": 26}))),
    ("RUN-USAGE-03", "", polls(run("completed", usage=dict.fromkeys(usage(), 0)))),
    (
        "RUN-USAGE-02",
        "a list of all steps",
        trace(call(GET, run("completed", usage=usage(41, 10))), call(STEPS, listing(*TWO_STEPS))),
    ),
    (
        "RUN-USAGE-02",
        "a whole stream",
        trace(
            stream(
                CREATE,
                ("thread.run.created", run()),
                ("thread.run.step.completed", step()),
                ("thread.run.completed", run("completed", usage=usage(21, 5))),
            )
        ),
    ),
    ("RUN-ACTION-01", "", polls(run("requires_action", tool_call(), tool_call()))),
    ("RUN-ACTION-02", "", polls(run("requires_action", tool_call(arguments='{"city": ')))),
    ("RUN-FROZEN-01", "model", polls(run("completed"), run("completed", model="gpt-4o-mini"))),
    ("RUN-FROZEN-01", "usage", polls(run("expired", usage=usage()), run("expired", usage=usage(21, 5)))),
    ("RUN-FROZEN-01", "true is not 1", polls(run("completed"), run("completed", parallel_tool_calls=1))),
    (
        "RUN-FROZEN-01",
        "after the stream",
        trace(
            stream(CREATE, ("thread.run.completed", run("completed"))),
            call(GET, run("completed", completed_at=CREATED + 4)),
        ),
    ),
]


OURS = ids_of("runs") - judged_by(
    *("runs.defaults", "runs.formats", "runs.moments", "runs.ends", "runs.caps", "runs.made")
)


def test_a_finding_says_where_and_what_in_plain_words() -> None:
    findings = judged(polls(run("completed"), run("queued", usage=None, started_at=CREATED + 1))).findings
    assert [(f.where, f.expected, f.actual) for f in findings] == [
        (Where(2, pointer="/status"), "status one of completed", 'status "queued" after "completed" (exchange 1)')
    ]


def test_streamed_findings_name_their_event() -> None:
    bad = trace(stream(CREATE, ("thread.run.created", run()), ("thread.run.queued", run("queued", expires_at=None))))
    assert [f.where for f in judged(bad).findings] == [Where(1, 2, "/expires_at")]


def test_what_a_closer_rule_judges_is_no_change_of_a_frozen_run() -> None:
    bad = polls(run("completed"), run("completed", completed_at=None))
    assert tripped(bad) == {"RUN-FIELD-01"}


@pytest.mark.parametrize("wrong", ["soon", True, 1.5, [], {}], ids=str)
def test_a_value_of_the_wrong_type_is_left_to_the_schema(wrong: object) -> None:
    assert tripped(polls(run("in_progress", completed_at=wrong, started_at=wrong))) == set()


def test_nothing_is_examined_where_there_are_no_runs() -> None:
    assert not ids_of("runs") & judged(trace(call("GET /models", listing()))).examined.keys()


class TestTables(Tables):
    checks, good, bad, judges = OBJECTS, GOOD, BAD, OURS
