"""`run`: drive an endpoint, or replay the bundled cassettes."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import click

from conformance.cli import options


@click.argument(
    "target",
    required=False,
    help="A URL, or a profile such as `reference`. Without one the bundled cassettes are replayed.",
)
@click.option(
    "--only", multiple=True, metavar="NAME", help="Just this area, requirement id or scenario; may be repeated."
)
@options.profile
@options.model
@options.api_key_env
@click.option("--record", type=options.A_PATH, metavar="DIR", help="Write a cassette per scenario into this folder.")
@options.report("Where the report is written.")
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
@click.option("--verbose", "-v", is_flag=True, help="Tell every scenario as it ends.")
@click.option("--strict/--no-strict", help="Warnings and inconclusive verdicts fail the run too.")
def run(
    target: str | None,
    only: tuple[str, ...],
    profile: str | None,
    model: str | None,
    api_key_env: str | None,
    record: Path | None,
    report: Path,
    jobs: int,
    timeout: float,
    repeats: int,
    resume: bool,
    verbose: bool,
    strict: bool,
) -> None:
    """Drive an endpoint and judge what it does; without TARGET, replay the bundled cassettes offline."""
    from conformance.cli.clean import tell_leftovers
    from conformance.cli.exit import exit_code, publish, refuse
    from conformance.client import interrupt, ledger
    from conformance.client.target import WrongTarget
    from conformance.evidence.safe_files import NotWritten, reason
    from conformance.report.progress import Progress
    from conformance.session.journal import Earlier, Journal, NothingToResume, earlier_run
    from conformance.session.run import RunOptions
    from conformance.session.run import run as run_scenarios
    from conformance.session.selection import Selection, UnknownSelection
    from conformance.session.settings import from_options

    try:
        settings = from_options(
            target=target,
            profile=profile,
            model=model,
            api_key_env=api_key_env,
            timeout=timeout,
            only=only,
            record=str(record) if record else None,
            repeats=repeats,
            ledger=str(report / ledger.NAME),
        )
        Selection.of(settings.only)  # before the journal of an earlier run is touched
        spec, known = settings.spec, settings.target.secrets
        earlier = earlier_run(report, spec) if resume else Earlier()
        command = " ".join(["assistants-conformance", *sys.argv[1:]])
        progress = Progress(verbose=verbose)
        with Journal(report, spec, keep=resume, known=known) as journal, interrupt.stoppable(kept_in(report)):
            for remark in filter(None, (earlier.remark, journal.remark)):
                progress.remark(remark)
            ledger.compact(report / ledger.NAME)
            made = run_scenarios(settings, RunOptions(command, progress, journal.add, jobs, earlier.records))
            with interrupt.finishing():
                if not made.header.interrupted and not made.header.problem:
                    with suppress(NotWritten):  # no verdict is in that line
                        journal.finish()
                try:
                    publish(made, report, known)
                finally:
                    tell_leftovers(report)
    except (WrongTarget, UnknownSelection, NotWritten, NothingToResume) as problem:
        refuse(str(problem))
    except BrokenPipeError:
        raise  # who read the report went away
    except OSError as problem:
        refuse(f"{problem.filename or 'standard output'}: {reason(problem)}")
    if made.header.interrupted:
        click.echo(f"Stopped before the end: {kept_in(report)}", err=True)
    sys.exit(exit_code(made, strict=strict))


def kept_in(report: Path) -> str:
    """Where the verdicts of a run that did not finish are, and how to go on with it."""
    from conformance.session.report_folder import JOURNAL

    return f"{report / JOURNAL} keeps what was judged, and the same command with --resume goes on behind it"
