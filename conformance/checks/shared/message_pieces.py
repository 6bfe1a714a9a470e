"""A message as the deltas of a stream bring it, to be compared with the finished one."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.checks.check import Examined, Finding, Observation
from conformance.checks.shared.pieces import Indices, Pieces, difference, entries_of, once_each
from conformance.trace.json import format_value, is_integer, json_equal, mapping, text
from conformance.trace.run_stream import Frame
from conformance.trace.trace import Where

# Members of an annotation that deltas and finished messages both have, and that say the same in both; the quote of a
# file citation is sent in the delta only (openai/openai-dotnet FileSearchStreamingWorks.json).
_ANNOTATION = ("type", "text", "start_index", "end_index")
_ANNOTATED_FILE = ("file_citation", "file_path")


@dataclass
class _Part:
    """One part of a message's content, as its deltas bring it."""

    value: Pieces = field(default_factory=Pieces)
    annotations: dict[int, dict[str, Any]] = field(default_factory=dict)
    annotation_indices: Indices = field(default_factory=lambda: Indices("DELTA-INDEX-03"))
    annotations_doubtful: bool = False


@dataclass
class MessagePieces:
    """A message, as a stream brings it."""

    parts: dict[int, _Part] = field(default_factory=dict)
    indices: Indices = field(default_factory=lambda: Indices("DELTA-INDEX-01"))
    created: bool = False
    doubtful: bool = False
    finished: Frame | None = None

    def show(self, frame: Frame, number: int) -> Iterator[Observation]:
        """Take note of an event that shows the message itself."""
        self.created = self.created or frame.creates
        if frame.closes:
            self.finished = frame
        elif frame.creates or not self.parts:
            content = frame.data.get("content")
            if isinstance(content, list):
                yield Examined("DELTA-START-01", number)
                if content:
                    self.doubtful = True
                    where = Where(number, frame.number, "/content")
                    yield Finding("DELTA-START-01", where, "an empty content, filled by deltas", format_value(content))

    def take(self, frame: Frame, number: int) -> Iterator[Observation]:
        """Take what a delta brings."""
        where = Where(number, frame.number, "/delta/content")
        entries = list(entries_of(mapping(frame.data.get("delta")).get("content")))
        yield from once_each(entries, where, frame.count)
        for position, index, entry in entries:
            if index is None:
                self.doubtful = True
                continue
            compared = frame.count - (not self.parts)
            if compared:
                yield Examined("DELTA-INDEX-05", number, compared)
            if self.parts and index < self.indices.last:
                expected = f"index {format_value(self.indices.last)} or the next"
                yield Finding("DELTA-INDEX-05", where.below(position), expected, f"index {format_value(index)} again")
            yield from self.indices.take(index, where, position)
            part = self.parts.setdefault(index, _Part())
            if isinstance(entry.get("text"), dict):
                yield from _take_text(part, entry["text"], where, position)
                part.value.parts.extend(frame.folded.texts)

    def compare(self, number: int) -> Iterator[Observation]:
        """The finished message against its deltas, where it has finished and all of them could be attributed."""
        doubtful = self.doubtful or self.indices.broken
        if self.finished is None or doubtful or not (self.created or self.parts):
            return
        incomplete = self.finished.kind is not None and self.finished.kind.status == "incomplete"
        requirement = "DELTA-TEXT-02" if incomplete else "DELTA-TEXT-01"
        content = self.finished.data.get("content")
        if not isinstance(content, list):
            return
        where = Where(number, self.finished.number, "/content")
        for index, entry in enumerate(content):
            value = text(mapping(mapping(entry).get("text")).get("value"))
            part = self.parts.get(index, _Part())
            if value is None or not part.value.whole:
                continue
            yield Examined(requirement, number)
            if part.value.joined != value:
                place = where.below(index, "text", "value")
                actual = difference(part.value.joined, value)
                yield Finding(requirement, place, "the text that the deltas add up to", actual)
                continue
            yield from _compare_annotations(part, mapping(entry["text"]), value, where.below(index, "text"))
        for index, part in self.parts.items():
            if index >= len(content) and part.value.joined:
                yield Examined(requirement, number)
                expected = f"content part {format_value(index)}, which the deltas bring"
                yield Finding(requirement, where, expected, f"{len(content)} parts")


def _take_text(part: _Part, piece: dict[str, Any], where: Where, position: int) -> Iterator[Observation]:
    part.value.take(piece, "value")
    if not piece.get("annotations"):
        return
    list_place = where.below(position, "text", "annotations")
    for place, index, annotation in entries_of(piece["annotations"]):
        if index is None or index in part.annotations:
            part.annotations_doubtful = True
            continue
        yield from part.annotation_indices.take(index, list_place, place)
        part.annotations[index] = annotation


def _compare_annotations(part: _Part, finished: dict[str, Any], value: str, where: Where) -> Iterator[Observation]:
    annotations = finished.get("annotations")
    if not isinstance(annotations, list) or not (annotations or part.annotations):
        return
    place = where.below("annotations")
    for index, annotation in enumerate(annotations):
        yield from _cut_from_text(mapping(annotation), value, place.below(index))
    if part.annotations_doubtful or part.annotation_indices.broken:
        return
    yield Examined("DELTA-ANNOTATION-01", where.exchange)
    if len(annotations) != len(part.annotations):
        expected = f"{len(part.annotations)} annotations, as in the deltas"
        yield Finding("DELTA-ANNOTATION-01", place, expected, f"{len(annotations)} annotations")
        return
    for index, annotation in enumerate(annotations):
        for name, (brought, kept) in _told_twice(part.annotations.get(index, {}), mapping(annotation)).items():
            if not json_equal(brought, kept):
                expected = f"{name} {format_value(brought)}, as in the deltas"
                yield Finding("DELTA-ANNOTATION-01", place.below(index), expected, f"{name} {format_value(kept)}")


def _told_twice(delta: dict[str, Any], finished: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The members that both forms of an annotation have, each with both values."""
    found = {
        name: (delta[name], finished[name])
        for name in _ANNOTATION
        if delta.get(name) not in (None, "") and name in finished
    }
    for name in _ANNOTATED_FILE:
        brought, kept = mapping(delta.get(name)), mapping(finished.get(name))
        if brought.get("file_id") and "file_id" in kept:
            found["file_id"] = (brought["file_id"], kept["file_id"])
    return found


def _cut_from_text(annotation: dict[str, Any], value: str, where: Where) -> Iterator[Observation]:
    start, end, cited = annotation.get("start_index"), annotation.get("end_index"), annotation.get("text")
    if not is_integer(start) or not is_integer(end) or not isinstance(cited, str):
        return
    yield Examined("DELTA-ANNOTATION-02", where.exchange)
    there = value[start:end] if 0 <= start <= end <= len(value) else None
    if there != cited:
        expected = f"the text from {format_value(start)} to {format_value(end)}, {format_value(there)}"
        if there is None:
            expected = f"start_index and end_index inside the text of {len(value)} characters"
        yield Finding(
            "DELTA-ANNOTATION-02",
            where,
            expected,
            f"text {format_value(cited)}, {format_value(start)} to {format_value(end)}",
        )
