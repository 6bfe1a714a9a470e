"""Environments of their own for SDK releases, made once and kept in a cache folder.

A folder is made beside its place and moved there when it is whole, so a killed install leaves nothing that looks ready,
and two processes that make the same one do not disturb each other. A whole environment needs no network any more.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from conformance.issues.sdk import Language, Sdk, order

CACHE_VARIABLE = "CONFORMANCE_SDK_CACHE"
INSTALL_TIMEOUT_S = 300
# openai-python before 1.55.3 passes `proxies` to httpx, which 0.28 (November 2024) no longer takes. Those releases get
# the httpx of their own time; all else is the newest that the release allows.
_LAST_WITH_PROXIES = order("1.55.2")
_NO_SUCH_RELEASE = re.compile(r"No matching distribution found for openai\b|\bETARGET\b")
_QUIETLY_PIP = ("--quiet", "--disable-pip-version-check", "--no-input", "--retries", "1")
_QUIETLY_NPM = (
    *("--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error"),
    *("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000"),
)


class NoEnvironment(Exception):
    """An environment that cannot be made, and why."""


@dataclass(frozen=True)
class Environment:
    """A folder in which one SDK release is installed."""

    sdk: Sdk
    folder: Path

    @property
    def program(self) -> str:
        """The interpreter that has the SDK (Python), or Node itself; raises `NoEnvironment`."""
        return _python(self.folder) if self.sdk.language is Language.PYTHON else found_program("node")


def requirements(sdk: Sdk) -> tuple[str, ...]:
    """What the registry is asked for, in the words of pip or npm."""
    if sdk.language is Language.NODE:
        return (f"openai@{sdk.version}",)
    wanted = (f"openai=={sdk.version}",)
    return (*wanted, "httpx<0.28") if sdk.order <= _LAST_WITH_PROXIES else wanted


def cache() -> Path:
    """Where environments are kept: `CONFORMANCE_SDK_CACHE`, or the user's cache folder."""
    named = os.environ.get(CACHE_VARIABLE)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named) if named else home / "assistants-conformance" / "sdks"


def cached(sdk: Sdk) -> Environment | None:
    """The environment of a release if it was made before, else None."""
    folder = cache() / f"{sdk.language}-{sdk.version}"
    ready = folder / ".ready"
    if ready.is_file() and ready.read_text() == _mark(sdk):
        return Environment(sdk, folder)
    return None


def environment(sdk: Sdk) -> Environment:
    """The environment of a release, made if need be; raises `NoEnvironment`."""
    if found := cached(sdk):
        return found
    place = cache() / f"{sdk.language}-{sdk.version}"
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as problem:
        raise NoEnvironment(f"{place.parent} cannot be written: {problem.strerror}") from problem
    try:
        _fill(making, sdk)
        (making / ".ready").write_text(_mark(sdk))
        _put(making, place, sdk)
    except OSError as problem:
        raise NoEnvironment(f"{making} cannot be written: {problem.strerror}") from problem
    finally:
        shutil.rmtree(making, ignore_errors=True)
    made = cached(sdk)
    if made is None:
        raise NoEnvironment(f"{place} could not be put in its place")
    return made


def _fill(folder: Path, sdk: Sdk) -> None:
    if sdk.language is Language.PYTHON:
        _run(sys.executable, "-m", "venv", "--without-pip", str(folder))
        _run(*(sys.executable, "-m", "pip", "--python", _python(folder), "install", *_QUIETLY_PIP), *requirements(sdk))
    else:
        npm = found_program("npm")
        found_program("node")
        (folder / "package.json").write_text('{"private": true}')
        _run(npm, "install", "--prefix", str(folder), *_QUIETLY_NPM, *requirements(sdk))


def _put(making: Path, place: Path, sdk: Sdk) -> None:
    for _ in range(2):
        try:
            making.rename(place)
            return
        except OSError:
            if cached(sdk):
                return  # another process was faster
            shutil.rmtree(place, ignore_errors=True)


def _mark(sdk: Sdk) -> str:
    return " ".join(requirements(sdk))


def _python(folder: Path) -> str:
    return str(folder / "bin" / "python")


def found_program(name: str) -> str:
    """Where a program is; raises `NoEnvironment` with what is missing."""
    path = shutil.which(name)
    if path is None:
        raise NoEnvironment(f"{name} is not installed; SDKs for Node need Node 18 or newer with npm")
    return path


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        raise NoEnvironment(f"installing took longer than {INSTALL_TIMEOUT_S} seconds") from None
    except OSError as problem:
        raise NoEnvironment(f"{command[0]} cannot be run: {problem.strerror}") from problem
    if done.returncode:
        if _NO_SUCH_RELEASE.search(done.stdout + done.stderr):
            raise NoEnvironment("the registry has no such release")
        texts = [line.strip() for line in (done.stderr + done.stdout).splitlines() if "err" in line.lower()]
        raise NoEnvironment(f"the install failed: {' '.join(texts)[:300] or f'exit code {done.returncode}'}")
