"""The relay passes everything on as it comes: bytes, pieces, breaks and silence."""

import gzip
import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import brotlicffi
import httpx
import pytest

from conformance.client.tap import MAX_BODY
from conformance.trace.exchange import CLOSED_BY_CLIENT, NOT_KEPT
from tests.limits import HANG, wait_until
from tests.proxy.relays import Relayed, relaying
from tests.servers import Halves, always, answer, never_answer, serving

STREAM_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


Pack = Callable[[bytes], bytes]


def chunk(data: bytes) -> bytes:
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


def ask(relayed: Relayed, request: bytes) -> bytes:
    """Everything that comes back on a connection of its own."""
    with socket.create_connection(relayed.address, timeout=HANG) as connection:
        connection.sendall(request)
        data = b""
        while received := connection.recv(65536):
            data += received
    return data


def test_the_first_event_is_there_before_the_second_is_sent(tmp_path: Path) -> None:
    seen = threading.Semaphore(0)

    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(STREAM_HEAD)
        for number in range(5):
            connection.sendall(chunk(f"event: e{number}\ndata: {{}}\n\n".encode()))
            assert seen.acquire(timeout=HANG)  # nothing more is sent until the client has this one
        connection.sendall(chunk(b""))

    with serving(behave) as upstream, relaying(upstream, tmp_path) as relayed:
        with httpx.stream("POST", f"{relayed.url}/threads/runs", timeout=HANG) as response:
            for number, piece in enumerate(response.iter_raw()):
                assert piece == f"event: e{number}\ndata: {{}}\n\n".encode()
                seen.release()
        (exchange,) = relayed.recorded(1)
    assert exchange.response is not None
    assert [event.name for event in exchange.response.events] == [f"e{number}" for number in range(5)]
    arrived = [event.arrived or 0 for event in exchange.response.events]
    assert arrived == sorted(arrived)
    assert len(set(arrived)) == 5


def test_nothing_is_changed_but_the_host_and_what_is_about_one_connection(tmp_path: Path) -> None:
    requests = []
    body = bytes(range(256)) * 40

    def behave(connection: socket.socket, request: bytes) -> None:
        requests.append(request)
        headers = {"X-Odd": "a  b", "Set-Cookie": "one=1", "Keep-Alive": "timeout=5", "Server": "own"}
        connection.sendall(answer("418 I'm a Teapot", body, "application/x-odd", headers))

    with serving(behave) as upstream, relaying(upstream, tmp_path) as relayed:
        back = ask(
            relayed,
            b"PUT /v1/a%2Fb/%7Ec?x=%20&y=a+b&&z HTTP/1.1\r\nHost: somewhere\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n"
            b"Authorization: Bearer k\r\nX-Twice: 1\r\nX-Twice: 2\r\nContent-Length: 3\r\n\r\n\x00\xff{",
        )
    head, _, sent = requests[0].partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    assert first == b"PUT /v1/a%2Fb/%7Ec?x=%20&y=a+b&&z HTTP/1.1"
    host = upstream.split("/")[2].encode()
    assert sorted(fields) == sorted(
        [b"host: " + host, b"authorization: Bearer k", b"x-twice: 1", b"x-twice: 2", b"content-length: 3"]
    )
    assert sent == b"\x00\xff{"
    head, _, received = back.partition(b"\r\n\r\n")
    assert received == body
    assert head.split(b"\r\n")[0].startswith(b"HTTP/1.1 418")
    assert {line for line in head.split(b"\r\n")[1:] if not line.lower().startswith(b"connection")} == {
        b"X-Odd: a  b",
        b"Set-Cookie: one=1",
        b"Server: own",
        b"Content-Type: application/x-odd",
        b"Content-Length: 10240",
    }


def test_an_upload_is_passed_on_while_it_comes(tmp_path: Path) -> None:
    halves = Halves()
    with serving(halves.behave) as upstream, relaying(upstream, tmp_path) as relayed:
        assert httpx.post(f"{relayed.url}/files", content=halves.pieces(), timeout=HANG).status_code == 200
        (exchange,) = relayed.recorded(1)
    assert exchange.request.body == Halves.BODY


