"""Cassettes with long bodies are kept packed with gzip, beside the others: `long_text.yaml.gz`."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from conformance.recordings.recording import Malformed

SUFFIX = ".gz"
WORTH_PACKING = 64 * 1024
"""Bytes above which a cassette is packed; shorter ones stay readable as they are."""
MOST_UNPACKED = 256 * 2**20
"""Bytes that a packed file may unpack to."""


def packed_twin(path: Path) -> Path:
    """Where a cassette stands once it is packed."""
    return path.with_name(path.name + SUFFIX)


def is_packed(path: Path) -> bool:
    """Whether a file is packed, by its name."""
    return path.suffix.lower() == SUFFIX


def pack(content: bytes) -> bytes:
    """The content packed; the same content always gives the same bytes."""
    return gzip.compress(content, mtime=0)


def unpack(content: bytes) -> bytes:
    """The content of a packed file, at most `MOST_UNPACKED` bytes; raises `Malformed`."""
    packer = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        found = packer.decompress(content, MOST_UNPACKED)
    except zlib.error:
        raise Malformed("named as packed with gzip, but it is not") from None
    if packer.unconsumed_tail:
        raise Malformed(f"unpacks to more than {MOST_UNPACKED // 2**20} MiB")
    if not packer.eof:
        raise Malformed("packed with gzip, and broken off")
    return found
