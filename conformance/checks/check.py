"""What a check is: a pure function from the index of a trace to what it examined and what it found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from conformance.trace.index import Index
from conformance.trace.trace import Where


class Examined(NamedTuple):
    """A check looked at so many subjects of one exchange under a requirement; findings are told besides."""

    requirement: str
    exchange: int
    subjects: int = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """A requirement was violated: where, what was expected, what was there.

    Both texts are one line each, and hold no clock, host or path, so that the same traffic gives the same bytes.
    `input` names the member or parameter of a request that was not heeded, where that is what is wrong; `sent_in` is
    the number of the exchange that sent it, where that is another than the one in which it shows.
    """

    requirement: str
    where: Where
    expected: str
    actual: str
    input: str = ""
    sent_in: int | None = None


Observation: TypeAlias = Examined | Finding
CheckFunction: TypeAlias = Callable[[Index], Iterator[Observation]]


@dataclass(frozen=True)
class Check:
    """A named check and the requirements it can judge. The name is `area.function`.

    With `of_requests` it judges whether requests were to be refused, not what came of them.
    """

    name: str
    requirements: tuple[str, ...]
    function: CheckFunction
    of_requests: bool = False

    @property
    def area(self) -> str:
        """The area that the check belongs to."""
        return self.name.partition(".")[0]


_CHECKS: dict[str, Check] = {}


def check(*requirements: str, of_requests: bool = False) -> Callable[[CheckFunction], CheckFunction]:
    """Register a function as the check of the named requirements (ids, or `PREFIX-*` for a family of them)."""

    def register(function: CheckFunction) -> CheckFunction:
        area = function.__module__.rpartition(".")[2]
        name = f"{area}.{function.__name__}"
        _CHECKS[name] = Check(name, requirements, function, of_requests)
        return function

    return register


def registered() -> dict[str, Check]:
    """Every check by name. Import `conformance.checks` first: it imports the areas."""
    return dict(_CHECKS)
