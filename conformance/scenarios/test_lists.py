"""Walks over lists."""

from __future__ import annotations

from conformance.scenarios.driver import Driver


def test_messages(api: Driver) -> None:
    """Five messages, two a page, from both ends."""
    thread_id = api.call("createThread", {})["id"]
    for number in range(5):
        api.call("createMessage", {"role": "user", "content": f"Message {number}"}, thread_id=thread_id)
    api.walk("listMessages", thread_id=thread_id, query={"limit": 2, "order": "asc"})
    newest = api.walk("listMessages", thread_id=thread_id, query={"limit": 2})
    if newest:
        api.call("listMessages", thread_id=thread_id, query={"limit": 2, "before": newest[-1]["id"], "order": "asc"})
