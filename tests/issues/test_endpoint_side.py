"""What an endpoint's verdicts say about issues, and about the releases that would break on it."""

from __future__ import annotations

import pytest

from conformance.issues.catalogue import load
from conformance.issues.endpoint_side import Side, affected, requirements_of, sides
from conformance.report.model import Header, Report, Result
from conformance.report.verdict import Verdict

CATALOGUE = load()
HEADER = Header("0", "live", "", "", 0.0, 0, 0, 0, 0, "")


def side(key: str, **verdicts: Verdict) -> Side:
    """The side of one issue; requirements that are not named were not exercised."""
    issue = CATALOGUE.issues[key]
    results = tuple(
        Result(
            name, "", "MUST", "", (), verdicts.get(name.replace("-", "_"), Verdict.NOT_EXERCISED), reason="nobody asked"
        )
        for name in issue.requirements
    )
    [found] = sides((issue,), Report(HEADER, results))
    return found


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.WARN])
def test_a_broken_requirement_is_the_issue_and_names_who_breaks(verdict: Verdict) -> None:
    found = side("KI-48", SCHEMA_ListMessagesResponse=verdict, SCHEMA_ListRunsResponse=Verdict.PASS)
    assert found.has
    assert found.because == "SCHEMA-ListMessagesResponse"
    assert found.breaks == {"node": "4.84.0 to 7.55.0"}


def test_kept_requirements_are_not_the_issue() -> None:
    assert side("KI-48", SCHEMA_ListRunsResponse=Verdict.PASS).has is False


def test_where_nothing_was_exercised_nothing_is_told() -> None:
    found = side("KI-48")
    assert (found.has, found.because) == (None, "nobody asked")


def test_every_requirement_is_asked_for_once() -> None:
    names = requirements_of([CATALOGUE.issues["KI-15"], CATALOGUE.issues["KI-16"]])
    assert names == ("DELTA-INDEX-02",)


def test_what_was_measured_is_of_the_issues_that_are_shown() -> None:
    assert set(affected()) == {issue.key for issue in CATALOGUE.shown()}
