"""Schema fuzzing: every operation with requests that keep its schema, and with requests that break it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from conformance.attempt import ScenarioRecord, attempt
from conformance.contract import Contract
from conformance.contract.openapi import Operation
from conformance.fuzz.requests import MODES, Generated, generated
from conformance.fuzz.search import Budget, Search, search
from conformance.fuzz.world import World
from conformance.scenarios.driver import Driver
from conformance.sweep import address
from conformance.target import Target
from conformance.wire.trace import Trace


@dataclass(frozen=True)
class Errand:
    """What is to be fuzzed and how long: examples per operation and mode, seconds in all."""

    target: Target
    seed: int
    max_examples: int
    max_time: float
    operations: tuple[str, ...] = ()
    """Operation ids, `operation.mode` names; empty for all."""


def names(contract: Contract, wanted: tuple[str, ...]) -> list[tuple[Operation, str]]:
    """The searches to make, in the contract's order; raises `KeyError` for a name that is none."""
    every = [(operation, mode) for operation in contract.operations for mode in MODES]
    known = {operation.operation_id for operation, _ in every} | {name_of(*one) for one in every}
    for word in wanted:
        if word not in known:
            raise KeyError(word)
    return [one for one in every if not wanted or one[0].operation_id in wanted or name_of(*one) in wanted]


def fuzz(errand: Errand, contract: Contract, tell: Callable[[str], None]) -> Iterator[Search]:
    """Search operation by operation; yields each search as it ends. Those that remain share the time evenly."""
    waiting = names(contract, errand.operations)
    end = time.monotonic() + errand.max_time
    while waiting:
        operation, mode = waiting[0]
        now = time.monotonic()
        share = (end - now) / len(waiting)
        waiting.pop(0)
        tell(name_of(operation, mode))
        strategy = generated(operation, mode, contract)
        if strategy is None:
            yield Search(name_of(operation, mode), empty="a request has nothing that could be wrong")
            continue
        budget = Budget(errand.max_examples, now + share, errand.seed)

        def execute(example: Generated, operation: Operation = operation) -> tuple[ScenarioRecord, Trace]:
            return _execute(example, operation, errand.target, contract)

        yield search(name_of(operation, mode), strategy, execute, budget, contract)


def name_of(operation: Operation, mode: str) -> str:
    """The name of a search, as `--only` takes it."""
    return f"{operation.operation_id}.{mode}"


def _execute(
    example: Generated, operation: Operation, target: Target, contract: Contract
) -> tuple[ScenarioRecord, Trace]:
    def drive(api: Driver) -> None:
        world = World(api)
        ids = world.path_of(operation)
        ids.update({name: value for name, value in example.path_parameters.items() if name in example.strangers})
        content, headers = example.content(world.filled(example.body))
        method, path = address(contract, operation.operation_id, ids)
        exchange = api.request(method, path, query=example.query, content=content, headers=headers)
        api.noted(operation.operation_id, exchange)
        reader = _reader(operation, contract)
        if reader and method != "GET" and not example.strangers:
            api.send(reader.operation_id, None, query=None, **ids)

    return attempt(name_of(operation, "example"), drive, Driver(target, contract), contract)


def _reader(operation: Operation, contract: Contract) -> Operation | None:
    """The operation that reads what another changes: GET at the same path."""
    return next((one for one in contract.operations if one.path == operation.path and one.method == "GET"), None)
