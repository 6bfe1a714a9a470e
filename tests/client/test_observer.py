"""What the clients of a process send and get is seen, whichever library sends it and however it reads the answer."""

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import aiohttp
import httpx
import httpx2
import pytest
import requests
from urllib3.util import Retry

from conformance.client.observer import Observer
from conformance.reference.server import ReferenceServer
from conformance.trace.exchange import CLOSED_BY_CLIENT, NOT_KEPT, Exchange
from tests.limits import HANG
from tests.servers import Halves, always, answer, serving

HEADERS = {"Authorization": "Bearer sk-any", "OpenAI-Beta": "assistants=v2"}
MODEL = {"model": "gpt-4o-mini"}
RUN = {"assistant_id": "", "thread": {"messages": [{"role": "user", "content": "Hello"}]}, "stream": True}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ReferenceServer() as server:
        yield server.url


@pytest.fixture
def observer() -> Iterator[Observer]:
    observer = Observer()
    observer.watch()
    yield observer
    observer.stop()


Client = Callable[[str, bool], bytes]
"""Makes an assistant, reading the answer at once or (True) piece by piece; gives what it has read."""


def by_httpx(url: str, piecemeal: bool) -> bytes:
    with httpx.Client(headers=HEADERS) as client:
        if not piecemeal:
            return client.post(f"{url}/assistants", json=MODEL).content
        with client.stream("POST", f"{url}/assistants", json=MODEL) as response:
            return b"".join(response.iter_bytes(7))


def by_httpx2(url: str, piecemeal: bool) -> bytes:
    with httpx2.Client(headers=HEADERS) as client:
        if not piecemeal:
            return bytes(client.post(f"{url}/assistants", json=MODEL).content)
        with client.stream("POST", f"{url}/assistants", json=MODEL) as response:
            return b"".join(response.iter_bytes())


def by_httpx_async(url: str, piecemeal: bool) -> bytes:
    async def post() -> bytes:
        async with httpx.AsyncClient(headers=HEADERS) as client:
            if not piecemeal:
                return (await client.post(f"{url}/assistants", json=MODEL)).content
            async with client.stream("POST", f"{url}/assistants", json=MODEL) as response:
                return b"".join([piece async for piece in response.aiter_bytes()])

    return asyncio.run(post())


def by_requests(url: str, piecemeal: bool) -> bytes:
    with requests.post(f"{url}/assistants", json=MODEL, headers=HEADERS, stream=piecemeal, timeout=60) as response:
        return b"".join(response.iter_content(7)) if piecemeal else response.content


def by_aiohttp(url: str, piecemeal: bool) -> bytes:
    async def post() -> bytes:
        async with (
            aiohttp.ClientSession(headers=HEADERS) as session,
            session.post(f"{url}/assistants", json=MODEL) as response,
        ):
            return b"".join([piece async for piece in response.content]) if piecemeal else await response.read()

    return asyncio.run(post())


CLIENTS = [by_httpx, by_httpx2, by_httpx_async, by_requests, by_aiohttp]


@pytest.mark.parametrize("piecemeal", [False, True], ids=["at_once", "piecemeal"])
@pytest.mark.parametrize("client", CLIENTS)
def test_an_exchange_is_seen_as_the_client_sees_it(
    url: str, observer: Observer, client: Client, piecemeal: bool
) -> None:
    body = client(url, piecemeal)
    (seen,) = observer.take()
    assert (seen.request.method, seen.request.path) == ("POST", "/v1/assistants")
    assert seen.request.json == MODEL
    assert seen.request.headers.get("openai-beta") == "assistants=v2"
    assert seen.response is not None
    assert (seen.response.status, seen.response.complete) == (200, True)
    assert seen.response.body == body
    assert json.loads(body)["object"] == "assistant"
    assert seen.date is not None


def streamed_by_httpx(url: str, body: dict[str, object], lines: int) -> None:
    with httpx.Client(headers=HEADERS) as client, client.stream("POST", url, json=body) as response:
        for number, _ in enumerate(response.iter_lines()):
            if number == lines:
                return


def streamed_by_requests(url: str, body: dict[str, object], lines: int) -> None:
    with requests.post(url, json=body, headers=HEADERS, stream=True, timeout=60) as response:
        for number, _ in enumerate(response.iter_lines(16)):
            if number == lines:
                return


def streamed_by_aiohttp(url: str, body: dict[str, object], lines: int) -> None:
    async def post() -> None:
        async with aiohttp.ClientSession(headers=HEADERS) as session, session.post(url, json=body) as response:
            number = 0
            async for _ in response.content:
                if number == lines:
                    return
                number += 1

    asyncio.run(post())


@pytest.mark.parametrize("lines", [1_000_000, 5], ids=["whole", "left"])
@pytest.mark.parametrize("client", [streamed_by_httpx, streamed_by_requests, streamed_by_aiohttp])
def test_a_stream_is_seen_as_far_as_it_was_read(
    url: str, observer: Observer, client: Callable[[str, dict[str, object], int], None], lines: int
) -> None:
    assistant = requests.post(f"{url}/assistants", json=MODEL, headers=HEADERS, timeout=60).json()["id"]
    client(f"{url}/threads/runs", RUN | {"assistant_id": assistant}, lines)
    seen = observer.take()[-1]
    assert seen.response is not None
    assert seen.response.is_stream
    assert seen.response.body.startswith(b"event: thread.created")
    whole = lines > 1000
    assert seen.response.complete is whole
    assert seen.failure == (None if whole else CLOSED_BY_CLIENT)
    assert (b"event: done" in seen.response.body) is whole


