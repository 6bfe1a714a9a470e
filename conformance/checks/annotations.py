"""Annotations of messages: where they lie in the text, and which files they name."""

from collections.abc import Iterator
from typing import NamedTuple

from conformance.checks.check import Examined, Finding, Observation, check
from conformance.trace.hosted_calls import last_shown_run, searched_stores
from conformance.trace.index import Index
from conformance.trace.json import Json, format_value, is_integer, mapping, sequence, text
from conformance.trace.store_contents import StoreContents
from conformance.trace.trace import Sighting, Where
from conformance.trace.uploads import uploads_by_id, without_space

TOOLS = {"file_citation": "file_search", "file_path": "code_interpreter"}


class Annotation(NamedTuple):
    """One annotation of a message: the sighting, its place, the text it is in, and itself."""

    message: Sighting
    where: Where
    text: str
    value: dict[str, Json]


def _annotations(index: Index) -> list[Annotation]:
    """The annotations in every sighting of a message."""
    found = []
    for message in index.sightings("thread.message"):
        for position, part in enumerate(sequence(message.value.get("content"))):
            written = part.get("text") if isinstance(part, dict) else None
            if not isinstance(written, dict) or not written.get("annotations"):
                continue
            value, place = text(written.get("value")), message.where.below("content", position, "text", "annotations")
            for number, annotation in enumerate(sequence(written["annotations"])):
                if value is not None and isinstance(annotation, dict):
                    found.append(Annotation(message, place.below(number), value, annotation))
    return found


def _is_by_user(index: Index, message: Sighting) -> bool:
    """Whether a message is in the answer to the user's request that created it."""
    call = index.call(message.where.exchange)
    return call is not None and call.operation == "createMessage" and message.value.get("role") == "user"


@check("ANNOTATION-USER-01")
def of_users(index: Index) -> Iterator[Observation]:
    """What a user writes has no annotations."""
    created = {call.number for call in index.calls_to("createMessage") if call.ok}
    for message in index.sightings("thread.message") if created else ():
        if message.where.exchange in created and message.value.get("role") == "user":
            yield Examined("ANNOTATION-USER-01", message.where.exchange)
    first: dict[Where, list[Annotation]] = {}
    for annotation in index.view(_annotations):
        if _is_by_user(index, annotation.message):
            first.setdefault(annotation.message.where, []).append(annotation)
    for found in first.values():
        expected = "no annotations in a message that a user has just written"
        yield Finding("ANNOTATION-USER-01", found[0].where, expected, f"{len(found)} annotations")


@check("ANNOTATION-PLACE-01", "ANNOTATION-TEXT-01")
def places(index: Index) -> Iterator[Observation]:
    """An annotation lies in its text, on the words that it repeats."""
    for annotation in index.view(_annotations):
        if not _is_by_user(index, annotation.message):
            yield from _lies_within(annotation)


def _lies_within(annotation: Annotation) -> Iterator[Observation]:
    where, value = annotation.where, annotation.text
    start, end, cited = (annotation.value.get(name) for name in ("start_index", "end_index", "text"))
    if not is_integer(start) or not is_integer(end):
        return
    longest = len(value.encode("utf-8", "replace"))
    yield Examined("ANNOTATION-PLACE-01", where.exchange)
    if not 0 <= start <= end <= longest:
        expected = f"start_index and end_index in this order within the text of {len(value)} characters"
        yield Finding("ANNOTATION-PLACE-01", where, expected, f"{format_value(start)} to {format_value(end)}")
        return
    # In streams the deltas' own check judges this: DELTA-ANNOTATION-02.
    if annotation.message.streamed or not isinstance(cited, str):
        return
    yield Examined("ANNOTATION-TEXT-01", where.exchange)
    if value[start:end] != cited:
        expected = f"the text from {start} to {end}, {format_value(value[start:end])}"
        yield Finding("ANNOTATION-TEXT-01", where.below("text"), expected, f"text {format_value(cited)}")


@check("ANNOTATION-FILE-01", "ANNOTATION-TOOL-01", "ANNOTATION-QUOTE-01")
def sources(index: Index) -> Iterator[Observation]:
    """A citation comes from a tool of the run, names a file that it could read, and quotes what stands there."""
    for message, where, _, annotation in index.view(_annotations):
        run, kind = last_shown_run(index, message), annotation.get("type")
        if not isinstance(kind, str) or kind not in TOOLS:
            continue
        if isinstance(run.get("tools"), list):
            yield from _tool(where, kind, run["tools"])
        named = mapping(annotation.get(kind))
        file_id, quote = text(named.get("file_id")), text(named.get("quote"))
        if file_id is None or kind != "file_citation":
            continue
        yield from _file(index, where, run, file_id)
        upload = index.view(uploads_by_id).get(file_id)
        if quote and upload is not None and upload.dense_text is not None:
            yield Examined("ANNOTATION-QUOTE-01", where.exchange)
            if without_space(quote) not in upload.dense_text:
                place, expected = where.below(kind, "quote"), f"a quote from {format_value(file_id)}"
                yield Finding("ANNOTATION-QUOTE-01", place, expected, f"quote {format_value(quote)}")


def _tool(where: Where, kind: str, tools: list[Json]) -> Iterator[Observation]:
    yield Examined("ANNOTATION-TOOL-01", where.exchange)
    if TOOLS[kind] not in (mapping(tool).get("type") for tool in tools):
        expected = f"no {kind} from a run without {TOOLS[kind]}"
        yield Finding("ANNOTATION-TOOL-01", where.below("type"), expected, f"type {format_value(kind)}")


def _file(index: Index, where: Where, run: dict[str, Json], file_id: str) -> Iterator[Observation]:
    """Judge where a cited file comes from, where the trace created every store that the run could search."""
    stores = searched_stores(index, run)
    if stores is None or not stores.all_created:
        return
    yield Examined("ANNOTATION-FILE-01", where.exchange)
    if file_id not in index.view(StoreContents).attached and not stores.may_hold(file_id):
        expected = "a file of the assistant's or the thread's vector stores"
        yield Finding("ANNOTATION-FILE-01", where.below("file_citation", "file_id"), expected, format_value(file_id))
