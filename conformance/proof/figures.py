"""The figures of the last whole proof (`specs/proof.json`): small, committed, and told with every verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import orjson

from conformance.contract import resources
from conformance.evidence.safe_files import write_files
from conformance.proof.trial import Fate, Trial

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


def of(trials: Iterable[Trial]) -> Figures:
    """The figures of a proof."""
    made = sorted(trials, key=lambda one: one.fault)
    killed = Counter(one.trips for one in made if one.fate is Fate.KILLED)
    witnesses = {one.fault: one.witness for one in made if one.witness is not None}
    return Figures(len(made), dict(sorted(killed.items())), witnesses)


def save(figures: Figures, path: Path) -> None:
    """Write figures; raises `NotWritten`."""
    text = orjson.dumps(figures, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    write_files({path: text})
