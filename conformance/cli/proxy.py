"""`proxy`: stand between clients and an endpoint, and judge what goes through."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.proxy.watch import Proxy
    from conformance.report.baseline import Entry
    from conformance.report.model import Report


@click.option("--upstream", metavar="URL", help="The endpoint, as clients name it: https://host/v1.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    metavar="PORT",
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option(
    "--record",
    type=options.A_PATH,
    multiple=True,
    metavar="FILE",
    help="Record into a new file: a cassette (.yaml), .har or .jsonl; may be repeated.",
)
@options.report("Where the report and the journal (exchanges.jsonl) are written.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first MUST that is violated.")
@click.option("--fault", multiple=True, metavar="ID", help="Break the answers in this one way; may be repeated.")
@click.option("--faults", is_flag=True, help="List the faults that work on any endpoint, and stop.")
@options.sole_client
@options.show
@options.baseline
@click.option("--strict/--no-strict", help="Warnings fail too.")
def proxy(
    upstream: str | None,
    host: str,
    port: int,
    record: tuple[Path, ...],
    report: Path,
    fail_fast: bool,
    fault: tuple[str, ...],
    faults: bool,
    sole_client: bool,
    show: str | None,
    baseline: Path | None,
    strict: bool,
) -> None:
    """Stand between clients and an endpoint: pass everything on as it comes, and judge it.

    Ctrl-C (or SIGTERM) ends it with the report, SIGUSR1 writes the report and goes on.
    """
    from conformance.cli.exit import exit_code, refuse
    from conformance.cli.publishing import publish
    from conformance.client.target import WrongTarget
    from conformance.evidence.safe_files import NotWritten
    from conformance.proof.faults import UnknownFault, named
    from conformance.proof.faults.hooks import NeedsReference, refuse_those_inside
    from conformance.proxy.process import NotStarted, Settings
    from conformance.proxy.watch import Proxy
    from conformance.report.baseline import BrokenBaseline, load

    if faults:
        from conformance.cli.serve import list_faults

        list_faults(anywhere=True)
        return
    try:
        accepted = load(baseline) if baseline else ()
        planted = named(fault)
        refuse_those_inside(planted)
        url, files = url_of(upstream), tuple(map(str, record))
        settings = Settings(url, host, port, files, tuple(one.id for one in planted))
        with Proxy(settings, report, sole_client=sole_client) as running:
            introduce(running, url, report)
            running.watch(fail_fast=fail_fast)
            made = running.report()
    except (WrongTarget, NotStarted, NotWritten, UnknownFault, NeedsReference, BrokenBaseline) as problem:
        refuse(str(problem))
    if baseline:
        made = with_baseline(made, accepted, baseline)
    publish(made, report, show=show or "summary")
    sys.exit(exit_code(made, strict=strict))


def url_of(upstream: str | None) -> str:
    """The URL of the upstream; raises `WrongTarget`."""
    from conformance.client.target import LIKE_URL, WrongTarget, is_url, resolve

    if upstream is None or not (is_url(upstream) or LIKE_URL.fullmatch(upstream)):
        raise WrongTarget("name the endpoint by its URL: --upstream https://host/v1")
    return resolve(upstream).url


def introduce(running: Proxy, upstream: str, report: Path) -> None:
    """Tell clients where to go, and whoever waits how to end."""
    click.echo(f"Passing on to {upstream}; let clients use {running.url}")
    click.echo(f"  OPENAI_BASE_URL={running.url}")
    click.echo(f"  Ctrl-C ends with the report in {report}, kill -USR1 {os.getpid()} writes it and goes on")


def with_baseline(made: Report, accepted: tuple[Entry, ...], baseline: Path) -> Report:
    """The report as the baseline takes it."""
    from datetime import UTC, datetime

    from conformance import contract
    from conformance.report.baseline import apply

    return apply(accepted, made, contract.load().requirements, str(baseline), datetime.now(UTC).date())
