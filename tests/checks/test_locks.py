from conformance.trace.trace import Trace, Where
from tests.checks.judging import HISTORIES, judged_by
from tests.checks.tables import Tables
from tests.traces import (
    ASSISTANT,
    RUN,
    THREAD,
    Call,
    assistant,
    call,
    error,
    failed,
    message,
    run,
    stream,
    thread,
    trace,
)

judged, tripped = HISTORIES.judged, HISTORIES.tripped

RUNS = f"/threads/{THREAD}/runs"
READ = f"GET {RUNS}/{RUN}"
HELLO = {"role": "user", "content": "Hello."}
START = {"assistant_id": ASSISTANT}
BUSY = f"Can't add messages to {THREAD} while a run {RUN} is active."
SECOND = f"Thread {THREAD} already has an active run {RUN}."


def made(*messages: dict[str, object]) -> Call:
    return call("POST /threads", thread(), sent={"messages": list(messages)})


def say(status: int = 200, text: str = BUSY) -> Call:
    label = f"POST /threads/{THREAD}/messages"
    return call(label, message(), sent=HELLO) if status == 200 else error(label, status, text, sent=HELLO)


def start(status: int = 200, text: str = SECOND, run_id: str = RUN) -> Call:
    if status == 200:
        return call(f"POST {RUNS}", run(id=run_id), sent=START)
    return error(f"POST {RUNS}", status, text, sent=START)


def see(status: str, run_id: str = RUN) -> Call:
    return call(f"GET {RUNS}/{run_id}", run(status, id=run_id))


MUTE = call("POST /assistants", assistant(), sent={"model": "gpt-4o"})

ELSEWHERE = call("POST /threads/thread_T2/runs", run(id="run_R9", thread_id="thread_T2"), sent=START)

GOOD = {
    "nothing to say, and the endpoint is broken": trace(made(), MUTE, error(f"POST {RUNS}", 503, sent=START)),
    "nothing to say, and too many requests": trace(made(), MUTE, error(f"POST {RUNS}", 429, sent=START)),
    "refused while the run waits, taken when it has ended": trace(
        made(HELLO),
        start(),
        see("requires_action"),
        say(400),
        start(400),
        see("requires_action"),
        call(f"POST {RUNS}/{RUN}/submit_tool_outputs", run(started_at=1_735_689_601)),
        see("completed"),
        say(),
        start(run_id="run_R2"),
    ),
    "a run that may have ended meanwhile": trace(made(HELLO), start(), see("in_progress"), say(), see("completed")),
    "a request at the same time as the run's end": trace(
        made(HELLO), start(), call(READ, run("in_progress"), times=(1.0, 3.0)), say(), see("completed")
    ),
    "another thread's run": trace(
        start(),
        see("in_progress"),
        call("POST /threads/thread_T2/messages", message(thread_id="thread_T2"), sent=HELLO),
    ),
    "other refusals": trace(
        made(HELLO), say(404, "No thread found"), say(429, "active"), say(500, "active"), say(400, "Invalid 'role'.")
    ),
    "a run that nobody saw the end of": trace(made(HELLO), failed(f"POST {RUNS}", sent=START), say(400)),
    "a run that is created at the same time": trace(
        made(HELLO),
        call(f"POST {RUNS}", run(), sent=START, times=(1.0, 3.0)),
        error(f"POST /threads/{THREAD}/messages", 400, BUSY, sent=HELLO, times=(2.0, 4.0)),
    ),
    "a run on a thread that others use": trace(say(400)),
    "nothing like it was ever taken": trace(made(HELLO), start(409)),
    "a refusal that names neither thread nor run": trace(made(HELLO), start(400, "Not today."), ELSEWHERE),
    "a thread without a question": trace(
        made(), start(), see("completed"), start(400, "Run creation requires a Thread with a user message.")
    ),
    "a malformed message": trace(
        made(HELLO),
        say(),
        start(),
        see("completed"),
        error(f"POST /threads/{THREAD}/messages", 400, "No role.", sent={"content": "Hello."}),
    ),
    "a run with tools that nobody was given": trace(
        made(HELLO),
        start(),
        see("completed"),
        error(f"POST {RUNS}", 400, "No tools here.", sent=START | {"tools": [{"type": "code_interpreter"}]}),
    ),
    "a malformed message while the run is active": trace(
        made(HELLO),
        start(),
        error(f"POST /threads/{THREAD}/messages", 400, "No role.", sent={"content": "Hello."}),
        see("in_progress"),
    ),
    "an empty thread": trace(made(), MUTE, start(400, "Run creation requires a Thread with a user message.")),
    "an empty thread, but instructions": trace(
        made(),
        call("POST /assistants", assistant(instructions="Speak."), sent={"instructions": "Speak."}),
        call(f"POST {RUNS}", run(instructions="Speak."), sent=START),
    ),
    "an empty thread, but a message of the run's": trace(
        made(), MUTE, call(f"POST {RUNS}", run(), sent=START | {"additional_messages": [HELLO]})
    ),
    "a thread that is no longer empty": trace(made(), MUTE, say(), start()),
}


