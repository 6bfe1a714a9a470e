"""Runs as a stream shows them, and as they stand afterwards."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.driver import TERMINAL, Driver, Inconclusive
from conformance.scenarios.material import (
    FORCE_WEATHER,
    WEATHER,
    assistant,
    assistant_of,
    calls,
    directed,
    outputs,
    place,
    thread,
    user,
    waiting_run,
)
from conformance.wire.exchange import Exchange
from conformance.wire.sse import Event

COUNTING = "Count from one to one thousand in words, and never stop early."


def _run_of(event: Event) -> dict[str, Any] | None:
    """The run object that an event carries."""
    value = event.json_or_none
    if isinstance(value, dict) and value.get("object") == "thread.run" and isinstance(value.get("id"), str):
        return value if isinstance(value.get("thread_id"), str) else None
    return None


def _last_run(stream: Exchange) -> dict[str, Any]:
    """The last run object that a stream carried."""
    assert stream.response is not None
    for event in reversed(stream.response.events):
        if (run := _run_of(event)) is not None:
            return run
    raise Inconclusive("the stream carried no run")


def _waiting(stream: Exchange) -> dict[str, Any]:
    """The run of a stream that ended with a wait for tool outputs."""
    run = _last_run(stream)
    if run.get("status") != "requires_action" or not calls(run):
        raise Inconclusive(f"the forced function call did not come: the stream's last run is {run.get('status')}")
    return run


def _look_back(api: Driver, stream: Exchange) -> None:
    """Read over plain JSON what the stream has shown."""
    _look_at(api, _last_run(stream))


def _look_at(api: Driver, run: dict[str, Any]) -> None:
    api.call("getRun", **place(run))
    api.call("listRunSteps", query={"order": "asc"}, **place(run))
    api.call("listMessages", query={"order": "asc"}, thread_id=run["thread_id"])


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


def test_second_run(api: Driver) -> None:
    """A conversation goes on: two streams on one thread, one after the other."""
    made, thread_id = assistant(api), thread(api)["id"]
    api.stream("createRun", {"assistant_id": made["id"]}, thread_id=thread_id)
    api.call("createMessage", user("And in one word?"), thread_id=thread_id)
    _look_back(api, api.stream("createRun", {"assistant_id": made["id"]}, thread_id=thread_id))


def test_function(api: Driver) -> None:
    """A forced function call: one stream up to the waiting run, a second one from its outputs to the end."""
    made = assistant(api, tools=[WEATHER])
    stream = api.stream(
        "createRun", {"assistant_id": made["id"], "tool_choice": FORCE_WEATHER}, thread_id=thread(api)["id"]
    )
    run = _waiting(stream)
    _look_back(api, stream)
    _look_back(api, api.stream("submitToolOuputsToRun", outputs(run), **place(run)))


def test_parallel_functions(api: Driver) -> None:
    """Two function calls at once, whose pieces are told apart by their index."""
    made = assistant(api, tools=[WEATHER], instructions="Always ask for the weather of all cities at the same time.")
    stream = api.stream(
        "createRun",
        {"assistant_id": made["id"], "tool_choice": "required", **directed(api, "call:2")},
        thread_id=thread(api, "How is the weather in Oslo and in Paris?")["id"],
    )
    run = _waiting(stream)
    _look_back(api, api.stream("submitToolOuputsToRun", outputs(run), **place(run)))


def test_two_rounds(api: Driver) -> None:
    """Three streams: two end with a wait for tool outputs, the third with the run."""
    api.needs("script", "a second round of function calls")
    made = assistant(api, tools=[WEATHER])
    stream = api.stream(
        "createRun", {"assistant_id": made["id"], **directed(api, "rounds:2")}, thread_id=thread(api)["id"]
    )
    for _ in range(2):
        run = _waiting(stream)
        stream = api.stream("submitToolOuputsToRun", outputs(run), **place(run))
    _look_back(api, stream)


def test_function_of_a_new_thread(api: Driver) -> None:
    """Thread, run and a forced function call in one stream, and the outputs over plain JSON."""
    made = assistant(api, tools=[WEATHER])
    request = {"assistant_id": made["id"], "thread": {"messages": [user()]}, "tool_choice": FORCE_WEATHER}
    run = _waiting(api.stream("createThreadAndRun", request))
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    _look_at(api, api.wait(run, until=TERMINAL))


def test_function_seen_by_both(api: Driver) -> None:
    """A run made by a poller, whose outputs are answered with a stream."""
    run = waiting_run(api)
    _look_back(api, api.stream("submitToolOuputsToRun", outputs(run), **place(run)))


def test_token_cap(api: Driver) -> None:
    """A streamed run with the smallest documented token caps, which may end incomplete."""
    made = assistant(api, instructions=COUNTING)
    stream = api.stream(
        "createRun",
        {"assistant_id": made["id"], "max_completion_tokens": 256, "max_prompt_tokens": 256},
        thread_id=thread(api, "Count to 1000, please.")["id"],
    )
    _look_back(api, stream)


def test_cancel(api: Driver) -> None:
    """A second client cancels a run in the middle of its message, while its stream is being read."""
    made = assistant(api, instructions=COUNTING)
    request = {"assistant_id": made["id"], **directed(api, "words:40; slow")}
    run: dict[str, Any] = {}
    cancelled = False
    with api.open("createRun", request, thread_id=thread(api, "Count, please.")["id"]) as events:
        for event in events:
            run = _run_of(event) or run
            if event.name == "thread.message.delta" and run and not cancelled:
                cancelled = True
                api.send("cancelRun", **place(run))
    if not cancelled:
        raise Inconclusive("the stream never showed a piece of a message")
    _look_at(api, api.wait(run, until=TERMINAL))


def test_cancel_early(api: Driver) -> None:
    """A second client cancels a run before anything is written."""
    made = assistant(api, instructions=COUNTING)
    run: dict[str, Any] = {}
    request = {"assistant_id": made["id"], **directed(api, "slow")}
    with api.open("createRun", request, thread_id=thread(api, "Count, please.")["id"]) as events:
        for event in events:
            run = _run_of(event) or run
            if event.name == "thread.run.in_progress" and run:
                api.send("cancelRun", **place(run))
    if not run:
        raise Inconclusive("the stream never showed the run")
    _look_at(api, api.wait(run, until=TERMINAL))


def test_left(api: Driver) -> None:
    """A client leaves in the middle of a stream; the run goes on to its end."""
    made = assistant(api)
    run: dict[str, Any] = {}
    with api.open("createRun", {"assistant_id": made["id"]}, thread_id=thread(api)["id"]) as events:
        for event in events:
            run = _run_of(event) or run
            if event.name == "thread.message.delta" and run:
                break
    if not run:
        raise Inconclusive("the stream never showed the run")
    _look_at(api, api.wait(run))


def test_failed(api: Driver) -> None:
    """A run that fails in the middle of its message."""
    api.needs("script", "a failed run")
    request = {"assistant_id": assistant(api)["id"], **directed(api, "words:20; fail:rate_limit_exceeded")}
    _look_back(api, api.stream("createRun", request, thread_id=thread(api)["id"]))


def test_failed_early(api: Driver) -> None:
    """A run that fails before anything is written."""
    api.needs("script", "a failed run")
    request = {"assistant_id": assistant(api)["id"], **directed(api, "fail")}
    _look_back(api, api.stream("createRun", request, thread_id=thread(api)["id"]))


def test_expired(api: Driver) -> None:
    """A run whose time passes in the middle of its message."""
    api.needs("script", "a run that takes too long")
    request = {"assistant_id": assistant(api)["id"], **directed(api, "words:20; slow")}
    run: dict[str, Any] = {}
    expired = False
    with api.open("createRun", request, thread_id=thread(api)["id"]) as events:
        for event in events:
            run = _run_of(event) or run
            if event.name == "thread.message.delta" and run and not expired:
                expired = True
                api.let_expire(run)
    if not expired:
        raise Inconclusive("the stream never showed a piece of a message")
    _look_at(api, api.wait(run, until=TERMINAL))


def test_two_at_once(api: Driver) -> None:
    """Two clients read two streams of two threads at the same time, and neither sees the other's."""
    made = assistant(api)
    threads = [thread(api, f"Question {number}")["id"] for number in range(2)]
    request = {"assistant_id": made["id"], "instructions": "Answer in one sentence."}
    runs: dict[int, dict[str, Any]] = {}
    with (
        api.open("createRun", request, thread_id=threads[0]) as first,
        api.open("createRun", request, thread_id=threads[1]) as second,
    ):
        for number, events in enumerate((second, first)):
            for event in events:
                runs[number] = _run_of(event) or runs.get(number, {})
    for run in runs.values():
        if run:
            _look_at(api, run)


def test_refused(api: Driver) -> None:
    """A streaming request that names an unknown assistant is refused with plain JSON."""
    unknown = "asst_000000000000000000000000"
    api.send("createRun", {"assistant_id": unknown, "stream": True}, thread_id=thread(api)["id"])


def test_refused_by_lock(api: Driver) -> None:
    """Streaming requests for a second run, and for outputs of foreign calls, are refused with plain JSON."""
    run = waiting_run(api)
    api.send("createRun", {"assistant_id": assistant_of(run), "stream": True}, thread_id=run["thread_id"])
    foreign = {"tool_call_id": "call_000000000000000000000000", "output": "?"}
    api.send("submitToolOuputsToRun", {"tool_outputs": [foreign], "stream": True}, **place(run))
    api.call("getRun", **place(run))


def test_not_asked_for(api: Driver) -> None:
    """With stream false or null the answer is plain JSON."""
    made, thread_id = assistant(api), thread(api)["id"]
    for stream in (False, None):
        run = api.call("createRun", {"assistant_id": made["id"], "stream": stream}, thread_id=thread_id)
        api.wait(run, until=TERMINAL)
