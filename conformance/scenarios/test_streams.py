"""Runs as a stream shows them, and as they stand afterwards."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Driver, Inconclusive
from conformance.scenarios.kit.fixtures import (
    FORCE_WEATHER,
    WEATHER,
    assistant,
    assistant_of,
    directed,
    outputs,
    place,
    thread,
    user,
    waiting_run,
)
from conformance.scenarios.kit.readback import look_at, look_back, run_of, waiting

COUNTING = "Count from one to one thousand in words, and never stop early."


def test_text(api: Driver) -> None:
    """A plain answer, streamed."""
    made = assistant(api)
    stream = api.stream("createRun", {"assistant_id": made["id"]}, thread_id=thread(api)["id"])
    look_back(api, stream)


def test_create_thread_and_run(api: Driver) -> None:
    """Thread and run in one streamed call."""
    made = assistant(api)
    stream = api.stream("createThreadAndRun", {"assistant_id": made["id"], "thread": {"messages": [user()]}})
    look_back(api, stream)


def test_second_run(api: Driver) -> None:
    """A conversation goes on: two streams on one thread, one after the other."""
    made, thread_id = assistant(api), thread(api)["id"]
    api.stream("createRun", {"assistant_id": made["id"]}, thread_id=thread_id)
    api.call("createMessage", user("And in one word?"), thread_id=thread_id)
    look_back(api, api.stream("createRun", {"assistant_id": made["id"]}, thread_id=thread_id))


def test_function(api: Driver) -> None:
    """A forced function call: one stream up to the waiting run, a second one from its outputs to the end."""
    made = assistant(api, tools=[WEATHER])
    stream = api.stream(
        "createRun", {"assistant_id": made["id"], "tool_choice": FORCE_WEATHER}, thread_id=thread(api)["id"]
    )
    run = waiting(stream)
    look_back(api, stream)
    look_back(api, api.stream("submitToolOuputsToRun", outputs(run), **place(run)))


def test_parallel_functions(api: Driver) -> None:
    """Two function calls at once, whose pieces are told apart by their index."""
    made = assistant(api, tools=[WEATHER], instructions="Always ask for the weather of all cities at the same time.")
    stream = api.stream(
        "createRun",
        {"assistant_id": made["id"], "tool_choice": "required", **directed(api, "call:2")},
        thread_id=thread(api, "How is the weather in Oslo and in Paris?")["id"],
    )
    run = waiting(stream)
    look_back(api, api.stream("submitToolOuputsToRun", outputs(run), **place(run)))


def test_two_rounds(api: Driver) -> None:
    """Three streams: two end with a wait for tool outputs, the third with the run."""
    api.needs("script", "a second round of function calls")
    made = assistant(api, tools=[WEATHER])
    stream = api.stream(
        "createRun", {"assistant_id": made["id"], **directed(api, "rounds:2")}, thread_id=thread(api)["id"]
    )
    for _ in range(2):
        run = waiting(stream)
        stream = api.stream("submitToolOuputsToRun", outputs(run), **place(run))
    look_back(api, stream)


def test_function_of_a_new_thread(api: Driver) -> None:
    """Thread, run and a forced function call in one stream, and the outputs over plain JSON."""
    made = assistant(api, tools=[WEATHER])
    request = {"assistant_id": made["id"], "thread": {"messages": [user()]}, "tool_choice": FORCE_WEATHER}
    run = waiting(api.stream("createThreadAndRun", request))
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    look_at(api, api.wait(run, until=TERMINAL))


def test_function_seen_by_both(api: Driver) -> None:
    """A run made by a poller, whose outputs are answered with a stream."""
    run = waiting_run(api)
    look_back(api, api.stream("submitToolOuputsToRun", outputs(run), **place(run)))


def test_token_cap(api: Driver) -> None:
    """A streamed run with the smallest documented token caps, which may end incomplete."""
    made = assistant(api, instructions=COUNTING)
    stream = api.stream(
        "createRun",
        {"assistant_id": made["id"], "max_completion_tokens": 256, "max_prompt_tokens": 256},
        thread_id=thread(api, "Count to 1000, please.")["id"],
    )
    look_back(api, stream)


def test_cancel(api: Driver) -> None:
    """A second client cancels a run in the middle of its message, while its stream is being read."""
    made = assistant(api, instructions=COUNTING)
    request = {"assistant_id": made["id"], **directed(api, "words:40; slow")}
    run: dict[str, Any] = {}
    cancelled = False
    with api.open("createRun", request, thread_id=thread(api, "Count, please.")["id"]) as events:
        for event in events:
            run = run_of(event) or run
            if event.name == "thread.message.delta" and run and not cancelled:
                cancelled = True
                api.send("cancelRun", **place(run))
    if not cancelled:
        raise Inconclusive("the stream never showed a piece of a message")
    look_at(api, api.wait(run, until=TERMINAL))


def test_cancel_early(api: Driver) -> None:
    """A second client cancels a run before anything is written."""
    made = assistant(api, instructions=COUNTING)
    run: dict[str, Any] = {}
    request = {"assistant_id": made["id"], **directed(api, "slow")}
    with api.open("createRun", request, thread_id=thread(api, "Count, please.")["id"]) as events:
        for event in events:
            run = run_of(event) or run
            if event.name == "thread.run.in_progress" and run:
                api.send("cancelRun", **place(run))
    if not run:
        raise Inconclusive("the stream never showed the run")
    look_at(api, api.wait(run, until=TERMINAL))


def test_left(api: Driver) -> None:
    """A client leaves in the middle of a stream; the run goes on to its end."""
    made = assistant(api)
    run: dict[str, Any] = {}
    with api.open("createRun", {"assistant_id": made["id"]}, thread_id=thread(api)["id"]) as events:
        for event in events:
            run = run_of(event) or run
            if event.name == "thread.message.delta" and run:
                break
    if not run:
        raise Inconclusive("the stream never showed the run")
    look_at(api, api.wait(run))


def test_failed(api: Driver) -> None:
    """A run that fails in the middle of its message."""
    api.needs("script", "a failed run")
    request = {"assistant_id": assistant(api)["id"], **directed(api, "words:20; fail:rate_limit_exceeded")}
    look_back(api, api.stream("createRun", request, thread_id=thread(api)["id"]))


def test_failed_early(api: Driver) -> None:
    """A run that fails before anything is written."""
    api.needs("script", "a failed run")
    request = {"assistant_id": assistant(api)["id"], **directed(api, "fail")}
    look_back(api, api.stream("createRun", request, thread_id=thread(api)["id"]))


def test_expired(api: Driver) -> None:
    """A run whose time passes in the middle of its message."""
    api.needs("script", "a run that takes too long")
    request = {"assistant_id": assistant(api)["id"], **directed(api, "words:20; slow")}
    run: dict[str, Any] = {}
    expired = False
    with api.open("createRun", request, thread_id=thread(api)["id"]) as events:
        for event in events:
            run = run_of(event) or run
            if event.name == "thread.message.delta" and run and not expired:
                expired = True
                api.let_expire(run)
    if not expired:
        raise Inconclusive("the stream never showed a piece of a message")
    look_at(api, api.wait(run, until=TERMINAL))


def test_pace(api: Driver) -> None:
    """An answer that takes more than a second, whose events are to come when they happen."""
    made = assistant(api, instructions=COUNTING)
    request = {"assistant_id": made["id"], **directed(api, "words:20; slow:1100")}
    look_back(api, api.stream("createRun", request, thread_id=thread(api, "Count to one hundred in words.")["id"]))


def test_many_bytes(api: Driver) -> None:
    """A text of characters of two to four bytes, of several code points, and of control characters in JSON."""
    made = assistant(api, instructions="Repeat what the user says, character by character.")
    text = 'Grüße, Ελληνικά, 日本語, 🌍👩‍👩‍👧, é,  , "quoted" \\ and\ttabbed, אבג.'
    request = {"assistant_id": made["id"], **directed(api, f"say:{text}")}
    look_back(api, api.stream("createRun", request, thread_id=thread(api, text)["id"]))


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
