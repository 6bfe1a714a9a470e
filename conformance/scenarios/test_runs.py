"""Runs as a poller sees them."""

from __future__ import annotations

from conformance.scenarios.driver import TERMINAL, Driver, Inconclusive
from conformance.scenarios.material import (
    WEATHER,
    assistant,
    calls,
    outputs,
    place,
    thread,
    user,
    waiting_run,
)


def test_text(api: Driver) -> None:
    """A plain answer: run, steps and messages, seen from creation to completion."""
    run = api.call("createRun", {"assistant_id": assistant(api)["id"]}, thread_id=thread(api)["id"])
    run = api.wait(run, until=TERMINAL)
    steps = api.page("listRunSteps", **place(run))
    for step in steps[:2]:
        api.call("getRunStep", step_id=step["id"], **place(run))
    api.call("listMessages", thread_id=run["thread_id"], query={"order": "asc"})
    api.call("listRuns", thread_id=run["thread_id"])
    api.call("getRun", **place(run))


def test_function(api: Driver) -> None:
    """A forced function call: the run waits, takes the output, and goes on to its end."""
    run = waiting_run(api)
    api.call("listRunSteps", **place(run))
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    run = api.wait(run, until=TERMINAL)
    api.call("listRunSteps", query={"order": "asc"}, **place(run))
    api.call("listMessages", thread_id=run["thread_id"])


def test_create_thread_and_run(api: Driver) -> None:
    """Thread and run in one call."""
    made = assistant(api)
    run = api.call("createThreadAndRun", {"assistant_id": made["id"], "thread": {"messages": [user()]}})
    run = api.wait(run, until=TERMINAL)
    api.call("getThread", thread_id=run["thread_id"])
    api.call("listMessages", thread_id=run["thread_id"])
    api.call("listRunSteps", **place(run))


def test_token_cap(api: Driver) -> None:
    """A run with the smallest documented token caps, which may end incomplete."""
    made = assistant(api, instructions="Count from one to one thousand in words, and never stop early.")
    run = api.call(
        "createRun",
        {"assistant_id": made["id"], "max_completion_tokens": 256, "max_prompt_tokens": 256},
        thread_id=thread(api, "Count, please.")["id"],
    )
    run = api.wait(run, until=TERMINAL)
    api.call("listRunSteps", **place(run))
    api.call("listMessages", thread_id=run["thread_id"])


def test_cancel_waiting(api: Driver) -> None:
    """Cancel a run that waits for tool outputs, then try to submit and to cancel again."""
    run = waiting_run(api)
    cancelled = api.send("cancelRun", **place(run))
    if not cancelled.ok:
        raise Inconclusive("the endpoint does not cancel a run that waits for tool outputs")
    api.wait(run, until=frozenset({"cancelled"}))
    api.send("cancelRun", **place(run))
    api.send("submitToolOuputsToRun", outputs(run), **place(run))
    api.call("listRunSteps", **place(run))
    api.call("getRun", **place(run))


def test_cancel_finished(api: Driver) -> None:
    """Cancelling a completed run is refused and changes nothing."""
    run = api.call("createRun", {"assistant_id": assistant(api)["id"]}, thread_id=thread(api)["id"])
    run = api.wait(run, until=TERMINAL)
    api.send("cancelRun", **place(run))
    api.call("getRun", **place(run))


def test_lock(api: Driver) -> None:
    """While a run waits its thread takes neither messages nor a second run; afterwards it does."""
    run = waiting_run(api)
    api.send("createMessage", user("Are you there?"), thread_id=run["thread_id"])
    api.send("createRun", {"assistant_id": run["assistant_id"]}, thread_id=run["thread_id"])
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    api.wait(run, until=TERMINAL)
    api.call("createMessage", user("And now?"), thread_id=run["thread_id"])
    api.call("listMessages", thread_id=run["thread_id"])


def test_wrong_tool_outputs(api: Driver) -> None:
    """Foreign and missing outputs are refused and change nothing; the right ones are taken afterwards."""
    run = waiting_run(api)
    foreign = {"tool_outputs": [{"tool_call_id": "call_000000000000000000000000", "output": "?"}]}
    api.send("submitToolOuputsToRun", foreign, **place(run))
    run = api.call("getRun", **place(run))
    if not calls(run):
        raise Inconclusive("the run no longer waits for tool outputs")
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    run = api.wait(run, until=TERMINAL)
    api.send("submitToolOuputsToRun", outputs(run), **place(run))


def test_overrides(api: Driver) -> None:
    """A run with its own instructions, tools and metadata; the assistant changes meanwhile, the run does not."""
    made = assistant(api, tools=[WEATHER], metadata={"of": "assistant"})
    run = api.call(
        "createRun",
        {
            "assistant_id": made["id"],
            "instructions": "Answer in French.",
            "additional_instructions": "Use one word.",
            "tools": [],
            "temperature": 0.5,
            "top_p": 0.9,
            "metadata": {"of": "run"},
            "additional_messages": [user("One more thing.")],
        },
        thread_id=thread(api)["id"],
    )
    api.call("modifyAssistant", {"instructions": "Answer in German."}, assistant_id=made["id"])
    run = api.wait(run, until=TERMINAL)
    api.call("modifyRun", {"metadata": {"of": "history"}}, **place(run))
    api.call("getRun", **place(run))
    api.call("listMessages", thread_id=run["thread_id"], query={"order": "asc"})


def test_failed(api: Driver) -> None:
    """A run that fails says why."""
    api.needs("script", "a failed run")
    made = assistant(api)
    run = api.call(
        "createRun",
        {"assistant_id": made["id"], "metadata": {"script": "fail:server_error"}},
        thread_id=thread(api)["id"],
    )
    run = api.wait(run, until=TERMINAL)
    api.call("listRunSteps", **place(run))
