"""A deadline for a whole answer: httpx limits each read on its own, and an endpoint that drips bytes outlasts that."""

import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import httpcore
import httpx

from conformance.client import interrupt

POLL_INTERVAL = 0.25
"""Seconds after which a wait for bytes looks up whether the run has been asked to stop."""

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def until(moment: float) -> Iterator[None]:
    """Within the block, in this thread, nothing is waited for beyond this moment of `time.monotonic`."""
    token = _deadline.set(moment)
    try:
        yield
    finally:
        _deadline.reset(token)


def deadline_transport(context: ssl.SSLContext) -> httpx.HTTPTransport:
    """A plain transport that keeps the deadline set by `until`; raises httpx's timeouts."""
    transport = httpx.HTTPTransport(verify=context)
    # httpx offers no way to give its pool a network backend, httpcore does
    transport._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_Backend())
    return transport


def _left(timeout: float | None, problem: type[Exception]) -> float | None:
    moment = _earlier(_deadline.get(), interrupt.last_moment())
    if moment is None:
        return timeout
    left = moment - time.monotonic()
    if left <= 0:
        raise problem("the answer had not come when the deadline passed")
    return left if timeout is None else min(left, timeout)


def _earlier(one: float | None, other: float | None) -> float | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)


class _Stream(httpcore.NetworkStream):
    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        last = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _left(None if last is None else max(last - time.monotonic(), 0.001), httpcore.ReadTimeout)
            try:
                return self._inner.read(max_bytes, POLL_INTERVAL if left is None else min(left, POLL_INTERVAL))
            except httpcore.ReadTimeout:
                if left is not None and left <= POLL_INTERVAL:
                    raise

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        limit = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, limit))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        limit = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.connect_tcp(host, port, limit, local_address, socket_options))
