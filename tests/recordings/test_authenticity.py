"""Hand-written exchanges are told from real ones, and edited requests from what was really asked."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance import contract
from conformance.recordings.audit import audit
from conformance.recordings.authenticity import api_version, make_row, shows_version_1
from conformance.trace.exchange import Exchange, Headers, Request, Response

REAL = {
    "date": "Thu, 30 Oct 2025 22:02:20 GMT",
    "x-request-id": "req_0cf8641568536f698fafc6e6b94595b1",
    "cf-ray": "996e32408dd908e3-SEA",
    "openai-version": "2020-10-01",
    "content-type": "application/json",
}
BODY = b'{"id":"thread_9MtWbBZu0yAmytdTFV3qer0c","object":"thread"}'


def row(
    headers: dict[str, str] = REAL,
    body: bytes = BODY,
    *,
    status: int = 200,
    url: str = "https://api.openai.com/v1/threads",
    beta: str = "assistants=v2",
):  # type: ignore[no-untyped-def]
    request = Request("POST", url, Headers([("OpenAI-Beta", beta)] if beta else []))
    return make_row(Exchange(1, request, Response(status, Headers(headers.items()), body)), "x")


@pytest.mark.parametrize(
    "headers",
    [
        REAL,
        REAL | {"x-request-id": "8334c954cc46d8942997042eea3d17e3"},
        REAL | {"x-request-id": "Sanitized", "cf-ray": "REDACTED"},
        REAL | {"x-request-id": "req_redacted"},
        {"openai-version": "2020-10-01", "content-type": "application/json"},
        {"content-type": "application/json", "Content-Length": "58"},
        {},
    ],
)
def test_what_the_service_or_a_recorder_writes_is_real(headers: dict[str, str]) -> None:
    assert not row(headers).handwritten


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (row(REAL | {"x-request-id": "req_abc123def456"}), "x-request-id has not the form that the service issues"),
        (row(REAL | {"cf-ray": "abcdefg123456-XYZ"}), "cf-ray has not the form that the service issues"),
        (row(body=b'{"id":"thread_abc123"}'), "thread_abc123 is a placeholder, not an id of the service"),
        (row(url="https://api.openai.com/v1/vector_stores/vs_abc123/search"), "vs_abc123 is a placeholder"),
        (row({"content-type": "application/json", "server": "uvicorn"}), "none of the headers that the service sends"),
    ],
)
def test_what_cannot_have_happened_is_hand_written(found, reason: str) -> None:  # type: ignore[no-untyped-def]
    assert found.handwritten
    assert found.remark.startswith(f"hand-written: {reason}")


def test_a_placeholder_that_was_answered_as_missing_is_real() -> None:
    assert not row(status=404, url="https://api.openai.com/v1/threads/thread_abc123", body=b"{}").handwritten


def test_other_endpoints_may_name_things_as_they_like() -> None:
    emulator = row({"content-type": "application/json"}, b'{"id":"thread_1"}', url="http://localhost:8000/v1/threads")
    assert not emulator.handwritten


@pytest.mark.parametrize(
    ("beta", "version"),
    [("assistants=v2", "v2"), ("assistants=v1", "v1"), ("", None), ("other=v2", None), ("x=y, assistants=v2", "v2")],
)
def test_the_version_is_what_the_request_asked_for(beta: str, version: str | None) -> None:
    assert row(beta=beta).api_version == version


def test_an_answer_from_before_the_launch_of_v2_is_of_v1() -> None:
    assert row(REAL | {"date": "Tue, 14 Nov 2023 21:49:22 GMT"}).api_version == "v1"
    assert row(REAL | {"date": "Tue, 14 Nov 2023 21:49:22 GMT"}, beta="").api_version is None


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ({"object": "thread.run", "created_at": 1_712_022_458, "file_ids": []}, "v1"),
        ({"object": "thread.run", "created_at": 1_725_000_000, "file_ids": []}, "v1"),  # it lived on till December
        ({"object": "thread", "created_at": 1_712_022_458, "metadata": {}}, "v1"),
        ({"object": "assistant", "created_at": 1_712_022_458, "tool_resources": {}}, None),  # made before, read since
        ({"object": "thread", "created_at": 1_725_000_000}, None),
        ({"object": "file", "created_at": 1_600_000_000}, None),
    ],
)
@pytest.mark.parametrize("listed", [False, True])
def test_an_answer_tells_version_1_where_its_request_says_nothing(
    answer: dict[str, Any], version: str | None, listed: bool
) -> None:
    answer = answer | {"id": "x_1"}
    body = {"object": "list", "data": [answer]} if listed else answer
    response = Response(200, Headers((("content-type", "application/json"),)), json.dumps(body).encode())
    assert api_version(Exchange(1, Request("GET", "https://x.test/v1/threads/x", Headers(())), response)) == version


@pytest.mark.parametrize(("text", "judged"), [("file_ids", 0), ("tool_resources", 1)])
def test_a_stream_of_version_1_without_its_request_is_not_judged(text: str, judged: int, tmp_path: Path) -> None:
    run = {"id": "run_1", "object": "thread.run", "created_at": 1_725_000_000, "thread_id": "thread_1", text: {}}
    (tmp_path / "x.txt").write_text(f"event: thread.run.created\ndata: {json.dumps(run)}\n\n")
    (tmp_path / "y.json").write_text(json.dumps(run))
    assert audit([tmp_path / "x.txt", tmp_path / "y.json"], contract.load()).exchanges == 2 * judged


def test_a_kind_that_is_no_text_tells_no_version() -> None:
    assert not shows_version_1([{"object": []}, {"object": {}}, {"object": None}])
