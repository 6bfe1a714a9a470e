"""Showing and writing a report, as every command does that makes one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli.exit import refuse

if TYPE_CHECKING:
    from conformance.report.model import Report


def try_outputs(folder: Path, *files: Path | None, record: Path | None = None) -> None:
    """See, before anything is asked or judged, that a report and the files beside it can be written; else exit 2."""
    from conformance.evidence.safe_files import NotWritten, try_file, try_folder

    folders = [place for place in (record, folder) if place is not None]
    try:
        for file in filter(None, files):
            if file.parent not in folders:  # those are made below
                try_file(file)
        for place in folders:
            try_folder(place)
        for file in filter(None, files):
            try_file(file)
    except NotWritten as problem:
        refuse(str(problem))


def publish(
    report: Report,
    folder: Path,
    known: Iterable[str] = (),
    *,
    show: str = "all",
    markdown: Path | None = None,
    badge: Path | None = None,
) -> None:
    """Show a report and write its files; where that fails, the report shown says so in place of its verdict: exit 2.

    `known` are secrets that nothing may hold that is shown or written; `show` says how much is shown. What changed
    since the report that the folder held is told; a report that judged nothing does not replace one that did. Summary
    and badge are written where they are asked for, and GitHub Actions is told in its own ways.
    """
    from conformance.evidence.redaction import redact
    from conformance.evidence.safe_files import NotWritten, write_files
    from conformance.report import github, terminal, write_all

    detail = terminal.Detail(show)
    known = tuple(known)
    report, keeps = _beside_the_last(redact(report, known), folder)
    try:
        written = [] if keeps else write_all(report, folder, known)
        write_files(_beside(report, markdown, badge), known)
    except NotWritten as problem:
        told = f"the report was not written: {problem}"
        header = replace(report.header, problem=report.header.problem or told)
        with github.without_commands():
            terminal.show(replace(report, header=header), detail=detail)
        refuse(told)
    with github.without_commands():
        terminal.show(report, written, detail=detail)
    try:
        github.tell(report, folder, known)
    except NotWritten as problem:
        refuse(f"GitHub was not told: {problem}")


def _beside(report: Report, markdown: Path | None, badge: Path | None) -> dict[Path, str]:
    """What is written besides the report."""
    from conformance.report import badge as badges
    from conformance.report import markdown as summaries

    asked = ((markdown, summaries.render), (badge, badges.render))
    return {path: render(report) for path, render in asked if path is not None}


def _beside_the_last(report: Report, folder: Path) -> tuple[Report, bool]:
    """The report with what changed since the last one in a folder, and whether the last one is to stay there."""
    from conformance.report.comparison import compare, judges_something
    from conformance.report.stored import UnreadableReport, load

    try:
        last = load(folder)
    except UnreadableReport:
        return report, False
    header = report.header
    if judges_something(last) and not judges_something(report):
        told = f"nothing was judged: the report of {last.header.started} in {folder} is kept"
        return replace(report, header=replace(header, notes=(*header.notes, told))), True
    of_the_same = (last.header.mode, last.header.target) == (header.mode, header.target)
    if not of_the_same or last.header.started == header.started:  # what a proxy wrote on the way is no earlier report
        return report, False
    told = f"since {last.header.started}: {compare(last, report).sentence()}"
    return replace(report, header=replace(header, notes=(told, *header.notes))), False
