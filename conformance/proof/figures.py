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
from conformance.proof.faults import all_faults
from conformance.proof.trial import Trial

FILE = "proof.json"


@dataclass(frozen=True)
class Figures:
    """How many planted faults each requirement kills by name, and by which scenario each fault was killed.

    `survived` are the faults that were not killed by name.
    """

    faults: int = 0
    killed: dict[str, int] = field(default_factory=dict)
    witnesses: dict[str, str] = field(default_factory=dict)
    survived: list[str] = field(default_factory=list)


@cache
def load() -> Figures:
    """The committed figures; empty where there are none."""
    return read(resources.specs() / FILE)


def read(path: Path) -> Figures:
    """Saved figures; empty where there are none."""
    return Figures(**orjson.loads(path.read_bytes())) if path.is_file() else Figures()


def merged(before: Figures, trials: Iterable[Trial]) -> Figures:
    """Figures with the outcome of these trials in place of their own; faults that there are no longer are dropped."""
    known = all_faults()
    fates = {**before.witnesses, **dict.fromkeys(before.survived), **{one.fault: one.witness for one in trials}}
    witnesses = {id: witness for id, witness in sorted(fates.items()) if witness is not None and id in known}
    survived = sorted(id for id, witness in fates.items() if witness is None and id in known)
    killed = Counter(known[id].trips for id in witnesses)
    return Figures(len(witnesses) + len(survived), dict(sorted(killed.items())), witnesses, survived)


def save(figures: Figures, path: Path) -> None:
    """Write figures; raises `NotWritten`."""
    text = orjson.dumps(figures, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    write_files({path: text})
