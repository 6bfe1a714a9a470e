"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from conformance.cli.audit import audit
from conformance.cli.clean import clean
from conformance.cli.explain import explain, requirements
from conformance.cli.fuzz import fuzz
from conformance.cli.issues import app as issues
from conformance.cli.proof import proof
from conformance.cli.run import run
from conformance.cli.serve import serve
from conformance.cli.spec import app as spec

app = typer.Typer(
    name="assistants-conformance",
    help="Does an endpoint keep the contract of the Assistants API v2? Drive it, or judge recordings of it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 conformant; 1 not; 2 wrong usage or unreadable input; 3 nothing was judged, or less than "
    "half; 4 unreachable, or the suite broke; 130 interrupted; 143 told to stop (SIGTERM).",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"assistants-conformance {version('assistants-conformance')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Options of the program as a whole."""


app.command()(run)
app.command()(audit)
app.command()(fuzz)
app.command()(clean)
app.command()(serve)
app.command()(proof)
app.command()(requirements)
app.command()(explain)
app.add_typer(issues, name="issues", help="Known issues of SDKs and endpoints, shown on real SDK releases.")
app.add_typer(spec, name="spec", help="The contract against other OpenAPI documents.")
