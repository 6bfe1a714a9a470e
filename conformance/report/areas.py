"""Verdicts by area, as a table."""

from collections import Counter
from collections.abc import Sequence

from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from conformance.report.conclusion import counted
from conformance.report.model import Report, Result
from conformance.report.plain import shown
from conformance.report.verdict import Verdict

_COLUMNS: dict[Verdict, tuple[str, str, bool]] = {  # heading, style of a count, whether it stands without one
    Verdict.PASS: ("pass", "green", True),
    Verdict.FAIL: ("fail", "bold red", True),
    Verdict.ERROR: ("error", "bold red", False),
    Verdict.WARN: ("warn", "yellow", True),
    Verdict.UNSUPPORTED: ("un-\nsupported", "cyan", True),
    Verdict.INCONCLUSIVE: ("incon-\nclusive", "cyan", True),
    Verdict.NOT_EXERCISED: ("not\nexercised", "", True),
}


def areas_table(report: Report, width: int, most: int | None = None) -> Table:
    """Verdicts counted by area; columns without a count give way where there is little room.

    With `most`, so many areas have a row of their own at most, those in which most is wrong; areas in which nothing is
    have none.
    """
    totals = {verdict: report.count(verdict) for verdict in Verdict}
    areas: dict[str, list[Result]] = {}
    for result in report.results:
        areas.setdefault(result.area, []).append(result)
    areas = dict(sorted(areas.items()))
    if most is not None:
        areas = _foremost(areas, most)
    names = {area: shown(area, 30) for area in areas}
    room = width - max((cell_len(name) for name in names.values()), default=len("area"))
    verdicts = [verdict for verdict, (_, _, always) in _COLUMNS.items() if totals[verdict] or always]
    if room < _breadth(verdicts, 2):
        verdicts = [verdict for verdict in verdicts if totals[verdict]]
    if room < _breadth(verdicts, 1):
        return _areas_in_words(names, areas)
    gap = next((gap for gap in (3, 2) if room >= _breadth(verdicts, gap)), 1)
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), header_style="bold")
    table.add_column("area", vertical="bottom", no_wrap=True)
    for verdict in verdicts:
        table.add_column(_COLUMNS[verdict][0], justify="right", vertical="bottom")
    for area, results in areas.items():
        counts = {verdict: sum(1 for result in results if result.verdict is verdict) for verdict in verdicts}
        table.add_row(names[area], *(_count(verdict, counts[verdict]) for verdict in verdicts))
    if len(areas) != 1:
        table.add_row(Text("all", "bold"), *(_count(verdict, totals[verdict]) for verdict in verdicts))
    return table


def _foremost(areas: dict[str, list[Result]], most: int) -> dict[str, list[Result]]:
    wrong = {
        area: (sum(one.verdict in (Verdict.FAIL, Verdict.ERROR) for one in results), _open(results))
        for area, results in areas.items()
    }
    first = sorted((area for area in areas if any(wrong[area])), key=lambda area: wrong[area], reverse=True)[:most]
    kept = {area: areas[area] for area in sorted(first)}
    others = [results for area, results in areas.items() if area not in kept]
    if not kept:
        return {}
    return kept | ({counted(len(others), "other"): [one for results in others for one in results]} if others else {})


def _open(results: list[Result]) -> int:
    return sum(one.verdict not in (Verdict.PASS, Verdict.NOT_EXERCISED) for one in results)


def _areas_in_words(names: dict[str, str], areas: dict[str, list[Result]]) -> Table:
    """The same where no columns fit."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for area, name in names.items():
        counts = Counter(result.verdict for result in areas[area])
        told = (f"{counts[verdict]:,} {verdict.replace('-', ' ')}" for verdict in _COLUMNS if counts[verdict])
        table.add_row(name, Text(", ".join(told)))
    return table


def _breadth(verdicts: Sequence[Verdict], gap: int) -> int:
    return sum(max(map(len, _COLUMNS[verdict][0].split("\n"))) + gap for verdict in verdicts)


def _count(verdict: Verdict, count: int) -> Text:
    return Text(f"{count:,}", _COLUMNS[verdict][1]) if count else Text("·", "dim")
