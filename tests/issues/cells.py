"""Performers that do nothing but tell, and real ones from the cache of environments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from conformance.issues.catalogue import Issue
from conformance.issues.environments import Environment, cache, cached
from conformance.issues.oracle import Observed, Sign
from conformance.issues.sdk import Language, Sdk
from conformance.issues.stage import Stage

OLD = Sdk(Language.PYTHON, "1.30.1")


@dataclass
class Told:
    """Performs by telling what it was given for a mode; remembers the order of the modes."""

    by_mode: Mapping[str, Observed]
    modes: list[str] = field(default_factory=list)
    ends: int = 0

    def perform(self, stage: Stage, mode: str, probe: Path, deadline: float) -> Observed:
        self.modes.append(mode)
        return self.by_mode[mode]

    def end(self) -> None:
        self.ends += 1


def issue(*signs: Mapping[str, Any], **values: Any) -> Issue:
    """An issue that has KI-05's condition, which is none."""
    return Issue(
        key="KI-05",
        title="An <issue> & more",
        faults=(),
        sources=(),
        condition="",
        planted_in="server",
        signs={Language.PYTHON: tuple(Sign(sign) for sign in signs)},
        **values,
    )


def from_cache(language: Language) -> Environment:
    """An environment made before; skips the test where there is none."""
    if cache().is_dir():
        for folder in sorted(cache().glob(f"{language}-*.*.*")):
            found = cached(Sdk(language, folder.name.partition("-")[2]))
            if found:
                return found
    pytest.skip(f"no {language} SDK in the cache; `assistants-conformance issues reproduce KI-02` fills it")
