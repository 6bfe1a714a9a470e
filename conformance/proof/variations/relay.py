"""A relay that speaks HTTP/1.0 on both sides."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

TIMEOUT_S = 10.0


@contextmanager
def old_protocol(host: str, port: int) -> Iterator[int]:
    """A relay that speaks HTTP/1.0 on both sides: one exchange for a connection, which ends it. Yields its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    stopping = threading.Event()

    def accept() -> None:
        while not stopping.is_set():
            with suppress(TimeoutError):
                client, _ = listener.accept()
                threading.Thread(target=_relayed, args=(client, host, port), daemon=True).start()

    acceptor = threading.Thread(target=accept, name="HTTP/1.0 relay", daemon=True)
    acceptor.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stopping.set()
        acceptor.join()
        listener.close()


def _relayed(client: socket.socket, host: str, port: int) -> None:
    with client, suppress(OSError), socket.create_connection((host, port)) as server:
        for side in (client, server):
            side.settimeout(TIMEOUT_S)
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := client.recv(65536)):
                return
            head += data
        lines, blank, rest = head.partition(b"\r\n\r\n")
        first, *fields = lines.split(b"\r\n")
        kept = [line for line in fields if not line.lower().startswith(b"connection:")]
        server.sendall(b"\r\n".join([first.replace(b"HTTP/1.1", b"HTTP/1.0"), *kept]) + blank + rest)
        threading.Thread(target=_carried, args=(client, server), daemon=True).start()
        begun = False
        while data := server.recv(65536):
            client.sendall(data if begun else data.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
            begun = True
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _carried(client: socket.socket, server: socket.socket) -> None:
    """Carry on what else the client sends, until it or the server closes."""
    with suppress(OSError):
        while data := client.recv(65536):
            server.sendall(data)
        server.shutdown(socket.SHUT_WR)
