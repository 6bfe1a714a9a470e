"""`report`: reports that are made of others."""

import sys
from pathlib import Path

import click

from conformance.cli import options
from conformance.cli.groups import Group


@click.group(cls=Group)
def report() -> None:
    """Reports that are made of others: put the shards of a run together."""


@report.command()
@click.argument(
    "folders", nargs=-1, required=True, type=options.A_PATH, help="The report folders of all shards, journals included."
)
@options.report("Where the report of the whole run is written.")
@options.markdown
@options.badge
@options.show
@options.baseline
@options.strict
def merge(
    folders: tuple[Path, ...],
    report: Path,
    markdown: Path | None,
    badge: Path | None,
    show: str | None,
    baseline: Path | None,
    strict: bool,
) -> None:
    """Make the report of a run of its shards (run --shard 2/5), as if it had been one; exit codes are a run's."""
    from datetime import UTC, datetime

    from conformance import contract
    from conformance.cli.exit import exit_code, refuse
    from conformance.cli.publishing import publish, try_outputs
    from conformance.report.baseline import BrokenBaseline, apply
    from conformance.report.baseline import load as load_baseline
    from conformance.report.stored import UnreadableReport
    from conformance.scenarios.registry import registry
    from conformance.session.journal import NothingToResume
    from conformance.session.sharding import WrongShards, merged

    try:
        accepted = load_baseline(baseline) if baseline else ()
        made = merged(folders)
    except (WrongShards, NothingToResume, UnreadableReport, BrokenBaseline) as problem:
        refuse(str(problem))
    try_outputs(report, markdown, badge)
    if baseline:
        today = datetime.now(UTC).date()
        made = apply(accepted, made, contract.load().requirements, str(baseline), today, registry())
    publish(made, report, show=show or "summary", markdown=markdown, badge=badge)
    sys.exit(exit_code(made, strict=strict))
