"""`issues`: known issues, shown on real SDK releases."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli import options
from conformance.cli.groups import Group

if TYPE_CHECKING:
    from conformance.issues.catalogue import Catalogue, Issue
    from conformance.issues.cell import Cell
    from conformance.issues.matrix import Matrix
    from conformance.issues.sdk import Sdk

KEY = click.argument("key", help="Such as KI-02.")
KEYS = click.argument("keys", nargs=-1, metavar="[KEY]...", help="Issues; none means all.")
FORCE = click.option("--force", is_flag=True, help="Overwrite what is there.")
TO = click.option("--to", type=options.A_PATH, metavar="DIR", help="The folder to write; KEY where none is named.")


@click.group(cls=Group, no_args_is_help=True)
def issues() -> None:
    """Known issues of SDKs and endpoints, shown on real SDK releases."""


@issues.command("list")
@click.option("--language", type=click.Choice(["python", "node"]), help="Those that the SDK of a language shows.")
@click.option("--sdk", metavar="NAME==VERSION", help="Those that a release has, or a measured neighbour of it.")
@click.option(
    "--symptom", metavar="TEXT", help="Those whose text has all these words, such as part of an error message."
)
@click.option("--json", "as_json", is_flag=True, help="Print all that is known of each as JSON.")
def list_issues(language: str | None, sdk: str | None, symptom: str | None, as_json: bool) -> None:
    """List the known issues, all or those that are asked for.

    A release has an issue where it was reproduced, or where the program hung that ends without the condition.
    """
    import json

    from conformance.cli.exit import refuse
    from conformance.issues.affected import affected, may_have
    from conformance.issues.describe import as_dict, mentions
    from conformance.issues.sdk import BadSdk, Sdk
    from conformance.issues.table import show_issues
    from conformance.report.page import page

    catalogue, measured = _catalogue(), affected()
    try:
        release = Sdk.parse(sdk) if sdk else None
    except BadSdk as problem:
        refuse(str(problem))
    found = [
        issue
        for issue in catalogue
        if (language is None or language in catalogue.shown_by(issue).signs)
        and (release is None or may_have(issue, release, measured, catalogue.releases))
        and (symptom is None or mentions(issue, symptom) or mentions(catalogue.shown_by(issue), symptom))
    ]
    if as_json:
        rows = [as_dict(issue, measured.get(catalogue.shown_by(issue).key, {})) for issue in found]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    with page() as console:
        show_issues(console, found)


@issues.command()
@KEY
def show(key: str) -> None:
    """Tell everything about one issue: sources, condition, signs, workarounds and what came of them."""
    from rich.table import Table
    from rich.text import Text

    from conformance.cli.exit import refuse
    from conformance.issues.affected import affected
    from conformance.issues.catalogue import UnknownIssue, find
    from conformance.issues.describe import rows
    from conformance.report.page import page

    catalogue = _catalogue()
    try:
        issue = find(catalogue, key)
    except UnknownIssue as problem:
        refuse(str(problem))
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="dim")
    table.add_column(overflow="fold")
    label = ""
    measured = affected().get(catalogue.shown_by(issue).key, {})
    for name, text in [*rows(issue), *((f"affected {language}", span) for language, span in measured.items())]:
        table.add_row(name if name != label else "", Text(text))
        label = name
    with page() as console:
        console.print(Text.assemble((issue.key, "bold cyan"), f"  {issue.title}"))
        console.print()
        console.print(table)


@issues.command()
@KEYS
@click.option("--sdk", multiple=True, metavar="NAME==VERSION", help="python==1.30.1 or node==4.58.1; may be repeated.")
@click.option("--matrix", is_flag=True, help="Go over the default list of releases.")
@click.option("--bisect", is_flag=True, help="Find the release where the issue came or went, between two --sdk.")
@click.option(
    "--report", type=options.A_PATH, metavar="DIR", help="Write sdk-matrix.html, .json and .md into this folder."
)
@click.option("--merge", is_flag=True, help="Keep what the report there tells of other issues and releases.")
@click.option("--save", type=options.A_PATH, metavar="FILE", help="Write which releases are affected, for `check`.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--workarounds/--no-workarounds", default=True, show_default=True, help="Try the workarounds too.")
@options.jobs("Releases tried at the same time.", default=2)
def reproduce(
    keys: tuple[str, ...],
    sdk: tuple[str, ...],
    matrix: bool,
    bisect: bool,
    report: Path | None,
    merge: bool,
    save: Path | None,
    as_json: bool,
    workarounds: bool,
    jobs: int,
) -> None:
    """Show issues on real SDK releases: under their condition, and not without it."""
    from conformance.cli.exit import refuse
    from conformance.evidence.safe_files import NotWritten
    from conformance.issues.catalogue import UnknownIssue, choose, releases
    from conformance.issues.matrix import Matrix, read_cells
    from conformance.issues.matrix import as_json as document
    from conformance.issues.sdk import BadSdk
    from conformance.issues.trials import Trials, run_trials
    from conformance.report.progress import Progress

    if bisect and (matrix or as_json or report is not None or save is not None):
        refuse("--bisect prints one line; it goes with no --matrix, --json, --report or --save")
    if merge and report is None:
        refuse("--merge goes with --report DIR, whose report it completes")
    catalogue = _catalogue()
    try:
        issues = choose(catalogue, keys)
        sdks = releases(catalogue, sdk, matrix=matrix)
        earlier = read_cells(report / "sdk-matrix.json") if merge and report else ()
    except (UnknownIssue, BadSdk, ValueError) as problem:
        refuse(str(problem))
    if bisect:
        _bisect(issues, sdks)
        return
    trials = Trials(issues, sdks, workarounds=workarounds)
    with Progress(verbose=True) as progress:
        progress.start(len(trials))

        def told(cell: Cell) -> None:
            progress.done(f"{cell.key} {cell.sdk}", cell.outcome, ())

        cells = run_trials(
            trials, told, jobs, lambda one: progress.remark(f"installing {one} (once; it is kept in the cache)")
        )
    made = Matrix(catalogue, cells)
    if as_json:
        click.echo(document(made), nl=False)
    else:
        _show_cells(made, detailed=len(cells) <= 6)
    try:
        for path in _write(made.over(earlier), report, save):
            click.echo(f"written: {path}", err=True)
    except NotWritten as problem:
        refuse(str(problem))
    sys.exit(_code(cells))


@issues.command()
@click.argument("target", help="A URL, or a profile such as `reference`.")
@KEYS
@options.profile
@options.model
@options.api_key_env
@options.timeout()
@options.jobs("Scenarios driven at the same time.")
@click.option("--verbose", "-v", is_flag=True, help="Tell every scenario as it ends, and what is absent.")
def check(
    target: str,
    keys: tuple[str, ...],
    profile: str | None,
    model: str | None,
    api_key_env: str | None,
    timeout: float,
    jobs: int,
    verbose: bool,
) -> None:
    """Does an endpoint do what SDKs break on? Drives it, and names the releases that would.

    Only what an SDK is known to break on is told here, and where it was seen; whether that is a fault of the endpoint
    is what `run` tells.
    """
    from tempfile import TemporaryDirectory

    from conformance.cli.clean import tell_leftovers
    from conformance.cli.exit import ExitCode, refuse
    from conformance.cli.options import REPORT_FOLDER
    from conformance.client import interrupt, ledger
    from conformance.client.target import WrongTarget
    from conformance.evidence.safe_files import NotWritten, make_folder, reason
    from conformance.issues import endpoint_side
    from conformance.issues.catalogue import UnknownIssue, choose
    from conformance.issues.table import show_sides
    from conformance.report.conclusion import counted
    from conformance.report.page import page
    from conformance.report.plain import shown
    from conformance.report.progress import Progress
    from conformance.session.report_folder import owned
    from conformance.session.run import RunOptions
    from conformance.session.run import run as run_scenarios
    from conformance.session.selection import UnknownSelection
    from conformance.session.settings import from_options

    try:
        issues = tuple(issue for issue in choose(_catalogue(), keys) if issue.endpoint)
        if not issues:
            refuse(
                "none of these issues has a side that an endpoint shows (see: assistants-conformance issues show KEY)"
            )
        scenarios = endpoint_side.scenarios_of(issues)
        make_folder(REPORT_FOLDER)  # what is made on the endpoint is remembered there
        with TemporaryDirectory() as cassettes, owned(REPORT_FOLDER), interrupt.stoppable():
            settings = from_options(
                target=target,
                profile=profile,
                model=model,
                api_key_env=api_key_env,
                timeout=timeout,
                only=scenarios,
                record=cassettes,
                ledger=str(REPORT_FOLDER / ledger.NAME),
            )
            click.echo(f"driving {counted(len(scenarios), 'scenario')}", err=True)
            with Progress(verbose=verbose) as progress:
                report = run_scenarios(settings, RunOptions("issues check", progress, lambda _: None, jobs))
            found = endpoint_side.sides(issues, endpoint_side.indices(Path(cassettes), scenarios), report)
    except (WrongTarget, UnknownSelection, UnknownIssue, NotWritten) as problem:
        refuse(str(problem))
    except OSError as problem:
        refuse(f"{problem.filename or REPORT_FOLDER}: {reason(problem)}")
    tell_leftovers(REPORT_FOLDER)
    if report.header.problem:
        click.echo(f"assistants-conformance: {shown(report.header.problem, 600)}", err=True)
        sys.exit(ExitCode.UNREACHABLE)
    with page() as console:
        show_sides(console, found, verbose=verbose)
    if report.header.interrupted:
        sys.exit(ExitCode.INTERRUPTED)
    if any(side.has for side in found):
        sys.exit(ExitCode.NOT_CONFORMANT)
    if report.broken:
        broken = counted(report.broken, "scenario")
        click.echo(f"assistants-conformance: {broken} ended by an error of the suite's own", err=True)
        sys.exit(ExitCode.UNREACHABLE)
    sys.exit(ExitCode.NOTHING_JUDGED if all(side.has is None for side in found) else ExitCode.CONFORMANT)


@issues.command()
@KEY
@click.option("--sdk", required=True, metavar="NAME==VERSION", help="The release that shows it.")
@TO
@FORCE
def export(key: str, sdk: str, to: Path | None, force: bool) -> None:
    """Write an issue as a folder that runs by itself: server, client, and what is expected."""
    from conformance.cli.exit import refuse
    from conformance.evidence.safe_files import NotWritten
    from conformance.issues.catalogue import UnknownIssue, choose
    from conformance.issues.environments import NoEnvironment
    from conformance.issues.export import NotShown, WouldOverwrite, usage
    from conformance.issues.export import export as write
    from conformance.issues.sdk import BadSdk, Sdk

    try:
        issue, release = choose(_catalogue(), [key])[0], Sdk.parse(sdk)
        folder = to or Path(issue.key)
        write(issue, release, folder, force=force)
    except (UnknownIssue, BadSdk, NotShown, NoEnvironment, WouldOverwrite, NotWritten) as problem:
        refuse(str(problem))
    click.echo(f"written: {folder}\n\n{usage(release)}", nl=False)


@issues.command()
@click.argument("key", help="A name for it, such as MY-1.")
@click.option("--recording", type=options.A_PATH, metavar="FILE", help="Any recording that `audit` reads.")
@click.option("--script", type=options.A_PATH, metavar="FILE", help="YAML: a list of {request, json or stream}.")
@click.option("--sdk", metavar="NAME==VERSION", help="The newest for Python where none is named.")
@TO
@FORCE
def new(key: str, recording: Path | None, script: Path | None, sdk: str | None, to: Path | None, force: bool) -> None:
    """Begin a probe of one's own from a recording or a short script."""
    from conformance.cli.exit import refuse
    from conformance.evidence.safe_files import NotWritten
    from conformance.issues.catalogue import releases
    from conformance.issues.export import WouldOverwrite
    from conformance.issues.scaffold import BadScript, from_exchanges, from_script, scaffold
    from conformance.issues.sdk import BadSdk, Sdk
    from conformance.recordings import UnreadableRecording, read

    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,63}", key):
        refuse(f"{key!r} is no name for an issue: letters, digits, dashes and dots; --to names another folder")
    if (recording is None) == (script is None):
        refuse("name either --recording FILE or --script FILE")
    try:
        release = Sdk.parse(sdk) if sdk else releases(_catalogue(), [], matrix=False)[0]
        if script is not None:
            answers = from_script(script)
        else:
            assert recording is not None
            answers = from_exchanges(row.exchange for row in read(recording).rows)
        scaffold(key, answers, release, to or Path(key), force=force)
    except (BadSdk, BadScript, UnreadableRecording, WouldOverwrite, NotWritten) as problem:
        refuse(str(problem))
    except OSError as problem:
        refuse(f"{problem.filename}: {problem.strerror}")
    click.echo(f"written: {to or Path(key)} (its README.md says what to put where)")