@pytest.mark.parametrize("begun", [False, True])
def test_a_client_that_leaves_is_told_to_the_upstream(tmp_path: Path, *, begun: bool) -> None:
    left = threading.Event()

    def behave(connection: socket.socket, _: bytes) -> None:
        if begun:
            connection.sendall(STREAM_HEAD + chunk(b"event: a\ndata: {}\n\n"))
        while connection.recv(65536):
            pass
        left.set()

    with serving(behave) as upstream, relaying(upstream, tmp_path) as relayed:
        with socket.create_connection(relayed.address, timeout=HANG) as connection:
            connection.sendall(b"GET /v1/threads/t HTTP/1.1\r\nHost: h\r\n\r\n")
            if begun:
                assert connection.recv(65536)
            else:
                wait_until(lambda: relayed.journal.exists())
        assert left.wait(HANG)
        (exchange,) = relayed.recorded(1)
    assert exchange.failure == CLOSED_BY_CLIENT
    assert (exchange.response is None) is not begun
    if exchange.response is not None:
        assert not exchange.response.complete


def test_a_client_that_closes_its_half_has_left(tmp_path: Path) -> None:
    """As it is with servers on asyncio: who sends no more is not waited for."""
    with serving(never_answer) as upstream, relaying(upstream, tmp_path) as relayed:
        with socket.create_connection(relayed.address, timeout=HANG) as connection:
            connection.sendall(b"GET /v1/models HTTP/1.1\r\nHost: h\r\n\r\n")
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(65536) == b""
        (exchange,) = relayed.recorded(1)
    assert exchange.failure == CLOSED_BY_CLIENT


@pytest.mark.parametrize(
    "sent",
    [b"", STREAM_HEAD + chunk(b"event: a\ndata: {}\n\n"), answer(body=b"{}", headers={"Content-Length": "100"})],
    ids=["before the answer", "in a stream", "in a body"],
)
def test_an_upstream_that_breaks_off_is_told_to_the_client(tmp_path: Path, sent: bytes) -> None:
    def behave(connection: socket.socket, _: bytes) -> None:
        connection.sendall(sent)
        reset = b"\x01\0\0\0\0\0\0\0"  # l_onoff, l_linger: closing sends RST
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)

    with serving(behave) as upstream, relaying(upstream, tmp_path) as relayed:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{relayed.url}/threads/t", timeout=HANG)
        (exchange,) = relayed.recorded(1)
    assert "the connection broke" in (exchange.failure or "")
    assert (exchange.response is None) is (sent == b"")


