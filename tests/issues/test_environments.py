"""Environments are made whole or not at all."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from conformance.issues import environments
from conformance.issues.environments import NoEnvironment, cached, environment, requirements
from conformance.issues.sdk import BadSdk, Language, Sdk

NODE = Sdk(Language.NODE, "4.58.1")


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv(environments.CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(environments.shutil, "which", lambda name: f"/bin/{name}")
    return tmp_path / "cache"


def installs(monkeypatch: pytest.MonkeyPatch, code: int, error: str = "") -> list[tuple[str, ...]]:
    made: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...], **_: Any) -> subprocess.CompletedProcess[str]:
        made.append(command)
        return subprocess.CompletedProcess(command, code, "", error)

    monkeypatch.setattr(environments.subprocess, "run", run)
    return made


def test_it_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = installs(monkeypatch, 0)
    assert environment(NODE).folder == environment(NODE).folder
    assert len(made) == 1
    assert "openai@4.58.1" in made[0]


def test_a_failed_install_leaves_nothing(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> None:
    installs(monkeypatch, 1, "npm ERR! 404 no such version\n")
    with pytest.raises(NoEnvironment, match="no such version"):
        environment(NODE)
    assert list(empty_cache.iterdir()) == []
    assert cached(NODE) is None


@pytest.mark.parametrize(
    "told",
    [
        "ERROR: Could not find a version that satisfies the requirement openai==1.999.0 (from versions: 0.0.2, 0.1.0)\n"
        "ERROR: No matching distribution found for openai==1.999.0\n",
        "npm error code ETARGET\nnpm error notarget No matching version found for openai@4.999.0.\n",
    ],
)
def test_a_release_that_was_never_published_is_said_to_be_so(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    installs(monkeypatch, 1, told)
    with pytest.raises(NoEnvironment, match=r"^the registry has no such release$"):
        environment(NODE)


def test_half_of_one_is_made_anew(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> None:
    (empty_cache / "node-4.58.1").mkdir(parents=True)
    (empty_cache / "node-4.58.1" / "half").touch()
    installs(monkeypatch, 0)
    assert not (environment(NODE).folder / "half").exists()


def test_one_that_somebody_else_has_just_made_is_taken(monkeypatch: pytest.MonkeyPatch, empty_cache: Path) -> None:
    def run(command: tuple[str, ...], **_: Any) -> subprocess.CompletedProcess[str]:
        place = empty_cache / "node-4.58.1"
        place.mkdir()
        (place / ".ready").write_text("openai@4.58.1")
        (place / "theirs").touch()
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(environments.subprocess, "run", run)
    assert (environment(NODE).folder / "theirs").exists()
    assert [path.name for path in empty_cache.iterdir()] == ["node-4.58.1"]


def test_without_node_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environments.shutil, "which", lambda _: None)
    with pytest.raises(NoEnvironment, match="npm is not installed"):
        environment(NODE)


@pytest.mark.parametrize(("version", "pinned"), [("1.30.1", True), ("1.55.2", True), ("1.55.3", False)])
def test_old_releases_get_the_httpx_of_their_time(version: str, pinned: bool) -> None:
    assert ("httpx<0.28" in requirements(Sdk(Language.PYTHON, version))) is pinned


@pytest.mark.parametrize("text", ["ruby==1.0.0", "python", "python==1.30", "python==1.30.1; rm -rf", "node==latest"])
def test_what_names_no_release_is_refused(text: str) -> None:
    with pytest.raises(BadSdk):
        Sdk.parse(text)
