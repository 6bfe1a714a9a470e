"""The command as a user types it: a process of its own, in a folder of its own."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.limits import HANG

CHECKOUT = Path(__file__).resolve().parents[2]


UNHURRIED = """
from conformance.client import interrupt
interrupt.CLEANING, interrupt.EVIDENCE, interrupt.LONGEST = 100.0, 150.0, 200.0
from conformance.cli import main
main()
"""
"""The program with so much time to stop in that a busy machine does not cut it short, while an answer that is waited
for in vain still ends it after as long as ever."""
FOR_EVER = ("--timeout", "3600")
"""Options with which nothing but a stop ends a wait."""


@dataclass(frozen=True)
class Run:
    """What a command did."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def report(self) -> dict[str, Any]:
        """The JSON report in the default place."""
        loaded: dict[str, Any] = json.loads((self.folder / "reports/latest/report.json").read_text())
        return loaded

    def verdicts(self) -> dict[str, str]:
        """Verdict by requirement."""
        return {row["requirement"]: row["verdict"] for row in self.report["results"]}


def journalled(folder: Path) -> list[dict[str, Any]]:
    """The records in the journal of the default place: its whole lines, less the first and one that tells the end."""
    lines = (folder / "reports/latest/journal.jsonl").read_bytes().splitlines(keepends=True)
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines[1:] if line.endswith(b"\n")]
    return [row for row in rows if "scenario" in row]


def command(folder: Path, *words: str, env: dict[str, str] | None = None, timeout: float = HANG) -> Run:
    """Run `assistants-conformance` with these words in a folder; no key of the user's comes along."""
    surroundings = {key: value for key, value in os.environ.items() if not key.endswith("_API_KEY")}
    done = subprocess.run(
        [sys.executable, "-c", "from conformance.cli import main; main()", *words],
        cwd=folder,
        env={**surroundings, "COLUMNS": "100", "NO_COLOR": "1", **(env or {})},
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Run(done.returncode, done.stdout, done.stderr, folder)
