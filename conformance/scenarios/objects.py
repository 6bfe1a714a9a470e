"""Assistants and threads from creation to deletion."""

from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import WEATHER, user


def test_assistant_lifecycle(api: Driver) -> None:
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


def test_thread_lifecycle(api: Driver) -> None:
    """Create with messages, read, modify, delete, and look for what is gone."""
    made = api.call("createThread", {"messages": [user("One"), user("Two")], "metadata": {"suite": "conformance"}})
    api.call("getThread", thread_id=made["id"])
    api.call("modifyThread", {"metadata": {"suite": "changed"}}, thread_id=made["id"])
    api.call("getThread", thread_id=made["id"])
    api.call("listMessages", thread_id=made["id"], query={"order": "asc"})
    api.call("deleteThread", thread_id=made["id"])
    api.send("getThread", thread_id=made["id"])
    api.send("listMessages", thread_id=made["id"])


def test_empty_thread(api: Driver) -> None:
    """A thread made from nothing, and its empty lists."""
    made = api.call("createThread", {})
    api.call("listMessages", thread_id=made["id"])
    api.call("listRuns", thread_id=made["id"])


def test_thread_without_body(api: Driver) -> None:
    """A thread made by a request without any body, and by one with nulls."""
    api.call("createThread")
    api.send("createThread", {"metadata": None, "tool_resources": None})
