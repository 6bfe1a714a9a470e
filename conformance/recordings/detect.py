"""Which format a file has, from what is in it."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Any

from conformance.recordings import azure_test_proxy, har, jsonl, ruby_vcr, vcrpy
from conformance.recordings.document import load_json, load_yaml
from conformance.recordings.fields import kind_of
from conformance.recordings.recording import Malformed, Row, Session

READERS = (vcrpy, ruby_vcr, azure_test_proxy, har)
NAMES = ", ".join([reader.NAME for reader in READERS] + [jsonl.NAME])

_HEAD = 64 * 1024
_SIGNS = (b'"method"', b"interactions:", b'"interactions"', b'"http_interactions"', b'"Entries"', b'"entries"')
_PACKED = ((b"\x1f\x8b", "gzip"), (b"PK\x03\x04", "zip"), (b"\x28\xb5\x2f\xfd", "zstd"), (b"BZh", "bzip2"))


def read_rows(content: bytes, label: str) -> tuple[str, tuple[Row, ...], Session | None]:
    """(format, rows, session) of a file's content; raises `Malformed` with the reason where it is no recording."""
    name, found, session = _open(as_text(content), label)
    rows = tuple(found)
    if not rows:
        raise Malformed(f"{name}, but it holds no exchange")
    return name, rows, session


def _open(content: bytes, label: str) -> tuple[str, Iterator[Row], Session | None]:
    start = len(content) - len(content.lstrip())
    if content[start : start + 1] not in (b"{", b"["):
        return _reader(load_yaml(content.decode()), "YAML", label)
    end = content.find(b"\n", start)
    first = content if end < 0 else content[start:end]
    more_lines = end >= 0 and not content[end:].isspace()
    try:
        first_line = load_json(first)
    except Malformed as problem:
        if more_lines and _was_meant_as_row(first):
            raise Malformed(f"line 1: {problem}") from None
        return _reader(load_json(content), "JSON", label)
    if jsonl.recognises(first_line):
        return jsonl.NAME, jsonl.rows(content, label), None
    if more_lines:
        raise Malformed(f"JSON lines, but no recording format we know: {_expected()}")
    return _reader(first_line, "JSON", label)


def _reader(document: Any, syntax: str, label: str) -> tuple[str, Iterator[Row], Session | None]:
    for reader in READERS:
        if reader.recognises(document):
            session = vcrpy.session(document) if reader is vcrpy else None
            return reader.NAME, reader.rows(document, label), session
    if isinstance(document, str | int | float | None):
        raise Malformed(f"{'plain text' if isinstance(document, str) else kind_of(document)}, {_expected()}")
    raise Malformed(f"{syntax}, but no recording format we know: {_expected()}")


def _expected() -> str:
    return f"expected one of {NAMES}"


def _was_meant_as_row(line: bytes) -> bool:
    return line.startswith(b"{") and b'"method"' in line and b'"url"' in line


def as_text(content: bytes) -> bytes:
    """The content without a byte order mark; raises `Malformed` where it is empty or no UTF-8 text."""
    for magic, packer in _PACKED:
        if content.startswith(magic):
            raise Malformed(f"packed with {packer}; unpack it first")
    if b"\0" in content:
        raise Malformed("a binary file")
    try:
        content.decode()
    except UnicodeDecodeError as problem:
        raise Malformed(f"not UTF-8 text (byte 0x{content[problem.start]:02x} at {problem.start})") from None
    text = content.removeprefix(codecs.BOM_UTF8)
    if not text or text.isspace():
        raise Malformed("empty file")
    return text


def resembles_recording(head: bytes) -> bool:
    """Whether the beginning of a file (64 KiB is enough) shows signs of a recording."""
    return b"\0" not in head and any(sign in head[:_HEAD] for sign in _SIGNS)
