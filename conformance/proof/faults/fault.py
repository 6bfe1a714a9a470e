"""What a fault is, and the places where one can be planted.

A fault is a change that is registered for a place: as a row, or as a function where there is logic in it.

    on_run = objects("thread.run")
    on_run("RUN-FIELD-13", "runs.failed_without_reason")("A failed run has no last_error.", put("last_error", None))

    @on_run.function("RUN-USAGE-02")
    def usage_of_the_last_step(run: Json, context: FaultContext) -> None: ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import CodeType
from typing import Any, TypeVar

from conformance.proof.faults.context import OF_THE_REFERENCE, FaultContext
from conformance.proof.interception import Answer, Request, StreamEvent

Function = TypeVar("Function", bound=Callable[..., Any])


class Place(StrEnum):
    """Where a fault works: on requests, answers, objects, events, frames of a stream, or inside the endpoint."""

    REQUESTS = "requests"
    ANSWERS = "answers"
    OBJECTS = "objects"
    EVENTS = "events"
    FRAMES = "frames"
    INSIDE = "inside"


@dataclass(frozen=True)
class Fault:
    """One deviation: its id (`area.name`), the requirement it must trip, and what it does in one sentence.

    `only` are the operations it touches, or for objects their kinds; empty means all. `frozen_clock` is for a fault
    that shows only within one second: the endpoint's clock stands, wherever in its second the machine's stood.
    """

    id: str
    trips: str
    about: str
    place: Place
    only: frozenset[str]
    function: Callable[..., Any]
    frozen_clock: bool = False

    @property
    def area(self) -> str:
        """The area, the first part of the id."""
        return self.id.partition(".")[0]

    @property
    def needs_reference(self) -> bool:
        """Whether it reaches into the reference endpoint, and so cannot be planted around another."""
        return self.place is Place.INSIDE or _asks_for_endpoint(self.function, set())


def _asks_for_endpoint(value: Any, seen: set[int]) -> bool:
    """Whether a function, or one of those that it is made of, asks its context for what the reference holds."""
    if isinstance(value, list | tuple):
        return any(_asks_for_endpoint(item, seen) for item in value)
    code = getattr(value, "__code__", None)
    if code is None or id(value) in seen:
        return False
    seen.add(id(value))
    names: set[str] = set()
    waiting = [code]
    while waiting:
        one = waiting.pop()
        names.update(one.co_names)
        waiting += [constant for constant in one.co_consts if isinstance(constant, CodeType)]
    within = [cell.cell_contents for cell in value.__closure__ or ()]
    called = [found for name in names if (found := value.__globals__.get(name)) is not None]
    return bool(names & OF_THE_REFERENCE) or any(_asks_for_endpoint(part, seen) for part in (*within, *called))


_FAULTS: dict[str, Fault] = {}


def registered() -> dict[str, Fault]:
    """Every fault by id, as far as the areas are imported."""
    return dict(_FAULTS)


@dataclass(frozen=True)
class Hook:
    """A place for faults, which registers them; `adapt` makes a function of the place out of a change to JSON."""

    place: Place
    only: tuple[str, ...]
    frozen_clock: bool = False
    adapt: Callable[[Callable[..., Any]], Callable[..., Any]] = lambda change: change

    def __call__(self, trips: str, id: str) -> Callable[[str, Callable[..., Any]], None]:
        """Register a fault by requirement and id, then by what is wrong and the change."""
        return lambda about, change: self._register(id, trips, about, change)

    def function(self, trips: str, *, area: str | None = None) -> Callable[[Function], Function]:
        """Register the function that follows: its name is the fault's, its docstring tells what is wrong."""

        def register(function: Function) -> Function:
            within = area or function.__module__.rpartition(".")[2]
            self._register(f"{within}.{function.__name__}", trips, (function.__doc__ or "").strip(), function)
            return function

        return register

    def _register(self, id: str, trips: str, about: str, change: Callable[..., Any]) -> None:
        if id in _FAULTS:
            raise ValueError(f"two faults are called {id}")
        only = frozenset(self.only)
        _FAULTS[id] = Fault(id, trips, about, self.place, only, self.adapt(change), self.frozen_clock)


def requests(*operations: str, frozen_clock: bool = False) -> Hook:
    """Requests to these operations (none named: all): the `Request` is changed, or refused by raising `ApiError`."""
    return Hook(Place.REQUESTS, operations, frozen_clock)


def request_bodies(*operations: str) -> Hook:
    """The JSON objects that requests to these operations send."""

    def adapt(change: Callable[..., Any]) -> Callable[..., Any]:
        def on_request(request: Request, context: FaultContext) -> None:
            if isinstance(request.body, dict):
                change(request.body, context)

        return on_request

    return Hook(Place.REQUESTS, operations, adapt=adapt)


def answers(*operations: str, frozen_clock: bool = False) -> Hook:
    """Answers of these operations (none named: all), and what streams begin with, as `Answer`."""
    return Hook(Place.ANSWERS, operations, frozen_clock)


def answer_bodies(*operations: str, frozen_clock: bool = False) -> Hook:
    """The JSON objects of successful answers of these operations."""

    def adapt(change: Callable[..., Any]) -> Callable[..., Any]:
        def on_answer(answer: Answer, context: FaultContext) -> None:
            if answer.ok:
                context.answer = answer
                change(answer.body, context)

        return on_answer

    return Hook(Place.ANSWERS, operations, frozen_clock, adapt)


def refusals(*operations: str, status: tuple[int, ...] = ()) -> Hook:
    """The errors of refusals with one of these statuses (none named: all)."""

    def adapt(change: Callable[..., Any]) -> Callable[..., Any]:
        def on_answer(answer: Answer, context: FaultContext) -> None:
            error = answer.body.get("error") if answer.status >= 400 and isinstance(answer.body, dict) else None
            if isinstance(error, dict) and (not status or answer.status in status):
                context.answer = answer
                change(error, context)

        return on_answer

    return Hook(Place.ANSWERS, operations, adapt=adapt)


def objects(*kinds: str) -> Hook:
    """Objects of these kinds, in answers, lists and streams alike."""
    return Hook(Place.OBJECTS, kinds)


def events(*operations: str) -> Hook:
    """Events of streams, as `StreamEvent`; the function returns those to send instead."""
    return Hook(Place.EVENTS, operations)


def event_data(*names: str, of: tuple[str, ...] = (), within: str = "") -> Hook:
    """The data of events with these names, in the streams of some operations or of all.

    `within` is a place in the data (`delta.content`): each of the objects there is changed instead.
    """

    def adapt(change: Callable[..., Any]) -> Callable[..., Any]:
        def on_event(event: StreamEvent, context: FaultContext) -> list[StreamEvent]:
            if event.name in names:
                for found in objects_at(event.data, within) if within else [event.data]:
                    change(found, context)
            return [event]

        return on_event

    return Hook(Place.EVENTS, of, adapt=adapt)


def frames(*operations: str) -> Hook:
    """The bytes of events; the function returns those to send instead."""
    return Hook(Place.FRAMES, operations)


def objects_at(value: Any, path: str) -> list[Any]:
    """The objects at a place, where a step through an array means each of its items."""
    for name in path.split("."):
        items = value if isinstance(value, list) else [value]
        found = [item[name] for item in items if isinstance(item, dict) and item.get(name) is not None]
        value = [each for part in found for each in (part if isinstance(part, list) else [part])]
    return list(value)


inside = Hook(Place.INSIDE, ())
"""The endpoint itself, before it serves: the function replaces what it is made of."""
