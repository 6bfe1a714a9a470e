"""Answers against their schemas: each requirement is tripped by name, and sound traffic, real too, is left alone."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from conformance import contract, recordings
from conformance.checks import schemas
from conformance.checks.check import Examined, Finding
from conformance.checks.judge import Judgement
from conformance.contract import Level
from conformance.trace.index import Index
from conformance.trace.trace import Trace, Where
from tests.checks.judging import Checks, ids_of
from tests.traces import RUN, THREAD, Call, assistant, call, deleted, listing, message, run, step, stream, thread, trace

CONTRACT = contract.load()
RUNS = f"/threads/{THREAD}/runs"
GET_RUN = f"GET {RUNS}/{RUN}"
JSON = (("content-type", "application/json"),)


def judged(*calls: Call) -> Judgement:
    """What the check of this area makes of the calls."""
    return Checks("schemas.answers").judged(trace(*calls))


def findings(*calls: Call) -> list[tuple[str, str, str, str]]:
    return [(f.requirement, f.where.pointer, f.expected, f.actual) for f in judged(*calls).findings]


def without(value: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key not in names}


def test_sound_answers_have_no_findings() -> None:
    calls = (
        call("POST /assistants", assistant()),
        call("GET /assistants", listing(assistant())),
        call("POST /threads", thread()),
        call(GET_RUN, run("failed")),
        call(f"GET {RUNS}", listing(run(), run("requires_action", id="run_R2"))),
        call(f"GET /threads/{THREAD}/messages", listing()),
        call(f"GET {RUNS}/{RUN}/steps", listing(step())),
        call(f"DELETE /threads/{THREAD}", deleted(THREAD, "thread.deleted")),
        call(f"DELETE /threads/{THREAD}/messages/msg_M1", deleted("msg_M1", "thread.message.deleted")),
        stream(
            f"POST {RUNS}",
            ("thread.run.created", run()),
            ("thread.message.completed", message("completed")),
            ("thread.run.paused", {"anything": 1}),
            sent={"assistant_id": "asst_A1", "stream": True},
        ),
    )
    judgement = judged(*calls)
    assert judgement.findings == ()
    assert judgement.examined["SCHEMA-STATUS-01"] == len(calls)
    assert judgement.examined["SCHEMA-JSON-01"] == len(calls) - 1
    assert judgement.examined["SCHEMA-RunObject"] == 4
    assert judgement.examined["SCHEMA-MessageStreamObject"] == 1
    assert judgement.examined["SCHEMA-ListMessagesResponse"] == 1
    assert judgement.examined["SCHEMA-MessageObject"] == 0


def answers() -> dict[str, list[Call]]:
    """For each requirement of an object's schema, answers whose object lacks everything."""
    found: dict[str, list[Call]] = {}
    for operation in CONTRACT.operations:
        if operation.response is None or operation.response.name is None:
            continue
        label, name = f"{operation.method} {operation.path}", operation.response.name
        found.setdefault(f"SCHEMA-{name}", []).append(call(label, {}))
        if item := CONTRACT.schemas.item_schema(name):
            found.setdefault(f"SCHEMA-{item}", []).append(call(label, {"data": [{}]}))
    for event in CONTRACT.schemas.events:
        if schema := CONTRACT.schemas.event_schema(event):
            found.setdefault(f"SCHEMA-{schema}", []).append(stream("POST /threads/runs", (event, {})))
    return found


@pytest.mark.parametrize(("requirement", "calls"), answers().items())
def test_an_object_without_its_members_violates_its_schema(requirement: str, calls: list[Call]) -> None:
    for one in calls:
        judgement = judged(one)
        assert judgement.examined[requirement] > 0
        assert requirement in {finding.requirement for finding in judgement.findings}, one.label


def test_the_registry_has_each_schema_that_is_answered_and_no_other() -> None:
    general = {"SCHEMA-STATUS-01", "SCHEMA-JSON-01", "SCHEMA-TYPE-01"}
    assert ids_of("schemas") == general | answers().keys()
    assert {name for r in CONTRACT.requirements.values() if r.area == "schemas" for name in r.checks} == {
        "schemas.answers"
    }


