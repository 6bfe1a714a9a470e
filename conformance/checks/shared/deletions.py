"""Judging what was deleted: it is not found again, and it is on no list."""

from collections.abc import Callable, Iterator

from conformance.checks.check import Examined, Finding, Observation
from conformance.trace.calls import OperationCall, Timeline
from conformance.trace.index import Index
from conformance.trace.json import format_value
from conformance.trace.order import before
from conformance.trace.pages import Page
from conformance.trace.store_contents import is_deletion


class Deletions:
    """The first accepted deletion of each object by one operation."""

    def __init__(self, index: Index, operation: str, parameter: str) -> None:
        self.by_id: dict[str, OperationCall] = {}
        for call in index.calls_to(operation):
            if is_deletion(call):
                self.by_id.setdefault(call.params[parameter], call)
        self._timeline = Timeline(self.by_id.values())

    def judge_page(self, requirement: str, page: Page) -> Iterator[Observation]:
        """Judge that a page does not have what was deleted before."""

        def deletion(object_id: str) -> OperationCall | None:
            call = self.by_id.get(object_id)
            return call if call and before(call.exchange, page.exchange) else None

        if self._timeline.last_before(page.exchange):
            yield Examined(requirement, page.number)
            yield from still_listed(requirement, page, deletion)


def still_listed(requirement: str, page: Page, deletion_of: Callable[[str], OperationCall | None]) -> Iterator[Finding]:
    """The items of a page whose id was deleted before."""
    for index, object_id in enumerate(page.ids):
        deletion = None if object_id is None else deletion_of(object_id)
        if deletion is not None:
            expected = f"no {format_value(object_id)}: it was deleted in exchange {deletion.number}"
            yield Finding(requirement, page.where.below("data", index), expected, "it is listed")


def judge_gone(requirement: str, call: OperationCall, gone_id: str, deletion: OperationCall) -> Iterator[Observation]:
    """Judge that what was deleted is not found."""
    yield Examined(requirement, call.number)
    # A request may be malformed besides, and that is told first.
    if call.status != 404 and not (call.status == 400 and call.exchange.request.method == "POST"):
        expected = f"status 404: {format_value(gone_id)} was deleted in exchange {deletion.number}"
        yield Finding(requirement, call.where, expected, f"status {call.status}")
