"""The old name of `checks.shared.lifecycle`, for the areas that have not been converted to the index."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.check import Observation
from conformance.checks.shared.lifecycle import TOKENS, arithmetic, fields
from conformance.checks.shared.lifecycle import transitions as _transitions
from conformance.contract.lifecycles import Lifecycle
from conformance.trace.history import History
from conformance.trace.trace import Sighting, Trace, Where

__all__ = ["TOKENS", "arithmetic", "below", "fields", "transitions"]


def transitions(
    trace: Trace, seen: tuple[Sighting, ...], lifecycle: Lifecycle, *, terminal: str, step: str, within_streams: bool
) -> Iterator[Observation]:
    """Hold the sightings of one object against its transitions."""
    return _transitions(History(trace, seen), lifecycle, terminal=terminal, step=step, within_streams=within_streams)


def below(where: Where, *path: str | int) -> Where:
    """The place of a member within the value at `where`."""
    return where.below(*path)
