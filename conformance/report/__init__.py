"""Reports: the model, and one renderer per format."""

from __future__ import annotations

from pathlib import Path

from conformance.report.files import ReportNotWritten, write_files
from conformance.report.model import Report

__all__ = ["ReportNotWritten", "write_all"]

TEXT_WIDTH = 100


def write_all(report: Report, folder: Path) -> list[Path]:
    """Write report.json, junit.xml and report.txt into a folder, all whole or none; raises `ReportNotWritten`."""
    from conformance.report import json_report, junit, terminal

    contents = {
        folder / "report.json": json_report.dumps(report),
        folder / "junit.xml": junit.render(report),
        folder / "report.txt": terminal.render(report, TEXT_WIDTH),
    }
    write_files(contents)
    return list(contents)
