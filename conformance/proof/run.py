"""The whole proof: the faithful endpoint as control, then every fault, with workers side by side."""

import multiprocessing
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from conformance import contract
from conformance.contract import Level
from conformance.proof.faults import Fault
from conformance.proof.harness import endpoint, observe, ready, scenarios
from conformance.proof.plan import Measured, order
from conformance.proof.trial import Trial, trial
from conformance.session.attempt import ScenarioRecord

Made = TypeVar("Made")


class Watcher(Protocol):
    """Somebody who wants to see a proof go on."""

    def start(self, total: int) -> None:
        """So many steps were counted."""

    def done(self, name: str, outcome: str, failing: Collection[str]) -> None:
        """A step ended."""

    def stop(self) -> None:
        """Nothing more comes."""


@dataclass
class Proof:
    """What a proof brought.

    `alarms` are the requirements that the faithful endpoint tripped, each with the scenario: false alarms, all of them.
    """

    trials: list[Trial] = field(default_factory=list)
    measured: dict[str, Measured] = field(default_factory=dict)
    alarms: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False


def control(names: tuple[str, ...]) -> list[tuple[ScenarioRecord, frozenset[str]]]:
    """Drive scenarios against the faithful endpoint, as a worker does it; with each the operations it called."""
    with endpoint() as target:
        return [observe(name, target) for name in names]


def prove(
    faults: Iterable[Fault],
    witnesses: Mapping[str, str],
    watcher: Watcher,
    *,
    names: Collection[str] | None = None,
    jobs: int = 1,
    thorough: bool = False,
) -> Proof:
    """Try every fault with all scenarios, or just those `names`. An interruption keeps what was done."""
    begun = time.monotonic()
    proof = Proof()
    chosen = list(faults)
    driven = tuple(name for name in scenarios() if names is None or name in names)
    parts = [part for start in range(max(jobs * 4, 1)) if (part := driven[start :: max(jobs * 4, 1)])]
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), ready)
    watcher.start(len(chosen) + len(parts))
    try:
        for number, records in enumerate(_each(pool, [(control, (part,)) for part in parts]), start=1):
            _note(proof, records)
            watcher.done(f"faithful endpoint, part {number} of {len(parts)}", "driven", proof.alarms)
        tasks = [
            (
                trial,
                (fault.id, fault.trips, fault.about, order(fault, proof.measured, witnesses.get(fault.id)), thorough),
            )
            for fault in chosen
        ]
        for made in _each(pool, tasks):
            proof.trials.append(made)
            watcher.done(made.fault, f"{made.fate} ({made.trips})", () if made.witness else (made.trips,))
    except KeyboardInterrupt:
        proof.interrupted = True
    finally:
        pool.shutdown(wait=not proof.interrupted, cancel_futures=True)
        watcher.stop()
    proof.trials.sort(key=lambda fault: fault.fault)
    proof.seconds = time.monotonic() - begun
    return proof


def _each(pool: ProcessPoolExecutor, tasks: Iterable[tuple[Callable[..., Made], tuple[Any, ...]]]) -> Iterable[Made]:
    waiting: list[Future[Made]] = [pool.submit(function, *arguments) for function, arguments in tasks]
    for done in as_completed(waiting):
        yield done.result()


def _note(proof: Proof, observed: list[tuple[ScenarioRecord, frozenset[str]]]) -> None:
    requirements = contract.load().requirements
    for record, operations in observed:
        proof.measured[record.scenario] = Measured(frozenset(record.examined), operations, record.seconds)
        proof.alarms += [
            f"{name} in {record.scenario}" for name in record.found if requirements[name].level is not Level.MAY
        ]
        proof.broken += [f"{record.scenario}: {name}: {text}" for name, text in record.crashed.items()]
        if record.outcome == "error":
            proof.broken.append(f"{record.scenario}: {record.reason}")
