"""A stage answers what its plan says, hands the rest to the reference endpoint, and keeps the log."""

from __future__ import annotations

import httpx
import pytest

from conformance.issues.replies import Changed, Json, Plan, Stream, frame, refusal, route
from conformance.issues.stage import Stage

BETA = {"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer sk-dummy"}


def client(stage: Stage) -> httpx.Client:
    return httpx.Client(base_url=stage.url, headers=BETA, trust_env=False)


@pytest.mark.parametrize(
    ("pattern", "path", "means"),
    [
        ("GET /files/*", "/files/file-1", True),
        ("GET /files/*", "/files", False),
        ("GET /files/*", "/files/file-1/content", False),
        ("GET /files/**", "/files/file-1/content", True),
        ("POST /files/*", "/files/file-1", False),
        ("* /files/*", "/files/file-1", True),
    ],
)
def test_patterns(pattern: str, path: str, means: bool) -> None:
    assert route(pattern, "GET", path) is means


def test_the_plan_comes_first_and_the_reference_answers_the_rest() -> None:
    plan: Plan = {
        "GET /models": [Json({"n": 1}), refusal(429, "slow down")],
        "POST /threads": Changed({"metadata": {"changed": "yes"}}, without=("tool_resources",)),
        "GET /threads/*": lambda seen: Json({"count": seen.count}) if seen.count > 1 else None,
    }
    with Stage(plan) as stage, client(stage) as api:
        assert [api.get("/models").status_code for _ in range(3)] == [200, 429, 429]
        thread = api.post("/threads", json={}).json()
        assert thread["metadata"] == {"changed": "yes"}
        assert "tool_resources" not in thread
        assert api.get(f"/threads/{thread['id']}").json()["object"] == "thread"
        assert api.get(f"/threads/{thread['id']}").json() == {"count": 2}
    assert [one.line() for one in stage.log][:4] == [
        "GET /models -> 200",
        "GET /models -> 429",
        "GET /models -> 429",
        "POST /threads -> 200",
    ]


def test_streams_come_whole_or_are_cut() -> None:
    frames = (frame("a", {"n": 1}), frame(None, "text"))
    with Stage({"GET /a": Stream(frames), "GET /b": Stream(frames, cut=True)}) as stage, client(stage) as api:
        whole = api.get("/a")
        assert whole.text == 'event: a\ndata: {"n":1}\n\ndata: text\n\n'
        assert whole.headers["content-type"].startswith("text/event-stream")
        with pytest.raises(httpx.RemoteProtocolError):
            api.get("/b")


def test_no_more_of_a_body_is_kept_than_a_sign_can_need() -> None:
    with Stage({"POST /files": Json({})}) as stage, client(stage) as api:
        api.post("/files", content=b"x" * 1_000_000)
    assert (len(stage.log[0].seen.body), stage.log[0].seen.size) == (262_144, 1_000_000)
