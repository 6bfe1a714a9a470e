"""The HTML pages in a real browser: their style applies, their choices work, and axe finds nothing to object to."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from conformance.issues import matrix_page
from conformance.issues.catalogue import Fault, load
from conformance.issues.matrix import Matrix, read_cells
from conformance.proof import page as kill_matrix
from conformance.proof.run import Proof
from conformance.proof.trial import Trial
from conformance.report import html_report
from conformance.report.verdict import Verdict
from tests.limits import HANG
from tests.report import samples

pytestmark = pytest.mark.network

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).parent / "programs/look.mjs"
BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
PACKAGES = ("axe-core@4.11.0", "puppeteer-core@24.31.0")


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with axe and puppeteer."""
    if BROWSER is None:
        pytest.skip("there is no Chromium here: apt install chromium")
    if shutil.which("npm") is None:
        pytest.skip("there is no npm here")
    folder = tmp_path_factory.mktemp("tools")
    npm = subprocess.run(
        ["npm", "install", "--silent", "--no-save", "--cache", str(folder / "npm"), *PACKAGES],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    if npm.returncode:
        pytest.skip(f"axe cannot be installed: {npm.stderr[-300:]}")
    return folder


def look(tools: Path, text: str) -> list[dict[str, Any]]:
    """How a page looks in light and dark, wide and narrow; what holds for each page is asserted."""
    page = tools / "page.html"
    page.write_text(text, encoding="utf-8")
    words = ["node", str(PROGRAM), str(tools), str(BROWSER), str(page)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 0, done.stderr
    looks: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(looks) == 4
    for look in looks:
        assert look["styled"]
        assert not look["aside"], "the page scrolls sideways"
        assert not look["refused"], "the page's own policy refused something"
        assert not look["violations"]
    return looks


def test_the_report(tools: Path) -> None:
    report = samples.troubled()
    failed = (Verdict.FAIL, Verdict.ERROR)
    for one in look(tools, html_report.render(report)):
        shown = one["filtered"]
        names = {result.requirement for result in report.results}
        assert names <= set(shown["only-all"])
        assert names & set(shown["only-fail"]) == {r.requirement for r in report.results if r.verdict in failed}


def test_the_sdk_matrix(tools: Path) -> None:
    catalogue = load()
    matrix = Matrix(catalogue, read_cells(ROOT / "reports/sdk-matrix.json"))
    for one in look(tools, matrix_page.render(matrix)):
        shown = one["filtered"]
        assert shown["fault-all"] == [issue.key for issue in matrix.issues]
        assert shown["fault-sdk"] == [issue.key for issue in matrix.issues if Fault.SDK in issue.fault]
        assert sorted(shown["newest-there"] + shown["newest-gone"]) == sorted(shown["newest-all"])


def test_the_kill_matrix(tools: Path) -> None:
    killed = Trial("runs.late", "RUN-STATE-01", "A run is late.", witness="runs.completed", tripped={"RUN-STATE-01": 1})
    lost = Trial("lists.short", "LIST-ONCE-01", "A list is short.", tripped={"LIST-MORE-01": 1})
    for one in look(tools, kill_matrix.render(Proof(trials=[killed, lost]))):
        assert one["filtered"] == {"areas-all": ["runs", "lists"], "areas-lost": ["lists"]}
