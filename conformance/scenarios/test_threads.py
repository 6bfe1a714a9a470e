"""Threads from creation to deletion."""

from __future__ import annotations

from conformance.scenarios.driver import Driver
from conformance.scenarios.material import user


def test_lifecycle(api: Driver) -> None:
    """Create with messages, read, modify, delete, and look for what is gone."""
    made = api.call("createThread", {"messages": [user("One"), user("Two")], "metadata": {"suite": "conformance"}})
    api.call("getThread", thread_id=made["id"])
    api.call("modifyThread", {"metadata": {"suite": "changed"}}, thread_id=made["id"])
    api.call("getThread", thread_id=made["id"])
    api.call("listMessages", thread_id=made["id"], query={"order": "asc"})
    api.call("deleteThread", thread_id=made["id"])
    api.send("getThread", thread_id=made["id"])
    api.send("listMessages", thread_id=made["id"])


def test_empty(api: Driver) -> None:
    """A thread made from nothing, and its empty list of messages."""
    made = api.call("createThread", {})
    api.call("listMessages", thread_id=made["id"])
    api.call("listRuns", thread_id=made["id"])
