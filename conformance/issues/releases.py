"""Which releases of an SDK are published, as its registry tells."""

import json
import re
import subprocess

import httpx

from conformance.issues.environments import NoEnvironment, found_program
from conformance.issues.sdk import Language, Sdk, order

PYPI = "https://pypi.org/pypi/openai/json"
TIMEOUT_S = 30
_FINAL = re.compile(r"\d+\.\d+\.\d+")


class NoRegistry(Exception):
    """A registry that could not be asked, and why."""


def published(language: Language) -> tuple[Sdk, ...]:
    """Every final release, oldest first; raises `NoRegistry`."""
    named = _from_pypi() if language is Language.PYTHON else _from_npm()
    known = {version for version in named if _FINAL.fullmatch(version)}
    return tuple(Sdk(language, version) for version in sorted(known, key=order))


def _from_pypi() -> list[str]:
    try:
        answer = httpx.get(PYPI, timeout=TIMEOUT_S, follow_redirects=True)
        releases = answer.raise_for_status().json()["releases"]
    except (httpx.HTTPError, ValueError, KeyError) as problem:
        raise NoRegistry(f"PyPI cannot be asked for the releases of openai: {problem}") from problem
    return [version for version, files in releases.items() if files and not all(one.get("yanked") for one in files)]


def _from_npm() -> list[str]:
    try:
        npm = found_program("npm")
        done = subprocess.run(
            [npm, "view", "openai", "versions", "--json", "--fetch-retries=0"],
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (NoEnvironment, OSError, subprocess.TimeoutExpired) as problem:
        raise NoRegistry(f"npm cannot be asked for the releases of openai: {problem}") from problem
    if done.returncode:
        texts = " ".join(line for line in done.stderr.splitlines() if "error" in line.lower())[:200]
        raise NoRegistry(f"npm cannot be asked for the releases of openai: {texts}")
    try:
        versions = json.loads(done.stdout)
    except ValueError:
        raise NoRegistry("npm told the releases of openai in a way that is not JSON") from None
    return versions if isinstance(versions, list) else [versions]
