"""examples/node: an application with the Node SDK, judged through the proxy and from nock's recordings."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.reference.server import ReferenceServer
from tests.cli.command import CHECKOUT, command
from tests.cli.test_proxying import proxied
from tests.limits import HANG

pytestmark = [pytest.mark.network, pytest.mark.skipif(shutil.which("npm") is None, reason="Node and npm are not here")]


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its packages."""
    folder = tmp_path_factory.mktemp("node") / "application"
    shutil.copytree(CHECKOUT / "examples/node", folder, ignore=shutil.ignore_patterns("node_modules"))
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True, timeout=HANG
    )
    if done.returncode:
        pytest.skip(f"npm cannot install: {done.stderr[-300:]}")
    return folder


@pytest.fixture
def upstream() -> Iterator[str]:
    with ReferenceServer() as server:
        yield server.url


def node(folder: Path, url: str, *words: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    env |= {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "sk-test-abcdefghijklmnopqrstuvwxyz0123456789"}
    return subprocess.run(["node", *words], cwd=folder, env=env, capture_output=True, text=True, timeout=HANG)


def said(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_through_the_proxy(application: Path, upstream: str, tmp_path: Path) -> None:
    with proxied(upstream, tmp_path) as proxy:
        told = said(node(application, proxy.url, "session.mjs"))
        code, out, _ = proxy.end()
    assert told["statuses"] == ["completed", "completed"]
    assert told["text"].startswith("Of course")
    assert code == 0, out
    verdicts = {row["requirement"]: row["verdict"] for row in proxy.report["results"]}
    assert verdicts["STREAM-ORDER-01"] == "pass"


def test_what_it_makes_of_a_broken_endpoint(application: Path, upstream: str, tmp_path: Path) -> None:
    """An object in a stream lacks a member: the SDK goes on, the report tells."""
    with proxied(upstream, tmp_path, "--fault", "schemas.streamed_run_without_tools") as proxy:
        said(node(application, proxy.url, "session.mjs"))
        code, out, _ = proxy.end()
    assert code == 1, out
    assert [row["requirement"] for row in proxy.report["results"] if row["verdict"] == "fail"] == ["SCHEMA-RunObject"]


def test_from_its_own_recordings(application: Path, upstream: str, tmp_path: Path) -> None:
    recorded = tmp_path / "recorded.json"
    told = said(node(application, upstream, "record.mjs", str(recorded)))
    assert told["statuses"] == ["completed", "completed"]
    assert "sk-test" not in recorded.read_text()
    audit = command(tmp_path, "audit", "recorded.json")
    assert audit.code == 0, audit.out
    verdicts = audit.verdicts()
    assert list(verdicts.values()).count("pass") > 100
    assert verdicts["STREAM-ORDER-01"] == "pass"
