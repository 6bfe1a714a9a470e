"""Loopback servers that answer as a test says: byte by byte where it matters."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from conformance.session.made_up_routes import MADE_UP
from tests.limits import HANG

Behaviour = Callable[[socket.socket, bytes], None]
EMPTY_PAGE = b'{"object":"list","data":[],"first_id":null,"last_id":null,"has_more":false}'


def answer(
    status: str = "200 OK",
    body: bytes = b"{}",
    media_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> bytes:
    """A whole HTTP/1.1 response."""
    fields = {"Content-Type": media_type, "Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def always(*args: object, **kwargs: object) -> Behaviour:
    """Answer every request alike."""
    response = answer(*args, **kwargs)  # type: ignore[arg-type]
    return lambda connection, _: connection.sendall(response)


def routed(behave: Behaviour) -> Behaviour:
    """A behaviour on all routes but the made-up ones, by which a run learns what is said of those."""

    def first(connection: socket.socket, request: bytes) -> None:
        path = request.split(b" ", 2)[1].decode("latin-1")
        if any(path.endswith(made_up) for _, made_up in MADE_UP):
            connection.sendall(answer("404 Not Found", b'{"detail":"Not Found"}'))
        else:
            behave(connection, request)

    return first


def passed_on(url: str, request: bytes) -> bytes:
    """What the server at another URL answers to a request."""
    port = int(url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port)) as upstream:
        head, _, body = request.partition(b"\r\n\r\n")
        upstream.sendall(head + b"\r\nConnection: close\r\n\r\n" + body)
        return b"".join(iter(lambda: upstream.recv(65536), b""))


def never_answer(connection: socket.socket, _: bytes = b"") -> None:
    """Hold the connection open without a word, until the client has had enough."""
    while connection.recv(65536):
        pass


class Halves:
    """A body of which a client sends the second half once the server has the first."""

    BODY = b"firstsecond"

    def __init__(self) -> None:
        self._arrived = threading.Event()

    def behave(self, connection: socket.socket, data: bytes) -> None:
        """Answer when both halves are there."""
        while b"first" not in data:
            data += connection.recv(65536)
        self._arrived.set()
        while b"\r\n0\r\n\r\n" not in data:
            data += connection.recv(65536)
        connection.sendall(answer())

    def pieces(self) -> Iterator[bytes]:
        """The halves, each when it may be sent."""
        yield b"first"
        assert self._arrived.wait(HANG)
        yield b"second"


@contextmanager
def serving(behave: Behaviour) -> Iterator[str]:
    """Serve on a free loopback port, one thread per connection; yields the base URL. All threads end with the block."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    stopping = threading.Event()
    workers: list[threading.Thread] = []

    def accept() -> None:
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            worker = threading.Thread(target=converse, args=(connection,), daemon=True)
            worker.start()
            workers.append(worker)

    def converse(connection: socket.socket) -> None:
        with connection:
            connection.settimeout(HANG)
            try:
                if request := _read_request(connection):
                    behave(connection, request)
            except OSError:
                pass  # the client went away: that is what some tests are about

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    finally:
        stopping.set()
        acceptor.join()
        listener.close()
        for worker in workers:
            worker.join(HANG)


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        received = connection.recv(65536)
        if not received:
            return data
        data += received
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
