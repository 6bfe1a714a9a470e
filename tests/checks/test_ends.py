"""Ends: what must come to one, the one that it must come to, and what may not go on behind it."""

from dataclasses import replace
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from conformance.trace.trace import Trace
from tests.checks.judging import Checks, judged_by
from tests.checks.shelf import IN, batch, entry, store
from tests.checks.tables import Tables
from tests.traces import CREATED, RUN, THREAD, Call, call, listing, run, step, stream, tool_call, trace, usage

NAMES = (
    *("runs.ends", "runs.caps", "vector_stores.ends", "store_files.ends", "batches.ends"),
    *("steps.made", "steps.late", "steps.cancelled", "tools.completed_steps", "tools.same_calls"),
)
CHECKS = Checks(*NAMES)
RUNS = f"/threads/{THREAD}/runs"
START, SEE, STEPS = f"POST {RUNS}", f"GET {RUNS}/{RUN}", f"GET {RUNS}/{RUN}/steps"
CANCEL, SUBMIT = f"POST {RUNS}/{RUN}/cancel", f"POST {RUNS}/{RUN}/submit_tool_outputs"
EXPIRES = CREATED + 600
BEGUN = call(START, run(), sent={"assistant_id": "asst_A1"})
ENDED, CANCELLED = call(SEE, run("completed")), call(SEE, run("cancelled"))
OPEN_CALLS = step("in_progress", tool_call(output=None))
DONE_CALLS = step("completed", tool_call(output=None))


def at(seconds: int, one: Call) -> Call:
    """An exchange whose answer has this date."""
    date = formatdate(CREATED + seconds, usegmt=True)
    return replace(one, headers=(("date", date), *one.headers))


def capped(status: str, completion: int, prompt: int = 20, **changes: Any) -> Trace:
    caps = {"max_completion_tokens": 256, "max_prompt_tokens": 1000}
    return trace(call(SEE, run(status, usage=usage(prompt, completion), **caps, **changes)))


WAITING, WORKING = call(SEE, run("requires_action")), call(SEE, run("in_progress"))
BUSY_STORE = call(f"GET {IN}", store(status="in_progress"))
BUSY_FILE = call(f"GET {IN}/files/file-F1", entry("in_progress"))
BUSY_BATCH = call(f"GET {IN}/file_batches/vsfb_B1", batch("in_progress"))

GOOD = {
    "active until it expires": trace(BEGUN, at(300, WORKING), at(599, WAITING), at(630, WAITING), at(700, ENDED)),
    "without a date": trace(replace(WORKING, headers=(("date", "yesterday"), ("content-type", "application/json")))),
    "a stream begins before and ends behind": trace(
        at(590, stream(START, ("thread.run.in_progress", run("in_progress"))))
    ),
    "below its caps": capped("completed", 255),
    "as many tokens as it may use": capped("completed", 256),
    "cut off": capped("incomplete", 256),
    "no cap": trace(call(SEE, run("completed", usage=usage(20, 5000)))),
    "cut off before there was a status for it": trace(
        replace(
            call(SEE, run("completed", usage=usage(20, 300), max_completion_tokens=256)),
            date=datetime(2024, 4, 27, tzinfo=UTC),
        )
    ),
    "indexed in its time": trace(
        *(at(second, one) for second in (0, 500) for one in (BUSY_STORE, BUSY_FILE, BUSY_BATCH)),
        at(900, call(f"GET {IN}", store(1))),
        at(900, call(f"GET {IN}/files/file-F1", entry())),
        at(900, call(f"GET {IN}/file_batches/vsfb_B1", batch())),
    ),
    "begun again": trace(
        at(0, BUSY_STORE), at(300, call(f"GET {IN}", store(1))), at(900, BUSY_STORE), at(901, BUSY_STORE)
    ),
    "in another store": trace(
        at(0, BUSY_FILE),
        at(900, call("GET /vector_stores/vs_V2/files/file-F1", entry("in_progress", store_id="vs_V2"))),
    ),
    "a run with steps": trace(BEGUN, ENDED, call(STEPS, listing(step()))),
    "a run that used nothing": trace(call(SEE, run("completed", usage=usage(0, 0))), call(STEPS, listing())),
    "steps of a run that goes on": trace(WORKING, call(STEPS, listing())),
    "a page that was asked to be empty": trace(ENDED, call(f"{STEPS}?limit=0", listing())),
    "clocks a second apart": trace(ENDED, call(STEPS, listing(step(completed_at=CREATED + 4)))),
    "cancelled with its run": trace(
        BEGUN,
        call(STEPS, listing(step("in_progress"))),
        call(CANCEL, run("cancelling")),
        CANCELLED,
        call(STEPS, listing(step("cancelled"))),
    ),
    "finished before the cancel": trace(
        BEGUN, call(STEPS, listing(step())), call(CANCEL, run("cancelling")), CANCELLED, call(STEPS, listing(step()))
    ),
    "outputs were submitted": trace(
        BEGUN,
        WAITING,
        call(SUBMIT, run("queued"), sent={"tool_outputs": [{"tool_call_id": "call_C1", "output": "22"}]}),
        call(STEPS, listing(step("completed", tool_call(output="22")))),
    ),
    "the same calls": trace(BEGUN, WAITING, call(STEPS, listing(OPEN_CALLS))),
    "calls that are still being written": trace(
        BEGUN, call(STEPS, listing(step("in_progress", tool_call(arguments="{")))), WAITING
    ),
    "a run of others": trace(call(STEPS, listing(DONE_CALLS))),
}


