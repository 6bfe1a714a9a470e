"""One reader for each format. A reader is a module (or object) with these four:

* `NAME`, under which the format is reported;
* `recognises(document)`: whether a parsed document is of the format;
* `entries(document)`: (place in words, stored entry) of each exchange; raises `Malformed` where there can be none;
* `row(stored, number, place, label)`: the row of an entry; raises `Malformed`, which costs this entry.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from conformance.recordings.recording import Row


class Reader(Protocol):
    """What reads one format."""

    @property
    def NAME(self) -> str:  # noqa: N802 - a constant of a module
        """What the format is called."""

    def recognises(self, document: Any, /) -> bool:
        """Whether a parsed document is of this format."""

    def entries(self, document: Any, /) -> Iterator[tuple[str, Any]]:
        """The stored exchanges, each with its place in words; raises `Malformed`."""

    def row(self, stored: dict[Any, Any], number: int, place: str, label: str, /) -> Row:
        """The row of one of them; raises `Malformed`."""
