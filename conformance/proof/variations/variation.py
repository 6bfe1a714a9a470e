"""What a variation is: the places where it changes what the reference endpoint answers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol, TypeAlias

from conformance.proof.interception import Answer, ExchangeContext, StreamEvent
from conformance.reference.endpoint import Endpoint
from conformance.reference.settings import Settings

Json: TypeAlias = Any


class Coder(Protocol):
    """A compressor of zlib."""

    def compress(self, data: bytes, /) -> bytes:
        """Take in bytes."""

    def flush(self, mode: int = ..., /) -> bytes:
        """What is left."""


@dataclass(kw_only=True)
class VariationContext(ExchangeContext):
    """One exchange under a variation.

    `memory` lasts as long as the endpoint, `stream` as long as one answer. `chance` is the same from run to run for
    the same exchange.
    """

    endpoint: Endpoint
    memory: dict[Any, Any]
    chance: Random
    coder: Coder | None = None


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
    instead: Callable[[VariationContext], Answer | None] | None = None
    seconds: float = 0.0
    value: Callable[[Json, VariationContext], Json] | None = None
    everywhere: bool = False
    written: Callable[[Json], str] | None = None
    events: Callable[[StreamEvent, VariationContext], Iterable[StreamEvent]] | None = None
    frame: Callable[[StreamEvent, VariationContext], bytes] | None = None
    opening: bytes = b""
    pause: float = 0.0
    head: Callable[[Answer, VariationContext], None] | None = None
    encode: str | None = None
    cut: Callable[[bytes, VariationContext], Iterable[bytes]] | None = None
    old_protocol: bool = False
    prefix: str | None = None
    poll_seconds: float | None = None

    def configured(self, **settings: Any) -> Settings:
        """The settings of an endpoint under this variation."""
        return Settings(**{**settings, **self.settings})

    @property
    def affects_all(self) -> bool:
        """Whether it changes the endpoint itself or the client, so that every answer is one of its answers."""
        return bool(self.settings or self.inside or self.seconds or self.poll_seconds or self.old_protocol)
