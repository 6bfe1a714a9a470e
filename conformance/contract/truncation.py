"""Values of any size and content, cut down to what can be validated within bounds.

The validator collects every error, with a copy of the value it is about, before it tells the first: a body of 300,000
empty objects costs it minutes and gigabytes. It gives up on nesting beyond 255 levels, and takes neither lone
surrogates nor numbers that are not finite.
"""

import math
from collections.abc import Container, Iterator
from typing import Any

MAX_VALUES = 20_000
MAX_ITEMS = 500
MAX_PARTS = 20  # the longest list of the API, that of files, has 10,000 on a page
MAX_DEPTH = 100  # no schema of the contract looks that far

_LARGEST = 2**1024 - 1


def is_small(value: Any) -> bool:
    """Whether every list and object holds at most `MAX_ITEMS` values, and all together at most `MAX_VALUES`."""
    waiting, count = [value], 0
    while waiting:
        one = waiting.pop()
        if isinstance(one, (dict, list, tuple)):
            count += len(one)
            if len(one) > MAX_ITEMS or count > MAX_VALUES:
                return False
            waiting.extend(one.values() if isinstance(one, dict) else one)
    return True


def sanitized(value: Any, depth: int = MAX_DEPTH) -> Any:
    """A value that the validator can take, as like the original as can be: cut at a depth, text made Unicode."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case float() if not math.isfinite(value):
            return math.copysign(1.7e308, value)
        case int() if abs(value) > _LARGEST:
            return _LARGEST if value > 0 else -_LARGEST
        case dict():
            inner = value.items() if depth else ()
            return {sanitized(str(key)): sanitized(item, depth - 1) for key, item in inner}
        case list() | tuple():
            return [sanitized(item, depth - 1) for item in (value if depth else ())]
        case _:
            return value


def split_list(value: Any) -> Iterator[tuple[int, Any]]:
    """A list's answer in parts of `MAX_ITEMS` objects, each with the index of its first; anything else as it is.

    At most `MAX_PARTS` come.
    """
    items = value.get("data") if isinstance(value, dict) else None
    if not isinstance(items, list) or len(items) <= MAX_ITEMS:
        yield 0, value
        return
    for first in range(0, min(len(items), MAX_ITEMS * MAX_PARTS), MAX_ITEMS):
        yield first, {**value, "data": items[first : first + MAX_ITEMS]}


def truncated(value: Any, names: Container[str]) -> Any:
    """The first `MAX_ITEMS` of every list and object, `MAX_VALUES` in all, to a depth; members with known names stay.

    Beyond that number a list keeps one item, and an object its known members, so that nothing seems to be missing.
    """
    left = MAX_VALUES

    def cut(one: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if not depth and isinstance(one, (dict, list, tuple)):
            return {} if isinstance(one, dict) else []
        if isinstance(one, dict):
            kept: dict[str, Any] = {}
            for position, (name, item) in enumerate(one.items()):
                if name in names or (position < MAX_ITEMS and left > 0):
                    kept[name] = cut(item, depth - 1)
            return kept
        if isinstance(one, (list, tuple)):
            items: list[Any] = []
            for item in one[:MAX_ITEMS]:
                if items and left <= 0:
                    break
                items.append(cut(item, depth - 1))
            return items
        return one

    return cut(value, MAX_DEPTH)
