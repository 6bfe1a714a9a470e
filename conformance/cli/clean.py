"""`clean`: delete what a killed run left on an endpoint."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from conformance import ledger
from conformance.cli.run import REPORT_FOLDER


def clean(
    target: Annotated[str, typer.Argument(help="The endpoint that the run drove: its URL, or a profile that has one.")],
    profile: Annotated[str | None, typer.Option(help="How the endpoint is spoken to.")] = None,
    api_key_env: Annotated[str | None, typer.Option(help="The environment variable that holds the API key.")] = None,
    report: Annotated[Path, typer.Option(help="The report folder of the run.")] = REPORT_FOLDER,
    timeout: Annotated[float, typer.Option(min=0.1, help="Longest wait in seconds for one answer.")] = 30.0,
) -> None:
    """Delete what a killed run left on an endpoint, and nothing else: only what its ledger names is touched."""
    from conformance import contract
    from conformance.cli.exit import ExitCode, refuse
    from conformance.sweep import sweep
    from conformance.target import WrongTarget, resolve

    path = report / ledger.NAME
    try:
        chosen = resolve(target, profile=profile, api_key_env=api_key_env, timeout=timeout)
        kept = ledger.Ledger.resumed(chosen.url, path)
        others = Counter(left.endpoint for left in ledger.read(path) if left.endpoint != chosen.url)
        found = kept.leftovers
        stayed = sweep(chosen, contract.load(), kept, found)
        ledger.compact(path)
    except WrongTarget as problem:
        refuse(str(problem))
    except OSError as problem:
        refuse(f"{path}: {problem.strerror or problem}")
    typer.echo(f"{len(found) - len(stayed)} of {len(found)} leftovers deleted from {chosen.url}")
    for endpoint, count in sorted(others.items()):
        typer.echo(f"{count} more are on {endpoint}")
    if stayed:
        typer.echo(f"still there, and kept in {path}: {', '.join(left.id for left in stayed[:10])}")
        raise typer.Exit(ExitCode.UNREACHABLE)


def tell_leftovers(report: Path) -> None:
    """After a run: tell what it, or one before it, left behind, and how to delete that."""
    try:
        left = ledger.compact(report / ledger.NAME)
    except OSError:
        return  # the ledger could not be rewritten; it still says what it said
    for endpoint, count in sorted(Counter(item.endpoint for item in left).items()):
        what = "object is" if count == 1 else "objects are"
        folder = "" if report == REPORT_FOLDER else f" --report {report}"
        typer.echo(f"{count} {what} left on {endpoint}; delete with: assistants-conformance clean {endpoint}{folder}")
