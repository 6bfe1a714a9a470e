"""The walk in CONTRIBUTING.md, taken on a copy of the checkout: the page is the source of what is tried here."""

import os
import re
import shutil
import subprocess
import sys
from difflib import unified_diff
from pathlib import Path

import pytest

from tests.limits import HANG

CHECKOUT = Path(__file__).resolve().parents[1]
STEP = re.compile(r"[Ii]n `(?P<path>[^`]+)`:\n\n```\w+\n(?P<text>.*?)```", re.DOTALL)
COMMANDS = re.compile(r"^\$ \.venv/bin/(.+)$", re.MULTILINE)
PARTS = ("conformance", "specs", "cassettes", "tests")
MOST_FILES, MOST_LINES = 10, 200


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout in which the five files are edited as the page says."""
    copy = tmp_path_factory.mktemp("walk")
    for part in PARTS:
        shutil.copytree(CHECKOUT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(CHECKOUT / name, copy)
    steps = list(STEP.finditer((CHECKOUT / "CONTRIBUTING.md").read_text()))
    assert len(steps) == 5
    for step in steps:
        _edit(copy / step["path"], step["text"])
    return copy


def _edit(path: Path, text: str) -> None:
    """Imports go to the top, the rest to the end."""
    lines = text.splitlines(keepends=True)
    imports = "".join(line for line in lines if line.startswith(("from ", "import ")))
    rest = "".join(line for line in lines if line not in imports).strip("\n")
    before = path.read_text()
    if imports:
        before = before.replace("from conformance", f"{imports}from conformance", 1)
    gap = "\n\n" if path.suffix == ".py" else ""
    path.write_text(f"{before.rstrip()}\n{gap}{rest}\n")


def _run(copy: Path, *words: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, *words],
        cwd=copy,
        env={**environment, "PYTHONPATH": str(copy), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=HANG,
    )
    assert done.returncode == 0, f"{words}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def _command(copy: Path, line: str) -> str:
    program, *words = line.split()
    if program == "python":
        return _run(copy, *words)
    return _run(copy, "-c", "from conformance.cli import main; main()", *words)


def test_the_walk(walk: Path) -> None:
    check, run, proof = COMMANDS.findall((CHECKOUT / "CONTRIBUTING.md").read_text())
    assert "passed" in _command(walk, f"{check} -p no:cacheprovider -o addopts= --import-mode=importlib -q")
    alone = _command(walk, f"{run} --record cassettes/reference")
    assert "Conformant" in alone
    assert (walk / "cassettes/reference/headers/download.yaml").is_file()
    assert "1 of 1 planted faults were killed by name" in _command(walk, proof)
    changes = _changes(walk)
    assert len(changes) <= MOST_FILES, changes
    assert sum(changes.values()) <= MOST_LINES, changes


def _changes(copy: Path) -> dict[str, int]:
    """Added and removed lines of every file that is not as it was."""
    changes = {}
    for part in PARTS:
        for path in sorted((copy / part).rglob("*")):
            name = path.relative_to(copy)
            if not path.is_file() or "__pycache__" in name.parts:
                continue
            now, before = path.read_bytes(), (CHECKOUT / name).read_bytes() if (CHECKOUT / name).is_file() else b""
            if now != before:
                diff = unified_diff(before.decode().splitlines(), now.decode().splitlines(), n=0, lineterm="")
                changes[str(name)] = sum(
                    line[0] in "+-" and not line.startswith(("+++", "---")) for line in diff if line
                )
    return changes
