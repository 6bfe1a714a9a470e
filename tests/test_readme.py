"""The README's commands run, and print what it says."""

import re
import subprocess

import pytest

from tests.readme import ARCHITECTURE, BLOCK, CHECKOUT, FIGURE, README, figures, run, steady, with_figures

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
    assert with_figures(TEXT) == TEXT, "run `make bless`"
    measured = figures()
    shown = {match["name"] for match in FIGURE.finditer(TEXT + ARCHITECTURE.read_text())}
    assert shown == set(measured)
    assert measured["killed"] == measured["faults"]
    assert measured["false_alarms"] == measured["differing_verdicts"] == "0"


def test_no_figure_is_written_by_hand() -> None:
    prose = re.sub(r"```.*?```", "", FIGURE.sub("", TEXT), flags=re.DOTALL)
    told = prose[prose.index("## Why believe it") : prose.index("## More")]
    assert not re.search(r"\d", told)


def test_every_file_named_exists() -> None:
    for name in re.findall(r"\]\(([^)#:]+)\)", TEXT):
        assert (CHECKOUT / name).exists(), name
