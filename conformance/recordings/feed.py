"""JSON lines of any length, read a row at a time and given out in portions; everything else is read whole."""

import codecs
import gzip
import os
import sys
import zlib
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from time import sleep
from typing import BinaryIO

from conformance.bounded_yaml import Unread
from conformance.contract import Contract
from conformance.recordings import MAX_FILE, Recording, read, read_bytes
from conformance.recordings.detect import in_time, is_lines, numbered, parsed, read_entry
from conformance.recordings.document import as_text, one_line
from conformance.recordings.encodings import GZIP, ZSTD
from conformance.recordings.formats import lines
from conformance.recordings.grouping import EPISODE, Grouping
from conformance.recordings.recording import STANDARD_INPUT, Row, UnreadableRecording, label_of
from conformance.trace.window import GivenUp, Portion, Window

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

WHOLE = 8 * 1024 * 1024
"""Bytes up to which a file is judged whole."""
MAX_LINE = 64 * 1024 * 1024
"""Bytes of one line that are read at most."""
LOOK = 0.5
"""Seconds between two looks at a file that may grow."""

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_BROKEN_KEPT = 100
_UNREADABLE = (OSError, EOFError, ValueError, zlib.error, zstd.ZstdError)
_MOST_UNPACKED = 500  # times its size, beyond `MAX_FILE`: what unpacks to more is no log


@dataclass(frozen=True)
class FeedPortion:
    """Rows of a feed that are judged together; with what is known of the file that they are of."""

    path: Path
    name: str
    rows: tuple[Row, ...]
    base_path: str | None = None
    grouping: Grouping = Grouping.FOUND
    format: str = lines.NAME

    def in_order(self) -> tuple[Row, ...]:
        """The rows in the order in which they began, where they tell it; so are their numbers, in each cassette."""
        rows, numbers = in_time(self.rows), dict[str, list[int]]()
        for row in self.rows:
            numbers.setdefault(row.label, []).append(row.exchange.number)
        following = {label: iter(sorted(found)) for label, found in numbers.items()}
        return tuple(
            replace(row, exchange=replace(row.exchange, number=number)) if number != row.exchange.number else row
            for row in rows
            for number in [next(following[row.label])]
        )


class Feed:
    """One file of JSON lines, or what is piped in, from the beginning on; with `follow` it may grow.

    `read` is how many bytes of the file were read, `size` how many it has, None where nobody knows. A followed one ends
    with what is there once `ended` is set; `pause` are the seconds between two looks at it.
    """

    def __init__(
        self,
        path: Path,
        source: BinaryIO,
        begun: bytes = b"",
        *,
        packed: BinaryIO | None = None,
        follow: bool = False,
        pause: float = LOOK,
    ) -> None:
        self.path = path
        self.ended = False
        self.rows = 0
        self.broken: list[str] = []
        self.broken_more = 0
        self.given_up = GivenUp()
        self._source, self._plain = source, packed or source
        self._begun, self.follow, self._pause = begun, follow, pause

    @property
    def size(self) -> int | None:
        """Bytes of the file."""
        if self.path == STANDARD_INPUT or self.follow:
            return None
        return self.path.stat().st_size

    @property
    def read(self) -> int:
        """Bytes of the file that were read."""
        with suppress(OSError, ValueError):
            return self._source.tell()
        return 0

    def close(self) -> None:
        """Close the file; what is piped in is not ours to close."""
        if self.path != STANDARD_INPUT:
            self._plain.close()
            self._source.close()

    def portions(
        self, contract: Contract, name: str, grouping: Grouping = Grouping.FOUND, base_path: str | None = None
    ) -> Generator[FeedPortion | None, None, None]:
        """The rows in portions, as they are ready to be judged; None wherever nothing more comes for a while."""
        window: Window[Row] = Window(contract, base_path)
        label, known = label_of(self.path), None
        self.given_up = window.given_up

        def made(found: Iterator[Portion[Row]]) -> Iterator[FeedPortion]:
            return (FeedPortion(self.path, name, rows_of(portion), base_path, grouping) for portion in found)

        for row in self.in_turn():
            if row is None:
                yield from made(window.settled())
                yield None
                continue
            own = row.label == label
            if own and row.exchange.date is not None:
                if known is not None and _is_apart(row.exchange.date, known):
                    yield from made(window.rest())
                known = row.exchange.date
            yield from made(window.add(row.exchange, row, None if own else row.label))
        yield from made(window.rest())

    def in_turn(self) -> Iterator[Row | None]:
        """The rows one by one; None wherever nothing more comes for a while."""
        label, number, last = label_of(self.path), 0, dict[str, int]()
        for line in self._lines():
            if line is None:
                yield None
                continue
            number += 1
            if not line.strip():
                continue
            if len(line) >= MAX_LINE:
                self._is_broken(f"line {number}: longer than {MAX_LINE // 2**20} MiB")
                continue
            stored = parsed(as_text(line))
            row = read_entry(lines, stored, number, place := f"line {number}", label)
            if isinstance(row, str):
                self._is_broken(row)
            else:
                self.rows += 1
                yield numbered(row, stored, last, place)

    def _is_broken(self, reason: str) -> None:
        if len(self.broken) < _BROKEN_KEPT:
            self.broken.append(one_line(reason, 240))
        else:
            self.broken_more += 1

    def _lines(self) -> Iterator[bytes | None]:
        """Each line, without what is too much of it; None where a followed file has no more for now."""
        begun, _, held = self._begun.rpartition(b"\n")
        self._begun, unpacked = b"", 0
        yield from begun.split(b"\n") if begun else ()
        while True:
            try:
                line = self._plain.readline(MAX_LINE)
            except _UNREADABLE as problem:
                self._is_broken(f"the file cannot be read any further: {problem}")
                return
            unpacked += len(line)
            if self._plain is not self._source and unpacked > MAX_FILE and unpacked > _MOST_UNPACKED * self.read:
                self._is_broken(f"unpacks to more than {_MOST_UNPACKED} times its size")
                return
            if line.endswith(b"\n"):
                yield held + line if held else line
                held = b""
            elif line:
                held = held[:MAX_LINE] + line  # a line that is being written, or one that is too long
            elif self.follow and not self.ended:
                yield None
                sleep(self._pause)
                if (other := self._other()) is None:
                    continue
                rest = self._source.read()  # what was written before the other took its place
                *whole, held = (held + rest).split(b"\n")
                yield from (one + b"\n" for one in (*whole, held) if one)
                held = b""
                self._source.close()
                self._source = self._plain = other
            else:
                if held:
                    yield held
                return

    def _other(self) -> BinaryIO | None:
        """The file that took the place of the followed one, which was replaced or cut; None where it is the same."""
        with suppress(OSError):  # it is being replaced
            other = self.path.open("rb")
            now = os.fstat(other.fileno())
            if now.st_size < self._source.tell() or not os.path.samestat(now, os.fstat(self._source.fileno())):
                return other
            other.close()
        return None


