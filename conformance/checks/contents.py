"""What is in a thread: the messages that were sent to it by whatever request, and none that was refused."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.checks.asked import Asked, asked, shown_in
from conformance.checks.check import Examined, Finding, Observation, check
from conformance.checks.echoes import content_kept
from conformance.checks.lifecycle import below
from conformance.checks.pages import Page, pages
from conformance.contract import Contract
from conformance.trace.json import Json, is_integer, mapping, sequence, shown, text
from conformance.trace.order import before
from conformance.trace.trace import Sighting, Trace

Sent = tuple[Asked, dict[str, Json]]


@check("IDENTITY-THREAD-01", "LIMIT-RUN-13", "IDENTITY-REFUSED-02")
def messages(trace: Trace, contract: Contract) -> Iterator[Observation]:
    """Where a thread's messages are all listed on one page, each that was sent is there, and no refused one."""
    requests = asked(trace, contract)
    threads = shown_in(trace, ("thread", "thread.run"))
    runs = shown_in(trace, ("thread.run",))
    shown_messages = shown_in(trace, ("thread.message",))
    by_themselves = {
        shown_messages[one.number].id
        for one in requests
        if one.operation == "createMessage" and one.number in shown_messages
    }
    sent = {
        requirement: _sent(requests, requirement, threads) for requirement in ("IDENTITY-THREAD-01", "LIMIT-RUN-13")
    }
    for page in pages(trace, contract):
        thread_id = page.asked.path.get("thread_id", "")
        whole = page.is_beginning and page.is_unfiltered and page.has_more is False
        if page.asked.operation != "listMessages" or not whole or _deleted_from(requests, thread_id, page):
            continue
        # What was created by itself answers for no other request, and of equals the oldest was sent first: a proxy that
        # takes the same message twice, by itself and with a run, was accused of its order otherwise.
        unclaimed = [index for index, item in enumerate(page.items) if text(item.get("id")) not in by_themselves]
        unclaimed.sort(key=lambda index: _created(page.items[index]))
        for requirement, rows in sent.items():
            for one, row in rows.get(thread_id, ()):
                if before(one.exchange, page.asked.exchange):
                    yield from _present(requirement, one, row, page, unclaimed, runs.get(one.number))
        yield from _refused(requests, thread_id, sent, page)


def _sent(requests: list[Asked], requirement: str, made: dict[int, Sighting]) -> dict[str, list[Sent]]:
    """The messages that came with accepted requests to create threads or runs, by thread."""
    found: dict[str, list[Sent]] = {}
    for one in requests:
        if not one.ok or one.number not in made:
            continue
        rows: Json = None
        if requirement == "LIMIT-RUN-13" and one.operation == "createRun":
            rows = one.sent.get("additional_messages")
        elif requirement == "IDENTITY-THREAD-01" and one.operation == "createThread":
            rows = one.sent.get("messages")
        elif requirement == "IDENTITY-THREAD-01" and one.operation == "createThreadAndRun":
            rows = mapping(one.sent.get("thread")).get("messages")
        thread_id = text(made[one.number].value.get("thread_id")) or made[one.number].id
        found.setdefault(thread_id, []).extend((one, mapping(row)) for row in sequence(rows))
    return found


def _created(item: dict[str, Json]) -> int:
    at = item.get("created_at")
    return at if is_integer(at) else 0


def _deleted_from(requests: list[Asked], thread_id: str, page: Page) -> bool:
    """Whether a message, or the thread with all of them, may have been deleted before the page was shown."""
    return any(
        one.operation in ("deleteMessage", "deleteThread")
        and one.path.get("thread_id") == thread_id
        and not before(page.asked.exchange, one.exchange)
        for one in requests
    )


def _is(row: dict[str, Json], item: dict[str, Json]) -> bool:
    return item.get("role") == row.get("role") and content_kept(row.get("content"), item.get("content"))


def _is_text(row: dict[str, Json]) -> bool:
    """Whether what was sent is a message of text and nothing else; others cannot be told apart with certainty."""
    content = row.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return bool(parts) and all(
        mapping(part).get("type") == "text" and isinstance(mapping(part).get("text"), str) for part in parts
    )


def _present(
    requirement: str,
    one: Asked,
    row: dict[str, Json],
    page: Page,
    unclaimed: list[int],
    run: Sighting | None,
) -> Iterator[Observation]:
    if not _is_text(row):
        return
    yield Examined(requirement, page.number)
    index = next((index for index in unclaimed if _is(row, page.items[index])), None)
    if index is None:
        yield Finding(
            requirement,
            below(page.where, "data"),
            f"the message {shown(row['content'])} that was sent in exchange {one.number}",
            f"{len(page.items)} messages, none like it",
        )
        return
    unclaimed.remove(index)
    if requirement == "LIMIT-RUN-13" and run is not None:
        own = [m["created_at"] for m in page.items if m.get("run_id") == run.id and is_integer(m.get("created_at"))]
        at = page.items[index].get("created_at")
        if own and is_integer(at) and at > min(own):
            yield Finding(
                requirement,
                below(page.where, "data", index, "created_at"),
                f"additional messages before the run's own, which begin at {shown(min(own))}",
                f"created_at {shown(at)}",
            )


def _refused(
    requests: list[Asked], thread_id: str, sent: dict[str, dict[str, list[Sent]]], page: Page
) -> Iterator[Observation]:
    """A message refused by itself or with a run is not in the thread, unless the same was sent again and taken."""
    to_thread = [o for o in requests if o.operation == "createMessage" and o.path.get("thread_id") == thread_id]
    taken = [o.sent for o in to_thread if not o.refused]
    taken += [row for rows in sent.values() for _, row in rows.get(thread_id, ())]
    refused = [(one, one.sent) for one in to_thread if one.refused]
    refused += [
        (one, mapping(row))
        for one in requests
        if one.operation == "createRun" and one.refused and one.path.get("thread_id") == thread_id
        for row in sequence(one.sent.get("additional_messages"))
    ]
    for one, row in refused:
        if not before(one.exchange, page.asked.exchange) or not _is_text(row):
            continue
        yield Examined("IDENTITY-REFUSED-02", page.number)
        index = next(
            (
                index
                for index, item in enumerate(page.items)
                if item.get("run_id") is None and _is(row, item) and not any(_is(other, item) for other in taken)
            ),
            None,
        )
        if index is not None:
            yield Finding(
                "IDENTITY-REFUSED-02",
                below(page.where, "data", index),
                f"no message {shown(row['content'])}: it was refused in exchange {one.number}",
                "a message with this content",
            )
