"""A report folder belongs to one run at a time, and to the workers of a killed one until they are gone.

The locks are the kernel's (`flock`): they end with the process, and leave no file. The run holds the folder itself,
its workers the journal in it. Where a file system has no such locks, nothing is held.
"""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from conformance.evidence.safe_files import NotWritten

JOURNAL = "journal.jsonl"
LOCK_TIMEOUT = 10.0
"""Seconds that the workers of a killed run are given to go; they take a fraction of one."""
_PAUSE = 0.02


class Occupied(NotWritten):
    """Another run is at work in this folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "another run is at work there; wait until it ends, or name another folder (--report)")


@contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Own an existing report folder within the block; raises `Occupied`. One that is not there belongs to nobody."""
    with ExitStack() as kept:
        if (own := _locked(folder, exclusive=True)) is None:
            raise Occupied(folder)
        kept.callback(_unlock, own)
        until = time.monotonic() + LOCK_TIMEOUT
        while (workers := _locked(folder / JOURNAL, exclusive=True)) is None:
            if time.monotonic() > until:
                raise Occupied(folder)
            time.sleep(_PAUSE)
        _unlock(workers)
        yield


def hold(folder: Path) -> None:
    """As a worker, hold the folder of a run for as long as this process lives."""
    _locked(folder / JOURNAL, exclusive=False)


def _locked(path: Path, *, exclusive: bool) -> int | None:
    """A descriptor that holds the lock, -1 where there is nothing to be held, None where others hold it."""
    try:
        import fcntl

        descriptor = os.open(path, os.O_RDONLY)
    except (OSError, ImportError):
        return -1
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as problem:
        os.close(descriptor)
        return None if problem.errno in (errno.EWOULDBLOCK, errno.EACCES) else -1
    return descriptor


def _unlock(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)
