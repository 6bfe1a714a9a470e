"""Traffic to measure with: a day of threads made against the reference endpoint, and as many copies as are wanted."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from conformance.client.endpoint import Endpoint
from conformance.client.tap import Tap
from conformance.client.target import Profile, Target
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.trace.exchange import Exchange, Headers, Request, Response
from conformance.trace.trace import Trace

KEY = "benchmark-key"
PAUSE_S = 0.05
"""Between two looks at a run."""
BETA = {"OpenAI-Beta": "assistants=v2"}
# What belongs to one copy of the day.
_ID = re.compile(rb"\b(?:asst|thread|msg|run|step|call)_[A-Za-z0-9]{8,}")


def recorded_day(threads: int) -> Trace:
    """The exchanges of so many threads with one assistant, about eleven a thread, every second run streamed."""
    tap = Tap()
    with ReferenceServer(Settings(api_key=KEY, seed=0)) as server:
        target = Target(server.url, Profile("benchmark"), key=KEY)
        client = Endpoint(target, tap)
        try:
            assistant = _json(_send(client, "POST", "/assistants", {"model": "gpt-4o", "name": "Clerk"}))["id"]
            for number in range(threads):
                _thread(client, assistant, number)
        finally:
            client.close()
    return Trace("a day of threads", tuple(tap.exchanges), base_path="/v1", live=True)


def _thread(client: Endpoint, assistant: str, number: int) -> None:
    streamed = number % 2 == 0
    thread = _json(_send(client, "POST", "/threads", {"metadata": {"number": str(number)}}))["id"]
    path = f"/threads/{thread}"
    message = _json(_send(client, "POST", f"{path}/messages", {"role": "user", "content": f"Question {number}?"}))["id"]
    body = {"assistant_id": assistant} | ({"stream": True} if streamed else {})
    answer = _send(client, "POST", f"{path}/runs", body)
    assert answer.response is not None
    created = answer.response.events[0].json if streamed else _json(answer)
    run = f"{path}/runs/{created['id']}"
    while _json(_send(client, "GET", run))["status"] not in ("completed", "failed"):
        time.sleep(PAUSE_S)
    _send(client, "GET", f"{run}/steps")
    _send(client, "GET", f"{path}/messages")
    _send(client, "GET", f"{path}/messages/{message}")
    _send(client, "POST", path, {"metadata": {"number": str(number), "done": "yes"}})
    _send(client, "GET", path)
    _send(client, "GET", f"{path}/runs")
    _send(client, "DELETE", path)


def _send(client: Endpoint, method: str, path: str, body: Any = None) -> Exchange:
    return client.send(method, path, body, headers=BETA)


def _json(exchange: Exchange) -> Any:
    assert exchange.response is not None
    return exchange.response.json


def repeated(day: Trace, exchanges: int) -> Trace:
    """So many exchanges: the day's again and again, each time with ids of its own and later times."""
    return replace(day, exchanges=tuple(copies(day, exchanges)))


def copies(day: Trace, wanted: int) -> Iterator[Exchange]:
    last = max(exchange.ended or 0.0 for exchange in day.exchanges)
    number = 0
    for copy in range(1 + wanted // len(day.exchanges)):
        mark = b"%06d" % copy

        def renamed(text: bytes, mark: bytes = mark) -> bytes:
            return _ID.sub(lambda found: found[0][:-6] + mark + found[0][-2:], text)

        for exchange in day.exchanges:
            number += 1
            if number > wanted:
                return
            request, response = exchange.request, exchange.response
            yield replace(
                exchange,
                number=number,
                request=Request(
                    request.method, renamed(request.url.encode()).decode(), request.headers, renamed(request.body)
                ),
                response=None
                if response is None
                else Response(
                    response.status, response.headers, renamed(response.body), response.arrivals, response.complete
                ),
                started=None if exchange.started is None else exchange.started + copy * last,
                ended=None if exchange.ended is None else exchange.ended + copy * last,
            )


def one_thread(messages: int) -> Trace:
    """One thread to which so many messages are sent, each read once; every hundredth time a page is listed."""
    thread, created = "thread_" + 24 * "0", 1_700_000_000

    def message(number: int) -> dict[str, Any]:
        return {
            "id": f"msg_{number:024d}",
            "object": "thread.message",
            "created_at": created + number,
            "thread_id": thread,
            "role": "user",
            "content": [{"type": "text", "text": {"value": f"Line {number}.", "annotations": []}}],
            "attachments": [],
            "metadata": {},
            "assistant_id": None,
            "run_id": None,
        }

    def calls() -> Iterator[tuple[str, str, Any, Any]]:
        opened = {"id": thread, "object": "thread", "created_at": created, "metadata": {}, "tool_resources": {}}
        yield "POST", "/threads", {}, opened
        for number in range(messages):
            sent = {"role": "user", "content": f"Line {number}."}
            yield "POST", f"/threads/{thread}/messages", sent, message(number)
            yield "GET", f"/threads/{thread}/messages/msg_{number:024d}", None, message(number)
            if number % 100 == 99:
                data = [message(each) for each in range(number, number - 20, -1)]
                ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"], "has_more": True}
                yield "GET", f"/threads/{thread}/messages", None, {"object": "list", "data": data, **ends}

    return _made("one thread", calls())


def one_stream(deltas: int) -> Trace:
    """One streamed run whose message comes in so many deltas."""
    day = recorded_day(1)
    (streamed,) = day.streams
    assert streamed.response is not None
    frames = [event.raw for event in streamed.response.events]
    first = next(index for index, frame in enumerate(frames) if b"thread.message.delta" in frame)
    last = max(index for index, frame in enumerate(frames) if b"thread.message.delta" in frame)
    piece = orjson.loads(frames[first].split(b"data: ", 1)[1])
    piece["delta"]["content"][0]["text"] = {"value": "word "}
    frame = b"event: thread.message.delta\ndata: " + orjson.dumps(piece) + b"\n\n"
    whole = b"".join(
        _with_text(each, "word " * deltas) if b"thread.message.completed" in each else each
        for each in (*frames[:first], *([frame] * deltas), *frames[last + 1 :])
    )
    response = Response(200, streamed.response.headers, whole)
    exchanges = [replace(streamed, number=1, response=response, started=None, ended=None)]
    return Trace("one stream", tuple(exchanges), base_path="/v1")


def _with_text(frame: bytes, text: str) -> bytes:
    head, data = frame.split(b"data: ", 1)
    value = orjson.loads(data)
    value["content"][0]["text"]["value"] = text
    return head + b"data: " + orjson.dumps(value) + b"\n\n"


def _made(source: str, calls: Iterator[tuple[str, str, Any, Any]]) -> Trace:
    asked = Headers((("authorization", f"Bearer {KEY}"), ("openai-beta", "assistants=v2")))
    answered = Headers((("content-type", "application/json"), ("x-request-id", "req_1")))
    exchanges = [
        Exchange(
            number,
            Request(method, f"http://127.0.0.1/v1{path}", asked, b"" if sent is None else orjson.dumps(sent)),
            Response(200, answered, orjson.dumps(answer)),
            started=float(number),
            ended=number + 0.5,
        )
        for number, (method, path, sent, answer) in enumerate(calls, start=1)
    ]
    return Trace(source, tuple(exchanges), base_path="/v1", live=True)
