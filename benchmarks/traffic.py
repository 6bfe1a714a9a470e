"""Traffic to measure with: a day of threads made against the reference endpoint, and as many copies as are wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.client.endpoint import Endpoint
from conformance.client.tap import Tap
from conformance.client.target import Profile, Target
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.trace.exchange import Exchange, Request, Response
from conformance.trace.trace import Trace

KEY = "benchmark-key"
BETA = {"OpenAI-Beta": "assistants=v2"}
# What belongs to one thread; assistants are shared by all.
_ID = re.compile(rb"\b(?:thread|msg|run|step|call)_[A-Za-z0-9]{8,}")


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
        pass
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
    return replace(day, exchanges=tuple(_copies(day, exchanges)))


def _copies(day: Trace, wanted: int) -> Iterator[Exchange]:
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
