"""The messages that steps say they created: each of them is there to be read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from conformance.checks.asked import Asked, asked, by_path, status_of
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.pages import PAGING, Page, pages
from conformance.contract import Contract
from conformance.trace.json import mapping, shown, text
from conformance.trace.order import before
from conformance.trace.trace import Sighting, Trace

STEP = "thread.run.step"


@dataclass(frozen=True)
class _Announced:
    """A message that a completed step says it created, and the first sighting that says so."""

    message_id: str
    thread_id: str
    run_id: str | None
    step: Sighting


@check("STEP-LINK-02")
def readable(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """The message that a completed step created is found, by its id or on its thread's list, until it is deleted."""
    requests = asked(trace, contract)
    reads = by_path([one for one in requests if one.operation == "getMessage"], "message_id")
    lists: dict[str, list[Page]] = {}
    for page in pages(trace, contract):
        if page.asked.operation == "listMessages":
            lists.setdefault(page.asked.path.get("thread_id", ""), []).append(page)
    removals = [one for one in requests if one.operation in ("deleteMessage", "deleteThread") and not one.refused]
    for announced in _announced(trace):
        told = trace.exchange(announced.step.where.exchange)
        expected = f"message {shown(announced.message_id)}, which a completed step created (exchange {told.number})"
        looks = [(one, one.status == 404) for one in reads.get(announced.message_id, ()) if _says(one, announced)]
        looks += [
            (page.asked, announced.message_id not in page.ids)
            for page in lists.get(announced.thread_id, ())
            if _would_list(page, announced)
        ]
        for one, missing in sorted(looks, key=lambda look: look[0].number):
            if not before(told, one.exchange) or _removed(removals, announced, one):
                continue
            yield Examined("STEP-LINK-02", one.number)
            if missing:
                actual = f"status {one.status}" if one.operation == "getMessage" else "a list of the thread without it"
                yield Finding("STEP-LINK-02", one.where, expected, actual)
                break


def _announced(trace: Trace) -> Iterator[_Announced]:
    for _, seen in trace.of_kind(STEP):
        step = next((sighting for sighting in seen if status_of(sighting) == "completed"), None)
        if step is None:
            continue
        creation = mapping(mapping(step.value.get("step_details")).get("message_creation"))
        message_id, thread_id = text(creation.get("message_id")), text(step.value.get("thread_id"))
        if message_id and thread_id:
            yield _Announced(message_id, thread_id, text(step.value.get("run_id")), step)


def _says(one: Asked, announced: _Announced) -> bool:
    """Whether the answer to a look by id tells that the message is there, or that it is not."""
    return one.path.get("thread_id") == announced.thread_id and (one.ok or one.status == 404)


def _would_list(page: Page, announced: _Announced) -> bool:
    """Whether the page is a whole list that the message belongs on."""
    of_run = page.query.get("run_id", announced.run_id) == announced.run_id
    unfiltered = page.query.keys() <= PAGING | {"run_id"}
    return page.is_beginning and unfiltered and of_run and page.has_more is False


def _removed(removals: list[Asked], announced: _Announced, look: Asked) -> bool:
    """Whether the message or its thread may have been deleted before the look."""
    return any(
        one.path.get("thread_id") == announced.thread_id
        and one.path.get("message_id", announced.message_id) == announced.message_id
        and not before(look.exchange, one.exchange)
        for one in removals
    )
