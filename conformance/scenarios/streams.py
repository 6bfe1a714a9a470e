"""Runs as a stream shows them, however they end, and as they stand afterwards."""

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Call, Driver, Inconclusive
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
from conformance.scenarios.kit.readback import interrupt, last_run, look_at, look_back, run_of, waiting

LONG = "Count from one to one thousand in words, and never stop early."
CAP = {"max_completion_tokens": 256}
WORDY = "word " * 300


def _called(api: Driver, script: str, **fields: Any) -> dict[str, Any]:
    """A streamed run that waits for the outputs of a call, after which the script goes on."""
    made = assistant(api, tools=[WEATHER])
    request = {"assistant_id": made["id"], **fields, **directed(api, f"call; {script}")}
    return waiting(api.stream("createRun", request, thread_id=thread(api)["id"]))


def _on_a_new_thread(api: Driver, script: str, **fields: Any) -> dict[str, Any]:
    """A request for a thread and a run that follows the script."""
    request = {"assistant_id": assistant(api, instructions=LONG)["id"], "thread": {"messages": [user("Go on.")]}}
    return {**request, **fields, **directed(api, script)}


def test_failed_on_a_new_thread(api: Driver) -> None:
    """Thread and run in one stream; the run fails in the middle of its message."""
    api.needs("script", "a failed run")
    look_back(api, api.stream("createThreadAndRun", _on_a_new_thread(api, "words:20; fail")))


def test_failed_after_outputs(api: Driver) -> None:
    """The run fails in the stream that follows the outputs."""
    api.needs("script", "a failed run")
    run = _called(api, "words:20; fail:rate_limit_exceeded")
    look_back(api, api.stream("submitToolOuputsToRun", outputs(run), **place(run)))


def test_cancelled_on_a_new_thread(api: Driver) -> None:
    """Thread and run in one stream; a second client cancels the run in the middle of its message."""
    request = _on_a_new_thread(api, "words:20; slow")
    look_at(api, interrupt(api, "createThreadAndRun", request, lambda run: api.send("cancelRun", **place(run))))


def test_cancelled_after_outputs(api: Driver) -> None:
    """A second client cancels the run in the stream that follows the outputs."""
    api.needs("script", "a long message after a call")
    run = _called(api, "words:20; slow")
    look_at(
        api,
        interrupt(
            api, "submitToolOuputsToRun", outputs(run), lambda run: api.send("cancelRun", **place(run)), **place(run)
        ),
    )


def test_expired_on_a_new_thread(api: Driver) -> None:
    """Thread and run in one stream; the run's time passes in the middle of its message."""
    api.needs("script", "a run that takes too long")
    look_at(api, interrupt(api, "createThreadAndRun", _on_a_new_thread(api, "words:20; slow"), api.let_expire))


def test_expired_after_outputs(api: Driver) -> None:
    """The run's time passes in the stream that follows the outputs."""
    api.needs("script", "a run that takes too long")
    run = _called(api, "words:20; slow")
    look_at(api, interrupt(api, "submitToolOuputsToRun", outputs(run), api.let_expire, **place(run)))


def test_expired_early(api: Driver) -> None:
    """The run's time passes before anything is written."""
    api.needs("script", "a run that takes too long")
    request = {"assistant_id": assistant(api)["id"], **directed(api, "slow")}
    run = interrupt(api, "createRun", request, api.let_expire, at="thread.run.in_progress", thread_id=thread(api)["id"])
    look_at(api, run)


def test_cut_off_on_a_new_thread(api: Driver) -> None:
    """Thread and run in one stream, whose answer is longer than its cap of tokens."""
    look_back(api, api.stream("createThreadAndRun", _on_a_new_thread(api, "words:600", **CAP)))


def test_cut_off_after_outputs(api: Driver) -> None:
    """The answer to the outputs is longer than the run's cap of tokens."""
    api.needs("script", "a long message after a call")
    run = _called(api, "words:600", **CAP)
    look_back(api, api.stream("submitToolOuputsToRun", outputs(run), **place(run)))


def test_prompt_too_long(api: Driver) -> None:
    """A message that is longer than the run's cap of prompt tokens."""
    request = {"assistant_id": assistant(api)["id"], "max_prompt_tokens": 256}
    look_back(api, api.stream("createRun", request, thread_id=thread(api, WORDY)["id"]))


def test_error(api: Driver) -> None:
    """An error of the server breaks the stream off in the middle of a message."""
    api.needs("script", "an error of the server in a stream")
    request = {"assistant_id": assistant(api)["id"], **directed(api, "words:20; error")}
    run = last_run(api.stream("createRun", request, thread_id=thread(api)["id"]))
    look_at(api, api.wait(run, until=TERMINAL))


def test_error_early(api: Driver) -> None:
    """An error of the server breaks the stream of a new thread off before anything is written."""
    api.needs("script", "an error of the server in a stream")
    run = last_run(api.stream("createThreadAndRun", _on_a_new_thread(api, "error")))
    look_at(api, api.wait(run, until=TERMINAL))


def test_error_after_outputs(api: Driver) -> None:
    """An error of the server breaks off the stream that follows the outputs."""
    api.needs("script", "an error of the server in a stream")
    run = _called(api, "words:20; error")
    run = last_run(api.stream("submitToolOuputsToRun", outputs(run), **place(run)))
    look_at(api, api.wait(run, until=TERMINAL))


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


def test_concurrent(api: Driver) -> None:
    """Two clients stream two runs of two threads at the same time, and neither sees the other's."""
    made = assistant(api)
    places = [thread(api, f"Question {number}")["id"] for number in range(2)]
    request = {"assistant_id": made["id"], "stream": True, **directed(api, "words:12")}
    for stream in api.concurrently(*(Call("createRun", request, {"thread_id": where}) for where in places)):
        if not stream.ok:
            raise Inconclusive("one of two streams on two threads was refused")
        look_at(api, last_run(stream))
