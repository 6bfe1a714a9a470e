"""The published page of coverage, and the figures of real traffic, are those of this checkout."""

import pytest

from conformance.contract import resources
from conformance.session import selection
from tests.cli.command import CHECKOUT
from tests.real_traffic import FOLDER, measure


def test_the_page_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    from conformance.cli.explain import requirements

    requirements(None, coverage=True)
    fresh = capsys.readouterr().out
    assert (CHECKOUT / "reports/coverage.md").read_text() == fresh, "make pages"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="no recordings: tell where they are in CONFORMANCE_RECORDINGS")
def test_the_figures_of_real_traffic_are_fresh() -> None:
    assert selection.real_traffic() == measure(FOLDER), "make pages"


def test_the_figures_hold_no_path() -> None:
    text = (resources.specs() / selection.TRAFFIC).read_text()
    assert "/" not in text