BAD: list[tuple[str, str, Trace]] = [
    ("RUN-END-01", "in progress", trace(BEGUN, at(661, WORKING))),
    ("RUN-END-01", "waiting for an hour", trace(BEGUN, at(4800, WAITING))),
    ("RUN-END-01", "queued", trace(BEGUN, at(4800, call(SEE, run())))),
    ("RUN-END-01", "on a list", trace(BEGUN, at(4800, call(f"GET {RUNS}", listing(run()))))),
    ("RUN-CAP-01", "", capped("completed", 257)),
    ("RUN-CAP-02", "", capped("completed", 5, prompt=1001)),
    ("VS-END-01", "", trace(at(0, BUSY_STORE), at(700, BUSY_STORE))),
    ("VSF-END-01", "", trace(at(0, BUSY_FILE), at(90, BUSY_FILE), at(700, BUSY_FILE))),
    ("BATCH-END-01", "", trace(at(0, BUSY_BATCH), at(700, BUSY_BATCH))),
    ("STEP-MADE-01", "", trace(BEGUN, ENDED, call(STEPS, listing()))),
    ("STEP-LATE-01", "", trace(ENDED, call(STEPS, listing(step(completed_at=CREATED + 60))))),
    (
        "STEP-LATE-01",
        "of a cancelled run",
        trace(CANCELLED, call(f"{STEPS}/step_S1", step("completed", completed_at=CREATED + 9))),
    ),
    (
        "STEP-CANCEL-01",
        "",
        trace(
            BEGUN,
            call(STEPS, listing(step("in_progress"))),
            call(CANCEL, run("cancelling")),
            CANCELLED,
            call(STEPS, listing(step())),
        ),
    ),
    (
        "TOOL-CALL-01",
        "arguments",
        trace(BEGUN, WAITING, call(STEPS, listing(step("in_progress", tool_call(arguments='{"city":"Bern"}'))))),
    ),
    ("TOOL-CALL-01", "name", trace(BEGUN, WAITING, call(STEPS, listing(step("in_progress", tool_call(name="rain")))))),
    ("TOOL-STEP-01", "", trace(BEGUN, WAITING, CANCELLED, call(STEPS, listing(DONE_CALLS)))),
    (
        "TOOL-STEP-01",
        "in a stream",
        trace(
            stream(
                START,
                ("thread.run.created", run()),
                ("thread.run.step.completed", DONE_CALLS),
                sent={"assistant_id": "asst_A1", "stream": True},
            )
        ),
    ),
]


def test_what_is_told_once_of_a_run_is_told_once() -> None:
    """A poller looks at a run that never ends again and again."""
    looks = [at(4800 + number, WAITING) for number in range(5)]
    assert len(CHECKS.judged(trace(BEGUN, *looks)).findings) == 1


class TestTables(Tables):
    checks, good, bad, judges = CHECKS, GOOD, BAD, judged_by(*NAMES)
