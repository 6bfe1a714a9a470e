"""Requests that must be refused, and how."""

from __future__ import annotations

from conformance.scenarios.driver import Driver
from conformance.scenarios.material import user


def test_unknown_ids(api: Driver) -> None:
    """Well-formed ids of objects that never were."""
    ids = {
        "assistant_id": "asst_000000000000000000000000",
        "thread_id": "thread_000000000000000000000000",
        "run_id": "run_000000000000000000000000",
        "message_id": "msg_000000000000000000000000",
    }
    api.send("getAssistant", assistant_id=ids["assistant_id"])
    api.send("deleteAssistant", assistant_id=ids["assistant_id"])
    api.send("getThread", thread_id=ids["thread_id"])
    api.send("createMessage", user(), thread_id=ids["thread_id"])
    thread_id = api.call("createThread", {})["id"]
    api.send("getMessage", thread_id=thread_id, message_id=ids["message_id"])
    api.send("getRun", thread_id=thread_id, run_id=ids["run_id"])
    api.send("createRun", {"assistant_id": ids["assistant_id"]}, thread_id=thread_id)


def test_broken_requests(api: Driver) -> None:
    """A body that is not JSON, one without a required field, one with a wrong type, and a path that is not there."""
    api.request("POST", "/assistants", content=b'{"model": ')
    api.send("createAssistant", {"name": "no model"})
    api.send("createAssistant", {"model": api.model, "metadata": {"flag": True}})
    api.request("GET", "/assistants_of_yore")
