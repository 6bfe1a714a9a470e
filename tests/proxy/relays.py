"""A relay in a thread of the test, and what it recorded."""

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from conformance.proxy.process import Settings, serve
from conformance.recordings import read
from conformance.trace.exchange import Exchange
from tests.limits import HANG, wait_until


@dataclass
class Relayed:
    """A relay that runs: where it listens, its journal, and what it told besides."""

    url: str
    journal: Path
    troubles: list[str] = field(default_factory=list)

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.split("/")[2].partition(":")
        return host, int(port)

    def recorded(self, count: int) -> list[Exchange]:
        """The first exchanges of the journal, by number, once so many are there."""
        wait_until(lambda: self.journal.read_bytes().count(b"\n") >= count, f"{count} exchanges in the journal")
        return sorted((row.exchange for row in read(self.journal).rows), key=lambda one: one.number)


@contextmanager
def relaying(upstream: str, folder: Path, *others: str, faults: tuple[str, ...] = ()) -> Iterator[Relayed]:
    """A relay to an upstream that records into a folder: the journal, and what else is named."""
    journal = folder / "exchanges.jsonl"
    settings = Settings(upstream, recordings=(str(journal), *(str(folder / name) for name in others)), faults=faults)
    told: queue.Queue[dict[str, str]] = queue.Queue()
    ended = threading.Event()

    def relay() -> None:
        try:
            serve(settings, lambda **what: told.put(what), lambda: ended.wait(HANG))
        except Exception as problem:
            told.put({"problem": repr(problem)})
            raise

    thread = threading.Thread(target=relay, daemon=True)
    thread.start()
    first = told.get(timeout=HANG)
    assert "url" in first, first
    relayed = Relayed(first["url"], journal)
    try:
        yield relayed
    finally:
        ended.set()
        thread.join(HANG)
        while not told.empty():
            relayed.troubles.append(told.get()["problem"])
