"""Walks over lists."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.driver import TERMINAL, Driver, Inconclusive
from conformance.scenarios.material import assistant, outputs, place, thread, user, waiting_run

COUNT = 25
"""More than one page holds unless asked otherwise."""


def _filled_thread(api: Driver, count: int = COUNT) -> tuple[str, list[str]]:
    """A thread with messages that were created within a second, and their ids from the oldest on."""
    made = api.call("createThread", {"messages": [user(f"Message {number}") for number in range(count)]})
    found = api.page("listMessages", thread_id=made["id"], query={"order": "asc", "limit": 100})
    return made["id"], [str(message["id"]) for message in found]


def test_messages(api: Driver) -> None:
    """Five messages, two a page, from both ends."""
    thread_id = api.call("createThread", {})["id"]
    for number in range(5):
        api.call("createMessage", {"role": "user", "content": f"Message {number}"}, thread_id=thread_id)
    api.walk("listMessages", thread_id=thread_id, query={"limit": 2, "order": "asc"})
    newest = api.walk("listMessages", thread_id=thread_id, query={"limit": 2})
    if newest:
        api.call("listMessages", thread_id=thread_id, query={"limit": 2, "before": newest[-1]["id"], "order": "asc"})


def test_default_page(api: Driver) -> None:
    """25 messages of one second: the first page as it comes unasked, and a walk over all of them."""
    thread_id, _ = _filled_thread(api)
    api.walk("listMessages", thread_id=thread_id)


def test_oldest_first(api: Driver) -> None:
    """25 messages of one second, seven a page, from the oldest on."""
    thread_id, _ = _filled_thread(api)
    api.walk("listMessages", thread_id=thread_id, query={"order": "asc", "limit": 7})


def test_newest_first(api: Driver) -> None:
    """25 messages of one second, in pages that end exactly with the list."""
    thread_id, _ = _filled_thread(api)
    api.walk("listMessages", thread_id=thread_id, query={"order": "desc", "limit": 5})


def test_limits(api: Driver) -> None:
    """The smallest and the largest page, and limits beyond them."""
    thread_id, _ = _filled_thread(api, 3)
    for limit in (1, 3, 100, 0, -1, 101, "two"):
        api.send("listMessages", thread_id=thread_id, query={"limit": limit})
    for order in ("asc", "desc", "ASC", "newest", ""):
        api.send("listMessages", thread_id=thread_id, query={"order": order})


def test_cursors(api: Driver) -> None:
    """Pages behind an id, in front of one, and between two, in both orders."""
    thread_id, ids = _filled_thread(api, 9)
    if len(ids) < 9:
        raise Inconclusive(f"the thread lists {len(ids)} of its 9 messages")
    first, second, middle, last = ids[0], ids[1], ids[4], ids[-1]
    asked: list[dict[str, Any]] = [
        *({"order": order, "limit": 3, way: middle} for order in ("asc", "desc") for way in ("after", "before")),
        {"order": "asc", "after": first, "before": last},
        {"order": "desc", "after": last, "before": first},
        {"order": "asc", "after": last},
        {"order": "asc", "before": first},
        {"order": "asc", "limit": 1, "before": second},
    ]
    for query in asked:
        api.send("listMessages", thread_id=thread_id, query=query)


def test_unknown_cursors(api: Driver) -> None:
    """Cursors that name nothing, something of another thread, and something deleted."""
    thread_id, ids = _filled_thread(api, 4)
    _, foreign = _filled_thread(api, 1)
    for cursor in ("msg_000000000000000000000000", *foreign):
        api.send("listMessages", thread_id=thread_id, query={"after": cursor})
        api.send("listMessages", thread_id=thread_id, query={"before": cursor})
    if ids:
        api.call("deleteMessage", thread_id=thread_id, message_id=ids[1])
        api.send("listMessages", thread_id=thread_id, query={"after": ids[1], "order": "asc"})


def test_messages_of_a_run(api: Driver) -> None:
    """Of a thread that two runs wrote into, the messages of one run."""
    made, thread_id = assistant(api), thread(api)["id"]
    runs = []
    for number in range(2):
        api.call("createMessage", user(f"Question {number}"), thread_id=thread_id)
        run = api.call("createRun", {"assistant_id": made["id"]}, thread_id=thread_id)
        runs.append(api.wait(run, until=TERMINAL))
    for run in runs:
        api.call("listMessages", thread_id=thread_id, query={"run_id": run["id"]})
    api.send("listMessages", thread_id=thread_id, query={"run_id": "run_000000000000000000000000"})
    api.call("listMessages", thread_id=thread_id, query={"order": "asc"})


def test_runs(api: Driver) -> None:
    """Three runs, two a page, from both ends, and a limit too high."""
    made, thread_id = assistant(api), thread(api)["id"]
    for _ in range(3):
        api.wait(api.call("createRun", {"assistant_id": made["id"]}, thread_id=thread_id), until=TERMINAL)
    api.walk("listRuns", thread_id=thread_id, query={"limit": 2})
    api.walk("listRuns", thread_id=thread_id, query={"limit": 2, "order": "asc"})
    newest = api.walk("listRuns", thread_id=thread_id)
    if newest:
        api.send("listRuns", thread_id=thread_id, query={"before": newest[-1]["id"]})
    api.send("listRuns", thread_id=thread_id, query={"limit": 101})
    api.send("listRuns", thread_id=thread_id, query={"after": "run_000000000000000000000000"})


def test_steps(api: Driver) -> None:
    """The two steps of a run with a function call, one a page, from both ends, and a limit too high."""
    run = waiting_run(api)
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    run = api.wait(run, until=TERMINAL)
    api.walk("listRunSteps", query={"limit": 1}, **place(run))
    steps = api.walk("listRunSteps", query={"limit": 1, "order": "asc"}, **place(run))
    for step in steps[:2]:
        api.send("getRunStep", step_id=step["id"], **place(run))
    api.send("listRunSteps", query={"limit": 101}, **place(run))
    api.send("listRunSteps", query={"include[]": "everything"}, **place(run))


def test_assistants(api: Driver) -> None:
    """Three assistants among whatever else there is: pages around them, in both orders."""
    made = [assistant(api, name=f"Number {number}")["id"] for number in range(3)]
    for query in (
        {"limit": 3},
        {"limit": 2, "order": "asc", "after": made[0]},
        {"limit": 2, "order": "desc", "after": made[2]},
        {"limit": 1, "order": "asc", "before": made[1]},
        {"limit": 1, "order": "desc", "after": made[2], "before": made[0]},
        {"limit": 101},
        {"order": "up"},
        {"after": "asst_000000000000000000000000"},
    ):
        api.send("listAssistants", query=query)
