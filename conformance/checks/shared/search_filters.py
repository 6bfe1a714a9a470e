"""Filters of searches, as the contract reads them: whether a file with some attributes passes."""

import operator
from collections.abc import Callable
from enum import Enum

from conformance.trace.json import Json, is_integer, json_equal

_DEEPEST = 32


class Verdict(Enum):
    """Whether attributes pass a filter; UNKNOWN where the contract does not tell."""

    YES = True
    NO = False
    UNKNOWN = None


_ORDERED: dict[str, Callable[[float, float], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def passes(filter_: Json, attributes: dict[str, Json], depth: int = 0) -> Verdict:
    """Whether a file with these attributes passes a filter.

    Unknown is what the contract does not tell: order among what are not two numbers, filters that are no filters.
    """
    if not isinstance(filter_, dict) or depth > _DEEPEST:
        return Verdict.UNKNOWN
    kind, parts = filter_.get("type"), filter_.get("filters")
    if kind in ("and", "or"):
        if not isinstance(parts, list) or not parts:
            return Verdict.UNKNOWN
        found = [passes(part, attributes, depth + 1) for part in parts]
        decisive = Verdict.NO if kind == "and" else Verdict.YES
        if decisive in found:
            return decisive
        return Verdict.UNKNOWN if Verdict.UNKNOWN in found else Verdict(not decisive.value)
    key = filter_.get("key")
    if not isinstance(kind, str) or not isinstance(key, str) or "value" not in filter_:
        return Verdict.UNKNOWN
    return _compares(kind, key, filter_["value"], attributes)


def _compares(kind: str, key: str, wanted: Json, attributes: dict[str, Json]) -> Verdict:
    if key not in attributes:
        # Without the key nothing is equal to the value; whether it differs from it is not told.
        return Verdict.NO if kind in ("eq", "in", *_ORDERED) else Verdict.UNKNOWN
    value = attributes[key]
    if kind in ("eq", "ne"):
        return Verdict(json_equal(value, wanted) is (kind == "eq"))
    if kind in ("in", "nin") and isinstance(wanted, list):
        return Verdict(any(json_equal(value, one) for one in wanted) is (kind == "in"))
    if kind in _ORDERED and _is_number(value) and _is_number(wanted):
        return Verdict(_ORDERED[kind](value, wanted))
    return Verdict.UNKNOWN


def _is_number(value: Json) -> bool:
    return is_integer(value) or isinstance(value, float)
