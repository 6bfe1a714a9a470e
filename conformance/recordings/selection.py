"""Which rows of a recording are judged, and which only tell that something happened meanwhile."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property

from conformance.contract import Contract
from conformance.recordings.cuts import DISTURBED, Cutter, Selected, Touch
from conformance.recordings.endpoints import OFF_SURFACE, Endpoints, shown
from conformance.recordings.placeholders import Placeholders, impossible_ids
from conformance.recordings.readings import AsShown
from conformance.recordings.recording import Recording, Row
from conformance.recordings.restored import response_is_lost, restored
from conformance.report.model import Skipped
from conformance.trace.exchange import Exchange, Request
from conformance.trace.json import is_integer, text

_EARLIEST, _LATEST = 1_400_000_000, 4_000_000_000  # seconds since 1970 that can be the time of an answer


class Selection:
    """The rows of a recording, judged or not.

    A cassette of ours is judged whole and as it is: it holds one trace, and what it sent wrongly it sent on purpose.
    """

    def __init__(self, recording: Recording, contract: Contract, base_path: str | None = None) -> None:
        self.recording = recording
        self.contract = contract
        self.placeholders = Placeholders()
        self._left_out: Counter[str] = Counter()
        if recording.session is not None:
            self.rows = [Selected(row) for row in recording.rows]
            return
        self.placeholders = Placeholders(impossible_ids((row.exchange for row in recording.rows), contract))
        rows = [restored(row, self.placeholders) for row in recording.rows]
        self._endpoints = Endpoints(rows, contract, base_path)
        self.rows = [self._selected(row) for row in rows]

    def skipped(self, name: str) -> list[Skipped]:
        """What is left out of a recording that is reported as `name`, and why."""
        judged_here = (selected for selected in self.rows if not selected.row.context)
        counted = Counter(selected.reason for selected in judged_here if selected.reason is not None) + self._left_out
        return [Skipped(name, reason, count) for reason, count in counted.items()]

    def cut(self, sitting: list[Selected]) -> Iterator[list[Selected]]:
        """The judged rows of one sitting in parts, none of which knows what was done in the others."""
        cutter = Cutter(self.placeholders, self.unseen.get(sitting[0].row.label, []))
        yield from cutter.parts(sitting)
        if cutter.disturbed:
            self._left_out[DISTURBED] += cutter.disturbed

    @cached_property
    def unseen(self) -> dict[str, list[Touch]]:
        """By cassette, what happened that is not judged: rows that are left out, and entries that cannot be read."""
        found: dict[str, list[Touch]] = {}
        numbers: dict[str, set[int]] = {}
        for selected in self.rows:
            numbers.setdefault(selected.row.label, set()).add(selected.exchange.number)
            if selected.reason is not None and not _is_refused(selected):
                found.setdefault(selected.row.label, []).append(Touch.of(selected.exchange))
        for label, known in numbers.items() if self.recording.broken else ():
            for number in sorted(set(range(1, max(known))) - known):
                touch = Touch(Exchange(number, Request("", ""), None), everything=True)
                found.setdefault(label, []).append(touch)
        return found

    def _hides_some_ids(self, exchange: Exchange) -> bool:
        """Whether a stream has ids of one kind hidden in part: nobody knows which of its objects are the same."""
        if exchange.response is None or not exchange.response.is_stream:
            return False
        hidden: dict[str, set[bool]] = {}
        for body in shown(exchange):
            kind, named = text(body.get("object")), text(body.get("id"))
            if kind is not None and named is not None:
                hidden.setdefault(kind.removesuffix(".delta"), set()).add(self.placeholders.hides(named))
        return any(len(both) > 1 for both in hidden.values())

    def _selected(self, row: Row) -> Selected:
        found = self._endpoints.locate(row.exchange)
        if found is None:
            return Selected(row, reason=OFF_SURFACE)
        endpoint, route = found
        as_shown = AsShown(self.contract, self.placeholders, endpoint.base_path)
        lost = as_shown.is_for(row.exchange)
        reason = _against(row) or self._endpoints.foreign(row.exchange)
        if reason is None and response_is_lost(row.exchange, self.placeholders):
            reason = "recorded without the body of the answer"
        if reason is None and self._hides_some_ids(row.exchange):
            reason = "ids are hidden in parts of its stream"
        if reason is None and lost and as_shown.read(row.exchange) is None:
            reason = "recorded without the body of the request"
        return Selected(row, endpoint.base_path, route, reason, lost)


def _against(row: Row) -> str | None:
    if row.api_version == "v1":
        return "a request for version 1 of the API"
    return row.remark or ("hand-written" if row.handwritten else None)


def _is_refused(selected: Selected) -> bool:
    response = selected.exchange.response
    return response is not None and 400 <= response.status < 500


def dated(exchange: Exchange) -> Exchange:
    """An exchange of an unknown day as one of the latest day that its answer tells: it was not before that."""
    if exchange.date is not None:
        return exchange
    times = [body["created_at"] for body in shown(exchange) if is_integer(body.get("created_at"))]
    latest = max((time for time in times if _EARLIEST <= time <= _LATEST), default=None)
    return exchange if latest is None else replace(exchange, date=datetime.fromtimestamp(latest, UTC))
