"""Rules for single values of a request, each refusing with the wording, `param` and `code` of the real service.

A rule knows its type and its bounds. `check(value, path)` returns None or raises `ApiError`; `path` is the place of the
value as the service names it (`tools[0].function.name`). Only the first mistake is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Protocol

from conformance.reference.errors import ApiError, wrong_prefix

WHOLE = re.compile(r"-?[0-9]{1,4000}")
"""An integer as queries and forms spell it, no longer than Python reads one."""


class Rule(Protocol):
    """What a value has to be. `kind` names the type with its article, as error messages do."""

    @property
    def kind(self) -> str:
        """The expected type."""
        ...

    def admits(self, value: Any) -> bool:
        """Whether the value has the right type, whatever its bounds."""
        ...

    def check(self, value: Any, path: str) -> None:
        """Refuse a value that breaks the rule."""
        ...


def invalid(path: str, code: str, message: str) -> ApiError:
    """A refusal of the value at `path`."""
    return ApiError(400, message, param=path or None, code=code)


def kind_of(value: Any) -> str:
    """The JSON type of a value with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int():
            return "an integer"
        case float():
            return "a decimal"
        case str():
            return "a string"
        case list():
            return "an array"
        case _:
            return "an object"


def expect(rule: Rule, value: Any, path: str) -> None:
    """Refuse a value of the wrong type."""
    if not rule.admits(value):
        subject = f"Invalid type for '{path}'" if path else "Invalid type"
        raise invalid(path, "invalid_type", f"{subject}: expected {rule.kind}, but got {kind_of(value)} instead.")


@dataclass(frozen=True)
class Text:
    """A string; lengths count characters."""

    longest: int | None = None
    shortest: int = 0
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    kind: str = "a string"

    def admits(self, value: Any) -> bool:
        """Whether it is a string."""
        return isinstance(value, str)

    def check(self, value: Any, path: str) -> None:
        """Refuse by choice, length and pattern."""
        expect(self, value, path)
        if self.choices and value not in self.choices:
            raise invalid(path, "invalid_value", f"Invalid value: '{value}'. {_supported(self.choices)}")
        if len(value) < self.shortest:
            raise too_short(path, "string", self.shortest, len(value))
        if self.longest is not None and len(value) > self.longest:
            raise invalid(
                path,
                "string_above_max_length",
                f"Invalid '{path}': string too long. Expected a string with maximum length {self.longest}, but got a "
                f"string with length {len(value)} instead.",
            )
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise invalid(
                path,
                "invalid_value",
                f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern "
                f"'{self.pattern}'.",
            )


@dataclass(frozen=True)
class Identifier:
    """The id of an object whose kind its prefix tells."""

    prefix: str
    kind: str = "a string"

    def admits(self, value: Any) -> bool:
        """Whether it is a string."""
        return isinstance(value, str)

    def check(self, value: Any, path: str) -> None:
        """Refuse another prefix."""
        expect(self, value, path)
        if not value.startswith(self.prefix):
            raise wrong_prefix(path, value, self.prefix)


@dataclass(frozen=True)
class Whole:
    """An integer. A decimal without fraction is one too, as in JSON Schema; a boolean is not."""

    least: int | None = None
    most: int | None = None
    kind: str = "an integer"

    def admits(self, value: Any) -> bool:
        """Whether it is an integer."""
        return (isinstance(value, int) and not isinstance(value, bool)) or (
            isinstance(value, float) and value.is_integer()
        )

    def check(self, value: Any, path: str) -> None:
        """Refuse by range."""
        expect(self, value, path)
        _check_range("integer", value, path, self.least, self.most)


@dataclass(frozen=True)
class Decimal:
    """Any number."""

    least: float | None = None
    most: float | None = None
    kind: str = "a decimal"

    def admits(self, value: Any) -> bool:
        """Whether it is a number."""
        return isinstance(value, int | float) and not isinstance(value, bool)

    def check(self, value: Any, path: str) -> None:
        """Refuse by range."""
        expect(self, value, path)
        _check_range("decimal", value, path, self.least, self.most)


@dataclass(frozen=True)
class Flag:
    """A boolean."""

    kind: str = "a boolean"

    def admits(self, value: Any) -> bool:
        """Whether it is a boolean."""
        return isinstance(value, bool)

    def check(self, value: Any, path: str) -> None:
        """Refuse anything else."""
        expect(self, value, path)


@dataclass(frozen=True)
class Anything:
    """An object whose inside is not looked at: a JSON Schema."""

    kind: str = "an object"

    def admits(self, value: Any) -> bool:
        """Whether it is an object."""
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        """Refuse anything else."""
        expect(self, value, path)


def _supported(choices: tuple[str, ...]) -> str:
    quoted = [f"'{choice}'" for choice in choices]
    match quoted:
        case [one]:
            listed = one
        case [one, other]:
            listed = f"{one} and {other}"
        case [*most, last]:
            listed = f"{', '.join(most)}, and {last}"
    return f"Supported values are: {listed}."


def too_short(path: str, noun: str, shortest: int, length: int) -> ApiError:
    """A string or array (`noun`) with too little in it."""
    article = "an" if noun == "array" else "a"
    wanted = f"Expected {article} {noun} with minimum length {shortest}"
    if length == 0:
        return invalid(
            path, f"empty_{noun}", f"Invalid '{path}': empty {noun}. {wanted}, but got an empty {noun} instead."
        )
    return invalid(
        path,
        f"{noun}_below_min_length",
        f"Invalid '{path}': {noun} too short. {wanted}, but got {article} {noun} with length {length} instead.",
    )


def _check_range(noun: str, value: float, path: str, least: float | None, most: float | None) -> None:
    if least is not None and not value >= least:
        raise invalid(
            path,
            f"{noun}_below_min_value",
            f"Invalid '{path}': {noun} below minimum value. Expected a value >= {least}, but got {value} instead.",
        )
    if most is not None and not value <= most:
        raise invalid(
            path,
            f"{noun}_above_max_value",
            f"Invalid '{path}': {noun} above maximum value. Expected a value <= {most}, but got {value} instead.",
        )
