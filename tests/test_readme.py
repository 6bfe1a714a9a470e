"""The README's commands run, and print what it says."""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from conformance.session.selection import real_traffic
from tests.readme import BLOCK, CHECKOUT, README, run, steady

TEXT = README.read_text()
BLOCKS = [(match["command"], match["output"]) for match in BLOCK.finditer(TEXT)]


def test_it_opens_with_the_two_commands() -> None:
    assert [command for command, _ in BLOCKS[:2]] == ["make run", "make test"]


def test_make_test_would_run_the_tests() -> None:
    planned = subprocess.run(["make", "-n", "test"], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert "pytest" in planned


@pytest.mark.parametrize(("command", "output"), [block for block in BLOCKS if block[0] != "make test"])
def test_commands_print_what_is_shown(command: str, output: str) -> None:
    assert steady(run(command)) == steady(output), "run `make bless`"


def test_every_option_named_exists() -> None:
    helps = {name: run(f"assistants-conformance {name} --help") for name in ("run", "audit", "serve")}
    for name, text in helps.items():
        for line in re.findall(rf"^assistants-conformance {name} .*$", TEXT, re.MULTILINE):
            for option in re.findall(r" (--?[a-z][a-z-]*)", line.split(" #")[0]):
                assert option in text, f"{name} has no {option}"


def test_the_figures_are_those_that_were_measured() -> None:
    proof, wider, stability = (
        json.loads((CHECKOUT / path).read_text())
        for path in ("specs/proof.json", "reports/proof/wider.json", "reports/stability.json")
    )
    operators, variations = wider["operators"], wider["variations"]
    told = " ".join(TEXT[TEXT.index("## Why believe it") :].split())
    assert f"{proof['faults']} small faults" in told
    assert f"of {operators['mutants'] // 1000},000 recorded traces" in told
    assert f"{operators['share']:.1%} are noticed".replace("%", " %") in told
    assert f"{real_traffic().exchanges} recorded exchanges of the real API" in told
    assert f"{variations['variations']} harmless variations of the endpoint without one false alarm" in told
    assert variations["false_alarms"] == 0
    assert f"[{stability['runs']} runs on a busy machine]" in told
    assert stability["differing_verdicts"] == {}


def test_every_file_named_exists() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (CHECKOUT / name).exists(), name
