"""Planting: puts faults around a reference endpoint, whose own code stays as it is.

Everything that goes in and out passes here as an ASGI application sees it; the endpoint writes each event of a stream
in one piece. Without a fault that touches them, bytes go through untouched.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from starlette.applications import Starlette
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.proof.faults.fault import Fault, Place
from conformance.proof.faults.operations import find
from conformance.proof.faults.scene import Answer, Broken, Scene, Sent, Told
from conformance.reference.app import BASE_PATH
from conformance.reference.endpoint import Endpoint
from conformance.reference.errors import ApiError

DONE = "[DONE]"


def plant(app: Starlette, faults: Iterable[Fault]) -> None:
    """Plant faults in an application of `create_app` that does not serve yet."""
    chosen = tuple(faults)
    endpoint: Endpoint = app.state.endpoint
    if any(fault.still for fault in chosen):
        endpoint.clock.stand()
    for fault in chosen:
        if fault.place is Place.INSIDE:
            fault.function(endpoint)
    around = [fault for fault in chosen if fault.place is not Place.INSIDE]
    if around:
        app.add_middleware(_Planted, endpoint=endpoint, faults=around)


@dataclass
class _Visit:
    """One exchange, as the faults meet it."""

    scene: Scene
    faults: list[Fault]
    memories: dict[str, dict[Any, Any]]
    streams: dict[str, dict[Any, Any]] = field(default_factory=lambda: defaultdict(dict))

    def at(self, place: Place) -> Iterator[tuple[Fault, Scene]]:
        """The faults that work at a place in this exchange, each with its scene."""
        for fault in self.faults:
            if fault.place is place and (
                place is Place.OBJECTS or not fault.only or self.scene.operation in fault.only
            ):
                memory, stream = self.memories[fault.id], self.streams[fault.id]
                yield fault, replace(self.scene, memory=memory, stream=stream)

    def change_objects(self, value: Any, event: str | None = None) -> None:
        """Let faults change an object, and the items of a list."""
        for fault, scene in self.at(Place.OBJECTS):
            for shown, listed in _objects(value):
                if not fault.only or shown.get("object") in fault.only:
                    scene.event, scene.listed = event, listed
                    fault.function(shown, scene)


def _objects(value: Any) -> Iterator[tuple[dict[str, Any], bool]]:
    if isinstance(value, dict):
        yield value, False
        if isinstance(value.get("data"), list):
            yield from ((item, True) for item in value["data"] if isinstance(item, dict))


class _Planted:
    def __init__(self, app: ASGIApp, endpoint: Endpoint, faults: list[Fault]) -> None:
        self._app = app
        self._endpoint = endpoint
        self._faults = faults
        self._memories: dict[str, dict[Any, Any]] = {fault.id: {} for fault in faults}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request with the faults around it."""
        if scope["type"] != "http" or not scope["path"].startswith(BASE_PATH):
            await self._app(scope, receive, send)
            return
        sent = await _sent(scope, receive)
        operation, ids = find(scope["method"], scope["path"].removeprefix(BASE_PATH))
        scene = Scene(operation, ids, sent.query, _parsed(sent.content), self._endpoint, {})
        visit = _Visit(scene, self._faults, self._memories)
        outlet = _Outlet(visit, receive, send)
        try:
            changed = _changed(sent, visit)
        except ApiError as refused:
            await outlet.answer(_refusal(refused, self._endpoint))
            return
        try:
            await self._app(_scope(scope, sent), _replaying(sent.content if changed else None, sent, receive), outlet)
        except Broken:
            return


