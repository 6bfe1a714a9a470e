"""A sequence of calls to one endpoint, told step by step, so that it can be done again with steps left out."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any

from conformance.client import interrupt
from conformance.client.endpoint import TimeIsUp
from conformance.client.ledger import Ledger
from conformance.client.target import Target
from conformance.contract import Contract
from conformance.scenarios.kit import fixtures
from conformance.scenarios.kit.driver import Call, Driver
from conformance.session.attempt import ScenarioRecord, judged
from conformance.trace.exchange import Exchange
from conformance.trace.json import Json
from conformance.trace.trace import Trace

MAX_POLLS = 30
"""How often an object is looked at in one step until it rests; one that takes longer is looked at again by another."""
MAX_PAGES = 8
"""Pages of one walk; some servers say `has_more` for ever."""
UNFINISHED = frozenset({"queued", "in_progress", "cancelling"})
HOLDERS = frozenset({"getThread", "getAssistant"})
STORE_OF = ("tool_resources", "file_search", "vector_store_ids", 0)
"""Where their answers show the vector store that they use."""
OUTPUT = "sunny"


@dataclass(frozen=True)
class ResourceRef:
    """An object that a step made or found, whatever its id: its kind (`thread`, `run` …) and number among those."""

    kind: str
    number: int
    parent: ResourceRef | None = None
    """The thread of a message or run, the vector store of a file or batch in it, the run of a step."""

    @property
    def name(self) -> str:
        """A name for the story, such as `thread_1`."""
        return f"{self.kind}_{self.number}"


@dataclass(frozen=True)
class Outputs:
    """In a body: outputs for the calls that a run was last seen waiting for, ended or not, so many for each.

    `few` is how many of the calls get any; None for all.
    """

    run: ResourceRef
    times: int = 1
    few: int | None = None


class CallMode(StrEnum):
    """How often a step calls: once, until what it looks at rests, or page by page to the end of a list."""

    ONCE = "once"
    POLL = "poll"
    ALL_PAGES = "all pages"


@dataclass(frozen=True)
class Step:
    """One step of a sequence. Things in `ids`, the body and the query stand for their ids.

    `makes` is what the answer brings: the object made, or the first on a list. Steps of one `group` go out at once.
    """

    operation: str
    ids: dict[str, ResourceRef]
    body: Any = None
    query: dict[str, Any] | None = None
    makes: ResourceRef | None = None
    how: CallMode = CallMode.ONCE
    group: int | None = None

    @property
    def needs(self) -> frozenset[ResourceRef]:
        """The resources that must have been made before."""
        return frozenset(refs((self.ids, self.body, self.query)))


class MissingResource(Exception):
    """A step is about a resource that no step before it made."""


class SequenceDriver:
    """Drives an endpoint step by step and keeps what was done, and which exchanges belong to which step.

    Behind `until` (of `time.monotonic`) and after a stop every step raises `TimeIsUp`; what was done can be judged.
    """

    def __init__(
        self, target: Target, contract: Contract, ledger: Path | None = None, until: float | None = None
    ) -> None:
        self.target = target
        self.contract = contract
        self.driver = Driver(target, contract, ledger=Ledger(target.url, ledger, target.secrets), until=until)
        self.steps: list[Step] = []
        self.spans: list[tuple[int, int]] = []
        """The first exchange of each step, and the one behind its last."""
        self._names: dict[ResourceRef, str] = {}
        self._seen: dict[ResourceRef, dict[str, Any]] = {}
        self._calls: dict[ResourceRef, list[dict[str, Any]]] = {}
        self._counts: Counter[str] = Counter()
        self._groups = 0

    # Doing ------------------------------------------------------------------------------------------------------------

    def call(
        self,
        operation: str,
        ids: dict[str, ResourceRef],
        body: Any = None,
        *,
        makes: str | None = None,
        parent: ResourceRef | None = None,
        query: dict[str, Any] | None = None,
        how: CallMode = CallMode.ONCE,
    ) -> ResourceRef | None:
        """Call an operation; returns what it made or found, where `makes` names a kind and it was made."""
        made = ResourceRef(makes, self._counts[makes] + 1, parent) if makes else None
        self.do(Step(operation, ids, body, query, made, how))
        return made if made in self._names else None

    def together(self, *steps: Step) -> None:
        """Take several steps at the same time."""
        self._groups += 1
        self._at_once([replace(step, group=self._groups) for step in steps])

    def do(self, step: Step) -> None:
        """Take one step; raises `MissingResource` where it is about a resource that is not there."""
        begin = len(self.driver.tap.exchanges)
        with _stoppable():
            match step.how:
                case CallMode.ONCE:
                    exchange = self._send(step, step.query)
                case CallMode.POLL:
                    exchange = self._poll(step)
                case CallMode.ALL_PAGES:
                    exchange = self._all_pages(step)
        kept = self._keep(step, exchange)
        self.steps.append(kept)
        self.spans.append((begin, len(self.driver.tap.exchanges)))

    def again(self, steps: Iterable[Step]) -> None:
        """Take the steps of another session; raises `MissingResource`."""
        for group, members in groupby(steps, key=lambda step: step.group):
            if group is not None:
                self._at_once(list(members))
            else:
                for step in members:
                    self.do(step)

    def seen(self, ref: ResourceRef) -> dict[str, Any]:
        """A resource as it was last answered by itself."""
        return self._seen.get(ref, {})

    def close(self) -> None:
        """Delete what was made, and close the connections."""
        self.driver.close()

    # Judging ----------------------------------------------------------------------------------------------------------

    def judged(self) -> tuple[ScenarioRecord, Trace]:
        """The record and the trace of everything so far, less the step that a stop broke off."""
        whole = max((end for _, end in self.spans), default=0) if interrupt.asked() else None
        return judged(self.driver, "stateful", whole)

    @property
    def names(self) -> dict[str, ResourceRef]:
        """What was made, by id; of several by one id the first."""
        return {id: ref for ref, id in reversed(self._names.items())}

    def _send(self, step: Step, query: dict[str, Any] | None) -> Exchange:
        named = self._named(query) if query else None
        return self.driver.send(step.operation, self._named(step.body), query=named, **self._named(step.ids))

    def _at_once(self, steps: list[Step]) -> None:
        calls = [Call(one.operation, self._named(one.body), self._named(one.ids)) for one in steps]
        begin = len(self.driver.tap.exchanges)
        with _stoppable():
            exchanges = self.driver.concurrently(*calls)
        for step, exchange in zip(steps, exchanges, strict=True):
            self.steps.append(self._keep(step, exchange))
            self.spans.append((begin, len(self.driver.tap.exchanges)))

    def _poll(self, step: Step) -> Exchange:
        exchange = self._send(step, None)
        for _ in range(MAX_POLLS):
            if value_of(exchange).get("status") not in UNFINISHED:
                break
            time.sleep(self.target.profile.poll_seconds)
            exchange = self._send(step, None)
        return exchange

    def _all_pages(self, step: Step) -> Exchange:
        query = dict(step.query or {})
        exchange = first = self._send(step, query)
        for _ in range(MAX_PAGES):
            page = value_of(exchange)
            if page.get("has_more") is not True or not isinstance(page.get("last_id"), str):
                break
            query["after"] = page["last_id"]
            exchange = self._send(step, query)
        return first

    def _keep(self, step: Step, exchange: Exchange) -> Step:
        value = value_of(exchange)
        for name, ref in step.ids.items():
            if value.get("id") == self._names[ref] and name == f"{ref.kind}_id":
                self._saw(ref, value)
        if step.makes is None:
            return step
        if isinstance(found := value.get("data"), list):
            value = found[0] if found and isinstance(found[0], dict) else {}
        elif step.makes.kind == "store" and step.operation in HOLDERS:
            value = {"id": next(iter(fixtures.stores_of(value)), None)}
        id = value.get("id")
        if not isinstance(id, str):
            return replace(step, makes=None)
        self._counts[step.makes.kind] = max(self._counts[step.makes.kind], step.makes.number)
        self._names[step.makes] = id
        self._saw(step.makes, value)
        return step

    def _saw(self, ref: ResourceRef, value: dict[str, Any]) -> None:
        self._seen[ref] = value
        if calls := fixtures.calls(value):
            self._calls[ref] = calls

    def _named(self, value: Any) -> Any:
        match value:
            case ResourceRef():
                if value not in self._names:
                    raise MissingResource(value.name)
                return self._names[value]
            case Outputs(run, times, few):
                calls = self._calls.get(run, [])[:few]
                return [{"tool_call_id": call["id"], "output": OUTPUT} for call in calls] * times
            case dict():
                return {key: self._named(item) for key, item in value.items()}
            case list():
                return [self._named(item) for item in value]
            case _:
                return value


@contextmanager
def _stoppable() -> Iterator[None]:
    """A step goes on within the block: a stop breaks it off as the end of the time does."""
    try:
        with interrupt.breakable():
            yield
    except KeyboardInterrupt:
        if not interrupt.asked():
            raise
        raise TimeIsUp from None


def refs(value: Any) -> Iterable[ResourceRef]:
    """The resources that a value is about."""
    match value:
        case ResourceRef():
            yield value
        case Outputs(run):
            yield run
        case dict():
            for item in value.values():
                yield from refs(item)
        case list() | tuple():
            for item in value:
                yield from refs(item)


def value_of(exchange: Exchange) -> dict[str, Json]:
    """The object that an exchange was answered with; empty where it was none."""
    value = exchange.response.json_or_none if exchange.response and exchange.ok else None
    return value if isinstance(value, dict) else {}
