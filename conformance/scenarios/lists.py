"""Pages of lists and walks over them: their sizes, ends, orders, cursors and filters."""

from collections.abc import Sequence
from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Driver, Inconclusive
from conformance.scenarios.kit.fixtures import (
    GREETING,
    WEATHER,
    assistant,
    directed,
    outputs,
    place,
    spread,
    thread,
    user,
    waiting_run,
)
from conformance.scenarios.kit.readback import last_run
from conformance.trace.exchange import Exchange

COUNT = 25
"""More than one page holds unless asked otherwise."""
MORE_THAN_A_SECOND = 1.2
CITIES = (
    *("Athens", "Bern", "Cairo", "Dublin", "Oslo", "Paris", "Lima", "Quito", "Rome", "Sofia"),
    *("Tallinn", "Vienna", "Warsaw", "Zagreb", "Madrid", "Lisbon", "Riga", "Tokyo", "Seoul", "Tunis"),
)
"""With the answer behind them, steps for more than one page."""


def _filled_thread(api: Driver, count: int = COUNT) -> tuple[str, list[str]]:
    """A thread with messages that were created within a second, and their ids from the oldest on."""
    made = api.call("createThread", {"messages": [user(f"Message {number}") for number in range(count)]})
    found = api.page("listMessages", thread_id=made["id"], query={"order": "asc", "limit": 100})
    return made["id"], [str(message["id"]) for message in found]


