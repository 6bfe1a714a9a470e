"""The registry: what is required, how strongly, and on what evidence."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from conformance.contract.yaml_files import BrokenContract, load_yaml


class Level(StrEnum):
    """How strongly a requirement binds: a violation fails, warns, or is only reported."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"


class Evidence(StrEnum):
    """What a requirement rests on, strongest first."""

    RECORDED = "recorded"
    SPEC = "spec"
    DOCUMENTED = "documented"
    SDK = "sdk"
    INFERRED = "inferred"


@dataclass(frozen=True)
class Source:
    """One piece of evidence: its class and where to find it, in words a reader can follow."""

    evidence: Evidence
    pointer: str


@dataclass(frozen=True)
class Requirement:
    """One rule of the contract.

    `checks` names the checks that judge it (`area.function`); it is empty only where `untestable` says why. A rule
    with `live_only` rests on arrival or overlap times, which a replay does not have. One that is `closed` holds where
    the trace has all that happened to the endpoint: what another client did, or that the recorder's own broke off,
    leaves the same record as a fault, so that there a violation warns. `since` and `until` bound the
    dates of the exchanges it applies to, both inclusive. `needs` is the operation without which an endpoint does not
    have what the rule is about. `conflict` tells where sources disagree and what was decided. `renamed` are the ids
    that it had before, which stand in baselines still.
    """

    id: str
    area: str
    level: Level
    rule: str
    sources: tuple[Source, ...]
    checks: tuple[str, ...] = ()
    untestable: str | None = None
    live_only: bool = False
    closed: bool = False
    since: date | None = None
    until: date | None = None
    needs: str | None = None
    note: str | None = None
    conflict: str | None = None
    renamed: tuple[str, ...] = ()

    def applies(self, on: date | None) -> bool:
        """Whether the rule holds for an exchange of that day; with an unknown day only an undated rule does."""
        if self.since is None and self.until is None:
            return True
        if on is None:
            return False
        return (self.since is None or on >= self.since) and (self.until is None or on <= self.until)


def load_requirements(folder: Path) -> dict[str, Requirement]:
    """Every requirement of the registry by id, in file order; raises `BrokenContract`."""
    found: dict[str, Requirement] = {}
    for path in sorted(folder.glob("*.yaml")):
        document = load_yaml(path)
        for row in document["requirements"]:
            requirement = _requirement(row, document["area"], path)
            if requirement.id in found:
                raise BrokenContract(path, f"{requirement.id} stands in the registry twice")
            found[requirement.id] = requirement
    former = [name for requirement in found.values() for name in requirement.renamed]
    if again := {name for name in former if name in found or former.count(name) > 1}:
        raise BrokenContract(folder, f"ids are never used again: {', '.join(sorted(again))}")
    return found


def current_ids(requirements: Mapping[str, Requirement]) -> dict[str, str]:
    """Every id that a requirement has or had, with the one that it has now."""
    return {name: one.id for one in requirements.values() for name in (one.id, *one.renamed)}


_KEYS = {
    "id",
    "level",
    "rule",
    "evidence",
    "checks",
    "untestable",
    "live_only",
    "closed",
    "since",
    "until",
    "needs",
    "note",
    "conflict",
    "renamed",
}


def _requirement(row: dict[str, Any], area: str, path: Path) -> Requirement:
    name = row.get("id", "a requirement without id")
    if unknown := set(row) - _KEYS:
        raise BrokenContract(path, f"{name}: unknown keys {sorted(unknown)}")
    try:
        requirement = Requirement(
            id=row["id"],
            area=area,
            level=Level(row["level"]),
            rule=" ".join(row["rule"].split()),
            sources=tuple(Source(Evidence(kind), where) for item in row["evidence"] for kind, where in item.items()),
            checks=tuple(row.get("checks", ())),
            untestable=row.get("untestable"),
            live_only=row.get("live_only", False),
            closed=row.get("closed", False),
            since=row.get("since"),
            until=row.get("until"),
            note=row.get("note"),
            conflict=row.get("conflict"),
            renamed=tuple(row.get("renamed", ())),
        )
    except (KeyError, ValueError, AttributeError) as problem:
        raise BrokenContract(path, f"{name}: {problem}") from problem
    if bool(requirement.checks) == bool(requirement.untestable):
        raise BrokenContract(path, f"{name}: needs either checks or the reason why it is untestable")
    return requirement
