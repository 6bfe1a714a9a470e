"""`baseline`: deviations that are known and accepted."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli import options
from conformance.cli.groups import Group

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance.report.baseline import Entry

BASELINE = Path("baseline.toml")


@click.group(cls=Group)
def baseline() -> None:
    """Known deviations: accept them by name, and be told of new ones."""


@baseline.command()
@click.argument("report", type=options.A_PATH, help="A report: its folder, or its report.json.")
@click.option("--file", type=options.A_PATH, default=BASELINE, metavar="FILE", show_default=True, help="The baseline.")
@options.required_text("--reason", "TEXT", "Why these failures are accepted.")
@options.required_text("--link", "URL", "Where that is followed up: an issue, a decision.")
@click.option("--expires", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="The last day on which they are.")
def write(report: Path, file: Path, reason: str, link: str, expires: datetime | None) -> None:
    """Accept what fails in a report. Entries that the file has already are kept as they are."""
    from conformance.cli.exit import refuse
    from conformance.report.baseline import BrokenBaseline, load, written
    from conformance.report.conclusion import counted, few
    from conformance.report.stored import UnreadableReport
    from conformance.report.stored import load as load_report

    try:
        known, made_of = load(file) if file.exists() else (), load_report(report)
        made = written(made_of, known, reason, link, expires.date() if expires else None)
    except (BrokenBaseline, UnreadableReport) as problem:
        refuse(str(problem))
    _save(file, made)
    click.echo(f"{len(made) - len(known):,} entries were added to {file}, which has {len(made):,} now")
    if others := made_of.header.unasked:
        told = f"{counted(len(others), 'failure')} that {'was' if len(others) == 1 else 'were'} not asked for"
        click.echo(f"not added: {told} ({few(list(others))}); a run of everything has the evidence")


@baseline.command()
@click.argument("file", type=options.A_PATH, help="The baseline.")
@click.argument("report", type=options.A_PATH, help="A report: its folder, or its report.json.")
def prune(file: Path, report: Path) -> None:
    """Drop the entries that no longer fail in a report, and those that name no requirement."""
    from conformance import contract
    from conformance.cli.exit import refuse
    from conformance.report.baseline import BrokenBaseline, load, pruned
    from conformance.report.stored import UnreadableReport
    from conformance.report.stored import load as load_report

    try:
        known = load(file)
        kept = pruned(known, load_report(report), contract.load().requirements)
    except (BrokenBaseline, UnreadableReport) as problem:
        refuse(str(problem))
    _save(file, kept)
    click.echo(f"{len(known) - len(kept):,} of {len(known):,} entries were dropped from {file}")


def _save(file: Path, entries: Iterable[Entry]) -> None:
    from conformance.cli.exit import refuse
    from conformance.evidence.safe_files import NotWritten, write_files
    from conformance.report.baseline import dumps

    try:
        write_files({file: dumps(entries)})
    except NotWritten as problem:
        refuse(str(problem))
