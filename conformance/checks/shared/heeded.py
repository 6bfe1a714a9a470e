"""Which inputs an endpoint reads, by evidence: an answer shows what was sent, and would look otherwise without it."""

from collections.abc import Iterator
from itertools import pairwise
from operator import ne

from conformance.checks.shared.echo import echoes
from conformance.checks.shared.sent_messages import created_alone, is_shown_as, member_with_messages, sent_along
from conformance.trace.index import Index
from conformance.trace.json import text
from conformance.trace.uploads import uploads

DEFAULT_LIMIT = 20
CHOSEN_BY_SERVER = "auto"
"""What shows for a choice that is left to the server, and as well for one that was not read."""


def heeded(index: Index) -> frozenset[tuple[str, str]]:
    """The inputs that were seen to have an effect, each as operation and member."""
    return frozenset((*_echoed(index), *_uploaded(index), *_sent_along(index), *_paged(index)))


def _echoed(index: Index) -> Iterator[tuple[str, str]]:
    for echo in index.view(echoes):
        shown = echo.sighting.value[echo.name]
        member = index.contract.values.of_object(echo.sighting.kind).members[echo.name]
        if echo.right and shown != CHOSEN_BY_SERVER and not member.shows_default(shown):
            yield echo.call.operation, echo.name


def _uploaded(index: Index) -> Iterator[tuple[str, str]]:
    purposes = {upload.purpose for upload in index.view(uploads) if upload.file.get("purpose") == upload.purpose}
    if len(purposes) > 1:
        yield "createFile", "purpose"
    if any(upload.file.get("bytes") == len(upload.content) for upload in index.view(uploads)):
        yield "createFile", "file"


def _sent_along(index: Index) -> Iterator[tuple[str, str]]:
    sent = index.view(sent_along)
    for page in index.pages("listMessages"):
        thread_id = page.call.params.get("thread_id", "")
        rows = [sent_message for by_thread in sent.values() for sent_message in by_thread.get(thread_id, ())]
        alone = index.view(created_alone) if rows else frozenset[str]()
        items = [item for item in page.items if text(item.get("id")) not in alone]
        for item in items if rows else ():
            senders = [call for call, row in rows if is_shown_as(index, row, item)]
            if len(senders) == 1:
                yield senders[0].operation, member_with_messages(senders[0])


def _paged(index: Index) -> Iterator[tuple[str, str]]:
    following: dict[tuple[str, str | None], set[tuple[str | None, str | None]]] = {}
    ways: dict[str, set[str]] = {}
    for page in index.all_pages:
        operation, known = page.call.operation, following.setdefault((page.path, page.order), set())
        if page.has_more is True and len(page.items) == page.limit != DEFAULT_LIMIT:
            yield operation, "limit"
        if page.ids and (page.query.get("after"), page.ids[0]) in known:
            yield operation, "after"
        if page.ids and (page.ids[-1], page.query.get("before")) in known:
            yield operation, "before"
        known |= set(pairwise(page.ids))
        if page.order is not None and page.disorder is None and any(map(ne, page.created, page.created[1:])):
            ways.setdefault(operation, set()).add(page.order)
    yield from ((operation, "order") for operation, orders in ways.items() if len(orders) > 1)
