"""Verdicts: what the suite says of a requirement."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Verdict(StrEnum):
    """What is said of one requirement, weightiest first: of two, the earlier one stands (see `merge`)."""

    FAIL = "fail"
    STALE = "stale"
    ERROR = "error"
    EXPECTED_FAIL = "expected-fail"
    WARN = "warn"
    PASS = "pass"
    INCONCLUSIVE = "inconclusive"
    UNSUPPORTED = "unsupported"
    NOT_EXERCISED = "not-exercised"


_WEIGHT = {verdict: weight for weight, verdict in enumerate(Verdict)}


def merge(verdicts: Iterable[Verdict]) -> Verdict:
    """The one verdict over several traces: the weightiest, `not-exercised` where there is none."""
    return min(verdicts, key=_WEIGHT.__getitem__, default=Verdict.NOT_EXERCISED)
