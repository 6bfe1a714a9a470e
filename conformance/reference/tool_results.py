"""What a run's hosted tools brought, and how the answer refers to it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from conformance.reference.objects import Json

SANDBOX = "/mnt/data/"


@dataclass
class ToolResults:
    """What the tools of one run brought: passages as steps show them, printed text, ids of pictures and of files."""

    passages: list[Json] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    @property
    def marks(self) -> dict[str, Json]:
        """The words by which a text refers to what was found, each with the annotation it gets."""
        marks: dict[str, Json] = {}
        for number, passage in enumerate(self.passages):
            words = f"【4:{number}†{passage['file_name']}】"
            marks[words] = {"type": "file_citation", "file_citation": {"file_id": passage["file_id"]}}
        for name, identifier in self.files.items():
            marks[f"sandbox:{SANDBOX}{name}"] = {"type": "file_path", "file_path": {"file_id": identifier}}
        return marks


def annotated(text: str, marks: Mapping[str, Json]) -> Iterator[tuple[str, Json | None]]:
    """A text cut around its marks: (part, annotation of the part or None). Joined, the parts are the text."""
    begin = 0
    while begin < len(text):
        start, mark = min(
            ((place, mark) for mark in marks if (place := text.find(mark, begin)) >= 0),
            key=lambda found: (found[0], -len(found[1])),
            default=(len(text), ""),
        )
        if start > begin:
            yield text[begin:start], None
        if mark:
            end = start + len(mark)
            kind = marks[mark]["type"]
            yield (mark, {"type": kind, "text": mark, "start_index": start, "end_index": end, kind: marks[mark][kind]})
        begin = start + len(mark)