def test_an_upstream_that_is_not_there_is_told_by_the_proxy_itself(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with relaying(f"http://127.0.0.1:{port}/v1", tmp_path) as relayed:
        response = httpx.post(f"{relayed.url}/threads", content=b"{}" * 100_000, timeout=HANG)
        (exchange,) = relayed.recorded(1)
    assert response.status_code == 502
    assert "cannot reach its upstream" in response.json()["error"]["message"]
    assert exchange.response is None
    assert exchange.request.body == b"{}" * 100_000
    assert "no connection" in (exchange.failure or "")


def test_an_upstream_that_says_nothing_is_waited_for_as_long_as_the_client_waits(tmp_path: Path) -> None:
    with serving(never_answer) as upstream, relaying(upstream, tmp_path) as relayed:
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{relayed.url}/models", timeout=0.3)
        (exchange,) = relayed.recorded(1)
    assert exchange.failure == CLOSED_BY_CLIENT


@pytest.mark.parametrize(("encoding", "pack"), [("gzip", gzip.compress), ("br", brotlicffi.compress)])
def test_an_encoded_answer_goes_through_as_it_is_and_is_recorded_plain(
    tmp_path: Path, encoding: str, pack: Pack
) -> None:
    packed = pack(b'{"id": "thread_1"}' * 20)
    with (
        serving(always(body=packed, headers={"Content-Encoding": encoding})) as upstream,
        relaying(upstream, tmp_path) as relayed,
    ):
        with httpx.stream("GET", f"{relayed.url}/threads/t", timeout=HANG) as response:
            assert b"".join(response.iter_raw()) == packed
        (exchange,) = relayed.recorded(1)
    assert exchange.response is not None
    assert exchange.response.body == b'{"id": "thread_1"}' * 20


def test_what_is_too_large_to_keep_goes_through_and_is_named(tmp_path: Path) -> None:
    large = os.urandom(1024) * (MAX_BODY // 1024 + 1)

    def behave(connection: socket.socket, request: bytes) -> None:
        connection.sendall(answer(body=large if b"GET" in request[:4] else b"{}"))

    with serving(behave) as upstream, relaying(upstream, tmp_path) as relayed:
        assert httpx.get(f"{relayed.url}/files/f/content", timeout=HANG).content == large
        assert httpx.post(f"{relayed.url}/files", content=large, timeout=HANG).status_code == 200
        download, upload = relayed.recorded(2)
    for exchange in (download, upload):
        assert exchange.response is None
        assert (exchange.failure or "").startswith(f"{NOT_KEPT}: ")
        assert "larger than 16 MiB" in (exchange.failure or "")


def test_the_journal_has_an_exchange_before_its_client_has_the_end_of_it(tmp_path: Path) -> None:
    whole = always(body=b'{"id": "thread_1"}')
    with serving(whole) as upstream, relaying(upstream, tmp_path) as relayed, httpx.Client(timeout=HANG) as client:
        for count in range(1, 50):
            client.get(f"{relayed.url}/threads/t")
            assert relayed.journal.read_bytes().count(b"\n") == count


def test_no_secret_of_the_traffic_is_on_disk(tmp_path: Path) -> None:
    key, other = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD", "sk-live-0123456789abcdefghijklmnopqrstuvwxyz"

    def behave(connection: socket.socket, _: bytes) -> None:
        echoed = json.dumps({"error": {"message": f"wrong key {key}", "also": other}}).encode()
        connection.sendall(answer("401 Unauthorized", echoed, headers={"Set-Cookie": "session=verysecretcookie123"}))

    with serving(behave) as upstream, relaying(upstream, tmp_path, "x.har", "x.yaml") as relayed:
        headers = {"Authorization": f"Bearer {key}", "OpenAI-Organization": "org-secretorganization1"}
        assert key in httpx.post(f"{relayed.url}/threads?api_key={other}", headers=headers, timeout=HANG).text
        relayed.recorded(1)
    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert len(list(tmp_path.iterdir())) == 3
    for secret in (key, other, "verysecretcookie123", "org-secretorganization1"):
        assert secret.encode() not in written


def test_a_secret_that_survives_costs_what_holds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the redaction fails, the exchange is in the journal without what holds the secret, and the next one too."""
    monkeypatch.setattr("conformance.proxy.recorder.without_secrets", lambda exchange: exchange)
    key = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"
    with serving(always()) as upstream, relaying(upstream, tmp_path, "x.har") as relayed:
        for path in ("threads/thread_1?after=" + key, f"threads/{key}", "models"):
            assert httpx.get(f"{relayed.url}/{path}", timeout=HANG).status_code == 200
        in_query, in_path, plain = relayed.recorded(3)
    assert relayed.troubles == []
    assert in_query.request.path == "/v1/threads/thread_1"
    assert in_path.request.path == "/redacted"
    assert in_query.failure == in_path.failure == f"{NOT_KEPT}: a secret survived the redaction"
    assert plain.response is not None
    assert key.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_proxy_that_fails_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("no such thing")

    monkeypatch.setattr("conformance.proxy.relay.Relay._exchange", fail)
    with serving(always()) as upstream, relaying(upstream, tmp_path) as relayed:
        assert httpx.get(f"{relayed.url}/models", timeout=HANG).status_code == 500
        (exchange,) = relayed.recorded(1)
    assert exchange.failure == f"{NOT_KEPT}: the proxy itself failed: RuntimeError: no such thing"


def test_a_recording_that_cannot_be_written_on_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from conformance.evidence.safe_files import NotWritten
    from conformance.recordings.growing import GrowingRecording

    whole = GrowingRecording.add

    def full(self: GrowingRecording, exchange: object) -> None:
        if self.path.suffix == ".har":
            raise NotWritten(self.path, "no space left")
        whole(self, exchange)  # type: ignore[arg-type]

    monkeypatch.setattr(GrowingRecording, "add", full)
    with serving(always()) as upstream, relaying(upstream, tmp_path, "x.har") as relayed:
        for _ in range(3):
            assert httpx.get(f"{relayed.url}/models", timeout=HANG).status_code == 200
        assert len(relayed.recorded(3)) == 3
    assert len(relayed.troubles) == 1
    assert "x.har: no space left" in relayed.troubles[0]
