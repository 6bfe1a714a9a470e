"""Faults of cancellation."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import refuse, succeed
from conformance.proof.faults.fault import answers, inside, objects, requests
from conformance.proof.faults.scene import Answer, Scene, Sent, instead
from conformance.reference.endpoint import Endpoint

Json = dict[str, Any]


@answers("cancelRun", trips="CANCEL-REFUSE-01")
def completed_run_is_cancelled(answer: Answer, scene: Scene) -> None:
    """Cancelling a completed run is answered 200 with the run as it is."""
    if answer.status == 400:
        run = scene.endpoint.store.threads[scene.ids["thread_id"]].runs[scene.ids["run_id"]]
        if run.status == "completed":
            succeed(answer, dict(run.value))


@answers("cancelRun", trips="CANCEL-REFUSE-01")
def twice_is_no_mistake(answer: Answer, scene: Scene) -> None:
    """Cancelling a cancelled run again is answered 200."""
    if answer.status == 400:
        run = scene.endpoint.store.threads[scene.ids["thread_id"]].runs[scene.ids["run_id"]]
        if run.status == "cancelled":
            succeed(answer, dict(run.value))


@answers("cancelRun", trips="CANCEL-REFUSE-01")
def refused_with_409(answer: Answer, scene: Scene) -> None:
    """Cancelling an ended run is refused with 409."""
    if answer.status == 400:
        answer.status = 409


@requests("cancelRun", trips="CANCEL-ACCEPT-01")
def only_while_queued(sent: Sent, scene: Scene) -> None:
    """A run in progress cannot be cancelled."""
    run = scene.endpoint.store.threads[scene.ids["thread_id"]].runs.get(scene.ids["run_id"])
    if run is not None and run.status == "in_progress":
        raise refuse("Cannot cancel run with status 'in_progress'.")


@objects("thread.run", trips="CANCEL-CAUSE-01")
def expiry_is_a_cancellation(run: Json, scene: Scene) -> None:
    """A run that expires is shown cancelled."""
    if run["status"] == "expired":
        run.update(status="cancelled", cancelled_at=run["completed_at"], completed_at=None)


@objects("thread.run", trips="CANCEL-CAUSE-01")
def failure_is_a_cancellation(run: Json, scene: Scene) -> None:
    """A run that fails is shown cancelled."""
    if run["status"] == "failed":
        run.update(status="cancelled", cancelled_at=run["failed_at"], failed_at=None, last_error=None)


@inside(trips="CANCEL-STEP-01")
def steps_go_on(endpoint: Endpoint) -> None:
    """The open step of a run that is cancelled stays in progress."""
    lifecycle = endpoint.engine._lifecycle

    def closing(close: Any) -> Any:
        def closed(run: Any, status: str, last_error: Any = None) -> None:
            if status != "cancelled":
                close(run, status, last_error)

        return closed

    instead(lifecycle, "close_step", closing)


@objects("thread.message", trips="MESSAGE-CAUSE-01")
def cancelled_by_tokens(message: Json, scene: Scene) -> None:
    """A message that a cancellation cut off says that the tokens ran out."""
    if message.get("incomplete_details") == {"reason": "run_cancelled"}:
        message["incomplete_details"] = {"reason": "max_tokens"}
