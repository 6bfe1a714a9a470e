"""What a reader makes of a recording: its exchanges, and what is known of each besides the wire."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from conformance.trace.exchange import Exchange
from conformance.trace.trace import Expectation

ApiVersion: TypeAlias = Literal["v1", "v2"]


STANDARD_INPUT = Path("-")
"""Stands for what is piped in."""


def label_of(path: Path) -> str:
    """The name under which a cassette is reported: no folders, which differ from machine to machine."""
    name = "standard input" if path == STANDARD_INPUT else path.name
    return name.encode("utf-8", "backslashreplace").decode()


class UnreadableRecording(Exception):
    """A file that gives no exchanges: which one, and why, with the place inside it where there is one."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class Malformed(ValueError):
    """What a reader raises for a document that breaks its format; the text names the place and what was found."""


@dataclass(frozen=True)
class Row:
    """One recorded exchange.

    `api_version` is the version the request asked for (`OpenAI-Beta`), None where it asked for none. `handwritten`
    tells that a person invented the exchange. `label` names the cassette it belongs to, by which rows are grouped into
    traces. `remark` says, in words, why the row cannot be judged (hand-written, an encoding that cannot be undone …).
    `context` tells that it is judged in another portion of its feed, and there for what other rows need. `line` is
    where it stands in a file of JSON lines.
    """

    exchange: Exchange
    api_version: ApiVersion | None = None
    handwritten: bool = False
    label: str = ""
    remark: str = ""
    context: bool = False
    line: int | None = None


def size(row: Row) -> int:
    """Bytes of the bodies of a row."""
    response = row.exchange.response
    return len(row.exchange.request.body) + (len(response.body) if response else 0)


@dataclass(frozen=True)
class Session:
    """What a cassette of ours keeps of its trace besides the exchanges; see `conformance.trace.trace.Trace`."""

    base_path: str | None = None
    live: bool = False
    expectations: tuple[Expectation, ...] = ()
    absent: frozenset[int] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Recording:
    """A recording that was read: its format (the name of the reader) and its rows in file order.

    `broken` says of each entry that could not be read where it is and why. `session` is there in cassettes of ours
    only, which hold one whole trace.
    """

    path: Path
    format: str
    rows: tuple[Row, ...] = ()
    broken: tuple[str, ...] = ()
    session: Session | None = None
