"""Runs that fail, expire or are cut off, and what becomes of their steps, seen by a poller."""

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Driver
from conformance.scenarios.kit.fixtures import (
    assistant,
    directed,
    failing_run,
    outputs,
    place,
    standing_run,
    thread,
    user,
    waiting_run,
)
from conformance.scenarios.kit.readback import read_messages

CAP = 256
"""The least tokens that a run may be limited to."""


def _look(api: Driver, run: dict[str, Any]) -> None:
    """See a run end, read what it leaves, and write on its thread, which must be free again."""
    run = api.wait(run, until=TERMINAL)
    steps = api.page("listRunSteps", **place(run))
    read_messages(api, run, steps)
    for step in steps:
        api.call("getRunStep", step_id=step["id"], **place(run))
    api.call("listMessages", thread_id=run["thread_id"])
    if not api.send("createMessage", user("And now?"), thread_id=run["thread_id"]).ok:
        api.call("createMessage", user(), thread_id=thread(api)["id"])  # a neighbour of what was refused
    api.call("getRun", **place(run))


def test_failed(api: Driver) -> None:
    """A run that fails before it has done anything says why."""
    _look(api, failing_run(api, "fail:server_error"))


def test_failed_by_rate_limit(api: Driver) -> None:
    """A run that fails in the middle of its message, which stays as far as it came."""
    _look(api, failing_run(api, "words:20; fail:rate_limit_exceeded"))


def test_failed_by_prompt(api: Driver) -> None:
    """A run that fails for what it was asked."""
    _look(api, failing_run(api, "fail:invalid_prompt"))


def test_expired_queued(api: Driver) -> None:
    """A run that nobody began in time."""
    run = standing_run(api, "queued")
    api.let_expire(run)
    _look(api, run)


def test_expired_in_progress(api: Driver) -> None:
    """A run that took too long."""
    run = standing_run(api, "in_progress")
    api.let_expire(run)
    _look(api, run)


def test_expired_waiting(api: Driver) -> None:
    """A run whose tool outputs come too late."""
    run = waiting_run(api)
    answer = outputs(run)
    api.let_expire(run)
    _look(api, run)
    api.send("submitToolOuputsToRun", answer, **place(run))


def test_token_cap(api: Driver) -> None:
    """A run with the smallest documented token caps, which may end incomplete."""
    made = assistant(api, instructions="Count in words, and never stop early.")
    request = {"assistant_id": made["id"], "max_completion_tokens": CAP, "max_prompt_tokens": CAP}
    run = api.call("createRun", request, thread_id=thread(api, "Count to 1000, please.")["id"])
    _look(api, run)
    exchange = api.send("getRun", **place(run))
    match api.object_of(exchange, "getRun"):
        case {"status": "incomplete"}:
            api.expect("RUN-CAP-01", exchange, "status incomplete", None)
        case {"status": "completed", "usage": {"completion_tokens": int(used)}} if used >= CAP:
            # A thousand numbers take more tokens than these: the answer was cut off.
            api.expect("RUN-CAP-01", exchange, f"status incomplete: all {CAP} tokens were used", 'status "completed"')


def test_prompt_cap(api: Driver) -> None:
    """A run whose message is longer than the smallest documented cap of prompt tokens, which may end incomplete."""
    request = {"assistant_id": assistant(api)["id"], "max_prompt_tokens": 256}
    _look(api, api.call("createRun", request, thread_id=thread(api, "word " * 300)["id"]))


def test_failed_after_outputs(api: Driver) -> None:
    """A run that fails in the message that follows the outputs."""
    api.needs("script", "a failed run")
    run = waiting_run(api, **directed(api, "call; words:20; fail"))
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    _look(api, run)


def test_expired_after_outputs(api: Driver) -> None:
    """A run whose time passes after it got its outputs."""
    api.needs("script", "a run that takes too long")
    run = waiting_run(api, **directed(api, "call; words:20; slow"))
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    run = api.wait(run, until=frozenset({"in_progress"}))
    api.let_expire(run)
    _look(api, run)
