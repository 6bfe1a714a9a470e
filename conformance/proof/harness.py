"""The harness: scenarios driven one by one against a reference endpoint with faults in it, all in this process."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from conformance import contract
from conformance.client.target import Target, resolve
from conformance.proof.interception import ignore_broken_answers
from conformance.scenarios import registry
from conformance.scenarios.kit.driver import Driver
from conformance.session.attempt import ScenarioRecord, attempt

TIMEOUT_S = 2.0
"""Longest wait in seconds for an answer or the end of a run: the reference endpoint takes milliseconds."""


def scenarios() -> dict[str, Callable[[Driver], None]]:
    """Every scenario's function by name (`area.scenario`)."""
    return {name: registry.load(name) for name in registry.registry()}


@contextmanager
def endpoint(faults: Iterable[str] = ()) -> Iterator[Target]:
    """A reference endpoint with these faults planted, as a target, while the block lasts."""
    from conformance.proof.faults import named
    from conformance.proof.faults.hooks import plant
    from conformance.reference.server import ReferenceServer
    from conformance.reference.settings import Settings

    target = resolve("reference", timeout=TIMEOUT_S)
    server = ReferenceServer(Settings(api_key=target.key, seed=0, control=True))
    plant(server.app, named(faults))
    with server:
        yield replace(target, url=server.url)


def drive(scenario: str, target: Target) -> ScenarioRecord:
    """Drive one scenario and judge its trace."""
    return observe(scenario, target)[0]


def drive_simulated(scenario: str, faults: Iterable[str]) -> ScenarioRecord:
    """Drive one scenario in simulated time, against a fresh endpoint with these faults planted, and judge its trace."""
    from conformance.proof.faults import named
    from conformance.proof.faults.hooks import plant
    from conformance.session.recording import simulated

    target, loaded = resolve("reference", timeout=TIMEOUT_S), contract.load()
    with simulated(target, loaded, lambda app: plant(app, named(faults))) as driver:
        return attempt(scenario, registry.load(scenario), driver, loaded)[0]


def observe(scenario: str, target: Target) -> tuple[ScenarioRecord, frozenset[str]]:
    """The same, with the ids of the operations that were called."""
    loaded = contract.load()
    record, trace = attempt(scenario, registry.load(scenario), Driver(target, loaded), loaded)
    routes = (loaded.operations.match(e.request.method, e.request.path, trace.base_path) for e in trace.exchanges)
    return record, frozenset(route.operation.operation_id for route in routes if route is not None)


def ready(_: Any = None) -> None:
    """Prepare a worker process: what every proof needs is loaded once."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's business
    ignore_broken_answers()
