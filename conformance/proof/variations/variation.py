"""What a variation is: the places where it changes what the reference endpoint answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeAlias

from conformance.reference.endpoint import Endpoint
from conformance.reference.settings import Settings

Json: TypeAlias = Any
Fields: TypeAlias = list[tuple[bytes, bytes]]


@dataclass
class Visit:
    """One exchange, as a variation meets it.

    `status` and `headers` are those of the answer; a header's name goes out as it is written here. `memory` lasts as
    long as the endpoint, `stream` as long as one answer. `chance` is the same from run to run for the same exchange.
    """

    method: str
    path: str
    endpoint: Endpoint
    memory: dict[Any, Any]
    chance: Random
    status: int = 200
    headers: Fields = field(default_factory=list)
    stream: dict[Any, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether the answer is a success."""
        return 200 <= self.status < 300

    def set(self, name: str, value: str) -> None:
        """Set a header, in place of those of the same name."""
        self.drop(name)
        self.headers.append((name.encode(), value.encode()))

    def drop(self, name: str) -> None:
        """Leave a header out."""
        self.headers[:] = [(key, value) for key, value in self.headers if key.decode().lower() != name.lower()]


@dataclass(frozen=True)
class Told:
    """An event of a stream: its name and its parsed data (the text `[DONE]` for the sentinel)."""

    name: str
    data: Json

    @property
    def is_done(self) -> bool:
        """Whether this is the sentinel."""
        return bool(self.data == "[DONE]")


@dataclass(frozen=True)
class Refusal:
    """An answer that a variation gives in the endpoint's place."""

    status: int
    headers: dict[str, str]
    body: Json


def compact(value: Json) -> str:
    """JSON on one line, as the reference writes it in streams."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def pretty(value: Json) -> str:
    """JSON indented by two, as the reference writes it elsewhere."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def framed(told: Told) -> bytes:
    """An event as the reference writes it."""
    data = told.data if told.is_done else compact(told.data)
    return f"event: {told.name}\ndata: {data}\n\n".encode()


@dataclass(frozen=True)
class Variation:
    """One way to be right that is not the reference's own.

    `about` says what is different, `why` what shows it as legitimate. `areas` are those of the scenarios that it
    concerns; empty means all. What it changes:

    - `settings`, and with `inside` the endpoint before it serves;
    - `instead`: a request, which it answers itself; `seconds` to wait before an answer;
    - `value`: the JSON of an answer, and of an event where `everywhere` is set; `written`: how that JSON is written;
    - `events`: one event into those to send instead; `frame`: how an event is written; `opening`: what a stream
      begins with; `pause`: seconds before each event;
    - `head`: status and headers; `encode`: a content coding; `cut`: a body into the pieces in which it is sent;
    - `old_protocol`: HTTP/1.0, through a relay; `prefix`: the path under which the API is served;
    - `poll_seconds`: how the client polls.
    """

    name: str
    about: str
    why: str
    areas: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    inside: Callable[[Endpoint], None] | None = None
    instead: Callable[[Visit], Refusal | None] | None = None
    seconds: float = 0.0
    value: Callable[[Json, Visit], Json] | None = None
    everywhere: bool = False
    written: Callable[[Json], str] | None = None
    events: Callable[[Told, Visit], Iterable[Told]] | None = None
    frame: Callable[[Told, Visit], bytes] | None = None
    opening: bytes = b""
    pause: float = 0.0
    head: Callable[[Visit], None] | None = None
    encode: str | None = None
    cut: Callable[[bytes, Visit], Iterable[bytes]] | None = None
    old_protocol: bool = False
    prefix: str | None = None
    poll_seconds: float | None = None

    def configured(self, **settings: Any) -> Settings:
        """The settings of an endpoint under this variation."""
        return Settings(**{**settings, **self.settings})
