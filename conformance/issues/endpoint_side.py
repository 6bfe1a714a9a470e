"""The endpoint side of issues: does an endpoint do what an SDK breaks on, and which releases break on it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.contract import resources
from conformance.issues.catalogue import Issue
from conformance.report.model import Report, Result
from conformance.report.verdict import Verdict

MEASURED = "sdk_matrix.json"
_BROKEN = (Verdict.FAIL, Verdict.WARN)


@dataclass(frozen=True)
class Side:
    """What an endpoint does about one issue.

    `has` is None where nothing told; `because` names the requirements that were broken, or why nothing was told;
    `breaks` are the SDK releases that were measured to have trouble with it, by language.
    """

    issue: Issue
    has: bool | None
    because: str
    breaks: Mapping[str, str]


def requirements_of(issues: Sequence[Issue]) -> tuple[str, ...]:
    """The requirements that tell of these issues."""
    return tuple(dict.fromkeys(name for issue in issues for name in issue.requirements))


def sides(issues: Sequence[Issue], report: Report) -> tuple[Side, ...]:
    """What a report of those requirements says about the issues."""
    results = {result.requirement: result for result in report.results}
    measured = affected()
    return tuple(_side(issue, [results[name] for name in issue.requirements], measured) for issue in issues)


def affected() -> Mapping[str, Mapping[str, str]]:
    """The releases with each issue, as they were measured: spans by language, by key."""
    path = resources.specs() / MEASURED
    if not path.is_file():
        return {}
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return {row["key"]: row["affected"] for row in document["issues"]}


def _side(issue: Issue, results: Sequence[Result], measured: Mapping[str, Mapping[str, str]]) -> Side:
    spans = {language: span for language, span in measured.get(issue.key, {}).items() if span != "none"}
    broken = [result for result in results if result.verdict in _BROKEN]
    if broken:
        return Side(issue, True, ", ".join(result.requirement for result in broken), spans)
    if any(result.verdict is Verdict.PASS for result in results):
        return Side(issue, False, "", spans)
    reasons = dict.fromkeys(result.reason or result.verdict.value for result in results)
    return Side(issue, None, "; ".join(reasons), spans)
