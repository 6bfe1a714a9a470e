"""What the pages in docs/ say is so: their commands run, their links lead somewhere, their tables are complete."""

import gzip
import os
import re
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import pytest

from conformance import contract
from conformance.client.target import Profile
from conformance.reference import script
from conformance.report.reference import reference
from conformance.scenarios.kit.driver import Driver
from conformance.trace.calls import Timeline
from conformance.trace.index import Index
from tests.limits import HANG, wait_until

CHECKOUT = Path(__file__).resolve().parents[1]
DOCS = CHECKOUT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
BIN = Path(sys.executable).parent
SHELL = re.compile(r"^```sh\n(?P<lines>.*?)^```", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"^```(?:yaml|toml|python|json)\n(?P<text># (?P<name>[\w./-]+)\n.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<path>[^)#:]*)(?:#(?P<anchor>[^)]+))?\)")
EXIT = re.compile(r"#.*\bexit code (\d+)")
ADDRESS = "127.0.0.1:8000"
NOT_HERE = re.compile(r"^pip |^kubectl |issues (?:reproduce|export)|--follow|--engine ray|~/")
"""Commands that need a registry, a cluster or another checkout, or never end: their options are looked at, no more."""
ELSEWHERE = {"emulators.md": "test_emulator_path.py", "pytest.md": "session/test_observing_plugin.py"}
"""Pages whose commands need more than a folder, with the test that runs them."""


def commands(page: Path) -> list[str]:
    """The command lines of a page."""
    blocks = (match["lines"] for match in SHELL.finditer(page.read_text()))
    return [line for block in blocks for line in block.splitlines() if line.strip() and not line.startswith("#")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder, with what the pages take for granted: recordings and examples."""
    rows = re.search(r"```json\n(.*?)```", (DOCS / "recordings.md").read_text(), re.DOTALL)
    assert rows
    for name in ("session.jsonl", "day.jsonl", "gateway.jsonl"):
        (tmp_path / name).write_text(rows[1])
    (tmp_path / "gateway.jsonl.zst").write_bytes(gzip.compress(rows[1].encode()))  # told by content
    (tmp_path / "recordings").mkdir()
    for name in ("examples", "specs"):
        (tmp_path / name).symlink_to(CHECKOUT / name)
    for cassette in sorted((CHECKOUT / "cassettes" / "reference" / "files").glob("*.yaml"))[:2]:
        (tmp_path / "recordings" / cassette.name).write_text(cassette.read_text())
    return tmp_path


@pytest.fixture
def surroundings(tmp_path: Path) -> dict[str, str]:
    """The environment of a user: the suite's programs first, nothing of the machine's own home."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "GITHUB_"))}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1", "HOME": str(tmp_path)}


