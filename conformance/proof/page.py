"""The kill matrix as one HTML file: requirements down, faults across, one table for each area of faults."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from conformance.proof.run import Proof
from conformance.proof.summary import by_area, count
from conformance.proof.trial import Trial

_STYLE = """
body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:110rem;padding:0 1rem;color:#1c1c1c;background:#fff}
table{border-collapse:collapse;font-size:12px}th,td{border:1px solid #ccc;padding:1px 4px;text-align:center}
th.name,td.name{text-align:left;white-space:nowrap}td.killed{background:#2e7d32;color:#fff}td.other{background:#fff3c4}
th.lost{background:#c62828;color:#fff}.wide{overflow-x:auto}summary{cursor:pointer}
ol{columns:2 30rem;column-gap:3rem;padding-left:2rem;font-size:12px}
summary h2{display:inline;font-size:1.1rem}
"""


def render(proof: Proof) -> str:
    """The page, without anything to load."""
    total = count(proof.trials)
    body = "\n".join(_area(area, trials) for area, trials in by_area(proof).items())
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Kill matrix</title>'
        f"<style>{_STYLE}</style></head><body><h1>Kill matrix</h1>"
        f"<p>{total.killed:,} of {total.faults:,} planted faults were killed by the requirement they name. "
        "● killed by name, ○ tripped besides (which does not count). A red number is a fault that was not killed.</p>\n"
        f"{body}\n</body></html>\n"
    )


def _area(area: str, trials: list[Trial]) -> str:
    one = count(trials)
    rows = sorted({name for trial in trials for name in trial.tripped} | {trial.trips for trial in trials})
    return "\n".join(
        [
            f"<details open><summary><h2>{escape(area)}: {one.killed} of {one.faults}</h2></summary>",
            f'<div class="wide"><table><tr><th class="name">requirement</th>{_head(trials)}</tr>',
            *(f'<tr><td class="name">{escape(row)}</td>{"".join(_cells(row, trials))}</tr>' for row in rows),
            "</table></div>",
            f"<ol>{''.join(_legend(trials))}</ol></details>",
        ]
    )


def _head(trials: list[Trial]) -> str:
    lost = ["" if trial.witness else ' class="lost"' for trial in trials]
    return "".join(f"<th{mark}>{number}</th>" for number, mark in enumerate(lost, start=1))


def _cells(row: str, trials: list[Trial]) -> Iterator[str]:
    for trial in trials:
        title = escape(f"{trial.fault}: {trial.about}")
        if row not in trial.tripped:
            yield "<td></td>"
        elif row == trial.trips:
            yield f'<td class="killed" title="{title}">●</td>'
        else:
            yield f'<td class="other" title="{title}">○</td>'


def _legend(trials: list[Trial]) -> Iterator[str]:
    for trial in trials:
        yield f"<li><b>{escape(trial.fault)}</b> ({escape(trial.trips)}): {escape(trial.about)}</li>"
