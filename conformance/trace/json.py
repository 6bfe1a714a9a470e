"""Reading parsed JSON whose shape nobody guarantees: each function answers for any value, and none raises."""

import json
from secrets import token_hex
from typing import Any, TypeAlias, TypeGuard

import orjson

_LONGEST_SHOWN = 80
_MOST_MEMBERS = 16

Json: TypeAlias = Any  # a parsed JSON value; its shape is what the checks are about

UNKNOWN = f"unknown-{token_hex(12)}-"
"""What is in the values that a recorder hid: they equal anything. No endpoint can know it."""


class NotJson(ValueError):
    """A body that was asked for as JSON and is not."""


def parse_json(body: bytes) -> Json:
    """The JSON value of a body; raises `NotJson` with the reason.

    orjson is strict and fast; the standard library is asked when it refuses, because real servers send integers
    beyond 64 bits, which are JSON. `NaN` and `Infinity` are not.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as strict_refusal:
        try:
            return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
        except RecursionError:
            raise NotJson("nested too deeply") from None
        except ValueError:
            raise NotJson(str(strict_refusal)) from None


def _refuse_constant(name: str) -> Json:
    raise NotJson(f"{name} is not JSON")


def mapping(value: Any) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """The value where it is an array, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """The value where it is a string, else None."""
    return value if isinstance(value, str) else None


def is_integer(value: Any) -> TypeGuard[int]:
    """Whether the value is an integer; `true` and `false` are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether the value is a number."""
    return is_integer(value) or isinstance(value, float)


def json_equal(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON: key order is nothing, and `true` is not 1.

    Values nested too deeply to be compared pass as equal, and so do those that a recorder hid.
    """
    if one is other or type(one) is str or one is None:  # most of what is compared
        return bool(one == other) or is_unknown(one) or is_unknown(other)
    try:
        return _json_equal(one, other)
    except RecursionError:
        return True


def _json_equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_json_equal(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_json_equal, one, other))
    return bool(one == other) or is_unknown(one) or is_unknown(other)


def is_unknown(value: Any) -> bool:
    """Whether a value is one that a recorder hid, or is put together from such."""
    return isinstance(value, str) and UNKNOWN in value


def format_value(value: Any) -> str:
    """The value in one line for a reader: short ones as JSON, long texts cut, large containers by what they hold."""
    if isinstance(value, str):
        return _quoted(value, _LONGEST_SHOWN)
    if isinstance(value, dict) and len(value) > _MOST_MEMBERS:
        return f"an object of {len(value)} members{_in_part(value)}"
    if isinstance(value, list) and len(value) > _MOST_MEMBERS:
        return f"an array of {len(value)}{_in_part(value)}"
    try:
        written = orjson.dumps(value).decode()
    except (TypeError, ValueError, RecursionError):  # integers beyond 64 bits, lone surrogates, deep nesting
        return _kind(value)
    return written if len(written) <= _LONGEST_SHOWN else _kind(value)


def _quoted(value: str, limit: int) -> str:
    try:
        written = orjson.dumps(value[:limit]).decode()
    except (TypeError, ValueError):  # a lone surrogate
        written = ascii(value[:limit])
    return _with_mark(written, cut=len(value) > limit)


def _with_mark(quoted: str, *, cut: bool) -> str:
    """A text in quotes, with the mark of a cut where it was cut: what redacts it looks for secrets before the mark."""
    return f"{quoted[:-1]}…{quoted[-1]}" if cut else quoted


def _kind(value: Any) -> str:
    match value:
        case dict():
            names = (_with_mark(ascii(str(key)[:20]), cut=len(str(key)) > 20) for key in list(value)[:3])
            return f"an object with {', '.join(names)}{_in_part(value)}"
        case list():
            return f"an array of {len(value)}{_in_part(value)}"
        case _:
            return "a number beyond 64 bits"


def _in_part(value: Any) -> str:
    """What is added where a container is shown by what it holds, and a recorder hid something in it."""
    return ", known in part" if UNKNOWN in repr(value) else ""
