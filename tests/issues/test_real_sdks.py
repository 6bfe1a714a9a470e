"""One cell per language on a real SDK, without a network, and a folder that runs by itself."""

from __future__ import annotations

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


@pytest.mark.parametrize("language", Language)
def test_an_exported_folder_runs_by_itself(tmp_path: Path, language: Language, monkeypatch: pytest.MonkeyPatch) -> None:
    place = installed(language)
    if language is Language.PYTHON:
        cached_copy(place, tmp_path / "cache")
        monkeypatch.setenv("CONFORMANCE_SDK_CACHE", str(tmp_path / "cache"))
    export(CATALOGUE.issues["KI-07"], place.sdk, tmp_path)
    program = [place.program] if language is Language.PYTHON else [place.program, str(place.folder)]
    done = subprocess.run(
        [sys.executable, "-S", str(tmp_path / "reproduce.py"), *program], capture_output=True, text=True, timeout=HANG
    )
    assert done.stdout.endswith("as expected\n"), done.stdout + done.stderr
    expected = json.loads((tmp_path / "expected.json").read_text())
    assert (expected["condition"]["batch_id"], expected["control"]["batch_id"]) == ("vs_1", "vsfb_1")


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
