"""`clean`: delete what a killed run left on an endpoint."""

import sys
from collections import Counter
from pathlib import Path

import click

from conformance.cli import options
from conformance.cli.options import REPORT_FOLDER
from conformance.client import ledger
from conformance.report.conclusion import counted
from conformance.report.plain import shown

NAMED = 10
"""So many of the objects that stayed for one reason are named."""


@click.argument(
    "target",
    required=False,
    help="The endpoint that the run drove: its URL, or a profile that has one. Without it, what is left is only told: "
    "no key goes to a place that only a file names.",
)
@options.profile
@options.api_key_env
@options.report("The report folder of the run.")
@options.timeout()
def clean(target: str | None, profile: str | None, api_key_env: str | None, report: Path, timeout: float) -> None:
    """Delete what a killed run left on an endpoint, and nothing else: only what its ledger names is touched."""
    from conformance import contract
    from conformance.cli.exit import ExitCode, refuse
    from conformance.client.cleanup import delete_leftovers
    from conformance.client.target import WrongTarget, resolve
    from conformance.evidence.safe_files import NotWritten, reason
    from conformance.session.report_folder import owned

    path = report / ledger.NAME
    try:
        if target is None:
            _tell(ledger.read(path), report, nothing=True)
            return
        if not report.is_dir():
            refuse(f"{report} is no report folder; name that of the run with --report")
        chosen = resolve(target, profile=profile, api_key_env=api_key_env, timeout=timeout)
        with owned(report):
            kept = ledger.Ledger.resumed(chosen.url, path)
            others = [left for left in ledger.read(path) if left.endpoint != chosen.url]
            found = kept.leftovers
            stayed = delete_leftovers(chosen, contract.load(), kept, found, retry_seconds=chosen.timeout)
            ledger.compact(path)
    except (WrongTarget, NotWritten) as problem:
        refuse(str(problem))
    except OSError as problem:
        refuse(f"{path}: {reason(problem)}")
    where = shown(chosen.url)
    if found:
        click.echo(f"{len(found) - len(stayed):,} of {counted(len(found), 'leftover')} deleted from {where}")
    elif others:
        click.echo(f"nothing was deleted: {path} names no objects on {where}")
    _tell(others, report, nothing=not found)
    if stayed:
        click.echo(f"not known to be gone, and kept in {path}:")
        for why in dict.fromkeys(stayed.values()):
            names = [left.id for left, other in stayed.items() if other == why]
            rest = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
            click.echo(f"  {', '.join(shown(name, 80) for name in names[:NAMED])}{rest}: {shown(why)}")
        sys.exit(ExitCode.UNREACHABLE)


def tell_leftovers(report: Path) -> None:
    """After a run: tell what it, or one before it, left behind, and how to delete that."""
    from conformance.evidence.safe_files import NotWritten

    try:
        left = ledger.compact(report / ledger.NAME)
    except (OSError, NotWritten):
        return  # the ledger could not be rewritten; it still says what it said
    _tell(left, report, nothing=False)


def _tell(left: list[ledger.Leftover], report: Path, *, nothing: bool) -> None:
    if nothing and not left:
        click.echo(f"nothing is left: {report / ledger.NAME} names no objects")
    for endpoint, count in sorted(Counter(item.endpoint for item in left).items()):
        what = f"{counted(count, 'object')} {'is' if count == 1 else 'are'}"
        folder = "" if report == REPORT_FOLDER else f" --report {report}"
        where = shown(endpoint)
        click.echo(f"{what} left on {where}; delete with: assistants-conformance clean {where}{folder}")
