"""What in the README is generated: commands with their real output, and measured figures; `--write` renews both.

A figure stands in the text between two comments: `<!--faults-->628<!---->`.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from conformance import contract
from conformance.session.selection import real_traffic
from tests.limits import HANG

CHECKOUT = Path(__file__).resolve().parents[1]
README, ARCHITECTURE, PACKAGE = CHECKOUT / "README.md", CHECKOUT / "ARCHITECTURE.md", CHECKOUT / "conformance"
BLOCK = re.compile(r"```console\n\$ (?P<command>[^\n]+)\n(?P<output>.*?)```", re.DOTALL)


FIGURE = re.compile(r"<!--(?P<name>[a-z_]+)-->(?P<value>.*?)<!---->", re.DOTALL)


def figures() -> dict[str, str]:
    """Every measured figure that the README names, as it stands there."""
    proof, wider, stability = (
        json.loads((CHECKOUT / path).read_text())
        for path in ("specs/proof.json", "reports/proof/wider.json", "reports/stability.json")
    )
    operators, variations = wider["operators"], wider["variations"]
    return {
        "faults": f"{proof['faults']:,}",
        "killed": f"{sum(proof['killed'].values()):,}",
        "mutants": f"{operators['mutants']:,}",
        "noticed": f"{operators['share']:.1%}".replace("%", " %"),
        "exchanges": f"{real_traffic().exchanges:,}",
        "variations": f"{variations['variations']:,}",
        "false_alarms": f"{variations['false_alarms']:,}",
        "stability_runs": f"{stability['runs']:,}",
        "differing_verdicts": f"{len(stability['differing_verdicts']):,}",
        "operations": f"{len(contract.load().operations.by_id):,}",
        "lines": f"{_lines(PACKAGE):,}",
        **{f"lines_{folder.name}": f"{_lines(folder):,}" for folder in PACKAGE.iterdir() if any(folder.glob("*.py"))},
    }


def _lines(folder: Path) -> int:
    """The lines of Python below a folder, to the nearest hundred: enough to know what a package costs."""
    return round(sum(len(path.read_text().splitlines()) for path in folder.rglob("*.py")), -2)


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
    text = re.sub(r"in \d+\.\d (s|min)", "in N s", text)
    return "\n".join(without_the_last_run(line.rstrip() for line in text.strip().splitlines()))


def without_the_last_run(lines: Iterable[str]) -> Iterable[str]:
    """Output without what a run tells of the report that was there before."""
    return (line for line in lines if not re.match(r"since \d{4}-\d\d-\d\dT", line))


def rewritten(text: str, output_of: Callable[[str], str]) -> str:
    """The README with the output of every command that shows one."""

    def replaced(match: re.Match[str]) -> str:
        command = match["command"]
        lines = [] if command == "make test" else without_the_last_run(output_of(command).strip("\n").splitlines())
        shown = "".join(f"{line}\n" for line in lines)
        return f"```console\n$ {command}\n{shown}```"

    return with_figures(BLOCK.sub(replaced, text))


def with_figures(text: str) -> str:
    """The README with every figure as it was measured last."""
    measured = figures()
    return FIGURE.sub(lambda match: f"<!--{match['name']}-->{measured[match['name']]}<!---->", text)


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python tests/readme.py --write")
    README.write_text(rewritten(README.read_text(), run))
    ARCHITECTURE.write_text(with_figures(ARCHITECTURE.read_text()))
