"""Runs as a stream shows them, and as they stand afterwards."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.driver import TERMINAL, Driver, Inconclusive
from conformance.scenarios.material import (
    FORCE_WEATHER,
    WEATHER,
    assistant,
    outputs,
    place,
    thread,
    user,
)
from conformance.wire.exchange import Exchange


def _last_run(stream: Exchange) -> dict[str, object]:
    """The last run object that a stream carried."""
    assert stream.response is not None
    for event in reversed(stream.response.events):
        value = event.json_or_none
        if isinstance(value, dict) and value.get("object") == "thread.run" and isinstance(value.get("id"), str):
            return value
    raise Inconclusive("the stream carried no run")


def _look_back(api: Driver, stream: Exchange) -> None:
    """Read over plain JSON what the stream has shown."""
    run = _last_run(stream)
    where: dict[str, Any] = {"thread_id": str(run.get("thread_id")), "run_id": str(run["id"])}
    api.call("getRun", **where)
    api.call("listRunSteps", query={"order": "asc"}, **where)
    api.call("listMessages", query={"order": "asc"}, thread_id=where["thread_id"])


def test_text(api: Driver) -> None:
    """A plain answer, streamed."""
    made = assistant(api)
    stream = api.stream("createRun", {"assistant_id": made["id"]}, thread_id=thread(api)["id"])
    _look_back(api, stream)


def test_create_thread_and_run(api: Driver) -> None:
    """Thread and run in one streamed call."""
    made = assistant(api)
    stream = api.stream("createThreadAndRun", {"assistant_id": made["id"], "thread": {"messages": [user()]}})
    _look_back(api, stream)


def test_function(api: Driver) -> None:
    """A forced function call: one stream up to the waiting run, a second one from its outputs to the end."""
    made = assistant(api, tools=[WEATHER])
    stream = api.stream(
        "createRun", {"assistant_id": made["id"], "tool_choice": FORCE_WEATHER}, thread_id=thread(api)["id"]
    )
    run = _last_run(stream)
    if run.get("status") != "requires_action":
        raise Inconclusive(f"the forced function call did not come: the stream's last run is {run.get('status')}")
    stream = api.stream("submitToolOuputsToRun", outputs(run), **place(run))
    _look_back(api, stream)


def test_token_cap(api: Driver) -> None:
    """A streamed run with the smallest documented token caps, which may end incomplete."""
    made = assistant(api, instructions="Count from one to one thousand in words, and never stop early.")
    stream = api.stream(
        "createRun",
        {"assistant_id": made["id"], "max_completion_tokens": 256, "max_prompt_tokens": 256},
        thread_id=thread(api, "Count, please.")["id"],
    )
    _look_back(api, stream)


def test_cancel(api: Driver) -> None:
    """A second client cancels a run while its stream is being read."""
    made = assistant(api, instructions="Count from one to one thousand in words, and never stop early.")
    request = {"assistant_id": made["id"]}
    if "script" in api.target.profile.capabilities:
        request["metadata"] = {"script": "slow"}
    run: dict[str, object] = {}
    with api.open("createRun", request, thread_id=thread(api, "Count, please.")["id"]) as events:
        for event in events:
            value = event.json_or_none
            if event.name == "thread.run.in_progress" and isinstance(value, dict):
                run = value
                api.send("cancelRun", **place(run))
    if not run:
        raise Inconclusive("the stream never showed the run in progress")
    api.wait(run, until=TERMINAL)
    api.call("listRunSteps", **place(run))
    api.call("listMessages", thread_id=str(run["thread_id"]))


def test_refused(api: Driver) -> None:
    """A streaming request that names an unknown assistant is refused with plain JSON."""
    unknown = "asst_000000000000000000000000"
    api.send("createRun", {"assistant_id": unknown, "stream": True}, thread_id=thread(api)["id"])
