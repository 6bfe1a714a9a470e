"""The fixture that every scenario asks for."""

from __future__ import annotations

import pytest


@pytest.fixture
def api() -> None:
    """The driver; the plugin makes a fresh one for each attempt and passes it instead."""
