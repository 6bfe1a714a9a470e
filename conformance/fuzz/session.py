"""A sequence of calls to one endpoint, judged after every step, and told step by step."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from conformance.attempt import Outcome, ScenarioRecord, record
from conformance.contract import Contract
from conformance.judge import judge
from conformance.scenarios.driver import Call, Driver
from conformance.target import Target
from conformance.wire.exchange import Exchange, Json
from conformance.wire.trace import Trace


@dataclass(frozen=True)
class Thing:
    """An object that a step made: its kind (`thread`, `run` …), its number among those, and its id."""

    kind: str
    number: int
    id: str
    parent: Thing | None = None
    """The thread of a message or run, the vector store of a file in it."""

    @property
    def name(self) -> str:
        """A name for the story, such as `thread_1`."""
        return f"{self.kind}_{self.number}"


@dataclass(frozen=True)
class Step:
    """One call of a sequence. `ids` and things within the body stand for ids; `together` are sent at the same time."""

    operation: str
    ids: dict[str, Thing]
    body: Any = None
    query: dict[str, Any] | None = None
    makes: Thing | None = None
    status: int | None = None
    together: bool = False


@dataclass
class Session:
    """Drives an endpoint step by step and keeps what was done. Things in a body are replaced by their ids."""

    target: Target
    contract: Contract
    steps: list[Step] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.driver = Driver(self.target, self.contract)
        self._counts: Counter[str] = Counter()
        self._begun = time.monotonic()

    def call(
        self,
        operation: str,
        ids: dict[str, Thing],
        body: Any = None,
        *,
        makes: str | None = None,
        query: dict[str, Any] | None = None,
    ) -> tuple[Exchange, Thing | None]:
        """Call an operation; returns the exchange and what it made, where `makes` names a kind and it was made."""
        exchange = self.driver.send(operation, named(body), query=query, **_names(ids))
        made = self._made(makes, exchange, ids)
        self.steps.append(Step(operation, ids, body, query, made, _status(exchange)))
        return exchange, made

    def together(self, *steps: Step) -> list[Exchange]:
        """Call several operations at the same time."""
        calls = [Call(one.operation, named(one.body), _names(one.ids)) for one in steps]
        exchanges = self.driver.at_once(*calls)
        for one, exchange in zip(steps, exchanges, strict=True):
            self.steps.append(Step(one.operation, one.ids, one.body, None, None, _status(exchange), together=True))
        return exchanges

    def pause(self) -> None:
        """Wait as long as the profile says between two looks."""
        time.sleep(self.target.profile.poll_seconds)

    def judged(self) -> tuple[ScenarioRecord, Trace]:
        """The record and the trace of everything so far."""
        trace = self.driver.trace("stateful")
        made = record(
            trace,
            judge(trace, self.contract),
            Outcome.COMPLETED,
            None,
            time.monotonic() - self._begun,
            base_url=self.target.url,
            known=self.target.secrets,
        )
        return made, trace

    def close(self) -> None:
        """Delete what was made, and close the connections."""
        self.driver.close()

    def _made(self, kind: str | None, exchange: Exchange, ids: dict[str, Thing]) -> Thing | None:
        value: Json = exchange.response.json_or_none if kind and exchange.response and exchange.ok else None
        name = value.get("id") if isinstance(value, dict) else None
        if kind is None or not isinstance(name, str):
            return None
        self._counts[kind] += 1
        parent = ids.get("thread_id") or ids.get("vector_store_id")
        return Thing(kind, self._counts[kind], name, parent)


def named(value: Any) -> Any:
    """A value with its things replaced by their ids."""
    match value:
        case Thing():
            return value.id
        case dict():
            return {key: named(item) for key, item in value.items()}
        case list():
            return [named(item) for item in value]
        case _:
            return value


def _names(ids: dict[str, Thing]) -> dict[str, str]:
    return {key: thing.id for key, thing in ids.items()}


def _status(exchange: Exchange) -> int | None:
    return exchange.response.status if exchange.response else None
