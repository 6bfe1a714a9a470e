from conformance.trace.trace import Trace
from tests.checks.judging import HISTORIES, judged_by
from tests.checks.tables import Tables
from tests.traces import CREATED, RUN, THREAD, Call, call, error, listing, run, step, stream, tool_call, trace

RUNS = f"/threads/{THREAD}/runs"
SUBMIT = f"POST {RUNS}/{RUN}/submit_tool_outputs"
A, B = tool_call("call_A"), tool_call("call_B")


def start(**sent: object) -> Call:
    return call(
        f"POST {RUNS}",
        run(parallel_tool_calls=sent.get("parallel_tool_calls", True)),
        sent={"assistant_id": "asst_A1", **sent},
    )


def see(status: str, *calls: dict[str, object], **changes: object) -> Call:
    return call(f"GET {RUNS}/{RUN}", run(status, *calls, **changes))


def submit(*ids: str, status: int = 200) -> Call:
    sent = {"tool_outputs": [{"tool_call_id": call_id, "output": f"{call_id}: 22 °C"} for call_id in ids]}
    if status == 200:
        return call(SUBMIT, run(started_at=CREATED + 1), sent=sent)
    return error(SUBMIT, status, "Expected other tool outputs.", sent=sent)


def steps(status: str, a: str | None, b: str | None) -> Call:
    calls = (tool_call("call_A", output=a), tool_call("call_B", output=b))
    return call(f"GET {RUNS}/{RUN}/steps", listing(step(status, *calls)))


WAITING = (start(), see("requires_action", A, B))
STILL = see("requires_action", A, B)
DONE = ("call_A: 22 °C", "call_B: 22 °C")

GOOD = {
    "refused, refused, taken, in another order": trace(
        *WAITING,
        steps("in_progress", None, None),
        see("requires_action", A, B),
        submit("call_A", status=400),
        submit("call_A", "call_X", status=400),
        submit("call_A", "call_B", "call_B", status=400),
        STILL,
        submit("call_B", "call_A"),
        submit("call_B", "call_A", status=400),
        steps("completed", *DONE),
        see("completed"),
        submit("call_B", "call_A", status=400),
    ),
    "not asked for": trace(start(), see("in_progress"), submit("call_X", status=400), see("in_progress")),
    "two rounds": trace(
        start(),
        see("requires_action", A),
        submit("call_A"),
        see("requires_action", B),
        submit("call_B"),
        see("completed"),
    ),
    "one call at a time": trace(start(parallel_tool_calls=False), see("requires_action", A, parallel_tool_calls=False)),
    "taken as a stream": trace(
        *WAITING,
        stream(
            SUBMIT,
            (
                "thread.run.step.completed",
                step("completed", *(tool_call(f"call_{c}", output=f"call_{c}: 22 °C") for c in "AB")),
            ),
            ("thread.run.queued", run(started_at=CREATED + 1)),
            ("thread.run.completed", run("completed")),
            sent={"tool_outputs": [{"tool_call_id": f"call_{c}", "output": f"call_{c}: 22 °C"} for c in "AB"]},
        ),
    ),
    "refused because it had expired": trace(*WAITING, submit("call_A", "call_B", status=400), see("expired")),
    "refused for other reasons": trace(*WAITING, submit("call_A", "call_B", status=429), submit("call_A", status=404)),
    "malformed": trace(*WAITING, call(SUBMIT, run(started_at=CREATED + 1), sent={"tool_outputs": None})),
    "outputs that are not written yet": trace(
        *WAITING, submit("call_A", "call_B"), steps("in_progress", None, None), see("in_progress")
    ),
    "another's run": trace(steps("completed", "x", "y"), STILL),
}


ANOTHER = see("requires_action", A, tool_call("call_C"))
BAD: list[tuple[str, str, Trace]] = [
    ("LIMIT-RUN-16", "none", trace(*WAITING, call(SUBMIT, run(started_at=CREATED + 1), sent={"tool_outputs": []}))),
    ("LIMIT-RUN-16", "fewer", trace(*WAITING, submit("call_A"))),
    ("LIMIT-RUN-16", "more", trace(*WAITING, submit("call_A", "call_B", "call_C"))),
    ("LIMIT-RUN-16", "foreign", trace(*WAITING, submit("call_A", "call_C"))),
    ("LIMIT-RUN-16", "409", trace(*WAITING, submit("call_A", status=409), STILL)),
    ("TOOL-DOUBLED-01", "", trace(*WAITING, submit("call_A", "call_B", "call_A"))),
    ("TOOL-ACCEPT-01", "", trace(*WAITING, submit("call_A", "call_B", status=400), STILL)),
    ("TOOL-ACCEPT-01", "in another order", trace(*WAITING, submit("call_B", "call_A", status=400), STILL)),
    ("TOOL-LATE-01", "409", trace(start(), see("in_progress"), see("completed"), submit("call_A", status=409))),
    (
        "TOOL-LATE-01",
        "taken",
        trace(
            start(),
            see("in_progress"),
            see("failed"),
            call(SUBMIT, run("failed"), sent={"tool_outputs": [{"tool_call_id": "call_A", "output": ""}]}),
        ),
    ),
    ("TOOL-EARLY-01", "taken", trace(start(), see("in_progress"), submit("call_X"))),
    ("TOOL-EARLY-01", "409", trace(start(), see("queued"), submit("call_X", status=409))),
    ("TOOL-TWICE-01", "", trace(*WAITING, submit("call_A", "call_B"), submit("call_B", "call_A"))),
    ("TOOL-AGAIN-01", "", trace(*WAITING, submit("call_A", "call_B"), STILL)),
    ("TOOL-AGAIN-01", "one", trace(*WAITING, submit("call_A", "call_B"), see("requires_action", B))),
    ("TOOL-KEEP-01", "", trace(*WAITING, submit("call_A", status=400), ANOTHER)),
    ("TOOL-KEEP-02", "", trace(*WAITING, ANOTHER)),
    ("TOOL-OUTPUT-01", "lost", trace(*WAITING, submit("call_A", "call_B"), steps("completed", DONE[0], None))),
    ("TOOL-OUTPUT-01", "swapped", trace(*WAITING, submit("call_A", "call_B"), steps("completed", *reversed(DONE)))),
    ("TOOL-OUTPUT-02", "", trace(*WAITING, steps("in_progress", "made up", None))),
    (
        "LIMIT-RUN-08",
        "default",
        trace(call(f"POST {RUNS}", run(parallel_tool_calls=False), sent={"assistant_id": "asst_A1"})),
    ),
    (
        "LIMIT-RUN-08",
        "two calls",
        trace(start(parallel_tool_calls=False), see("requires_action", A, B, parallel_tool_calls=False)),
    ),
]


OURS = judged_by("tools") - judged_by(
    *("tools.choices", "tools.races", "tools.called_functions", "tools.completed_steps", "tools.same_calls")
)


class TestTables(Tables):
    checks, good, bad, judges = HISTORIES, GOOD, BAD, OURS
