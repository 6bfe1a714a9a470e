"""Valid requests between two plain ones: what is refused of them has a neighbour that was accepted."""

from typing import Any

from conformance.scenarios.kit.boundary_values import function
from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import CODE_INTERPRETER, WEATHER

BARE_FUNCTION = function(name="scan")
"""A function that takes no arguments has no parameters."""
TOOLS: list[list[dict[str, Any]]] = [[BARE_FUNCTION], [WEATHER], [CODE_INTERPRETER], [CODE_INTERPRETER, BARE_FUNCTION]]
PARTS = [{"type": "text", "text": "Hello, "}, {"type": "text", "text": "world."}]


def send_one_by_one(api: Driver, operation: str, plain: dict[str, Any], members: dict[str, Any], /, **ids: Any) -> None:
    """A plain request, one with each member alone, one with all of them, and the plain one again."""
    for more in ({}, *({name: value} for name, value in members.items()), members, {}):
        api.send(operation, {**plain, **more}, **ids)


def send_deletion(api: Driver, delete: str, get: str, /, **ids: Any) -> None:
    """Delete an object, and look whether it is there still."""
    api.send(get, **ids)
    api.send(delete, **ids)
    api.send(get, **ids)
