"""All checks, against traffic nobody planned: whatever is sent, whatever comes back, however it overlaps; and the
real API's own.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance import contract, recordings
from conformance.contract import Level
from conformance.trace.exchange import Exchange
from conformance.trace.trace import Trace
from tests.checks.judging import ALL, OBJECTS, RUNS, STORES, Checks, ids_of, judged_by
from tests.checks.shelf import (
    BATCH,
    FILE,
    FORM_HEADERS,
    IN,
    MADE,
    add,
    batch,
    chunks,
    entry,
    file,
    form,
    make_batch,
    result,
    results,
    store,
    take,
    upload,
)
from tests.traces import (
    ASSISTANT,
    RUN,
    THREAD,
    Call,
    assistant,
    call,
    deleted,
    listing,
    message,
    run,
    step,
    stream,
    thread,
    tool_call,
    trace,
)

IN_THREAD, OF_RUN = f"/threads/{THREAD}", f"/threads/{THREAD}/runs/{RUN}"
PATHS = [
    *("POST /assistants", f"POST /assistants/{ASSISTANT}", "GET /assistants?limit=1&after=asst_A1"),
    f"DELETE /assistants/{ASSISTANT}",
    *("POST /threads", f"GET {IN_THREAD}", f"DELETE {IN_THREAD}"),
    *(f"POST {IN_THREAD}/messages", f"GET {IN_THREAD}/messages"),
    f"GET {IN_THREAD}/messages?order=asc&limit=99999999999999999999&run_id=run_R1",
    *("POST /threads/runs", f"POST {IN_THREAD}/runs", f"GET {OF_RUN}", f"POST {OF_RUN}", f"POST {OF_RUN}/cancel"),
    *(f"POST {OF_RUN}/submit_tool_outputs", f"GET {OF_RUN}/steps", f"GET {OF_RUN}/steps?after=step_S1"),
    *("POST /files", "GET /files", "GET /files?purpose=assistants&limit=-1", "GET /files/file-F1"),
    *(f"GET /files/{FILE}", f"GET /files/{FILE}/content", f"DELETE /files/{FILE}"),
    *("POST /vector_stores", f"GET {IN}", f"POST {IN}", f"DELETE {IN}", f"POST {IN}/search"),
    *(f"GET {IN}/files", f"POST {IN}/files", f"GET {IN}/files/{FILE}", f"POST {IN}/files/{FILE}"),
    *(f"GET {IN}/files/{FILE}/content", f"DELETE {IN}/files/{FILE}", f"POST {IN}/file_batches"),
    *(f"GET {IN}/file_batches/{BATCH}", f"GET {IN}/file_batches/{BATCH}/files"),
    *(f"POST {IN}/file_batches/{BATCH}/cancel", "GET /nowhere"),
]
CITATION = {"type": "file_citation", "text": "x", "start_index": 0, "end_index": 1, "file_citation": {"file_id": FILE}}
USES = [
    {
        "id": "call_C1",
        "type": "file_search",
        "file_search": {"ranking_options": {"ranker": "x"}, "results": [result()]},
    },
    {"id": "call_C2", "type": "code_interpreter", "code_interpreter": {"input": "", "outputs": []}},
]
RESOURCES = {"file_search": {"vector_store_ids": ["vs_V1"], "vector_stores": [{"file_ids": [FILE]}]}}
NO_THREAD = {"message": "No thread found with id 'x'.", "type": "invalid_request_error", "param": None, "code": None}
SOUND: list[Any] = [
    *(assistant(), assistant(tool_resources=RESOURCES), thread(), thread(tool_resources=RESOURCES)),
    *(run(), run("requires_action"), run("completed"), run("expired")),
    run(tools=[{"type": "file_search", "file_search": {"max_num_results": 1}}]),
    *(step(), step("completed"), step("cancelled"), step("completed", *USES), step("in_progress", tool_call())),
    *(message("in_progress"), message("incomplete"), message("completed", run_id=RUN)),
    message(content=[{"type": "text", "text": {"value": "xy", "annotations": [CITATION]}}], run_id=RUN),
    *(listing(step(), step(id="step_S2")), listing(message(), message()), listing(message("completed", run_id=RUN))),
    *(file(), store(1), entry(), entry("failed"), batch(), batch("in_progress"), results(result())),
    *(listing(file()), listing(entry(), entry(file_id="file-F2"))),
    *(deleted(THREAD, "thread.deleted"), deleted(FILE, "vector_store.file.deleted")),
    deleted("vs_V1", "vector_store.deleted"),
    {"error": NO_THREAD},
]
REQUESTS: list[Any] = [
    {"file_ids": [FILE], "attributes": {"a": 1}, "chunking_strategy": chunks()},
    {"files": [{"file_id": FILE}]},
    {"file_id": FILE, "attributes": {"a": True}},
    {
        "query": "x",
        "filters": {"type": "and", "filters": [{"type": "gt", "key": "a", "value": 1}]},
        "max_num_results": 1,
    },
    {
        "tool_resources": RESOURCES,
        "messages": [{"attachments": [{"file_id": FILE, "tools": [{"type": "file_search"}]}]}],
    },
    {"name": None, "expires_after": {"anchor": "last_active_at", "days": 1}},
]
NUMBERS = st.integers() | st.sampled_from([2**63, -(2**63), 10**400]) | st.floats(allow_nan=False, allow_infinity=False)
KNOWN_WORDS = st.sampled_from(["completed", "queued", THREAD, RUN, FILE, "vs_V1", BATCH])
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | KNOWN_WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def disturbed(draw: st.DrawFn, sound: list[object]) -> object:
    """One of the sound bodies in which some values, at any depth, have become something else."""
    body = draw(st.sampled_from(sound))
    for _ in range(draw(st.integers(0, 4))):
        body = _replaced(draw, body)
    return body


def _replaced(draw: st.DrawFn, value: object) -> object:
    if draw(st.integers(0, 3)) == 0:
        return draw(VALUES)
    if isinstance(value, dict) and value:
        name = draw(st.sampled_from(sorted(value)))
        return value | {name: _replaced(draw, value[name])}
    if isinstance(value, list) and value:
        index = draw(st.integers(0, len(value) - 1))
        return [*value[:index], _replaced(draw, value[index]), *value[index + 1 :]]
    return draw(VALUES)


BODIES = disturbed(SOUND) | VALUES
FUNCTION = {"type": "function", "function": {"name": "weather"}}
SENT = (
    st.none()
    | VALUES
    | disturbed(REQUESTS)
    | st.fixed_dictionaries(
        {},
        optional={
            "assistant_id": st.just(ASSISTANT) | VALUES,
            "tool_choice": st.sampled_from(["none", "required", FUNCTION]) | VALUES,
            "response_format": st.sampled_from(
                [{"type": "json_object"}, {"type": "json_schema", "json_schema": {"strict": True}}]
            )
            | VALUES,
            "tool_outputs": st.lists(st.sampled_from([{"tool_call_id": "call_C1", "output": "?"}]) | VALUES, max_size=3)
            | VALUES,
        }
        | {
            name: VALUES | st.sampled_from(["x", [{}], {"messages": [{"role": "user", "content": "Hello."}]}])
            for name in ("content", "role", "metadata", "tools", "messages", "thread", "additional_messages")
        },
    )
)
STATUSES = st.sampled_from([200] * 6 + [400, 401, 404, 409, 500, 502])
TIMES = (
    st.none()
    | st.tuples(st.floats(0, 5), st.floats(0, 5))
    | st.tuples(st.floats(0, 3), st.floats(0, 2)).map(lambda pair: (pair[0], pair[0] + pair[1]))
)
EVENTS = st.tuples(st.sampled_from(["thread.run.created", "thread.run.completed", "x"]), BODIES)
PART = st.tuples(
    st.sampled_from(["file", "purpose", "expires_after[seconds]", "expires_after"]),
    st.binary(max_size=8),
    st.none() | st.sampled_from(["a.txt", "a.zip", ""]),
)
CALLS = (
    st.builds(call, st.sampled_from(PATHS), BODIES, status=STATUSES, sent=SENT, times=TIMES)
    | st.builds(
        lambda path, events, sent, times: stream(path, *events, sent=sent, times=times),
        st.sampled_from(PATHS),
        st.lists(EVENTS, max_size=4),
        SENT,
        TIMES,
    )
    | st.builds(
        lambda parts, body: call("POST /files", body, sent=form(*parts), request_headers=FORM_HEADERS),
        st.lists(PART, max_size=4),
        BODIES,
    )
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(CALLS, max_size=6), st.booleans())
def test_no_traffic_makes_a_check_raise(calls: list[Call], begun: bool) -> None:
    before = (upload(), MADE, add(), make_batch(FILE), take()) if begun else ()
    judgement = ALL.judged(trace(*before, *calls))
    for finding in judgement.findings:
        assert judgement.examined[finding.requirement] > 0
        assert "\n" not in finding.expected + finding.actual
        assert max(len(finding.expected), len(finding.actual)) < 600


@pytest.mark.parametrize(
    "body", [b"", b"null", b"\xff\xfe", b"[" * 2000, b'{"object": "list", "data": [1, [], {"id": 1}]}']
)
@pytest.mark.parametrize("status", [200, 404])
def test_no_bytes_make_a_check_raise(body: bytes, status: int) -> None:
    ALL.judged(trace(*(call(path, body, status=status) for path in PATHS)))


def deep(levels: int) -> object:
    value: object = []
    for _ in range(levels):
        value = [value]
    return value


KINDS = {body["object"]: body for body in SOUND if "object" in body}


@pytest.mark.parametrize("kind", KINDS)
def test_deep_nesting_in_an_answer_makes_no_check_raise(kind: str) -> None:
    paths, whole = (f"GET {OF_RUN}", f"GET {IN}/files", f"POST {IN}/files"), KINDS[kind]
    ALL.judged(trace(MADE, *(call(path, whole | {name: deep(800)}) for path, name in product(paths, whole))))


@pytest.mark.parametrize(
    "name", ["metadata", "tools", "content", "response_format", "instructions", "thread", "messages"]
)
def test_deep_nesting_in_requests_makes_no_check_raise(name: str) -> None:
    twice = [
        call(path, {**assistant(), **run("completed"), name: deep(800)}, sent={name: deep(800)}) for path in PATHS[:18]
    ] * 2
    ALL.judged(trace(*twice))
    ALL.judged(trace(*(replace(one, answer=message(**{name: deep(800)})) for one in twice)))
    ALL.judged(trace(*(replace(one, answer=listing(message(content=deep(800)))) for one in twice)))


RECORDINGS = Path(os.environ.get("CONFORMANCE_RECORDINGS") or Path(__file__).parents[3] / "shared" / "recordings")


def recorded() -> Iterator[Trace]:
    """One trace for each cassette of the recorded v2 traffic that is real, in the order of the recording."""
    for path in sorted((RECORDINGS / "exchanges").glob("*.jsonl")):
        cassettes: dict[str, list[Exchange]] = {}
        for row in recordings.read(path).rows:
            if row.api_version != "v1" and not row.handwritten:
                cassettes.setdefault(row.label, []).append(row.exchange)
        for label, exchanges in cassettes.items():
            dates = [exchange.date for exchange in exchanges]
            if None not in dates:
                exchanges.sort(key=lambda exchange: exchange.date.timestamp() if exchange.date else 0)
            numbered = tuple(replace(exchange, number=number) for number, exchange in enumerate(exchanges, start=1))
            yield Trace(label, numbered, base_path="/v1")


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="no recordings: tell where they are in CONFORMANCE_RECORDINGS")
def test_real_traffic_violates_nothing() -> None:
    requirements = contract.load().requirements
    told: dict[str, set[str]] = {}
    examined: set[str] = set()
    checks = Checks(*OBJECTS.names, *RUNS.names)
    for one in recorded():
        judgement = checks.judged(one)
        examined |= judgement.examined.keys()
        for finding in judgement.findings:
            assert requirements[finding.requirement].level is not Level.MUST, (one.source, finding)
            told.setdefault(finding.requirement, set()).add(one.source)
    # The one server error of the recordings.
    assert {requirement: len(sources) for requirement, sources in told.items()} == {"ERROR-5XX-01": 1}
    # What only the driver of a scenario can state is in no recording of others.
    ours = set[str]().union(*map(ids_of, OBJECTS.names))
    assert len(examined & ours) > len(ours) * 3 / 4


def accounts() -> Iterator[Trace]:
    """Each account's real traffic as one trace: cassettes upload in one file what another one reads."""
    for path in sorted((RECORDINGS / "exchanges").glob("*.jsonl")):
        rows = [row for row in recordings.read(path).rows if row.api_version != "v1" and not row.handwritten]
        dated = [(row.exchange.date, row.exchange) for row in rows if row.exchange.date is not None]
        dated.sort(key=lambda pair: pair[0])
        numbered = (
            replace(exchange, number=number, started=None, ended=None)
            for number, (_, exchange) in enumerate(dated, start=1)
        )
        yield Trace(path.name, tuple(numbered), base_path="/v1")


@pytest.mark.skipif(not RECORDINGS.is_dir(), reason="no recordings: tell where they are in CONFORMANCE_RECORDINGS")
def test_real_traffic_of_whole_accounts_violates_nothing() -> None:
    ours = judged_by(*STORES.names - {"identity", "lists", "objects"})
    examined: Counter[str] = Counter()
    for one in accounts():
        judgement = STORES.judged(one)
        examined.update({name: count for name, count in judgement.examined.items() if name in ours})
        assert [finding for finding in judgement.findings if finding.requirement in ours] == []
    assert examined["FILE-ECHO-03"] > 20
    assert examined["BATCH-FILES-02"] > 20
    assert examined["FILE-CONTENT-01"] > 0
    assert len(examined) > 40


def test_every_group_of_checks_judges_something() -> None:
    named = {name for requirement in contract.load().requirements.values() for name in requirement.checks}
    assert {name.partition(".")[0] for name in named} >= ALL.names