def rows_of(portion: Portion[Row]) -> tuple[Row, ...]:
    """The rows of a portion; they tell which are context of the others."""
    return tuple(replace(row, context=True) if context else row for row, context in portion.items)


def opened(path: Path, *, whole: bool = False, follow: bool = False) -> Feed | Recording:
    """A file as a recording that was read, or as a feed where it is long and has JSON lines.

    With `whole` it is read, with `follow` it is a feed, whatever its length. Raises `UnreadableRecording`.
    """
    if whole or not (path == STANDARD_INPUT or path.is_file()):
        return read(path)
    try:
        source: BinaryIO = sys.stdin.buffer if path == STANDARD_INPUT else path.open("rb")
        if follow:
            if path != STANDARD_INPUT and _is_other(source.read(WHOLE)):
                source.close()
                raise UnreadableRecording(path, "no JSON lines, which alone can be followed: judge it without --follow")
            if path != STANDARD_INPUT:
                source.seek(0)
            return Feed(path, source, follow=True)
        begun = source.read(WHOLE + 1)
        if not begun.startswith((GZIP, ZSTD)):
            if _is_feed(begun):
                return Feed(path, source, begun)
        elif path != STANDARD_INPUT:
            source.seek(0)
            packed = _packed(source, begun)
            with suppress(*_UNREADABLE):  # reading it whole tells what is wrong
                if _is_feed(packed.read(WHOLE + 1)):
                    source.seek(0)
                    return Feed(path, source, packed=_packed(source, begun))
            source.seek(len(begun))
        content = begun + source.read(MAX_FILE + 1 - len(begun))
        if path != STANDARD_INPUT:
            source.close()
    except OSError as problem:
        raise UnreadableRecording(path, problem.strerror or "cannot be opened") from None
    return read_bytes(content, path)


def _is_feed(begun: bytes) -> bool:
    """Whether content that begins so is JSON lines, and too long to be judged whole."""
    return len(begun) > WHOLE and not begun.startswith(_UTF16) and is_lines(as_text(begun.rpartition(b"\n")[0]))


def _is_other(begun: bytes) -> bool:
    """Whether content that begins so is no JSON lines, whatever comes; the last line may be under way."""
    whole, _, last = as_text(begun).strip("\r\n").rpartition("\n")
    if whole:
        return not is_lines(f"{whole}\n{last}")
    only = parsed(last)
    return bool(last) and not isinstance(only, Unread) and not lines.is_row(only)


def _packed(source: BinaryIO, begun: bytes) -> BinaryIO:
    if begun.startswith(GZIP):
        return gzip.open(source)  # type: ignore[return-value]  # it reads as a file does
    return zstd.open(source)  # type: ignore[return-value]


def _is_apart(one: datetime, other: datetime) -> bool:
    """Whether two exchanges that follow one another in a feed were not made in one sitting."""
    return (one.tzinfo is None) == (other.tzinfo is None) and abs(one - other) > EPISODE
