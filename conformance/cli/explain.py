"""`requirements` and `explain`: what is required, and why."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from conformance.contract import Requirement

SCENARIOS_SHOWN = 12
"""Scenarios that exercise one requirement and are named; of some nearly all do."""


def requirements(
    area: Annotated[str | None, typer.Argument(help="Just this area, such as `runs`.")] = None,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Tell area by area what is tested and where, as a Markdown page.")
    ] = False,
) -> None:
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
        refuse(f"there is no area {area!r}{_nearest(area, areas)}; the areas are {', '.join(areas)}")
    if coverage:
        typer.echo(_coverage_page([one for one in registry.values() if area in (None, one.area)]), nl=False)
        return
    with page() as console:
        listing(console, [one for one in registry.values() if area in (None, one.area)])


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


def explain(
    requirement_id: Annotated[str, typer.Argument(help="Such as RUN-STATE-01; `requirements` lists them.")],
) -> None:
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
    """Print requirements area by area, in columns, and how many there are of each level."""
    from rich.text import Text

    lines = Text()
    areas: dict[str, list[Requirement]] = {}
    for requirement in found:
        areas.setdefault(requirement.area, []).append(requirement)
    for area, members in sorted(areas.items()):
        lines.append(f"{area} ({len(members)})\n", "bold")
        _columns(lines, members, console.width)
        lines.append("\n")
    lines.append(_totals(found))
    console.print(lines, soft_wrap=True)


def _columns(lines: Text, members: Sequence[Requirement], width: int) -> None:
    """The requirements of an area; their rules are wrapped here, which a rich table takes a second for."""
    evidence = {requirement.id: strongest(requirement) for requirement in members}
    ids = max(map(len, evidence)) + 2
    levels = max(len(requirement.level) for requirement in members) + 2
    sources = max(map(len, evidence.values())) + 2
    indent = ids + levels + sources
    for requirement in members:
        rule = requirement.rule + " (untestable)" * bool(requirement.untestable)
        rule += " (sources disagree)" * bool(requirement.conflict)
        lines.append(f"{requirement.id:{ids}}", "cyan")
        lines.append(f"{requirement.level:{levels}}", "bold" if requirement.level == "MUST" else "")
        lines.append(f"{evidence[requirement.id]:{sources}}", "dim")
        wrapped = textwrap.wrap(rule, max(width - indent, 20), break_on_hyphens=False)
        lines.append(f"\n{' ' * indent}".join(wrapped) + "\n")


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
