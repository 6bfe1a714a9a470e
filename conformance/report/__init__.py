"""Reports: the model, and one renderer per format."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.report.model import Report

TEXT_WIDTH = 100


def write_all(report: Report, folder: Path, known: Iterable[str] = ()) -> list[Path]:
    """Write the report into a folder as JSON, HTML, JUnit and text, all whole or none; raises `NotWritten`."""
    from conformance.evidence.safe_files import write_files
    from conformance.report import html_report, json_report, junit, terminal

    contents = {
        folder / "report.json": json_report.dumps(report),
        folder / "report.html": html_report.render(report),
        folder / "junit.xml": junit.render(report),
        folder / "report.txt": terminal.render(report, TEXT_WIDTH),
    }
    write_files(contents, known)
    return list(contents)
