"""The other two halves of a proof: recorded traces broken on purpose, and harmless variations that must pass."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from conformance import contract
from conformance.contract import resources
from conformance.proof.operators.mutants import MutantReport, mutants, recorded
from conformance.proof.variations.run import Variations, run_variations, workers

RECORDINGS = "CONFORMANCE_RECORDINGS"
"""The environment variable that names a folder of recordings of the real API."""
GOAL = 0.99
"""The part of the mutants, equivalent ones aside, that has to be killed."""


@dataclass(frozen=True)
class Wider:
    """What the operators and the variations came to; `recordings` tells whether real traffic was at hand."""

    operators: MutantReport
    variations: Variations
    recordings: bool

    @property
    def good(self) -> bool:
        """Whether enough mutants were killed, each other one is explained, and no variation gave a false alarm."""
        return self.operators.share >= GOAL and not self.operators.unexplained and self.variations.clean


def break_recordings(seed: int = 0, rounds: int = 1) -> tuple[MutantReport, bool]:
    """Every operator over the bundled cassettes, and over the recordings that the environment names."""
    loaded = contract.load()
    named = os.environ.get(RECORDINGS)
    folder = Path(named) / "raw" if named and (Path(named) / "raw").is_dir() else Path(named) if named else None
    folders = [resources.cassettes() / "reference", *([folder] if folder and folder.is_dir() else [])]
    return mutants(recorded(folders, loaded), loaded, seed=seed, rounds=rounds), len(folders) > 1


def widen(jobs: int, done: Callable[[str, int], None]) -> Wider:
    """Both; `done` is told of each part that ended and how many faults of ours it showed.

    With several jobs the operators, which are one piece, begin first and run beside the variations.
    """
    if jobs == 1:
        found, real = break_recordings()
        done("operators over recorded traces", len(found.unexplained))
        return Wider(found, run_variations(jobs=jobs, done=done), real)
    with workers(jobs) as pool:
        breaking = pool.submit(break_recordings)
        varied = run_variations(jobs=jobs, done=done, pool=pool)
        found, real = breaking.result()
        done("operators over recorded traces", len(found.unexplained))
    return Wider(found, varied, real)


def markdown(wider: Wider) -> str:
    """Both as one page."""
    found, varied = wider.operators.to_dict(), wider.variations.to_dict()
    traffic = "the bundled cassettes and recordings of the real API" if wider.recordings else "the bundled cassettes"
    lines = [
        "# Broken traces, and harmless variations",
        "",
        "## Operators over recorded traces",
        "",
        f"{found['mutants']:,} mutants of {found['traces']:,} traces ({traffic}), seed {found['seed']}: "
        f"{found['killed']:,} killed, {found['survived']:,} survived, {found['crashed']:,} broke a check, "
        f"{found['equivalent']:,} equivalent. Of those that are not, {100 * wider.operators.share:.2f} % are killed.",
        "",
        "| operator | killed | by a requirement it names | survived | equivalent |",
        "| --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {name} | {row.get('killed', 0)} | {row.get('named', 0)} | {row.get('survived', 0)} "
            f"| {row.get('equivalent', 0)} |"
            for name, row in found["operators"].items()
        ),
        "",
        "### Survivors",
        "",
        f"{len(wider.operators.survivors)} mutants were noticed by no check, "
        f"{found['unexplained']} of them unexplained.",
        "",
        "| operator | trace | what was done, and where | why it is not noticed |",
        "| --- | --- | --- | --- |",
        *(
            f"| {mutant.operator} | {mutant.source} | {mutant.done} | {mutant.reason or 'unexplained'} |"
            for mutant in wider.operators.survivors
        ),
        "",
        "### Equivalent ones",
        "",
        *(f"- {count:,}: {reason}" for reason, count in found["equivalents"].items()),
        "",
        "## Harmless variations",
        "",
        f"{varied['variations']} variations of the reference endpoint, {varied['scenarios']:,} scenarios, "
        f"{varied['changed']:,} of {varied['answers']:,} answers changed: {varied['false_alarms']:,} false alarms.",
        "",
        "| variation | what is different | why it is right | answers changed | pass | warn | fail |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {one['name']} | {one['about']} | {one['why']} | {one['changed']:,} | {one['verdicts']['pass']} "
            f"| {one['verdicts']['warn']} | {one['verdicts']['fail']} |"
            for one in varied["results"]
        ),
    ]
    return "\n".join(lines) + "\n"