ACTIVE = (made(HELLO), start(), see("in_progress"))
BAD: list[tuple[str, str, Trace]] = [
    ("LOCK-MESSAGE-01", "taken", trace(*ACTIVE, say(), see("in_progress"))),
    ("LOCK-MESSAGE-01", "another status", trace(*ACTIVE, say(409), see("in_progress"))),
    ("LOCK-MESSAGE-01", "queued", trace(made(HELLO), start(), say(), see("queued"))),
    (
        "LOCK-MESSAGE-01",
        "cancelling",
        trace(made(HELLO), start(), say(), call(f"POST {RUNS}/{RUN}/cancel", run("cancelling"))),
    ),
    ("LOCK-RUN-01", "taken", trace(*ACTIVE, start(run_id="run_R2"), see("in_progress"))),
    (
        "LOCK-RUN-01",
        "taken as a stream",
        trace(*ACTIVE, stream(f"POST {RUNS}", ("thread.run.created", run(id="run_R2"))), see("in_progress")),
    ),
    ("LOCK-NAMES-01", "no run", trace(*ACTIVE, say(400, f"{THREAD} has an active run."), see("in_progress"))),
    ("LOCK-NAMES-01", "no thread", trace(*ACTIVE, say(400, f"Run {RUN} is active."), see("in_progress"))),
    ("LIMIT-RUN-10", "", trace(made(), MUTE, start())),
    *(
        ("LOCK-FREE-01", status, trace(made(HELLO), start(), see("in_progress"), *cancel, see(status), say(400)))
        for status in ("completed", "incomplete", "failed", "expired", "cancelled")
        for cancel in [(call(f"POST {RUNS}/{RUN}/cancel", run("cancelling")),) if status == "cancelled" else ()]
    ),
    (
        "LOCK-FREE-01",
        "by another thread's run",
        trace(
            made(HELLO),
            ELSEWHERE,
            call("GET /threads/thread_T2/runs/run_R9", run("in_progress", id="run_R9", thread_id="thread_T2")),
            say(400, "Busy."),
            call("GET /threads/thread_T2/runs/run_R9", run("in_progress", id="run_R9", thread_id="thread_T2")),
            say(),
        ),
    ),
    ("LOCK-FREE-01", "never a run", trace(made(HELLO), start(409), ELSEWHERE)),
    ("LOCK-FREE-01", "in words of its own", trace(made(HELLO), say(), start(), see("completed"), say(423, "Later."))),
    (
        "LOCK-FREE-01",
        "before another run",
        trace(made(HELLO), start(), see("completed"), say(400), start(run_id="run_R2"), see("in_progress", "run_R2")),
    ),
]


OURS = judged_by("locks") - judged_by("locks.races")


def test_a_finding_tells_what_proves_that_the_run_was_active() -> None:
    (finding,) = judged(BAD[0][2]).findings
    assert finding.where == Where(4)
    assert 'run "run_R1" is active: "in_progress" still in exchange 5' in finding.expected
    assert finding.actual == "status 200"


def test_an_event_that_had_arrived_shows_a_run_that_a_message_met() -> None:
    # The stream is still open when the message is sent; its first event had arrived.
    opened = stream(f"POST {RUNS}", ("thread.run.created", run()), sent=START, times=(0.0, 9.0))
    told = trace(
        opened,
        call(f"POST /threads/{THREAD}/messages", message(), sent=HELLO, times=(5.0, 6.0)),
        call(READ, run("in_progress"), times=(7.0, 8.0)),
        live=True,
    )
    assert tripped(told) == set()  # no arrival is known
    first = told.exchanges[0]
    assert first.response is not None
    object.__setattr__(first.response, "arrivals", ((1.0, len(first.response.body)),))
    first.response.__dict__.pop("events", None)
    assert tripped(told) == {"LOCK-MESSAGE-01"}


class TestTables(Tables):
    checks, good, bad, judges = HISTORIES, GOOD, BAD, OURS
