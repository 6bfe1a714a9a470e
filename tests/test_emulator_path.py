"""An emulator's author goes from a first run to green by what the terminal says, as docs/emulators.md tells it."""

import json
from pathlib import Path

import pytest

from tests.emulator_path import PAGE, SERVER, judged, patched, steps, walk

MOST_CAUSES = 10
MOST_LINES = 60


def test_each_fault_is_seen_and_the_patches_end_them(tmp_path: Path) -> None:
    found = steps(PAGE.read_text())
    assert len(found) == MOST_CAUSES
    scenarios = ("--only", ",".join({step.scenario for step in found}))
    crash = next(number for number, step in enumerate(found, start=1) if "request.json()" in step.patch)
    shown: set[str] = set()
    source = SERVER.read_text()
    for number, step in enumerate(found):
        if number in (0, crash):  # what a crash hides is seen behind its patch
            broken = judged(source, tmp_path, *scenarios)
            assert broken.code == 1
            results = json.loads((tmp_path / "reports" / "latest" / "report.json").read_text())["results"]
            failed = (result for result in results if result["verdict"] == "fail")
            shown |= {exhibit["source"] for result in failed for exhibit in result["exhibits"]}
        source = patched(source, step.patch)
    for step in found:
        assert step.scenario in shown, step.title
    mended = judged(source, tmp_path, *scenarios)
    assert mended.code == 0, mended.text
    assert mended.red() == []


@pytest.mark.long
def test_the_whole_path(tmp_path: Path) -> None:
    page = PAGE.read_text()
    for step, outcome in walk(page, tmp_path):
        assert len(outcome.text.splitlines()) <= MOST_LINES
        assert outcome.code == (0 if step is None else 1)
    assert outcome.red() == []
