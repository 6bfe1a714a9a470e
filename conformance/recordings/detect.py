"""Which format a file has, from what is in it, and what can be read of it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import Any

from conformance.bounded_yaml import Unread
from conformance.recordings import encodings
from conformance.recordings.document import NOT_UTF8, as_text, load_json, load_yaml, one_line, salvage_json
from conformance.recordings.fields import kind_of, mapping
from conformance.recordings.formats import (
    Reader,
    azure_test_proxy,
    bare,
    har,
    lines,
    mitmproxy,
    nock,
    playwright,
    vcr,
    vcrpy,
    wiremock,
)
from conformance.recordings.recording import Malformed, Row, Session, size

READERS: tuple[Reader, ...] = (
    vcr.GO,
    vcrpy,
    vcr.RUBY,
    azure_test_proxy,
    har,
    nock,
    vcr.ELIXIR,
    vcr.OLD_VCRPY,
    vcr.PHP,
    wiremock.JOURNAL,
    wiremock.MAPPINGS,
    lines,
    bare.BODY,
)
"""The formats of a parsed document; the first that recognises one reads it."""

TIMED = (har, lines, wiremock.JOURNAL, mitmproxy)
"""The formats that may tell when each request began; their readers then give `started` as nought."""

MAX_CONTENT = 1024 * 1024 * 1024
"""Bytes that the bodies of one file may come to."""

_HEAD = 64 * 1024
_SIGNS = re.compile(
    rb'"method"|"?(?:http_)?interactions"?:|"[Ee]ntries"|"rawHeaders"|"scope"|^\s*event: ?thread\.', re.M
)
_LINES_LOOKED_AT = 100
_LINE = "line "

_LOOKS = (
    (b"BZh", "packed with bzip2: unpack it first"),
    (b"\xfd7zXZ\x00", "packed with xz: unpack it first"),
    (b"SQLite format 3\x00", "an SQLite database: export its exchanges as JSON lines"),
    (b"PAR1", "a Parquet file: export its rows as JSON lines"),
    (b"\xd4\xc3\xb2\xa1", "a capture of packets: record with a proxy that sees inside TLS, and export HAR"),
    (b"\x0a\x0d\x0d\x0a", "a capture of packets: record with a proxy that sees inside TLS, and export HAR"),
    (b"%PDF", "a PDF"),
)
_HOW = "docs/recordings.md lists what is read"


@dataclass
class Found:
    """What was read of a file: format, rows, what could not be read (with its place), and what our cassettes keep."""

    format: str
    rows: tuple[Row, ...] = ()
    broken: list[str] = field(default_factory=list)
    session: Session | None = None


def read_rows(content: bytes, label: str) -> Found:
    """What can be read of a file's content; raises `Malformed` with the reason where it is no recording."""
    content = encodings.unpacked(content)
    if mitmproxy.recognises(content):
        return _read(mitmproxy, mitmproxy.entries(content), label)
    if content.startswith(playwright.MAGIC):
        return _read_document(playwright.document(content), "JSON", label, None)
    text = _text(content)
    try:
        return _read_text(text, label)
    except Malformed:
        if NOT_UTF8 in text:
            at = text.index(NOT_UTF8)
            raise Malformed(f"not UTF-8 text (from line {text.count(chr(10), 0, at) + 1} on)") from None
        raise


def _text(content: bytes) -> str:
    for magic, looks in _LOOKS:
        if content.startswith(magic):
            raise Malformed(f"looks like {looks}")
    text = as_text(content)
    if "\0" in text[:_HEAD]:
        raise Malformed("a binary file")
    if not text or text.isspace():
        raise Malformed("empty file")
    return text


def _read_text(text: str, label: str) -> Found:
    if bare.is_stream(text):
        return Found(bare.STREAM, (bare.stream_row(text, label),))
    if is_lines(text):
        return _read(lines, _lines(text), label)
    if text.lstrip()[:1] not in ("{", "["):
        document, rest = load_yaml(text)
        return _read_document(document, "YAML", label, rest)
    try:
        document, rest = load_json(text), None
    except Malformed as problem:
        document, rest = salvage_json(text), str(problem)
        if document is None:
            raise
    return _read_document(document, "JSON", label, rest)


def is_lines(text: str) -> bool:
    """Whether a text has an exchange a line: more than one line, and an exchange in one of the first."""
    stripped = text.strip()
    if "\n" not in stripped:
        return False
    head = islice(
        (line for line in stripped.split("\n", _LINES_LOOKED_AT) if line.lstrip()[:1] == "{"), _LINES_LOOKED_AT
    )
    return any(lines.is_row(parsed(line)) for line in head)


