"""Messages that a user writes."""

from __future__ import annotations

from conformance.scenarios.driver import Driver
from conformance.scenarios.material import GREETING


def test_lifecycle(api: Driver) -> None:
    """Create, read, modify, list, delete, and look for what is gone."""
    thread_id = api.call("createThread", {})["id"]
    made = api.call(
        "createMessage",
        {"role": "user", "content": GREETING, "metadata": {"suite": "conformance"}},
        thread_id=thread_id,
    )
    where = {"thread_id": thread_id, "message_id": made["id"]}
    api.call("getMessage", **where)
    api.call("modifyMessage", {"metadata": {"suite": "changed"}}, **where)
    api.call("getMessage", **where)
    api.call("createMessage", {"role": "assistant", "content": "Noted."}, thread_id=thread_id)
    api.call("listMessages", thread_id=thread_id)
    api.call("deleteMessage", **where)
    api.send("getMessage", **where)


def test_content_parts(api: Driver) -> None:
    """Content as a list of parts: two texts, in order."""
    thread_id = api.call("createThread", {})["id"]
    parts = [{"type": "text", "text": "First part. "}, {"type": "text", "text": "Zweiter Teil – 第二部分."}]
    made = api.call("createMessage", {"role": "user", "content": parts}, thread_id=thread_id)
    api.call("getMessage", thread_id=thread_id, message_id=made["id"])
