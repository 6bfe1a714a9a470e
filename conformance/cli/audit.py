"""`audit`: judge recordings that the suite did not cause."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.report.model import Report


@click.argument(
    "paths",
    nargs=-1,
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
@options.sole_client
@click.option("--corpus", metavar="NAME", help="Recordings that specs/corpora.toml names, in a checkout of theirs.")
@click.option("--from", "checkout", type=options.A_PATH, metavar="CHECKOUT", help="Where that checkout is.")
@options.markdown
@options.badge
@options.strict
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
    sole_client: bool,
    corpus: str | None,
    checkout: Path | None,
    markdown: Path | None,
    badge: Path | None,
    strict: bool,
) -> None:
    """Judge recorded traffic: cassettes of any recorder, HAR, files of proxies, JSON lines.

    What belongs to one trace is found by hosts, ids and times, unless it is said. docs/recordings.md lists the formats.
    Long files of JSON lines are judged in portions, as they are read: docs/large-feeds.md tells what that gives up.
    """
    import time
    from datetime import UTC, datetime

    from conformance import contract
    from conformance.cli.exit import ExitCode, exit_code, refuse
    from conformance.cli.progress import progress
    from conformance.cli.publishing import publish, try_outputs
    from conformance.recordings.audit import AuditOutcome
    from conformance.recordings.audit import audit as audit_paths
    from conformance.recordings.find import expand
    from conformance.recordings.grouping import Grouping
    from conformance.report.baseline import BrokenBaseline, apply, load
    from conformance.session.audit_report import audit_report
    from conformance.session.auditing import FeedAudit
    from conformance.session.engines import WorkersLost
    from conformance.session.engines import engine as engine_of

    if corpus or checkout:
        paths = _corpus(paths, corpus, checkout)
    elif not paths:
        refuse("name recordings, folders of them, or a --corpus")
    named, missing = expand(paths)
    if missing:
        refuse(f"there is no {' and no '.join(map(str, missing))}")
    try:
        accepted = load(baseline) if baseline else ()
    except BrokenBaseline as problem:
        refuse(str(problem))
    try_outputs(report, markdown, badge)
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
    nothing = (
        () if outcome.files or interrupted else (f"no file in {', '.join(map(str, paths))} looks like a recording",)
    )
    made = audit_report(
        outcome,
        loaded,
        mode="audit",
        target=f"corpus {corpus} ({checkout})" if corpus else ", ".join(map(str, paths)),
        command=" ".join(["assistants-conformance", *sys.argv[1:]]),
        started=started,
        seconds=time.monotonic() - begun,
        interrupted=interrupted,
        feeds=feeds.records,
        notes=(*feeds.notes, *nothing),
        sole_client=sole_client,
    )
    if corpus:
        made = _explained(made, corpus)
    if baseline:
        made = apply(accepted, made, loaded.requirements, str(baseline), started.date())
    publish(made, report, show=show or "summary", markdown=markdown, badge=badge)
    code = exit_code(made, strict=strict)
    if outcome.unreadable and code in (ExitCode.CONFORMANT, ExitCode.NOTHING_JUDGED):
        code = ExitCode.WRONG_USAGE
        unread, files = len(outcome.unreadable), len(outcome.files)
        told = f"{unread:,} of {files:,} files could not be read, so that this ends with exit code {int(code)}"
        click.echo(f"assistants-conformance: {told} (see Not judged)", err=True)
    sys.exit(code)


def _corpus(paths: tuple[Path, ...], name: str | None, checkout: Path | None) -> tuple[Path, ...]:
    """The files of a corpus in a checkout; ends the program where there are none."""
    from conformance.cli.exit import refuse
    from conformance.recordings import corpora

    if paths or not name or not checkout:
        refuse("--corpus NAME and --from CHECKOUT go together, and without other paths")
    known = corpora.load()
    corpus = known.get(name)
    if corpus is None:
        refuse(f"there is no corpus {name}: specs/corpora.toml names {', '.join(known)}")
    files = corpus.files(checkout)
    if not files:
        refuse(
            f"{checkout} has no file of {name} ({', '.join(corpus.paths)}): it should be a checkout of "
            f"{corpus.repository} at {corpus.commit}"
        )
    if (other := corpus.other_commit(checkout)) is not None:
        click.echo(f"{checkout} is at {other[:12]}, the corpus was looked up at {corpus.commit[:12]}", err=True)
    return tuple(files)


def _explained(report: Report, name: str) -> Report:
    """A report with what is known of its findings in that corpus."""
    from dataclasses import replace

    from conformance.recordings import corpora

    known = corpora.load()[name].known
    told = (
        f"{one.requirement}: {known[one.requirement]}"
        for one in report.results
        if one.exhibits and one.requirement in known
    )
    return replace(report, header=replace(report.header, notes=(*report.header.notes, *told)))
