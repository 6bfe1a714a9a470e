"""`run`: drive an endpoint, or replay the bundled cassettes."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.client.target import Target
    from conformance.session.selection import Selection


@click.argument(
    "target",
    required=False,
    help="A URL, or a profile such as `reference`. Without one the bundled cassettes are replayed.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Just this area, requirement id or scenario, or what some begin with (RUN-STATE); may be repeated.",
)
@click.option("--exclude", multiple=True, metavar="NAME", help="Not this, named likewise; may be repeated.")
@click.option("--failed", is_flag=True, help="Just the scenarios that showed a failure in the report of the folder.")
@click.option("--plan", is_flag=True, help="Tell how much would be sent and how long it will take, and send nothing.")
@options.profile
@options.model
@options.api_key_env
@click.option(
    "--wait",
    type=options.Seconds(0),
    default=0.0,
    metavar="SECONDS",
    help="Give an endpoint that starts so long to answer for the first time.",
)
@click.option(
    "--shard", metavar="K/N", help="Drive one of N parts, the K-th; `report merge` puts their reports together."
)
@click.option("--record", type=options.A_PATH, metavar="DIR", help="Write a cassette per scenario into this folder.")
@options.report("Where the report is written.")
@options.markdown
@options.badge
@options.jobs("Scenarios driven at the same time.")
@options.timeout("Longest wait in seconds: for one answer, and for one run to end.")
@click.option(
    "--repeats",
    type=options.WHOLE,
    default=3,
    metavar="N",
    show_default=True,
    help="How often a failing scenario is driven in all, to tell what varies.",
)
@click.option("--resume/--no-resume", help="Go on with the interrupted run whose journal is in the report folder.")
@options.show
@options.baseline
@click.option("--verbose", "-v", is_flag=True, help="Tell every scenario as it ends, and show all of the report.")
@options.strict
def run(
    target: str | None,
    only: tuple[str, ...],
    exclude: tuple[str, ...],
    failed: bool,
    plan: bool,
    profile: str | None,
    model: str | None,
    api_key_env: str | None,
    wait: float,
    shard: str | None,
    record: Path | None,
    report: Path,
    markdown: Path | None,
    badge: Path | None,
    jobs: int,
    timeout: float,
    repeats: int,
    resume: bool,
    show: str | None,
    baseline: Path | None,
    verbose: bool,
    strict: bool,
) -> None:
    """Drive an endpoint and judge what it does; without TARGET, replay the bundled cassettes offline."""
    from datetime import UTC, datetime

    from conformance import contract
    from conformance.cli.clean import tell_leftovers
    from conformance.cli.exit import exit_code, refuse
    from conformance.cli.publishing import publish, try_outputs
    from conformance.client import interrupt, ledger
    from conformance.client.target import WrongTarget
    from conformance.evidence.safe_files import NotWritten, reason
    from conformance.report.baseline import BrokenBaseline, apply, of_a_part
    from conformance.report.baseline import load as load_baseline
    from conformance.report.progress import Progress
    from conformance.scenarios.registry import registry
    from conformance.session.journal import Earlier, Journal, NothingToResume, earlier_run
    from conformance.session.run import RunOptions
    from conformance.session.run import run as run_scenarios
    from conformance.session.selection import Selection, UnknownSelection
    from conformance.session.settings import from_options
    from conformance.session.sharding import Shard, WrongShards

    try:
        accepted = load_baseline(baseline) if baseline else ()
        asked, scenarios = Selection.of(only, exclude), None  # before the journal of an earlier run is touched
        if failed:
            only, scenarios = failed_last_time(report, asked)
        if shard is not None:
            part, selection = Shard.read(shard), Selection.of(only, exclude).driving(scenarios)
            scenarios, shard = part.share(name for name in registry() if selection.admits(name)), str(part)
        settings = from_options(
            target=target,
            profile=profile,
            model=model,
            api_key_env=api_key_env,
            timeout=timeout,
            only=only,
            exclude=exclude,
            record=str(record) if record else None,
            repeats=repeats,
            ledger=str(report / ledger.NAME),
            scenarios=scenarios,
            shard=shard,
        )
        selection = settings.selection
        if plan:
            tell_plan(selection, jobs, report, settings.target)
            return
        try_outputs(report, markdown, badge, record=record)
        spec, known = settings.spec, settings.target.secrets
        earlier = earlier_run(report, spec) if resume else Earlier()
        command = " ".join(["assistants-conformance", *sys.argv[1:]])
        progress = Progress(verbose=verbose)
        with Journal(report, spec, keep=resume, known=known) as journal, interrupt.stoppable(kept_in(report)):
            meanings = () if failed else selection.meanings
            for remark in filter(None, (earlier.remark, journal.remark, *meanings)):
                progress.remark(remark)
            ledger.compact(report / ledger.NAME)
            carried = RunOptions(command, progress, journal.add, jobs, wait, earlier.records)
            # What failed last time is mended where nothing else has come to fail instead.
            made = run_scenarios(settings, replace(carried, besides=asked.reports) if failed else carried)
            if baseline:
                today = datetime.now(UTC).date()
                made = apply(accepted, made, contract.load().requirements, str(baseline), today, registry())
                made = made if shard is None or made.baseline is None else of_a_part(made)
            with interrupt.finishing():
                if not made.header.interrupted and not made.header.problem:
                    with suppress(NotWritten):  # no verdict is in that line
                        journal.finish()
                try:
                    whole = verbose or selection.is_narrow
                    detail = show or ("all" if whole else "summary")
                    publish(made, report, known, show=detail, markdown=markdown, badge=badge)
                finally:
                    tell_leftovers(report)
    except (WrongTarget, UnknownSelection, WrongShards, NotWritten, NothingToResume, BrokenBaseline) as problem:
        refuse(str(problem))
    except BrokenPipeError:
        raise  # who read the report went away
    except OSError as problem:
        refuse(f"{problem.filename or 'standard output'}: {reason(problem)}")
    if made.header.interrupted:
        click.echo(f"Stopped before the end: {kept_in(report)}", err=True)
    sys.exit(exit_code(made, strict=strict))


def failed_last_time(report: Path, asked: Selection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What failed in the report of a folder, of what is asked for: the requirements, and the scenarios to drive."""
    from conformance.cli.exit import ExitCode, exit_code, refuse
    from conformance.report.conclusion import conclude
    from conformance.report.stored import UnreadableReport, load
    from conformance.session.selection import failed_in

    try:
        last = load(report)
        requirements, scenarios = failed_in(last, asked)
    except UnreadableReport as problem:
        refuse(f"--failed drives again what failed last time, but {problem}")
    if not scenarios or not requirements:
        everything = asked.scenarios is None and asked.requirements is None
        code = exit_code(last) if everything else ExitCode.CONFORMANT
        told = "" if code is ExitCode.CONFORMANT else f", which has no verdict to build on: {conclude(last).sentence}"
        click.echo(f"nothing {'' if everything else 'of what is asked for '}failed in {report}{told}")
        sys.exit(code)
    return requirements, scenarios


def tell_plan(selection: Selection, jobs: int, report: Path, target: Target) -> None:
    """Tell how much a run is, with the times of an earlier one against the same endpoint."""
    from conformance.report.stored import UnreadableReport, load
    from conformance.session.plan import plan

    try:
        last = load(report)
    except UnreadableReport:
        last = None
    same = last if last and target.url and last.header.target == target.url else None
    for line in plan(selection, jobs, target.profile.poll_seconds, same).lines():
        click.echo(line)


def kept_in(report: Path) -> str:
    """Where the verdicts of a run that did not finish are, and how to go on with it."""
    from conformance.session.report_folder import JOURNAL

    return f"{report / JOURNAL} keeps what was judged, and the same command with --resume goes on behind it"
