"""`fuzz`: look for violations with requests and sequences that nobody wrote down."""

import sys
import time
from importlib.util import find_spec
from pathlib import Path

import click

from conformance.cli import options

NEEDED = ("hypothesis", "schemathesis")
"""The libraries that make requests, which are an extra of the package."""


def installed(name: str) -> bool:
    """Whether a library can be imported."""
    try:
        return find_spec(name) is not None
    except ValueError:  # it was ruled out in this process
        return False


@click.argument("target", help="A URL, or a profile such as `reference`.")
@click.option("--schema", is_flag=True, help="Requests out of the contract's schemas, right and wrong ones.")
@click.option("--stateful", is_flag=True, help="Sequences of calls; without either option, both.")
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Just this operation (createRun), one kind of it (createRun.negative), or `stateful`.",
)
@click.option(
    "--seed", type=int, default=0, metavar="N", show_default=True, help="The same seed makes the same requests."
)
@click.option(
    "--max-examples",
    type=options.WHOLE,
    default=50,
    metavar="N",
    show_default=True,
    help="Beyond the first round over all operations: requests per operation and kind, of those at bounds and of those "
    "at random each; and sequences.",
)
@click.option(
    "--max-time",
    type=options.Seconds(1),
    default=600.0,
    metavar="SECONDS",
    show_default=True,
    help="Longest time in seconds, for everything.",
)
@options.profile
@options.model
@options.api_key_env
@options.timeout()
@options.report("Where the report and the cassettes of failures are written.")
@options.show
def fuzz(
    target: str,
    schema: bool,
    stateful: bool,
    only: tuple[str, ...],
    seed: int,
    max_examples: int,
    max_time: float,
    profile: str | None,
    model: str | None,
    api_key_env: str | None,
    timeout: float,
    report: Path,
    show: str | None,
) -> None:
    """Look for violations with generated requests; what fails is shrunk, and kept as curl line and cassette."""
    began = time.monotonic()
    from conformance.cli.clean import tell_leftovers
    from conformance.cli.exit import exit_code, refuse
    from conformance.cli.publishing import publish, try_outputs
    from conformance.client import interrupt, ledger
    from conformance.client.target import WrongTarget, resolve
    from conformance.evidence.safe_files import NotWritten, reason

    if missing := [name for name in NEEDED if not installed(name)]:
        refuse(f"fuzzing needs {' and '.join(missing)}: pip install 'assistants-conformance[fuzz]'")
    from conformance.fuzz.fuzz_run import FuzzRun, UnknownSearch, run_fuzz
    from conformance.fuzz.saved_failures import FAILURES_FOLDER
    from conformance.report.progress import Progress
    from conformance.session.selection import UnknownSelection, words_of

    try:
        wanted = tuple(words_of(only))
        chosen = resolve(target, profile=profile, model=model, api_key_env=api_key_env, timeout=timeout)
        try_outputs(report)
        ledger.compact(report / ledger.NAME)
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
                    began=began,
                    ledger=report / ledger.NAME,
                ),
                Progress(),
            )
            with interrupt.finishing():
                publish(made, report, chosen.secrets, show=show or "summary")
                tell_leftovers(report)
    except (WrongTarget, UnknownSelection, UnknownSearch, NotWritten) as problem:
        refuse(str(problem))
    except BrokenPipeError:
        raise  # who read the report went away
    except OSError as problem:
        refuse(f"{problem.filename or report}: {reason(problem)}")
    sys.exit(exit_code(made))
