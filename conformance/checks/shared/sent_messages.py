"""The messages that requests sent, by themselves or with a thread or a run, beside those that a thread lists."""

from collections.abc import Sequence

from conformance.checks.shared.echo import content_kept
from conformance.trace.calls import OperationCall
from conformance.trace.index import CREATING_RUNS, Index
from conformance.trace.json import Json, mapping, sequence, text
from conformance.trace.pages import Page

SentMessage = tuple[OperationCall, dict[str, Json]]
OF_THREADS, OF_RUNS = "IDENTITY-THREAD-01", "LIMIT-RUN-13"
_IMAGES = ("image_url", "image_file")


def created_alone(index: Index) -> frozenset[str]:
    """The messages that requests created by themselves."""
    made = index.shown_by("thread.message")
    return frozenset(made[call.number].id for call in index.calls_to("createMessage") if call.number in made)


def sent_along(index: Index) -> dict[str, dict[str, list[SentMessage]]]:
    """The messages that came with accepted requests to create threads or runs, by requirement and thread."""
    found: dict[str, dict[str, list[SentMessage]]] = {OF_THREADS: {}, OF_RUNS: {}}
    made = index.shown_by("thread", "thread.run")
    for call in index.calls_to("createThread", *CREATING_RUNS):
        if not call.ok or call.number not in made:
            continue
        requirement = OF_RUNS if call.operation == "createRun" else OF_THREADS
        thread_id = text(made[call.number].value.get("thread_id")) or made[call.number].id
        found[requirement].setdefault(thread_id, []).extend((call, mapping(row)) for row in messages_of(call))
    return found


def messages_of(call: OperationCall) -> list[Json]:
    """The messages that a request sends."""
    match call.operation:
        case "createMessage":
            return [call.sent]
        case "createThread":
            return sequence(call.sent.get("messages"))
        case "createThreadAndRun":
            return sequence(mapping(call.sent.get("thread")).get("messages"))
        case _:
            return sequence(call.sent.get("additional_messages"))


def member_with_messages(call: OperationCall) -> str:
    """The member of a request that its messages come in."""
    return {"createRun": "additional_messages", "createThreadAndRun": "thread"}.get(call.operation, "messages")


def is_shown_as(index: Index, row: dict[str, Json], item: dict[str, Json]) -> bool:
    """Whether a message is what was sent."""
    content = index.contract.values.of_object("thread.message").members["content"]
    return item.get("role") == row.get("role") and content_kept(content, row.get("content"), item.get("content"))


def is_comparable(row: dict[str, Json]) -> bool:
    """Whether what was sent is a message of texts and images, which can be told apart from others with certainty."""
    content = row.get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    return bool(parts) and all(map(_is_known_part, map(mapping, parts)))


def _is_known_part(part: dict[str, Json]) -> bool:
    kind = part.get("type")
    return isinstance(part.get("text"), str) if kind == "text" else kind in _IMAGES and isinstance(part.get(kind), dict)


def attempted_messages(index: Index) -> dict[str, tuple[list[SentMessage], list[dict[str, Json]]]]:
    """By thread with a refused message: the refused ones that can be told apart, and all that were taken.

    What was in a thread that the trace did not see made, nobody knows.
    """
    found = {}
    made: frozenset[str] | None = None
    for thread_id, calls in index.calls_by("thread_id", "createMessage", "createRun").items():
        rows = [(call, mapping(row)) for call in calls if call.refused for row in messages_of(call)]
        refused = [(call, row) for call, row in rows if is_comparable(row)]
        if refused and made is None:
            made = _made_threads(index)
        if refused and made is not None and thread_id in made:
            taken = [call.sent for call in calls if call.operation == "createMessage" and not call.refused]
            taken += [row for rows in index.view(sent_along).values() for _, row in rows.get(thread_id, ())]
            found[thread_id] = (refused, taken)
    return found


def _made_threads(index: Index) -> frozenset[str]:
    """The threads that were made in view."""
    made = index.shown_by("thread", "thread.run")
    calls = [call for call in index.calls_to("createThread", "createThreadAndRun") if call.number in made]
    return frozenset(text(made[call.number].value.get("thread_id")) or made[call.number].id for call in calls)


def refused_position(index: Index, row: dict[str, Json], taken: Sequence[dict[str, Json]], page: Page) -> int | None:
    """Where a page shows a refused message that no other request sent as well."""
    for position, item in enumerate(page.items):
        by_nobody_else = not any(is_shown_as(index, other, item) for other in taken)
        if item.get("run_id") is None and is_shown_as(index, row, item) and by_nobody_else:
            return position
    return None


def attachments_of(rows: list[Json]) -> list[tuple[str, tuple[str, ...]]]:
    """Attachments as they are compared: each file with the kinds of tools that may read it, in no order."""
    found = []
    for row in map(mapping, rows):
        tools = {str(mapping(tool).get("type")) for tool in sequence(row.get("tools"))}
        found.append((text(row.get("file_id")) or "", tuple(sorted(tools))))
    return sorted(found)
