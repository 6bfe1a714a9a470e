"""Baselines: deviations of an endpoint that are known and accepted, in a TOML file that people write too."""

import tomllib
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from conformance.contract import Requirement
from conformance.contract.requirements import current_ids
from conformance.report.model import BaselineResult, Report, Result
from conformance.report.verdict import Verdict

_TEXTS = ("requirement", "reason", "link", "scenario", "cause")
_NEEDED = ("requirement", "reason", "link")
_KEYS = {*_TEXTS, "expires", "flaky"}
HEADER = """\
# Deviations that are known and accepted. A failure that stands here does not fail a run; one that does not, one that is
# over, and one whose day is past do. `flaky = true` is for what fails now and then.
"""


class BrokenBaseline(Exception):
    """A baseline that cannot be read; the text says where and what to do."""


@dataclass(frozen=True)
class Entry:
    """A failure that is accepted: of a requirement, or of it in one scenario or for one cause only.

    `expires` is the last day on which it is; `flaky` tells that it may pass as well.
    """

    requirement: str
    reason: str
    link: str
    scenario: str | None = None
    cause: str | None = None
    expires: date | None = None
    flaky: bool = False

    def to_dict(self) -> dict[str, Any]:
        """As TOML-ready data, without what is not given."""
        return {name: value for name, value in vars(self).items() if value not in (None, False)}


def load(path: Path) -> tuple[Entry, ...]:
    """The entries of a baseline; raises `BrokenBaseline`."""
    try:
        document = tomllib.loads(path.read_text())
    except OSError as problem:
        raise BrokenBaseline(f"there is no baseline at {path}: {problem.strerror or problem}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BrokenBaseline(f"{path} is no TOML: {problem}") from None
    if unknown := document.keys() - {"accepted"}:
        raise BrokenBaseline(f"{path}: unknown {', '.join(sorted(unknown))}; entries stand under [[accepted]]")
    rows = document.get("accepted", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BrokenBaseline(f"{path}: entries stand under [[accepted]], with two brackets")
    return tuple(_entry(row, f"{path}, entry {number}") for number, row in enumerate(rows, start=1))


def _entry(row: dict[str, Any], where: str) -> Entry:
    where = f"{where} ({row.get('requirement', 'without a requirement')})"
    if unknown := row.keys() - _KEYS:
        raise BrokenBaseline(f"{where}: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(_KEYS))}")
    if missing := [name for name in _NEEDED if not row.get(name)]:
        raise BrokenBaseline(
            f"{where}: {' and '.join(missing)} must be given, so that somebody knows why it is accepted"
        )
    if wrong := [name for name in _TEXTS if not isinstance(row.get(name, ""), str)]:
        raise BrokenBaseline(f"{where}: {' and '.join(wrong)} must be text")
    if type(row.get("expires", date.min)) is not date:
        raise BrokenBaseline(f"{where}: expires must be a day such as 2030-12-31, without quotes")
    if not isinstance(row.get("flaky", False), bool):
        raise BrokenBaseline(f"{where}: flaky must be true or false")
    return Entry(**row)


def apply(
    entries: Iterable[Entry],
    report: Report,
    requirements: Mapping[str, Requirement],
    file: str,
    today: date,
    known_scenarios: Container[str] | None = None,
) -> Report:
    """The report with what the entries make of it; without `known_scenarios` any name is one, as in an audit."""
    current = current_ids(requirements)
    known = [replace(entry, requirement=current.get(entry.requirement, entry.requirement)) for entry in entries]
    results = {result.requirement: result for result in report.results}
    scenarios = {line.name for line in report.scenarios}
    valid = [entry for entry in known if entry.expires is None or entry.expires >= today]
    failing = [result for result in report.results if result.verdict is Verdict.FAIL]
    accepted = [one.requirement for one in failing if _is_accepted(one, report, valid)]
    flaky = {entry.requirement for entry in valid if entry.flaky}
    return replace(
        report,
        baseline=BaselineResult(
            file=file,
            accepted=tuple(name for name in accepted if name not in flaky),
            flaky=tuple(sorted(flaky & results.keys())),
            new=tuple(one.requirement for one in failing if one.requirement not in accepted),
            passing=_once(one.requirement for one in valid if _is_over(one, results, scenarios)),
            expired=_once(one.requirement for one in known if one not in valid),
            unknown=_once(
                one.requirement if one.requirement not in requirements else f"{one.requirement} in {one.scenario}"
                for one in known
                if one.requirement not in requirements
                or (one.scenario and known_scenarios is not None and one.scenario not in known_scenarios)
            ),
        ),
    )


def of_a_part(report: Report) -> Report:
    """The same of one part of a run: what passes there may fail in another, and is no unexpected pass."""
    return replace(report, baseline=report.baseline and replace(report.baseline, passing=()))


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _failed_in(result: Result) -> set[str]:
    return {exhibit.source for exhibit in result.exhibits}


def _is_accepted(result: Result, report: Report, entries: Iterable[Entry]) -> bool:
    """Whether entries cover all of a failure: every scenario and every cause that it was seen for."""
    own = [entry for entry in entries if entry.requirement == result.requirement]
    if any(entry.scenario is None and entry.cause is None for entry in own):
        return True
    causes = {cause.key for cause in report.causes if result.requirement in cause.failed}
    by_cause = {entry.cause for entry in own if entry.cause and not entry.scenario}
    if causes and causes <= by_cause:
        return True
    by_scenario = {entry.scenario for entry in own if entry.scenario and (entry.cause is None or entry.cause in causes)}
    return bool(own) and _failed_in(result) <= by_scenario


def _is_over(entry: Entry, results: Mapping[str, Result], scenarios: set[str]) -> bool:
    """Whether a failure that is accepted was looked for and is there no longer."""
    result = results.get(entry.requirement)
    if result is None or entry.flaky:
        return False
    if result.verdict in (Verdict.PASS, Verdict.WARN):
        return entry.scenario is None or entry.scenario in result.sources
    seen_there = entry.scenario in scenarios and entry.scenario in result.sources
    return result.verdict is Verdict.FAIL and seen_there and entry.scenario not in _failed_in(result)


def written(report: Report, known: Iterable[Entry], reason: str, link: str, expires: date | None) -> tuple[Entry, ...]:
    """The known entries, with one more for each failure of a report that they do not have."""
    entries = list(known)
    there = {entry.requirement for entry in entries}
    for result in report.results:
        if result.verdict is Verdict.FAIL and result.requirement not in there:
            flaky = bool(result.exhibits) and all(0 < one.seen < one.repeats for one in result.exhibits)
            entries.append(Entry(result.requirement, reason, link, expires=expires, flaky=flaky))
    return tuple(entries)


def pruned(entries: Iterable[Entry], report: Report, requirements: Mapping[str, Requirement]) -> tuple[Entry, ...]:
    """The entries without those that name nothing or no longer fail, under the ids that requirements have now."""
    current = current_ids(requirements)
    results = {result.requirement: result for result in report.results}
    scenarios = {line.name for line in report.scenarios}
    known = [replace(one, requirement=current[one.requirement]) for one in entries if one.requirement in current]
    return tuple(entry for entry in known if not _is_over(entry, results, scenarios))


def dumps(entries: Iterable[Entry]) -> str:
    """The entries as TOML, by requirement."""
    import tomli_w

    ordered = sorted(entries, key=lambda entry: (entry.requirement, entry.scenario or "", entry.cause or ""))
    return HEADER + "".join(f"\n[[accepted]]\n{tomli_w.dumps(entry.to_dict())}" for entry in ordered)
