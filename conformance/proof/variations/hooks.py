"""A variation as hooks around a reference endpoint, and the count of what it changed."""

import asyncio
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from starlette.types import Scope

from conformance.proof.interception import Answer, Hooks, Request, StreamEvent, write_json
from conformance.proof.variations.variation import Variation, VariationContext
from conformance.reference.endpoint import Endpoint

_WINDOW_BITS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


@dataclass
class Tally:
    """How many answers a variation has met, and how many of those it has changed."""

    met: int = 0
    changed: int = 0


@dataclass
class VariationHooks(Hooks):
    """Puts a variation around an endpoint."""

    variation: Variation
    endpoint: Endpoint
    tally: Tally
    _memory: dict[Any, Any] = field(default_factory=dict)

    def scope(self, scope: Scope) -> Scope | None:
        """The scope without the variation's path prefix."""
        prefix = self.variation.prefix
        if prefix and scope["path"].startswith(prefix):
            path = scope["path"].removeprefix(prefix)
            scope = {**scope, "path": path, "raw_path": scope["raw_path"].removeprefix(prefix.encode())}
            self.tally.changed += 1
        return super().scope(scope)

    def context(self, request: Request) -> VariationContext:
        """A context whose chance is the same from run to run."""
        self.tally.met += 1
        chance = Random(f"{self.variation.name} {self.tally.met}")
        return VariationContext(request, endpoint=self.endpoint, memory=self._memory, chance=chance)

    def request(self, context: VariationContext) -> Answer | None:
        """The variation's own answer, where it has one."""
        answer = self.variation.instead(context) if self.variation.instead else None
        context.changed |= answer is not None or self.variation.affects_all
        return answer

    def answer(self, answer: Answer, context: VariationContext) -> None:
        """Change the JSON, how it is written, its coding, and the headers."""
        variation = self.variation
        if not answer.is_stream and answer.content is None:
            if variation.value:
                answer.body = variation.value(answer.body, context)
            answer.content = variation.written(answer.body).encode() if variation.written else write_json(answer.body)
        if variation.encode:
            context.coder = zlib.compressobj(wbits=_WINDOW_BITS[variation.encode])
            answer.headers["content-encoding"] = variation.encode
            if answer.content is not None:
                answer.content = context.coder.compress(answer.content) + context.coder.flush()
        if variation.head:
            variation.head(answer, context)

    def opening(self, context: VariationContext) -> bytes:
        """What the variation begins streams with."""
        return self.variation.opening

    def event(self, event: StreamEvent, context: VariationContext) -> Iterator[StreamEvent]:
        """The variation's events in place of one."""
        variation = self.variation
        for made in variation.events(event, context) if variation.events else (event,):
            if variation.everywhere and variation.value and not made.is_done:
                yield StreamEvent(made.name, variation.value(made.data, context))
            else:
                yield made

    def frame(self, event: StreamEvent, context: VariationContext) -> bytes:
        """An event as the variation writes it."""
        frame = (self.variation.frame or super().frame)(event, context)
        return context.coder.compress(frame) + context.coder.flush(zlib.Z_SYNC_FLUSH) if context.coder else frame

    def closing(self, context: VariationContext) -> bytes:
        """The end of a compressed stream."""
        return context.coder.flush() if context.coder else b""

    def chunks(self, data: bytes, context: VariationContext) -> Iterable[bytes]:
        """The pieces into which the variation cuts bytes."""
        return self.variation.cut(data, context) if self.variation.cut else (data,)

    async def wait(self, context: VariationContext, event: StreamEvent | None) -> None:
        """Send an answer or an event late."""
        if event is None and self.variation.seconds:
            await asyncio.sleep(context.chance.random() * self.variation.seconds)
        if event is not None and self.variation.pause:
            context.changed = True
            await asyncio.sleep(self.variation.pause)

    def done(self, context: VariationContext) -> None:
        """Count an exchange that was changed; those under a prefix are counted already."""
        self.tally.changed += context.changed and not self.variation.prefix
