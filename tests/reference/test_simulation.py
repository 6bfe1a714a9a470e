"""The reference endpoint in simulated time answers as it does on a port, at once, and the same each time."""

import asyncio
import time
from contextlib import closing
from typing import Any

import httpx
import pytest

from conformance.proof.faults import named
from conformance.proof.faults.hooks import plant
from conformance.reference.settings import Settings
from conformance.reference.simulation import BEGIN, SimulatedEndpoint

URL = "http://reference.invalid/v1"
ASKED = {"messages": [{"role": "user", "content": "Say hello."}]}
HEADERS = {"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer any"}


def _client(endpoint: SimulatedEndpoint) -> httpx.Client:
    return httpx.Client(transport=endpoint.transport(), base_url=URL, headers=HEADERS)


def _ended_run(client: httpx.Client, endpoint: SimulatedEndpoint, metadata: dict[str, str]) -> dict[str, Any]:
    assistant = client.post("/assistants", json={"model": "gpt-4o"}).json()
    body = {"assistant_id": assistant["id"], "thread": ASKED, "metadata": metadata}
    run: dict[str, Any] = client.post("/threads/runs", json=body).json()
    while run["status"] in ("queued", "in_progress"):
        endpoint.sleep(1)
        run = client.get(f"/threads/{run['thread_id']}/runs/{run['id']}").json()
    return run


def test_time_passes_only_where_it_is_waited_for() -> None:
    endpoint = SimulatedEndpoint(Settings(counted_ids=True))
    begun = time.monotonic()
    with closing(endpoint), _client(endpoint) as client:
        run = _ended_run(client, endpoint, {"script": "slow:500"})
        assert run["status"] == "completed"
        assert run["id"] == f"run_{1:024}"
        assert run["created_at"] == BEGIN
    assert endpoint.now() >= 1
    assert time.monotonic() - begun < 60


def test_a_run_that_nobody_ends_expires_in_a_moment() -> None:
    endpoint = SimulatedEndpoint(Settings())
    with closing(endpoint), _client(endpoint) as client:
        run = _ended_run(client, endpoint, {"script": "slow"})
        assert run["status"] == "expired"
    assert endpoint.now() > 600


def test_a_stream_is_read_while_it_is_written_and_can_be_left() -> None:
    endpoint = SimulatedEndpoint(Settings())
    with closing(endpoint), _client(endpoint) as client:
        assistant = client.post("/assistants", json={"model": "gpt-4o"}).json()
        body = {"assistant_id": assistant["id"], "thread": ASKED, "stream": True}
        with client.stream("POST", "/threads/runs", json=body) as stream:
            assert stream.headers["transfer-encoding"] == "chunked"
            moments = [endpoint.now() for _ in stream.iter_raw()]
        assert len(set(moments)) > 3
        assert moments == sorted(moments)
        with client.stream("POST", "/threads/runs", json=body) as stream:
            assert next(stream.iter_raw()).startswith(b"event: thread.created")
        assert client.get("/assistants").status_code == 200


def test_an_answer_that_never_comes_is_a_timeout() -> None:
    endpoint = SimulatedEndpoint(Settings())

    async def never(*_: object) -> None:
        await endpoint.start(_forever())

    endpoint.app = never  # type: ignore[assignment]
    with closing(endpoint), _client(endpoint) as client, pytest.raises(httpx.ReadTimeout):
        client.get("/assistants", timeout=5)
    assert endpoint.now() >= 5


async def _forever() -> None:
    await asyncio.Event().wait()


def test_who_waits_in_vain_hangs_up(monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = SimulatedEndpoint(Settings())
    plant(endpoint.app, named(["wire.models_hang"]))
    tasks: list[asyncio.Task[None]] = []
    start = endpoint.start
    monkeypatch.setattr(endpoint, "start", lambda work: tasks.append(start(work)) or tasks[-1])
    with closing(endpoint), _client(endpoint) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.get("/models", timeout=2)
        assert endpoint.now() >= 2
        assert [task.done() for task in tasks] == [True]
