"""`compare`: two reports of one endpoint."""

import sys
from pathlib import Path

import click

from conformance.cli import options


@click.argument("old", type=options.A_PATH, help="The earlier report: its folder, or its report.json.")
@click.argument("new", type=options.A_PATH, help="The later one.")
def compare(old: Path, new: Path) -> None:
    """Tell what changed between two reports: fixed, regressed, newly exercised, newly undecided, for another cause."""
    from conformance.cli.exit import ExitCode, refuse
    from conformance.report.comparison import compare as compared
    from conformance.report.plain import visible
    from conformance.report.stored import UnreadableReport, load

    try:
        before, after = load(old), load(new)
    except UnreadableReport as problem:
        refuse(str(problem))
    found = compared(before, after)
    if found.asked:
        click.echo(visible(found.asked))
    rules = {result.requirement: result.rule for result in after.results}
    for words, names in found.lines():
        click.echo(f"{words} ({len(names):,})")
        for name in names:
            click.echo(f"  {visible(name)}  {visible(rules[name])}")
    if not found:
        click.echo(found.unchanged)
    sys.exit(ExitCode.NOT_CONFORMANT if found.regressed else ExitCode.CONFORMANT)
