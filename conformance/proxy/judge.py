"""Judging while the traffic goes on: the journal is followed, and judged in portions as an audit of it is."""

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from conformance.contract import Contract
from conformance.recordings.feed import Feed, FeedPortion, rows_of
from conformance.recordings.recording import Row, size
from conformance.report.model import Report
from conformance.session.attempt import ScenarioRecord
from conformance.session.audit_report import header_of, report_on
from conformance.session.auditing import FeedSum, added, notes_on, record_portion
from conformance.trace.window import MOST_BYTES, SIZE, Portion, Window

AT_REST = 3
"""Judging takes at most one second in so many: the rest is for the traffic, which may be on the same machine."""


@dataclass(frozen=True)
class Passed:
    """An exchange as the journal has it, in a few words."""

    number: int
    method: str
    url: str
    status: int | None
    seconds: float
    stream: bool
    failure: str | None


class JournalJudge:
    """Follows a journal (`exchanges.jsonl`) and judges what is settled once and for all, what is open anew each time.

    An exchange is in the journal when it is over, under the number of its beginning: behind a number that is not there
    yet somebody may see what a request under way did. What began later waits for it, and counts as shared with another
    client until it is there. `upstream` is named in the report; with `sole_client` nobody else used it.
    """

    def __init__(self, path: Path, contract: Contract, upstream: str, *, sole_client: bool = False) -> None:
        self._name, self._path = path.name, path
        self._contract = contract
        self._upstream = upstream
        self._sole_client = sole_client
        self._began, self._started = time.monotonic(), datetime.now(UTC)
        self._feed = Feed(path, path.open("rb"), follow=True, pause=0.0)
        self._journal = self._feed.in_turn()
        self._window: Window[Row] = Window(contract)
        self._following, self._next, self._following_bytes = dict[int, Row](), 1, 0
        self._closed, self._open = FeedSum(self._name), FeedSum(self._name)
        self._is_shared = self._is_new = self._is_warm = False
        self._rest_until = 0.0

    def close(self) -> None:
        """Close the journal."""
        self._feed.close()

    def read(self) -> Iterator[Passed]:
        """What the journal holds since the last call; what is settled is judged on the way."""
        for row in self._journal:
            if row is None:
                return
            self._is_new = True
            self._take(row)
            yield _passed(row)

    def _take(self, row: Row) -> None:
        """Give a row to the window, once all that began before it are there, or cannot be waited for any longer."""
        following, number = self._following, row.exchange.number
        if number < self._next:  # it was not waited for
            self._close(self._window.add(row.exchange, row))
            return
        following[number] = row
        self._following_bytes += size(row)
        if self._next not in following and (len(following) > SIZE or self._following_bytes > MOST_BYTES):
            self._close(self._window.rest())  # what the missing one did, nobody knows
            self._next = min(following)
        while (following_row := following.pop(self._next, None)) is not None:
            self._next += 1
            self._following_bytes -= size(following_row)
            self._close(self._window.add(following_row.exchange, following_row))

    def _close(self, portions: Iterable[Portion[Row]]) -> None:
        for portion in portions:
            self._closed.add(record_portion(self._portion(rows_of(portion))))

    def _portion(self, rows: Iterable[Row]) -> FeedPortion:
        return FeedPortion(self._path, self._name, tuple(rows))

    @property
    def is_due(self) -> bool:
        """Whether there is something new to judge, and the time for it."""
        return self._is_new and time.monotonic() >= self._rest_until

    def judge(self) -> None:
        """Judge what is open; it costs what that costs."""
        if not self._is_new:
            return
        began = time.monotonic()
        self._is_new, self._is_shared, self._open = False, bool(self._following), FeedSum(self._name)
        rows = [*rows_of(self._window.open()), *self._following.values()]
        if rows:
            self._open.add(record_portion(self._portion(rows)))
        now = time.monotonic()
        if self._is_warm:  # the first time has to read the contract
            self._rest_until = now + AT_REST * (now - began)
        self._is_warm = True

    @property
    def records(self) -> list[ScenarioRecord]:
        """What was judged so far."""
        closed, opened = self._closed.records, self._open.records
        if not self._sole_client:
            return closed + opened
        closed = [replace(one, shared=False) for one in closed]
        return closed + [replace(one, shared=self._is_shared) for one in opened]

    def report(self, problem: str | None = None) -> Report:
        """What all that was judged comes to."""
        records = self.records
        header = header_of(
            records,
            mode="proxy",
            target=self._upstream,
            command=" ".join(["assistants-conformance", *sys.argv[1:]]),
            started=self._started,
            seconds=time.monotonic() - self._began,
            problem=problem,
            notes=notes_on(self._closed.portions + self._open.portions, self._window.given_up),
        )
        file = added(self._closed.file, self._open.file)
        traces = len(self._closed.traces.keys() | self._open.traces.keys())
        file = replace(file, rows=self._feed.rows, traces=traces)
        header = replace(header, exchanges=file.exchanges, streams=file.streams, subjects=file.subjects)
        skipped = FeedSum(self._name, reasons=self._closed.reasons + self._open.reasons).skipped
        return report_on(records, header, self._contract, [file], skipped)


def _passed(row: Row) -> Passed:
    exchange = row.exchange
    request, response = exchange.request, exchange.response
    return Passed(
        exchange.number,
        request.method,
        request.url,
        response.status if response else None,
        exchange.ended or 0.0,  # a reader counts from its beginning
        response is not None and response.is_stream,
        exchange.failure,
    )
