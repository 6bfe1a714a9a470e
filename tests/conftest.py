"""No test depends on whose machine it runs on: files of the user, keys, proxies and the network are out of reach."""

import os
from collections.abc import Iterator

import pytest

FOLDERS = {
    "HOME": "home",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_STATE_HOME": "home/.local/state",
}
OFFLINE = {"PIP_NO_INDEX": "1", "npm_config_offline": "true", "UV_OFFLINE": "1"}
OF_THE_USER = ("_API_KEY", "_proxy", "_PROXY", "_BASE_URL")
OF_CI = ("GITHUB_", "RUNNER_")
LOOPBACK = ["127.0.0.1", "::1", "localhost"]


@pytest.fixture(scope="session", autouse=True)
def nobodys_machine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give this process, and all that it starts, a home of their own; no package registry is asked."""
    with pytest.MonkeyPatch.context() as patch:
        root = tmp_path_factory.mktemp("user")
        for name, folder in FOLDERS.items():
            (root / folder).mkdir(parents=True, exist_ok=True)
            patch.setenv(name, str(root / folder))
        for name in os.environ:
            if name.endswith(OF_THE_USER) or name.startswith(OF_CI):
                patch.delenv(name)
        if "network" not in request.config.option.markexpr.replace("not network", ""):
            for name, value in OFFLINE.items():
                patch.setenv(name, value)
        yield
