"""Rules for the values of a request, each refusing with the wording, `param` and `code` of the real service.

`rule.check(value, path)` returns None or raises `ApiError`; `path` is the place of the value as the service names it
(`tools[0].function.name`). Only the first mistake is reported: the type, then the bounds, then what is inside.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from conformance.reference.errors import ApiError, wrong_prefix

INTEGER = re.compile(r"-?[0-9]{1,4000}")
"""An integer as queries and forms spell it, no longer than Python reads one."""


@dataclass(frozen=True)
class Rule:
    """What a value has to be; by itself, any object."""

    types: ClassVar[tuple[type, ...]] = (dict,)
    noun: ClassVar[str] = "an object"

    @property
    def expected(self) -> str:
        """The type with its article, as error messages name it."""
        return self.noun

    def admits(self, value: Any) -> bool:
        """Whether the value has the right type, whatever its bounds; a boolean is no integer."""
        return isinstance(value, self.types) and (bool in self.types or not isinstance(value, bool))

    def check(self, value: Any, path: str) -> None:
        """Refuse a value of the wrong type, or one that breaks the rule otherwise."""
        if not self.admits(value):
            subject = f"Invalid type for '{path}'" if path else "Invalid type"
            raise invalid(path, "invalid_type", f"{subject}: expected {self.expected}, but got {_type(value)} instead.")
        self._check(value, path)

    def _check(self, value: Any, path: str) -> None:
        """Refuse a value of the right type."""


@dataclass(frozen=True)
class Field:
    """A property of an object: its rule, whether it must be there, whether null stands for its default.

    Null for any other that need not be there is as if it were not sent, and is taken away: `vector_stores: null` beside
    `vector_store_ids` was answered 200 (2024-09-07).
    """

    rule: Rule
    required: bool = False
    nullable: bool = False

    @property
    def left_out_as_null(self) -> bool:
        """Whether null means that it is not sent."""
        return not (self.required or self.nullable)


@dataclass(frozen=True)
class Boolean(Rule):
    """A boolean."""

    types = (bool,)
    noun = "a boolean"


@dataclass(frozen=True)
class String(Rule):
    """A string; lengths count characters."""

    max_length: int | None = None
    min_length: int = 0
    pattern: str | None = None
    choices: tuple[str, ...] = ()
    types = (str,)
    noun = "a string"

    def _check(self, value: str, path: str) -> None:
        if self.choices and value not in self.choices:
            raise invalid(path, "invalid_value", f"Invalid value: '{value}'. {_supported(self.choices)}")
        if len(value) < self.min_length:
            raise too_short(path, "string", self.min_length, len(value))
        if self.max_length is not None and len(value) > self.max_length:
            raise invalid(
                path,
                "string_above_max_length",
                f"Invalid '{path}': string too long. Expected a string with maximum length {self.max_length}, but got "
                f"a string with length {len(value)} instead.",
            )
        if self.pattern is not None and not re.fullmatch(self.pattern, value):
            raise invalid(
                path,
                "invalid_value",
                f"Invalid '{path}': string does not match pattern. Expected a string that matches the pattern "
                f"'{self.pattern}'.",
            )


@dataclass(frozen=True)
class Id(Rule):
    """The id of an object, whose prefix tells its kind."""

    prefix: str
    types = (str,)
    noun = "a string"

    def _check(self, value: str, path: str) -> None:
        if not value.startswith(self.prefix):
            raise wrong_prefix(path, value, self.prefix)


@dataclass(frozen=True)
class WebAddress(Rule):
    """The address of something on the web: not `data:`, as quoted of this API."""

    types = (str,)
    noun = "a string"

    def _check(self, value: str, path: str) -> None:
        if not re.match(r"https?://[^/ ]", value):
            message = f"Invalid '{path}'. Expected a valid URL, but got a value with an invalid format."
            raise invalid(path, "invalid_value", message)


@dataclass(frozen=True)
class Number(Rule):
    """Any number."""

    minimum: float | None = None
    maximum: float | None = None
    types = (int, float)
    noun = "a decimal"

    def _check(self, value: float, path: str) -> None:
        if self.minimum is not None and not value >= self.minimum:
            raise self._outside(value, path, "below_min", "below minimum value", f">= {self.minimum}")
        if self.maximum is not None and not value <= self.maximum:
            raise self._outside(value, path, "above_max", "above maximum value", f"<= {self.maximum}")

    def _outside(self, value: float, path: str, code: str, problem: str, wanted: str) -> ApiError:
        noun = self.noun.partition(" ")[2]
        message = f"Invalid '{path}': {noun} {problem}. Expected a value {wanted}, but got {value} instead."
        return invalid(path, f"{noun}_{code}_value", message)


@dataclass(frozen=True)
class Integer(Number):
    """An integer. A decimal without fraction is one too, as in JSON Schema."""

    noun = "an integer"

    def admits(self, value: Any) -> bool:
        """Whether the value is an integer."""
        return super().admits(value) and (isinstance(value, int) or value.is_integer())


@dataclass(frozen=True)
class Array(Rule):
    """An array of values that all follow one rule."""

    items: Rule
    max_items: int | None = None
    min_items: int = 0
    types = (list,)

    @property
    def expected(self) -> str:
        """The array and what it holds."""
        return f"an array of {self.items.expected.partition(' ')[2]}s"

    def _check(self, value: list[Any], path: str) -> None:
        if len(value) < self.min_items:
            raise too_short(path, "array", self.min_items, len(value))
        if self.max_items is not None and len(value) > self.max_items:
            raise invalid(
                path,
                "array_above_max_length",
                f"Invalid '{path}': array too long. Expected an array with maximum length {self.max_items}, but got an "
                f"array with length {len(value)} instead.",
            )
        for index, item in enumerate(value):
            self.items.check(item, f"{path}[{index}]")


@dataclass(frozen=True)
class Object(Rule):
    """An object with known properties and no others."""

    fields: Mapping[str, Field]

    def _check(self, value: dict[str, Any], path: str) -> None:
        for name in value:
            if name not in self.fields:
                place = child(path, name)
                raise invalid(place, "unknown_parameter", f"Unknown parameter: '{place}'.")
        for name, part in self.fields.items():
            place = child(path, name)
            if part.left_out_as_null and value.get(name, 0) is None:
                del value[name]
            if name not in value:
                if part.required:
                    raise missing(place)
            elif value[name] is not None or not part.nullable:
                part.rule.check(value[name], place)


@dataclass(frozen=True)
class ExclusiveObject(Object):
    """An object that names one of several members, and not more; `needed` False: or none."""

    names: tuple[str, ...]
    needed: bool = True

    def _check(self, value: dict[str, Any], path: str) -> None:
        super()._check(value, path)
        given = [name for name in self.names if value.get(name) is not None]
        if not given and self.needed:
            raise missing(self.names[0])
        if len(given) > 1:
            both = " and ".join(f"'{name}'" for name in given)
            raise invalid(child(path, given[1]), "mutually_exclusive_parameters", f"{both} cannot be given together.")


@dataclass(frozen=True)
class TaggedUnion(Rule):
    """An object whose `type` tells which properties it has; each variant lists the `type` too."""

    variants: Mapping[str, Object]

    def _check(self, value: dict[str, Any], path: str) -> None:
        place = child(path, "type")
        if "type" not in value:
            raise missing(place)
        String(choices=tuple(self.variants)).check(value["type"], place)
        self.variants[value["type"]].check(value, path)


@dataclass(frozen=True)
class Map(Rule):
    """An object with free keys, whose values follow one rule: what clients keep in `metadata`."""

    values: Rule
    max_properties: int = 16
    max_key_length: int = 64

    def _check(self, value: dict[str, Any], path: str) -> None:
        if len(value) > self.max_properties:
            raise invalid(
                path,
                "object_above_max_properties",
                f"Invalid '{path}': too many properties. Expected an object with at most {self.max_properties} "
                f"properties, but got an object with {len(value)} properties instead.",
            )
        for key, item in value.items():
            if len(key) > self.max_key_length:
                raise invalid(
                    f"{path}.{key}",
                    "property_name_above_max_length",
                    f"Invalid property name in '{path}': '{key[:3]}...{key[-3:]}' is too long. Expected a string with "
                    f"maximum length {self.max_key_length}, but got a string with length {len(key)} instead.",
                )
            self.values.check(item, f"{path}.{key}")


@dataclass(frozen=True)
class AnyOf(Rule):
    """One of several rules, chosen by the type of the value."""

    rules: tuple[Rule, ...]

    @property
    def expected(self) -> str:
        """All the types, the way error messages list them."""
        first, *others = (rule.expected for rule in self.rules)
        return "one of " + " or ".join([first, *(other.partition(" ")[2] for other in others)])

    def admits(self, value: Any) -> bool:
        """Whether one of the rules knows the type."""
        return any(rule.admits(value) for rule in self.rules)

    def _check(self, value: Any, path: str) -> None:
        next(rule for rule in self.rules if rule.admits(value)).check(value, path)


def required(rule: Rule) -> Field:
    """A property that must be there."""
    return Field(rule, required=True)


def optional(rule: Rule) -> Field:
    """A property that may be absent, or null as if it were."""
    return Field(rule)


def nullable(rule: Rule) -> Field:
    """A property that may be absent, or null for its default."""
    return Field(rule, nullable=True)


def one_of(*choices: str) -> String:
    """A string out of a closed set."""
    return String(choices=choices)


def variant(name: str, fields: Mapping[str, Field] | None = None) -> Object:
    """A variant of a tagged union: an object whose `type` has this value."""
    return Object({"type": required(one_of(name)), **(fields or {})})


def invalid(path: str, code: str, message: str) -> ApiError:
    """A refusal of the value at `path`."""
    return ApiError(400, message, param=path or None, code=code)


def missing(path: str) -> ApiError:
    """A property that has to be there and is not."""
    return invalid(path, "missing_required_parameter", f"Missing required parameter: '{path}'.")


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


def child(path: str, name: str) -> str:
    """The path of a property."""
    return f"{path}.{name}" if path else name


def _type(value: Any) -> str:
    """The JSON type of a value with its article."""
    kinds = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string", list: "an array"}
    return "null" if value is None else kinds.get(type(value), "an object")


def _supported(choices: tuple[str, ...]) -> str:
    *others, last = [f"'{choice}'" for choice in choices]
    listed = ", ".join(others) + ("," if len(others) > 1 else "") + " and " if others else ""
    return f"Supported values are: {listed}{last}."
