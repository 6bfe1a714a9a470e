"""Formats schema keywords and JSON values for the texts of findings: one line each, of limited length."""

import json
import re
from typing import Any

_MAX_LENGTH = 60
_MAX_CHOICES = 16
_UNPRINTABLE = re.compile(r"[\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ARTICLES = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "an array",
    "null": "null",
}


def json_type(value: object) -> str:
    """The JSON type of a parsed value."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "integer" if value.is_integer() else "number"
        case str():
            return "string"
        case list() | tuple():
            return "array"
        case _:
            return "object"


def join_types(names: list[str]) -> str:
    """JSON types as a reader would say them: `a string, an object or null`."""
    *first, last = [_ARTICLES.get(name, name) for name in names] or ["nothing"]
    return f"{', '.join(first)} or {last}" if first else last


def json_literal(value: object) -> str:
    """A value as JSON on one line, shortened where it is long; containers by what they are and how big."""
    match value:
        case str():
            text = _UNPRINTABLE.sub(_escaped, json.dumps(value[:_MAX_LENGTH], ensure_ascii=False))
            return text if len(value) <= _MAX_LENGTH else f'{text[:-1]}…" ({len(value)} characters)'
        case dict():
            return f"an object with {count_noun(len(value), 'property', 'properties')}" if value else "an empty object"
        case list() | tuple():
            return f"an array of {count_noun(len(value), 'item')}" if value else "an empty array"
        case bool() | None:
            return json.dumps(value)
        case int() if value.bit_length() > 256:
            return f"an integer of {value.bit_length()} bits"
        case _:
            return str(value)


def _escaped(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def typed_literal(value: object) -> str:
    """A value where its type is what matters: `a string`, with the value itself where that says more."""
    kind = json_type(value)
    if kind in ("string", "integer", "number"):
        return f"the {kind} {json_literal(value)}"
    return json_literal(value) if kind == "boolean" else _ARTICLES[kind]


def join_choices(options: list[Any]) -> str:
    """A closed set of values: `one of "a", "b"`."""
    if len(options) == 1:
        return json_literal(options[0])
    shown = ", ".join(json_literal(option) for option in options[:_MAX_CHOICES])
    more = len(options) - _MAX_CHOICES
    return f"one of {shown}" + (f" and {more} more" if more > 0 else "")


def count_noun(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 item`, `2 items`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


_SIZES = {
    "minLength": ("at least", "character", None),
    "maxLength": ("at most", "character", None),
    "minItems": ("at least", "item", None),
    "maxItems": ("at most", "item", None),
    "minProperties": ("at least", "property", "properties"),
    "maxProperties": ("at most", "property", "properties"),
}
_RANGES = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "more than",
    "exclusiveMaximum": "less than",
    "multipleOf": "a multiple of",
}


def expected_and_actual(keyword: str, limit: Any, value: object) -> tuple[str, str]:
    """What a broken keyword expected, and what was there instead. `limit` is the keyword's own value."""
    if keyword in _SIZES and isinstance(limit, (int, float)) and isinstance(value, (str, list, tuple, dict)):
        bound, one, many = _SIZES[keyword]
        return f"{bound} {count_noun(int(limit), one, many)}", count_noun(len(value), one, many)
    if keyword in _RANGES:
        return f"{_RANGES[keyword]} {json_literal(limit)}", json_literal(value)
    match keyword:
        case "type":
            return join_types([limit] if isinstance(limit, str) else [str(name) for name in limit]), typed_literal(
                value
            )
        case "enum":
            return join_choices(limit if isinstance(limit, list) else [limit]), json_literal(value)
        case "const":
            return json_literal(limit), json_literal(value)
        case "pattern":
            return f"text that matches {str(limit)[: 2 * _MAX_LENGTH]}", json_literal(value)
        case "format":
            return f"text in the format {limit}", json_literal(value)
        case "not":
            return _without(limit if isinstance(limit, dict) else {}), json_literal(value)
        case "uniqueItems":
            return "items that all differ", "an item that stands there twice"
        case _:
            return f"a value that satisfies `{keyword}`", json_literal(value)


def _without(excluded: dict[str, Any]) -> str:
    """What a `not` asks for."""
    match excluded:
        case {"required": [*names]}:
            return f"an object without {' and '.join(map(json_literal, names))}" + (
                " together" if len(names) > 1 else ""
            )
        case {"pattern": str(pattern)}:
            return f"text that does not match {pattern[: 2 * _MAX_LENGTH]}"
        case _:
            return "a value other than those excluded"