@contextmanager
def served(command: str, folder: Path, surroundings: dict[str, str]) -> Iterator[str]:
    """An endpoint that a page starts at the usual address, on a free port; yields the address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = shlex.split(command.rstrip(" &").replace("8000", str(port)))
    process = subprocess.Popen(words, cwd=folder, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: process.poll() is not None or _listens(port), command)
        assert process.poll() is None, f"{command} ended:\n{process.stdout and process.stdout.read().decode()}"
        yield f"127.0.0.1:{port}"
    finally:
        process.kill()
        process.communicate()


def _listens(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize(
    "page", [page for page in PAGES if commands(page) and page.name not in ELSEWHERE], ids=lambda p: p.stem
)
def test_the_commands_of_a_page_run(page: Path, folder: Path, surroundings: dict[str, str]) -> None:
    _write_files(page, folder, ADDRESS)
    rows = [line for line in commands(page) if not NOT_HERE.search(line)]
    starting = [line for line in rows if " serve " in line and "--help" not in line]
    first = starting[0] if starting else "assistants-conformance serve --port 8000 --clock"
    with served(first, folder, surroundings) as address:
        _write_files(page, folder, address)
        for line in rows:
            if line in starting:
                continue
            command, expected = line.split(" #")[0].rstrip(), EXIT.search(line)
            done = subprocess.run(
                ["bash", "-c", command.replace(ADDRESS, address)],
                cwd=folder,
                env=surroundings,
                capture_output=True,
                text=True,
                timeout=HANG,
            )
            assert done.returncode == int(expected[1] if expected else 0), f"{line}\n{done.stdout}\n{done.stderr}"
    for line in starting[1:]:
        with served(line, folder, surroundings):
            pass


def _write_files(page: Path, folder: Path, address: str) -> None:
    """The files of a page: blocks that begin with their name in a comment."""
    for match in FILE.finditer(page.read_text()):
        (folder / match["name"]).write_text(match["text"].replace(ADDRESS, address))


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)], ids=lambda p: p.stem)
def test_every_option_of_a_command_exists(page: Path, folder: Path, surroundings: dict[str, str]) -> None:
    helps: dict[tuple[str, ...], str] = {}
    for line in re.findall(r"assistants-conformance [a-z][^`|\n]*", page.read_text()):
        words = line.split(" #")[0].split()
        names = tuple(words[1:3] if words[1] in ("issues", "baseline", "spec", "profile", "report") else words[1:2])
        options = [word.partition("=")[0] for word in words if re.fullmatch(r"--?[a-z][a-z-]*(=.*)?", word)]
        if options and names not in helps:
            helps[names] = subprocess.run(
                [BIN / "assistants-conformance", *names, "--help"],
                env=surroundings,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        for option in options:
            assert option in helps[names], f"{line}: no {option}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    for match in LINK.finditer(re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)):
        target = (DOCS / match["path"]).resolve() if match["path"] else page
        assert target.exists(), match[0]
        if match["anchor"]:
            assert match["anchor"] in anchors(target), match[0]


def anchors(page: Path) -> set[str]:
    """The anchors that code hosts give to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_requirement_has_its_anchor_where_failures_refer_to(monkeypatch: pytest.MonkeyPatch) -> None:
    found = anchors(DOCS / "requirements.md")
    assert reference("RUN-STATE-01") == "assistants-conformance explain RUN-STATE-01"
    monkeypatch.setattr("conformance.report.reference._base", lambda: "https://docs.test")
    for name in contract.load().requirements:
        page, _, anchor = reference(name).partition("#")
        assert page == "https://docs.test/requirements.html"
        assert anchor in found


def test_the_page_of_requirements_is_that_of_the_registry(surroundings: dict[str, str]) -> None:
    command = [BIN / "assistants-conformance", "requirements", "--reference"]
    made = subprocess.run(command, env=surroundings, capture_output=True, text=True, check=True).stdout
    assert made == (DOCS / "requirements.md").read_text(), "run `make bless`"


def test_all_directives_of_scripts_are_told() -> None:
    told = set(re.findall(r"^\| `(\w+)", (DOCS / "scripts.md").read_text(), re.MULTILINE))
    assert told == {field.name for field in fields(script.Script)}


def test_all_keys_of_a_profile_are_told() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", (DOCS / "profiles.md").read_text(), re.MULTILINE))
    assert told == {field.name for field in fields(Profile)} - {"name", "source"}


def test_what_checks_and_scenarios_are_written_with_exists() -> None:
    page = (DOCS / "checks.md").read_text()
    for owner, name in ((Index, "index"), (Driver, "api")):
        named = set(re.findall(rf"\b{name}\.(\w+)", page))
        assert named
        for member in named:
            assert hasattr(owner, member), f"{name}.{member}"
    for member in re.findall(r"`(?:index\.calls)?\.(\w+)\(\.\.\.\)`", page):
        assert hasattr(Timeline, member), member


def test_every_page_is_in_the_index() -> None:
    index = (DOCS / "index.md").read_text()
    listed = index[index.index("{toctree}") :].split("```")[0].split()
    assert set(listed) >= {page.stem for page in PAGES if page.name != "index.md"}
