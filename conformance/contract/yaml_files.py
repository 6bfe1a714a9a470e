"""Loads the contract's YAML files."""

from pathlib import Path
from typing import Any

import yaml


class BrokenContract(Exception):
    """A data file of the contract that cannot be used: which one, and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(path: Path) -> Any:
    """The parsed document; raises `BrokenContract` where it is missing or not YAML."""
    try:
        return yaml.load(path.read_bytes(), _LOADER)
    except (OSError, yaml.YAMLError) as problem:
        raise BrokenContract(path, str(problem)) from problem
