"""Faults of cancellation."""

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import put, refuse, status, succeed, when
from conformance.proof.faults.context import FaultContext, replace_method
from conformance.proof.faults.fault import answers, inside, objects, requests
from conformance.proof.interception import Answer, Request
from conformance.reference.endpoint import Endpoint

on_run = objects("thread.run")


def _cancelled(status: str) -> Callable[[Answer, FaultContext], None]:
    """Answer a cancel that is refused with the run as it is, where it has this status."""

    def change(answer: Answer, context: FaultContext) -> None:
        if answer.status == 400 and (run := context.run) and run.status == status:
            succeed(answer, dict(run.value))

    return change


answers("cancelRun")("CANCEL-REFUSE-01", "cancels.completed_run_is_cancelled")(
    "Cancelling a completed run is answered 200 with the run as it is.", _cancelled("completed")
)
answers("cancelRun")("CANCEL-REFUSE-01", "cancels.twice_is_no_mistake")(
    "Cancelling a cancelled run again is answered 200.", _cancelled("cancelled")
)


@answers("cancelRun").function("CANCEL-REFUSE-01")
def refused_with_409(answer: Answer, context: FaultContext) -> None:
    """Cancelling an ended run is refused with 409."""
    if answer.status == 400:
        answer.status = 409


@requests("cancelRun").function("CANCEL-ACCEPT-01")
def only_while_queued(request: Request, context: FaultContext) -> None:
    """A run in progress cannot be cancelled."""
    if (run := context.run) and run.status == "in_progress":
        raise refuse("Cannot cancel run with status 'in_progress'.")


on_run("CANCEL-CAUSE-01", "cancels.expiry_is_a_cancellation")(
    "A run that expires is shown cancelled.",
    when(
        status("expired"),
        lambda value, _: value.update(status="cancelled", cancelled_at=value["completed_at"], completed_at=None),
    ),
)
on_run("CANCEL-CAUSE-01", "cancels.failure_is_a_cancellation")(
    "A run that fails is shown cancelled.",
    when(
        status("failed"),
        lambda value, _: value.update(
            status="cancelled", cancelled_at=value["failed_at"], failed_at=None, last_error=None
        ),
    ),
)


@inside.function("CANCEL-STEP-01")
def steps_go_on(endpoint: Endpoint) -> None:
    """The open step of a run that is cancelled stays in progress."""
    lifecycle = endpoint.engine._lifecycle

    def closing(close: Any) -> Any:
        def closed(run: Any, status: str, last_error: Any = None) -> None:
            if status != "cancelled":
                close(run, status, last_error)

        return closed

    replace_method(lifecycle, "close_step", closing)


objects("thread.message")("MESSAGE-CAUSE-01", "cancels.cancelled_by_tokens")(
    "A message that a cancellation cut off says that the tokens ran out.",
    when(
        lambda value, _: value.get("incomplete_details") == {"reason": "run_cancelled"},
        put("incomplete_details", {"reason": "max_tokens"}),
    ),
)
