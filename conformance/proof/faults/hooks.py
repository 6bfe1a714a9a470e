"""Plants faults around a reference endpoint, whose own code stays as it is."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp

from conformance import contract
from conformance.proof.faults.context import FaultContext
from conformance.proof.faults.fault import Fault, Place
from conformance.proof.interception import (
    Answer,
    ExchangeContext,
    Hooks,
    Interception,
    Request,
    StreamEvent,
    json_headers,
    parse_json,
    write_json,
)
from conformance.reference.endpoint import Endpoint
from conformance.reference.errors import ApiError
from conformance.reference.ids import IdGenerator


def plant(app: Starlette, faults: Iterable[Fault]) -> None:
    """Plant faults in an application of `create_app` that does not serve yet."""
    chosen = tuple(faults)
    endpoint: Endpoint = app.state.endpoint
    if any(fault.frozen_clock for fault in chosen):
        endpoint.clock.stand()
    for fault in chosen:
        if fault.place is Place.INSIDE:
            fault.function(endpoint)
    outside = [fault for fault in chosen if fault.place is not Place.INSIDE]
    if outside:
        app.add_middleware(Interception, hooks=_FaultHooks(endpoint, outside))


class NeedsReference(Exception):
    """A fault that works inside the reference endpoint, and so in no other."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(
            f"the fault {fault.id} works inside the suite's own endpoint only: serve --fault {fault.id} plants it "
            "there; proxy --faults lists those that work anywhere"
        )


def refuse_those_inside(faults: Iterable[Fault]) -> None:
    """Raise `NeedsReference` where one of the faults works in the reference endpoint only."""
    for fault in faults:
        if fault.needs_reference:
            raise NeedsReference(fault)


def around(app: ASGIApp, faults: Iterable[Fault], base_path: str) -> ASGIApp:
    """Any application that serves the API under a path, with faults planted around it; raises `NeedsReference`.

    It has to send each event of a stream in one piece, and no body encoded. What has not the members that a fault
    changes goes through as it is.
    """
    chosen = list(faults)
    refuse_those_inside(chosen)
    hooks = _FaultHooks(None, [replace(fault, function=_where_it_fits(fault)) for fault in chosen])
    hooks.base_path = base_path
    return Interception(app, hooks)


def _where_it_fits(fault: Fault) -> Callable[..., Any]:
    def function(value: Any, context: FaultContext) -> Any:
        try:
            return fault.function(value, context)
        except (LookupError, TypeError, AttributeError, ValueError):
            return [value] if fault.place is Place.EVENTS else value

    return function


@dataclass
class _Exchange(ExchangeContext):
    """One exchange, with the context of each fault in it."""

    contexts: dict[str, FaultContext] = field(default_factory=dict)


class _FaultHooks(Hooks):
    def __init__(self, endpoint: Endpoint | None, faults: list[Fault]) -> None:
        self._endpoint: Any = endpoint  # no fault asks for one that is not there
        self._ids = endpoint.ids if endpoint else IdGenerator(None)
        self._faults = faults
        self._operations = contract.load().operations
        self._memories: dict[str, dict[Any, Any]] = {fault.id: {} for fault in faults}

    def context(self, request: Request) -> _Exchange:
        route = self._operations.match(request.method, request.path, "")
        operation, ids = (route.operation.operation_id, dict(route.path_params)) if route else ("", {})
        shared = FaultContext(operation, ids, request.query, parse_json(request.content), self._endpoint)
        shared.request_headers = request.headers
        contexts = {name: replace(shared, memory=memory, stream={}) for name, memory in self._memories.items()}
        return _Exchange(request, contexts=contexts)

    def request(self, context: _Exchange) -> Answer | None:
        request = context.request
        try:
            for fault, own in self._at(Place.REQUESTS, context):
                before = request.content
                request.changed = True
                fault.function(request, own)
                if request.body is not None and request.content is before:
                    request.content = write_json(request.body)
        except ApiError as refusal:
            return self._refused(refusal)
        return None

    def answer(self, answer: Answer, context: _Exchange) -> None:
        for fault, own in self._at(Place.ANSWERS, context):
            fault.function(answer, own)

    def objects(self, value: Any, context: _Exchange, event: str | None) -> None:
        for fault, own in self._at(Place.OBJECTS, context):
            for found, own.listed in _objects(value):
                if not fault.only or found.get("object") in fault.only:
                    own.event = event
                    fault.function(found, own)

    def event(self, event: StreamEvent, context: _Exchange) -> list[StreamEvent]:
        events = [event]
        for fault, own in self._at(Place.EVENTS, context):
            events = [made for event in events for made in fault.function(event, own)]
        return events

    def frame(self, event: StreamEvent, context: _Exchange) -> bytes:
        frame = super().frame(event, context)
        for fault, own in self._at(Place.FRAMES, context):
            own.event = event.name
            frame = fault.function(frame, own)
        return frame

    def _at(self, place: Place, context: _Exchange) -> Iterator[tuple[Fault, FaultContext]]:
        """The faults that work at a place in this exchange, each with its context."""
        for fault in self._faults:
            own = context.contexts[fault.id]
            if fault.place is place and (place is Place.OBJECTS or not fault.only or own.operation in fault.only):
                yield fault, own

    def _refused(self, refusal: ApiError) -> Answer:
        headers = json_headers(
            openai_organization="reference",
            openai_processing_ms="1",
            openai_version="2020-10-01",
            x_request_id=self._ids.request(),
            **refusal.headers,
        )
        return Answer(refusal.status, headers, refusal.body)


def _objects(value: Any) -> Iterator[tuple[dict[str, Any], bool]]:
    """An object and, where it is a list, its items; with each whether it is an item."""
    if isinstance(value, dict):
        yield value, False
        if isinstance(value.get("data"), list):
            yield from ((item, True) for item in value["data"] if isinstance(item, dict))
