"""Which rows of a recording are judged, and which only tell that something happened meanwhile."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from conformance.contract import Contract
from conformance.contract.openapi import Route
from conformance.recordings import azure_test_proxy
from conformance.recordings.endpoints import OFF_SURFACE, Endpoint, Endpoints, shown
from conformance.recordings.placeholders import Placeholders
from conformance.recordings.readings import AsShown, Reading, Revealed, with_backslashes, with_headers
from conformance.recordings.recording import Recording, Row
from conformance.recordings.restored import request_is_lost, response_is_lost, restored
from conformance.report.model import Skipped
from conformance.trace.exchange import Exchange
from conformance.trace.json import is_integer

_EARLIEST, _LATEST = 1_400_000_000, 4_000_000_000  # seconds since 1970 that can be the time of an answer


@dataclass(frozen=True)
class Selected:
    """A row, restored, with the endpoint and the operation that it is for; `reason` says why it is not judged."""

    row: Row
    endpoint: Endpoint
    route: Route | None
    reason: str | None = None

    @property
    def exchange(self) -> Exchange:
        """The exchange of the row."""
        return self.row.exchange


class Selection:
    """The rows of a recording, judged or not, and how else than as they are stored they may be read."""

    def __init__(self, recording: Recording, contract: Contract, base_path: str | None = None) -> None:
        self._left_out: Counter[str] = Counter()
        self.placeholders = Placeholders(recording.rows, contract)
        rows = [restored(row, self.placeholders) for row in recording.rows]
        self._endpoints = Endpoints(rows, contract, base_path)
        self._as_shown = AsShown(contract, self.request_is_lost, self._route)
        self.rows = [self._selected(row) for row in rows]
        ways: list[Reading] = [Revealed(self.placeholders), with_headers(contract), self._as_shown]
        self.readings = [*ways, with_backslashes] if recording.format == azure_test_proxy.NAME else ways

    def skipped(self, name: str) -> list[Skipped]:
        """What is left out of a recording that is reported as `name`, and why."""
        counted = Counter(selected.reason for selected in self.rows if selected.reason is not None) + self._left_out
        return [Skipped(name, reason, count) for reason, count in counted.items()]

    def leave_out(self, count: int, reason: str) -> None:
        """Take note that so many rows are not judged after all."""
        self._left_out[reason] += count

    def request_is_lost(self, exchange: Exchange) -> bool:
        """Whether the stored request is not what was sent; forms are left out by many recorders, and known for it."""
        found = self._endpoints.locate(exchange)
        wanted = found[1].operation.request if found else None
        is_json = wanted is not None and wanted.media_type == "application/json"
        return is_json and request_is_lost(exchange, self.placeholders)

    def _route(self, exchange: Exchange) -> Route:
        found = self._endpoints.locate(exchange)
        assert found is not None
        return found[1]

    def _selected(self, row: Row) -> Selected:
        found = self._endpoints.locate(row.exchange)
        if found is None:
            return Selected(row, Endpoint("", None), None, self._against(row) or OFF_SURFACE)
        endpoint, route = found
        reason = self._against(row) or self._endpoints.foreign(row.exchange)
        if reason is None and response_is_lost(row.exchange, self.placeholders):
            reason = "recorded without the body of the answer"
        if reason is None and self.request_is_lost(row.exchange) and self._as_shown.read(row.exchange) is None:
            reason = "recorded without the body of the request"
        return Selected(row, endpoint, route, reason)

    def _against(self, row: Row) -> str | None:
        if row.api_version == "v1":
            return "a request for version 1 of the API"
        return row.remark or ("hand-written" if row.handwritten else None)


def dated(exchange: Exchange) -> Exchange:
    """An exchange of an unknown day as one of the latest day that its answer tells: it was not before that."""
    if exchange.date is not None:
        return exchange
    times = [body["created_at"] for body in shown(exchange) if is_integer(body.get("created_at"))]
    latest = max((time for time in times if _EARLIEST <= time <= _LATEST), default=None)
    return exchange if latest is None else replace(exchange, date=datetime.fromtimestamp(latest, UTC))
