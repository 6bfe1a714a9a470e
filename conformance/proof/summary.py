"""What a proof comes to: its counts, and the data of its report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.proof.run import Proof
from conformance.proof.trial import Fate, Trial

FORMAT = 1


@dataclass(frozen=True)
class Count:
    """How many faults there are of something, and how many were killed by name, seen by others only, or not at all."""

    faults: int
    killed: int
    collateral: int
    survived: int


def count(trials: list[Trial]) -> Count:
    """Count fates."""
    fates = [trial.fate for trial in trials]
    return Count(len(fates), *(fates.count(fate) for fate in (Fate.KILLED, Fate.COLLATERAL, Fate.SURVIVED)))


def area(trial: Trial) -> str:
    """The area of a fault."""
    return trial.fault.partition(".")[0]


def by_area(proof: Proof) -> dict[str, list[Trial]]:
    """The trials of each area of faults."""
    areas: dict[str, list[Trial]] = {}
    for trial in proof.trials:
        areas.setdefault(area(trial), []).append(trial)
    return areas


def survivors(proof: Proof) -> list[Trial]:
    """The faults that were not killed by name."""
    return [trial for trial in proof.trials if trial.fate is not Fate.KILLED]


def data(proof: Proof, gaps: list[str], excused: Mapping[str, str]) -> dict[str, Any]:
    """The whole proof as JSON-ready data."""
    total = count(proof.trials)
    return {
        "format": FORMAT,
        "seconds": round(proof.seconds, 1),
        "interrupted": proof.interrupted,
        "faults": total.faults,
        "killed": total.killed,
        "collateral": total.collateral,
        "survived": total.survived,
        "scenarios": len(proof.measured),
        "alarms": proof.alarms,
        "broken": proof.broken + [line for trial in proof.trials for line in trial.broken],
        "requirements_without_fault": gaps,
        "requirements_excused": dict(excused),
        "trials": [trial.to_dict() for trial in proof.trials],
    }
