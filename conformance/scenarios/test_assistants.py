"""Assistants from creation to deletion."""

from __future__ import annotations

from conformance.scenarios.driver import Driver
from conformance.scenarios.material import WEATHER


def test_lifecycle(api: Driver) -> None:
    """Create, read, modify, list, delete, and look for what is gone."""
    made = api.call(
        "createAssistant",
        {
            "model": api.model,
            "name": "Wetterfee 🌦",
            "description": "Answers questions on the weather.",
            "instructions": "Be brief.",
            "tools": [WEATHER],
            "metadata": {"suite": "conformance"},
        },
    )
    api.call("getAssistant", assistant_id=made["id"])
    api.call("modifyAssistant", {"name": "Wetterfrosch", "metadata": {"seen": "twice"}}, assistant_id=made["id"])
    api.call("getAssistant", assistant_id=made["id"])
    api.send("listAssistants", query={"limit": 2})
    api.call("deleteAssistant", assistant_id=made["id"])
    api.send("getAssistant", assistant_id=made["id"])


def test_defaults(api: Driver) -> None:
    """An assistant made from nothing but a model shows what the rest defaults to."""
    made = api.call("createAssistant", {"model": api.model})
    api.call("getAssistant", assistant_id=made["id"])
