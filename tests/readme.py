"""The README's console blocks: commands with their real output; `--write` brings them up to date."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.limits import HANG

CHECKOUT = Path(__file__).resolve().parents[1]
README = CHECKOUT / "README.md"
BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]+)\n(?P<output>.*?)```", re.DOTALL)


def run(command: str) -> str:
    """What a command prints on standard output, without colour and 100 columns wide; it has to succeed."""
    surroundings = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MAKE", "MFLAGS"))},
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command.split(),
            cwd=CHECKOUT if command.startswith("make") else folder,
            env=surroundings,
            capture_output=True,
            text=True,
            timeout=HANG,
        )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done.stdout


def steady(text: str) -> str:
    """Output without what differs from run to run."""
    text = re.sub(r"in \d+\.\d s", "in N s", text)
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:]+\+00:00", "DATE", text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def rewritten(text: str, output_of: Callable[[str], str]) -> str:
    """The README with the output of every command that shows one."""

    def replaced(match: re.Match[str]) -> str:
        command = match["command"]
        shown = "" if command == "make test" else output_of(command).strip("\n") + "\n"
        return f"```console\n$ {command}\n{shown}```"

    return BLOCK.sub(replaced, text)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python tests/readme.py --write")
    README.write_text(rewritten(README.read_text(), run))
