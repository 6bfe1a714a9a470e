"""The grammar of event streams: which events there are, and in which order they come.

The grammar is data (`specs/streams.yaml`); here it becomes a small state machine that reads a stream, reports every
place where the order breaks, and reads on as if that one thing had been right.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.contract.yaml_files import BrokenContract, load_yaml

_CREATED_STEP = "thread.run.step.created"
_ANY = "*"
_STAY = "stay"
# May come at any moment, so it is not listed among the allowed events.
_ERROR = "error"
# How many events after a break decide which repair explains it best. A step with its message has seven.
_HORIZON = 8


@dataclass(frozen=True)
class EventKind:
    """One event of the contract.

    `family` is what it is about: thread, run, step, message, error or done. `object` and `status` are what its data
    must carry, None where it carries none. `formerly` names the event that carried the same status before this one
    existed. `once` tells that it may come at most once in a stream.
    """

    name: str
    family: str
    object: str | None = None
    status: str | None = None
    formerly: str | None = None
    once: bool = False

    @property
    def is_delta(self) -> bool:
        """Whether the event carries a piece of an object, not the object."""
        return self.object is not None and self.object.endswith(".delta")


@dataclass(frozen=True)
class StreamKind:
    """A kind of stream: the operation that is answered with it, and the state in which its reader begins."""

    name: str
    operation: str
    start: str


@dataclass(frozen=True, slots=True)
class Token:
    """What the order of a stream is made of: one event, without its data.

    `number` is the event's number in its stream. `names` are the names it may go by: one, or several where the frame
    had no name, or one that its data denies. `subject` is the id of the object it is about, `step_type` the type of a
    step.
    """

    number: int
    names: tuple[str, ...]
    subject: str | None = None
    step_type: str | None = None


@dataclass(frozen=True, slots=True)
class OrderViolation:
    """One place where the order breaks.

    `number` is the event there, None where the stream ended instead. `allowed` are the events that could have come,
    `came` what did, None for the end.
    """

    requirement: str
    number: int | None
    allowed: tuple[str, ...]
    came: str | None


@dataclass(frozen=True, slots=True)
class _Edge:
    to: str
    breaks: str | None = None
    again: bool = False


@dataclass(frozen=True)
class _State:
    edges: dict[str, _Edge]
    misplaced: str | None
    ends: bool

    @cached_property
    def allowed(self) -> tuple[str, ...]:
        return tuple(
            symbol for symbol, edge in self.edges.items() if edge.breaks is None and symbol not in (_ANY, _ERROR)
        )


@dataclass(frozen=True, slots=True)
class _Symbol:
    """A token as the state machine reads it: its possible symbols, and the number of the event it begins with."""

    number: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Repair:
    """A way to read on after a break: where, from which symbol, and what it takes to be wrong."""

    state: str
    position: int
    requirement: str
    cost: int


class Grammar:
    """The events and the order of them; raises `BrokenContract` where the data does not fit together."""

    def __init__(self, path: Path) -> None:
        document = load_yaml(path)
        try:
            self.events = {name: EventKind(name, **row) for name, row in document["events"].items()}
            self.kinds = {name: StreamKind(name, **row) for name, row in document["kinds"].items()}
            self.run_end: frozenset[str] = frozenset(document["run_end"])
            self._exercised_by: dict[str, dict[str, list[str]]] = document["exercised_by"]
            self._misplaced: dict[str, str] = document["misplaced"]
            self._end: str = document["end"]["breaks"]
            self._states = {name: _state(name, row, document["shared"]) for name, row in document["states"].items()}
        except (KeyError, TypeError, AttributeError) as problem:
            raise BrokenContract(path, f"the grammar is not of the expected form: {problem!r}") from problem
        self._transitions: dict[tuple[str, tuple[str, ...]], tuple[_Edge | None, str]] = {}
        self._require_consistency(path)

    @property
    def requirements(self) -> frozenset[str]:
        """The ids that a violation can stand under."""
        return frozenset(self._exercised_by)

    def of_operation(self, operation_id: str) -> StreamKind | None:
        """The kind of stream that an operation is answered with; None where it cannot stream."""
        return self._kinds_by_operation.get(operation_id)

    @cached_property
    def _kinds_by_operation(self) -> dict[str, StreamKind]:
        return {kind.operation: kind for kind in self.kinds.values()}

    def names_for(self, kind: str | None, status: str | None) -> tuple[str, ...]:
        """The events whose data has this object constant and status: what a frame without a name may have been."""
        return self._names.get((kind, status), ()) or self._names.get((kind, None), ())

    @cached_property
    def _names(self) -> dict[tuple[str | None, str | None], tuple[str, ...]]:
        found: dict[tuple[str | None, str | None], tuple[str, ...]] = {}
        for event in self.events.values():
            if event.object is not None:
                key = (event.object, event.status)
                found[key] = (*found.get(key, ()), event.name)
        return found

    def exercised(self, kind: StreamKind, tokens: Iterable[Token]) -> dict[str, int]:
        """How many times a stream puts each requirement of the order to the test."""
        names = Counter(token.names[0] for token in tokens if token.names)
        counts = {
            requirement: int(kind.name in by.get("kinds", ())) + sum(names[name] for name in by.get("events", ()))
            for requirement, by in self._exercised_by.items()
        }
        return {requirement: count for requirement, count in counts.items() if count}

    def walk(self, kind: StreamKind, tokens: Iterable[Token], *, ended: bool = True) -> list[OrderViolation]:
        """Every place where a stream breaks the order; `ended` is False where it was cut and says nothing of its end.

        Events that the contract does not know are skipped. Takes time in proportion to the tokens. After a break the
        reading goes on with the repair (the event is one too many, others are missing before it, it changed places with
        the next) that lets most of what follows be read, so that one misplaced event is one violation.
        """
        symbols = self._symbols(self._relevant(tokens))
        found: list[OrderViolation] = []
        state, position = kind.start, 0
        seen_once: set[str] = set()
        while position < len(symbols):
            symbol = symbols[position]
            edge, name = self._edge(state, symbol)
            if edge is not None and edge.breaks is None and name not in seen_once:
                if self.events[_bare(name)].once:
                    seen_once.add(name)
                state, position = edge.to, position + 1
                continue
            repair = self._repair(state, symbols, position, ended=ended) if name not in seen_once else None
            came = _readable(name if edge else symbol.names[0])
            requirement = repair.requirement if repair else self._misplacement(state, symbol.names[0])
            found.append(OrderViolation(requirement, symbol.number, self._readable_edges(state), came))
            state, position = (repair.state, repair.position) if repair else (state, position + 1)
        if ended and not self._states[state].ends:
            found.append(OrderViolation(self._end, None, self._readable_edges(state), None))
        return found

    def _relevant(self, tokens: Iterable[Token]) -> list[Token]:
        """The tokens of known events, without the deltas that follow one of the same kind and object."""
        kept: list[Token] = []
        delta: tuple[tuple[str, ...], str | None] | None = None
        for token in tokens:
            names = token.names
            if (names, token.subject) == delta or not names or not self._known.issuperset(names):
                continue
            kept.append(token)
            delta = (names, token.subject) if len(names) == 1 and self.events[names[0]].is_delta else None
        return kept

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.events) - {"done"}

    def _symbols(self, tokens: Sequence[Token]) -> list[_Symbol]:
        """The tokens as symbols; a row of deltas is one, so that a misplaced row is one break."""
        ends: dict[str, int] = {}
        for index, token in enumerate(tokens):
            if token.subject is not None and token.names[0] in self._step_ends:
                ends.setdefault(token.subject, index)
        symbols: list[_Symbol] = []
        open_step: str | None = None
        for index, token in enumerate(tokens):
            overlaps = again = False
            end = ends.get(token.subject or "", index)
            if token.names == (_CREATED_STEP,):
                overlaps = open_step not in (None, token.subject) and ends.get(open_step or "", -1) > index
                open_step = token.subject
            elif end < index:
                again = token.names[0] in self._step_ends
            elif end == index and token.subject == open_step:
                open_step = None
            names = tuple(self._name(name, token.step_type, overlaps=overlaps, again=again) for name in token.names)
            if symbols and symbols[-1].names == names and self.events[_bare(names[0])].is_delta:
                continue
            symbols.append(_Symbol(token.number, names))
        return symbols

    @cached_property
    def _step_ends(self) -> frozenset[str]:
        steps = (event for event in self.events.values() if event.family == "step")
        return frozenset(event.name for event in steps if event.status not in (None, "in_progress"))

    def _name(self, name: str, step_type: str | None, *, overlaps: bool, again: bool) -> str:
        if again:
            return f"{name}(again)"
        if name != _CREATED_STEP:
            return name
        if overlaps:
            return f"{name}(interleaved)"
        symbol = f"{name}({step_type})"
        return symbol if symbol in self._step_symbols else f"{name}(other)"

    @cached_property
    def _step_symbols(self) -> frozenset[str]:
        return frozenset(s for state in self._states.values() for s in state.edges if s.startswith(f"{_CREATED_STEP}("))

    def _edge(self, state: str, symbol: _Symbol) -> tuple[_Edge | None, str]:
        """The best edge for a symbol (one that breaks nothing, if there is one), and the name it was read by."""
        key = (state, symbol.names)
        known = self._transitions.get(key)
        if known is None:
            edges = self._states[state].edges
            found = [(edge, name) for name in symbol.names if (edge := edges.get(name, edges.get(_ANY))) is not None]
            orderly = (one for one in found if one[0].breaks is None)
            known = next(orderly, found[0] if found else (None, symbol.names[0]))
            self._transitions[key] = known
        return known

    def _repair(self, state: str, symbols: Sequence[_Symbol], position: int, *, ended: bool) -> _Repair:
        """The reading that explains a break best: the one that gets furthest, then the one that assumes least."""
        edge, _ = self._edge(state, symbols[position])
        if edge is not None and edge.breaks is not None and edge.again:
            return _Repair(edge.to, position, edge.breaks, 0)
        repairs = list(self._repairs(state, symbols, position))
        return max(repairs, key=lambda repair: (self._reach(repair, symbols, position, ended=ended), -repair.cost))

    def _repairs(self, state: str, symbols: Sequence[_Symbol], position: int) -> Iterator[_Repair]:
        symbol = symbols[position]
        edge, _ = self._edge(state, symbol)
        misplacement = edge.breaks if edge and edge.breaks else self._misplacement(state, symbol.names[0])
        if edge is not None:
            yield _Repair(edge.to, position + 1, misplacement, 0)
        if position + 1 < len(symbols):  # it changed places with the next
            first, _ = self._edge(state, symbols[position + 1])
            if first is not None and first.breaks is None:
                second, _ = self._edge(first.to, symbol)
                if second is not None and second.breaks is None:
                    yield _Repair(second.to, position + 2, misplacement, 1)
        yield _Repair(state, position + 1, misplacement, 2)  # it is one too many
        for target, (distance, missing) in self._ahead[state].items():  # others are missing before it
            follow, _ = self._edge(target, symbol)
            if follow is not None and follow.breaks is None:
                requirement = edge.breaks if edge and edge.breaks else self._misplacement(state, missing)
                yield _Repair(follow.to, position + 1, requirement, 2 + distance)

    def _reach(self, repair: _Repair, symbols: Sequence[_Symbol], position: int, *, ended: bool) -> int:
        """How far the stream can be read from a repair on; its orderly end counts as one more."""
        state = repair.state
        for index in range(repair.position, min(position + 1 + _HORIZON, len(symbols))):
            edge, _ = self._edge(state, symbols[index])
            if edge is None or edge.breaks is not None:
                return index
            state = edge.to
        if position + 1 + _HORIZON < len(symbols):
            return position + 1 + _HORIZON
        return len(symbols) + int(not ended or self._states[state].ends)

    @cached_property
    def _ahead(self) -> dict[str, dict[str, tuple[int, str]]]:
        """For each state the states that orderly events lead to: how many events away, and the first of these."""
        found: dict[str, dict[str, tuple[int, str]]] = {}
        for origin in self._states:
            reached: dict[str, tuple[int, str]] = {}
            waiting: deque[tuple[str, int, str]] = deque([(origin, 0, "")])
            while waiting:
                name, distance, first = waiting.popleft()
                for symbol, edge in self._states[name].edges.items():
                    if edge.breaks is None and symbol not in (_ANY, _ERROR) and edge.to not in reached:
                        reached[edge.to] = (distance + 1, first or symbol)
                        waiting.append((edge.to, distance + 1, first or symbol))
            reached.pop(origin, None)
            found[origin] = reached
        return found

    def _misplacement(self, state: str, symbol: str) -> str:
        return self._states[state].misplaced or self._misplaced[self.events[_bare(symbol)].family]

    def _readable_edges(self, state: str) -> tuple[str, ...]:
        return tuple(_readable(symbol) for symbol in self._states[state].allowed)

    def _require_consistency(self, path: Path) -> None:
        """Every name that one part of the data uses must stand in the part that defines it."""
        symbols = {_bare(symbol) for state in self._states.values() for symbol in state.edges} - {_ANY}
        targets = {edge.to for state in self._states.values() for edge in state.edges.values()}
        breaks: set[str | None] = {edge.breaks for state in self._states.values() for edge in state.edges.values()}
        named = {state.misplaced for state in self._states.values()} | set(self._misplaced.values()) | {self._end}
        problems: dict[str, set[str] | set[str | None]] = {
            "events": symbols - set(self.events),
            "states": (targets | {kind.start for kind in self.kinds.values()}) - set(self._states),
            "exercised_by": (breaks | named) - {None} - set(self._exercised_by),
            "misplaced": {event.family for event in self.events.values()} - set(self._misplaced) - {"error", "done"},
        }
        for part, missing in problems.items():
            if missing:
                raise BrokenContract(path, f"{sorted(map(str, missing))} are used, and not defined under `{part}`")


def _state(name: str, row: dict[str, Any], shared: dict[str, dict[str, Any]]) -> _State:
    rows: dict[str, Any] = dict(row.get("edges", {}))
    for group in row.get("also", ()):
        for symbol, edge in shared[group].items():
            rows.setdefault(symbol, edge)
    return _State(
        edges={symbol: _edge(name, edge) for symbol, edge in rows.items()},
        misplaced=row.get("misplaced"),
        ends=row.get("ends", False),
    )


def _edge(origin: str, row: Any) -> _Edge:
    edge = _Edge(**row) if isinstance(row, dict) else _Edge(row)
    return _Edge(origin, edge.breaks) if edge.to == _STAY else edge


def _bare(symbol: str) -> str:
    """The event's name in a symbol."""
    return symbol.partition("(")[0]


def _readable(symbol: str) -> str:
    """A symbol as a reader would write it."""
    return symbol.replace("(", " (")