def _show_cells(matrix: Matrix, *, detailed: bool) -> None:
    from conformance.issues.table import show_table
    from conformance.report.page import page

    with page() as console:
        show_table(console, matrix, detailed=detailed)


def _write(matrix: Matrix, report: Path | None, save: Path | None) -> list[Path]:
    import json

    from conformance.evidence.safe_files import write_files
    from conformance.issues import matrix_page
    from conformance.issues.matrix import as_json, as_markdown

    contents = {}
    if report is not None:
        contents = {
            report / "sdk-matrix.html": matrix_page.render(matrix),
            report / "sdk-matrix.json": as_json(matrix),
            report / "sdk-matrix.md": as_markdown(matrix),
        }
    if save is not None:
        rows = [f"{json.dumps(key)}: {json.dumps(found)}" for key, found in matrix.affected().items()]
        contents[save] = "{\n" + ",\n".join(rows) + "\n}\n"
    write_files(contents)
    return list(contents)


def _code(cells: tuple[Cell, ...]) -> int:
    """4 where a cell could not run, 3 where none could; else 0: a reproduced issue is what was asked for."""
    from conformance.cli.exit import ExitCode
    from conformance.issues.cell import Outcome

    broken = [cell for cell in cells if cell.outcome is Outcome.COULD_NOT_RUN]
    if broken:
        return ExitCode.NOTHING_JUDGED if len(broken) == len(cells) else ExitCode.UNREACHABLE
    return ExitCode.CONFORMANT


def _catalogue() -> Catalogue:
    from conformance.issues.catalogue import load

    return load()


def _bisect(issues: tuple[Issue, ...], sdks: tuple[Sdk, ...]) -> None:
    from conformance.cli.exit import ExitCode, refuse
    from conformance.issues.bisect import NoBoundary
    from conformance.issues.bisect import bisect as find_boundary
    from conformance.issues.releases import NoRegistry

    if len(issues) != 1 or len(sdks) != 2 or sdks[0].language is not sdks[1].language:
        refuse("--bisect needs one KEY and two --sdk of one language, such as --sdk node==4.83.0 --sdk node==7.0.0")
    try:
        found = find_boundary(
            issues[0],
            *sorted(sdks, key=lambda one: one.order),
            done=lambda cell: click.echo(f"{cell.sdk}: {cell.outcome}", err=True),
        )
    except NoRegistry as problem:
        refuse(str(problem))
    except NoBoundary as problem:
        click.echo(str(problem))
        sys.exit(ExitCode.NOTHING_JUDGED)
    click.echo(found.describe())
