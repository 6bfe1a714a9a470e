"""`serve`: the reference endpoint on a port of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from conformance.cli.exit import refuse

WITHOUT_CLOCK = "   # with serve --clock also what takes its time"


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to listen on; 0 takes a free one.")] = 8000,
    script: Annotated[
        Path | None, typer.Option(metavar="FILE", help="What the model does in each run, as YAML or JSON.")
    ] = None,
    pace: Annotated[float, typer.Option(min=0, help="Seconds between two statuses of a run.")] = 0.004,
    api_key: Annotated[
        str | None, typer.Option(help="The only API key to let in. Any key is let in otherwise.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="A model to serve besides the usual ones; may be given repeatedly.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Make the same ids each time.")] = None,
    fault: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Plant this fault in the endpoint; may be repeated.")
    ] = None,
    faults: Annotated[bool, typer.Option("--faults", help="List the faults that can be planted, and stop.")] = False,
    clock: Annotated[
        bool, typer.Option("--clock", help="Let clients move the clock: POST /_reference/clock {'advance': SECONDS}.")
    ] = False,
) -> None:
    """Serve the reference endpoint: a faithful Assistants v2 API in memory, with a scripted model."""
    if faults:
        list_faults()
        return
    from conformance.proof.faults import UnknownFault, named
    from conformance.reference.app import create_app
    from conformance.reference.script import BadScript, load
    from conformance.reference.server import base_url, listen, serve_until_interrupted
    from conformance.reference.settings import MODELS, Settings

    try:
        settings = Settings(
            api_key=api_key,
            seed=seed,
            pace=pace,
            models=tuple(dict.fromkeys((*MODELS, *(model or ())))),
            script=load(script) if script else (),
            control=clock,
        )
    except (OSError, BadScript) as problem:
        refuse(f"the script cannot be used: {problem}")
    try:
        planted = named(fault or ())
    except UnknownFault as problem:
        refuse(str(problem))
    app = create_app(settings)
    if planted:
        from conformance.proof.faults.hooks import plant

        plant(app, planted)
    try:
        listener = listen(host, port)
    except OSError as problem:
        refuse(f"cannot listen on {host}:{port} ({problem.strerror}); name another port with --port, or --port 0")
    url = base_url(listener)
    key = "$KEY" if api_key else "any"
    typer.echo(f"Serving the Assistants API v2 at {url} (stop with Ctrl-C)")
    typer.echo(f"  curl {url}/assistants -H 'OpenAI-Beta: assistants=v2' -H \"Authorization: Bearer {key}\"")
    typer.echo(f"  assistants-conformance run {url} --profile reference{'' if clock else WITHOUT_CLOCK}")
    for one in planted:
        typer.echo(f"  with the fault {one.id}, which trips {one.trips}: {one.about}")
    serve_until_interrupted(app, listener)


def list_faults() -> None:
    """Print every fault: id and the requirement it must trip, and below what it does."""
    from rich.padding import Padding
    from rich.text import Text

    from conformance.proof.faults import all_faults
    from conformance.report.page import page

    known = all_faults()
    with page() as console:
        for one in known.values():
            console.print(Text.assemble((one.id, "cyan"), f"  {one.trips}"))
            console.print(Padding(Text(one.about), (0, 0, 0, 4)))
        console.print(Text(f"{len(known):,} faults."))
