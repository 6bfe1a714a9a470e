"""Reading runs out of streams, and reading over plain JSON what a stream or a run has left."""

from collections.abc import Callable
from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Driver, Inconclusive
from conformance.scenarios.kit.fixtures import calls, place
from conformance.trace.event import Event
from conformance.trace.exchange import Exchange

MOST_MESSAGES = 3
"""Messages of one run that are read one by one."""


def run_of(event: Event) -> dict[str, Any] | None:
    """The run object that an event carries."""
    value = event.json_or_none
    if isinstance(value, dict) and value.get("object") == "thread.run" and isinstance(value.get("id"), str):
        return value if isinstance(value.get("thread_id"), str) else None
    return None


def last_run(stream: Exchange) -> dict[str, Any]:
    """The last run object that a stream carried."""
    assert stream.response is not None
    for event in reversed(stream.response.events):
        if (run := run_of(event)) is not None:
            return run
    raise Inconclusive("the stream carried no run")


def waiting(stream: Exchange) -> dict[str, Any]:
    """The run of a stream that ended with a wait for tool outputs."""
    run = last_run(stream)
    if run.get("status") != "requires_action" or not calls(run):
        raise Inconclusive(f"the forced function call did not come: the stream's last run is {run.get('status')}")
    return run


def look_back(api: Driver, stream: Exchange) -> None:
    """Read over plain JSON what the stream has shown."""
    look_at(api, last_run(stream))


def look_at(api: Driver, run: dict[str, Any]) -> None:
    """Read a run, its steps, the messages that these name, and the thread."""
    api.call("getRun", **place(run))
    read_messages(api, run, api.page("listRunSteps", query={"order": "asc"}, **place(run)))
    api.call("listMessages", query={"order": "asc"}, thread_id=run["thread_id"])


def read_messages(api: Driver, run: dict[str, Any], steps: list[dict[str, Any]]) -> None:
    """Read the messages that steps say they created, each by its id."""
    for step in steps[:MOST_MESSAGES]:
        match step:
            case {"step_details": {"message_creation": {"message_id": str(message_id)}}}:
                api.send("getMessage", thread_id=run["thread_id"], message_id=message_id)
            case _:
                pass


def interrupt(
    api: Driver,
    operation: str,
    body: dict[str, Any],
    act: Callable[[dict[str, Any]], Any],
    *,
    at: str = "thread.message.delta",
    **ids: str,
) -> dict[str, Any]:
    """Read a stream, act on its run when the first event of a name comes, and read on; returns the run at its end.

    Stops the scenario where the event never comes.
    """
    run: dict[str, Any] = {}
    acted = False
    with api.open(operation, body, **ids) as events:
        for event in events:
            run = run_of(event) or run
            if event.name == "thread.created" and isinstance(made := event.json_or_none, dict):
                api.register_for_cleanup("createThread", str(made.get("id")))
            if event.name == at and run and not acted:
                acted = True
                act(run)
    if not acted:
        raise Inconclusive(f"the stream never showed {at}")
    return api.wait(run, until=TERMINAL)
