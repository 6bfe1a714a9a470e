"""Deleting what a run made on an endpoint."""

import time
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpx

from conformance.client import interrupt
from conformance.client.endpoint import Endpoint, TimeIsUp
from conformance.client.ledger import Ledger, Leftover
from conformance.client.tap import Tap
from conformance.client.target import Target
from conformance.contract import Contract
from conformance.trace.exchange import Response
from conformance.trace.json import mapping

GONE_STATUSES = frozenset({200, 204, 404, 405, 501})
"""Statuses after which nothing is left to delete: it was, it is not there, or it never can be."""
MAX_RETRY_SECONDS = 10.0
"""Seconds that the answers of status 429 to one cleanup after a scenario are waited out in all."""
NOT_ASKED = "there was no time left to delete it"
POLL_INTERVAL = 0.25
"""Seconds after which a wait looks up whether the run has been asked to stop; none is shorter."""


def address(contract: Contract, operation: str, ids: dict[str, Any]) -> tuple[str, str]:
    """Method and path of an operation with its path parameters filled in, quoted whole: an id never adds a segment."""
    described = contract.operations.by_id[operation]
    return described.method, described.path.format(**{name: quoted(str(value)) for name, value in ids.items()})


def quoted(segment: str) -> str:
    """One segment of a path. Dots alone would be taken as steps through the path, also by clients on the way."""
    return quote(segment, safe="", errors="surrogatepass") if segment.strip(".") else segment.replace(".", "%2E")


def seconds_asked(response: Response) -> int:
    """How long an answer with status 429 asks to wait; 1 where it does not tell in seconds."""
    told = response.headers.get("retry-after") or "1"
    return int(told[:9]) if told.isdecimal() else 1


def delete_leftovers(
    target: Target,
    contract: Contract,
    ledger: Ledger,
    leftovers: Iterable[Leftover],
    until: float | None = None,
    retry_seconds: float = MAX_RETRY_SECONDS,
) -> dict[Leftover, str]:
    """Delete leftovers of one target, outside any trace; returns those that are not known to be gone, and why.

    Stops where no answer comes, and at `until` (of `time.monotonic`). A 429 is waited out as its `Retry-After` says, as
    long as `retry_seconds` seconds in all allow it.
    """
    waiting = list(leftovers)
    if not waiting:
        return {}
    stayed: dict[Leftover, str] = {}
    client = Endpoint(target, Tap(), until)
    try:
        while waiting:
            leftover = waiting.pop(0)
            method, path = address(contract, leftover.deletion, {leftover.parameter: leftover.id})
            try:
                exchange = client.send(method, path)
            except httpx.InvalidURL:
                stayed[leftover] = "its id fits into no URL"
                continue
            except TimeIsUp:
                return stayed | dict.fromkeys((leftover, *waiting), NOT_ASKED)
            response = exchange.response
            if response is None:
                stayed[leftover] = f"its deletion was not answered ({exchange.failure})"
                return stayed | dict.fromkeys(waiting, NOT_ASKED)
            wait = max(seconds_asked(response), POLL_INTERVAL)
            if response.status == 429 and wait <= retry_seconds and _waited(wait, until):
                retry_seconds -= wait
                waiting.insert(0, leftover)
            elif reason := _refusal(response):
                stayed[leftover] = reason
            else:
                ledger.gone(leftover)
    finally:
        client.close()
    return stayed


def _refusal(response: Response) -> str | None:
    """Why an answer does not say that an object is gone; None where it does."""
    if response.status not in GONE_STATUSES:
        return f"its deletion was answered {response.status}"
    refused = mapping(response.json_or_none).get("deleted") is False
    return f"its deletion was answered {response.status} with deleted: false" if refused else None


def _waited(seconds: float, until: float | None) -> bool:
    """Wait so long; returns False, and at once, where that does not fit before `until` or into what a stop leaves."""
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        if any(moment is not None and moment < end for moment in (until, interrupt.last_moment())):
            return False
        time.sleep(min(POLL_INTERVAL, end - now))
    return True
