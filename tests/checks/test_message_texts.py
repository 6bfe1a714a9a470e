"""The text of a message is one text, wherever it is read: in a stream, by itself, on a list, once or twice."""

from typing import Any

from conformance.trace.trace import Trace
from tests.checks.judging import Checks, judged_by
from tests.checks.tables import Tables
from tests.traces import RUN, THREAD, Call, call, deleted, listing, message, run, stream, thread, trace

NAMES = ("messages.frozen", "attachments.kept")
CHECKS = Checks(*NAMES)
MESSAGES = f"/threads/{THREAD}/messages"
LIST, GET = f"GET {MESSAGES}", f"GET {MESSAGES}/msg_M1"
WRITTEN = "Two lines: \n\n- Zürich 日本茶 \n- 🥐\n"
STATUS = {"status", "completed_at", "incomplete_at", "incomplete_details"}
CITED: dict[str, Any] = {
    "type": "file_citation",
    "text": "【0】",
    "start_index": 3,
    "end_index": 6,
    "file_citation": {"file_id": "file-F1"},
}
QUOTED = CITED | {"file_citation": {"file_id": "file-F1", "quote": "as it stands"}, "newer": 1}
PICTURE = {"type": "image_file", "image_file": {"file_id": "file-P1"}}
FILED = {"file_id": "file-F1", "tools": [{"type": "file_search"}]}


def part(value: str = WRITTEN, *annotations: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": {"value": value, "annotations": list(annotations)}}


def plain(*parts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A message of the run as plain JSON shows it: nothing tells that it is finished."""
    whole = {name: value for name, value in message("completed").items() if name not in STATUS}
    return whole | {"content": list(parts) or [part()]} | changes


def streamed(*parts: dict[str, Any], name: str = "completed") -> Call:
    shown = message(name, content=list(parts) or [part()])
    return stream(f"POST /threads/{THREAD}/runs", (f"thread.message.{name}", shown))


ENDED = call(f"GET /threads/{THREAD}/runs/{RUN}", run("completed"))
ACTIVE = call(f"GET /threads/{THREAD}/runs/{RUN}", run("in_progress"))
KEPT = message(attachments=[FILED])

GOOD = {
    "the same everywhere": trace(streamed(), call(GET, plain()), ENDED, call(LIST, listing(plain(), message()))),
    "growing while its run is active": trace(
        ACTIVE, call(GET, plain(part("Two"))), ACTIVE, call(GET, plain(part("Two lines"))), ENDED, call(GET, plain())
    ),
    "the quote of a citation is in the stream only": trace(
        streamed(part(WRITTEN, QUOTED)), call(GET, plain(part(WRITTEN, CITED)))
    ),
    "a part without annotations": trace(
        streamed(), call(GET, plain({"type": "text", "text": {"value": WRITTEN}})), call(LIST, listing(plain()))
    ),
    "members outside the contract": trace(streamed(), call(GET, plain(part() | {"future": 1}))),
    "a list that overlaps the end of the run": trace(
        call(LIST, listing(plain(part("Two"))), times=(0.0, 2.0)),
        call(f"GET /threads/{THREAD}/runs/{RUN}", run("completed"), times=(1.0, 1.5)),
        call(GET, plain(), times=(3.0, 4.0)),
    ),
    "attachments in another order of tools": trace(call(LIST, listing(KEPT)), call(GET, KEPT)),
    "an attached file that was deleted": trace(
        call(LIST, listing(KEPT)),
        call("DELETE /files/file-F1", deleted("file-F1", "file")),
        call(LIST, listing(message())),
    ),
    "an answer that shows no attachments": trace(
        call(LIST, listing(KEPT)), call(GET, {name: value for name, value in KEPT.items() if name != "attachments"})
    ),
    "another thread": trace(call("POST /threads", thread())),
}


def after_stream(*parts: dict[str, Any]) -> Trace:
    return trace(streamed(part(WRITTEN, CITED), PICTURE), call(GET, plain(*parts)))


FROZEN = "MESSAGE-FROZEN-01"
BAD: list[tuple[str, str, Trace]] = [
    (FROZEN, "masked", after_stream(part("x" * len(WRITTEN), CITED), PICTURE)),
    (FROZEN, "trimmed", after_stream(part(WRITTEN.strip(), CITED), PICTURE)),
    (FROZEN, "in one line", after_stream(part(" ".join(WRITTEN.split()), CITED), PICTURE)),
    (FROZEN, "no emoji", after_stream(part(WRITTEN.replace("🥐", ""), CITED), PICTURE)),
    (FROZEN, "no annotation", after_stream(part(), PICTURE)),
    (FROZEN, "annotations left out", after_stream({"type": "text", "text": {"value": WRITTEN}}, PICTURE)),
    (FROZEN, "annotation shifted", after_stream(part(WRITTEN, CITED | {"start_index": 4}), PICTURE)),
    (
        FROZEN,
        "another file cited",
        after_stream(part(WRITTEN, CITED | {"file_citation": {"file_id": "file-F2"}}), PICTURE),
    ),
    (FROZEN, "picture lost", after_stream(part(WRITTEN, CITED))),
    (FROZEN, "parts reversed", after_stream(PICTURE, part(WRITTEN, CITED))),
    (FROZEN, "no content", trace(streamed(), call(GET, plain() | {"content": []}))),
    (FROZEN, "two readings after the end", trace(ENDED, call(GET, plain()), call(GET, plain(part("Two lines"))))),
    (FROZEN, "list and reading", trace(ENDED, call(LIST, listing(plain(part("Two")))), call(GET, plain()))),
    (FROZEN, "cut off, and longer afterwards", trace(streamed(part("Two"), name="incomplete"), call(GET, plain()))),
    (
        FROZEN,
        "of a user",
        trace(call(LIST, listing(message())), call(LIST, listing(message(content=[part("Hello. ")])))),
    ),
    ("ATTACH-KEEP-01", "lost", trace(call(LIST, listing(KEPT)), call(LIST, listing(message())))),
    (
        "ATTACH-KEEP-01",
        "for another tool",
        trace(
            call(LIST, listing(KEPT)),
            call(LIST, listing(message(attachments=[FILED | {"tools": [{"type": "code_interpreter"}]}]))),
        ),
    ),
    ("ATTACH-KEEP-01", "from nowhere", trace(call(LIST, listing(message())), call(LIST, listing(KEPT)))),
]


class TestTables(Tables):
    checks, good, bad, judges = CHECKS, GOOD, BAD, judged_by(*NAMES)
