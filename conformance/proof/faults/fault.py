"""What a fault is, and the six places where one can be planted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


class Place(StrEnum):
    """Where a fault works, and what its function is given there (always with the `Scene` as the second argument).

    A request (`Sent`) before the endpoint sees it, an answer (`Answer`) that is no stream, every object (a dict) of
    some kinds wherever it is shown, an event (`Told`) of a stream for which the function returns those to send instead,
    the bytes of a frame, and the endpoint itself (without a scene), to replace what it is made of.
    """

    REQUESTS = "requests"
    ANSWERS = "answers"
    OBJECTS = "objects"
    EVENTS = "events"
    FRAMES = "frames"
    INSIDE = "inside"


@dataclass(frozen=True)
class Fault:
    """One deviation: its id (`area.name`), the requirement it must trip, and what it does in one sentence.

    `only` are the operations it touches, or for objects their kinds; empty means all. `still` is for a fault that shows
    only within one second: the endpoint's clock stands, wherever in its second the machine's stood.
    """

    id: str
    trips: str
    about: str
    place: Place
    only: frozenset[str]
    function: Callable[..., Any]
    still: bool = False

    @property
    def area(self) -> str:
        """The area, as the fault's id tells it."""
        return self.id.partition(".")[0]


_FAULTS: dict[str, Fault] = {}


def registered() -> dict[str, Fault]:
    """Every fault by id, as far as the areas are imported."""
    return dict(_FAULTS)


def requests(
    *operations: str, trips: str, id: str | None = None, about: str | None = None, still: bool = False
) -> Callable[[Function], Function]:
    """A fault that changes requests to these operations, or refuses them by raising `ApiError`."""
    return _planter(Place.REQUESTS, operations, trips, id, about, still)


def answers(
    *operations: str, trips: str, id: str | None = None, about: str | None = None, still: bool = False
) -> Callable[[Function], Function]:
    """A fault that changes answers of these operations; none named: of all."""
    return _planter(Place.ANSWERS, operations, trips, id, about, still)


def objects(*kinds: str, trips: str, id: str | None = None, about: str | None = None) -> Callable[[Function], Function]:
    """A fault that changes objects of these kinds, in answers, lists and streams alike."""
    return _planter(Place.OBJECTS, kinds, trips, id, about)


def events(
    *operations: str, trips: str, id: str | None = None, about: str | None = None
) -> Callable[[Function], Function]:
    """A fault that replaces the events of streams."""
    return _planter(Place.EVENTS, operations, trips, id, about)


def frames(
    *operations: str, trips: str, id: str | None = None, about: str | None = None
) -> Callable[[Function], Function]:
    """A fault that changes how events are written."""
    return _planter(Place.FRAMES, operations, trips, id, about)


def inside(*, trips: str, id: str | None = None, about: str | None = None) -> Callable[[Function], Function]:
    """A fault that replaces a part of the endpoint before it serves."""
    return _planter(Place.INSIDE, (), trips, id, about)


def _planter(
    place: Place, only: tuple[str, ...], trips: str, id: str | None, about: str | None, still: bool = False
) -> Callable[[Function], Function]:
    def register(function: Function) -> Function:
        name = id or f"{function.__module__.rpartition('.')[2]}.{function.__name__}"
        if name in _FAULTS:
            raise ValueError(f"two faults are called {name}")
        told = about or (function.__doc__ or "").strip()
        _FAULTS[name] = Fault(name, trips, told, place, frozenset(only), function, still)
        return function

    return register
