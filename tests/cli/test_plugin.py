"""The pytest plugin in somebody else's folder: what was asked for wrongly is told in one line, and nothing is run."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.limits import HANG

UNREACHABLE = "http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--conformance-replay", "nowhere"), "--conformance-replay: there is no folder 'nowhere'"),
        (
            ("--conformance-target", UNREACHABLE, "--conformance-replay", "."),
            "--conformance-target and --conformance-replay exclude each other",
        ),
        (("--conformance-target", UNREACHABLE, "--conformance-only", "rums"), "'rums' is no area, requirement id or"),
        (("--conformance-target", UNREACHABLE, "--conformance-only", ""), "'' names nothing (a variable that is not"),
        (("--conformance-target", "ftp://x"), "'ftp://x' is not an http or https URL"),
    ],
    ids=["no folder", "both", "no area", "nothing", "no URL"],
)
def test_wrong_words_are_told_in_one_line(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    asked = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--pyargs",
        "conformance.scenarios",
        *words,
    ]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, timeout=HANG)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout
    assert done.stderr.strip().startswith(f"ERROR: {told}")
    assert len(done.stderr.strip().splitlines()) == 1
