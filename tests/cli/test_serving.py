"""`serve` and `run` beside each other: how to get everything out of the suite's own endpoint."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.cli.command import command
from tests.limits import HANG

NOTE = (
    "The suite's own can (serve --clock): add --profile reference for that one; "
    "profile new URL finds out what another can."
)


@pytest.mark.parametrize("clock", [True, False])
def test_serve_names_the_command_that_drives_it_whole(clock: bool, tmp_path: Path) -> None:
    words = [sys.executable, "-c", "from conformance.cli import main; main()", "serve", "--port", "0"]
    words += ["--clock"] if clock else []
    process = subprocess.Popen(words, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        _, _, line = (process.stdout.readline() for _ in range(3))
        assert ("--clock" in line) is not clock
        named = shlex.split(line, comments=True)
        assert named[0] == "assistants-conformance"
        done = command(tmp_path, *named[1:], "--only", "cancels.failed,cancels.expired")
    finally:
        process.terminate()
        process.communicate(timeout=HANG)
    outcomes = {row["name"]: row["outcome"] for row in done.report["scenarios"]}
    assert outcomes == {"cancels.failed": "completed", "cancels.expired": "completed" if clock else "not-offered"}


def test_a_run_tells_what_a_profile_would_add(tmp_path: Path) -> None:
    with ReferenceServer(Settings(control=True)) as server:
        words = ("run", server.url, "--only", "cancels.failed,cancels.expired")
        (tmp_path / "without").mkdir()
        without = command(tmp_path / "without", *words)
        noted = without.report["header"]["notes"]
        whole = command(tmp_path, *words, "--profile", "reference")
    told = f"2 scenarios need an endpoint that can be told what to do. {NOTE}"
    assert noted == [told]
    assert "2 scenarios need an endpoint" in without.out
    assert told in " ".join((tmp_path / "without/reports/latest/report.txt").read_text().split())
    assert whole.report["header"]["notes"] == []
