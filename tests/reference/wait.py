"""Waiting for what a run comes to, and reading streams."""

import time
from collections.abc import Callable
from typing import Any

import httpx

from conformance.trace.event import Event, parse_events
from tests.limits import HANG

STILL_GOING = ("queued", "in_progress", "cancelling")


def settled(http: httpx.Client, run: dict[str, Any]) -> dict[str, Any]:
    """The run once it is over or waits for tool outputs."""
    return until(http, run, lambda status: status not in STILL_GOING)


def until(http: httpx.Client, run: dict[str, Any], wanted: Any) -> dict[str, Any]:
    """The run once its status is the wanted one (a status, or a function of it)."""
    reached = wanted if callable(wanted) else wanted.__eq__
    return polled(http, f"/threads/{run['thread_id']}/runs/{run['id']}", lambda shown: reached(shown["status"]))


def polled(http: httpx.Client, path: str, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The object under a path, once it is as it should become."""
    last = time.monotonic() + HANG
    while not reached(shown := http.get(path).json()):
        assert time.monotonic() < last, f"still {shown}"
        time.sleep(0.002)
    return dict(shown)


def stream(http: httpx.Client, path: str, **body: Any) -> tuple[Event, ...]:
    """The events of a streamed request, after its end."""
    response = http.post(path, json={**body, "stream": True})
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8", response.text
    return parse_events(response.content)


def names(events: tuple[Event, ...]) -> list[str | None]:
    """The names of events, runs of deltas shown as one."""
    shown: list[str | None] = []
    for event in events:
        if not (event.name and event.name.endswith(".delta") and shown and shown[-1] == event.name):
            shown.append(event.name)
    return shown