@pytest.mark.parametrize(
    ("one", "told"),
    [
        (call(GET_RUN, run(model=None)), ("SCHEMA-RunObject", "/model", "a string", "null")),
        (call(GET_RUN, without(run(), "usage")), ("SCHEMA-RunObject", "", 'an object with "usage"', 'no "usage"')),
        (
            call(GET_RUN, run(tools=[{"type": "function", "function": {}}])),
            ("SCHEMA-RunObject", "/tools/0/function", 'an object with "name"', 'no "name"'),
        ),
        (
            call(f"GET {RUNS}", listing(run(), run(id="run_R2", created_at="now"))),
            ("SCHEMA-RunObject", "/data/1/created_at", "an integer", 'the string "now"'),
        ),
        (
            call(f"GET {RUNS}", without(listing(run()), "has_more")),
            ("SCHEMA-ListRunsResponse", "", 'an object with "has_more"', 'no "has_more"'),
        ),
        (
            call(f"GET {RUNS}", listing(run()) | {"object": "page"}),
            ("SCHEMA-ListRunsResponse", "/object", '"list"', '"page"'),
        ),
        (
            call(f"GET {RUNS}", listing(run(object="run"))),
            ("SCHEMA-RunObject", "/data/0/object", '"thread.run"', '"run"'),
        ),
        (
            stream("POST /threads/runs", ("thread.message.completed", message("completed", content=None))),
            ("SCHEMA-MessageStreamObject", "/content", "an array", "null"),
        ),
        (call(GET_RUN, run(), status=201), ("SCHEMA-STATUS-01", "", "status 200", "status 201")),
        (call(GET_RUN, b"", status=204), ("SCHEMA-STATUS-01", "", "status 200", "status 204")),
        (call(GET_RUN, b""), ("SCHEMA-JSON-01", "", "a body that is a JSON object", "an empty body")),
        (call(GET_RUN, b"<p>"), ("SCHEMA-JSON-01", "", "a body that is a JSON object", "3 bytes that are not JSON")),
        (call(GET_RUN, [run()]), ("SCHEMA-JSON-01", "", "a body that is a JSON object", "an array")),
        (
            call(GET_RUN, run(), headers=(("content-type", "text/plain; charset=utf-8"),)),
            ("SCHEMA-TYPE-01", "", "content type application/json", "content type text/plain"),
        ),
        (
            call(GET_RUN, run(), headers=()),
            ("SCHEMA-TYPE-01", "", "content type application/json", "content type none"),
        ),
    ],
)
def test_one_fault_is_one_finding(one: Call, told: tuple[str, str, str, str]) -> None:
    assert findings(one) == [told]


def test_a_fault_in_a_stream_is_told_at_its_event() -> None:
    [finding] = judged(
        stream("POST /threads/runs", ("thread.created", thread()), ("thread.run.created", run(tools={})))
    ).findings
    assert finding.where == Where(1, 2, "/tools")


@pytest.mark.parametrize(
    "one",
    [
        call("GET /files/file-F1/content", b"\x00raw", headers=(("content-type", "application/octet-stream"),)),
        call("GET /batches", {}),
        call("PATCH /threads", {}),
        call(GET_RUN, {"error": {}}, status=404),
        call(GET_RUN, {}, request_headers=(("OpenAI-Beta", "assistants=v1"),)),
        call("POST /threads/runs", b'{"id": "ru', headers=JSON, complete=False),
        call("POST /threads/runs", {}, sent={"stream": True}),
        stream(GET_RUN, ("thread.run.created", {})),
        stream("POST /threads/runs", ("error", {}), ("thread.run.x", {}), ("done", {}), done=False),
        stream("POST /threads/runs", ("thread.run.created", []), ("thread.run.created", 1)),
        call(GET_RUN, run(object="thread")),
        stream("POST /threads/runs", ("thread.run.created", run(object="thread"))),
    ],
)
def test_what_others_judge_or_nobody_is_left_alone(one: Call) -> None:
    assert findings(one) == []


def test_every_kind_of_fault_is_told_before_one_is_repeated() -> None:
    items = [run(id=f"run_R{number}", model=None) for number in range(100)]
    told = findings(call(f"GET {RUNS}", listing(*items, run(id=7)) | {"first_id": 1, "last_id": 2}))
    assert len(told) == schemas.MOST_FINDINGS
    assert {("SCHEMA-ListRunsResponse", "/first_id"), ("SCHEMA-ListRunsResponse", "/last_id")} <= {
        (requirement, pointer) for requirement, pointer, _, _ in told
    }
    assert ("SCHEMA-RunObject", "/data/100/id", "a string", "the integer 7") in told


HOSTILE: list[Any] = [
    b"[" * 2000,
    b'{"data": ' * 900,
    [],
    None,
    1e308,
    {"data": {"0": 1}},
    {"data": [None, 1, "x", []]},
]


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_bodies_end_in_findings(body: Any) -> None:
    for operation in CONTRACT.operations:
        one = call(f"{operation.method} {operation.path}", body)
        judged_here = bool(operation.response and operation.response.name)
        assert bool(findings(one)) == judged_here
    text = body.decode() if isinstance(body, bytes) else json.dumps(body)
    frame = f"event: thread.run.created\ndata: {text}\n\n".encode()
    judged(call("POST /threads/runs", frame, headers=(("content-type", "text/event-stream"),)))


# ---- real traffic ----------------------------------------------------------------------------------------------------

RECORDINGS = Path(os.environ.get("CONFORMANCE_RECORDINGS") or Path(__file__).parents[3] / "shared" / "recordings")


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="no recordings: tell where they are in CONFORMANCE_RECORDINGS")
@pytest.mark.parametrize("kind", ["exchanges", "raw"])
def test_real_traffic_keeps_to_the_schemas(kind: str) -> None:
    examined = 0
    for path in sorted(path for path in (RECORDINGS / kind).rglob("*") if path.is_file()):
        for row in recordings.read(path).rows:
            if row.api_version == "v1" or row.handwritten or row.remark:
                continue
            for seen in schemas.answers(Index(Trace(row.label, (row.exchange,), base_path="/v1"), CONTRACT)):
                if isinstance(seen, Examined):
                    examined += seen.subjects
                elif isinstance(seen, Finding):
                    assert CONTRACT.requirements[seen.requirement].level is not Level.MUST, (row.label, seen)
    assert examined > 1500
