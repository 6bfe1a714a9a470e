"""How pytest finds the scenarios, the fixture that each asks for, and what happens where nobody drives them."""

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

from conformance.scenarios import registry

DRIVING_PLUGIN = "conformance.session.plugin"
UNDRIVEN = "no --conformance-target URL and no --conformance-replay DIR"


@pytest.fixture
def api() -> None:
    """The driver; the plugin makes a fresh one for each attempt and passes it instead."""


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Collect the area modules, which are not named as pytest's default pattern wants test modules to be."""
    if not registry.is_area_module(file_path) or parent.session.isinitpath(file_path):
        return None  # a file that was named on the command line is collected by pytest itself
    if any(fnmatch(file_path.name, pattern) for pattern in parent.config.getini("python_files")):
        return None
    module: pytest.Module = pytest.Module.from_parent(parent, path=file_path)
    return module


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip the scenarios where no plugin drives them."""
    if not config.pluginmanager.has_plugin(DRIVING_PLUGIN):
        for item in items:
            if registry.scenario_name(item.path, item.name):
                item.add_marker(pytest.mark.skip(reason=UNDRIVEN))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say why nothing was driven."""
    if not config.pluginmanager.has_plugin(DRIVING_PLUGIN):
        terminalreporter.write_line(f"the scenarios were skipped: {UNDRIVEN}")
