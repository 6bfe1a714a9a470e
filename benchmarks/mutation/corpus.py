"""The oracle beside the tests: what scenarios brought against the reference endpoint, faithful and with planted faults.

A mutant is seen by it where the faithful traces are judged otherwise, or a planted fault is no longer found by name.
"""

import ast
import json
import pickle
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from conformance.trace.trace import Trace

View = dict[str, dict[str, str]]
"""What is said, by check and requirement."""
PROOF = Path(__file__).resolve().parents[2] / "specs" / "proof.json"
"""The last proof: which scenario killed each fault."""


@dataclass(frozen=True)
class Corpus:
    """Traces of every scenario against the faithful endpoint, and (fault, requirement it must trip, trace)."""

    faithful: tuple[Trace, ...]
    faulty: tuple[tuple[str, str, Trace], ...]


def record(path: Path) -> None:
    """Drive every scenario, and every fault with the scenario that killed it in the last proof; keep the traces."""
    from conformance import contract
    from conformance.proof.faults import all_faults
    from conformance.proof.harness import endpoint, scenarios
    from conformance.proof.interception import ignore_broken_answers
    from conformance.scenarios.kit.driver import Driver
    from conformance.session.attempt import attempt

    ignore_broken_answers()
    loaded = contract.load()
    with endpoint() as target:
        faithful = tuple(attempt(name, drive, Driver(target, loaded), loaded)[1] for name, drive in scenarios().items())
    faulty: list[tuple[str, str, Trace]] = []
    witnesses: dict[str, str] = json.loads(PROOF.read_bytes())["witnesses"]
    for name, fault in all_faults().items():
        if (witness := witnesses.get(name)) is None:
            continue
        with endpoint([name]) as target:
            found, trace = attempt(witness, scenarios()[witness], Driver(target, loaded), loaded)
        if fault.trips in found.found:
            faulty.append((name, fault.trips, trace))
    path.write_bytes(pickle.dumps(Corpus(faithful, tuple(faulty))))


def load(path: Path) -> Corpus:
    """The recorded traces."""
    corpus: Corpus = pickle.loads(path.read_bytes())
    return corpus


def touched(module: str) -> list[str]:
    """The checks that use a module, as `area.function`: those of modules that import it, and of what imports these."""
    from conformance.checks import all_checks

    areas = {check.function.__module__ for check in all_checks().values()}
    if not module.startswith("conformance.checks."):
        return list(all_checks())
    uses = {name: _imported(name) for name in sys.modules if name.startswith("conformance.checks.")}
    reached = {module}
    while more := {name for name, used in uses.items() if used & reached} - reached:
        reached |= more
    return [name for name, check in all_checks().items() if check.function.__module__ in reached & areas]


def _imported(name: str) -> set[str]:
    source = Path(str(sys.modules[name].__file__)).read_text()
    return {
        node.module
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ImportFrom) and node.module is not None
    }


def faithful_view(corpus: Corpus, names: Iterable[str]) -> View:
    """What these checks say of each requirement over the faithful traces: `examined`, `found` or `crashed`."""
    from conformance import contract
    from conformance.checks import all_checks
    from conformance.checks.judge import judge

    view: View = {}
    for name in names:
        said: dict[str, str] = {}
        for trace in corpus.faithful:
            judgement = judge(trace, contract.load(), [all_checks()[name]])
            said |= {one: "examined" for one in judgement.examined if one not in said}
            said |= {finding.requirement: "found" for finding in judgement.findings}
            said |= dict.fromkeys(judgement.crashed, "crashed")
        view[name] = said
    return view


def missed(corpus: Corpus, names: Iterable[str]) -> Iterator[str]:
    """The faults that are found by name no longer, of those that any of these checks may find."""
    from conformance import contract
    from conformance.checks import all_checks
    from conformance.checks.judge import judge

    concerned = set(names)
    for fault, trips, trace in corpus.faulty:
        checks = [
            check
            for check in all_checks().values()
            if any(fnmatchcase(trips, pattern) for pattern in check.requirements)
        ]
        if not any(check.name in concerned for check in checks):
            continue
        if all(finding.requirement != trips for finding in judge(trace, contract.load(), checks).findings):
            yield fault


def seen(corpus: Corpus, known: View, module: str) -> str | None:
    """How the oracle sees a mutant of a module that is loaded in this process; None where it does not."""
    from conformance.checks import all_checks

    if lost := known.keys() - all_checks().keys():
        return f"the check {min(lost)} is gone"
    names = touched(module)
    if (fault := next(missed(corpus, names), None)) is not None:
        return f"fault {fault} is missed"
    for name in names:
        said = faithful_view(corpus, [name])[name]
        apart = sorted(one for one in said.keys() | known[name].keys() if said.get(one) != known[name].get(one))
        if apart:
            return f"{name} of the faithful endpoint: {apart[0]} {said.get(apart[0], 'is not examined')}"
    return None


def write_known(path: Path, corpus: Corpus) -> None:
    """Keep what the code as it is says; raises where it misses a fault, as a mutant would then be seen for nothing."""
    from conformance.checks import all_checks

    if lost := list(missed(corpus, all_checks())):
        raise ValueError(f"not found by the code as it is: {', '.join(lost)}")
    path.write_text(json.dumps(faithful_view(corpus, all_checks())))


def read_known(path: Path) -> View:
    """What `write_known` kept."""
    known: View = json.loads(path.read_bytes())
    return known


def main(words: list[str]) -> None:
    """In a process of its own, as it imports what is mutated: record the traces, or what is known of them."""
    if words[0] == "--known":
        write_known(Path(words[2]), load(Path(words[1])))
    else:
        record(Path(words[0]))


if __name__ == "__main__":
    # by its full name, so that what is pickled is found again
    from benchmarks.mutation.corpus import main as whole

    whole(sys.argv[1:])
