"""Server-sent events: frames as the real service writes them, and the channel that carries a run's events."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

DONE = b"event: done\ndata: [DONE]\n\n"


def frame(name: str, data: Any) -> bytes:
    """One event: its name, its data as compact JSON on one line, a blank line."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


class Subscription:
    """The events of a channel from the moment of subscribing to the channel's end."""

    def __init__(self) -> None:
        self._frames: asyncio.Queue[bytes | None] = asyncio.Queue()

    def put(self, data: bytes | None) -> None:
        """Add a frame; None ends the stream."""
        self._frames.put_nowait(data)

    async def frames(self) -> AsyncIterator[bytes]:
        """Every frame as it comes."""
        while (data := await self._frames.get()) is not None:
            yield data


class Channel:
    """Where the engine tells what happens to a run. It tells whether or not anyone listens."""

    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []

    def subscribe(self) -> Subscription:
        """Listen from now on."""
        subscription = Subscription()
        self._subscriptions.append(subscription)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Stop listening; a client that hangs up does not stop the run."""
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def publish(self, name: str, data: Any) -> None:
        """Tell an event to all who listen; the data is written out at once, as it is now."""
        if self._subscriptions:
            written = frame(name, data)
            for subscription in self._subscriptions:
                subscription.put(written)

    def close(self) -> None:
        """End every stream with its sentinel."""
        self._end(DONE)

    def abandon(self) -> None:
        """End every stream where it is, without a sentinel: the endpoint goes down."""
        self._end(None)

    def _end(self, last: bytes | None) -> None:
        for subscription in self._subscriptions:
            if last is not None:
                subscription.put(last)
            subscription.put(None)
        self._subscriptions.clear()