class _Outlet:
    """Takes what the endpoint sends, and sends what the faults make of it."""

    def __init__(self, visit: _Visit, receive: Receive, send: Send) -> None:
        self._visit = visit
        self._receive = receive
        self._send = send
        self._start: Message = {}
        self._body = b""
        self._streaming = False

    async def __call__(self, message: Message) -> None:
        """One message of the endpoint."""
        if message["type"] == "http.response.start":
            self._start = message
            headers = _headers(message)
            self._streaming = headers.get("content-type", "").startswith("text/event-stream")
            if self._streaming:
                await self._open(headers)
        elif self._streaming:
            await self._frame(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self.answer(_answer(self._start, self._body))

    async def answer(self, answer: Answer) -> None:
        """Send an answer that is no stream."""
        was_json = answer.body is not None
        if answer.ok:
            self._visit.change_objects(answer.body)
        for fault, scene in self._visit.at(Place.ANSWERS):
            fault.function(answer, scene)
        if answer.withheld:
            while (await self._receive())["type"] != "http.disconnect":
                pass
            raise Broken
        if answer.content is None:
            answer.content = _json(answer.body) if was_json else self._body
        headers = {**answer.headers, "content-length": str(len(answer.content))}
        start = {"type": "http.response.start", "status": answer.status, "headers": _raw(headers)}
        await self._send(start)
        if answer.cut:
            await self._send(
                {"type": "http.response.body", "body": answer.content[: len(answer.content) // 2], "more_body": True}
            )
            raise Broken
        await self._send({"type": "http.response.body", "body": answer.content})

    async def _open(self, headers: dict[str, str]) -> None:
        opening = Answer(self._start["status"], headers, None)
        for fault, scene in self._visit.at(Place.ANSWERS):
            fault.function(opening, scene)
        await self._send({**self._start, "status": opening.status, "headers": _raw(opening.headers)})

    async def _frame(self, message: Message) -> None:
        data = message.get("body", b"")
        if data:
            async for changed in self._changed(data):
                if changed:
                    await self._send({"type": "http.response.body", "body": changed, "more_body": True})
        if not message.get("more_body"):
            await self._send({"type": "http.response.body", "body": b""})

    async def _changed(self, data: bytes) -> AsyncIterator[bytes]:
        events = [_told(data)]
        for fault, scene in self._visit.at(Place.EVENTS):
            events = [made for event in events for made in fault.function(event, scene)]
        for event in events:
            if event.data != DONE:
                self._visit.change_objects(event.data, event.name)
            written = _written(event)
            for fault, scene in self._visit.at(Place.FRAMES):
                scene.event = event.name
                written = fault.function(written, scene)
            yield written
            await asyncio.sleep(0)


# Reading and writing ------------------------------------------------------------------------------------------------


async def _sent(scope: Scope, receive: Receive) -> Sent:
    content = b""
    while True:
        message = await receive()
        content += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Sent(query, headers, _parsed(content), content)


def _changed(sent: Sent, visit: _Visit) -> bool:
    """Let faults change a request; returns whether one had a look at its body."""
    touched = False
    for fault, scene in visit.at(Place.REQUESTS):
        before = sent.content
        fault.function(sent, scene)
        if sent.body is not None and sent.content is before:
            sent.content = _json(sent.body)
        touched = True
    return touched


def _scope(scope: Scope, sent: Sent) -> Scope:
    headers = {**sent.headers, "content-length": str(len(sent.content))} if sent.content else sent.headers
    query = urlencode(sent.query, doseq=True).encode("latin-1")
    return {**scope, "headers": _raw(headers), "query_string": query}


def _replaying(content: bytes | None, sent: Sent, receive: Receive) -> Receive:
    """Hands out the body that was read already, then what else comes."""
    waiting = [sent.content if content is None else content]

    async def replay() -> Message:
        if waiting:
            return {"type": "http.request", "body": waiting.pop(), "more_body": False}
        return await receive()

    return replay


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except (ValueError, RecursionError):
        return None


def _answer(start: Message, body: bytes) -> Answer:
    headers = _headers(start)
    is_json = headers.get("content-type", "").startswith("application/json")
    return Answer(start["status"], headers, _parsed(body) if is_json else None)


def _refusal(refused: ApiError, endpoint: Endpoint) -> Answer:
    headers = {
        "content-type": "application/json",
        "openai-organization": "reference",
        "openai-processing-ms": "1",
        "openai-version": "2020-10-01",
        "x-request-id": endpoint.ids.request(),
        **refused.headers,
    }
    return Answer(refused.status, headers, refused.body)


def _headers(message: Message) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in message.get("headers", ())}


def _raw(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode()


def _told(frame: bytes) -> Told:
    name, _, data = frame.decode().partition("\n")
    text = data.removeprefix("data: ").rstrip("\n")
    return Told(name.removeprefix("event: "), DONE if text == DONE else json.loads(text))


def _written(event: Told) -> bytes:
    data = event.data if event.data == DONE else json.dumps(event.data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event.name}\ndata: {data}\n\n".encode()
