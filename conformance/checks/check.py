"""What a check is: a pure function from the index of a trace to what it examined and what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from conformance.contract import Contract
from conformance.trace.index import Index
from conformance.trace.trace import Trace, Where


class Examined(NamedTuple):
    """A check looked at so many subjects of one exchange under a requirement; findings are told besides."""

    requirement: str
    exchange: int
    subjects: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """A requirement was violated: where, what was expected, what was there.

    Both texts are one line each, and hold no clock, host or path, so that the same traffic gives the same bytes.
    """

    requirement: str
    where: Where
    expected: str
    actual: str


Observation: TypeAlias = Examined | Finding
CheckFunction: TypeAlias = Callable[[Index], Iterator[Observation]]


@dataclass(frozen=True)
class Check:
    """A named check and the requirements it can judge. The name is `area.function`."""

    name: str
    requirements: tuple[str, ...]
    function: CheckFunction


def _apart(function: Callable[[Trace, Contract], Iterator[Observation]]) -> CheckFunction:
    return lambda index: function(index.trace, index.contract)


_CHECKS: dict[str, Check] = {}


def check(*requirements: str) -> Callable[[Any], Any]:
    """Register a function as the check of the named requirements (ids, or `PREFIX-*` for a family of them)."""

    def register(function: Any) -> Any:
        area = function.__module__.rpartition(".")[2]
        name = f"{area}.{function.__name__}"
        # Until every check takes the index: those that still take trace and contract are given these.
        takes_index = function.__code__.co_varnames[0] == "index"
        _CHECKS[name] = Check(name, requirements, function if takes_index else _apart(function))
        return function

    return register


def registered() -> dict[str, Check]:
    """Every check by name. Import `conformance.checks` first: it imports the areas."""
    return dict(_CHECKS)
