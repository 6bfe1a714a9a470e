"""Which pytest items are scenarios, and their names."""

from __future__ import annotations

from pathlib import Path

import pytest

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def scenario_name(item: pytest.Item) -> str | None:
    """`area.name` of a scenario item, None for any other test."""
    if not item.path.is_relative_to(SCENARIOS) or not item.path.name.startswith("test_"):
        return None
    return f"{area_of(item.path)}.{item.name.removeprefix('test_')}"


def area_of(path: Path) -> str:
    """The area that a scenario module is named after."""
    return path.stem.removeprefix("test_")
