"""A reference endpoint for each module of tests, and two ways to talk to it: raw HTTP and the official SDK."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest

from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.limits import HANG

HEADERS = {"Authorization": "Bearer test-key", "OpenAI-Beta": "assistants=v2"}


@pytest.fixture(scope="module")
def server() -> Iterator[ReferenceServer]:
    with ReferenceServer(Settings(pace=0.002, control=True)) as running:
        yield running


@pytest.fixture(scope="module")
def http(server: ReferenceServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=HEADERS, timeout=HANG, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def sdk(server: ReferenceServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key="test-key", base_url=server.url, max_retries=0) as client:
        yield client


@pytest.fixture
def new(http: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Create an object and return it: `new("threads", metadata={})`."""

    def create(path: str, **body: Any) -> dict[str, Any]:
        response = http.post(f"/{path}", json=body)
        assert response.status_code == 200, response.text
        created: dict[str, Any] = response.json()
        return created

    return create
