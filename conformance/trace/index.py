"""The index of a trace: what it says of calls, objects, pages and streams, each worked out once, when asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import TypeVar

from conformance.contract import Contract
from conformance.trace.calls import NO_CALLS, OperationCall, Timeline
from conformance.trace.exchange import Exchange
from conformance.trace.history import History
from conformance.trace.pages import Page, whole_lists
from conformance.trace.run_stream import RunStream, read_run_stream
from conformance.trace.trace import Sighting, Trace

CREATING_RUNS = ("createRun", "createThreadAndRun")
View = TypeVar("View")


class Index:
    """What a trace says under a contract; every check is given it, and asks it for its subjects.

    What a trace does not have costs nothing: the look-ups give back what is empty. A call is *effective* where it was
    not refused; one that got no answer is, since nobody knows whether it arrived.
    """

    def __init__(self, trace: Trace, contract: Contract) -> None:
        self.trace = trace
        self.contract = contract
        self._views: dict[Callable[[Index], object], object] = {}
        self._selected: dict[tuple[object, ...], Timeline] = {}
        self._grouped: dict[tuple[object, ...], dict[str, Timeline]] = {}
        self._shown: dict[tuple[str, ...], dict[int, Sighting]] = {}
        self._walks: dict[str, tuple[list[Page], ...]] = {}
        self._nothing = History(trace)

    def view(self, build: Callable[[Index], View]) -> View:
        """What a function makes of this index, made once: how several checks share what is about their area."""
        if build not in self._views:
            self._views[build] = build(self)
        return self._views[build]  # type: ignore[return-value]  # kept under the function that made it

    def release(self) -> None:
        """Forget everything: views refer to the index, so that it would stay until cycles are searched for."""
        vars(self).clear()

    # ---- calls -------------------------------------------------------------------------------------------------------

    @cached_property
    def calls(self) -> Timeline:
        """Every call of an operation, in trace order; exchanges that merely show a missing feature are left out."""
        match, base_path, absent = self.contract.operations.match, self.trace.base_path, self.trace.absent
        found = []
        for exchange in self.trace.exchanges:
            if exchange.number in absent:
                continue
            route = match(exchange.request.method, exchange.request.path, base_path)
            if route is not None:
                found.append(OperationCall(exchange, route.operation, route.path_params))
        return Timeline(found)

    @cached_property
    def _calls_by_number(self) -> dict[int, OperationCall]:
        return {call.number: call for call in self.calls}

    @cached_property
    def _calls_by_operation(self) -> dict[str, list[OperationCall]]:
        found: dict[str, list[OperationCall]] = {}
        for call in self.calls:
            found.setdefault(call.operation, []).append(call)
        return found

    @cached_property
    def off_surface(self) -> tuple[Exchange, ...]:
        """The answered exchanges that are for no operation."""
        return tuple(exchange for exchange in self.trace.answered if exchange.number not in self._calls_by_number)

    def call(self, number: int) -> OperationCall | None:
        """The call in the exchange with this number; None where it is for no operation."""
        return self._calls_by_number.get(number)

    def calls_to(self, *operations: str, effective: bool = False) -> Timeline:
        """The calls of these operations in trace order; with `effective` those that were not refused."""
        key = (operations, effective)
        if key not in self._selected:
            by_operation = self._calls_by_operation
            there = [by_operation[operation] for operation in operations if operation in by_operation]
            found = there[0] if len(there) == 1 else sorted(chain.from_iterable(there), key=_number)
            if effective:
                found = [call for call in found if not call.refused]
            self._selected[key] = Timeline(found) if found else NO_CALLS
        return self._selected[key]

    def calls_by(self, parameter: str, *operations: str, effective: bool = False) -> Mapping[str, Timeline]:
        """Calls by what a path parameter names; of all operations where none is named."""
        key = (parameter, operations, effective)
        if key not in self._grouped:
            calls = self.calls_to(*operations, effective=effective) if operations else self.calls
            found: dict[str, list[OperationCall]] = {}
            for call in calls:
                if parameter in call.params and not (effective and call.refused):
                    found.setdefault(call.params[parameter], []).append(call)
            self._grouped[key] = {named: Timeline(group) for named, group in found.items()}
        return self._grouped[key]

    def calls_on(self, parameter: str, named: str, *operations: str, effective: bool = False) -> Timeline:
        """The calls whose path parameter names this object."""
        return self.calls_by(parameter, *operations, effective=effective).get(named, NO_CALLS)

    # ---- objects -----------------------------------------------------------------------------------------------------

    def exchange(self, sighting: Sighting) -> Exchange:
        """The exchange that a sighting is in."""
        return self.trace.exchange(sighting.where.exchange)

    @cached_property
    def _by_kind(self) -> dict[str, dict[str, History]]:
        grouped: dict[str, dict[str, list[Sighting]]] = {}
        for sighting in self.trace.sightings:
            grouped.setdefault(sighting.kind, {}).setdefault(sighting.id, []).append(sighting)
        return {
            kind: {named: History(self.trace, seen) for named, seen in objects.items()}
            for kind, objects in grouped.items()
        }

    @property
    def kinds(self) -> Iterable[str]:
        """The object constants that the trace shows, in order of their first appearance."""
        return self._by_kind

    def objects(self, kind: str) -> Mapping[str, History]:
        """The history of every object of a kind (the constant under `object`), by id."""
        return self._by_kind.get(kind, {})

    def history(self, kind: str, named: str | None) -> History:
        """The sightings of one object; empty where there are none."""
        return self.objects(kind).get(named or "", self._nothing)

    @cached_property
    def _sightings_by_kind(self) -> dict[str, list[Sighting]]:
        found: dict[str, list[Sighting]] = {}
        for sighting in self.trace.sightings:
            found.setdefault(sighting.kind, []).append(sighting)
        return found

    @cached_property
    def _sightings_by_number(self) -> dict[int, list[Sighting]]:
        found: dict[int, list[Sighting]] = {}
        for sighting in self.trace.sightings:
            found.setdefault(sighting.where.exchange, []).append(sighting)
        return found

    def sightings_in(self, number: int) -> Sequence[Sighting]:
        """What the exchange with this number shows, in order."""
        return self._sightings_by_number.get(number, ())

    def sightings(self, kind: str) -> Sequence[Sighting]:
        """Every sighting of a kind, of whatever object, in trace order."""
        return self._sightings_by_kind.get(kind, ())

    def shown_by(self, *kinds: str) -> Mapping[int, Sighting]:
        """By exchange number, the first object of one of these kinds that an exchange showed outside of a list."""
        if kinds not in self._shown:
            found: dict[int, Sighting] = {}
            for kind in kinds:
                for sighting in self._sightings_by_kind.get(kind, ()):
                    if not sighting.listed:
                        known = found.get(sighting.where.exchange)
                        if known is None or (len(kinds) > 1 and _place(sighting) < _place(known)):
                            found[sighting.where.exchange] = sighting
            self._shown[kinds] = found
        return self._shown[kinds]

    @cached_property
    def runs_created_in(self) -> frozenset[int]:
        """The numbers of the answered exchanges that created runs."""
        return frozenset(call.number for call in self.calls_to(*CREATING_RUNS) if call.ok)

    # ---- lists and streams -------------------------------------------------------------------------------------------

    @cached_property
    def _pages(self) -> dict[str, list[Page]]:
        found: dict[str, list[Page]] = {}
        for operation, calls in self._calls_by_operation.items():
            spec = self.contract.operations.by_id[operation]
            parameters = frozenset(p.name for p in spec.parameters if p.location == "query")
            if "after" in parameters:
                found[operation] = [
                    Page(call, parameters)
                    for call in calls
                    if call.ok
                    and not _before_pages(call)
                    and call.answer.get("object", "list") == "list"
                    and isinstance(call.answer.get("data"), list)
                ]
        return found

    @cached_property
    def all_pages(self) -> tuple[Page, ...]:
        """The pages of all lists that have pages, in trace order."""
        return tuple(sorted((page for pages in self._pages.values() for page in pages), key=lambda page: page.number))

    def pages(self, *operations: str) -> tuple[Page, ...]:
        """The pages of these lists, in trace order."""
        found = [page for operation in operations for page in self._pages.get(operation, ())]
        return tuple(sorted(found, key=lambda page: page.number)) if len(operations) > 1 else tuple(found)

    def whole_lists(self, operation: str) -> tuple[list[Page], ...]:
        """The walks that met all of a list, page by page."""
        if operation not in self._walks:
            self._walks[operation] = tuple(whole_lists(self.pages(operation)))
        return self._walks[operation]

    @cached_property
    def streams(self) -> tuple[RunStream, ...]:
        """The successful streams of runs, in trace order."""
        grammar = self.contract.grammar
        found = []
        for call in self.calls:
            response = call.exchange.response
            if response is not None and call.ok and response.is_stream:
                kind = grammar.of_operation(call.operation)
                if kind is not None:
                    found.append(read_run_stream(call.exchange, kind, grammar))
        return tuple(found)


_number = attrgetter("number")


def _before_pages(call: OperationCall) -> bool:
    """Whether a list is of a day when it had no pages and no order; of an unknown day it is taken to have them."""
    since, day = call.spec.paged_since, call.exchange.day
    return since is not None and day is not None and day < since


def _place(sighting: Sighting) -> tuple[int, int]:
    return sighting.where.exchange, sighting.where.event or 0
