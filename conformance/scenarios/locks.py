"""The lock of a thread while one of its runs is under way, its release, and requests that race for it."""

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Call, Driver, Inconclusive
from conformance.scenarios.kit.fixtures import (
    assistant,
    assistant_of,
    directed,
    outputs,
    place,
    standing_run,
    thread,
    user,
    waiting_run,
)
from conformance.scenarios.kit.readback import look_at


def _try_lock(api: Driver, run: dict[str, Any]) -> None:
    """Try what the lock forbids; read what it allows."""
    api.send("createMessage", user("Are you there?"), thread_id=run["thread_id"])
    api.send("createRun", {"assistant_id": assistant_of(run)}, thread_id=run["thread_id"])
    api.send("listMessages", thread_id=run["thread_id"])
    api.send("modifyThread", {"metadata": {"seen": "locked"}}, thread_id=run["thread_id"])
    api.call("getRun", **place(run))


def _try_released(api: Driver, run: dict[str, Any]) -> None:
    """Go on with a thread whose run has ended: a message, and another run."""
    api.call("createMessage", user("And now?"), thread_id=run["thread_id"])
    api.send("modifyThread", {"metadata": {"run": "ended"}}, thread_id=run["thread_id"])
    again = api.call("createRun", {"assistant_id": assistant_of(run)}, thread_id=run["thread_id"])
    api.wait(again, until=TERMINAL)
    api.call("listMessages", thread_id=run["thread_id"])


def test_waiting(api: Driver) -> None:
    """A run that waits for tool outputs locks its thread until it has ended."""
    run = waiting_run(api)
    _try_lock(api, run)
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    run = api.wait(run, until=TERMINAL)
    api.call("createMessage", user("And now?"), thread_id=run["thread_id"])


def test_additional_messages(api: Driver) -> None:
    """A run that is refused leaves none of its messages on the thread, be it streamed or not."""
    run = waiting_run(api)
    request = {"assistant_id": assistant_of(run), "additional_messages": [user("I come with a run that is refused.")]}
    api.send("createRun", request, thread_id=run["thread_id"])
    api.send("createRun", {**request, "stream": True}, thread_id=run["thread_id"])
    api.call("listMessages", thread_id=run["thread_id"])
    api.call("getRun", **place(run))
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    run = api.wait(run, until=TERMINAL)
    api.call("listMessages", thread_id=run["thread_id"])


def test_other_threads(api: Driver) -> None:
    """A locked thread locks no other one: what is refused there while it is locked is asked again afterwards."""
    run = waiting_run(api)
    other = thread(api)["id"]
    _talk(api, other, assistant_id=assistant_of(run), tool_choice="none")
    api.call("getRun", **place(run))
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    api.wait(run, until=TERMINAL)
    _talk(api, other, assistant_id=assistant_of(run), tools=[])


def _talk(api: Driver, thread_id: str, **request: Any) -> None:
    """A message, and a run that is waited for."""
    api.send("createMessage", user(), thread_id=thread_id)
    started = api.send("createRun", request, thread_id=thread_id)
    if started.ok:
        api.wait(api.object_of(started, "createRun"), until=TERMINAL)


def test_queued(api: Driver) -> None:
    """A run that is queued locks its thread until it is cancelled."""
    run = standing_run(api, "queued")
    _try_lock(api, run)
    api.call("cancelRun", **place(run))
    _try_released(api, api.wait(run, until=TERMINAL))


def test_in_progress(api: Driver) -> None:
    """A run that is in progress locks its thread until it is cancelled."""
    run = standing_run(api, "in_progress")
    _try_lock(api, run)
    api.call("cancelRun", **place(run))
    _try_released(api, api.wait(run, until=TERMINAL))


def test_at_once(api: Driver) -> None:
    """A second run and a message right behind the first run, whatever has become of it by then."""
    made, thread_id = assistant(api), thread(api)["id"]
    run = api.call("createRun", {"assistant_id": made["id"]}, thread_id=thread_id)
    api.send("createRun", {"assistant_id": made["id"], "metadata": {"number": "2"}}, thread_id=thread_id)
    api.send("createMessage", user("Too early?"), thread_id=thread_id)
    api.wait(run, until=TERMINAL)
    for other in api.page("listRuns", thread_id=thread_id):
        api.wait({**other, "thread_id": thread_id}, until=TERMINAL)


def test_released_by_completion(api: Driver) -> None:
    """A completed run releases its thread."""
    run = api.call("createRun", {"assistant_id": assistant(api)["id"]}, thread_id=thread(api)["id"])
    _try_released(api, api.wait(run, until=TERMINAL))


def test_released_by_cancellation(api: Driver) -> None:
    """A run that waited and is cancelled releases its thread, but not before it is over."""
    run = waiting_run(api)
    if not api.send("cancelRun", **place(run)).ok:
        raise Inconclusive("the endpoint does not cancel a run that waits for tool outputs")
    api.send("createMessage", user("Already?"), thread_id=run["thread_id"])
    run = api.wait(run, until=TERMINAL)
    api.call("createMessage", user("And now?"), thread_id=run["thread_id"])


def test_two_runs_on_one_thread(api: Driver) -> None:
    """Two clients ask for a run on one thread at the same time: one finds the thread locked, and so does a third."""
    made, thread_id = assistant(api), thread(api)["id"]
    api.concurrently(
        *(
            Call("createRun", {"assistant_id": made["id"], "metadata": {"client": client}}, {"thread_id": thread_id})
            for client in ("first", "second")
        )
    )
    api.page("listRuns", thread_id=thread_id)  # a run that is seen active before the third request and behind it
    api.send("createRun", {"assistant_id": made["id"], "metadata": {"client": "third"}}, thread_id=thread_id)
    _see_all(api, thread_id)


def test_two_standing_runs(api: Driver) -> None:
    """The same with runs that stay: what both clients see afterwards shows whether both were taken."""
    api.needs("script", "a run that stays in progress")
    made, thread_id = assistant(api), thread(api)["id"]
    metadata = [{"script": "slow", "client": client} for client in ("first", "second", "third")]
    exchanges = api.concurrently(
        *(
            Call("createRun", {"assistant_id": made["id"], "metadata": told}, {"thread_id": thread_id})
            for told in metadata
        )
    )
    for exchange in exchanges:
        if exchange.ok:
            api.call("getRun", **place(api.object_of(exchange, "createRun")))
    for run in api.page("listRuns", thread_id=thread_id):
        api.send("cancelRun", thread_id=thread_id, run_id=run["id"])
    _see_all(api, thread_id)


def test_stream_and_run_on_one_thread(api: Driver) -> None:
    """One client streams a run while another asks for one on the same thread."""
    made, thread_id = assistant(api), thread(api)["id"]
    request = {"assistant_id": made["id"], **directed(api, "words:12")}
    where = {"thread_id": thread_id}
    api.concurrently(Call("createRun", {**request, "stream": True}, where), Call("createRun", request, where))
    _see_all(api, thread_id)


def _see_all(api: Driver, thread_id: str) -> None:
    """See every run of a thread end, and read what they leave."""
    for run in api.page("listRuns", thread_id=thread_id):
        look_at(api, api.wait({**run, "thread_id": thread_id}, until=TERMINAL))


def test_message_and_run(api: Driver) -> None:
    """One client writes on a thread while another runs it: the message comes first, or finds the thread locked."""
    made, thread_id = assistant(api), thread(api)["id"]
    where = {"thread_id": thread_id}
    api.concurrently(
        Call("createMessage", user("Wait a moment."), where), Call("createRun", {"assistant_id": made["id"]}, where)
    )
    _see_all(api, thread_id)