def parsed(line: str) -> Any:
    """The value of a line, `Unread` where it is broken."""
    try:
        return load_json(line)
    except Malformed as problem:
        return Unread(str(problem))


def _lines(text: str) -> Iterator[tuple[str, Any]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"{_LINE}{number}", parsed(line)


def _read_document(document: Any, syntax: str, label: str, rest: str | None) -> Found:
    for reader in READERS:
        if reader.recognises(document):
            found = _read(reader, reader.entries(document), label)
            if reader is vcrpy:
                found.session = vcrpy.session(document)
            if rest is not None:
                found.broken.append(rest)
            return found if found.session is None else replace(found, rows=_as_numbered(found.rows))
    if rest is not None:
        raise Malformed(rest)
    raise Malformed(_refusal(document, syntax))


def _refusal(document: Any, syntax: str) -> str:
    if not isinstance(document, dict | list):
        return f"{'plain text' if isinstance(document, str) else kind_of(document)}, not a recording: {_HOW}"
    names = set(document) if isinstance(document, dict) else set()
    if {"openapi", "paths"} <= names:
        return "looks like an OpenAPI document, not a recording: see assistants-conformance spec"
    if {"info", "item"} <= names:
        return "looks like a Postman collection, which keeps no answers: run it through a proxy and record that"
    if "error" in names:
        return "looks like the body of an error without its request, of which nothing can be judged"
    return f"{syntax}, but no recording format we know: {_HOW}"


def _read(reader: Reader, entries: Iterable[tuple[str, Any]], label: str) -> Found:
    """The rows of entries in file order; one that is broken costs itself."""
    rows: list[Row] = []
    broken: list[str] = []
    last: dict[str, int] = {}
    total = 0
    try:
        for place, stored in entries:
            row = read_entry(reader, stored, len(rows) + len(broken) + 1, place, label)
            if isinstance(row, str):
                broken.append(row)
                continue
            total += size(row)
            if total > MAX_CONTENT:
                broken.append(f"{place}: the bodies of the file come to more than {MAX_CONTENT // 2**20} MiB")
                break
            rows.append(numbered(row, stored, last, place) if reader is lines else row)
    except Malformed as problem:
        if not rows:
            raise
        broken.append(str(problem))
    ordered = in_time(rows) if reader in TIMED else tuple(rows)
    return Found(reader.NAME, ordered, [one_line(reason, 240) for reason in broken])


def read_entry(reader: Reader, stored: Any, number: int, place: str, label: str) -> Row | str:
    """The row of one entry, or why it cannot be read, with its place."""
    if isinstance(stored, Unread):
        return f"{place}: {stored.reason}"
    try:
        return reader.row(stored if reader is mitmproxy else mapping(stored, place), number, place, label)
    except (Malformed, RecursionError) as problem:
        return str(problem) if str(problem).startswith(place) else f"{place}: {problem}"


def numbered(row: Row, stored: dict[Any, Any], last: dict[str, int], place: str) -> Row:
    """The row with its number within its own cassette, unless it was `stored` with one, and the line of its place."""
    line = place.removeprefix(_LINE)
    row = replace(row, line=int(line)) if line.isdigit() else row
    if "number" in stored:
        return row
    told = row.exchange.number if "source" in stored else 0
    number = max(told, last.get(row.label, 0) + 1)
    last[row.label] = number
    return row if number == row.exchange.number else replace(row, exchange=replace(row.exchange, number=number))


def _as_numbered(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """The rows of a cassette of ours in the order of their numbers: they stand there as they ended."""
    return tuple(sorted(rows, key=lambda row: row.exchange.number))


def in_time(rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows in the order in which their requests began, with seconds since the first, where each tells when.

    A reader gives `started` as nought and `ended` as the seconds it took, where `date` is when the request began.
    """
    if any(row.exchange.started is None for row in rows):
        return tuple(replace(row, exchange=replace(row.exchange, started=None, ended=None)) for row in rows)
    if not rows:
        return ()
    first = min(map(_began, rows))
    found = []
    for row in sorted(rows, key=lambda row: (_began(row), row.exchange.number)):
        started = (_began(row) - first).total_seconds()
        took = row.exchange.ended
        ended = None if took is None else round(started + took, 6)  # as exact as the moments are told
        found.append(replace(row, exchange=replace(row.exchange, started=started, ended=ended)))
    return tuple(found)


def _began(row: Row) -> datetime:
    """When the request of a row that tells it began."""
    assert row.exchange.date is not None
    return row.exchange.date


def resembles_recording(head: bytes) -> bool:
    """Whether the beginning of a file (64 KiB is enough) shows signs of a recording."""
    if mitmproxy.recognises(head):
        return True
    return b"\0" not in head and _SIGNS.search(head[:_HEAD]) is not None
