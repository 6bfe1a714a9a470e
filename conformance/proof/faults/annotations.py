"""Faults of annotations: citations and file paths in the text of messages."""

from conformance.proof.faults.changes import add, drop, put, replace, then, unstreamed, when
from conformance.proof.faults.fault import event_data, objects

on_message = objects("thread.message")
NOTES = "content.text.annotations"
NO_FILE = f"file-{'0' * 22}"
on_note = event_data("thread.message.delta", within=f"delta.{NOTES}")

on_message("ANNOTATION-PLACE-01", "annotations.ends_behind_the_text")(
    "An annotation ends far behind the text.", add(f"{NOTES}.end_index", 10_000)
)
on_message("ANNOTATION-PLACE-01", "annotations.ends_before_it_begins")(
    "An annotation ends before it begins.",
    replace(
        NOTES,
        lambda notes: [{**note, "start_index": note["end_index"], "end_index": note["start_index"]} for note in notes],
    ),
)
on_message("ANNOTATION-USER-01", "annotations.annotated_user")(
    "The text of a new message of the user has an annotation.",
    when(
        lambda message, context: message["role"] == "user" and context.operation == "createMessage",
        replace(
            "content.text",
            lambda text: {
                **text,
                "annotations": [
                    {
                        "type": "file_citation",
                        "text": text["value"][:1],
                        "start_index": 0,
                        "end_index": 1,
                        "file_citation": {"file_id": NO_FILE},
                    }
                ],
            },
        ),
    ),
)
on_message("ANNOTATION-TEXT-01", "annotations.one_character_early")(
    "The places of annotations are one character too early.",
    when(unstreamed, then(add(f"{NOTES}.start_index", -1), add(f"{NOTES}.end_index", -1))),
)
on_message("ANNOTATION-FILE-01", "annotations.cites_another_file")(
    "A citation names a file that is in none of the vector stores.", put(f"{NOTES}.file_citation.file_id", NO_FILE)
)
objects("thread.run")("ANNOTATION-TOOL-01", "annotations.citation_without_search")(
    "A run whose messages cite files does not show file_search.",
    lambda value, _: value.update(tools=[tool for tool in value["tools"] if tool["type"] != "file_search"]),
)
on_note("DELTA-INDEX-03", "annotations.numbered_from_one")(
    "The annotations of a text are numbered from 1.", add("index", 1)
)
event_data("thread.message.delta")("DELTA-ANNOTATION-01", "annotations.not_in_deltas")(
    "The annotations of a message come with the finished message only.",
    drop(f"delta.{NOTES}", unless=lambda notes: not notes),
)
on_note("DELTA-ANNOTATION-01", "annotations.other_file_in_deltas")(
    "The deltas of a message cite another file than the finished message.", put("file_citation.file_id", NO_FILE)
)
event_data("thread.message.delta", "thread.message.completed")("DELTA-ANNOTATION-02", "annotations.places_in_deltas")(
    "The places of annotations are one character off, in streams.",
    then(*(add(f"{place}{NOTES}.{end}", -1) for place in ("delta.", "") for end in ("start_index", "end_index"))),
)
