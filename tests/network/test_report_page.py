"""The HTML report in a real browser: its style applies, its filter works, and axe finds nothing to object to."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from conformance.report.html_report import render
from conformance.report.verdict import Verdict
from tests.limits import HANG
from tests.report import samples

pytestmark = pytest.mark.network

PROGRAM = Path(__file__).parent / "programs/look.mjs"
BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
PACKAGES = ("axe-core@4.11.0", "puppeteer-core@24.31.0")


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here: apt install chromium")
@pytest.mark.skipif(shutil.which("npm") is None, reason="there is no npm here")
def test_the_report_in_a_browser(tmp_path: Path) -> None:
    npm = subprocess.run(
        ["npm", "install", "--silent", "--no-save", "--cache", str(tmp_path / "npm"), *PACKAGES],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=HANG,
        check=False,
    )
    if npm.returncode:
        pytest.skip(f"axe cannot be installed: {npm.stderr[-300:]}")
    report = samples.troubled()
    page = tmp_path / "report.html"
    page.write_text(render(report), encoding="utf-8")
    words = ["node", str(PROGRAM), str(tmp_path), str(BROWSER), str(page)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=HANG, check=False)
    assert done.returncode == 0, done.stderr
    looks = json.loads(done.stdout)
    assert len(looks) == 4
    for look in looks:
        assert look["styled"]
        assert not look["aside"], "the page scrolls sideways"
        assert not look["refused"], "the page's own policy refused something"
        assert not look["violations"]
        assert sorted(look["filtered"]["all"]) == sorted(result.requirement for result in report.results)
        failed = (Verdict.FAIL, Verdict.ERROR)
        assert sorted(look["filtered"]["fail"]) == sorted(r.requirement for r in report.results if r.verdict in failed)
