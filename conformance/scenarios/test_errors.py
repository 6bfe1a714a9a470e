"""Requests that must be refused, and how."""

from __future__ import annotations

from conformance.scenarios.driver import Driver
from conformance.scenarios.material import assistant, ended_run, place, thread, user

ASSISTANT = "asst_000000000000000000000000"
THREAD = "thread_000000000000000000000000"
MESSAGE = "msg_000000000000000000000000"
RUN = "run_000000000000000000000000"
STEP = "step_000000000000000000000000"


def test_unknown_ids(api: Driver) -> None:
    """Well-formed ids of objects that never were."""
    api.send("getAssistant", assistant_id=ASSISTANT)
    api.send("deleteAssistant", assistant_id=ASSISTANT)
    api.send("getThread", thread_id=THREAD)
    api.send("createMessage", user(), thread_id=THREAD)
    thread_id = api.call("createThread", {})["id"]
    api.send("getMessage", thread_id=thread_id, message_id=MESSAGE)
    api.send("getRun", thread_id=thread_id, run_id=RUN)
    api.send("createRun", {"assistant_id": ASSISTANT}, thread_id=thread_id)


def test_unknown_everywhere(api: Driver) -> None:
    """The same ids in every other operation that takes one."""
    made, thread_id = assistant(api), thread(api)["id"]
    api.send("modifyAssistant", {"name": "x"}, assistant_id=ASSISTANT)
    api.send("modifyThread", {"metadata": {}}, thread_id=THREAD)
    api.send("deleteThread", thread_id=THREAD)
    api.send("listMessages", thread_id=THREAD)
    api.send("listRuns", thread_id=THREAD)
    api.send("createRun", {"assistant_id": made["id"]}, thread_id=THREAD)
    api.send("createThreadAndRun", {"assistant_id": ASSISTANT})
    api.send("modifyMessage", {"metadata": {}}, thread_id=thread_id, message_id=MESSAGE)
    api.send("deleteMessage", thread_id=thread_id, message_id=MESSAGE)
    api.send("modifyRun", {"metadata": {}}, thread_id=thread_id, run_id=RUN)
    api.send("cancelRun", thread_id=thread_id, run_id=RUN)
    api.send("submitToolOuputsToRun", {"tool_outputs": []}, thread_id=thread_id, run_id=RUN)
    api.send("listRunSteps", thread_id=thread_id, run_id=RUN)
    api.send("getRunStep", thread_id=thread_id, run_id=RUN, step_id=STEP)


def test_foreign_ids(api: Driver) -> None:
    """A message, a run and a step are not found under somebody else's thread or run."""
    run, other = ended_run(api), ended_run(api)
    message = api.page("listMessages", thread_id=run["thread_id"])[:1]
    step = api.page("listRunSteps", **place(run))[:1]
    for found in message:
        for operation in ("getMessage", "deleteMessage"):
            api.send(operation, thread_id=other["thread_id"], message_id=found["id"])
        api.call("getMessage", thread_id=run["thread_id"], message_id=found["id"])
    api.send("getRun", thread_id=other["thread_id"], run_id=run["id"])
    api.send("modifyRun", {"metadata": {}}, thread_id=other["thread_id"], run_id=run["id"])
    api.send("cancelRun", thread_id=other["thread_id"], run_id=run["id"])
    api.send("listRunSteps", thread_id=other["thread_id"], run_id=run["id"])
    for found in step:
        api.send("getRunStep", step_id=found["id"], **place(other))


def test_wrong_prefixes(api: Driver) -> None:
    """Ids of the wrong kind, and words that are no ids."""
    thread_id = thread(api)["id"]
    for wrong in (THREAD, "x", "0", "asst", "%2e%2e", "née"):
        api.send("getAssistant", assistant_id=wrong)
    for wrong in (ASSISTANT, "x"):
        api.send("getThread", thread_id=wrong)
        api.send("getMessage", thread_id=thread_id, message_id=wrong)
        api.send("getRun", thread_id=thread_id, run_id=wrong)
    for wrong in (THREAD, "x", ""):
        api.send("createRun", {"assistant_id": wrong}, thread_id=thread_id)


def test_broken_requests(api: Driver) -> None:
    """A body that is not JSON, one without a required field, one with a wrong type, and a path that is not there."""
    api.request("POST", "/assistants", content=b'{"model": ')
    api.send("createAssistant", {"name": "no model"})
    api.send("createAssistant", {"model": api.model, "metadata": {"flag": True}})
    api.request("GET", "/assistants_of_yore")


def test_wrong_bodies(api: Driver) -> None:
    """JSON that is no object, no JSON at all, and parameters that nobody knows."""
    for body in (b"[]", b"null", b'"text"', b"7", b"{model: 1}"):
        api.request("POST", "/assistants", content=body)
    api.send("createAssistant", {"model": api.model, "colour": "blue"})
    api.send("createThread", {"colour": "blue"})
    api.send("createAssistant", {"model": api.model, "metadata": []})
    api.send("createAssistant", {"model": api.model, "tools": {}})


def test_wrong_methods(api: Driver) -> None:
    """Paths that are there, called by methods that they do not have."""
    thread_id = thread(api)["id"]
    api.request("PUT", f"/threads/{thread_id}", {"metadata": {}})
    api.request("PATCH", "/assistants", {"model": api.model})
    api.request("GET", "/threads/runs/")
    api.request("DELETE", "/assistants")
    api.request("GET", f"/threads/{thread_id}/runs/{RUN}/cancel")
