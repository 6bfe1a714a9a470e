"""Small changes that many faults are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import Any, TypeAlias

from conformance.proof.faults.scene import Answer, Scene, Sent
from conformance.reference.errors import ApiError

Change: TypeAlias = Callable[[Any, Scene], None]
ENDED = ("completed", "incomplete", "failed", "cancelled", "expired")


def put(path: str, value: Any) -> Change:
    """Put a value at a place (`file_counts.total`) of an object; nothing where the place is not there."""

    def change(shown: dict[str, Any], scene: Scene) -> None:
        *steps, last = path.split(".")
        for holder in _reach(shown, steps):
            holder[last] = value

    return change


def drop(path: str) -> Change:
    """Leave a member out."""

    def change(shown: dict[str, Any], scene: Scene) -> None:
        *steps, last = path.split(".")
        for holder in _reach(shown, steps):
            holder.pop(last, None)

    return change


def _reach(value: Any, steps: list[str]) -> Iterator[dict[str, Any]]:
    """The objects at a place; a step through an array means each of its items."""
    if isinstance(value, list):
        for item in value:
            yield from _reach(item, steps)
    elif isinstance(value, dict):
        if not steps:
            yield value
        else:
            yield from _reach(value.get(steps[0]), steps[1:])


def when(condition: Callable[[dict[str, Any], Scene], bool], change: Change) -> Change:
    """Make a change to some objects only."""

    def conditional(shown: dict[str, Any], scene: Scene) -> None:
        if condition(shown, scene):
            change(shown, scene)

    return conditional


def with_status(*statuses: str) -> Callable[[dict[str, Any], Scene], bool]:
    """Objects with one of these statuses."""
    return lambda shown, scene: shown.get("status") in statuses


# Requests -----------------------------------------------------------------------------------------------------------


def body(make: Callable[[dict[str, Any]], Any]) -> Callable[[Sent, Scene], None]:
    """Change the JSON object that a request sends, in place."""

    def change(sent: Sent, scene: Scene) -> None:
        if isinstance(sent.body, dict):
            make(sent.body)

    return change


def member(path: str, make: Callable[[Any], Any]) -> Callable[[Sent, Scene], None]:
    """Replace what a request sends at a place, where it sends something there; in arrays, in each item."""

    def change(holding: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        for holder in _reach(holding, steps):
            if holder.get(last) is not None:
                holder[last] = make(holder[last])

    return body(change)


def forget(path: str, unless: Callable[[Any], bool] = lambda value: False) -> Callable[[Sent, Scene], None]:
    """Leave out what a request sends at a place."""

    def change(holding: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        for holder in _reach(holding, steps):
            if last in holder and not unless(holder[last]):
                del holder[last]

    return body(change)


def fill(path: str, value: Any) -> Callable[[Sent, Scene], None]:
    """Fill in what a request leaves out, or sends as null."""

    def change(holding: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        for holder in _reach(holding, steps):
            if holder.get(last) is None:
                holder[last] = value

    return body(change)


def keep_only(*names: str) -> Callable[[Sent, Scene], None]:
    """Ignore members that are not known."""

    def change(holding: dict[str, Any]) -> None:
        for name in [name for name in holding if name not in names]:
            del holding[name]

    return body(change)


def cut(longest: int) -> Callable[[Any], Any]:
    """Cut a text or an array that is too long."""
    return lambda value: value[:longest] if isinstance(value, str | list) else value


def clamp(least: float, most: float) -> Callable[[Any], Any]:
    """Bring a number within bounds."""
    return lambda value: min(max(value, least), most) if is_number(value) else value


def one_decimal(value: Any) -> Any:
    """Round a number to one decimal."""
    return round(value, 1) if is_number(value) else value


def lower_names(value: Any) -> Any:
    """Write the names of an object's members in lower case."""
    return {name.lower(): part for name, part in value.items()} if isinstance(value, dict) else value


def escaped(value: Any) -> Any:
    """Write the texts of an object as HTML would, with entities."""
    if not isinstance(value, dict):
        return value
    return {name: escape(part) if isinstance(part, str) else part for name, part in value.items()}


def among(*choices: str) -> Callable[[Any], Any]:
    """Take the first choice for a word that is none."""
    return lambda value: value if not isinstance(value, str) or value in choices else choices[0]


def is_number(value: Any) -> bool:
    """Whether a JSON value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def refuse(message: str, param: str | None = None, *, status: int = 400, code: str | None = None) -> ApiError:
    """A refusal as the endpoint would word it."""
    return ApiError(status, message, param=param, code=code)


# Answers ------------------------------------------------------------------------------------------------------------


def succeed(answer: Answer, value: Any) -> None:
    """Answer 200 with this object after all."""
    answer.status, answer.body = 200, value


def missing(answer: Answer, message: str = "Not found.") -> None:
    """Answer 404 after all."""
    answer.status = 404
    answer.body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}
