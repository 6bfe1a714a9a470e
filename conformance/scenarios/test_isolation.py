"""What belongs to one thread is not seen from another, and what one client changes leaves the others' alone."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.kit.driver import Driver, Inconclusive
from conformance.scenarios.kit.fixtures import (
    GREETING,
    assistant,
    assistant_of,
    ended_run,
    outputs,
    place,
    thread,
    user,
    waiting_run,
)


def test_lists(api: Driver) -> None:
    """Two threads with messages and a run each: every list shows its own."""
    made = assistant(api)
    threads = [thread(api, f"{GREETING} {number}")["id"] for number in range(2)]
    runs = [api.call("createRun", {"assistant_id": made["id"]}, thread_id=thread_id) for thread_id in threads]
    for run in runs:
        api.wait(run)
    for thread_id in threads:
        api.call("createMessage", user(f"Only in {threads.index(thread_id)}"), thread_id=thread_id)
    for thread_id in threads:
        api.call("listMessages", thread_id=thread_id, query={"order": "asc"})
        api.call("listRuns", thread_id=thread_id)
    for run, other in zip(runs, reversed(threads), strict=True):
        api.send("listMessages", thread_id=other, query={"run_id": run["id"]})


def test_foreign_ids(api: Driver) -> None:
    """A message, a run and a step are not found under somebody else's thread or run, for reading or for changing."""
    run, other = ended_run(api), ended_run(api)
    message = api.page("listMessages", thread_id=run["thread_id"])[:1]
    step = api.page("listRunSteps", **place(run))[:1]
    for found in message:
        elsewhere = {"thread_id": other["thread_id"], "message_id": found["id"]}
        api.send("getMessage", **elsewhere)
        api.send("modifyMessage", {"metadata": {"by": "a stranger"}}, **elsewhere)
        api.send("deleteMessage", **elsewhere)
        api.call("getMessage", thread_id=run["thread_id"], message_id=found["id"])
    elsewhere = {"thread_id": other["thread_id"], "run_id": run["id"]}
    api.send("getRun", **elsewhere)
    api.send("modifyRun", {"metadata": {"by": "a stranger"}}, **elsewhere)
    api.send("cancelRun", **elsewhere)
    api.send("listRunSteps", **elsewhere)
    for found in step:
        api.send("getRunStep", step_id=found["id"], **place(other))
        api.send("getRunStep", step_id=found["id"], **elsewhere)
    api.call("getRun", **place(run))


def test_foreign_outputs(api: Driver) -> None:
    """A waiting run takes no outputs through another thread, and none that are for another run's calls."""
    run, other = waiting_run(api), waiting_run(api)
    elsewhere = {"thread_id": other["thread_id"], "run_id": run["id"]}
    api.send("submitToolOuputsToRun", outputs(run), **elsewhere)
    api.send("submitToolOuputsToRun", outputs(other), **place(run))
    if api.call("getRun", **place(run))["status"] != "requires_action":
        raise Inconclusive("the run waits no longer")
    for waiting in (run, other):
        api.call("submitToolOuputsToRun", outputs(waiting), **place(waiting))
    for waiting in (run, other):
        api.wait(waiting)


def test_metadata(api: Driver) -> None:
    """Changing one of two alike objects leaves the other as it was."""
    twins: list[dict[str, Any]] = [assistant(api, name="Twin", metadata={"of": "two"}) for _ in range(2)]
    api.call("modifyAssistant", {"name": "Changed", "metadata": {"of": "one"}}, assistant_id=twins[0]["id"])
    api.call("getAssistant", assistant_id=twins[1]["id"])
    threads = [api.call("createThread", {"metadata": {"of": "two"}})["id"] for _ in range(2)]
    api.call("modifyThread", {"metadata": {"of": "one"}}, thread_id=threads[0])
    api.call("getThread", thread_id=threads[1])
    messages = [api.call("createMessage", user("Twin"), thread_id=threads[0])["id"] for _ in range(2)]
    api.call("modifyMessage", {"metadata": {"of": "one"}}, thread_id=threads[0], message_id=messages[0])
    api.call("getMessage", thread_id=threads[0], message_id=messages[1])
    api.call("listMessages", thread_id=threads[1])


def test_deletion(api: Driver) -> None:
    """Deleting a thread and a message leaves the other threads and messages of the same assistant alone."""
    run = ended_run(api)
    again = api.call("createRun", {"assistant_id": assistant_of(run)}, thread_id=thread(api, "One", "Two")["id"])
    again = api.wait(again)
    for message in api.page("listMessages", thread_id=again["thread_id"])[:1]:
        api.call("deleteMessage", thread_id=again["thread_id"], message_id=message["id"])
    api.call("deleteThread", thread_id=run["thread_id"])
    api.call("getRun", **place(again))
    api.call("listRunSteps", **place(again))
    api.call("listMessages", thread_id=again["thread_id"], query={"order": "asc"})
    api.call("getAssistant", assistant_id=assistant_of(run))
