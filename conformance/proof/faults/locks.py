"""Faults of locks: what a thread takes while a run is active, and after it."""

from collections.abc import Callable
from typing import Any

from conformance.proof.faults.changes import error, refuse, succeed
from conformance.proof.faults.context import FaultContext, replace_method
from conformance.proof.faults.fault import answers, inside, requests
from conformance.proof.interception import Answer, Request
from conformance.reference.endpoint import Endpoint
from conformance.reference.objects import plain
from conformance.reference.store import Run, Thread


def _locked_by(locks: Callable[[Run], bool]) -> Callable[[Endpoint], None]:
    """Let all threads be locked by other runs than they should."""

    class OtherwiseLocked(Thread):
        """A thread with a lock of its own."""

        @property
        def active_run(self) -> Run | None:
            """The run that locks the thread."""
            return next((run for run in self.runs.values() if locks(run)), None)

    def finding(find: Any) -> Any:
        def found(identifier: str) -> Thread:
            thread: Thread = find(identifier)
            thread.__class__ = OtherwiseLocked
            return thread

        return found

    return lambda endpoint: replace_method(endpoint.store, "thread", finding)


inside("LOCK-RUN-01", "locks.open_while_waiting")(
    "A run that waits for tool outputs does not lock its thread.",
    _locked_by(lambda run: run.status in ("queued", "in_progress")),
)
inside("LOCK-RUN-01", "locks.open_while_queued")(
    "A queued run does not lock its thread.", _locked_by(lambda run: not run.is_over and run.status != "queued")
)
inside("LOCK-RACE-01", "locks.locked_too_late")(
    "A run locks its thread when it begins, so that two that come at once are both taken.",
    _locked_by(lambda run: not run.is_over and run.status != "queued"),
)
inside("LOCK-FREE-01", "locks.locked_by_cancellation")(
    "A cancelled run locks its thread for good.", _locked_by(lambda run: not run.is_over or run.status == "cancelled")
)
inside("LOCK-FREE-01", "locks.locked_by_failure")(
    "A run that failed, expired or is incomplete locks its thread for good.",
    _locked_by(lambda run: run.status not in ("completed", "cancelled")),
)


def _is_locked(answer: Answer) -> bool:
    """Whether a message is refused for the run under way."""
    return answer.status == 400 and "while a run" in answer.body["error"]["message"]


@answers("createMessage").function("LOCK-MESSAGE-01")
def messages_while_waiting(answer: Answer, context: FaultContext) -> None:
    """A thread whose run waits for tool outputs takes messages."""
    thread = context.thread
    run = thread.active_run if thread else None
    if thread and run and run.status == "requires_action" and _is_locked(answer):
        value = context.new_message(thread.id, context.sent)
        succeed(answer, plain(context.store.add(value, thread.messages).value))


@answers("createMessage").function("LOCK-MESSAGE-01")
def messages_are_swallowed(answer: Answer, context: FaultContext) -> None:
    """A message to a locked thread is answered 200 and forgotten."""
    if _is_locked(answer):
        succeed(answer, plain(context.new_message(context.ids["thread_id"], context.sent)))


@answers("createMessage", "createRun").function("LOCK-NAMES-01")
def lock_without_names(answer: Answer, context: FaultContext) -> None:
    """A refusal for an active run names neither the thread nor the run."""
    if answer.status == 400 and " active" in answer.body["error"]["message"]:
        answer.body["error"]["message"] = "The thread already has an active run."


@answers("createRun").function("LOCK-FREE-01")
def locked_by_itself(answer: Answer, context: FaultContext) -> None:
    """The first request for a run on a thread is refused for an active run."""
    under_way = context.thread
    if under_way is None:
        return
    if answer.ok and len(under_way.runs) == 1:
        told = f"Thread {under_way.id} already has an active run {answer.body['id']}."
        answer.status, answer.body = 400, error(told)


@requests("createMessage").function("LOCK-FREE-01")
def locked_by_any_thread(request: Request, context: FaultContext) -> None:
    """An active run locks all other threads as well, for messages."""
    threads = context.endpoint.store.threads.values()
    if any(thread.active_run for thread in threads if thread.id != context.ids["thread_id"]):
        raise refuse("A run is active.")
