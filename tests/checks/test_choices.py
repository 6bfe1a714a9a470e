from typing import Any

from conformance.trace.trace import Trace
from tests.checks.judging import RUNS, judged_by
from tests.checks.tables import Tables
from tests.traces import CREATED, RUN, THREAD, Call, call, listing, message, run, step, stream, tool_call, trace, usage

CHECKS = RUNS

RUNS = f"/threads/{THREAD}/runs"
STEPS = f"GET {RUNS}/{RUN}/steps"
WEATHER = {"type": "function", "function": {"name": "weather"}}
OTHER = {"type": "function", "function": {"name": "clock"}}
OBJECT = {"type": "json_object"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
STRICT = {"type": "json_schema", "json_schema": {"name": "answer", "strict": True, "schema": SCHEMA}}
LOOSE = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}


def start(shown: dict[str, Any] | None = None, **sent: Any) -> Call:
    return call(
        f"POST {RUNS}", run(**({"tools": [WEATHER, OTHER]} | (shown or {}))), sent={"assistant_id": "asst_A1", **sent}
    )


def see(status: str, *calls: Any) -> Call:
    return call(f"GET {RUNS}/{RUN}", run(status, *calls, tools=[WEATHER, OTHER]))


def listed(*steps: Any) -> Call:
    return call(STEPS, listing(*steps))


def written(value: str, *more: Any, **changes: Any) -> Call:
    content = [{"type": "text", "text": {"value": value, "annotations": []}}, *more]
    one = message(id="msg_M1", run_id=RUN, role="assistant", assistant_id="asst_A1", content=content, **changes)
    return call(f"GET /threads/{THREAD}/messages", listing(one))


def answered(form: Any, *looks: Call) -> Trace:
    return trace(start(response_format=form), see("completed"), *looks)


GOOD = {
    "none": trace(start(tool_choice="none"), see("completed"), listed(step())),
    "required": trace(start(tool_choice="required"), see("requires_action"), listed(step("in_progress", tool_call()))),
    "required, seen by its steps": trace(
        start(tool_choice="required"),
        see("completed"),
        listed(step(id="step_S2", usage=usage(0, 0)), step("completed", tool_call())),
    ),
    "named": trace(start(tool_choice=WEATHER), see("requires_action")),
    "required, and not all steps seen": trace(
        start(tool_choice="required"), see("completed"), call(f"{STEPS}?limit=1", listing(step(), has_more=True))
    ),
    "required, and cut off": trace(start(tool_choice="required"), see("incomplete"), listed(step())),
    "a function that the run does not have": trace(
        start(tool_choice={"type": "function", "function": {"name": "not_there"}}), see("requires_action")
    ),
    "required, and no tools": trace(start({"tools": []}, tool_choice="required"), see("completed"), listed(step())),
    "a format that is none": answered({"type": "json_schema"}, written("Hello.")),
    "steps listed before the end": trace(start(tool_choice="required"), listed(), see("completed")),
    "a strategy that shows more": trace(start({"truncation_strategy": {"type": "auto", "last_messages": None}})),
    "asked otherwise": trace(
        start({"tool_choice": "none", "metadata": {"a": "b"}}, tool_choice="none", metadata={"a": "b"})
    ),
    "an object": answered(OBJECT, written('{"a": 1}')),
    "a strict schema": answered(STRICT, written('{"city": "Bern", "more": 1}')),
    "a loose schema": answered(LOOSE, written("{}")),
    "a refusal": answered(STRICT, written("", {"type": "refusal", "refusal": "No."})),
    "still being written": trace(start(response_format=OBJECT), written('{"a'), see("in_progress")),
    "cut off": trace(start(response_format=OBJECT), see("incomplete"), written('{"a')),
    "in a stream": trace(
        stream(
            f"POST {RUNS}",
            ("thread.run.created", run()),
            (
                "thread.message.completed",
                message("completed", content=[{"type": "text", "text": {"value": "[]", "annotations": []}}]),
            ),
            ("thread.run.completed", run("completed")),
            sent={"assistant_id": "asst_A1", "response_format": OBJECT, "stream": True},
        )
    ),
    "a start that moves": trace(
        start(),
        see("requires_action"),
        call(f"POST {RUNS}/{RUN}/submit_tool_outputs", run(started_at=CREATED + 1), sent={"tool_outputs": []}),
        call(f"GET {RUNS}/{RUN}", run("in_progress", started_at=CREATED + 9)),
    ),
}


BAD: list[tuple[str, str, Trace]] = [
    ("TOOL-CHOICE-01", "waits", trace(start(tool_choice="none"), see("requires_action"))),
    (
        "TOOL-CHOICE-01",
        "searches",
        trace(
            start(tool_choice="none"),
            listed(step("completed", {"id": "call_S", "type": "file_search", "file_search": {}})),
        ),
    ),
    ("TOOL-CHOICE-02", "required", trace(start(tool_choice="required"), see("completed"), listed(step()))),
    ("TOOL-CHOICE-02", "named", trace(start(tool_choice=WEATHER), see("completed"), listed(step()))),
    ("TOOL-CHOICE-03", "", trace(start(tool_choice=OTHER), see("requires_action"))),
    ("RUN-DEFAULT-01", "tool_choice", trace(start({"tool_choice": None}))),
    ("RUN-DEFAULT-01", "truncation", trace(start({"truncation_strategy": {"type": "last_messages"}}))),
    ("RUN-DEFAULT-01", "metadata", trace(start({"metadata": {"a": "b"}}))),
    ("RUN-FORMAT-01", "object", answered(OBJECT, written("Here you are: {}"))),
    ("RUN-FORMAT-01", "schema", answered(LOOSE, written('{"city": '))),
    ("RUN-FORMAT-02", "a member", answered(STRICT, written("{}"))),
    ("RUN-FORMAT-02", "no object", answered(STRICT, written('["city"]'))),
    (
        "RUN-TIME-03",
        "cancelling",
        trace(start(), see("in_progress"), call(f"POST {RUNS}/{RUN}/cancel", run("cancelling", started_at=None))),
    ),
    (
        "RUN-TIME-04",
        "",
        trace(start(), see("in_progress"), call(f"GET {RUNS}/{RUN}", run("in_progress", expires_at=CREATED + 1200))),
    ),
]


OURS = judged_by("tools.choices", "runs.defaults", "runs.formats", "runs.moments")


class TestTables(Tables):
    checks, good, bad, judges = CHECKS, GOOD, BAD, OURS
