"""Deleting what a run made on an endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

import httpx

from conformance.contract import Contract
from conformance.endpoint import Endpoint, TimeIsUp
from conformance.ledger import Ledger, Leftover
from conformance.target import Target
from conformance.wire.tap import Tap

GONE = frozenset({200, 404, 405, 501})
"""Statuses after which nothing is left to delete: it was, it is not there, or it never can be."""


def address(contract: Contract, operation: str, ids: dict[str, Any]) -> tuple[str, str]:
    """Method and path of an operation with its path parameters filled in, quoted whole: an id never adds a segment."""
    described = contract.operations.by_id[operation]
    return described.method, described.path.format(**{name: quoted(str(value)) for name, value in ids.items()})


def quoted(segment: str) -> str:
    """One segment of a path. Dots alone would be taken as steps through the path, also by clients on the way."""
    return quote(segment, safe="", errors="surrogatepass") if segment.strip(".") else segment.replace(".", "%2E")


def sweep(
    target: Target, contract: Contract, ledger: Ledger, leftovers: Iterable[Leftover], until: float | None = None
) -> list[Leftover]:
    """Delete leftovers of one target, outside any trace; returns those that stayed.

    Stops where no answer comes, and at `until` (of `time.monotonic`).
    """
    waiting = list(leftovers)
    if not waiting:
        return []
    stayed: list[Leftover] = []
    broom = Endpoint(target, Tap(), until)
    try:
        while waiting:
            leftover = waiting.pop(0)
            method, path = address(contract, leftover.deletion, {leftover.parameter: leftover.id})
            try:
                response = broom.send(method, path).response
            except httpx.InvalidURL:  # an id that is too long, and that nothing can be asked about
                stayed.append(leftover)
                continue
            except TimeIsUp:
                return [*stayed, leftover, *waiting]
            if response is None:
                return [*stayed, leftover, *waiting]
            if response.status in GONE:
                ledger.gone(leftover)
            else:
                stayed.append(leftover)
    finally:
        broom.close()
    return stayed
