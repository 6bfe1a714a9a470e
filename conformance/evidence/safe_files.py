"""Writing files so that a reader never meets half of one, nor a secret in one: every file goes through here.

The journal and the ledger, which grow line by line, ask `refuse_secrets` before each line.
"""

import errno
import os
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from conformance.evidence.secrets import find_secrets


class NotWritten(Exception):
    """A file that could not be written: which one, and why. What was there before is as it was."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class SecretsLeft(NotWritten):
    """Something that looks like a secret survived the redaction, so nothing was written."""


@dataclass(frozen=True)
class Draft:
    """A file about to be written: its text, the bytes that are stored for it, and texts that those hide (base64)."""

    text: str
    stored: bytes
    within: tuple[str, ...] = ()


def write_files(contents: Mapping[Path, str | Draft], known: Iterable[str] = ()) -> None:
    """Write every file whole, texts as UTF-8, making the folders it needs; raises `NotWritten`.

    All files are first looked through for secrets (the `known` ones as SECURITY.md lists), then written under temporary
    names beside their places, and renamed only when all are complete.
    """
    known = tuple(known)
    for path, content in contents.items():
        draft = content if isinstance(content, Draft) else Draft(content, b"")
        for text in (draft.text, *draft.within):
            refuse_secrets(path, text, known)
    written: dict[Path, Path] = {}
    path = Path()
    try:
        for path, content in contents.items():
            make_folder(path.parent)
            written[path] = _write_beside(path, content)
        for path, temporary in written.items():
            temporary.replace(path)
    except (OSError, ValueError) as problem:
        raise NotWritten(path, reason(problem)) from problem
    finally:
        for temporary in written.values():
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def try_file(path: Path) -> None:
    """Raise `NotWritten` where a file could not be put there; nothing is made or changed."""
    if path.exists() and not path.is_file():
        raise NotWritten(path, "this is a folder; name a file" if path.is_dir() else "this is no file; name one")
    if not path.parent.is_dir():
        raise NotWritten(path, f"there is no folder {path.parent}; make it, or name another")
    _try(path.parent, path)


def try_folder(folder: Path) -> None:
    """Make a folder where it is not there, and raise `NotWritten` where no file can be put into it."""
    make_folder(folder)
    _try(folder, folder)


def _try(folder: Path, named: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except (OSError, ValueError) as problem:
        raise NotWritten(named, reason(problem)) from problem


def append(path: Path, text: str, known: Iterable[str] = ()) -> None:
    """Add a text to a file that others write to as well, such as the summary of a CI job; raises `NotWritten`."""
    refuse_secrets(path, text, known)
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        raise NotWritten(path, reason(problem)) from problem


def refuse_secrets(path: Path, text: str, known: Iterable[str] = ()) -> None:
    """Raise `SecretsLeft` where a text that is to go into a file still holds a secret; which one is not told."""
    if found := find_secrets(text, known):
        more = f" (and {len(found) - 1:,} more)" if len(found) > 1 else ""
        raise SecretsLeft(path, f"{found[0]}{more} survived the redaction, so nothing was written")


def make_folder(folder: Path) -> None:
    """Make a folder and those above it where they are not there; raises `NotWritten`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as problem:
        wrong = next((place for place in (folder, *folder.parents) if place.exists() and not place.is_dir()), folder)
        told = "this" if wrong == folder else wrong
        raise NotWritten(folder, f"{told} is not a folder; name a folder that can be written to") from problem
    except (OSError, ValueError) as problem:
        raise NotWritten(folder, reason(problem)) from problem


def reason(problem: OSError | ValueError) -> str:
    """Why something could not be written, with what to do about it where that is known."""
    told = (problem.strerror if isinstance(problem, OSError) else None) or str(problem)
    advice = _ADVICE.get(problem.errno or 0) if isinstance(problem, OSError) else None
    return f"{told}; {advice}" if advice else told


_ADVICE = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "make room, or name another folder"),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENOENT),
        "name a folder that can be written to",
    ),
}


def _write_beside(path: Path, content: str | Draft) -> Path:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.stored if isinstance(content, Draft) else content.encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)  # mkstemp makes private files; a report is for others to read
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    return temporary
