"""The tests replay what was recorded (pytest-recording); each one's traffic is judged as well."""

from __future__ import annotations

import os

import pytest
from openai import OpenAI
from weather import ask, temperature

RECORDED = bool(os.environ.get("RECORD"))  # RECORD=1 pytest --record-mode=rewrite, against `serve --port 8000`


@pytest.fixture
def client() -> OpenAI:
    return OpenAI(base_url="http://127.0.0.1:8000/v1", api_key=os.environ.get("OPENAI_API_KEY", "sk-none"))


@pytest.fixture(scope="module")
def vcr_config() -> dict[str, object]:
    return {"filter_headers": ["authorization"], "decode_compressed_response": True}


@pytest.mark.vcr
def test_the_assistant_answers(client: OpenAI) -> None:
    assert ask(client, "How warm is it in Berlin?", poll_ms=500 if RECORDED else 1)


def test_an_unknown_city_is_told() -> None:
    assert temperature('{"city": "Atlantis"}') == "nothing is known of Atlantis"
