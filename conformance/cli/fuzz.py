"""`fuzz`: look for violations with requests and sequences that nobody wrote down."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from conformance.cli.options import REPORT_FOLDER


def fuzz(
    target: Annotated[str, typer.Argument(help="A URL, or a profile such as `reference`.")],
    schema: Annotated[
        bool, typer.Option("--schema", help="Requests out of the contract's schemas, right and wrong ones.")
    ] = False,
    stateful: Annotated[
        bool, typer.Option("--stateful", help="Sequences of calls; without either option, both.")
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(help="Just this operation (createRun), one kind of it (createRun.negative), or `stateful`."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same requests.")] = 0,
    max_examples: Annotated[
        int,
        typer.Option(
            min=1,
            help="Requests per operation and kind, of those at bounds and of those at random each; and sequences.",
        ),
    ] = 50,
    max_time: Annotated[float, typer.Option(min=1, help="Longest time in seconds, for everything.")] = 600.0,
    profile: Annotated[str | None, typer.Option(help="CallMode the endpoint is spoken to.")] = None,
    model: Annotated[str | None, typer.Option(help="The model to ask for.")] = None,
    api_key_env: Annotated[str | None, typer.Option(help="The environment variable that holds the API key.")] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Longest wait in seconds for one answer.")] = 30.0,
    report: Annotated[Path, typer.Option(help="Where the report and the cassettes of failures are written.")] = (
        REPORT_FOLDER
    ),
) -> None:
    """Look for violations with generated requests; what fails is shrunk, and kept as a curl line and a cassette."""
    from conformance.cli.clean import tell_leftovers
    from conformance.cli.exit import exit_code, publish, refuse
    from conformance.client import interrupt, ledger
    from conformance.client.target import WrongTarget, resolve
    from conformance.evidence.safe_files import NotWritten, reason
    from conformance.fuzz.fuzz_run import FuzzRun, MissingDependencies, UnknownSearch, run_fuzz
    from conformance.fuzz.saved_failures import FAILURES_FOLDER
    from conformance.report.progress import Progress
    from conformance.session.selection import UnknownSelection, words_of

    try:
        wanted = tuple(words_of(only or ()))
        report.mkdir(parents=True, exist_ok=True)
        ledger.compact(report / ledger.NAME)
        chosen = resolve(target, profile=profile, model=model, api_key_env=api_key_env, timeout=timeout)
        with interrupt.stoppable(f"{report / FAILURES_FOLDER} keeps what the searches that were over had found"):
            made = run_fuzz(
                FuzzRun(
                    target=chosen,
                    schema=schema or not stateful,
                    stateful=stateful or not schema,
                    only=wanted,
                    seed=seed,
                    max_examples=max_examples,
                    max_time=max_time,
                    folder=report,
                    command=" ".join(["assistants-conformance", *sys.argv[1:]]),
                    ledger=report / ledger.NAME,
                ),
                Progress(verbose=True),
            )
            with interrupt.finishing():
                publish(made, report, chosen.secrets)
                tell_leftovers(report)
    except (WrongTarget, UnknownSelection, UnknownSearch, MissingDependencies, NotWritten) as problem:
        refuse(str(problem))
    except BrokenPipeError:
        raise  # who read the report went away
    except OSError as problem:
        refuse(f"{problem.filename or report}: {reason(problem)}")
    raise typer.Exit(exit_code(made))
