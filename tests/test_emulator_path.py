"""An emulator's author goes from a first run to green by what the terminal says, as docs/emulators.md tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulator_path import PAGE, SERVER, judged, patched, steps, walk, without_number

MOST_CAUSES = 10
MOST_LINES = 60


def test_each_fault_is_a_cause_and_the_patches_end_them(tmp_path: Path) -> None:
    found = steps(PAGE.read_text())
    assert len(found) == MOST_CAUSES
    scenarios = ("--only", ",".join({step.scenario for step in found}))
    crash = next(number for number, step in enumerate(found, start=1) if "answers 500" in step.title)
    titles: list[str] = []
    source = SERVER.read_text()
    for number, step in enumerate(found):
        if number in (0, crash):  # what a crash hides is seen behind its patch
            broken = judged(source, tmp_path, *scenarios, "--show", "all")
            assert broken.code == 1
            titles += [without_number(cause.splitlines()[0]) for cause in broken.red()]
        source = patched(source, step.patch)
    for step in found:  # fewer scenarios show fewer members and rules
        assert beginning(step.title) in set(map(beginning, titles)), step.title
    mended = judged(source, tmp_path, *scenarios)
    assert mended.code == 0, mended.text
    assert mended.red() == []


def beginning(title: str) -> str:
    """What a title begins with: its first words, or what it is about."""
    return title.partition(":")[0] if ":" in title else " ".join(title.split()[:2])


@pytest.mark.long
def test_the_whole_path(tmp_path: Path) -> None:
    page = PAGE.read_text()
    for step, outcome in walk(page, tmp_path):
        assert len(outcome.text.splitlines()) <= MOST_LINES
        if step is None:
            assert outcome.code == 0
            assert outcome.red() == []
        else:
            assert outcome.code == 1
            first = outcome.red()[0].splitlines()[0]
            assert without_number(first) == step.title
