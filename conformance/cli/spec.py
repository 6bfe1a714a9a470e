"""`spec compare`: the contract against another OpenAPI document. `spec export`: a plain copy for other tools."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli.groups import Group

if TYPE_CHECKING:
    from conformance.contract.compare import Difference
    from conformance.contract.differences import Explanation

ANSWER_S = 30.0
"""Longest wait in seconds for a document that is fetched."""


@click.group(cls=Group, no_args_is_help=True)
def spec() -> None:
    """The contract as an OpenAPI document: beside others, and for other tools."""


@spec.command()
@click.argument("openapi", help="An OpenAPI 3.x document, JSON or YAML: a file, or the URL of one.")
@click.option("--all", "everything", is_flag=True, help="Show the explained differences too.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with all differences, instead of text.")
def compare(openapi: str, everything: bool, as_json: bool) -> None:
    """Tell how the contract differs in structure from an OpenAPI document: an emulator's own, or the published one.

    Exit code 0: every difference is explained; 1: some are not, or an explanation of this document is stale; 2: the
    document cannot be read.
    """
    from conformance import contract
    from conformance.cli.exit import ExitCode, refuse
    from conformance.contract.compare import compare as compare_documents
    from conformance.contract.differences import load_explanations
    from conformance.contract.external_document import UnreadableDocument, document_of, read_document

    loaded = contract.load()
    try:
        is_url = openapi.startswith(("http://", "https://"))
        theirs = document_of(_fetched(openapi), openapi) if is_url else read_document(Path(openapi))
        found = compare_documents(loaded.document, theirs)
    except UnreadableDocument as problem:
        refuse(str(problem))
    explanations = load_explanations(loaded.folder / "differences.yaml")
    differences = explanations.applied(found)
    stale = explanations.stale(differences, theirs)
    unexplained = [row for row in differences if row.reason is None]
    if as_json:
        _print_json(differences, stale)
    else:
        _print_text(differences if everything else unexplained, stale, len(differences), len(unexplained))
    sys.exit(ExitCode.NOT_CONFORMANT if unexplained or stale else ExitCode.CONFORMANT)


@spec.command()
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day of the traffic, such as 2024-06-01: what came later is not asked for. Today otherwise.",
)
@click.option(
    "--dialect",
    type=click.Choice(["openai", "azure"]),
    default="openai",
    show_default=True,
    help="How the endpoint is spoken to.",
)
def export(as_of: datetime | None, dialect: str) -> None:
    """Print the contract as plain OpenAPI 3.1 (JSON), for validators, mocks and generators.

    It holds for one day and dialect, and leaves out what the sources disagree on. Patterns of ids tell what the service
    looks up; an endpoint may have ids of its own, and then breaks nothing.
    """
    import orjson

    from conformance import contract
    from conformance.contract.plain_document import plain_document

    loaded = contract.load()
    on = as_of.date() if as_of else date.today()
    plain = plain_document(loaded.document, loaded.requirements, on, dialect)
    sys.stdout.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode() + "\n")


def _fetched(url: str) -> bytes:
    """The document at a URL, asked for without a key; refuses what is no answer of 200, too late or too large."""
    import httpx

    from conformance.cli.exit import refuse
    from conformance.client.tap import MAX_BODY

    content, end = b"", time.monotonic() + ANSWER_S
    try:
        with httpx.stream("GET", url, timeout=ANSWER_S, follow_redirects=True, trust_env=False) as response:
            if response.status_code != 200:
                refuse(f"{url}: answered {response.status_code}; name the URL of the document, such as …/openapi.json")
            for chunk in response.iter_bytes():
                content += chunk
                if time.monotonic() > end:
                    refuse(f"{url}: not all of it came within {ANSWER_S:g} s")
                if len(content) > MAX_BODY:
                    refuse(f"{url}: larger than {MAX_BODY // 2**20} MiB")
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        refuse(f"{url}: {problem or type(problem).__name__}")
    return content


def _print_json(differences: Sequence[Difference], stale: Sequence[Explanation]) -> None:
    from dataclasses import asdict

    import orjson

    document: dict[str, Any] = {
        "differences": [asdict(row) for row in differences],
        "stale": [asdict(row) for row in stale],
        "unexplained": sum(row.reason is None for row in differences),
    }
    sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")


def _print_text(rows: Sequence[Difference], stale: Sequence[Explanation], total: int, unexplained: int) -> None:
    for row in rows:
        click.echo(f"{row.kind:<13} {row.location}")
        click.echo(f"{'':<13} here: {row.ours}   there: {row.theirs}")
        if row.reason is not None:
            click.echo(f"{'':<13} because: {row.reason}")
    for explanation in stale:
        click.echo(f"{'stale':<13} {explanation.match} ({explanation.kind})")
        click.echo(f"{'':<13} explains a difference that is not there: remove it from differences.yaml")
    if rows or stale:
        click.echo("")
    summary = f"{total} differences: {total - unexplained} explained, {unexplained} not"
    click.echo(f"{summary}; {len(stale)} stale explanations" if stale else summary)
