"""Where the real recordings are, for tests that are skipped without them."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("CONFORMANCE_RECORDINGS", Path(__file__).resolve().parents[3] / "shared" / "recordings"))


def folder(name: str) -> Path:
    """A folder of the corpus; skips the test where it is not there."""
    if not (FOLDER / name).is_dir():
        pytest.skip(f"no recordings under {FOLDER}; name their folder in CONFORMANCE_RECORDINGS")
    return FOLDER / name
