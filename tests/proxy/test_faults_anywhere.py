"""Planted faults around an endpoint that is not the reference: those that reach into that one are refused."""

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.proof.faults import all_faults, named
from conformance.proof.faults.fault import Fault, Place
from conformance.proof.faults.hooks import NeedsReference, around
from conformance.reference.app import create_app
from tests.limits import HANG
from tests.proxy.relays import relaying
from tests.servers import always, answer, serving

ANYWHERE = [fault for fault in all_faults().values() if not fault.needs_reference]
HEADERS = {"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer any"}
SEVERAL = 12


class Reached(BaseException):
    """A fault asked for the endpoint."""


class Forbidden:
    """Stands where the endpoint would be."""

    def __getattr__(self, name: str) -> Any:
        raise Reached(name)


async def session(faults: Iterable[Fault]) -> None:
    """A few calls of the reference endpoint with faults around it; what becomes of them is not looked at."""
    app = around(create_app(), faults, "/v1")
    app._hooks._endpoint = Forbidden()  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test/v1", headers=HEADERS) as client:

        async def ask(method: str, path: str, **sent: Any) -> dict[str, Any]:
            try:
                made = (await asyncio.wait_for(client.request(method, path, **sent), 1)).json()
            except (ValueError, TimeoutError, httpx.HTTPError, AssertionError):  # the last: it was broken off
                return {}
            return made if isinstance(made, dict) else {}

        assistant = (await ask("POST", "/assistants", json={"model": "gpt-4o-mini"})).get("id")
        thread = (await ask("POST", "/threads", json={"messages": [{"role": "user", "content": "hi"}]})).get("id")
        await ask("POST", f"/threads/{thread}/runs", json={"assistant_id": assistant, "stream": True})
        for path in ("/assistants", f"/threads/{thread}/messages", f"/threads/{thread}/runs", "/threads/nothing"):
            await ask("GET", path)


@pytest.mark.parametrize("place", [Place.OBJECTS, Place.EVENTS, Place.FRAMES])
def test_none_of_these_asks_for_the_endpoint(place: Place) -> None:
    asyncio.run(session(fault for fault in ANYWHERE if fault.place is place))


@pytest.mark.parametrize("first", range(SEVERAL))
def test_a_sample_of_those_that_change_requests_and_answers_does_not_either(first: int) -> None:
    rest = [fault for fault in ANYWHERE if fault.place in (Place.REQUESTS, Place.ANSWERS)]
    for fault in rest[first :: SEVERAL * 8]:
        asyncio.run(session([fault]))


def test_those_that_reach_inside_are_refused_by_name() -> None:
    inside = [fault for fault in all_faults().values() if fault.place is Place.INSIDE]
    assert inside
    for fault in (*inside, *named(["tools.outputs_taken_twice", "lists.messages_of_all_threads"])):
        with pytest.raises(NeedsReference, match=fault.id):
            around(create_app(), [fault], "/v1")
    assert len(ANYWHERE) > 600


def test_a_fault_leaves_alone_what_has_not_what_it_changes(tmp_path: Path) -> None:
    """An endpoint's own kind of answer goes through as it is, where the fault would have looked for more."""
    odd = json.dumps({"object": "thread.run", "id": 7}).encode()
    with (
        serving(always(body=odd)) as upstream,
        relaying(upstream, tmp_path, faults=("runs.usage_from_the_beginning",)) as one,
    ):
        response = httpx.get(f"{one.url}/threads/t/runs/r", timeout=HANG)
    assert response.json()["id"] == 7


def test_a_stream_in_odd_pieces_is_broken_event_by_event(tmp_path: Path) -> None:
    run = {"object": "thread.run", "id": "run_1", "status": "completed", "tools": []}
    events = f"event: thread.run.completed\r\ndata: {json.dumps(run)}\r\n\r\nevent: done\ndata: [DONE]\n\n".encode()

    def behave(connection: Any, _: bytes) -> None:
        head, _, _ = answer(media_type="text/event-stream", headers={"Content-Length": str(len(events))}).partition(
            b"{}"
        )
        connection.sendall(head)
        for at in range(0, len(events), 7):
            connection.sendall(events[at : at + 7])

    faults = ("schemas.streamed_run_without_tools",)
    with serving(behave) as upstream, relaying(upstream, tmp_path, faults=faults) as relayed:
        response = httpx.post(f"{relayed.url}/threads/t/runs", timeout=HANG)
        (exchange,) = relayed.recorded(1)
    assert '"tools"' not in response.text
    assert response.text.endswith("event: done\ndata: [DONE]\n\n")
    assert exchange.response is not None
    assert [event.name for event in exchange.response.events] == ["thread.run.completed", "done"]
