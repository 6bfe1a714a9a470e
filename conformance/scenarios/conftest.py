"""What every scenario gets: the driver."""

from __future__ import annotations

import pytest


@pytest.fixture
def api() -> None:
    """The driver; the plugin makes a fresh one for each attempt and passes it in this fixture's place."""
