"""Environments of their own for real SDKs, made once and kept under a cache folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
CACHE_VARIABLE = "CONFORMANCE_SDK_CACHE"
SECONDS_TO_INSTALL = 300
QUIETLY_PIP = ("--quiet", "--disable-pip-version-check", "--retries", "1")
QUIETLY_NPM = ("--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=0")


@dataclass(frozen=True)
class Sdk:
    """One release of one SDK. `major` is what its version must begin with; `wanted` is what the registry is asked."""

    language: str
    major: str
    wanted: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.language}-{self.major.rstrip('.')}"

    def installed(self) -> Path:
        """The folder of an environment that has the SDK; skips the test, with the reason, where it cannot be made."""
        folder = _cache() / str(self)
        ready = folder / ".ready"
        if ready.is_file() and ready.read_text() == repr(self.wanted):
            return folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        if self.language == "python":
            _install(sys.executable, "-m", "venv", str(folder))
            _install(_python(folder), "-m", "pip", "install", *QUIETLY_PIP, *self.wanted)
        else:
            npm = _program("npm")
            (folder / "package.json").write_text('{"private": true}')
            _install(npm, "install", "--prefix", str(folder), *QUIETLY_NPM, *self.wanted)
        ready.write_text(repr(self.wanted))
        return folder

    def command(self, url: str) -> list[str]:
        """The command that drives the endpoint at `url` with this SDK."""
        folder = self.installed()
        if self.language == "python":
            return [_python(folder), str(PROGRAMS / "session.py"), url]
        return [_program("node"), str(PROGRAMS / "session.mjs"), str(folder), url]


def _cache() -> Path:
    named = os.environ.get(CACHE_VARIABLE)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else home / "assistants-conformance" / "sdks"


def _python(folder: Path) -> str:
    return str(folder / "bin" / "python")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed; the Node SDK needs Node 18 or newer with npm")
    return found


def _install(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_TO_INSTALL, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        pytest.skip(f"the SDK cannot be installed: {problem}")
    if done.returncode:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if "error" in line.lower()]
        pytest.skip(f"the SDK cannot be installed, is the registry reachable? {' '.join(lines)[:300]}")
