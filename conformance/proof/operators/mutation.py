"""What an operator is: a pure function from a recorded trace and a source of chance to a trace with one deviation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import wraps
from random import Random
from typing import TypeAlias, TypeVar

from conformance.proof.operators.trace_view import TraceView
from conformance.trace.trace import Trace


@dataclass(frozen=True)
class Mutation:
    """A trace with one deviation.

    `done` says in one line what was done, and where. `equivalent` is the reason why a faithful endpoint could have
    answered so, too; None where it could not. `unseen` is the reason why perhaps no check can notice it all the same.
    """

    trace: Trace
    done: str
    equivalent: str | None = None
    unseen: str | None = None


Candidate = TypeVar("Candidate")
OperatorFunction: TypeAlias = Callable[[TraceView, Random], Mutation | None]


@dataclass(frozen=True)
class Operator:
    """A named operator; `requirements` are the ids, or patterns of ids (`LIST-*`), that it may trip."""

    name: str
    about: str
    requirements: tuple[str, ...]
    function: OperatorFunction

    def names(self, requirement: str) -> bool:
        """Whether the operator names this requirement."""
        return any(fnmatchcase(requirement, pattern) for pattern in self.requirements)


_OPERATORS: dict[str, Operator] = {}


def operator(*requirements: str) -> Callable[[OperatorFunction], OperatorFunction]:
    """Register a function as an operator that may trip these requirements; its docstring says what it does."""

    def register(function: OperatorFunction) -> OperatorFunction:
        @wraps(function)
        def applied(view: TraceView, chance: Random) -> Mutation | None:
            try:
                return function(view, chance)
            except NothingToChange:
                return None

        about = (function.__doc__ or "").partition("\n")[0]
        _OPERATORS[function.__name__] = Operator(function.__name__, about, requirements, applied)
        return function

    return register


class NothingToChange(Exception):
    """Raised where a trace has nothing that an operator could change."""


def pick(chance: Random, candidates: Sequence[Candidate]) -> Candidate:
    """One of the candidates; raises `NothingToChange` where there are none."""
    if not candidates:
        raise NothingToChange
    return chance.choice(candidates)


def registered() -> dict[str, Operator]:
    """Every operator by name."""
    return dict(_OPERATORS)
