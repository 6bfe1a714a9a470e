"""Every operator over every trace, by seed: which mutants the checks notice, and which they do not."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

from conformance.checks.judge import Judgement, judge
from conformance.contract import Contract, Level
from conformance.proof.operators import TraceView, all_operators
from conformance.recordings import UnreadableRecording, read
from conformance.recordings.find import find_named
from conformance.recordings.grouping import Part, group, parts
from conformance.recordings.selection import Selection
from conformance.trace.trace import Trace


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    CRASHED = "crashed"


@dataclass(frozen=True)
class Mutant:
    """One mutant and its fate.

    `round` repeats it: operator, source and round decide what is done, together with the report's seed. `killed_by` are
    the MUST and SHOULD requirements with findings that the trace did not have before; `named` tells whether the
    operator names one of them. `reason` says why an equivalent one is, or why one that survived was not noticed; a
    survivor without one is unexplained.
    """

    source: str
    operator: str
    round: int
    done: str
    fate: Fate
    killed_by: tuple[str, ...] = ()
    named: bool = False
    reason: str | None = None


@dataclass(frozen=True)
class MutantReport:
    """What became of all mutants; `mutants` are in order of source, operator and round."""

    seed: int
    traces: int
    mutants: tuple[Mutant, ...] = field(repr=False)

    def count(self, fate: Fate) -> int:
        """How many mutants had this fate."""
        return sum(1 for mutant in self.mutants if mutant.fate is fate)

    @property
    def share(self) -> float:
        """The killed part of the mutants that are not equivalent; 1 where there are none."""
        meant = len(self.mutants) - self.count(Fate.EQUIVALENT)
        return self.count(Fate.KILLED) / meant if meant else 1.0

    @property
    def survivors(self) -> tuple[Mutant, ...]:
        """The mutants that no check noticed, and those that a check broke on."""
        return tuple(mutant for mutant in self.mutants if mutant.fate in (Fate.SURVIVED, Fate.CRASHED))

    @property
    def unexplained(self) -> tuple[Mutant, ...]:
        """The survivors that no reason is known for: each shows a weak check, or an operator that asks too much."""
        return tuple(mutant for mutant in self.survivors if mutant.reason is None)

    def reasons(self, fate: Fate) -> dict[str, int]:
        """How many mutants of a fate there are for each reason."""
        return dict(sorted(Counter(m.reason for m in self.mutants if m.fate is fate and m.reason).items()))

    def by_operator(self) -> dict[str, Counter[str]]:
        """How many mutants of each operator had each fate, and how many were killed by a requirement it names."""
        counted: dict[str, Counter[str]] = {name: Counter() for name in all_operators()}
        for mutant in self.mutants:
            counted[mutant.operator][mutant.fate.value] += 1
            counted[mutant.operator]["named"] += mutant.named
        return counted

    def kills(self) -> dict[str, int]:
        """How many mutants each requirement killed."""
        return dict(sorted(Counter(name for mutant in self.mutants for name in mutant.killed_by).items()))

    def to_dict(self) -> dict[str, Any]:
        """As JSON-ready data; of the killed ones the figures only."""
        return {
            "seed": self.seed,
            "traces": self.traces,
            "mutants": len(self.mutants),
            **{fate.value: self.count(fate) for fate in Fate},
            "share": round(self.share, 4),
            "operators": {name: dict(sorted(counts.items())) for name, counts in self.by_operator().items()},
            "requirements": self.kills(),
            "unexplained": len(self.unexplained),
            "survivors": [asdict(mutant) for mutant in self.survivors],
            "reasons": self.reasons(Fate.SURVIVED),
            "equivalents": self.reasons(Fate.EQUIVALENT),
        }


def recorded(folders: Iterable[Path], contract: Contract) -> Iterator[Trace]:
    """The traces of the recordings under folders, as an audit would judge them; unreadable files are passed over."""
    found: list[Part] = []
    for path, name in find_named(folders):
        try:
            recording = read(path)
        except UnreadableRecording:
            continue
        found += parts(Selection(recording, contract), name)
    return (one.trace() for one in group(found))


def mutants(
    material: Iterable[Trace], contract: Contract, *, seed: int = 0, rounds: int = 1, sample: float = 1.0
) -> MutantReport:
    """Apply every operator `rounds` times to every trace, and judge what comes out.

    `sample` is the part of the (trace, operator) pairs that is tried. The same material and seed give the same
    mutants; one that came out already is not counted again.
    """
    counted = 0
    found: list[Mutant] = []
    for index, trace in enumerate(material):
        counted += 1
        view = TraceView(trace, contract)
        before: Judgement | None = None
        for name, operator in all_operators().items():
            if sample < 1 and Random(f"{seed} {index} {trace.source} {name}").random() >= sample:
                continue
            seen: set[str] = set()
            for number in range(rounds):
                mutation = operator.function(view, Random(f"{seed} {index} {trace.source} {name} {number}"))
                if mutation is None or mutation.done in seen:
                    continue
                seen.add(mutation.done)
                if mutation.equivalent:
                    found.append(
                        Mutant(trace.source, name, number, mutation.done, Fate.EQUIVALENT, reason=mutation.equivalent)
                    )
                    continue
                before = judge(trace, contract) if before is None else before
                after = judge(mutation.trace, contract)
                killed_by = new_findings(before, after, contract)
                fate = Fate.CRASHED if after.crashed else Fate.KILLED if killed_by else Fate.SURVIVED
                named = any(operator.names(requirement) for requirement in killed_by)
                reason = mutation.unseen if fate is Fate.SURVIVED else None
                found.append(Mutant(trace.source, name, number, mutation.done, fate, killed_by, named, reason))
    return MutantReport(seed, counted, tuple(found))


def new_findings(before: Judgement, after: Judgement, contract: Contract) -> tuple[str, ...]:
    """The MUST and SHOULD requirements with more, or other, findings than before."""
    new = set(after.findings) - set(before.findings)
    levels = {finding.requirement: contract.requirements[finding.requirement].level for finding in new}
    return tuple(sorted(name for name, level in levels.items() if level in (Level.MUST, Level.SHOULD)))
