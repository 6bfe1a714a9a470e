"""The tap keeps what went over the wire, however the exchange ends."""

import gzip
import socket
import threading
import time
from types import ModuleType

import httpx
import httpx2
import pytest

from conformance.client.tap import DEADLINE, MAX_BODY, BrokenBody, Tap
from conformance.trace.exchange import CLOSED_BY_CLIENT
from tests.limits import HANG
from tests.servers import always, answer, serving

LIBRARIES = pytest.mark.parametrize("http", [httpx, httpx2], ids=["httpx", "httpx2"])
STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@LIBRARIES
def test_keeps_a_plain_exchange(http: ModuleType) -> None:
    tap = Tap()
    with serving(always(body=b'{"id": "x"}')) as url, http.Client(transport=tap.transport(http)) as client:
        client.post(f"{url}/threads", json={"a": 1})
    (exchange,) = tap.exchanges
    assert exchange.number == 1
    assert exchange.request.json == {"a": 1}
    assert exchange.request.path == "/v1/threads"
    assert exchange.response is not None
    assert exchange.response.json == {"id": "x"}
    assert exchange.response.complete
    assert exchange.failure is None
    assert exchange.started is not None
    assert exchange.ended is not None
    assert exchange.started <= exchange.ended


@LIBRARIES
def test_keeps_a_stream_with_its_arrival_times(http: ModuleType) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(STREAM_HEAD)
        for number in range(3):
            connection.sendall(f'event: e{number}\ndata: {{"n":{number}}}\n\n'.encode())
            assert received.acquire(timeout=HANG)
            time.sleep(0.02)

    tap, received = Tap(), threading.Semaphore(0)
    with (
        serving(behave) as url,
        http.Client(transport=tap.transport(http)) as client,
        client.stream("POST", url) as response,
    ):
        for _ in response.iter_raw():
            received.release()
    (exchange,) = tap.exchanges
    assert exchange.response is not None
    events = exchange.response.events
    assert [event.name for event in events] == ["e0", "e1", "e2"]
    arrived = [event.arrived for event in events]
    assert all(isinstance(moment, float) for moment in arrived)
    assert arrived == sorted(arrived, key=lambda moment: moment or 0)
    assert (arrived[2] or 0) - (arrived[0] or 0) > 0.02


def test_keeps_a_stream_that_the_client_leaves() -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(STREAM_HEAD)
        for number in range(1000):
            connection.sendall(f"event: e{number}\ndata: {{}}\n\n".encode())
            time.sleep(0.001)

    tap = Tap()
    with (
        serving(behave) as url,
        httpx.Client(transport=tap.transport(httpx)) as client,
        client.stream("GET", url) as response,
    ):
        next(response.iter_raw())
    (exchange,) = tap.exchanges
    assert exchange.failure == CLOSED_BY_CLIENT
    assert exchange.response is not None
    assert not exchange.response.complete
    assert exchange.response.events[0].name == "e0"


def test_keeps_a_body_that_breaks_off() -> None:
    broken = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n" + b'{"id": "thr'
    tap = Tap()
    with (
        serving(lambda connection, _: connection.sendall(broken)) as url,
        httpx.Client(transport=tap.transport(httpx)) as client,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        client.get(url)
    (exchange,) = tap.exchanges
    assert exchange.response is not None
    assert exchange.response.body == b'{"id": "thr'
    assert not exchange.response.complete
    assert "the connection broke" in (exchange.failure or "")


def test_keeps_a_request_without_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    tap = Tap()
    with httpx.Client(transport=tap.transport(httpx)) as client, pytest.raises(httpx.ConnectError):
        client.get(f"http://127.0.0.1:{port}/v1/models")
    (exchange,) = tap.exchanges
    assert exchange.response is None
    assert (exchange.failure or "").startswith("no connection")


def test_stops_at_the_deadline_though_bytes_keep_coming() -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(STREAM_HEAD)
        while True:  # until the client closes the connection
            connection.sendall(b": still here\n\n")
            time.sleep(0.005)

    tap = Tap()
    with (
        serving(behave) as url,
        httpx.Client(transport=tap.transport(httpx)) as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.get(url, extensions={DEADLINE: tap.clock() + 1})
    (exchange,) = tap.exchanges
    assert "deadline" in (exchange.failure or "")


def test_undoes_gzip() -> None:
    body = gzip.compress(b'{"id": "packed"}')
    tap = Tap()
    gzipped = always(body=body, headers={"Content-Encoding": "gzip"})
    with serving(gzipped) as url, httpx.Client(transport=tap.transport(httpx)) as client:
        client.get(url)
    (exchange,) = tap.exchanges
    assert exchange.response is not None
    assert exchange.response.json == {"id": "packed"}


def test_cuts_a_body_that_unpacks_without_end() -> None:
    bomb = always(body=gzip.compress(b"\0" * (MAX_BODY + 1)), headers={"Content-Encoding": "gzip"})
    tap = Tap()
    with serving(bomb) as url, httpx.Client(transport=tap.transport(httpx)) as client, pytest.raises(BrokenBody):
        client.get(url)
    (exchange,) = tap.exchanges
    assert "larger than 16 MiB" in (exchange.failure or "")


def test_numbers_by_the_order_of_sending() -> None:
    def behave(connection: socket.socket, request: bytes) -> None:
        if b"/slow" in request:
            connection.sendall(STREAM_HEAD + b"event: a\ndata: {}\n\n")
            time.sleep(0.1)
        else:
            connection.sendall(answer())

    tap = Tap()
    with (
        serving(behave) as url,
        httpx.Client(transport=tap.transport(httpx)) as client,
        client.stream("GET", f"{url}/slow") as response,
    ):
        chunks = response.iter_raw()
        next(chunks)
        client.get(f"{url}/quick")
        list(chunks)
    assert [exchange.request.path for exchange in tap.exchanges] == ["/v1/slow", "/v1/quick"]
    slow, quick = tap.exchanges
    assert (slow.ended or 0) > (quick.ended or 0)


def test_takes_a_stream_apart_that_comes_all_at_once() -> None:
    """In a replay a whole stream is there at once; what the client does in between stands in between all the same."""
    frames = b"".join(f"event: e{number}\r\ndata: {{}}\r\n\r\n".encode() for number in range(3))

    def behave(request: httpx.Request) -> httpx.Response:
        headers = {"Content-Type": "text/event-stream"}
        return httpx.Response(200, headers=headers, content=frames if request.url.path == "/stream" else b"")

    seconds = iter(range(1000))
    tap = Tap(clock=lambda: float(next(seconds)), piecemeal=True)
    transport = tap.transport(httpx, httpx.MockTransport(behave))
    with (
        httpx.Client(transport=transport, base_url="http://endpoint.test") as client,
        client.stream("GET", "/stream") as response,
    ):
        for number, piece in enumerate(response.iter_raw()):
            assert piece == f"event: e{number}\r\ndata: {{}}\r\n\r\n".encode()
            if number == 1:
                client.get("/between")
    stream, between = tap.exchanges
    assert stream.response is not None
    assert stream.response.body == frames
    assert stream.started is not None
    assert between.started is not None
    arrived = [stream.started + (event.arrived or 0) for event in stream.response.events]
    assert arrived[0] < arrived[1] < between.started < arrived[2]
