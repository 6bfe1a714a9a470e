"""What the command imports before it does anything: `--help` must cost no more than the parser of its words."""

import subprocess
import sys

import click
import pytest

from conformance.cli.app import COMMANDS, app, load
from tests.limits import HANG

HEAVY = {"httpx", "httpcore", "starlette", "uvicorn", "jsonschema_rs", "pytest", "vcr", "multipart", "hypothesis"}
DATA_AND_TERMINAL = {"yaml", "orjson", "rich"}

PROGRAM = """
import sys
from conformance.cli import main
try:
    main()
finally:
    print("imported", *sys.modules, file=sys.stderr)
"""


def imported(*words: str) -> set[str]:
    """The modules that the command has imported when it ends."""
    done = subprocess.run([sys.executable, "-c", PROGRAM, *words], capture_output=True, text=True, timeout=HANG)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    return set(done.stderr.splitlines()[-1].split()[1:])


@pytest.mark.parametrize("words", ["", *COMMANDS])
def test_help_imports_nothing_that_is_not_needed_to_parse(words: str) -> None:
    found = imported(*words.split(), "--help")
    assert not found & (HEAVY | DATA_AND_TERMINAL)
    assert "conformance.cli.app" in found
    others = {name for name in found if name.startswith("conformance.") and not name.startswith("conformance.cli.")}
    if not words:
        assert others == {"conformance.cli", "conformance.client", "conformance.client.interrupt"}


def test_requirements_are_listed_without_schemas_servers_or_clients() -> None:
    found = imported("requirements")
    assert not found & HEAVY
    assert not {name for name in found if name.startswith("conformance.evidence")}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_is_how_its_own_help_begins(name: str) -> None:
    loaded = load(name)
    assert loaded.name == name
    assert " ".join((loaded.help or "").split("\n\n")[0].split()) == COMMANDS[name]


def test_every_command_is_listed_in_full() -> None:
    told = " ".join(app.get_help(click.Context(app, terminal_width=200, max_content_width=200)).split())
    for name, line in COMMANDS.items():
        assert f"{name} {line}" in told
