"""Rules for arrays and objects, made of rules for what is in them; see `validation` for how they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from conformance.reference.errors import ApiError
from conformance.reference.validation import Rule, Text, expect, invalid, too_short


@dataclass(frozen=True)
class Items:
    """An array of values that all follow one rule."""

    of: Rule
    most: int | None = None
    fewest: int = 0

    @property
    def kind(self) -> str:
        """The array and what it holds."""
        return f"an array of {self.of.kind.partition(' ')[2]}s"

    def admits(self, value: Any) -> bool:
        """Whether it is an array."""
        return isinstance(value, list)

    def check(self, value: Any, path: str) -> None:
        """Refuse by length, then by the first bad item."""
        expect(self, value, path)
        if len(value) < self.fewest:
            raise too_short(path, "array", self.fewest, len(value))
        if self.most is not None and len(value) > self.most:
            raise invalid(
                path,
                "array_above_max_length",
                f"Invalid '{path}': array too long. Expected an array with maximum length {self.most}, but got an "
                f"array with length {len(value)} instead.",
            )
        for index, item in enumerate(value):
            self.of.check(item, f"{path}[{index}]")


@dataclass(frozen=True)
class Field:
    """A property of an object: its rule, whether it must be there, whether null stands for its default."""

    rule: Rule
    required: bool = False
    nullable: bool = False


@dataclass(frozen=True)
class Shape:
    """An object with known properties and no others."""

    fields: Mapping[str, Field]
    kind: str = "an object"

    def admits(self, value: Any) -> bool:
        """Whether it is an object."""
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        """Refuse unknown, then missing properties, then bad values."""
        expect(self, value, path)
        for name in value:
            if name not in self.fields:
                place = child(path, name)
                raise invalid(place, "unknown_parameter", f"Unknown parameter: '{place}'.")
        for name, part in self.fields.items():
            place = child(path, name)
            if name not in value:
                if part.required:
                    raise missing(place)
            elif value[name] is not None or not part.nullable:
                part.rule.check(value[name], place)


@dataclass(frozen=True)
class Variants:
    """An object whose `tag` property tells which shape it has; each shape lists the tag too."""

    shapes: Mapping[str, Shape]
    tag: str = "type"
    kind: str = "an object"

    def admits(self, value: Any) -> bool:
        """Whether it is an object."""
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        """Refuse an unknown tag, then what its shape refuses."""
        expect(self, value, path)
        place = child(path, self.tag)
        if self.tag not in value:
            raise missing(place)
        Text(choices=tuple(self.shapes)).check(value[self.tag], place)
        self.shapes[value[self.tag]].check(value, path)


@dataclass(frozen=True)
class Dictionary:
    """Free keys whose values are strings: what clients keep in `metadata`."""

    most: int = 16
    longest_key: int = 64
    value: Rule = field(default_factory=lambda: Text(longest=512))
    kind: str = "an object"

    def admits(self, value: Any) -> bool:
        """Whether it is an object."""
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        """Refuse by number of keys, length of keys, then values."""
        expect(self, value, path)
        if len(value) > self.most:
            raise invalid(
                path,
                "object_above_max_properties",
                f"Invalid '{path}': too many properties. Expected an object with at most {self.most} properties, but "
                f"got an object with {len(value)} properties instead.",
            )
        for key, item in value.items():
            if len(key) > self.longest_key:
                raise invalid(
                    f"{path}.{key}",
                    "property_name_above_max_length",
                    f"Invalid property name in '{path}': '{key[:3]}...{key[-3:]}' is too long. Expected a string with "
                    f"maximum length {self.longest_key}, but got a string with length {len(key)} instead.",
                )
            self.value.check(item, f"{path}.{key}")


@dataclass(frozen=True)
class Either:
    """One of several rules, chosen by the type of the value."""

    rules: tuple[Rule, ...]

    @property
    def kind(self) -> str:
        """All the types, the way error messages list them."""
        return "one of " + " or ".join([self.rules[0].kind, *(rule.kind.partition(" ")[2] for rule in self.rules[1:])])

    def admits(self, value: Any) -> bool:
        """Whether one of the rules knows the type."""
        return any(rule.admits(value) for rule in self.rules)

    def check(self, value: Any, path: str) -> None:
        """Refuse by the rule that knows the type."""
        expect(self, value, path)
        next(rule for rule in self.rules if rule.admits(value)).check(value, path)


def missing(path: str) -> ApiError:
    """A property that has to be there and is not."""
    return invalid(path, "missing_required_parameter", f"Missing required parameter: '{path}'.")


def child(path: str, name: str) -> str:
    """The path of a property."""
    return f"{path}.{name}" if path else name
