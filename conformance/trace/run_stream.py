"""Event streams as the checks read them: each frame with the event that it is, and how the stream came to its end."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from conformance.contract.grammar import EventKind, Grammar, StreamKind, Token
from conformance.trace.event import DONE, Event
from conformance.trace.exchange import Exchange
from conformance.trace.folding import Folded
from conformance.trace.json import mapping, text


@dataclass(frozen=True, slots=True)
class Frame:
    """One event of a stream that is not the sentinel, with the deltas that differ from it in their text alone.

    `names` are what it may be read as, the likeliest first: its own name, and what its data says where that is
    something else. `kind` is the event that its data is of, None where the contract does not know it, and `family` what
    that is about. `data` is empty where it is no JSON object; `id` is that of the object that it is, or is a piece of.
    """

    folded: Folded
    names: tuple[str, ...]
    kind: EventKind | None
    family: str | None
    data: dict[str, Any]
    id: str | None
    is_delta: bool

    @property
    def event(self) -> Event:
        """The event; of folded ones the first."""
        return self.folded.event

    @property
    def number(self) -> int:
        """The number of the event."""
        return self.folded.event.number

    @property
    def count(self) -> int:
        """How many events are folded into this frame."""
        return self.folded.count

    @property
    def creates(self) -> bool:
        """Whether the event is the first of its object."""
        return self.kind is not None and self.kind.name.endswith(".created")

    @property
    def closes(self) -> bool:
        """Whether the event is the last of its step or message."""
        if self.kind is None or self.family not in ("step", "message"):
            return False
        return self.kind.status not in (None, "in_progress")

    @property
    def letter(self) -> Token:
        """The event without its data, as the grammar reads it."""
        is_object = self.family in ("step", "message")
        return Token(self.number, self.names, self.id if is_object else None, text(self.data.get("type")))


@dataclass(frozen=True)
class RunStream:
    """The stream of a run.

    `frames` are its events in order, without the sentinels; `events` are both. `hung_up` tells that the client closed
    it on purpose; `broken` that it was not delivered to its end otherwise: the connection broke, the last frame is
    torn, or it holds neither the end of its run nor an error nor a sentinel.
    """

    exchange: Exchange
    kind: StreamKind
    frames: tuple[Frame, ...]
    sentinels: tuple[Event, ...]
    events: tuple[Folded, ...]
    hung_up: bool
    broken: bool

    @property
    def number(self) -> int:
        """The number of the exchange."""
        return self.exchange.number

    @property
    def whole(self) -> bool:
        """Whether the stream was delivered to its end."""
        return not (self.hung_up or self.broken)

    @property
    def failed(self) -> bool:
        """Whether the service told an error in place of going on."""
        return any(frame.family == "error" for frame in self.frames)

    @cached_property
    def count(self) -> int:
        """How many events the stream has, the sentinels included."""
        return sum(folded.count for folded in self.events)


def is_sentinel(event: Event) -> bool:
    """Whether an event means to be the sentinel, be it right in all its parts or not."""
    return event.name == "done" or (event.data is not None and event.data.strip() == DONE)


def read_run_stream(exchange: Exchange, kind: StreamKind, grammar: Grammar) -> RunStream:
    """Read a streamed answer as the stream of a run."""
    response = exchange.response
    assert response is not None
    events = response.folded
    last = events[-1].event if events else None
    torn = last is not None and not last.closed and _is_torn(last, cut=not response.complete)
    if torn:
        events = events[:-1]
    frames = tuple(_frame(folded, grammar) for folded in events if not is_sentinel(folded.event))
    sentinels = tuple(folded.event for folded in events if is_sentinel(folded.event))
    finished = any(frame.family == "error" or not grammar.run_end.isdisjoint(frame.names) for frame in frames)
    hung_up = exchange.is_given_up
    return RunStream(
        exchange=exchange,
        kind=kind,
        frames=frames,
        sentinels=sentinels,
        events=events,
        hung_up=hung_up,
        broken=not hung_up and (not response.complete or torn or not (finished or sentinels)),
    )


def _is_torn(last: Event, *, cut: bool) -> bool:
    """Whether the last event, which has no blank line after it, is only the beginning of one."""
    if cut or last.data is None:
        return True
    if last.name == "done" or last.data == DONE:
        return last.data != DONE
    return last.json_or_none is None


def _frame(folded: Folded, grammar: Grammar) -> Frame:
    event = folded.event
    data = mapping(event.json_or_none) if event.data is not None else {}
    names, kind = _reading(event.name, data, grammar)
    return Frame(
        folded=folded,
        names=names,
        kind=kind,
        family=kind.family if kind else None,
        data=data,
        id=text(data.get("id")),
        is_delta=kind is not None and kind.is_delta,
    )


def _reading(name: str | None, data: dict[str, Any], grammar: Grammar) -> tuple[tuple[str, ...], EventKind | None]:
    """What an event may be read as, and the event that its data is of."""
    constant = text(data.get("object"))
    by_data = grammar.names_for(constant, text(data.get("status"))) if constant else ()
    if name is None:
        return by_data, grammar.events[by_data[0]] if by_data else None
    kind = grammar.events.get(name)
    if kind is None or name in by_data or not by_data:
        return (name,), kind
    if kind.object != constant:
        kind = grammar.events[by_data[0]]
    return (name, *by_data), kind
