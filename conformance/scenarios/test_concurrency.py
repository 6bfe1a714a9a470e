"""Several clients at the same time: on one thread, on many, and in several streams."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.driver import TERMINAL, Call, Driver, Inconclusive
from conformance.scenarios.material import assistant, directed, outputs, place, thread, user, waiting_run
from conformance.scenarios.watching import last_run, look_at

CLIENTS = 4


def _both(api: Driver, *calls: Call) -> list[dict[str, Any]]:
    """The objects of several requests that went out at once, all of which must be taken."""
    exchanges = api.concurrently(*calls)
    return [api.needed(exchange, call.operation) for exchange, call in zip(exchanges, calls, strict=True)]


def test_two_streams(api: Driver) -> None:
    """Two clients stream two runs of two threads at the same time, and neither sees the other's."""
    made = assistant(api)
    places = [thread(api, f"Question {number}")["id"] for number in range(2)]
    request = {"assistant_id": made["id"], "stream": True, **directed(api, "words:12")}
    for stream in api.concurrently(*(Call("createRun", request, {"thread_id": where}) for where in places)):
        if not stream.ok:
            raise Inconclusive("one of two streams on two threads was refused")
        look_at(api, last_run(stream))


def test_two_runs_on_one_thread(api: Driver) -> None:
    """Two clients ask for a run on one thread at the same time: one is taken, one finds the thread locked."""
    made, thread_id = assistant(api), thread(api)["id"]
    api.concurrently(
        *(
            Call("createRun", {"assistant_id": made["id"], "metadata": {"client": client}}, {"thread_id": thread_id})
            for client in ("first", "second")
        )
    )
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
            api.call("getRun", **place(api.needed(exchange, "createRun")))
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


def test_many_threads(api: Driver) -> None:
    """Several clients run one assistant on threads of their own."""
    made = assistant(api)
    places = [thread(api, f"Question {number}")["id"] for number in range(CLIENTS)]
    runs = _both(api, *(Call("createRun", {"assistant_id": made["id"]}, {"thread_id": where}) for where in places))
    for run in runs:
        look_at(api, api.wait(run, until=TERMINAL))


def test_new_threads(api: Driver) -> None:
    """Several clients make a thread and a run each."""
    made = assistant(api)
    bodies: list[dict[str, Any]] = [
        {"assistant_id": made["id"], "thread": {"messages": [user(f"Question {number}")]}} for number in range(CLIENTS)
    ]
    for run in _both(api, *(Call("createThreadAndRun", body) for body in bodies)):
        look_at(api, api.wait(run, until=TERMINAL))


def test_messages(api: Driver) -> None:
    """Several clients write on one thread at the same time: every message is there, once."""
    thread_id = api.call("createThread", {})["id"]
    where = {"thread_id": thread_id}
    _both(api, *(Call("createMessage", user(f"Client {number} 🌍"), where) for number in range(2 * CLIENTS)))
    api.walk("listMessages", query={"limit": 3}, thread_id=thread_id)
    api.walk("listMessages", query={"limit": 5, "order": "asc"}, thread_id=thread_id)


def test_message_and_run(api: Driver) -> None:
    """One client writes on a thread while another runs it: the message comes first, or finds the thread locked."""
    made, thread_id = assistant(api), thread(api)["id"]
    where = {"thread_id": thread_id}
    api.concurrently(
        Call("createMessage", user("Wait a moment."), where), Call("createRun", {"assistant_id": made["id"]}, where)
    )
    _see_all(api, thread_id)


def test_two_submissions(api: Driver) -> None:
    """Two clients submit the same outputs at the same time: they are taken once."""
    run = waiting_run(api)
    answer = outputs(run)
    api.concurrently(*(Call("submitToolOuputsToRun", answer, place(run)) for _ in range(2)))
    look_at(api, api.wait(run, until=TERMINAL))


def test_submission_and_cancellation(api: Driver) -> None:
    """One client submits outputs while another cancels: whichever comes first, the run ends once."""
    run = waiting_run(api)
    api.concurrently(Call("submitToolOuputsToRun", outputs(run), place(run)), Call("cancelRun", None, place(run)))
    run = api.wait(run, until=TERMINAL)
    api.settle()
    look_at(api, run)


def test_two_cancellations(api: Driver) -> None:
    """Two clients cancel one run at the same time: it ends once."""
    run = waiting_run(api)
    api.concurrently(*(Call("cancelRun", None, place(run)) for _ in range(2)))
    run = api.call("getRun", **place(run))
    if run["status"] == "requires_action":
        raise Inconclusive("the endpoint does not cancel a run that waits for tool outputs")
    look_at(api, api.wait(run, until=TERMINAL))
