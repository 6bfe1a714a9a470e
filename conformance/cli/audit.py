"""`audit`: judge recordings that the suite did not cause."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.session.auditing import Progress


@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=options.A_PATH,
    metavar="PATHS...",
    help="Recordings, folders of them, patterns such as 'logs/**/*.har', or - for what is piped in.",
)
@options.report("Where the report is written.")
@options.show
@options.baseline
@click.option("--one-trace", "grouping", flag_value="one", help="Judge all of it as one trace.")
@click.option("--trace-per-file", "grouping", flag_value="file", help="Judge each file as one trace.")
@click.option(
    "--base-path",
    metavar="PATH",
    help="The path under which the recorded endpoint has the API (/gateway/v1), where it is not found by the routes.",
)
@options.jobs("Processes that judge files of JSON lines which are too long to be judged whole.")
@click.option("--follow", is_flag=True, help="Go on judging files of JSON lines that grow, until Ctrl-C.")
@click.option(
    "--engine",
    type=click.Choice(["local", "ray"]),
    default="local",
    show_default=True,
    help="What judges long files: processes of this machine, or the cluster that RAY_ADDRESS names.",
)
@click.option("--strict/--no-strict", help="Warnings fail the audit too.")
def audit(
    paths: tuple[Path, ...],
    report: Path,
    show: str | None,
    baseline: Path | None,
    grouping: str | None,
    base_path: str | None,
    jobs: int,
    follow: bool,
    engine: str,
    strict: bool,
) -> None:
    """Judge recorded traffic: cassettes of any recorder, HAR, files of proxies, JSON lines.

    What belongs to one trace is found by hosts, ids and times, unless it is said. docs/recordings.md lists the formats.
    Long files of JSON lines are judged in portions, as they are read: docs/large-feeds.md tells what that gives up.
    """
    import time
    from datetime import UTC, datetime

    from conformance import contract
    from conformance.cli.exit import ExitCode, exit_code, publish, refuse
    from conformance.recordings.audit import AuditOutcome
    from conformance.recordings.audit import audit as audit_paths
    from conformance.recordings.find import expand
    from conformance.recordings.grouping import Grouping
    from conformance.report.baseline import BrokenBaseline, apply, load
    from conformance.session.audit_report import audit_report
    from conformance.session.auditing import FeedAudit
    from conformance.session.engines import WorkersLost
    from conformance.session.engines import engine as engine_of

    named, missing = expand(paths)
    if missing:
        refuse(f"there is no {' and no '.join(map(str, missing))}")
    try:
        accepted = load(baseline) if baseline else ()
    except BrokenBaseline as problem:
        refuse(str(problem))
    begun, started = time.monotonic(), datetime.now(UTC)
    interrupted = False
    loaded = contract.load()
    outcome, found = AuditOutcome(), Grouping(grouping or "found")
    try:
        feeds = FeedAudit(loaded, outcome, engine_of(engine, jobs), found, base_path)
    except ImportError:
        refuse("--engine ray needs Ray: pip install 'assistants-conformance[ray]'")
    try:
        with progress(sys.stderr) as feeds.on_progress:
            audit_paths(
                named, loaded, outcome=outcome, grouping=found, base_path=base_path, on_feed=feeds, follow=follow
            )
    except KeyboardInterrupt:
        interrupted = True
    except WorkersLost as problem:
        click.echo(f"assistants-conformance: {problem}. What was judged until then is reported.", err=True)
        interrupted = True
    made = audit_report(
        outcome,
        loaded,
        mode="audit",
        target=", ".join(map(str, paths)),
        command=" ".join(["assistants-conformance", *sys.argv[1:]]),
        started=started,
        seconds=time.monotonic() - begun,
        interrupted=interrupted,
        feeds=feeds.records,
        notes=feeds.notes,
    )
    if baseline:
        made = apply(accepted, made, loaded.requirements, str(baseline), started.date())
    publish(made, report, show=show or "summary")
    code = exit_code(made, strict=strict)
    if outcome.unreadable and code in (ExitCode.CONFORMANT, ExitCode.NOTHING_JUDGED):
        code = ExitCode.WRONG_USAGE
        unread, files = len(outcome.unreadable), len(outcome.files)
        told = f"{unread:,} of {files:,} files could not be read, so that this ends with exit code {int(code)}"
        click.echo(f"assistants-conformance: {told} (see Not judged)", err=True)
    sys.exit(code)


@contextmanager
def progress(stream: TextIO) -> Iterator[Callable[[Progress], None]]:
    """Shows how far a long file is, with the rate, where somebody watches."""
    if not stream.isatty():
        yield lambda _: None
        return
    import time

    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    words = TextColumn(
        "{task.fields[exchanges]:,} exchanges, {task.fields[rate]:,.0f}/s, {task.fields[findings]:,} findings"
    )
    begun = time.monotonic()
    with Bar(BarColumn(), words, TimeRemainingColumn(), console=Console(file=stream), transient=True) as bar:
        task = bar.add_task("", total=None, exchanges=0, rate=0.0, findings=0)

        def show(how_far: Progress) -> None:
            rate = how_far.exchanges / max(time.monotonic() - begun, 0.001)
            bar.update(
                task,
                completed=how_far.read,
                total=how_far.size,
                exchanges=how_far.exchanges,
                rate=rate,
                findings=how_far.findings,
            )

        yield show
