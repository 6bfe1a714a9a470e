"""The interception of the reference endpoint: what no hook touches goes through byte for byte."""

from dataclasses import dataclass

import httpx
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.proof.interception import (
    Answer,
    ExchangeContext,
    Hooks,
    Interception,
    StreamEvent,
    json_headers,
    write_event,
)
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from conformance.trace.event import parse_events

HEADERS = {"OpenAI-Beta": "assistants=v2", "Authorization": "Bearer sk-dummy"}
STREAMED = {"assistant_id": "", "stream": True, "thread": {"messages": [{"role": "user", "content": "Zażółć 🙂"}]}}


@dataclass
class Recorder:
    """Keeps what passes it."""

    app: ASGIApp
    kept: list[tuple[object, ...]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.kept.append((message["status"], tuple(message["headers"])))
            elif message.get("body"):
                self.kept.append((message["body"],))
            await send(message)

        await self.app(scope, receive, keep if scope["type"] == "http" else send)


def exchanges(url: str) -> list[httpx.Response]:
    with httpx.Client(base_url=url, headers=HEADERS, trust_env=False) as api:
        assistant = api.post("/assistants", json={"model": "gpt-4o-mini", "name": "Zażółć"}).json()
        return [
            api.get("/assistants"),
            api.get("/assistants/asst_unknown"),
            api.get("/nowhere"),
            api.post("/assistants", content=b"{"),
            api.post("/threads/runs", json={**STREAMED, "assistant_id": assistant["id"]}),
        ]


def test_without_hooks_every_byte_and_header_stays() -> None:
    inner: list[tuple[object, ...]] = []
    outer: list[tuple[object, ...]] = []
    server = ReferenceServer(Settings(seed=0))
    server.app.add_middleware(Recorder, kept=inner)
    server.app.add_middleware(Interception, hooks=Hooks())
    server.app.add_middleware(Recorder, kept=outer)
    with server:
        statuses = [answer.status_code for answer in exchanges(server.url)]
    assert statuses == [200, 404, 404, 400, 200]
    assert inner == outer


class Changes(Hooks):
    """Answers one request itself, drops events and changes the rest."""

    def request(self, context: ExchangeContext) -> Answer | None:
        return Answer(418, json_headers(), {"own": True}) if context.request.path == "/nowhere" else None

    def objects(self, value: dict[str, object], context: ExchangeContext, event: str | None) -> None:
        value["seen"] = event or "answer"

    def event(self, event: StreamEvent, context: ExchangeContext) -> list[StreamEvent]:
        return [] if event.name.endswith("delta") else [event]


def test_hooks_see_requests_answers_objects_and_events() -> None:
    server = ReferenceServer(Settings(seed=0))
    server.app.add_middleware(Interception, hooks=Changes())
    with server:
        listed, unknown, own, broken, streamed = exchanges(server.url)
    assert listed.json()["seen"] == "answer"
    assert "seen" not in unknown.json()
    assert (own.status_code, own.json()) == (418, {"own": True})
    assert broken.status_code == 400
    events = parse_events(streamed.content)
    assert {event.name for event in events if event.is_done or event.json["seen"] == event.name} == {
        event.name for event in events
    }
    assert not any((event.name or "").endswith("delta") for event in events)


def test_a_frame_is_read_as_it_was_written() -> None:
    [event] = parse_events(write_event("thread.created", {"text": "a\nb: 🙂"}))
    assert (event.name, event.json) == ("thread.created", {"text": "a\nb: 🙂"})
    [unnamed] = parse_events(write_event(None, "[DONE]"))
    assert (unnamed.name, unnamed.is_done) == (None, True)
