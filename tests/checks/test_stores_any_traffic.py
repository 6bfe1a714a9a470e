"""The checks of files and stores, against traffic nobody planned: hostile bodies, and the real API's own."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance import recordings
from conformance.trace.trace import Trace
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
    judged,
    judged_by,
    make_batch,
    result,
    results,
    store,
    take,
    upload,
)
from tests.traces import RUN, THREAD, Call, assistant, call, deleted, listing, message, run, step, thread, trace

PATHS = [
    "POST /files",
    "GET /files",
    f"GET /files/{FILE}",
    f"GET /files/{FILE}/content",
    f"DELETE /files/{FILE}",
    "POST /vector_stores",
    f"GET {IN}",
    f"POST {IN}",
    f"DELETE {IN}",
    f"POST {IN}/search",
    f"GET {IN}/files",
    f"POST {IN}/files",
    f"GET {IN}/files/{FILE}",
    f"POST {IN}/files/{FILE}",
    f"GET {IN}/files/{FILE}/content",
    f"DELETE {IN}/files/{FILE}",
    f"POST {IN}/file_batches",
    f"GET {IN}/file_batches/{BATCH}",
    f"GET {IN}/file_batches/{BATCH}/files",
    f"POST {IN}/file_batches/{BATCH}/cancel",
    "POST /threads",
    f"GET /threads/{THREAD}",
    f"POST /threads/{THREAD}/messages",
    f"GET /threads/{THREAD}/runs/{RUN}/steps",
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
SOUND = [
    file(),
    store(1),
    entry(),
    entry("failed"),
    batch(),
    batch("in_progress"),
    deleted(FILE, "vector_store.file.deleted"),
    deleted("vs_V1", "vector_store.deleted"),
    results(result()),
    listing(entry(), entry(file_id="file-F2")),
    listing(file()),
    assistant(tool_resources=RESOURCES),
    thread(tool_resources=RESOURCES),
    message(content=[{"type": "text", "text": {"value": "xy", "annotations": [CITATION]}}], run_id=RUN),
    run(tools=[{"type": "file_search", "file_search": {"max_num_results": 1}}]),
    step("completed", *USES),
]
SENT = [
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
SCALARS = (
    st.none() | st.booleans() | NUMBERS | st.text(max_size=6) | st.sampled_from(["completed", FILE, "vs_V1", BATCH])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def disturbed(draw: st.DrawFn, sound: list[object]) -> object:
    """One of the sound bodies in which some values, at any depth, have become something else."""
    body = draw(st.sampled_from(sound))
    for _ in range(draw(st.integers(0, 3))):
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
FORMS = st.lists(
    st.tuples(
        st.sampled_from(["file", "purpose", "expires_after[seconds]", "expires_after"]),
        st.binary(max_size=8),
        st.none() | st.sampled_from(["a.txt", "a.zip", ""]),
    ),
    max_size=4,
)
CALLS = st.builds(
    call,
    st.sampled_from(PATHS),
    BODIES,
    sent=st.none() | disturbed(SENT) | VALUES,
    status=st.sampled_from([200, 200, 200, 200, 400, 404, 500]),
) | st.builds(
    lambda parts, body: call("POST /files", body, sent=form(*parts), request_headers=FORM_HEADERS), FORMS, BODIES
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(CALLS, max_size=6), st.booleans())
def test_no_answer_makes_a_check_raise(calls: list[Call], begun: bool) -> None:
    before = (upload(), MADE, add(), make_batch(FILE), take()) if begun else ()
    judgement = judged(trace(*before, *calls))
    for finding in judgement.findings:
        assert judgement.examined[finding.requirement] > 0
        assert "\n" not in finding.expected + finding.actual
        assert len(finding.expected) < 500
        assert len(finding.actual) < 500


@pytest.mark.parametrize(
    "body", [b"", b"null", b"\xff\xfe", b"[" * 2000, b'{"object": "list", "data": [1, [], {"id": 1}]}']
)
def test_no_bytes_make_a_check_raise(body: bytes) -> None:
    judged(trace(*(call(path, body) for path in PATHS)))


def test_deep_nesting_makes_no_check_raise() -> None:
    deep: object = []
    for _ in range(800):
        deep = [deep]
    for whole in SOUND:
        judged(trace(MADE, *(call(path, whole | {name: deep}) for path in PATHS[6:12] for name in whole)))


RECORDINGS = Path(os.environ.get("CONFORMANCE_RECORDINGS") or Path(__file__).parents[3] / "shared" / "recordings")
OURS = (
    "annotations",
    "attachments",
    "batches",
    "files",
    "hosted_tools",
    "search",
    "store_files",
    "vector_stores",
)


def recorded() -> Iterator[Trace]:
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
    ours = set().union(*map(judged_by, OURS))
    examined: Counter[str] = Counter()
    for one in recorded():
        judgement = judged(one)
        examined.update({name: count for name, count in judgement.examined.items() if name in ours})
        assert [finding for finding in judgement.findings if finding.requirement in ours] == []
    assert examined["FILE-ECHO-03"] > 20
    assert examined["BATCH-FILES-02"] > 20
    assert examined["FILE-CONTENT-01"] > 0
    assert len(examined) > 40
