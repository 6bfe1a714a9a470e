"""Performers that do nothing but tell, and environments with a real SDK."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openai
import pytest

from conformance.issues.catalogue import Issue
from conformance.issues.environments import Environment, requirements
from conformance.issues.oracle import Observed, Sign
from conformance.issues.sdk import Language, Sdk
from conformance.issues.server import MockServer

OLD = Sdk(Language.PYTHON, "1.30.1")


@dataclass
class Told:
    """Performs by telling what it was given for a mode; remembers the order of the modes."""

    by_mode: Mapping[str, Observed]
    modes: list[str] = field(default_factory=list)
    ends: int = 0

    def perform(self, server: MockServer, mode: str, probe: Path, deadline: float) -> Observed:
        self.modes.append(mode)
        return self.by_mode[mode]

    def end(self) -> None:
        self.ends += 1


def issue(*signs: Mapping[str, Any], **values: Any) -> Issue:
    """An issue that has KI-05's condition, which is none."""
    return Issue(
        key="KI-05",
        title="An <issue> & more",
        fault=(),
        signs={Language.PYTHON: tuple(Sign(sign) for sign in signs)},
        **values,
    )


NODE = Sdk(Language.NODE, "4.77.0")
"""The release of the SDK for Node that tests use, from the cache that NODE_CACHE names; without it they are skipped."""
NODE_CACHE = "CONFORMANCE_TEST_SDK_CACHE"


def installed(language: Language) -> Environment:
    """An environment with a real SDK: for Python the release that is installed beside the tests."""
    if language is Language.PYTHON:
        return Environment(Sdk(Language.PYTHON, openai.__version__), Path(sys.prefix))
    folder = Path(os.environ.get(NODE_CACHE, os.devnull)) / f"{NODE.language}-{NODE.version}"
    if not (folder / ".ready").is_file():
        pytest.skip(f"{NODE_CACHE} names no cache with {NODE}; `assistants-conformance issues reproduce` fills one")
    return Environment(NODE, folder)


def cached_copy(place: Environment, cache: Path) -> None:
    """Put an environment for Python into a cache of the test's own."""
    folder = cache / f"{place.sdk.language}-{place.sdk.version}"
    (folder / "bin").mkdir(parents=True)
    program = folder / "bin" / "python"
    program.write_text(f'#!/bin/sh\nexec "{place.program}" "$@"\n')
    program.chmod(0o755)
    (folder / ".ready").write_text(" ".join(requirements(place.sdk)))
