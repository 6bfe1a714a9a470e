"""The figures of the last whole proof (`specs/proof.json`): small, committed, and told with every verdict."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import orjson

from conformance.contract import resources
from conformance.evidence.safe_files import write_files
from conformance.proof.faults import Fault
from conformance.proof.trial import Trial

FILE = "proof.json"


@dataclass(frozen=True)
class Figures:
    """How many planted faults each requirement kills by name, and by which scenario each fault was killed."""

    faults: int = 0
    killed: dict[str, int] = field(default_factory=dict)
    witnesses: dict[str, str] = field(default_factory=dict)


@cache
def load() -> Figures:
    """The committed figures; empty where there are none."""
    path = resources.specs() / FILE
    return Figures(**orjson.loads(path.read_bytes())) if path.is_file() else Figures()


def of(trials: Iterable[Trial], faults: Mapping[str, Fault], kept: Figures | None = None) -> Figures:
    """The figures of a proof; of faults that were not tried, those that are kept."""
    witnesses = {name: witness for name, witness in (kept or Figures()).witnesses.items() if name in faults}
    for trial in trials:
        witnesses.pop(trial.fault, None)
        if trial.witness is not None:
            witnesses[trial.fault] = trial.witness
    killed = Counter(faults[name].trips for name in witnesses)
    return Figures(len(faults), dict(sorted(killed.items())), dict(sorted(witnesses.items())))


def save(figures: Figures, path: Path) -> None:
    """Write figures; raises `NotWritten`."""
    text = orjson.dumps(figures, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    write_files({path: text})
