"""Writing report files so that a reader never meets half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path


class ReportNotWritten(Exception):
    """A report file that could not be written: which one, and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def write_files(contents: Mapping[Path, str]) -> None:
    """Write every file whole, as UTF-8, making the folders it needs; raises `ReportNotWritten`.

    All files are first written under temporary names beside their places and renamed only when all are complete.
    """
    written: dict[Path, Path] = {}
    path = Path()
    try:
        for path, text in contents.items():
            written[path] = _write_beside(path, text)
        for path, temporary in written.items():
            temporary.replace(path)
    except FileExistsError as problem:
        raise ReportNotWritten(path, f"{path.parent} is a file, not a folder; name another folder") from problem
    except OSError as problem:
        raise ReportNotWritten(path, problem.strerror or str(problem)) from problem
    finally:
        for temporary in written.values():
            temporary.unlink(missing_ok=True)


def _write_beside(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        temporary.chmod(0o644)  # mkstemp makes private files; a report is for others to read
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    return temporary
