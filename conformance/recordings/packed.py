"""Cassettes with long bodies are kept packed with gzip, beside the others: `long_text.yaml.gz`."""

import gzip
from pathlib import Path

SUFFIX = ".gz"
WORTH_PACKING = 64 * 1024
"""Bytes above which a cassette is packed; shorter ones stay readable as they are."""


def packed_twin(path: Path) -> Path:
    """Where a cassette stands once it is packed."""
    return path.with_name(path.name + SUFFIX)


def pack(content: bytes) -> bytes:
    """The content packed; the same content always gives the same bytes."""
    return gzip.compress(content, mtime=0)
