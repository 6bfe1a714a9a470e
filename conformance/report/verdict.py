"""Verdicts: what the suite says of a requirement."""

from enum import StrEnum


class Verdict(StrEnum):
    """What is said of one requirement, weightiest first."""

    FAIL = "fail"
    ERROR = "error"
    WARN = "warn"
    PASS = "pass"
    INCONCLUSIVE = "inconclusive"
    UNSUPPORTED = "unsupported"
    NOT_EXERCISED = "not-exercised"
