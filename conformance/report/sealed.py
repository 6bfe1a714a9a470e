"""A report before it is shown or written: no text in it holds a secret, whoever put it there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from conformance.evidence.secrets import safe_text

T = TypeVar("T")


def sealed(report: T, known: Iterable[str] = ()) -> T:
    """The report, or any part of one, with every text looked through; `known` are secrets such as the key in use."""
    secrets = tuple(known)
    seen: dict[str, str] = {}  # rules and reasons repeat

    def clean(value: Any) -> Any:
        if isinstance(value, Enum):
            return value
        if isinstance(value, str):
            if value not in seen:
                seen[value] = safe_text(value, secrets)
            return seen[value]
        if isinstance(value, tuple):
            return tuple(map(clean, value))
        if is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{field.name: clean(getattr(value, field.name)) for field in fields(value)})
        return value

    cleaned: T = clean(report)
    return cleaned
