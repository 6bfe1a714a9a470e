"""A mock server answers what its plan says, hands the rest to the reference endpoint, and keeps the log."""

import httpx
import pytest

from conformance.issues.plan import Json, Plan, Stream, matches, refusal
from conformance.issues.server import MockServer
from conformance.proof.interception import write_event

BETA = {"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer sk-dummy"}


def client(server: MockServer) -> httpx.Client:
    return httpx.Client(base_url=server.url, headers=BETA, trust_env=False)


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
    assert matches(pattern, "GET", path) is means


def test_the_plan_comes_first_and_the_reference_answers_the_rest() -> None:
    plan: Plan = {
        "GET /models": [Json({"n": 1}), refusal(429, "slow down")],
        "GET /threads/*": lambda request, count: Json({"count": count}) if count > 1 else None,
    }
    with MockServer(plan) as server, client(server) as api:
        assert [api.get("/models").status_code for _ in range(3)] == [200, 429, 429]
        thread = api.post("/threads", json={}).json()
        assert api.get(f"/threads/{thread['id']}").json()["object"] == "thread"
        assert api.get(f"/threads/{thread['id']}").json() == {"count": 2}
    assert [one.line() for one in server.log][:4] == [
        "GET /models -> 200",
        "GET /models -> 429",
        "GET /models -> 429",
        "POST /threads -> 200",
    ]


def test_streams_come_whole_or_are_cut() -> None:
    frames = (write_event("a", {"n": 1}), write_event(None, "text"))
    with MockServer({"GET /a": Stream(frames), "GET /b": Stream(frames, cut=True)}) as server, client(server) as api:
        whole = api.get("/a")
        assert whole.text == 'event: a\ndata: {"n":1}\n\ndata: text\n\n'
        assert whole.headers["content-type"].startswith("text/event-stream")
        with pytest.raises(httpx.RemoteProtocolError):
            api.get("/b")


def test_no_more_of_a_body_is_kept_than_a_sign_can_need() -> None:
    with MockServer({"POST /files": Json({})}) as server, client(server) as api:
        api.post("/files", content=b"x" * 1_000_000)
    assert (len(server.log[0].request.content), server.log[0].request.size) == (262_144, 1_000_000)
