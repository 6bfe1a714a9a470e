"""How streams end, in each kind of stream: failed, cancelled, expired, cut off, or broken off by an error."""

from __future__ import annotations

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import WEATHER, assistant, directed, outputs, place, thread, user
from conformance.scenarios.kit.readback import interrupt, last_run, look_at, look_back, waiting

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
            api,
            "submitToolOuputsToRun",
            outputs(run),
            lambda run: api.send("cancelRun", **place(run)),
            **place(run),
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
