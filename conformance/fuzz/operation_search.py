"""Schema fuzzing: every operation with requests that keep its schema, and with requests that break it.

First those that are tried always, as many as are allowed, in an order that the seed tells; then as many at random.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from conformance.client import interrupt
from conformance.client.cleanup import address
from conformance.client.ledger import Ledger
from conformance.client.target import Target
from conformance.contract import Contract
from conformance.contract.openapi import Operation
from conformance.contract.requirements import Level
from conformance.fuzz.boundary_requests import boundary_requests
from conformance.fuzz.mistakes import Mistake, mistakes
from conformance.fuzz.prerequisites import Prerequisites
from conformance.fuzz.requests import MODES, GeneratedRequest, has_members, random_requests
from conformance.fuzz.search import Budget, Search, of_level, search
from conformance.scenarios.kit.driver import Driver
from conformance.session.attempt import ScenarioRecord, attempt
from conformance.trace.trace import Trace

SHORTEST = 5.0
"""Seconds in which even a slow endpoint answers something."""
Example = GeneratedRequest | Mistake


@dataclass(frozen=True)
class SearchPlan:
    """What is to be fuzzed and how long: examples per operation and mode of each sort, seconds in all."""

    target: Target
    seed: int
    max_examples: int
    max_time: float
    operations: tuple[str, ...] = ()
    """Operation ids, `operation.mode` names; empty for all."""
    ledger: Path | None = None
    """The file where what is made is noted until it is deleted."""


def names(contract: Contract, wanted: tuple[str, ...]) -> list[tuple[Operation, str]]:
    """The searches to make, in the contract's order; raises `KeyError` for a name that is none."""
    every = [(operation, mode) for operation in contract.operations for mode in MODES]
    known = {operation.operation_id for operation, _ in every} | {name_of(*one) for one in every}
    for word in wanted:
        if word not in known:
            raise KeyError(word)
    return [one for one in every if not wanted or one[0].operation_id in wanted or name_of(*one) in wanted]


def search_operations(plan: SearchPlan, contract: Contract, on_search: Callable[[str], None]) -> Iterator[Search]:
    """Search operation by operation; yields each search as it ends, and ends itself where the time does or a stop asks.

    Those that remain share the time evenly; where that is next to nothing, the first of them get some.
    """
    waiting = names(contract, plan.operations)
    end = time.monotonic() + plan.max_time
    warnings: set[str] = set()
    while waiting and time.monotonic() < end and not interrupt.asked():
        operation, mode = waiting.pop(0)
        on_search(name_of(operation, mode))
        always = planned(operation, mode, contract, plan.seed)
        strategy = random_requests(operation, mode, contract)
        if strategy is None and not always:
            yield Search(name_of(operation, mode), empty="a request has nothing that could be wrong")
            continue
        now = time.monotonic()
        share = max((end - now) / (len(waiting) + 1), SHORTEST)
        budget = Budget(plan.max_examples, min(now + share, end), plan.seed)

        def execute(
            example: Example, operation: Operation = operation, budget: Budget = budget
        ) -> tuple[ScenarioRecord, Trace]:
            ledger = Ledger(plan.target.url, plan.ledger, plan.target.secrets)
            driver = Driver(plan.target, contract, ledger=ledger, until=budget.until)
            return _execute(example, operation, driver, contract)

        made = search(name_of(operation, mode), always, strategy, execute, budget, contract, frozenset(warnings))
        warnings |= of_level(Level.SHOULD, made.smallest, contract)
        yield made


def planned(operation: Operation, mode: str, contract: Contract, seed: int) -> list[Example]:
    """What is tried always: the bounds of the schemas, and in the negative mode before them what no schema tells of."""
    invalid = mistakes(operation, contract, seed) if mode == "negative" else ()
    return [*invalid, *(boundary_requests(operation, mode, contract, seed) if has_members(operation) else ())]


def name_of(operation: Operation, mode: str) -> str:
    """The name of a search, as `--only` takes it."""
    return f"{operation.operation_id}.{mode}"


def _execute(
    example: Example, operation: Operation, driver: Driver, contract: Contract
) -> tuple[ScenarioRecord, Trace]:
    def drive(api: Driver) -> None:
        about = _make(example, operation, api, contract)
        reader = _reader(operation, contract)
        if reader and operation.method != "GET" and about is not None:
            api.send(reader.operation_id, None, query=None, **about)

    return attempt(name_of(operation, "example"), drive, driver, contract)


def _make(example: Example, operation: Operation, api: Driver, contract: Contract) -> dict[str, str] | None:
    """Make a request; returns the path of the object that it was about, None where it was about none."""
    if isinstance(example, Mistake):
        return example.make(operation, api, contract)
    prerequisites = Prerequisites(api)
    ids = prerequisites.path_of(operation)
    body = prerequisites.filled(example.body)
    if example.is_wrong(operation, contract) and example.broken(body, operation, contract) == []:
        body = example.body  # the mistake was in an id or a model, and a right one would mend it
    content, headers = example.content(body)
    method, path = address(contract, operation.operation_id, {**ids, **example.fabricated})
    exchange = api.request(method, path, query=example.query, content=content, headers=headers)
    api.register(operation.operation_id, exchange)
    return None if example.fabricated else ids


def _reader(operation: Operation, contract: Contract) -> Operation | None:
    """The operation that reads what another changes: GET at the same path."""
    return next((one for one in contract.operations if one.path == operation.path and one.method == "GET"), None)
