"""What a planted fault is given beside the value that it changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from conformance.reference.endpoint import Endpoint

Json: TypeAlias = dict[str, Any]


@dataclass
class FaultContext:
    """The exchange in which a fault works.

    `operation` is the operation's id (empty where there is none), `ids` its path parameters, `request_body` the JSON
    body as the client sent it, `request_headers` its headers in lower case. `answer` is the answer whose body or error
    is changed. `event` is the name of the event that carries the object, `listed` tells that it is an item of a list.
    `endpoint` is None around an endpoint that is not the reference; a fault that asks for it is not planted there.
    `memory` is the fault's own and lasts as long as the endpoint; `stream` lasts as long as one answer.
    """

    operation: str
    ids: dict[str, str]
    query: dict[str, list[str]]
    request_body: Any
    endpoint: Endpoint
    memory: dict[Any, Any] = field(default_factory=dict)
    stream: dict[Any, Any] = field(default_factory=dict)
    event: str | None = None
    listed: bool = False
    answer: Any = None
    request_headers: dict[str, str] = field(default_factory=dict)

    def nth(self, *key: Any) -> int:
        """How often the fault has called this with the key, this time included."""
        self.memory[key] = self.memory.get(key, 0) + 1
        return int(self.memory[key])

    def first(self, key: Any, value: Any) -> Any:
        """The value that was first given for this key."""
        return self.memory.setdefault(key, value)


def replace_method(owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Replace a method of one object by what `make` returns for it."""
    setattr(owner, name, make(getattr(owner, name)))
