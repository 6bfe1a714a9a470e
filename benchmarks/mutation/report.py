"""What became of the mutants, as JSON and as a page; survivors with what a reader made of them."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

from benchmarks.mutation.mutants import Mutant

REVIEWED = Path(__file__).parent / "reviewed.yaml"
GOAL = 0.85
CAUGHT = frozenset({"killed", "timeout", "seen"})


@dataclass(frozen=True)
class Tried:
    """One mutant and its fate: `killed` by a test, `timeout`, `seen` by the oracle alone, `survived`."""

    module: str
    name: str
    line: int
    fate: str
    by: str | None
    seconds: float

    @classmethod
    def of(cls, mutant: Mutant, fate: str, by: str | None, seconds: float) -> Tried:
        """The record of a mutant."""
        return cls(mutant.module, mutant.name, mutant.line, fate, by, round(seconds, 1))


class Journal:
    """The mutants that were caught, line by line in a file: a further run need not try them again."""

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = path.read_text().splitlines() if path.exists() else []
        self.known = {(one.module, one.name): one for one in (Tried(**json.loads(line)) for line in lines)}

    def add(self, one: Tried) -> None:
        """Keep it if it was caught; survivors meet the tests again."""
        if one.fate in CAUGHT:
            with self._path.open("a") as file:
                file.write(json.dumps(asdict(one)) + "\n")


@dataclass(frozen=True)
class Result:
    """A whole measurement: how it was drawn, how many places there were by module, and what became of the sample."""

    seed: int
    share: float
    least: int
    places: dict[str, int]
    tried: tuple[Tried, ...]
    seconds: float


@dataclass(frozen=True)
class Score:
    """Counts over some mutants; `reviewed` counts survivors by class."""

    tried: int
    fates: Counter[str]
    reviewed: Counter[str]

    @property
    def adjusted(self) -> float:
        """Caught of all that could be caught: without equivalent ones."""
        return self.caught / self.catchable if self.catchable else 1.0

    @property
    def by_tests(self) -> float:
        """Caught by tests or time, of all that could be caught."""
        return (self.caught - self.fates["seen"]) / self.catchable if self.catchable else 1.0

    @property
    def caught(self) -> int:
        """How many were killed, hung or seen."""
        return sum(count for fate, count in self.fates.items() if fate in CAUGHT)

    @property
    def catchable(self) -> int:
        """How many could be caught: all but the equivalent ones."""
        return self.tried - self.reviewed["equivalent"]

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share of all places lies with 95 % certainty, were the sample drawn evenly (after Wilson)."""
        count, share, z = max(self.catchable, 1), self.adjusted, 1.96
        middle = share + z * z / (2 * count)
        spread = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
        return (middle - spread) / (1 + z * z / count), (middle + spread) / (1 + z * z / count)


def reviews() -> dict[str, dict[str, dict[str, str]]]:
    """What a reader made of survivors: by module and name, a class and why."""
    return yaml.safe_load(REVIEWED.read_text()) or {} if REVIEWED.exists() else {}


def score(tried: Iterable[Tried]) -> Score:
    """The counts over these mutants."""
    ones = list(tried)
    known = reviews()
    classes = Counter(
        known.get(one.module, {}).get(one.name, {}).get("class", "open") for one in ones if one.fate == "survived"
    )
    return Score(len(ones), Counter(one.fate for one in ones), classes)


def good(result: Result) -> bool:
    """Whether the goal is reached."""
    return score(result.tried).adjusted >= GOAL


def line(result: Result) -> str:
    """The result in a line."""
    whole = score(result.tried)
    low, high = whole.interval
    return (
        f"{whole.tried} mutants of {sum(result.places.values())} places (seed {result.seed}): "
        f"{whole.fates['killed']} killed by tests, {whole.fates['timeout']} hung, {whole.fates['seen']} seen by "
        f"planted faults alone, {whole.fates['survived']} survived, {whole.reviewed['equivalent']} of them equivalent. "
        f"Score {whole.adjusted:.1%} (with 95% certainty {low:.1%} to {high:.1%}), {whole.by_tests:.1%} by tests alone."
    )


def write(result: Result, folder: Path) -> None:
    """Write mutation.json and mutation.md into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    told = asdict(result) | {"seconds": round(result.seconds), "score": round(score(result.tried).adjusted, 4)}
    (folder / "mutation.json").write_text(json.dumps(told, indent=1) + "\n")
    (folder / "mutation.md").write_text(page(result))


def page(result: Result) -> str:
    """The result for a reader."""
    modules = sorted({one.module for one in result.tried})
    lines = [
        "# Mutation tests of the judge's own code",
        "",
        "Small changes are made to the code that decides verdicts (checks, judge, conclusion, event grammar), one at a",
        "time, by the operators of mutmut; tests or planted faults should notice. Measured by `make mutation`.",
        "",
        f"**{line(result)}**",
        "",
        "A mutant meets the tests that reach its module (those that run its line first), and, where they all pass,",
        "the oracle: the traces of every scenario against the faithful reference endpoint must be judged as they were,",
        "and every planted fault must still be found by name. Changes to the words of a finding alone are not made.",
        f"Of each module {result.share:.0%} of the places, and at least {result.least}, are drawn; "
        f"{len(result.tried)} were tried in the time given. So few of one module say little of that module.",
        "",
        "| module | places | tried | killed | hung | oracle | survived | equivalent | caught |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for module in modules:
        one = score(row for row in result.tried if row.module == module)
        counts = (one.fates[fate] for fate in ("killed", "timeout", "seen", "survived"))
        lines.append(
            f"| {module.removeprefix('conformance.')} | {result.places[module]} | {one.tried} | "
            f"{' | '.join(map(str, counts))} | {one.reviewed['equivalent']} | {one.caught} of {one.catchable} |"
        )
    lines += ["", "## Survivors", ""]
    known = reviews()
    for row in sorted(result.tried, key=lambda row: (row.module, row.line, row.name)):
        if row.fate == "survived":
            told = known.get(row.module, {}).get(row.name)
            said = f"{told['class']}: {told['why']}" if told else "open"
            lines.append(f"- {row.module.removeprefix('conformance.')}, line {row.line}, {_code(row.name)}: {said}")
    lines += ["", "## Seen by the oracle alone", ""]
    for row in sorted(result.tried, key=lambda row: (row.module, row.line, row.name)):
        if row.fate == "seen":
            lines.append(f"- {row.module.removeprefix('conformance.')}, line {row.line}, {_code(row.name)}: {row.by}")
    lines += ["", "## Killed since, by tests written for them", ""]
    for row in sorted(result.tried, key=lambda row: (row.module, row.line, row.name)):
        told = known.get(row.module, {}).get(row.name)
        if row.fate in CAUGHT and told and told["class"] == "killed since":
            lines.append(f"- {row.module.removeprefix('conformance.')}, line {row.line}, {_code(row.name)}")
    return "\n".join(lines) + "\n"


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"
