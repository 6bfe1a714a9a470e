"""Requests without the headers that the API insists on."""

from __future__ import annotations

from conformance.scenarios.driver import Driver

NO_KEY = {"Authorization": None, "api-key": None}


def test_beta(api: Driver) -> None:
    """No beta header, and the closed v1."""
    api.request("GET", "/assistants", query={"limit": 1}, headers={"OpenAI-Beta": None})
    api.request("GET", "/assistants", query={"limit": 1}, headers={"OpenAI-Beta": "assistants=v1"})


def test_key(api: Driver) -> None:
    """No API key."""
    exchange = api.request("GET", "/assistants", query={"limit": 1}, headers=NO_KEY)
    if exchange.response is not None:
        status = exchange.response.status
        api.expect("HDR-KEY-01", exchange, "status 401", None if status == 401 else f"status {status}")
