"""Measure what the checks examine in recordings of the real API, for `explain` and the coverage page.

    python tests/real_traffic.py            # print the figures
    python tests/real_traffic.py --write    # keep them in specs/real_traffic.json

The recordings are those named by CONFORMANCE_RECORDINGS, as in the tests.
"""

import hashlib
import os
import sys
from collections import Counter
from pathlib import Path

import orjson

from conformance import contract
from conformance.contract import resources
from conformance.recordings.audit import audit
from conformance.session import selection

FOLDER = Path(os.environ.get("CONFORMANCE_RECORDINGS") or Path(__file__).parents[2] / "shared" / "recordings") / "raw"


def measure(folder: Path) -> selection.RealTraffic:
    """In how many exchanges of a folder's recordings each requirement was examined, and which recordings those were."""
    outcome = audit([folder], contract.load())
    examined: Counter[str] = Counter()
    for judgement in outcome.judgements:
        examined.update(judgement.witnesses)
    judged = [one for one in outcome.files if one.exchanges]
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return selection.RealTraffic(
        sha256=digest.hexdigest(),
        files=len(judged),
        exchanges=sum(one.exchanges for one in judged),
        examined=dict(sorted(examined.items())),
    )


if __name__ == "__main__":
    measured = measure(FOLDER) if FOLDER.is_dir() else None
    if measured is None or not measured.exchanges:
        sys.exit("there are no recordings to measure: name their folder with CONFORMANCE_RECORDINGS (it holds raw/)")
    figures = orjson.dumps(measured, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if sys.argv[1:] == ["--write"]:
        (resources.specs() / selection.TRAFFIC).write_bytes(figures)
    else:
        sys.stdout.write(figures.decode())
