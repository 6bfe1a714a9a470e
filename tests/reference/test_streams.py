"""Streams, frame by frame: order, deltas, and what GET shows afterwards."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.reference.server import ReferenceServer
from conformance.trace.event import Event, parse_events
from tests.limits import HANG
from tests.reference.wait import names, settled, stream, until

New = Callable[..., dict[str, Any]]

OPENING = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
MESSAGE_OPEN = [
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
]
FUNCTION = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}


@pytest.fixture(scope="module")
def assistant(http: httpx.Client) -> str:
    created = http.post("/assistants", json={"model": "gpt-4o", "tools": [FUNCTION]}).json()
    return str(created["id"])


@pytest.fixture
def runs(new: New) -> str:
    return f"/threads/{new('threads', messages=[{'role': 'user', 'content': 'Hi'}])['id']}/runs"


def last(events: tuple[Event, ...], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(event for event in reversed(events) if event.name == name).json
    return found


def told(metadata: str) -> dict[str, str]:
    return {"script": metadata}


def test_text(http: httpx.Client, runs: str, assistant: str) -> None:
    events = stream(http, runs, assistant_id=assistant)

    closing = ["thread.message.completed", "thread.run.step.completed", "thread.run.completed", "done"]
    assert names(events) == OPENING + MESSAGE_OPEN + closing
    assert events[0].json == events[1].json
    assert events[3].json == events[4].json
    assert events[5].json == events[6].json
    assert events[-1].data == "[DONE]"
    assert all(event.raw.count(b"\n") == 3 and event.closed for event in events)

    deltas = [event.json for event in events if event.name == "thread.message.delta"]
    texts = [delta["delta"]["content"][0]["text"] for delta in deltas]
    assert texts[0]["annotations"] == []
    assert all(list(text) == ["value"] for text in texts[1:])
    message = last(events, "thread.message.completed")
    assert "".join(text["value"] for text in texts) == message["content"][0]["text"]["value"]

    shown = http.get(f"{runs.removesuffix('/runs')}/messages/{message['id']}").json()
    assert shown == {name: message[name] for name in shown}
    assert set(message) - set(shown) == {"status", "incomplete_details", "incomplete_at", "completed_at"}
    run = last(events, "thread.run.completed")
    assert http.get(f"{runs}/{run['id']}").json() == {**run, "tool_resources": {}}
    step = last(events, "thread.run.step.completed")
    assert http.get(f"{runs}/{run['id']}/steps/{step['id']}").json() == {**step, "expires_at": None}


def test_pieces_arrive_one_after_the_other(http: httpx.Client, runs: str, assistant: str) -> None:
    chunks = []
    with http.stream("POST", runs, json={"assistant_id": assistant, "stream": True}) as response:
        assert response.headers["transfer-encoding"] == "chunked"
        chunks = list(response.iter_raw())
    assert len(chunks) > 10
    assert all(chunk.startswith(b"event: ") and chunk.endswith(b"\n\n") for chunk in chunks)


def test_functions(http: httpx.Client, runs: str, assistant: str) -> None:
    events = stream(http, runs, assistant_id=assistant, metadata=told("call:2"))

    assert names(events) == [
        *OPENING,
        "thread.run.step.created",
        "thread.run.step.in_progress",
        "thread.run.step.delta",
        "thread.run.requires_action",
        "done",
    ]
    step_id = events[3].json["id"]
    assert events[3].json["step_details"] == {"type": "tool_calls", "tool_calls": []}
    arguments: dict[int, str] = {}
    for event in events:
        if event.name == "thread.run.step.delta":
            assert event.json["id"] == step_id
            (call,) = event.json["delta"]["step_details"]["tool_calls"]
            if call["index"] in arguments:
                assert list(call) == ["index", "type", "function"]
                arguments[call["index"]] += call["function"]["arguments"]
            else:
                assert list(call) == ["index", "id", "type", "function"]
                assert call["function"] == {"name": "look_up", "arguments": "", "output": None}
                arguments[call["index"]] = ""
    run = last(events, "thread.run.requires_action")
    wanted = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    assert {index: call["function"]["arguments"] for index, call in enumerate(wanted)} == arguments
    step = http.get(f"{runs}/{run['id']}/steps/{step_id}").json()
    assert step["status"] == "in_progress"
    assert [call["function"]["output"] for call in step["step_details"]["tool_calls"]] == [None, None]

    outputs = [{"tool_call_id": call["id"], "output": f"output {call['id']}"} for call in reversed(wanted)]
    rest = stream(http, f"{runs}/{run['id']}/submit_tool_outputs", tool_outputs=outputs)
    closing = ["thread.message.completed", "thread.run.step.completed", "thread.run.completed", "done"]
    opening = ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"]
    assert names(rest) == opening + MESSAGE_OPEN + closing
    done = rest[0].json["step_details"]["tool_calls"]
    assert [call["function"]["output"] for call in done] == [f"output {call['id']}" for call in wanted]
    assert rest[1].json["started_at"] == run["started_at"]
    spent = [event.json["usage"]["total_tokens"] for event in rest if event.name == "thread.run.step.completed"]
    assert last(rest, "thread.run.completed")["usage"]["total_tokens"] == sum(spent)


def test_two_rounds_of_functions(http: httpx.Client, runs: str, assistant: str) -> None:
    run = last(
        stream(http, runs, assistant_id=assistant, metadata=told("call; rounds:2")), "thread.run.requires_action"
    )
    for _ in range(2):
        (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": "x"}]
        events = stream(http, f"{runs}/{run['id']}/submit_tool_outputs", tool_outputs=outputs)
        run = events[-2].json
    assert run["status"] == "completed"
    steps = http.get(f"{runs}/{run['id']}/steps?order=asc").json()["data"]
    assert [step["type"] for step in steps] == ["tool_calls", "tool_calls", "message_creation"]


def test_a_new_thread_is_told_first(http: httpx.Client, assistant: str) -> None:
    events = stream(
        http, "/threads/runs", assistant_id=assistant, thread={"messages": [{"role": "user", "content": "Hi"}]}
    )
    assert names(events)[:2] == ["thread.created", "thread.run.created"]
    assert events[0].json["id"] == events[1].json["thread_id"]
    assert http.get(f"/threads/{events[0].json['id']}").json() == events[0].json


def test_token_cap(http: httpx.Client, runs: str, assistant: str) -> None:
    events = stream(http, runs, assistant_id=assistant, metadata=told("words:400"), max_completion_tokens=256)

    closing = ["thread.message.incomplete", "thread.run.step.completed", "thread.run.incomplete", "done"]
    assert names(events) == OPENING + MESSAGE_OPEN + closing
    message, step, run = (event.json for event in events[-4:-1])
    assert message["incomplete_details"] == {"reason": "max_tokens"}
    assert message["content"][0]["text"]["value"].split() == ["word"] * 256
    assert (message["completed_at"], step["status"]) == (None, "completed")
    assert run["incomplete_details"] == {"reason": "max_completion_tokens"}
    assert run["usage"]["completion_tokens"] == 256


@pytest.mark.parametrize(
    ("script", "before"),
    [
        ("fail:rate_limit_exceeded", []),
        ("words:10; fail:rate_limit_exceeded", [*MESSAGE_OPEN, "thread.message.incomplete", "thread.run.step.failed"]),
    ],
)
def test_failure(http: httpx.Client, runs: str, assistant: str, script: str, before: list[str]) -> None:
    events = stream(http, runs, assistant_id=assistant, metadata=told(script))

    assert names(events) == [*OPENING, *before, "thread.run.failed", "done"]
    run = events[-2].json
    assert run["last_error"]["code"] == "rate_limit_exceeded"
    assert run["failed_at"] >= run["started_at"]
    if before:
        assert last(events, "thread.run.step.failed")["last_error"]["code"] == "rate_limit_exceeded"
        assert last(events, "thread.message.incomplete")["incomplete_details"] == {"reason": "run_failed"}


class Listener:
    """Reads a stream in a thread of its own, until the stream ends."""

    def __init__(self, http: httpx.Client, path: str, body: dict[str, Any]) -> None:
        self._body = b""
        self._thread = threading.Thread(target=self._listen, args=(http, path, body))
        self._thread.start()

    def _listen(self, http: httpx.Client, path: str, body: dict[str, Any]) -> None:
        self._body = http.post(path, json={**body, "stream": True}).content

    def events(self) -> tuple[Event, ...]:
        self._thread.join(HANG)
        return parse_events(self._body)


def newest(http: httpx.Client, runs: str) -> dict[str, Any]:
    for _ in range(1000):
        if found := http.get(runs).json()["data"]:
            run: dict[str, Any] = found[0]
            return run
    raise AssertionError("no run was created")


@pytest.mark.parametrize(
    ("script", "before"),
    [("slow", []), ("words:10; slow", [*MESSAGE_OPEN, "thread.message.incomplete", "thread.run.step.cancelled"])],
)
def test_cancelled_by_another_request(
    http: httpx.Client, runs: str, assistant: str, script: str, before: list[str]
) -> None:
    listener = Listener(http, runs, {"assistant_id": assistant, "metadata": told(script)})
    run = until(http, newest(http, runs), "in_progress")
    if before:
        while not http.get(runs.replace("/runs", "/messages"), params={"run_id": run["id"]}).json()["data"]:
            pass
    assert http.post(f"{runs}/{run['id']}/cancel").json()["status"] == "cancelling"
    events = listener.events()

    with_cancelling = [*OPENING, *before, "thread.run.cancelled", "done"]
    shown = [name for name in names(events) if name != "thread.run.cancelling"]
    assert [name for name in shown if name != "thread.message.delta"] == [
        name for name in with_cancelling if name != "thread.message.delta"
    ]
    assert names(events).index("thread.run.cancelling") == len(names(events)) - (5 if before else 3)
    if before:
        message = last(events, "thread.message.incomplete")
        assert message["incomplete_details"] == {"reason": "run_cancelled"}
        assert last(events, "thread.run.step.cancelled")["cancelled_at"] is not None


def test_expired(server: ReferenceServer, http: httpx.Client, runs: str, assistant: str) -> None:
    listener = Listener(http, runs, {"assistant_id": assistant, "metadata": told("words:10; slow")})
    run = until(http, newest(http, runs), "in_progress")
    while not http.get(runs.replace("/runs", "/messages"), params={"run_id": run["id"]}).json()["data"]:
        pass
    server.clock.advance(601)
    events = listener.events()

    closing = ["thread.message.incomplete", "thread.run.step.expired", "thread.run.expired", "done"]
    assert names(events)[-4:] == closing
    assert last(events, "thread.message.incomplete")["incomplete_details"] == {"reason": "run_expired"}


def test_a_client_that_hangs_up_does_not_stop_the_run(http: httpx.Client, runs: str, assistant: str) -> None:
    with http.stream("POST", runs, json={"assistant_id": assistant, "stream": True}) as response:
        next(response.iter_raw())
    assert settled(http, newest(http, runs))["status"] == "completed"


def test_a_bad_streaming_request_is_refused_as_json(http: httpx.Client, runs: str) -> None:
    response = http.post(runs, json={"stream": True})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize(("directives", "last_before"), [("error", "thread.run.in_progress"), ("words:9; error", None)])
def test_an_error_breaks_the_stream_off_and_fails_the_run(
    http: httpx.Client, runs: str, assistant: str, directives: str, last_before: str | None
) -> None:
    events = stream(http, runs, assistant_id=assistant, metadata=told(directives))

    assert names(events)[-2:] == [last_before or "thread.message.delta", "error"]
    assert events[-1].json["error"]["type"] == "server_error"
    run = http.get(f"{runs}/{events[0].json['id']}").json()
    assert (run["status"], run["last_error"]["code"]) == ("failed", "server_error")


def test_a_prompt_beyond_its_cap_ends_the_run(http: httpx.Client, new: New, assistant: str) -> None:
    made = new("threads", messages=[{"role": "user", "content": "word " * 300}])
    events = stream(http, f"/threads/{made['id']}/runs", assistant_id=assistant, max_prompt_tokens=256)

    assert names(events) == [*OPENING, "thread.run.incomplete", "done"]
    assert last(events, "thread.run.incomplete")["incomplete_details"] == {"reason": "max_prompt_tokens"}