def _around(api: Driver, operation: str, ids: Sequence[str], **path: str) -> None:
    """Pages of a list behind an id, in front of one, and between two, in both orders."""
    first, middle, last = ids[0], ids[len(ids) // 2], ids[-1]
    asked: list[dict[str, Any]] = [
        *({"order": order, "limit": 3, way: middle} for order in ("asc", "desc") for way in ("after", "before")),
        {"order": "asc", "after": first, "before": last},
        {"order": "desc", "after": last, "before": first},
        {"order": "asc", "limit": 1, "after": first, "before": last},
        {"order": "asc", "after": last, "before": first},
        {"order": "asc", "after": last},
        {"order": "asc", "before": first},
        {"order": "asc", "limit": 1, "before": ids[1]},
        {"order": "desc", "limit": 1, "after": ids[1]},
    ]
    for query in asked:
        api.send(operation, query=query, **path)


def _edges(api: Driver, operation: str, **path: str) -> None:
    """The smallest and the largest page, limits beyond them, and orders that are none."""
    for limit in (1, 2, 99, 100, 0, -1, 101, 1000, "two", "1.5", ""):
        api.send(operation, query={"limit": limit}, **path)
    for order in ("asc", "desc", "ASC", "newest"):
        api.send(operation, query={"order": order}, **path)


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


def test_largest_page(api: Driver) -> None:
    """101 messages: a page of a hundred, one of 99, and what is left behind each."""
    thread_id = api.call("createThread", {"messages": [user(str(number)) for number in range(101)]})["id"]
    for limit in (100, 99):
        api.walk("listMessages", thread_id=thread_id, query={"limit": limit})


def test_one_page_exactly(api: Driver) -> None:
    """Twenty messages, which fill the page that comes unasked and leave none for another."""
    thread_id, _ = _filled_thread(api, 20)
    for query in ({}, {"limit": 20}, {"limit": 19}, {"limit": 21}):
        api.walk("listMessages", thread_id=thread_id, query=query)


def test_oldest_first(api: Driver) -> None:
    """25 messages of one second, seven a page, from the oldest on."""
    thread_id, _ = _filled_thread(api)
    api.walk("listMessages", thread_id=thread_id, query={"order": "asc", "limit": 7})


def test_newest_first(api: Driver) -> None:
    """25 messages of one second, in pages that end exactly with the list."""
    thread_id, _ = _filled_thread(api)
    api.walk("listMessages", thread_id=thread_id, query={"order": "desc", "limit": 5})


def test_one_second(api: Driver) -> None:
    """Messages of one second stand in the same order each time, and the other way round in the other order."""
    thread_id, _ = _filled_thread(api, 9)
    for order in ("asc", "desc", "asc", "desc"):
        api.walk("listMessages", thread_id=thread_id, query={"order": order, "limit": 4})


def test_order_of_messages(api: Driver) -> None:
    """Messages of several seconds, in both orders, whole and in pages."""
    thread_id = api.call("createThread", {})["id"]
    spread(api, lambda number: api.call("createMessage", user(f"Message {number}"), thread_id=thread_id))
    _in_both_orders(api, "listMessages", thread_id=thread_id)


def test_order_of_runs(api: Driver) -> None:
    """Runs of several seconds, in both orders."""
    made, thread_id = assistant(api), thread(api)["id"]

    def ended(_: int) -> dict[str, Any]:
        run = api.call("createRun", {"assistant_id": made["id"]}, thread_id=thread_id)
        return api.wait(run, until=TERMINAL)

    spread(api, ended)
    _in_both_orders(api, "listRuns", thread_id=thread_id)


def test_order_of_steps(api: Driver) -> None:
    """The steps of a run that waits for its outputs longer than a second, in both orders."""
    run = waiting_run(api)
    api.let_time_pass(MORE_THAN_A_SECOND)
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    _in_both_orders(api, "listRunSteps", **place(api.wait(run, until=TERMINAL)))


def test_order_of_assistants(api: Driver) -> None:
    """Assistants of several seconds among whatever else there is, from the newest on and behind the first."""
    made = spread(api, lambda number: assistant(api, name=f"Second {number}"))
    api.call("listAssistants", query={"limit": len(made)})
    api.call("listAssistants", query={"limit": len(made), "order": "asc", "after": made[0]["id"]})
    api.call("listAssistants", query={"limit": len(made), "before": made[0]["id"]})


def _in_both_orders(api: Driver, operation: str, **path: str) -> None:
    for query in ({}, {"order": "asc"}, {"order": "desc", "limit": 2}, {"order": "asc", "limit": 2}):
        found = api.walk(operation, query=query, **path)
        if found and "limit" not in query:
            for cursor in ({"before": found[-1]["id"]}, {"after": found[0]["id"]}):
                api.send(operation, query=query | cursor, **path)


def test_limits(api: Driver) -> None:
    """The smallest and the largest page of messages, and limits beyond them."""
    thread_id, _ = _filled_thread(api, 3)
    _edges(api, "listMessages", thread_id=thread_id)


def test_cursors(api: Driver) -> None:
    """Messages behind an id, in front of one, and between two, in both orders."""
    thread_id, ids = _filled_thread(api, 9)
    if len(ids) < 9:
        raise Inconclusive(f"the thread lists {len(ids)} of its 9 messages")
    _around(api, "listMessages", ids, thread_id=thread_id)


def test_backwards(api: Driver) -> None:
    """A walk from the end of a list to its beginning, by what is in front of each page."""
    thread_id, ids = _filled_thread(api, 9)
    if len(ids) < 9:
        raise Inconclusive(f"the thread lists {len(ids)} of its 9 messages")
    for order, cursor in (("asc", ids[-1]), ("desc", ids[0])):
        for _ in range(len(ids)):
            query = {"order": order, "limit": 3, "before": cursor}
            page = api.page("listMessages", thread_id=thread_id, query=query)
            if not page:
                break
            cursor = str(page[0]["id"])


def test_unknown_cursors(api: Driver) -> None:
    """Cursors that name nothing, something of another thread or kind, and something deleted."""
    thread_id, ids = _filled_thread(api, 4)
    other, foreign = _filled_thread(api, 1)
    for cursor in ("msg_000000000000000000000000", *foreign):
        for way in ("after", "before"):
            _not_ignored(api, api.send("listMessages", thread_id=thread_id, query={way: cursor}), ids)
    for cursor in (other, "x", ""):
        for way in ("after", "before"):
            api.send("listMessages", thread_id=thread_id, query={way: cursor})
    if ids:
        api.call("deleteMessage", thread_id=thread_id, message_id=ids[1])
        for order in ("asc", "desc"):
            for way in ("after", "before"):
                api.send("listMessages", thread_id=thread_id, query={way: ids[1], "order": order})


def _not_ignored(api: Driver, exchange: Exchange, ids: Sequence[str]) -> None:
    """State that a cursor that names nothing of the list was not answered by the whole list, as if it were none."""
    body = exchange.response.json_or_none if exchange.response is not None and exchange.ok else None
    data = body.get("data") if isinstance(body, dict) else None
    shown = [item.get("id") for item in data if isinstance(item, dict)] if isinstance(data, list) else []
    whole = bool(ids) and sorted(map(str, shown)) == sorted(ids)
    expected = "a refusal, or fewer objects than the whole list"
    api.expect("LIST-CURSOR-01", exchange, expected, f"all {len(shown)} objects" if whole else None)


def test_messages_of_a_run(api: Driver) -> None:
    """Of a thread that two runs wrote into, the messages of one run, in both orders and in pages."""
    made, thread_id = assistant(api), thread(api)["id"]
    runs = []
    for number in range(2):
        api.call("createMessage", user(f"Question {number}"), thread_id=thread_id)
        run = api.call("createRun", {"assistant_id": made["id"]}, thread_id=thread_id)
        runs.append(api.wait(run, until=TERMINAL))
    api.call("listMessages", thread_id=thread_id)
    for run in runs:
        for more in ({}, {"order": "asc"}, {"limit": 1}):
            api.call("listMessages", thread_id=thread_id, query={"run_id": run["id"], **more})
    api.send("listMessages", thread_id=thread_id, query={"run_id": "run_000000000000000000000000"})
    api.call("listMessages", thread_id=thread_id, query={"order": "asc"})


def _thread_with_runs(api: Driver, count: int) -> tuple[str, list[str]]:
    """A thread with ended runs, and their ids from the oldest on."""
    made, thread_id = assistant(api), thread(api)["id"]
    runs = []
    for _ in range(count):
        run = api.call("createRun", {"assistant_id": made["id"]}, thread_id=thread_id)
        runs.append(str(api.wait(run, until=TERMINAL)["id"]))
    return thread_id, runs


def test_runs(api: Driver) -> None:
    """Three runs, two a page, from both ends; each as it is on the list and by itself."""
    thread_id, ids = _thread_with_runs(api, 3)
    api.walk("listRuns", thread_id=thread_id, query={"limit": 2})
    api.walk("listRuns", thread_id=thread_id, query={"limit": 2, "order": "asc"})
    api.walk("listRuns", thread_id=thread_id, query={"limit": 3})
    for run_id in ids:
        api.call("getRun", thread_id=thread_id, run_id=run_id)
    api.walk("listRuns", thread_id=thread_id)


def test_limits_of_runs(api: Driver) -> None:
    """Limits and orders of a list of runs."""
    thread_id, _ = _thread_with_runs(api, 1)
    _edges(api, "listRuns", thread_id=thread_id)


def test_cursors_of_runs(api: Driver) -> None:
    """Runs behind and in front of others, and of what is no run of the thread."""
    thread_id, ids = _thread_with_runs(api, 3)
    _around(api, "listRuns", ids, thread_id=thread_id)
    _, foreign = _thread_with_runs(api, 1)
    for cursor in ("run_000000000000000000000000", *foreign):
        api.send("listRuns", thread_id=thread_id, query={"after": cursor})


def _run_with_steps(api: Driver) -> dict[str, Any]:
    run = waiting_run(api)
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    return api.wait(run, until=TERMINAL)


def test_steps(api: Driver) -> None:
    """The two steps of a run with a function call, one a page, from both ends, and each by itself."""
    run = _run_with_steps(api)
    api.walk("listRunSteps", query={"limit": 1}, **place(run))
    steps = api.walk("listRunSteps", query={"limit": 1, "order": "asc"}, **place(run))
    for step in steps[:2]:
        api.send("getRunStep", step_id=step["id"], **place(run))
    api.walk("listRunSteps", query={"limit": 2}, **place(run))
    api.send("listRunSteps", query={"include[]": "everything"}, **place(run))


def test_limits_of_steps(api: Driver) -> None:
    """Limits, orders and cursors of a list of steps."""
    run = _run_with_steps(api)
    _edges(api, "listRunSteps", **place(run))
    ids = [str(step["id"]) for step in api.page("listRunSteps", query={"order": "asc"}, **place(run))]
    if len(ids) > 1:
        _around(api, "listRunSteps", ids, **place(run))
    api.send("listRunSteps", query={"after": "step_000000000000000000000000"}, **place(run))


def test_assistants(api: Driver) -> None:
    """Four assistants among whatever else there is: pages around them, in both orders, and each by itself."""
    ids = [str(assistant(api, name=f"Number {number}")["id"]) for number in range(4)]
    api.send("listAssistants", query={"limit": 4})
    _around(api, "listAssistants", ids)
    api.walk("listAssistants", query={"limit": 2, "order": "asc", "after": ids[0]})
    for assistant_id in ids:
        api.call("getAssistant", assistant_id=assistant_id)
    api.send("listAssistants", query={"after": "asst_000000000000000000000000"})
    api.call("deleteAssistant", assistant_id=ids[1])
    api.send("listAssistants", query={"order": "asc", "after": ids[1], "limit": 2})
    api.send("listAssistants", query={"order": "asc", "after": ids[0], "limit": 2})


def test_limits_of_assistants(api: Driver) -> None:
    """Limits and orders of the list of assistants, as far as one behind the newest can tell them."""
    made, _ = assistant(api), assistant(api)
    for limit in (1, 100, 0, -1, 101, "two"):
        api.send("listAssistants", query={"limit": limit, "order": "asc", "after": made["id"]})
    for order in ("ASC", "newest"):
        api.send("listAssistants", query={"order": order, "limit": 1})


def test_default_page_of_assistants(api: Driver) -> None:
    """More assistants than the page that comes unasked."""
    first = assistant(api)
    for number in range(21):
        api.call("createAssistant", {"model": api.model, "name": str(number)})
    api.walk("listAssistants", query={"order": "asc", "after": first["id"]})
    api.call("listAssistants")


def test_default_page_of_runs(api: Driver) -> None:
    """More runs than the page that comes unasked; each is streamed, which takes one request."""
    made, thread_id = assistant(api), thread(api)["id"]
    for _ in range(21):
        api.stream("createRun", {"assistant_id": made["id"]}, thread_id=thread_id)
    api.walk("listRuns", thread_id=thread_id)


def test_default_page_of_steps(api: Driver) -> None:
    """A run that looks up one city after the other, until it has more steps than the page that comes unasked."""
    made = assistant(api, tools=[WEATHER], instructions="Ask for the weather of one city at a time. Leave none out.")
    request = {"assistant_id": made["id"], "parallel_tool_calls": False, **directed(api, f"rounds:{len(CITIES)}")}
    asked = thread(api, f"How is the weather in {', '.join(CITIES)}?")
    run = last_run(api.stream("createRun", request, thread_id=asked["id"]))
    for done in range(len(CITIES)):
        if run.get("status") != "requires_action":
            raise Inconclusive(f"the run asked for {done} outputs, one after the other, and not for {len(CITIES)}")
        run = last_run(api.stream("submitToolOuputsToRun", outputs(run), **place(run)))
    api.walk("listRunSteps", **place(run))


def test_of_two_threads(api: Driver) -> None:
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
