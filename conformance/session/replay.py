"""The pytest plugin of a replay: each scenario is answered from its cassette by pytest-recording."""

import os
from typing import Any

import pytest

from conformance.scenarios.registry import scenario_name


@pytest.hookimpl(optionalhook=True)
def pytest_recording_configure(config: pytest.Config, vcr: Any) -> None:
    """Let vcrpy find cassettes that are packed, and compare bodies quickly."""
    from conformance.recordings.persister import EXACT_BODY, Cassettes, exact_body

    vcr.register_persister(Cassettes)
    vcr.register_matcher(EXACT_BODY, exact_body)


@pytest.fixture(scope="module")
def vcr_config() -> dict[str, Any]:
    """Match without scheme, host and port: a cassette replays whatever the endpoint was called."""
    return {"match_on": ["method", "path", "query", "exact_body"], "record_mode": "none"}


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """One folder of cassettes per area."""
    return os.path.join(request.config.getoption("--conformance-replay") or "", request.path.stem)


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest) -> str:
    """One cassette per scenario."""
    name = scenario_name(request.node.path, request.node.name)
    assert name is not None
    return name.partition(".")[2]
