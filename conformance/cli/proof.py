"""`proof`: plant faults in the reference endpoint, one after the other, and see which checks find them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from conformance.cli import options

if TYPE_CHECKING:
    from conformance.proof.faults import Fault
    from conformance.proof.run import Proof

REPORT_FOLDER = Path("reports/proof")
PART_FOLDER = Path("reports/latest/proof")
"""Where a matrix of some faults is written: that of all is evidence, which a try of one must not take away."""


@click.option("--fault", multiple=True, metavar="ID", help="Just this fault, or all of this area; may be repeated.")
@options.jobs("Faults tried at the same time.")
@click.option("--thorough", is_flag=True, help="Drive all scenarios of a fault's requirement, also after it is killed.")
@click.option("--all", "everything", is_flag=True, help="Also operators over recorded traces, and harmless variations.")
@click.option(
    "--report",
    type=options.A_PATH,
    metavar="DIR",
    help=f"Where the matrix is written: {REPORT_FOLDER}, or {PART_FOLDER} where it is not of all faults.",
)
@click.option(
    "--save",
    type=options.A_PATH,
    metavar="FILE",
    help="Write the figures that travel with the verdicts (proof.json); --fault keeps the others.",
)
def proof(
    fault: tuple[str, ...], jobs: int, thorough: bool, everything: bool, report: Path | None, save: Path | None
) -> None:
    """Plant each fault in the reference endpoint and see that the requirement it names finds it."""
    from conformance import contract
    from conformance.cli.exit import refuse
    from conformance.evidence.safe_files import NotWritten
    from conformance.proof import figures, gaps
    from conformance.proof.faults import all_faults
    from conformance.proof.run import prove
    from conformance.proof.summary import survivors
    from conformance.report.progress import Progress

    try:
        registry = contract.load()
    except contract.BrokenContract as problem:
        refuse(str(problem))
    chosen = _chosen(list(fault))
    witnesses = figures.load().witnesses
    narrow = _likely(chosen) if fault else None
    made = prove(chosen, witnesses, Progress(), names=narrow, jobs=jobs, thorough=thorough)
    if narrow is not None and survivors(made) and not made.interrupted:
        made = prove(chosen, witnesses, Progress(), jobs=jobs, thorough=thorough)
    if not made.trials:
        click.echo(f"Stopped before one of {len(chosen):,} faults was tried: no report was written.", err=True)
        sys.exit(_exit_code(made, []))
    missing = [] if fault else gaps.unplanted(registry, chosen)
    report = report or folder_of(of_all=not fault and not made.interrupted)
    try:
        _write(made, missing, report)
        if save is not None and not made.interrupted:
            figures.save(figures.of(made.trials, all_faults(), figures.load() if fault else None), save)
    except NotWritten as problem:
        refuse(f"the report was not written: {problem}")
    _tell(made, missing, report)
    code = _exit_code(made, missing)
    if everything and not made.interrupted:
        code = code or _widen(jobs, report)
    sys.exit(code)


def folder_of(*, of_all: bool) -> Path:
    """Where a matrix is written when no folder was named."""
    return REPORT_FOLDER if of_all else PART_FOLDER


def _widen(jobs: int, folder: Path) -> int:
    """The operators and the variations, and what they mean for the exit code."""
    import orjson

    from conformance.cli.exit import ExitCode, refuse
    from conformance.evidence.safe_files import NotWritten, write_files
    from conformance.proof.wider import markdown, widen

    wider = widen(jobs, lambda name, count: click.echo(f"{name}: {count} to look at", err=True))
    document = {"operators": wider.operators.to_dict(), "variations": wider.variations.to_dict()}
    try:
        write_files(
            {
                folder / "wider.json": orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n",
                folder / "wider.md": markdown(wider),
            }
        )
    except NotWritten as problem:
        refuse(f"the report was not written: {problem}")
    report, varied = wider.operators, wider.variations
    click.echo(
        f"{100 * report.share:.2f} % of {len(report.mutants):,} broken traces, equivalent ones aside, were noticed, "
        f"{len(report.unexplained)} of the others are unexplained; {len(varied.outcomes)} harmless variations gave "
        f"{varied.to_dict()['false_alarms']} false alarms. See {folder}/wider.md."
    )
    return ExitCode.CONFORMANT if wider.good else ExitCode.NOT_CONFORMANT


def _chosen(names: list[str]) -> list[Fault]:
    from conformance.cli.exit import refuse
    from conformance.proof.faults import UnknownFault, all_faults, named
    from conformance.session import selection

    known = all_faults()
    ids: list[str] = []
    try:
        for word in selection.words_of(names):
            of_area = [id for id, one in known.items() if one.area == word]
            ids += of_area or [word]
        return list(named(ids)) if names else list(known.values())
    except (selection.UnknownSelection, UnknownFault) as problem:
        refuse(str(problem))


def _likely(faults: list[Fault]) -> set[str]:
    """The scenarios that exercise what these faults must trip; of a new requirement, those of its area."""
    from conformance.session.selection import Selection

    return set(Selection.of(tuple(one.trips for one in faults)).scenarios or ())


def _write(made: Proof, missing: list[str], folder: Path) -> None:
    import orjson

    from conformance.evidence.safe_files import write_files
    from conformance.proof import gaps, markdown, page, summary

    document = orjson.dumps(summary.data(made, missing, gaps.UNPLANTED), option=orjson.OPT_INDENT_2).decode()
    write_files(
        {
            folder / "proof.json": document + "\n",
            folder / "proof.md": markdown.render(made, missing, gaps.UNPLANTED),
            folder / "matrix.html": page.render(made),
        }
    )


def _tell(made: Proof, missing: list[str], folder: Path) -> None:
    from conformance.proof.summary import count, survivors

    for one in survivors(made):
        others = f" (tripped: {', '.join(one.collateral)})" if one.collateral else ""
        click.echo(f"not killed: {one.fault}, which must trip {one.trips}: {one.about}{others}")
    for line in [f"false alarm: {alarm}" for alarm in made.alarms] + [f"broke: {line}" for line in made.broken]:
        click.echo(line)
    if missing:
        click.echo(f"no fault trips {', '.join(missing)}")
    total = count(made.trials)
    click.echo(
        f"{total.killed:,} of {total.faults:,} planted faults were killed by name, in {made.seconds:.0f} s; the "
        f"faithful endpoint tripped {len(made.alarms):,} requirements in {len(made.measured):,} scenarios."
    )
    click.echo(f"See {folder}/proof.md, matrix.html and proof.json.")


def _exit_code(made: Proof, missing: list[str]) -> int:
    from conformance.cli.exit import ExitCode
    from conformance.proof.summary import survivors

    if made.interrupted:
        return ExitCode.INTERRUPTED
    if made.broken or any(one.broken for one in made.trials):
        return ExitCode.UNREACHABLE
    return ExitCode.NOT_CONFORMANT if survivors(made) or made.alarms or missing else ExitCode.CONFORMANT
