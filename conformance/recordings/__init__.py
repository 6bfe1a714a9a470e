"""Recordings that others made, and cassettes of our own: one reader per format, one detector, one writer."""

from __future__ import annotations

from pathlib import Path

from conformance.recordings.find import find
from conformance.recordings.recording import Malformed, Recording, Row, Session, UnreadableRecording

__all__ = ["Recording", "Row", "Session", "UnreadableRecording", "find", "label_of", "read"]

MAX_FILE = 1024 * 1024 * 1024
"""Bytes of one file that are read at most."""


def read(path: Path) -> Recording:
    """Read one file, whatever its format; raises `UnreadableRecording`.

    Time and memory grow with the file, not with what is hidden in it; nothing in it is executed. A file whose name ends
    with .gz is unpacked first, up to a fixed size.
    """
    from conformance.recordings import detect, packed

    try:
        if not path.is_file():
            raise UnreadableRecording(path, "a folder or device" if path.exists() else "no such file")
        if path.stat().st_size > MAX_FILE:
            raise UnreadableRecording(path, f"larger than {MAX_FILE // 2**20} MiB")
        content = path.read_bytes()
    except OSError as problem:
        raise UnreadableRecording(path, problem.strerror or "cannot be opened") from None
    try:
        if packed.is_packed(path):
            content = packed.unpack(content)
        return Recording(path, *detect.read_rows(content, label_of(path)))
    except Malformed as problem:
        raise UnreadableRecording(path, str(problem)) from None
    except RecursionError:
        raise UnreadableRecording(path, "nested too deeply") from None


def label_of(path: Path) -> str:
    """The name under which a cassette is reported: no folders, which differ from machine to machine."""
    return path.name.encode("utf-8", "backslashreplace").decode()
