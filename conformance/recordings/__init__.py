"""Recordings that others made, and cassettes of our own: one reader per format, one detector, one writer."""

import sys
from pathlib import Path

from conformance.recordings.find import find
from conformance.recordings.recording import (
    STANDARD_INPUT,
    Malformed,
    Recording,
    Row,
    Session,
    UnreadableRecording,
    label_of,
)

__all__ = ["Recording", "Row", "Session", "UnreadableRecording", "find", "label_of", "read"]

MAX_FILE = 1024 * 1024 * 1024
"""Bytes of one file that are read at most."""


def read(path: Path) -> Recording:
    """Read one file, whatever its format; raises `UnreadableRecording`.

    Time and memory grow with the file, not with what is hidden in it; nothing in it is executed. A file that is packed
    with gzip or zstd is unpacked first, up to a fixed size. `STANDARD_INPUT` in place of a path is read to its end.
    """
    if path == STANDARD_INPUT:
        return read_bytes(sys.stdin.buffer.read(MAX_FILE + 1), path)
    try:
        if not path.is_file():
            raise UnreadableRecording(path, "a folder or device" if path.exists() else "no such file")
        if path.stat().st_size > MAX_FILE:
            raise UnreadableRecording(path, f"larger than {MAX_FILE // 2**20} MiB")
        content = path.read_bytes()
    except OSError as problem:
        raise UnreadableRecording(path, problem.strerror or "cannot be opened") from None
    return read_bytes(content, path)


def read_bytes(content: bytes, path: Path) -> Recording:
    """Read the content of a file; raises `UnreadableRecording`."""
    from conformance.recordings import detect

    if len(content) > MAX_FILE:
        raise UnreadableRecording(path, f"larger than {MAX_FILE // 2**20} MiB")
    try:
        found = detect.read_rows(content, label_of(path))
        return Recording(path, found.format, found.rows, tuple(found.broken), found.session)
    except Malformed as problem:
        raise UnreadableRecording(path, str(problem)) from None
    except RecursionError:
        raise UnreadableRecording(path, "nested too deeply") from None
