"""The page that follows the first documents names only requirements and known issues that exist."""

import re
from pathlib import Path

import pytest
import yaml

from conformance import contract

PAGE = Path(__file__).resolve().parents[2] / "docs/seeds.md"
ROWS = [line for line in PAGE.read_text().splitlines() if re.match(r"\| [A-E]", line) and line.count("|") == 4]


def test_there_is_a_row_for_every_part() -> None:
    assert len(ROWS) > 90
    assert {mark for row in ROWS for mark in row.split("|")[1].split()} == set("ABCDE")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[2].strip()[:40])
def test_it_says_what_tests_a_statement_or_why_nothing_does(row: str) -> None:
    told = row.split("|")[3].strip()
    known = set(contract.load().requirements) | _known_issues()
    names = set(re.findall(r"\bSCHEMA-\w+|\b[A-Z]+(?:-[A-Z]+)*-\d\d\b", told))
    assert names <= known, f"unknown: {sorted(names - known)}"
    assert names or len(told) > 12


def _known_issues() -> set[str]:
    path = PAGE.parents[1] / "specs/known_issues.yaml"
    return {issue["key"] for issue in yaml.safe_load(path.read_text())["issues"]}
