"""Requirements that can fail and that no planted fault trips by name."""

from collections.abc import Iterable

from conformance.contract import Contract, Level
from conformance.proof.faults import Fault

UNPLANTED: dict[str, str] = {
    "ANNOTATION-QUOTE-01": "no recorded message has a quote, so the reference endpoint sends none that could be wrong",
    "SCHEMA-DeleteModelResponse": "the reference endpoint serves no models that can be deleted",
}
"""Requirements that are proven by recorded and broken traces only, each with the reason."""


def unplanted(contract: Contract, faults: Iterable[Fault]) -> list[str]:
    """The requirements of level MUST or SHOULD that no fault names and no reason excuses, in order of the registry."""
    tripped = {fault.trips for fault in faults}
    return [
        name
        for name, requirement in contract.requirements.items()
        if requirement.level is not Level.MAY
        and not requirement.untestable
        and name not in tripped
        and name not in UNPLANTED
    ]
