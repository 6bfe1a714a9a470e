"""The traffic of somebody else's tests is judged where they ask for it; else they run as without the package."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.limits import HANG

EXAMPLE = Path(__file__).parents[2] / "examples/pytest_project"
CASSETTE = Path("tests/cassettes/test_weather/test_the_assistant_answers.yaml")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example project, as its author would have it."""
    folder = tmp_path / "project"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    return folder


def break_answers(project: Path) -> None:
    """A server whose runs are called something else."""
    cassette = project / CASSETTE
    text = cassette.read_text()
    broken = text.replace("thread.run", "thread.ran")
    assert broken != text
    cassette.write_text(broken)


def run_pytest(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Somebody's pytest, in their folder."""
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:hypothesispytest", *words]
    return subprocess.run(command, cwd=folder, env=surroundings, capture_output=True, text=True, timeout=HANG)


def test_the_example_project_is_conformant(project: Path) -> None:
    done = run_pytest(project, "--assistants-conformance=strict", "--assistants-conformance-report", "judged")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^Conformant: none of \d+ exercised requirements failed", done.stdout, re.MULTILINE)
    assert "9 exchanges" in done.stdout
    assert (project / "judged/report.html").is_file()


def test_what_is_wrong_is_told_and_fails_no_test_unless_it_is_to(project: Path) -> None:
    break_answers(project)
    told = run_pytest(project)
    assert told.returncode == 0, told.stdout + told.stderr
    assert re.search(r"^Not conformant: ", told.stdout, re.MULTILINE)
    assert "OBJECT-TYPE-01" in told.stdout
    strict = run_pytest(project, "--assistants-conformance=strict")
    assert strict.returncode == pytest.ExitCode.TESTS_FAILED
    assert "the traffic of this test breaks OBJECT-TYPE-01" in strict.stdout
    assert "FAILED tests/test_weather.py::test_the_assistant_answers - the traffic of " in strict.stdout
    assert "1 failed, 1 passed" in strict.stdout
    assert strict.stdout.count("Not conformant: ") == 1


def test_workers_of_xdist_bring_the_same(project: Path) -> None:
    break_answers(project)
    summary = re.compile(r"=+ Assistants API conformance =+\n(.*?) in [\d.]+ s", re.DOTALL)
    alone, spread = (summary.search(run_pytest(project, *words).stdout) for words in ((), ("-n", "2")))
    assert alone is not None
    assert spread is not None
    assert alone[1] == spread[1]


@pytest.mark.parametrize("words", [(), ("-n", "1")], ids=["alone", "xdist"])
def test_a_marker_asks_for_one_test(project: Path, words: tuple[str, ...]) -> None:
    break_answers(project)
    settings = project / "pyproject.toml"
    settings.write_text(settings.read_text().replace("--assistants-conformance --record", "--record"))
    unasked = run_pytest(project, *words)
    assert unasked.returncode == 0
    assert "conformance =" not in unasked.stdout
    tests = project / "tests/test_weather.py"
    marked = "@pytest.mark.assistants_conformance(strict=True)\n@pytest.mark.vcr"
    tests.write_text(tests.read_text().replace("@pytest.mark.vcr", marked))
    asked = run_pytest(project, *words)
    assert asked.returncode == pytest.ExitCode.TESTS_FAILED
    assert "breaks OBJECT-TYPE-01" in asked.stdout
    assert re.search(r"^Not conformant: ", asked.stdout, re.MULTILINE)


def test_nothing_judged_is_told_as_such(project: Path) -> None:
    done = run_pytest(project, "-k", "unknown_city", "--assistants-conformance=strict")
    assert done.returncode == 0
    assert "Conformant" not in done.stdout
    assert "Nothing was judged" in done.stdout


def test_what_cannot_be_judged_fails_nobodys_test(project: Path) -> None:
    (project / "tests/conftest.py").write_text(
        "from conformance.session import observing_plugin\n\n\n"
        "def broken(*_):\n    raise RuntimeError('a mistake of ours')\n\n\n"
        "observing_plugin.audit_recording = broken\n"
    )
    done = run_pytest(project, "--assistants-conformance=strict")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "this traffic could not be" in done.stdout
    assert "INTERNALERROR" not in done.stdout


def test_a_path_behind_the_option_is_explained(project: Path) -> None:
    done = run_pytest(project, "--assistants-conformance", "tests")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "report or strict is meant, not 'tests'" in done.stderr


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A project that has a package called `conformance` of its own."""
    folder = tmp_path / "foreign"
    (folder / "conformance").mkdir(parents=True)
    (folder / "conformance/__init__.py").write_text("MINE = True\n")
    (folder / "test_mine.py").write_text("import conformance\n\n\ndef test_mine():\n    assert conformance.MINE\n")
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    return folder


def test_a_package_of_the_same_name_stays_the_projects_own(foreign: Path) -> None:
    done = run_pytest(foreign)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_a_package_of_the_same_name_is_told_where_the_suite_is_asked_for(foreign: Path) -> None:
    done = run_pytest(foreign, "--assistants-conformance")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "`conformance` is " in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
