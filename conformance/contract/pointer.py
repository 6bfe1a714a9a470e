"""JSON pointers (RFC 6901): taking them apart, putting them together, and following them into a value."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

Json: TypeAlias = Any


def steps(pointer: str) -> tuple[str, ...]:
    """The reference tokens of a pointer, unescaped."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def join(tokens: Iterable[str | int]) -> str:
    """The pointer of these reference tokens."""
    return "".join(f"/{str(token).replace('~', '~0').replace('/', '~1')}" for token in tokens)


def child(value: Json, step: str) -> tuple[bool, Json]:
    """Whether a step leads anywhere from a value, and where to."""
    if isinstance(value, dict):
        return step in value, value.get(step)
    if isinstance(value, list) and step.isascii() and step.isdecimal() and len(step) < 10 and int(step) < len(value):
        return True, value[int(step)]
    return False, None


def resolve(value: Json, pointer: str | Iterable[str], missing: Json = None) -> Json:
    """The value at a pointer, or at its steps; `missing` where it leads nowhere."""
    for step in steps(pointer) if isinstance(pointer, str) else pointer:
        found, value = child(value, step)
        if not found:
            return missing
    return value
