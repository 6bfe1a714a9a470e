"""Which operations an endpoint has, in words."""

from collections.abc import Sequence

from conformance.report.conclusion import few
from conformance.report.model import OperationLine

THERE, NOT_THERE, NOT_ASKED = "there", "not there", "not asked"
"""What is told of an operation."""


def by_presence(operations: Sequence[OperationLine]) -> dict[str, list[str]]:
    """The names of the operations by what is told of them."""
    groups: dict[str, list[str]] = {THERE: [], NOT_THERE: [], NOT_ASKED: []}
    for line in operations:
        groups.setdefault(line.presence, []).append(line.operation)
    return groups


def operations_told(operations: Sequence[OperationLine]) -> str | None:
    """How many operations are there, and which are not; None where none is missing."""
    groups = by_presence(operations)
    if not groups[NOT_THERE]:
        return None
    told = f"{len(groups[THERE]):,} of {len(operations):,} operations are there; not there: {few(groups[NOT_THERE])}"
    return f"{told}; not asked: {len(groups[NOT_ASKED]):,}" if groups[NOT_ASKED] else told
