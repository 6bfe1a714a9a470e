"""Real SDKs, old and new, drive the reference endpoint without noticing that it is not the vendor's own."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.issues.environments import NoEnvironment, environment
from conformance.issues.sdk import Language, Sdk
from conformance.reference.server import ReferenceServer
from tests.limits import HANG

pytestmark = pytest.mark.network

PROGRAMS = Path(__file__).parent / "programs"
SDKS = [Sdk.parse(text) for text in ("python==3.52.0", "python==1.30.5", "node==7.55.0", "node==4.58.2")]
ANSWER = "Of course, here is a short answer: "


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer() as running:
        yield running


@pytest.fixture(scope="module", params=SDKS, ids=str)
def told(request: pytest.FixtureRequest, server: ReferenceServer) -> dict[str, Any]:
    """What the SDK's own program tells of one session."""
    sdk: Sdk = request.param
    surroundings = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    try:
        command = session(sdk, server.url)
    except NoEnvironment as problem:
        pytest.skip(f"{sdk} cannot be installed: {problem}")
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, check=False, env=surroundings)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["version"] == sdk.version
    return told


def session(sdk: Sdk, url: str) -> list[str]:
    """The command that drives the endpoint at `url` with an SDK."""
    place = environment(sdk)
    if sdk.language is Language.PYTHON:
        return [place.program, str(PROGRAMS / "session.py"), url]
    return [place.program, str(PROGRAMS / "session.mjs"), str(place.folder), url]


def test_create_and_poll(told: dict[str, Any]) -> None:
    assert told["poll"]["status"] == "completed"
    assert told["poll"]["text"].startswith(ANSWER)


def test_stream(told: dict[str, Any]) -> None:
    stream = told["stream"]
    assert stream["status"] == "completed"
    assert len(stream["pieces"]) > 5
    assert "".join(stream["pieces"]) == stream["text"]


def test_function_call_and_poll(told: dict[str, Any]) -> None:
    called = told["function_poll"]
    assert (called["waiting"], called["status"]) == ("requires_action", "completed")
    assert called["text"].endswith(": 22")


def test_function_call_in_streams(told: dict[str, Any]) -> None:
    called = told["function_stream"]
    assert (called["waiting"], called["status"]) == ("requires_action", "completed")
    assert json.loads(called["arguments"]) == {"city": "city"}
    assert "".join(called["pieces"]) == called["text"]
    assert called["text"].endswith(": 22")


def test_pages(told: dict[str, Any]) -> None:
    assert told["pages"] == [str(number) for number in range(25)]


def test_errors(told: dict[str, Any]) -> None:
    unknown, invalid = told["errors"]["unknown"], told["errors"]["invalid"]
    assert (unknown["class"], unknown["status"]) == ("NotFoundError", 404)
    assert (invalid["class"], invalid["status"], invalid["param"]) == ("BadRequestError", 400, "name")
