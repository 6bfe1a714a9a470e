"""Public recordings of the real API by name: where they were found, and which files of a checkout they are."""

import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from conformance.contract.resources import specs
from conformance.contract.yaml_files import BrokenContract

CORPORA = "corpora.toml"


@dataclass(frozen=True)
class Corpus:
    """Recordings of one repository: `paths` are patterns below its root, `years` the first and the last of traffic.

    `known` says of requirements that it violates why that is so.
    """

    name: str
    repository: str
    commit: str
    paths: tuple[str, ...]
    licence: str
    dialect: str
    years: tuple[int, int]
    note: str
    known: Mapping[str, str] = field(default_factory=dict)

    def files(self, checkout: Path) -> list[Path]:
        """Its files in a checkout, sorted; none where the checkout is of something else."""
        return sorted({path for pattern in self.paths for path in checkout.glob(pattern) if path.is_file()})

    def other_commit(self, checkout: Path) -> str | None:
        """The commit of a checkout where it is not the one that is named; None where it is, or cannot be told."""
        if not (checkout / ".git").exists():
            return None
        words = ["git", "-C", str(checkout), "rev-parse", "HEAD"]
        try:
            told = subprocess.run(words, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
        except (OSError, subprocess.SubprocessError):
            return None
        return None if told == self.commit else told


def load(path: Path | None = None) -> dict[str, Corpus]:
    """Every corpus by name, in file order; raises `BrokenContract`."""
    path = path or specs() / CORPORA
    try:
        rows = tomllib.loads(path.read_text("utf-8"))
        return {
            name: Corpus(**{**row, "name": name, "paths": tuple(row["paths"]), "years": tuple(row["years"])})
            for name, row in rows.items()
        }
    except (OSError, ValueError, TypeError, KeyError) as problem:
        raise BrokenContract(path, str(problem)) from problem
