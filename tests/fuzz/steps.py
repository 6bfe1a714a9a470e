"""Whether a fuzzing took enough steps: `python tests/fuzz/steps.py REPORT_FOLDER STEPS`, by way of `make fuzz`.

A step is a rule of the stateful model, which makes several calls.
"""

import json
import re
import sys
from pathlib import Path


def taken(report: Path) -> int:
    """How many steps the sequences of a report had together; 0 where it tells of none."""
    notes = json.loads((report / "report.json").read_text(encoding="utf-8"))["header"]["notes"]
    return sum(int(match[1]) for note in notes if (match := re.match(r"sequences: .*, (\d+) steps", note)))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if (steps := taken(Path(sys.argv[1]))) < int(sys.argv[2]):
        sys.exit(f"only {steps} steps were taken, not {sys.argv[2]}: allow more sequences or more time")
