"""The recordings in files and folders."""

import os
from collections.abc import Iterable, Iterator
from glob import glob, has_magic
from pathlib import Path

from conformance.recordings.recording import STANDARD_INPUT, label_of

COVERAGE = "coverage.json"
"""What a run that records writes beside its cassettes: which scenario exercised what."""
SUFFIXES = frozenset({".yml", ".yaml", ".json", ".jsonl", ".ndjson", ".har", ".sse"})
_PACKED = tuple(suffix + packed for suffix in SUFFIXES for packed in (".gz", ".zst"))


def expand(paths: Iterable[Path]) -> tuple[list[Path], list[Path]]:
    """(what paths and patterns name, which of them name nothing); a shell may leave patterns to us."""
    found: list[Path] = []
    missing: list[Path] = []
    for path in paths:
        if path == STANDARD_INPUT or path.exists():
            found.append(path)
            continue
        matches = sorted(glob(str(path), recursive=True)) if has_magic(str(path)) else []
        found += map(Path, matches)
        if not matches:
            missing.append(path)
    return found, missing


def find(paths: Iterable[Path]) -> Iterator[Path]:
    """Every file that is named, and in folders every file that may be a recording, in sorted order, each once.

    What a run keeps beside its cassettes is no recording. Files with another suffix are taken where they begin like a
    recording. Hidden files and folders below a named folder are left out, links to folders are not followed. A path
    that does not exist is yielded: reading it tells so.
    """
    return (path for path, _ in find_named(paths))


def find_named(paths: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """The same files, each with the name to report it under: its path below the folder that was named."""
    seen: set[Path] = set()
    names: set[str] = set()
    for path, name, root in _candidates(paths):
        place = path.resolve()
        if place not in seen:
            seen.add(place)
            unique = name if name not in names else f"{root}/{name}"
            unique = unique if unique not in names else path.as_posix()
            names.add(unique)
            yield path, unique.encode("utf-8", "backslashreplace").decode()


def _candidates(paths: Iterable[Path]) -> Iterator[tuple[Path, str, str]]:
    for path in paths:
        if path.is_dir():
            yield from ((file, file.relative_to(path).as_posix(), path.resolve().name) for file in _walk(path))
        else:
            yield path, label_of(path), path.resolve().parent.name


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if not name.startswith(".") and name != COVERAGE and (_is_named_so(name) or _resembles(path)):
                yield path


def _is_named_so(name: str) -> bool:
    """Whether a file has the name of a recording, packed or not."""
    return name.lower().endswith((*SUFFIXES, *_PACKED, ".har.zip"))


def _resembles(path: Path) -> bool:
    from conformance.recordings.detect import resembles_recording

    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return resembles_recording(file.read(64 * 1024))
    except OSError:
        return False
