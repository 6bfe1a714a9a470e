"""The catalogue of error answers that the API is known to give, recognised by their wording."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from conformance.contract.requirements import Evidence, Source
from conformance.contract.yaml_files import BrokenContract, load_yaml


@dataclass(frozen=True)
class Member:
    """What a member of a known answer must be: one of `values` (None is null), judged under `requirement`.

    Where `values` is None it is what the message's group of the same name says.
    """

    name: str
    requirement: str
    values: tuple[str | None, ...] | None


@dataclass(frozen=True)
class KnownError:
    """One known answer.

    `pattern` recognises its whole message. `statuses` are the statuses it comes with, judged under `requirement`.
    """

    key: str
    mistake: str
    pattern: re.Pattern[str]
    statuses: tuple[int, ...]
    requirement: str
    members: tuple[Member, ...]
    sources: tuple[Source, ...]


class KnownErrors(tuple[KnownError, ...]):
    """The catalogue, in the order in which messages are recognised."""

    @cached_property
    def recognize(self) -> Callable[[str], tuple[KnownError, dict[str, str | None]] | None]:
        """Finds the first error whose pattern is the whole message, with the groups of the pattern."""
        return lru_cache(maxsize=1024)(self._recognize)  # traces hold the same few messages many times

    @cached_property
    def codes(self) -> frozenset[str]:
        """Every code that one of the known errors has."""
        told = (member.values or () for error in self for member in error.members if member.name == "code")
        return frozenset(code for values in told for code in values if code is not None)

    def _recognize(self, message: str) -> tuple[KnownError, dict[str, str | None]] | None:
        found = ((error, error.pattern.fullmatch(message)) for error in self)
        return next(((error, match.groupdict()) for error, match in found if match), None)


def load_errors(path: Path) -> KnownErrors:
    """The catalogue of a file, in file order; raises `BrokenContract`."""
    document = load_yaml(path)
    try:
        known = KnownErrors(_known(row, document["requirements"]) for row in document["errors"])
    except (KeyError, TypeError, ValueError, AttributeError, re.error) as problem:
        raise BrokenContract(path, f"{type(problem).__name__}: {problem}") from problem
    keys = [error.key for error in known]
    if doubled := {key for key in keys if keys.count(key) > 1}:
        raise BrokenContract(path, f"errors named twice: {sorted(doubled)}")
    return known


def _known(row: dict[str, Any], requirements: dict[str, str]) -> KnownError:
    sources = tuple(Source(Evidence(kind), where) for item in row["evidence"] for kind, where in item.items())
    kinds = {source.evidence for source in sources}
    for_status = requirements["inferred" if kinds == {Evidence.INFERRED} else "attested"]
    for_members = requirements["recorded" if Evidence.RECORDED in kinds else "inferred"]
    pattern = re.compile(row["message"], re.DOTALL)
    members = [Member(name, for_members, _several(row[name])) for name in ("param", "code") if name in row]
    members += [Member(name, for_members, None) for name in pattern.groupindex]
    return KnownError(
        key=row["key"],
        mistake=row["mistake"],
        pattern=pattern,
        statuses=_several(row["status"]),
        requirement=for_status,
        members=tuple(members),
        sources=sources,
    )


def _several(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list) else (value,)
