"""JSON pointers (RFC 6901): from the steps to a place in a JSON value to text, back, and into a value."""

from collections.abc import Iterable
from typing import Any


def join(steps: Iterable[str]) -> str:
    """The pointer that leads along the steps."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)


def split(pointer: str) -> tuple[str, ...]:
    """The steps of a pointer, unescaped."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def child(value: Any, step: str) -> tuple[bool, Any]:
    """Whether a step leads anywhere from a value, and where to."""
    if isinstance(value, dict):
        return step in value, value.get(step)
    if isinstance(value, list) and step.isascii() and step.isdecimal() and len(step) < 10 and int(step) < len(value):
        return True, value[int(step)]
    return False, None


def resolve(value: Any, pointer: str, missing: Any = None) -> Any:
    """The value that a pointer leads to; `missing` where it leads nowhere."""
    for step in split(pointer):
        found, value = child(value, step)
        if not found:
            return missing
    return value
