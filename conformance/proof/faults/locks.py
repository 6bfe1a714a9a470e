"""Faults of locks: what a thread takes while a run is active, and after it."""

from __future__ import annotations

from typing import Any

from conformance.proof.faults.changes import succeed
from conformance.proof.faults.context import FaultContext, replace_method
from conformance.proof.faults.fault import answers, inside
from conformance.proof.interception import Answer
from conformance.reference import objects as reference_objects
from conformance.reference.endpoint import Endpoint
from conformance.reference.store import Run, Thread


class _OpenWhileWaiting(Thread):
    """A thread that a run locks only while it works."""

    @property
    def active_run(self) -> Run | None:
        """The run that locks the thread."""
        return next((run for run in self.runs.values() if run.status in ("queued", "in_progress")), None)


class _OpenWhileQueued(Thread):
    """A thread that a run locks from when it begins."""

    @property
    def active_run(self) -> Run | None:
        """The run that locks the thread."""
        return next((run for run in self.runs.values() if not run.is_over and run.status != "queued"), None)


class _OpenWhileCancelling(Thread):
    """A thread that a run which is being cancelled does not lock."""

    @property
    def active_run(self) -> Run | None:
        """The run that locks the thread."""
        return next((run for run in self.runs.values() if not run.is_over and run.status != "cancelling"), None)


class _LockedByCancellation(Thread):
    """A thread that a cancelled run locks for good."""

    @property
    def active_run(self) -> Run | None:
        """The run that locks the thread."""
        return next((run for run in self.runs.values() if not run.is_over or run.status == "cancelled"), None)


class _LockedByFailure(Thread):
    """A thread that a run locks which failed, expired or is incomplete."""

    @property
    def active_run(self) -> Run | None:
        """The run that locks the thread."""
        ended = ("completed", "cancelled")
        return next((run for run in self.runs.values() if run.status not in ended), None)


def _made_of(endpoint: Endpoint, kind: type[Thread]) -> None:
    """Let all threads be of another kind."""

    def finding(find: Any) -> Any:
        def found(identifier: str) -> Thread:
            thread: Thread = find(identifier)
            thread.__class__ = kind
            return thread

        return found

    replace_method(endpoint.store, "thread", finding)


@inside.function("LOCK-RUN-01")
def open_while_waiting(endpoint: Endpoint) -> None:
    """A run that waits for tool outputs does not lock its thread."""
    _made_of(endpoint, _OpenWhileWaiting)


@inside.function("LOCK-RUN-01")
def open_while_queued(endpoint: Endpoint) -> None:
    """A queued run does not lock its thread."""
    _made_of(endpoint, _OpenWhileQueued)


@inside.function("LOCK-RACE-01")
def locked_too_late(endpoint: Endpoint) -> None:
    """A run locks its thread when it begins, so that two that come at once are both taken."""
    _made_of(endpoint, _OpenWhileQueued)


@inside.function("LOCK-FREE-01")
def locked_by_cancellation(endpoint: Endpoint) -> None:
    """A cancelled run locks its thread for good."""
    _made_of(endpoint, _LockedByCancellation)


@inside.function("LOCK-FREE-01")
def locked_by_failure(endpoint: Endpoint) -> None:
    """A run that failed, expired or is incomplete locks its thread for good."""
    _made_of(endpoint, _LockedByFailure)


@answers("createMessage").function("LOCK-MESSAGE-01")
def messages_while_waiting(answer: Answer, context: FaultContext) -> None:
    """A thread whose run waits for tool outputs takes messages."""
    thread = context.endpoint.store.threads.get(context.ids["thread_id"])
    run = thread.active_run if thread else None
    if thread is None or run is None or run.status != "requires_action":
        return
    if answer.status == 400 and "while a run" in answer.body["error"]["message"]:
        store, ids = context.endpoint.store, context.endpoint.ids
        value = reference_objects.message(
            ids.make("msg"), context.endpoint.clock.now(), thread.id, context.request_body
        )
        succeed(answer, reference_objects.plain(store.add(value, thread.messages).value))


@answers("createMessage").function("LOCK-MESSAGE-01")
def messages_are_swallowed(answer: Answer, context: FaultContext) -> None:
    """A message to a locked thread is answered 200 and forgotten."""
    if answer.status == 400 and "while a run" in answer.body["error"]["message"]:
        ids = context.endpoint.ids
        value = reference_objects.message(
            ids.make("msg"), context.endpoint.clock.now(), context.ids["thread_id"], context.request_body
        )
        succeed(answer, reference_objects.plain(value))


@answers("createMessage", "createRun").function("LOCK-NAMES-01")
def lock_without_names(answer: Answer, context: FaultContext) -> None:
    """A refusal for an active run names neither the thread nor the run."""
    if answer.status == 400 and " active" in answer.body["error"]["message"]:
        answer.body["error"]["message"] = "The thread already has an active run."


@answers("createRun").function("LOCK-FREE-01")
def locked_by_itself(answer: Answer, context: FaultContext) -> None:
    """The first request for a run on a thread is refused for an active run."""
    under_way = context.endpoint.store.threads.get(context.ids["thread_id"])
    if under_way is None:
        return
    if answer.ok and len(under_way.runs) == 1:
        answer.status = 400
        message = f"Thread {under_way.id} already has an active run {answer.body['id']}."
        error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        answer.body = {"error": error}
