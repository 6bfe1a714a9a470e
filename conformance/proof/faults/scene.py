"""What a planted fault sees: the request, the answer, an event, and the scene in which they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import ClientDisconnect

from conformance.reference.endpoint import Endpoint


@dataclass
class Sent:
    """A request on its way in; `body` is parsed JSON (None where it is none), `content` its bytes."""

    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    content: bytes


@dataclass
class Answer:
    """An answer on its way out.

    `body` is parsed JSON (None where it is none) and is written anew where it was JSON; `content`, set by a fault, is
    sent instead. `withheld` sends nothing at all, `cut` breaks off in the midst of the body.
    """

    status: int
    headers: dict[str, str]
    body: Any
    content: bytes | None = None
    withheld: bool = False
    cut: bool = False

    @property
    def ok(self) -> bool:
        """Whether it is a success with a JSON object."""
        return self.status == 200 and isinstance(self.body, dict)


@dataclass
class Told:
    """An event of a stream: its name and its parsed data (the text `[DONE]` for the sentinel)."""

    name: str
    data: Any


class Broken(ClientDisconnect):
    """Raised by a fault that breaks a stream off; the endpoint takes it for a client that left."""


@dataclass
class Scene:
    """Where a fault works just now.

    `operation` is the operation's id (empty where there is none), `ids` its path parameters, `sent` the JSON body as
    the client sent it. `event` is the name of the event that carries the object, `listed` tells that it is an item of a
    list. `memory` is the fault's own and lasts as long as the endpoint; `stream` lasts as long as one answer.
    """

    operation: str
    ids: dict[str, str]
    query: dict[str, list[str]]
    sent: Any
    endpoint: Endpoint
    memory: dict[Any, Any]
    stream: dict[Any, Any] = field(default_factory=dict)
    event: str | None = None
    listed: bool = False

    def nth(self, *key: Any) -> int:
        """How often the fault has asked this, this time included."""
        self.memory[key] = self.memory.get(key, 0) + 1
        return int(self.memory[key])

    def first(self, key: Any, value: Any) -> Any:
        """What was first given under this key."""
        return self.memory.setdefault(key, value)


def instead(owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace a method of one object by what `make` returns for it."""
    setattr(owner, name, make(getattr(owner, name)))
