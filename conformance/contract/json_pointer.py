"""JSON pointers (RFC 6901): from the steps to a place in a JSON value to text, and back."""

from __future__ import annotations

from collections.abc import Iterable


def join(steps: Iterable[str]) -> str:
    """The pointer that leads along the steps."""
    return "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in steps)


def split(pointer: str) -> tuple[str, ...]:
    """The steps of a pointer, unescaped."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
