"""What the proxy costs: beside a bare relay of starlette and httpx, and beside no relay, all in one run.

    python benchmarks/proxy.py

The upstream answers at once, or with a stream whose events tell when they were sent. Measured are the median of plain
answers, the first byte of a stream, and the delay of each event while 200 streams are open, taken in turn so that a
busy machine weighs on all alike. The proxy judges as it goes.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from statistics import median, quantiles
from urllib.parse import urlsplit

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

ROUNDS, PLAIN, OPENINGS = 20, 40, 4
STREAMS, EVENTS, PAUSE = 200, 20, 0.25
THREAD = json.dumps({"id": "thread_" + "a" * 24, "object": "thread", "created_at": 1, "metadata": {}}).encode()


async def _events() -> AsyncIterator[bytes]:
    for number in range(EVENTS):
        data = json.dumps({"id": f"msg_{number}", "object": "thread.message.delta", "sent": time.time()})
        yield f"event: thread.message.delta\ndata: {data}\n\n".encode()
        await asyncio.sleep(PAUSE)
    yield b"event: done\ndata: [DONE]\n\n"


def upstream() -> Starlette:
    """Answers at once."""
    plain = Route("/v1/threads/{id}", lambda _: Response(THREAD, media_type="application/json"))
    stream = Route(
        "/v1/threads/{id}/runs",
        lambda _: StreamingResponse(_events(), media_type="text/event-stream"),
        methods=["POST"],
    )
    return Starlette(routes=[plain, stream])


def bare_relay(url: str) -> Starlette:
    """The least that passes an answer on as it comes."""
    client = httpx.AsyncClient(
        base_url=url.removesuffix("/v1"), timeout=None, limits=httpx.Limits(max_connections=None)
    )

    async def relay(request: Request) -> Response:
        headers = [(name, value) for name, value in request.headers.raw if name != b"host"]
        sent = client.build_request(request.method, request.url.path, headers=headers, content=await request.body())
        answer = await client.send(sent, stream=True)
        kept = {
            name: value for name, value in answer.headers.items() if name not in ("transfer-encoding", "connection")
        }
        return StreamingResponse(_all_of(answer), answer.status_code, kept)

    return Starlette(routes=[Route("/{path:path}", relay, methods=["GET", "POST"])])


async def _all_of(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for data in answer.aiter_raw():
        yield data
    await answer.aclose()


@contextmanager
def serving(*words: str) -> Iterator[str]:
    """One of the applications in a process of its own; yields its URL."""
    process = subprocess.Popen([sys.executable, __file__, *words], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


@contextmanager
def proxying(url: str) -> Iterator[str]:
    """The proxy as users start it, which judges too."""
    with tempfile.TemporaryDirectory() as folder:
        program = [sys.executable, "-c", "from conformance.cli import main; main()", "proxy", "--port", "0"]
        process = subprocess.Popen(
            [*program, "--upstream", url, "--report", folder],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
            process.communicate()


# ---- the client ------------------------------------------------------------------------------------------------------


class Connection:
    """A bare HTTP client, which costs next to nothing itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, url: str) -> Connection:
        """A connection to the host of a URL."""
        parts = urlsplit(url)
        return cls(*await asyncio.open_connection(parts.hostname, parts.port))

    async def ask(self, method: str, path: str) -> bytes:
        """Send a request; the head of its answer."""
        headers = "Host: h\r\nOpenAI-Beta: assistants=v2\r\nContent-Length: 0\r\n"
        self.writer.write(f"{method} {path} HTTP/1.1\r\n{headers}\r\n".encode())
        return await self.reader.readuntil(b"\r\n\r\n")

    def close(self) -> None:
        """Close it."""
        self.writer.close()


async def plain(url: str) -> list[float]:
    """Seconds of plain answers, one after the other."""
    found, connection = [], await Connection.to(url)
    for _ in range(PLAIN):
        begun = time.perf_counter()
        await connection.ask("GET", "/v1/threads/thread_1")
        await connection.reader.readexactly(len(THREAD))
        found.append(time.perf_counter() - begun)
    connection.close()
    return found


async def first_byte(url: str) -> list[float]:
    """Seconds from the request to the first event of a stream."""
    found = []
    for _ in range(OPENINGS):
        connection = await Connection.to(url)
        begun = time.perf_counter()
        await connection.ask("POST", "/v1/threads/thread_1/runs")
        await connection.reader.readuntil(b"data: ")
        found.append(time.perf_counter() - begun)
        connection.close()
    return found


async def many_streams(url: str) -> list[float]:
    """Seconds that each event of many streams at once was on its way."""

    async def one(number: int) -> list[float]:
        await asyncio.sleep(number * PAUSE / STREAMS)
        connection, delays = await Connection.to(url), []
        await connection.ask("POST", f"/v1/threads/thread_{number}/runs")
        for _ in range(EVENTS):
            line = await connection.reader.readuntil(b"}\n\n")
            delays.append(time.time() - json.loads(line[line.index(b"data: ") + 6 :])["sent"])
        await connection.reader.readuntil(b"[DONE]")
        connection.close()
        return delays

    return [delay for delays in await asyncio.gather(*map(one, range(STREAMS))) for delay in delays]


def measure() -> None:
    """Print the table."""
    with serving("upstream") as direct, serving("relay", direct) as relay, proxying(direct) as proxy:
        urls = {"direct": direct, "bare relay": relay, "proxy": proxy}
        found: dict[str, dict[str, list[float]]] = {name: {"plain": [], "first byte": []} for name in urls}
        for url in urls.values():
            asyncio.run(plain(url))  # warm
        for _ in range(ROUNDS):
            for name, url in urls.items():
                found[name]["plain"] += asyncio.run(plain(url))
                found[name]["first byte"] += asyncio.run(first_byte(url))
        for name, url in urls.items():
            found[name][f"{STREAMS} streams"] = asyncio.run(many_streams(url))
    print(f"{'ms':<12}" + "".join(f"{name:>14}{'p95':>10}" for name in found["proxy"]))
    for name, measures in found.items():
        cells = [(1000 * median(one), 1000 * quantiles(one, n=20)[-1]) for one in measures.values()]
        print(f"{name:<12}" + "".join(f"{middle:>14.2f}{high:>10.2f}" for middle, high in cells))


if __name__ == "__main__":
    if len(sys.argv) == 1:
        measure()
    else:
        from conformance.reference.server import listen

        listener = listen("127.0.0.1", 0)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", flush=True)
        app = upstream() if sys.argv[1] == "upstream" else bare_relay(sys.argv[2])
        uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, ws="none")).run(sockets=[listener])
