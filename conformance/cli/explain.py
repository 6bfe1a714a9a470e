"""`requirements` and `explain`: what is required, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from conformance.contract import Requirement

SCENARIOS_SHOWN = 12
"""Scenarios that exercise one requirement and are named; of some nearly all do."""
GAP = 2
"""Blanks between two columns of the list of requirements."""
NARROWEST_RULE = 24
"""Columns that the rule needs beside the others in the list of requirements."""


@click.argument("area", required=False, help="Just this area, such as `runs`.")
@click.option("--coverage", is_flag=True, help="Tell area by area what is tested and where, as a Markdown page.")
@click.option("--reference", is_flag=True, help="Tell every rule with its evidence, as a Markdown page.")
def requirements(area: str | None = None, coverage: bool = False, reference: bool = False) -> None:
    """List what is required: id, level, strongest evidence and rule."""
    from conformance import contract
    from conformance.cli.exit import refuse
    from conformance.report.page import page

    try:
        registry = contract.load().requirements
    except contract.BrokenContract as problem:
        refuse(str(problem))
    areas = sorted({requirement.area for requirement in registry.values()})
    if area is not None and area not in areas:
        refuse(f"there is no area {area!r}{_nearest(area, areas)} (the areas are {', '.join(areas)})")
    if reference:
        click.echo(_reference_page([one for one in registry.values() if area in (None, one.area)]), nl=False)
        return
    if coverage:
        click.echo(_coverage_page([one for one in registry.values() if area in (None, one.area)]), nl=False)
        return
    with page() as console:
        listing(console, [one for one in registry.values() if area in (None, one.area)])


def _reference_page(found: Sequence[Requirement]) -> str:
    from conformance.report.reference_page import render

    return render((one, _rows(one, {}, "")) for one in found)


def _coverage_page(found: Sequence[Requirement]) -> str:
    from conformance.report.coverage_page import Seen, render
    from conformance.session import selection

    traffic = selection.real_traffic()
    measured = selection.load().values()
    seen = Seen(
        reference=frozenset().union(*measured),
        scenarios=len(measured),
        traffic=traffic.examined,
        origin=f"{traffic.exchanges:,} exchanges of {traffic.files:,} recordings, sha256 {traffic.sha256[:12]}",
    )
    return render(found, seen)


@click.argument("requirement_id", metavar="ID", help="Such as RUN-STATE-01; `requirements` lists them.")
def explain(requirement_id: str) -> None:
    """Tell everything about one requirement: rule, evidence, checks, and the scenarios that exercise it."""
    from conformance import contract
    from conformance.cli.exit import refuse
    from conformance.report.page import page
    from conformance.report.plain import proof
    from conformance.session import selection

    try:
        registry = contract.load().requirements
    except contract.BrokenContract as problem:
        refuse(str(problem))
    requirement = registry.get(requirement_id) or registry.get(requirement_id.upper())
    if requirement is None:
        refuse(
            f"there is no requirement {requirement_id!r}{_nearest(requirement_id.upper(), registry)}"
            " (see: assistants-conformance requirements)"
        )
    with page() as console:
        kills, exchanges = selection.kills(), selection.real_traffic().examined
        proven = proof(kills.get(requirement.id, 0), exchanges.get(requirement.id, 0))
        details(console, requirement, selection.load(), proven)


def listing(console: Console, found: Sequence[Requirement]) -> None:
    """Print requirements as one table per area, and how many there are of each level."""
    from rich.text import Text

    areas: dict[str, list[Requirement]] = {}
    for requirement in found:
        areas.setdefault(requirement.area, []).append(requirement)
    for area, members in sorted(areas.items()):
        console.print(Text(f"{area} ({len(members)})", "bold"))
        console.print(Text("\n").join(_table(members, console.width)), soft_wrap=True)
        console.print()
    console.print(Text(_totals(found)))


def _table(requirements: Sequence[Requirement], width: int) -> Iterator[Text]:
    """Lines with the columns id, level, evidence and rule; in a narrow terminal the rule stands below the others.

    By hand, because `rich.table` measures and wraps 600 rows so slowly that it would be most of the command's time.
    """
    from textwrap import wrap

    from rich.text import Text

    columns = [(each.id, each.level.value, strongest(each)) for each in requirements]
    widths = [max(map(len, column)) + GAP for column in zip(*columns, strict=True)]
    below = width - sum(widths) < NARROWEST_RULE
    indent = " " * (GAP if below else sum(widths))
    for (name, level, evidence), requirement in zip(columns, requirements, strict=True):
        head = Text.assemble(
            (name.ljust(widths[0]), "cyan"),
            (level.ljust(widths[1]), "bold" if level == "MUST" else ""),
            (evidence.ljust(widths[2]), "dim"),
        )
        first, *others = wrap(_rule(requirement), width - len(indent), break_on_hyphens=False)
        yield from (head, Text(indent + first)) if below else (head.append(first),)
        yield from (Text(indent + line) for line in others)


def _rule(requirement: Requirement) -> str:
    untestable = " (untestable)" if requirement.untestable else ""
    return requirement.rule + untestable + (" (sources disagree)" if requirement.conflict else "")


def strongest(requirement: Requirement) -> str:
    """The strongest class of evidence that a requirement rests on."""
    from conformance.contract import Evidence

    order = list(Evidence)
    return min((source.evidence for source in requirement.sources), key=order.index, default="")


def _totals(found: Sequence[Requirement]) -> str:
    levels = Counter(requirement.level.value for requirement in found)
    untestable = sum(1 for requirement in found if requirement.untestable)
    told = ", ".join(f"{levels[level]:,} {level}" for level in ("MUST", "SHOULD", "MAY") if levels[level])
    noun = "requirement" if len(found) == 1 else "requirements"
    return f"{len(found):,} {noun}: {told}" + (f"; {untestable:,} cannot be tested." if untestable else ".")


def details(
    console: Console, requirement: Requirement, coverage: Mapping[str, Iterable[str]], proven: str = ""
) -> None:
    """Print everything that is known of a requirement.

    `coverage` has the requirement ids each scenario exercises; `proven` says what proves its checks.
    """
    from rich.table import Table
    from rich.text import Text

    console.print(
        Text.assemble((requirement.id, "bold cyan"), "  ", (requirement.level, "bold"), f"  {requirement.area}")
    )
    console.print(Text(requirement.rule))
    console.print()
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    label = ""
    for name, text in _rows(requirement, coverage, proven):
        table.add_row(name if name != label else "", Text(text))
        label = name
    console.print(table)


def _rows(requirement: Requirement, coverage: Mapping[str, Iterable[str]], proven: str) -> Iterator[tuple[str, str]]:
    meaning = {"MUST": "a violation fails the run", "SHOULD": "a violation is a warning", "MAY": "only told"}
    yield "level", f"{requirement.level}: {meaning[requirement.level]}"
    for source in requirement.sources:
        yield "evidence", f"{source.evidence}: {source.pointer}"
    for check in requirement.checks:
        yield "check", check
    if requirement.untestable:
        yield "untestable", requirement.untestable
    if requirement.live_only:
        yield "live only", "needs real arrival or overlap times; a replay does not have them"
    if requirement.closed:
        yield "closed", "a warning where a recording may lack what other clients did (audit without --sole-client)"
    if (dates := _dates(requirement.since, requirement.until)) is not None:
        yield "applies", dates
    if requirement.note:
        yield "note", " ".join(requirement.note.split())
    if requirement.conflict:
        yield "conflict", " ".join(requirement.conflict.split())
    if not requirement.untestable and coverage:
        scenarios = sorted(name for name, ids in coverage.items() if requirement.id in ids)
        for area, names in groupby(scenarios[:SCENARIOS_SHOWN], key=lambda name: name.partition(".")[0]):
            yield "exercised by", f"{area}: {', '.join(name.partition('.')[2] for name in names)}"
        if (rest := len(scenarios) - SCENARIOS_SHOWN) > 0:
            yield "exercised by", f"and {rest:,} more"
        if not scenarios:
            yield "exercised by", "none on the reference endpoint"
    if proven:
        yield "proof", proven


def _dates(since: date | None, until: date | None) -> str | None:
    if since and until:
        return f"to traffic from {since} to {until}"
    if since:
        return f"to traffic since {since}"
    return f"to traffic until {until}" if until else None


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=3, cutoff=0.5)
    return f"; did you mean {' or '.join(near)}?" if near else ""
