"""Which scenarios are driven for a fault, and in what order."""

from collections.abc import Mapping
from dataclasses import dataclass

from conformance.proof.faults import Fault
from conformance.proof.faults.fault import Place


@dataclass(frozen=True)
class Measured:
    """What one scenario brought against the faithful endpoint.

    `examined` are requirements, `operations` the ids of those it called.
    """

    examined: frozenset[str]
    operations: frozenset[str]
    seconds: float


def order(fault: Fault, measured: Mapping[str, Measured], witness: str | None) -> list[str]:
    """The scenarios that exercise the requirement a fault must trip: the one that did last time, then the likeliest.

    Those that call an operation which the fault touches come first, and of these its area's, the quickest first. Where
    none exercises it on the faithful endpoint, those of the fault's area, then all others: some requirements are
    only about what should not be there at all.
    """
    exercising = [name for name, seen in measured.items() if fault.trips in seen.examined]
    others = [name for name in measured if name not in exercising]
    chosen = [
        name
        for group in (exercising, others)
        for name in sorted(group, key=lambda name: _rank(name, fault, measured[name]))
    ]
    if witness is None or witness not in measured:
        return chosen
    return [witness, *(name for name in chosen if name != witness)]


def _rank(scenario: str, fault: Fault, seen: Measured) -> tuple[bool, bool, float, str]:
    touched = not fault.only or fault.place is Place.OBJECTS or bool(fault.only & seen.operations)
    return not touched, not scenario.startswith(f"{fault.area}."), seen.seconds, scenario
