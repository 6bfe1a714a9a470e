"""What an endpoint does about issues, and which releases would break on it."""

from pathlib import Path

import pytest

from conformance.issues.endpoint_side import affected, sides
from conformance.issues.wire import LOOKS
from conformance.report.model import Header, Report
from tests.issues.endpoints import CATALOGUE, MISTAKES, NEAR_MISSES, Mistake, drive, mistaken

HEADER = Header("0", "live", "", "", 0.0, 0, 0, 0, 0, "")


@pytest.mark.parametrize("key", MISTAKES)
def test_an_endpoint_that_has_an_issue_is_told_with_the_place(tmp_path: Path, key: str) -> None:
    with mistaken(MISTAKES[key]()) as url:
        side = drive(url, tmp_path, key).sides[key]
    assert side.has is True, side.because
    assert side.offending is not None
    assert side.because.startswith(CATALOGUE.issues[key].scenarios)


@pytest.mark.parametrize("mistake", NEAR_MISSES)
def test_what_breaks_no_sdk_is_not_told(tmp_path: Path, mistake: str) -> None:
    made, keys = NEAR_MISSES[mistake]
    with mistaken(made()) as url:
        found = drive(url, tmp_path, *keys).sides
    assert {key: side.has for key, side in found.items()} == dict.fromkeys(keys, False)


def test_what_an_endpoint_cannot_be_made_to_do_is_unknown_with_the_reason(tmp_path: Path) -> None:
    with mistaken(Mistake()) as url:
        side = drive(url, tmp_path, "KI-27", profile="generic").sides["KI-27"]
    assert side.has is None
    assert side.because.startswith("streams.error: ")


def test_where_nothing_was_driven_nothing_is_told() -> None:
    [side] = sides([CATALOGUE.issues["KI-48"]], {}, Report(HEADER, ()))
    assert (side.has, side.because) == (None, "lists.oldest_first brought nothing that could tell")
    assert side.breaks == {"node": "4.84.0 to 7.55.0"}


def test_every_issue_with_an_endpoint_has_its_look_and_its_scenarios() -> None:
    with_endpoint = {issue.key for issue in CATALOGUE if issue.endpoint}
    assert with_endpoint == set(LOOKS) == set(MISTAKES)
    assert with_endpoint == {issue.key for issue in CATALOGUE if issue.scenarios}


def test_what_was_measured_is_of_the_issues_that_are_shown() -> None:
    assert set(affected()) == {issue.key for issue in CATALOGUE.shown()}
