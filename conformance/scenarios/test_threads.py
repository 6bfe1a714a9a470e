"""Threads from creation to deletion."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import user


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
    """A thread made from nothing, and its empty lists."""
    made = api.call("createThread", {})
    api.call("listMessages", thread_id=made["id"])
    api.call("listRuns", thread_id=made["id"])


def test_without_body(api: Driver) -> None:
    """A thread made by a request without any body, and by one with nulls."""
    api.call("createThread")
    api.send("createThread", {"metadata": None, "tool_resources": None})


def test_first_messages(api: Driver) -> None:
    """Messages of both roles, with metadata and in parts, stand in the thread as they were given."""
    parts = [{"type": "text", "text": "Three, "}, {"type": "text", "text": "in two parts"}]
    first = [
        user("One"),
        {"role": "assistant", "content": "Two", "metadata": {"number": "2"}},
        {"role": "user", "content": parts},
    ]
    made = api.call("createThread", {"messages": first})
    api.call("listMessages", thread_id=made["id"], query={"order": "asc"})


def test_modification(api: Driver) -> None:
    """Only metadata and tool resources of a thread can be changed."""
    made = api.call("createThread", {"metadata": {"suite": "conformance"}})
    changes: list[dict[str, Any]] = [{}, {"tool_resources": {}}, {"messages": [user()]}, {"id": "x"}, {"created_at": 0}]
    for change in changes:
        api.send("modifyThread", change, thread_id=made["id"])
    api.call("getThread", thread_id=made["id"])
