"""The messages that completed steps say they created, and the requests whose answers tell whether they are there."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge

from conformance.trace.calls import OperationCall, Timeline
from conformance.trace.index import Index
from conformance.trace.json import text
from conformance.trace.pages import Page
from conformance.trace.runs import RUN, STEP, created_message
from conformance.trace.trace import Sighting

_COMPLETED = frozenset({"completed"})


@dataclass(frozen=True)
class AnnouncedMessage:
    """A message that a completed step says it created, and the first sighting that says so."""

    message_id: str
    thread_id: str
    run_id: str | None
    step: Sighting


def announced_messages(index: Index) -> Iterator[AnnouncedMessage]:
    """The messages of steps that completed in view: what was made before the trace began may be gone since."""
    ended = index.contract.lifecycles["run"].terminal
    for history in index.objects(STEP).values():
        completed = history.with_status(_COMPLETED)
        if completed:
            message_id, thread_id = created_message(completed[0].value), text(completed[0].value.get("thread_id"))
            run_id = text(completed[0].value.get("run_id"))
            active = any(run.status not in ended for run in index.history(RUN, run_id)[:1])
            if message_id and thread_id and (active or history[0] is not completed[0]):
                yield AnnouncedMessage(message_id, thread_id, run_id, completed[0])


def deletions_of(index: Index, announced: AnnouncedMessage) -> tuple[Timeline, Timeline]:
    """The deletions of a message, and of its thread, that were not refused."""
    of_message = index.calls_on("message_id", announced.message_id, "deleteMessage", effective=True)
    return (
        of_message.where(lambda call: call.params["thread_id"] == announced.thread_id),
        index.calls_on("thread_id", announced.thread_id, "deleteThread", effective=True),
    )


def looks_for(
    index: Index, announced: AnnouncedMessage, lists: dict[tuple[str, str | None], list[Page]]
) -> Iterator[OperationCall | Page]:
    """The requests behind the step whose answers tell whether the message is there: by its id, and whole lists."""
    reads = [
        call
        for call in index.calls_on("message_id", announced.message_id, "getMessage")
        if call.params["thread_id"] == announced.thread_id and (call.ok or call.status == 404)
    ]
    number = announced.step.where.exchange
    pages = [lists.get((announced.thread_id, run_id), []) for run_id in dict.fromkeys((None, announced.run_id))]
    return merge(reads, *(_behind(number, found) for found in pages), key=lambda look: look.number)


def _behind(number: int, pages: list[Page]) -> Iterator[Page]:
    return (pages[position] for position in range(bisect_right(pages, number, key=_number), len(pages)))


def _number(page: Page) -> int:
    return page.number
