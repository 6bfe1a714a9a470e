"""`serve`: the reference endpoint on a port of this machine."""

from pathlib import Path

import click

from conformance.cli import options
from conformance.cli.exit import refuse

WITHOUT_CLOCK = "   # with serve --clock also what takes its time"


@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    metavar="PORT",
    show_default=True,
    help="The port to listen on; 0 takes a free one.",
)
@click.option("--script", type=options.A_PATH, metavar="FILE", help="What the model does in each run, as YAML or JSON.")
@click.option(
    "--pace",
    type=options.Seconds(0),
    default=0.004,
    metavar="SECONDS",
    show_default=True,
    help="Seconds between two statuses of a run.",
)
@click.option("--api-key", metavar="KEY", help="The only API key to let in. Any key is let in otherwise.")
@click.option(
    "--model", multiple=True, metavar="NAME", help="A model to serve besides the usual ones; may be repeated."
)
@click.option("--seed", type=int, metavar="N", help="Make the same ids each time.")
@click.option("--fault", multiple=True, metavar="ID", help="Plant this fault in the endpoint; may be repeated.")
@click.option("--faults", is_flag=True, help="List the faults that can be planted, and stop.")
@click.option("--clock", is_flag=True, help="Let clients move the clock: POST /_reference/clock {'advance': SECONDS}.")
def serve(
    host: str,
    port: int,
    script: Path | None,
    pace: float,
    api_key: str | None,
    model: tuple[str, ...],
    seed: int | None,
    fault: tuple[str, ...],
    faults: bool,
    clock: bool,
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
            models=tuple(dict.fromkeys((*MODELS, *model))),
            script=load(script) if script else (),
            control=clock,
        )
    except (OSError, BadScript) as problem:
        refuse(f"the script cannot be used: {problem}")
    try:
        planted = named(fault)
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
    click.echo(f"Serving the Assistants API v2 at {url} (stop with Ctrl-C)")
    click.echo(f"  curl {url}/assistants -H 'OpenAI-Beta: assistants=v2' -H \"Authorization: Bearer {key}\"")
    click.echo(f"  assistants-conformance run {url} --profile reference{'' if clock else WITHOUT_CLOCK}")
    for one in planted:
        click.echo(f"  with the fault {one.id}, which trips {one.trips}: {one.about}")
    serve_until_interrupted(app, listener)


def list_faults(*, anywhere: bool = False) -> None:
    """Print every fault, or those that work on any endpoint: id and what it must trip, and below what it does."""
    from rich.padding import Padding
    from rich.text import Text

    from conformance.proof.faults import all_faults
    from conformance.report.page import page

    known = [one for one in all_faults().values() if not anywhere or not one.needs_reference]
    with page() as console:
        for one in known:
            console.print(Text.assemble((one.id, "cyan"), f"  {one.trips}"))
            console.print(Padding(Text(one.about), (0, 0, 0, 4)))
        console.print(Text(f"{len(known):,} faults."))