async def one_by_one(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def posted(url: str, pieces: Iterator[bytes]) -> None:
    async with httpx.AsyncClient() as client:
        await client.post(url, content=one_by_one(pieces))


SENDERS: dict[str, Callable[[str, Iterator[bytes]], object]] = {
    "httpx": lambda url, pieces: httpx.post(url, content=pieces),
    "httpx2": lambda url, pieces: httpx2.post(url, content=pieces),
    "httpx_async": lambda url, pieces: asyncio.run(posted(url, pieces)),
    "requests": lambda url, pieces: requests.post(url, data=pieces, timeout=HANG),
}


@pytest.mark.parametrize("send", SENDERS.values(), ids=SENDERS)
def test_a_body_is_sent_while_it_comes(observer: Observer, send: Callable[[str, Iterator[bytes]], object]) -> None:
    halves = Halves()
    with serving(halves.behave) as server:
        send(f"{server}/files", halves.pieces())
    (seen,) = observer.take()
    assert seen.request.body == Halves.BODY


def test_the_body_of_a_file_is_seen(observer: Observer) -> None:
    with serving(always()) as server:
        requests.post(f"{server}/files", data=io.BytesIO(b"content"), timeout=HANG)
    (seen,) = observer.take()
    assert seen.request.body == b"content"


def test_a_file_that_is_sent_again_is_seen_once(observer: Observer) -> None:
    answers = [answer("503 Service Unavailable"), answer()]

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(answers.pop(0))

    with serving(behave) as server, requests.Session() as session:
        again = Retry(status_forcelist=[503], allowed_methods=None, backoff_factor=0)
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=again))
        session.post(f"{server}/files", data=io.BytesIO(b"content"), timeout=HANG)
    (seen,) = observer.take()
    assert (status(seen), seen.request.body) == (200, b"content")


def test_a_form_of_aiohttp_is_not_held_to_be_empty(observer: Observer) -> None:
    async def post(url: str) -> None:
        async with aiohttp.ClientSession() as session, session.post(url, data={"purpose": "assistants"}):
            pass

    with serving(always()) as server:
        asyncio.run(post(f"{server}/files"))
    (seen,) = observer.take()
    assert seen.response is None
    assert seen.failure == f"{NOT_KEPT}: the body of the request cannot be seen"


def test_what_a_mock_answers_is_seen(observer: Observer) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(404, json={"error": {}}))
    with httpx.Client(transport=transport) as client:
        client.get("http://api.invalid/v1/threads/thread_1")
    assert [(one.request.path, status(one)) for one in observer.take()] == [("/v1/threads/thread_1", 404)]


def redirecting(connection: socket.socket, request: bytes) -> None:
    moved = b"/here" not in request.split(b"\r\n")[0]
    connection.sendall(answer("302 Found", b"moved", headers={"Location": "/here"}) if moved else answer())


def test_a_redirect_is_two_exchanges_for_requests(observer: Observer) -> None:
    with serving(redirecting) as server:
        requests.get(f"{server}/there", timeout=60)
    assert [status(one) for one in sorted(observer.take(), key=lambda one: one.number)] == [302, 200]


def test_a_request_that_fails_is_seen(observer: Observer) -> None:
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://127.0.0.1:1/v1/assistants")
    (seen,) = observer.take()
    assert seen.response is None
    assert seen.failure is not None
    assert seen.failure.startswith("no connection")


def test_a_method_that_somebody_wraps_in_between_sends_once(
    observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = httpx.Client.send

    def instrumented(client: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        return ours(client, request, **options)

    monkeypatch.setattr(httpx.Client, "send", instrumented)
    observer.watch()
    with httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(404, json={}))) as client:
        client.get("http://api.invalid/v1/threads/thread_1")
    assert len(observer.take()) == 1


def test_a_text_that_its_encoding_does_not_have_reaches_the_client(observer: Observer) -> None:
    with serving(always(body="é".encode(), media_type="text/plain; charset=us-ascii")) as server:
        got = requests.get(server, stream=True, timeout=60)
        assert len("".join(got.iter_content(None, decode_unicode=True))) == 2


def test_libraries_are_left_as_they_were() -> None:
    before = httpx.Client.send, httpx.AsyncClient.send, requests.Session.send
    observer = Observer()
    observer.watch()
    observer.watch()
    assert httpx.Client.send is not before[0]
    observer.stop()
    assert (httpx.Client.send, httpx.AsyncClient.send, requests.Session.send) == before


def test_a_method_that_was_wrapped_for_a_while_is_left_as_it_was() -> None:
    before = httpx.Client.send
    observer = Observer()
    observer.watch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", lambda *args, **options: before(*args, **options))
        observer.watch()
    observer.stop()
    assert httpx.Client.send is before


def status(exchange: Exchange) -> int | None:
    return exchange.response.status if exchange.response else None
