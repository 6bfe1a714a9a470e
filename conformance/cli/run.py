"""`run`: drive an endpoint, or replay the bundled cassettes."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from conformance.cli.options import REPORT_FOLDER


def run(
    target: Annotated[
        str | None,
        typer.Argument(help="A URL, or a profile such as `reference`. Without one the bundled cassettes are replayed."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Just this area, requirement id or scenario; may be repeated.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="How the endpoint is spoken to (a name, or a .toml file).")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The model to ask for.")] = None,
    api_key_env: Annotated[str | None, typer.Option(help="The environment variable that holds the API key.")] = None,
    record: Annotated[Path | None, typer.Option(help="Write a cassette per scenario into this folder.")] = None,
    report: Annotated[Path, typer.Option(help="Where the report is written.")] = REPORT_FOLDER,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Scenarios driven at the same time.")] = 1,
    timeout: Annotated[
        float, typer.Option(min=0.1, help="Longest wait in seconds: for one answer, and for one run to end.")
    ] = 30.0,
    repeats: Annotated[
        int, typer.Option(min=1, help="How often a failing scenario is driven in all, to tell what varies.")
    ] = 3,
    resume: Annotated[
        bool, typer.Option(help="Go on with the interrupted run whose journal is in the report folder.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell every scenario as it ends.")] = False,
    strict: Annotated[bool, typer.Option(help="Warnings and inconclusive verdicts fail the run too.")] = False,
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
            only=tuple(only or ()),
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
        typer.echo(f"Stopped before the end: {kept_in(report)}", err=True)
    raise typer.Exit(exit_code(made, strict=strict))


def kept_in(report: Path) -> str:
    """Where the verdicts of a run that did not finish are, and how to go on with it."""
    from conformance.session.report_folder import JOURNAL

    return f"{report / JOURNAL} keeps what was judged, and the same command with --resume goes on behind it"
