"""A key that stands anywhere in a long text is in no output, not even a piece of it where the text was cut."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conformance import contract
from conformance.checks.judge import judge
from conformance.evidence.redaction import redact
from conformance.evidence.secrets import WITHHELD
from conformance.recordings.cassette import write
from conformance.report import write_all
from conformance.report.model import Header, Report
from conformance.session.attempt import ScenarioRecord, record
from conformance.session.journal import Journal
from conformance.session.selection import Selection
from conformance.session.settings import from_options
from conformance.session.verdicts import decide
from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.trace import Trace

KEY = "sk-proj-Planted0123456789abcdefXYZ"
SHORT = "hunter22"
JSON = {"Content-Type": "application/json"}


def exchange(
    number: int, method: str, path: str, status: int, body: Any, headers: dict[str, str], key: str
) -> Exchange:
    sent = Headers([("Authorization", f"Bearer {key}"), ("OpenAI-Beta", "assistants=v2"), *JSON.items()])
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=number % 2 == 0).encode()
    request = Request(method, f"http://x.test/v1{path}", sent, b"{}" if method == "POST" else b"")
    response = Response(status, Headers(headers.items()), content, ((0.1, len(content)),), complete=True)
    return Exchange(number, request, response, started=float(number), ended=number + 0.5)


def echoing(said: str, key: str) -> Trace:
    """Answers that are wrong in many ways and say something wherever there is room."""
    thing = {
        "id": f"asst_{said}",
        "object": said,
        "created_at": said,
        "name": {said: said},
        "model": [said],
        "tools": [{"type": said, said: said}],
        "metadata": {said: said, "deep": {said: [said]}},
        said: said,
    }
    error = {"error": {"message": f"Incorrect API key provided: {said}", "type": [said], "param": said, said: said}}
    delta = {
        "id": f"msg_{said}",
        "object": said,
        "delta": {"content": [{"index": said, "type": said, "text": {"value": said}}]},
    }
    events = [("thread.created", {"id": said, "object": said}), ("thread.message.delta", delta), (said, thing)]
    stream = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events).encode()
    headers = {**JSON, "x-request-id": said, "X-Echo": said}
    exchanges = (
        exchange(1, "POST", "/assistants", 200, thing, headers, key),
        exchange(2, "GET", f"/assistants/asst_{said}", 200, thing, {"Content-Type": said, "x-request-id": said}, key),
        exchange(3, "POST", "/threads", 400, error, headers, key),
        exchange(4, "GET", "/assistants", 200, {"object": said, "data": [thing, said], "first_id": said}, headers, key),
        exchange(5, "POST", "/threads/runs", 200, stream, {"Content-Type": "text/event-stream", "X": said}, key),
        exchange(6, "GET", "/threads/thread_1", 500, said.encode(), {"Content-Type": "text/plain"}, key),
    )
    return Trace("objects.thread_lifecycle", exchanges, base_path="/v1", live=True)


def judged(trace: Trace, key: str) -> ScenarioRecord:
    loaded = contract.load()
    found = judge(trace, loaded)
    return record(trace, found, loaded, "inconclusive", "it stopped", base_url="http://x.test/v1", known=(key,))


def pieces(key: str) -> list[str]:
    """Every piece of a key that would tell more of it than its first letters."""
    length = 8 if len(key) > 12 else len(key)
    begin = len("sk-proj-") if len(key) > 12 else 0
    return [key[start : start + length].lower() for start in range(begin, len(key) - length + 1)]


def assert_no_piece(text: str, key: str) -> None:
    lower = text.lower()
    assert not [piece for piece in pieces(key) if piece in lower]


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 300),
    st.sampled_from(["x", "-", " ", "é", "ab ", '"', "\\"]),
    st.sampled_from(["", "…", " tail", "tail"]),
)
def test_no_finding_tells_a_piece_of_the_key_however_far_behind_it_stands(
    filler: int, letter: str, behind: str
) -> None:
    made = judged(echoing(f"{(letter * filler)[:filler]}{KEY}{behind}", KEY), KEY)
    assert len(made.findings) > 10
    assert_no_piece(json.dumps(made.to_dict(), ensure_ascii=False), KEY)


@pytest.mark.parametrize(
    "filler", [0, 37, 58, 78, 153, 300, *(pytest.param(more, marks=pytest.mark.long) for more in (12, 53, 73, 93, 158))]
)
@pytest.mark.parametrize("key", [KEY, SHORT])
def test_no_file_tells_a_piece_of_the_key(key: str, filler: int, tmp_path: Path) -> None:
    said = f"{'x' * max(0, filler - 1)} {key}"
    trace = echoing(said, key)
    made = judged(trace, key)
    write(trace, tmp_path / "cassette.yaml", (key,))
    with Journal(tmp_path, from_options(target="http://x.test/v1").spec, known=(key,)) as journal:
        journal.add(made)
    header = Header(
        "1", "live", "http://x.test/v1", "now", 1.0, 6, 6, 1, 9, "assistants-conformance run", problem=made.reason
    )
    results = decide(contract.load(), [made], Selection(None, None), rerun="assistants-conformance run --only")
    write_all(redact(Report(header, results), (key,)), tmp_path / "report", (key,))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) >= 5
    for path in files:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
        assert_no_piece(text, key)
        if len(key) < 12:
            assert f"{key[:6]}" not in text, path


def test_a_finding_is_told_in_words_that_a_reader_can_use() -> None:
    made = judged(echoing(f"{'x' * 40} {KEY}", KEY), KEY)
    withheld = [finding for finding in made.findings if finding.actual == WITHHELD]
    assert len(withheld) * 4 < len(made.findings)
    assert [finding for finding in made.findings if "redacted" in finding.actual]


def test_a_secret_in_the_traffic_changes_no_verdict() -> None:
    trace = echoing(f"{'x' * 200}{KEY}", KEY)
    loaded = contract.load()
    judgement = judge(trace, loaded)
    made = record(trace, judgement, loaded, known=(KEY,))
    assert made.found == {name: made.found[name] for name in {finding.requirement for finding in judgement.findings}}
    assert sum(made.found.values()) == len(judgement.findings)
    assert made.examined == dict(judgement.examined)
