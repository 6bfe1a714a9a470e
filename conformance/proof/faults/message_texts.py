"""Faults of the text itself: plain JSON, lists and streams that show something else of the same message."""

from conformance.proof.faults.changes import (
    add,
    again,
    ascii_only,
    drop,
    escaped,
    every,
    has,
    listed,
    made_thread,
    put,
    replace,
    unstreamed,
    when,
)
from conformance.proof.faults.context import FaultContext, Json
from conformance.proof.faults.fault import answers, event_data, objects, request_bodies
from conformance.proof.interception import Answer

TEXT = "content.text.value"
ANNOTATIONS = "content.text.annotations"
on_message = objects("thread.message")
on_piece = event_data("thread.message.delta", within="delta.content")
on_completed = event_data("thread.message.completed")
written = has("run_id")
_plain = every(unstreamed, written)


def _alone(value: Json, context: FaultContext) -> bool:
    """Messages in an answer of their own."""
    return context.event is None and not context.listed


def _without_line_ends(text: str) -> str:
    return text.replace("\n", " ")


for _name, _about, _make in (
    ("masked", "The text of a run's message is masked in plain JSON.", lambda text: "x" * len(text)),
    ("trimmed", "The text of a run's message loses white space at its end in plain JSON.", str.rstrip),
    ("not_ascii", "The text of a run's message loses characters beyond ASCII in plain JSON.", ascii_only),
    ("in_one_line", "The lines of a run's message are joined in plain JSON.", _without_line_ends),
    (
        "escaped",
        "The text of a run's message is escaped in plain JSON.",
        lambda text: escaped({"text": text + "<"})["text"],
    ),
    ("lower", "The text of a run's message is in lower case in plain JSON.", str.lower),
    ("empty", "The text of a run's message is empty in plain JSON.", lambda text: ""),
):
    on_message("MESSAGE-FROZEN-01", f"messages.plain_text_{_name}")(_about, when(_plain, replace(TEXT, _make)))

on_message("MESSAGE-FROZEN-01", "messages.second_reading_is_cut")(
    "The text of a run's message loses its last character when it is read again.",
    when(every(_plain, again("id")), replace(TEXT, lambda text: text[:-1])),
)
on_message("MESSAGE-FROZEN-01", "messages.run_text_cut_on_lists")(
    "The text of a run's message is cut at twenty characters on lists.",
    when(every(listed, written), replace(TEXT, lambda text: text[:20])),
)
on_message("MESSAGE-FROZEN-01", "messages.run_text_trimmed_alone")(
    "The text of a run's message is trimmed where it is read by itself.",
    when(every(_alone, written), replace(TEXT, str.strip)),
)
on_message("MESSAGE-FROZEN-01", "messages.user_text_trimmed_on_lists")(
    "The text of a user's message is trimmed on lists.", when(listed, replace(TEXT, str.strip))
)
on_message("MESSAGE-FROZEN-01", "messages.annotations_lost_alone")(
    "A message that is read by itself has lost its annotations.", when(_alone, put(ANNOTATIONS, []))
)
on_message("MESSAGE-FROZEN-01", "messages.annotations_shifted_on_lists")(
    "The annotations of a message begin one character late on lists.",
    when(listed, add(f"{ANNOTATIONS}.start_index", 1)),
)
on_message("MESSAGE-FROZEN-01", "messages.citation_of_another_file_on_lists")(
    "The citations of a message name another file on lists.",
    when(listed, replace(f"{ANNOTATIONS}.file_citation.file_id", lambda name: f"{name[:-1]}_")),
)
on_message("MESSAGE-FROZEN-01", "messages.last_annotation_lost_in_plain_json")(
    "A message loses its last annotation in plain JSON.",
    when(unstreamed, replace(ANNOTATIONS, lambda found: found[:-1])),
)
on_message("MESSAGE-FROZEN-01", "messages.parts_reversed_on_lists")(
    "The parts of a message stand in reverse order on lists.",
    when(listed, replace("content", lambda parts: parts[::-1])),
)
on_message("MESSAGE-FROZEN-01", "messages.first_part_only_on_lists")(
    "A message shows its first part only on lists.", when(listed, replace("content", lambda parts: parts[:1]))
)
on_message("MESSAGE-FROZEN-01", "messages.pictures_lost_in_plain_json")(
    "A run's message has no pictures in plain JSON.",
    when(_plain, replace("content", lambda parts: [part for part in parts if part["type"] != "image_file"])),
)
on_piece("DELTA-TEXT-01", "deltas.ends_trimmed")(
    "The pieces of a text lose white space at their ends.", replace("text.value", str.rstrip)
)
on_piece("DELTA-TEXT-01", "deltas.line_ends_lost")(
    "The pieces of a text have spaces for line ends.", replace("text.value", _without_line_ends)
)
on_completed("DELTA-TEXT-01", "deltas.completed_text_trimmed")(
    "The event that completes a message has its text trimmed.", replace(TEXT, str.rstrip)
)
on_completed("DELTA-TEXT-01", "deltas.completed_without_content")(
    "The event that completes a message has no content.", put("content", [])
)
on_message("ATTACH-KEEP-01", "attachments.lost_on_lists")(
    "A message shows no attachments on lists.", when(listed, put("attachments", []))
)
on_message("ATTACH-KEEP-01", "attachments.lost_when_read")(
    "A message that is read by itself shows the first of its attachments only, and that for no tool.",
    when(
        lambda value, context: context.operation == "getMessage",
        replace("attachments", lambda rows: [{**row, "tools": []} for row in rows[:1]]),
    ),
)


@answers("createThread").function("ATTACH-ECHO-01", area="attachments")
def first_messages_forget_theirs(answer: Answer, context: FaultContext) -> None:
    """The messages of a new thread do not show what was attached to them."""
    thread = made_thread(answer, context)
    for message in thread.messages.values() if thread else ():
        message.value["attachments"] = []


request_bodies("createThread")("IDENTITY-ECHO-04", "identity.metadata_of_first_messages_lost")(
    "The metadata of a new thread's messages is lost.", drop("messages.metadata")
)
