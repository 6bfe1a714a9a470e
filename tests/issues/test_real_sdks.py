"""One cell per language on a real SDK, without a network, and a folder that runs by itself."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.issues.catalogue import load
from conformance.issues.cell import Outcome, run_trial
from conformance.issues.export import export
from conformance.issues.sdk import Language
from conformance.issues.worker import Worker
from tests.cli.command import command
from tests.issues.cells import cached_copy, installed
from tests.limits import HANG

CATALOGUE = load()


@pytest.mark.parametrize("language", Language)
def test_an_issue_of_the_endpoint_shows_on_any_release(language: Language) -> None:
    place = installed(language)
    with Worker(place) as worker:
        cell = run_trial(CATALOGUE.issues["KI-07"], place.sdk, worker)
    assert cell.outcome is Outcome.REPRODUCED, cell.reason
    assert {one.mode: one.works for one in cell.workarounds} == {
        "workaround-create-and-poll": False,
        "workaround-list": False,
        "workaround-keep-id": True,
    }


def test_a_probe_that_hangs_is_cut_off_and_the_next_one_runs() -> None:
    place = installed(Language.PYTHON)
    with Worker(place) as worker:
        hung = run_trial(CATALOGUE.issues["KI-12"], place.sdk, worker)
        after = run_trial(CATALOGUE.issues["CE-05"], place.sdk, worker)
    assert (hung.outcome, after.outcome) == (Outcome.HUNG, Outcome.REPRODUCED)


@pytest.fixture
def exported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that shows an issue with the SDK that is installed beside the tests."""
    place = installed(Language.PYTHON)
    cached_copy(place, tmp_path / "cache")
    monkeypatch.setenv("CONFORMANCE_SDK_CACHE", str(tmp_path / "cache"))
    export(CATALOGUE.issues["KI-07"], place.sdk, tmp_path / "KI-07")
    return tmp_path / "KI-07"


def reproduce(folder: Path, *client: str) -> subprocess.CompletedProcess[str]:
    """What the folder's own program says, run from the folder as its README tells."""
    words = [sys.executable, "-S", "reproduce.py", *client]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=HANG, check=False)


def test_an_exported_folder_runs_by_itself(exported: Path) -> None:
    done = reproduce(exported, installed(Language.PYTHON).program)
    assert done.stdout.endswith("as expected\n"), done.stdout + done.stderr
    expected = json.loads((exported / "expected.json").read_text())
    assert (expected["condition"]["batch_id"], expected["control"]["batch_id"]) == ("vs_1", "vsfb_1")


def test_an_exported_folder_for_node_runs_with_a_relative_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = installed(Language.NODE)
    monkeypatch.setenv("CONFORMANCE_SDK_CACHE", str(place.folder.parent))
    export(CATALOGUE.issues["KI-07"], place.sdk, tmp_path)
    (tmp_path / "env").symlink_to(place.folder)
    done = reproduce(tmp_path, place.program, "env")
    assert done.stdout.endswith("as expected\n"), done.stdout + done.stderr


def test_a_client_that_never_ran_is_an_error_with_what_it_wrote(exported: Path, tmp_path: Path) -> None:
    def refused(*client: str) -> str:
        done = reproduce(exported, *client)
        assert done.returncode == 2, done.stdout
        assert "as expected" not in done.stdout
        return done.stderr

    dead = tmp_path / "dead"
    dead.write_text("#!/bin/sh\necho no such interpreter >&2\nexit 3\n")
    dead.chmod(0o755)
    assert "no such interpreter" in refused(str(dead))
    assert "cannot be run" in refused(str(tmp_path / "nowhere"))
    (exported / "probe.py").write_text("this is no program")
    assert "SyntaxError" in refused(installed(Language.PYTHON).program)
    (exported / "probe.py").unlink()
    assert "probe.py is not there" in refused(installed(Language.PYTHON).program)


def test_a_client_that_asked_for_nothing_is_not_as_expected(exported: Path) -> None:
    (exported / "probe.py").write_text("def probe(s):\n    s.tell(batch_id='vs_1')\n")
    expected = {"hung": False, "asked": True, "batch_id": "vs_1"}
    (exported / "expected.json").write_text(json.dumps({"deadline": 8, "condition": expected, "control": expected}))
    done = reproduce(exported, installed(Language.PYTHON).program)
    assert done.returncode == 1
    assert "asked: false, expected true" in done.stdout


def test_where_an_install_fails_the_other_cells_run(tmp_path: Path) -> None:
    place = installed(Language.PYTHON)
    cached_copy(place, tmp_path / "cache")
    nowhere = {
        "CONFORMANCE_SDK_CACHE": str(tmp_path / "cache"),
        "PIP_INDEX_URL": "http://127.0.0.1:9/",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_FIND_LINKS": "",
    }
    words = ("issues", "reproduce", "CE-05", "--sdk", str(place.sdk), "--sdk", "python==1.999.999", "--json")
    run = command(tmp_path, *words, env={**nowhere, "PIP_CONFIG_FILE": "/dev/null", "PIP_RETRIES": "0"})
    cells = {cell["sdk"]: cell["verdict"] for cell in json.loads(run.out)["issues"][0]["cells"]}
    assert cells == {str(place.sdk): "reproduced", "python==1.999.999": "could not run"}
    assert run.code == 4
