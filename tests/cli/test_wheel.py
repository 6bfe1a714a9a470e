"""The wheel, installed outside the checkout, replays and carries the pytest plugin."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.limits import HANG

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has the wheel, and the test environment's libraries, but no checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(CHECKOUT)],
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert not [name for name in names if name.startswith(("tests/", "reports/"))]
    venv.create(folder / "env", with_pip=False)
    interpreter = folder / "env/bin/python"
    site = next((folder / "env/lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    # The libraries are those of this environment, without its editable install of the checkout.
    libraries = Path(pytest.__file__).parents[1]
    for item in libraries.iterdir():
        if "assistants_conformance" not in item.name and not (site / item.name).exists():
            (site / item.name).symlink_to(item)
    return interpreter


def _run(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [str(python), "-I", *words], cwd=folder, env=surroundings, capture_output=True, text=True, timeout=HANG
    )


def _replayed(python: Path, folder: Path, only: str) -> subprocess.CompletedProcess[str]:
    """The bundled cassettes replayed by pytest itself, in a folder of somebody else's tests."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    asked = "from conformance.session.settings import bundled_cassettes; print(bundled_cassettes())"
    cassettes = _run(python, folder, "-c", asked).stdout.strip()
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs", "conformance.scenarios")
    return _run(python, folder, *words, "--conformance-replay", cassettes, "--conformance-only", only)


def test_it_is_used_from_the_wheel(python: Path, tmp_path: Path) -> None:
    where = _run(python, tmp_path, "-c", "import conformance; print(conformance.__file__)")
    assert str(CHECKOUT) not in where.stdout
    assert "site-packages" in where.stdout


def test_it_replays(python: Path, tmp_path: Path) -> None:
    done = _run(python, tmp_path, "-c", "from conformance.cli import main; main()", "run")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "reports/latest/report.json").read_text())
    assert report["header"]["subjects"] > 5000


def test_pytest_finds_the_plugin(python: Path, tmp_path: Path) -> None:
    helped = _run(python, tmp_path, "-m", "pytest", "--help")
    assert "--conformance-target" in helped.stdout
    replayed = _replayed(python, tmp_path, "batches")
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert " passed" in replayed.stdout
    assert "deselected" not in replayed.stdout, "areas that nobody asked for were read"


def test_the_plugin_tells_a_wrong_word_in_one_line(python: Path, tmp_path: Path) -> None:
    refused = _replayed(python, tmp_path, "rums")
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert refused.stderr.strip().startswith("ERROR: 'rums' is no area, requirement id or scenario; did you mean runs")
    assert len(refused.stderr.strip().splitlines()) == 1
    assert "INTERNALERROR" not in refused.stdout


def test_without_a_target_scenarios_are_skipped_with_the_reason(python: Path, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    done = _run(
        python, tmp_path, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "--pyargs", "conformance.scenarios"
    )
    assert "no --conformance-target" in done.stdout
