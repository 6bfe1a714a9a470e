"""An endpoint that knows the reference's answers, and says the key it was given wherever there is room."""

import base64
import json
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx

from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.limits import HANG
from tests.servers import answer, serving

FOREIGN = "sk-proj-Foreign0123456789abcdef"
"""A key that is not the one in use."""
ORGANISATION = "org-Foreign0123456789abcdef"
PASSED_ON = ("content-type", "openai-beta", "accept")


def spellings(key: str) -> list[str]:
    """The key, and ways to say it that no exact search would find."""
    return [
        key,
        f"Bearer {key}",
        f"sk-redacted-{key}",
        json.dumps({"api-key": key}),
        quote(key, safe="").replace("-", "%2d"),
        "".join(f"\\u{ord(letter):04x}" for letter in key),
        base64.b64encode(f"someone:{key}".encode()).decode(),
        key.encode().hex(),
        quote(quote(key, safe="").replace("-", "%2d"), safe=""),
        f"{'x' * 52}{key}",
        f"{'x' * 70} {key}",
        FOREIGN,
        ORGANISATION,
    ]


@contextmanager
def echoing(key: str) -> Iterator[str]:
    """The endpoint, while the block lasts; yields its URL."""
    turns, ways = count(), spellings(key)
    with ReferenceServer(Settings()) as server, httpx.Client(trust_env=False, timeout=HANG) as upstream:

        def behave(connection: socket.socket, request: bytes) -> None:
            response = _passed_on(request, server.url, upstream)
            kind = response.headers.get("content-type", "application/json")
            said = ways[next(turns) % len(ways)]
            connection.sendall(
                answer(
                    f"{response.status_code} Whatever",
                    _altered(response.content, kind, said, key, next(turns)),
                    kind.partition(";")[0],
                    {"x-request-id": said, "X-Echo": f"{key} {FOREIGN}", "openai-organization": ORGANISATION},
                )
            )

        with serving(behave) as url:
            yield url


@contextmanager
def naming(key: str) -> Iterator[str]:
    """The reference's answers; what makes a thread says the key in a request id, as no redaction knows it."""
    odd = quote("".join(f"&#{ord(letter)};" for letter in key), safe="")
    with ReferenceServer(Settings()) as server, httpx.Client(trust_env=False, timeout=HANG) as upstream:

        def behave(connection: socket.socket, request: bytes) -> None:
            response = _passed_on(request, server.url, upstream)
            told = {"x-request-id": odd if request.startswith(b"POST /v1/threads ") else "req_1"}
            kind = response.headers.get("content-type", "application/json").partition(";")[0]
            connection.sendall(answer(f"{response.status_code} Whatever", response.content, kind, told))

        with serving(behave) as url:
            yield url


def _passed_on(request: bytes, url: str, upstream: httpx.Client) -> httpx.Response:
    """What the endpoint behind this URL answers to a request, asked with a key of its own."""
    head, _, body = request.partition(b"\r\n\r\n")
    method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
    fields = [line.decode().partition(": ")[::2] for line in head.split(b"\r\n")[1:]]
    headers = {name: value for name, value in fields if name.lower() in PASSED_ON}
    headers["Authorization"] = "Bearer any"
    return upstream.request(method, url.removesuffix("/v1") + target, content=body, headers=headers)


def _altered(content: bytes, kind: str, said: str, key: str, turn: int) -> bytes:
    if "event-stream" in kind:
        pieces = [key[start : start + 4] for start in range(0, len(key), 4)]
        numbers = count()
        return re.sub(
            rb'("value":\s?)"[^"]*"',
            lambda found: found[1] + json.dumps(pieces[next(numbers) % len(pieces)]).encode(),
            content,
        )
    try:
        value: Any = json.loads(content)
    except ValueError:
        return content
    if not isinstance(value, dict):
        return content
    if isinstance(value.get("error"), dict):
        value["error"] |= {"message": f"Incorrect API key provided: {said}", "type": said}
    elif value.get("object") == "thread" and turn % 6 == 0:
        value["id"] = f"thread_{key}"
    else:
        value |= {"created_at": said, said: said, "metadata": {said[:60]: [said, {"deep": said}]}}
    return json.dumps(value, ensure_ascii=turn % 2 == 0).encode()
