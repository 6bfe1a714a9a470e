"""The command as a user types it: a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]


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


def command(folder: Path, *words: str, env: dict[str, str] | None = None, timeout: float = 120) -> Run:
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
