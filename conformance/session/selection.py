"""Which scenario exercises which requirement: measured when the cassettes are recorded, never listed by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

import orjson

from conformance import contract
from conformance.contract import Requirement, resources
from conformance.evidence.safe_files import write_files
from conformance.report.model import Report
from conformance.report.verdict import Verdict
from conformance.scenarios.registry import area_of, areas, registry

FILE = "coverage.json"
TRAFFIC = "real_traffic.json"
PROOF = "proof.json"


@cache
def load() -> dict[str, frozenset[str]]:
    """The requirements that each scenario exercises on the reference endpoint, by scenario name."""
    return read(resources.cassettes() / "reference" / FILE)


def read(path: Path) -> dict[str, frozenset[str]]:
    """Measured coverage; empty where there is none."""
    if not path.is_file():
        return {}
    return {name: frozenset(ids) for name, ids in orjson.loads(path.read_bytes()).items()}


@dataclass(frozen=True)
class RealTraffic:
    """What the checks looked at in recordings of the real API: in how many exchanges, by requirement.

    `sha256` is that of the recordings, so that nobody takes the figures for those of others.
    """

    sha256: str
    files: int
    exchanges: int
    examined: dict[str, int]


@cache
def real_traffic() -> RealTraffic:
    """The measured figures (`specs/real_traffic.json`); measured anew by `python tests/real_traffic.py --write`."""
    return RealTraffic(**orjson.loads((resources.specs() / TRAFFIC).read_bytes()))


@cache
def kills() -> dict[str, int]:
    """How many planted faults each requirement kills by name; the last whole `proof` measured it."""
    path = resources.specs() / PROOF
    return dict(orjson.loads(path.read_bytes())["killed"]) if path.is_file() else {}


def save(examined: Mapping[str, Iterable[str]], folder: Path) -> None:
    """Add measured coverage to that beside the cassettes, one line for each scenario; raises `NotWritten`.

    Scenarios that there are no longer are dropped.
    """
    measured = {**read(folder / FILE), **examined}
    lines = [
        f"{orjson.dumps(name).decode()}: {orjson.dumps(sorted(measured[name])).decode()}"
        for name in sorted(measured)
        if name in registry()
    ]
    write_files({folder / FILE: "{\n" + ",\n".join(lines) + "\n}\n"})


def scenarios_for(requirement: str) -> list[str]:
    """The scenarios that exercise a requirement, in order of name."""
    return sorted(name for name, ids in load().items() if requirement in ids)


class UnknownSelection(Exception):
    """Something named by `--only` that is no area, requirement id or scenario, or nothing."""


def words_of(options: Iterable[str]) -> list[str]:
    """The words that are named by options, each of one or of several behind commas.

    Raises `UnknownSelection` for an option without a word: it may come of a variable that is not set, and would then
    mean everything.
    """
    words: list[str] = []
    for option in options:
        found = [word.strip() for word in option.split(",") if word.strip()]
        if not found:
            raise UnknownSelection(
                f"{option!r} names nothing (a variable that is not set?); leave it out for everything"
            )
        words += found
    return words


@dataclass(frozen=True)
class Selection:
    """What `--only` and `--exclude` ask for: scenarios to run and requirements to report; None means all.

    `unmeasured` are scenarios that were named and whose coverage is not known yet: whatever they exercise is reported.
    `meanings` say in words what was meant by each name that could mean more than one thing.
    """

    scenarios: frozenset[str] | None
    requirements: frozenset[str] | None
    unmeasured: frozenset[str] = frozenset()
    meanings: tuple[str, ...] = ()
    is_narrow: bool = False
    """Whether one requirement or one scenario was named."""

    @classmethod
    def of(cls, only: tuple[str, ...], exclude: tuple[str, ...] = ()) -> Selection:
        """Read areas, requirement ids, scenario names, and what several of them begin with; raises `UnknownSelection`.

        An area means the scenarios under its name and, for requirements of the area that none of these exercises, as
        few others as do. A requirement that no recorded scenario exercises yet means the scenarios of its area. What is
        excluded is neither run nor reported: of an area its scenarios and its requirements.
        """
        wanted, unwanted = words_of(only), words_of(exclude)
        if not wanted and not unwanted:
            return cls(None, None)
        chosen = [_chosen(word) for word in wanted]
        scenarios: set[str] = set().union(*(one.scenarios for one in chosen)) if wanted else set(registry())
        reported: set[str] = set().union(*(one.requirements for one in chosen)) if wanted else set(_requirements())
        for word in unwanted:
            named = _named(word)
            scenarios -= named.scenarios
            reported -= named.requirements
        known = load()
        return cls(
            frozenset(scenarios),
            frozenset(reported),
            frozenset(name for name in wanted if name in scenarios and name not in known),
            tuple(one.meaning for one in chosen if one.meaning),
            len(wanted) == 1 and (wanted[0] in registry() or wanted[0] in _requirements()),
        )

    def driving(self, scenarios: Iterable[str] | None) -> Selection:
        """The same with these scenarios, unless None; what is reported stays what was asked for."""
        return self if scenarios is None else replace(self, scenarios=frozenset(scenarios))

    def admits(self, scenario: str) -> bool:
        """Whether a scenario is to run."""
        return self.scenarios is None or scenario in self.scenarios

    def admits_area(self, area: str) -> bool:
        """Whether a scenario of this area is to run."""
        return self.scenarios is None or any(area_of(name) == area for name in self.scenarios)

    def reports(self, requirement: str) -> bool:
        """Whether a requirement belongs into the report."""
        return self.requirements is None or requirement in self.requirements

    def reporting(self, more: Iterable[str]) -> Selection:
        """The selection with more requirements in its report."""
        return self if self.requirements is None else replace(self, requirements=self.requirements.union(more))

    def counts(self, requirement: str, scenario: str) -> bool:
        """Whether what was found of a requirement in a scenario belongs into the report."""
        return self.reports(requirement) or scenario in self.unmeasured


class _Chosen(NamedTuple):
    """The scenarios and requirements that a word means, and what it was taken for where that is not plain."""

    scenarios: frozenset[str]
    requirements: frozenset[str]
    meaning: str = ""


def _requirements() -> Mapping[str, Requirement]:
    return contract.load().requirements


def _chosen(word: str) -> _Chosen:
    """What a word of `--only` means."""
    requirements, coverage = _requirements(), load()
    named = _named(word)
    if word in registry():
        return _Chosen(named.scenarios, coverage.get(word, frozenset()))
    if word in requirements:
        return _Chosen(
            frozenset(scenarios_for(word)) or frozenset(_of_area(requirements[word].area)), frozenset({word})
        )
    exercised = frozenset().union(*(coverage.get(name, frozenset()) for name in named.scenarios))
    if named.requirements:
        scenarios = named.scenarios | _cover(set(named.requirements - exercised))
        kind = "the area" if any(one.area == word for one in requirements.values()) else "all that begins with"
        told = f"{len(named.requirements):,} requirements, driven by {len(scenarios):,} scenarios"
        return _Chosen(frozenset(scenarios), named.requirements, f"{word} is {kind} {word}: {told}")
    told = f"{len(named.scenarios):,} scenarios, and whatever they exercise"
    return _Chosen(named.scenarios, exercised, f"{word} is a group of scenarios: {told}")


def _named(word: str) -> _Chosen:
    """The scenarios and requirements that a word names by itself; raises `UnknownSelection`."""
    requirements, scenarios = _requirements(), registry()
    if word in scenarios:
        return _Chosen(frozenset({word}), frozenset())
    if word in requirements:
        return _Chosen(frozenset(), frozenset({word}))
    of_area = frozenset(id for id, one in requirements.items() if one.area == word)
    if of_area or word in areas():
        return _Chosen(frozenset(_of_area(word)), of_area)
    begun = frozenset(id for id in requirements if id.startswith(word))
    group = frozenset(name for name in scenarios if "." in word and name.startswith(word))
    if not begun and not group:
        raise UnknownSelection(_unknown(word, {*requirements, *scenarios, *areas()}))
    return _Chosen(group, begun)


def _of_area(area: str) -> set[str]:
    return {name for name in registry() if area_of(name) == area}


def _cover(requirements: set[str]) -> set[str]:
    """A few scenarios that together exercise these requirements, less those that none does."""
    coverage, chosen = load(), set[str]()
    missing = requirements & frozenset().union(*coverage.values())
    while missing:
        best = max(sorted(coverage), key=lambda name: len(missing & coverage[name]))
        chosen.add(best)
        missing -= coverage[best]
    return chosen


def _unknown(word: str, known: set[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, n=3, cutoff=0.5) or get_close_matches(word.upper(), known, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"{word!r} is no area, requirement id or scenario{hint} (see: assistants-conformance requirements)"


def failed_in(report: Report, asked: Selection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What failed in a report, of what is asked for: the requirements, and the scenarios that showed it or broke.

    Of a scenario that broke it is all that it exercises.
    """
    red = [
        one for one in report.results if one.verdict in (Verdict.FAIL, Verdict.ERROR) and asked.reports(one.requirement)
    ]
    shown = {exhibit.source for result in red for exhibit in result.exhibits}
    broken = {line.name for line in report.scenarios if line.outcome == "error"}
    scenarios = {name for name in (shown | broken) & set(registry()) if asked.admits(name)}
    failed = {one.requirement for one in red if scenarios.intersection(exhibit.source for exhibit in one.exhibits)}
    known = load()
    failed |= {id for name in broken & scenarios for id in known.get(name, ()) if asked.reports(id)}
    return tuple(sorted(failed & _requirements().keys())), tuple(sorted(scenarios))
