"""Defaults that several commands share."""

from pathlib import Path

REPORT_FOLDER = Path("reports/latest")
"""Where a run or an audit writes its report."""
