"""One fault tried: scenarios are driven against it until it is killed by name."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from conformance import contract
from conformance.contract import Level
from conformance.proof.harness import drive, drive_simulated, endpoint
from conformance.session.attempt import ScenarioRecord


class Fate(StrEnum):
    """What became of a fault: killed by the requirement it names, seen by others only, or seen by none."""

    KILLED = "killed"
    COLLATERAL = "collateral"
    SURVIVED = "survived"


@dataclass
class Trial:
    """How a fault was tried.

    `witness` is the scenario in which the named requirement was tripped, `said` what was found there. `tripped` counts
    the scenarios in which each requirement was tripped, the named one included. `broken` names checks and scenarios
    that raised.
    """

    fault: str
    trips: str
    about: str
    witness: str | None = None
    said: str | None = None
    tripped: dict[str, int] = field(default_factory=dict)
    driven: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)

    @property
    def fate(self) -> Fate:
        """What became of the fault."""
        if self.witness is not None:
            return Fate.KILLED
        return Fate.COLLATERAL if self.tripped else Fate.SURVIVED

    @property
    def collateral(self) -> list[str]:
        """The other requirements that it tripped."""
        return sorted(name for name in self.tripped if name != self.trips)

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data."""
        return {**asdict(self), "fate": str(self.fate), "seconds": round(self.seconds, 2)}


def trial(fault: str, trips: str, about: str, scenarios: Sequence[str], thorough: bool = False) -> Trial:
    """Try one fault with these scenarios in order; with `thorough` also those after the one that kills it.

    It is tried in simulated time, where nothing depends on how busy the machine is; what is not killed there, as what
    shows only on a real connection, is tried on one.
    """
    begun = time.monotonic()
    made = Trial(fault, trips, about)
    _try(made, scenarios, lambda scenario: drive_simulated(scenario, [fault]), thorough)
    if made.fate is not Fate.KILLED:
        made = Trial(fault, trips, about)
        with endpoint([fault]) as target:
            _try(made, scenarios, lambda scenario: drive(scenario, target), thorough)
    made.seconds = time.monotonic() - begun
    return made


def _try(made: Trial, scenarios: Sequence[str], drive: Callable[[str], ScenarioRecord], thorough: bool) -> None:
    levels = contract.load().requirements
    for scenario in scenarios:
        record = drive(scenario)
        made.driven += 1
        for name in record.found:
            if name == made.trips or levels[name].level is not Level.MAY:
                made.tripped[name] = made.tripped.get(name, 0) + 1
        made.broken += [f"{scenario}: {name}: {text}" for name, text in record.crashed.items()]
        if record.outcome == "error":
            made.broken.append(f"{scenario}: {record.reason}")
        if made.witness is None and made.trips in record.found:
            made.witness = scenario
            shown = next(finding for finding in record.findings if finding.requirement == made.trips)
            made.said = f"expected {shown.expected}; got {shown.actual}"
        if made.witness is not None and not thorough:
            break
