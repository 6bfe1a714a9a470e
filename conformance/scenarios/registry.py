"""Which scenarios there are: `area.scenario`, read from the source of the area modules.

A scenario is a function `test_<scenario>` in `scenarios/<area>.py`. This module is the one place that knows so. Reading
the source imports nothing, and a scenario is known as soon as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.scenarios.kit.driver import Driver

FOLDER = Path(__file__).parent
PREFIX = "test_"


@cache
def registry() -> tuple[str, ...]:
    """The names of all scenarios, in order of name."""
    return tuple(sorted(name for path in FOLDER.glob("*.py") for name in _scenarios_in(path)))


def areas() -> frozenset[str]:
    """The areas that have a scenario."""
    return frozenset(map(area_of, registry()))


def area_of(scenario: str) -> str:
    """The area of a scenario."""
    return scenario.partition(".")[0]


def scenario_name(path: Path, function: str) -> str | None:
    """The scenario that a function of this name in this file is; None for any other test."""
    if path.parent != FOLDER or not function.startswith(PREFIX):
        return None
    return f"{path.stem}.{function.removeprefix(PREFIX)}"


def is_area_module(path: Path) -> bool:
    """Whether a file holds scenarios."""
    return path.parent == FOLDER and path.suffix == ".py" and path.stem in areas()


def load(scenario: str) -> Callable[[Driver], None]:
    """The function of a scenario; raises `KeyError` where there is none of this name."""
    if scenario not in registry():
        raise KeyError(scenario)
    area, _, name = scenario.partition(".")
    function: Callable[[Driver], None] = getattr(import_module(f"{__package__}.{area}"), PREFIX + name)
    return function


def _scenarios_in(path: Path) -> list[str]:
    functions = re.findall(rf"^def ({PREFIX}\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [name for function in functions if (name := scenario_name(path, function))]
