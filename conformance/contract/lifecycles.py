"""The state machines: which status an object may have, what may follow it, and which fields it fills or empties."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

from conformance.contract.requirements import Evidence, Level
from conformance.contract.yaml_files import BrokenContract, load_yaml


class Presence(StrEnum):
    """What a field must be in a status."""

    PRESENT = "present"
    NULL = "null"


class Moment(StrEnum):
    """When in an object's life a field rule applies, where it is not always."""

    CREATED = "created"


@dataclass(frozen=True)
class Transition:
    """One step from a status to the next.

    `level` is MUST for a step of the contract and MAY for one that is only tolerated. `needs` names the operation
    without which the step cannot be made.
    """

    source: str
    target: str
    trigger: str
    evidence: Evidence
    level: Level
    needs: str | None = None


@dataclass(frozen=True)
class FieldRule:
    """In each of the statuses, each of the fields has this presence; judged under `requirement`."""

    requirement: str
    fields: tuple[str, ...]
    presence: Presence
    statuses: tuple[str, ...]
    moment: Moment | None = None

    @cached_property
    def types(self) -> tuple[tuple[str, type], ...]:
        """Each field with the type of its values where they are set: times are integers, all others objects."""
        return tuple((field, int if field.endswith("_at") else dict) for field in self.fields)


@dataclass(frozen=True)
class Lifecycle:
    """The state machine of one kind of object. `objects` are the constants its objects carry."""

    name: str
    objects: tuple[str, ...]
    statuses: tuple[str, ...]
    initial: tuple[str, ...]
    terminal: frozenset[str]
    transitions: tuple[Transition, ...]
    rules: tuple[FieldRule, ...]

    def reachable(self, source: str, target: str, *, without: Set[str] = frozenset()) -> bool:
        """Whether one status may be followed by the other, now or some steps later; each follows itself.

        `without` leaves out the steps that need one of these operations. Unknown statuses are reachable from nothing.
        """
        return target in self._closure(source, frozenset(without))

    def following(self, source: str) -> tuple[str, ...]:
        """Every status that may follow, itself included, in the order of the document."""
        closure = self._closure(source, frozenset())
        return tuple(status for status in self.statuses if status in closure)

    def rules_for(self, status: str) -> tuple[FieldRule, ...]:
        """The field rules of a status."""
        return self._rules.get(status, ())

    def presence(self, field: str, status: str) -> Presence | None:
        """What a field must be in a status at any time; None where it may be either."""
        return next(
            (rule.presence for rule in self.rules_for(status) if field in rule.fields and rule.moment is None), None
        )

    @cached_property
    def _rules(self) -> dict[str, tuple[FieldRule, ...]]:
        return {status: tuple(rule for rule in self.rules if status in rule.statuses) for status in self.statuses}

    @cached_property
    def _closures(self) -> dict[tuple[str, frozenset[str]], frozenset[str]]:
        return {}

    def _closure(self, source: str, without: frozenset[str]) -> frozenset[str]:
        if source not in self.statuses:
            return frozenset()
        if (source, without) not in self._closures:
            reached: set[str] = set()
            open_ends = [source]
            while open_ends:
                status = open_ends.pop()
                if status not in reached:
                    reached.add(status)
                    open_ends += [
                        step.target for step in self.transitions if step.source == status and step.needs not in without
                    ]
            self._closures[source, without] = frozenset(reached)
        return self._closures[source, without]


class Lifecycles:
    """Every state machine of the contract, by name and by object constant."""

    def __init__(self, lifecycles: dict[str, Lifecycle]) -> None:
        self.by_name = lifecycles
        self.by_object = {constant: found for found in lifecycles.values() for constant in found.objects}

    def __getitem__(self, name: str) -> Lifecycle:
        return self.by_name[name]

    def __iter__(self) -> Iterator[Lifecycle]:
        return iter(self.by_name.values())

    def __len__(self) -> int:
        return len(self.by_name)


def load_lifecycles(path: Path) -> Lifecycles:
    """The state machines of a file; raises `BrokenContract`."""
    document = load_yaml(path)
    try:
        return Lifecycles({name: _lifecycle(name, row, path) for name, row in document["lifecycles"].items()})
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise BrokenContract(path, f"{type(problem).__name__}: {problem}") from problem


def _lifecycle(name: str, row: dict[str, Any], path: Path) -> Lifecycle:
    lifecycle = Lifecycle(
        name=name,
        objects=tuple(row["objects"]),
        statuses=tuple(row["statuses"]),
        initial=tuple(row["initial"]),
        terminal=frozenset(row["terminal"]),
        transitions=tuple(
            Transition(
                source=step["from"],
                target=step["to"],
                trigger=step["trigger"],
                evidence=Evidence(step["evidence"]),
                level=Level(step["level"]),
                needs=step.get("needs"),
            )
            for step in row["transitions"]
        ),
        rules=tuple(
            FieldRule(
                requirement=rule["requirement"],
                fields=tuple(rule["fields"]),
                presence=Presence(rule["value"]),
                statuses=tuple(rule["statuses"]),
                moment=Moment(rule["moment"]) if "moment" in rule else None,
            )
            for rule in row["fields"]
        ),
    )
    _verify(lifecycle, path)
    return lifecycle


def _verify(lifecycle: Lifecycle, path: Path) -> None:
    """Refuse a machine that contradicts itself: unknown statuses, an end that can be left, a field bound twice."""
    named = {*lifecycle.initial, *lifecycle.terminal}
    named |= {status for step in lifecycle.transitions for status in (step.source, step.target)}
    named |= {status for rule in lifecycle.rules for status in rule.statuses}
    if unknown := named - set(lifecycle.statuses):
        raise BrokenContract(path, f"{lifecycle.name}: unknown statuses {sorted(unknown)}")
    # The terminal statuses are exactly those that nothing leads out of.
    if {step.source for step in lifecycle.transitions} != set(lifecycle.statuses) - lifecycle.terminal:
        raise BrokenContract(path, f"{lifecycle.name}: its terminal statuses are not those without a transition")
    cells = [(field, status) for rule in lifecycle.rules for field in rule.fields for status in rule.statuses]
    if doubled := {cell for cell in cells if cells.count(cell) > 1}:
        raise BrokenContract(path, f"{lifecycle.name}: bound twice: {sorted(doubled)}")
