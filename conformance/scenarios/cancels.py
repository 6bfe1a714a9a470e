"""Runs that are cancelled, from every status."""

from typing import Any

from conformance.scenarios.kit.driver import TERMINAL, Call, Driver, Inconclusive
from conformance.scenarios.kit.fixtures import assistant, directed, outputs, place, standing_run, thread, waiting_run
from conformance.scenarios.kit.readback import look_at


def _cancel(api: Driver, run: dict[str, Any]) -> dict[str, Any]:
    """Cancel a run, see it end, and read what it leaves, then and a little later."""
    api.call("listRunSteps", **place(run))
    if not api.send("cancelRun", **place(run)).ok:
        raise Inconclusive(f"the endpoint does not cancel a run that is {run['status']}")
    api.send("cancelRun", **place(run))
    run = api.wait(run, until=TERMINAL)
    api.send("cancelRun", **place(run))
    api.call("listRunSteps", **place(run))
    api.call("listMessages", thread_id=run["thread_id"])
    api.settle()
    api.call("listRunSteps", **place(run))
    api.call("listMessages", thread_id=run["thread_id"])
    return api.call("getRun", **place(run))  # type: ignore[no-any-return]


def test_queued(api: Driver) -> None:
    """A run that has not begun."""
    _cancel(api, standing_run(api, "queued"))


def test_in_progress(api: Driver) -> None:
    """A run that is being worked on."""
    _cancel(api, standing_run(api, "in_progress"))


def test_waiting(api: Driver) -> None:
    """A run that waits for tool outputs, which come too late."""
    run = waiting_run(api)
    answer = outputs(run)
    run = _cancel(api, run)
    api.send("submitToolOuputsToRun", answer, **place(run))


def test_writing(api: Driver) -> None:
    """A run in the middle of its message, which stays as far as it came."""
    made = assistant(api, instructions="Count from one to one thousand in words, and never stop early.")
    request = {"assistant_id": made["id"], **directed(api, "words:20; slow")}
    run = api.call("createRun", request, thread_id=thread(api, "Count, please.")["id"])
    run = api.wait(run, until=frozenset({"in_progress"}))
    _cancel(api, run)


def test_at_once(api: Driver) -> None:
    """A cancellation right behind the creation, which may come in time or not."""
    run = api.call("createRun", {"assistant_id": assistant(api)["id"]}, thread_id=thread(api)["id"])
    api.send("cancelRun", **place(run))
    run = api.wait(run, until=TERMINAL)
    api.call("listRunSteps", **place(run))


def test_completed(api: Driver) -> None:
    """A run that is complete stays complete."""
    run = api.call("createRun", {"assistant_id": assistant(api)["id"]}, thread_id=thread(api)["id"])
    run = api.wait(run, until=TERMINAL)
    api.send("cancelRun", **place(run))
    api.call("getRun", **place(run))


def test_incomplete(api: Driver) -> None:
    """A run that was cut off stays so."""
    api.needs("script", "a run that is cut off")
    made = assistant(api)
    request = {"assistant_id": made["id"], "max_completion_tokens": 256, **directed(api, "words:600")}
    run = api.wait(api.call("createRun", request, thread_id=thread(api)["id"]), until=TERMINAL)
    api.send("cancelRun", **place(run))
    api.call("getRun", **place(run))


def test_answered_while_cancelling(api: Driver) -> None:
    """Outputs for a run that is being cancelled come too late, and do not bring it back."""
    run = waiting_run(api)
    answer = outputs(run)
    if not api.send("cancelRun", **place(run)).ok:
        raise Inconclusive("the endpoint does not cancel a run that waits for tool outputs")
    api.send("submitToolOuputsToRun", answer, **place(run))
    run = api.wait(run, until=TERMINAL)
    api.settle()
    api.call("getRun", **place(run))


def test_after_outputs(api: Driver) -> None:
    """A run that goes on with its outputs can be cancelled again."""
    api.needs("script", "a long message after a call")
    run = waiting_run(api, **directed(api, "call; words:20; slow"))
    api.call("submitToolOuputsToRun", outputs(run), **place(run))
    _cancel(api, api.wait(run, until=frozenset({"in_progress"})))


def test_of_another_thread(api: Driver) -> None:
    """A run is not found under another thread, and goes on."""
    run = standing_run(api, "in_progress")
    api.send("cancelRun", thread_id=thread(api)["id"], run_id=run["id"])
    api.call("getRun", **place(run))
    _cancel(api, run)


def test_failed(api: Driver) -> None:
    """A run that has failed stays failed."""
    api.needs("script", "a failed run")
    request = {"assistant_id": assistant(api)["id"], **directed(api, "fail")}
    run = api.wait(api.call("createRun", request, thread_id=thread(api)["id"]), until=TERMINAL)
    api.send("cancelRun", **place(run))
    api.call("getRun", **place(run))


def test_expired(api: Driver) -> None:
    """A run that has expired stays expired."""
    run = waiting_run(api)
    api.let_expire(run)
    run = api.wait(run, until=TERMINAL)
    api.send("cancelRun", **place(run))
    api.call("getRun", **place(run))


def test_concurrent_submission(api: Driver) -> None:
    """One client submits outputs while another cancels: whichever comes first, the run ends once."""
    run = waiting_run(api)
    api.concurrently(Call("submitToolOuputsToRun", outputs(run), place(run)), Call("cancelRun", None, place(run)))
    run = api.wait(run, until=TERMINAL)
    api.settle()
    look_at(api, run)


def test_concurrent(api: Driver) -> None:
    """Two clients cancel one run at the same time: it ends once."""
    run = waiting_run(api)
    api.concurrently(*(Call("cancelRun", None, place(run)) for _ in range(2)))
    run = api.call("getRun", **place(run))
    if run["status"] == "requires_action":
        raise Inconclusive("the endpoint does not cancel a run that waits for tool outputs")
    look_at(api, api.wait(run, until=TERMINAL))


def test_empty_json(api: Driver) -> None:
    """A request to cancel that says its body were JSON, and has none, as some clients send it."""
    run = standing_run(api, "in_progress")
    path = f"/threads/{run['thread_id']}/runs/{run['id']}/cancel"
    api.request("POST", path, content=b"", headers={"Content-Type": "application/json"})
    run = api.call("getRun", **place(run))
    if run["status"] == "in_progress":
        api.call("cancelRun", **place(run))
    api.wait(run, until=TERMINAL)
