"""A sheet to print on: a console of a readable width that any stream can take."""

import io
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console

from conformance.report.plain import visible

NARROWEST, WIDEST = 40, 120


@contextmanager
def page(file: TextIO | None = None, width: int | None = None, color: bool | None = None) -> Iterator[Console]:
    """A console whose output goes to a stream (standard output unless told otherwise) when the context ends.

    Width and colour are the terminal's (NO_COLOR is obeyed) unless given; text is 40 to 120 columns wide and has no
    blanks at line ends. A stream that cannot take a character gets a stand-in for it.
    """
    stream = sys.stdout if file is None else file
    target = _console(stream, width, color)
    buffer = io.StringIO()
    yield Console(
        file=buffer,
        width=min(max(target.width, NARROWEST), WIDEST),
        color_system=target.color_system,  # type: ignore[arg-type]
        force_terminal=target.color_system is not None,
        no_color=target.no_color,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )
    text = "".join(f"{line.rstrip()}\n" for line in _harmless(buffer.getvalue()).rstrip("\n").split("\n"))
    stream.write(_writable(text, getattr(stream, "encoding", None) or "utf-8"))
    stream.flush()


def _console(stream: TextIO, width: int | None, color: bool | None) -> Console:
    if color is None:
        return Console(file=stream, width=width)
    return Console(file=stream, width=width, color_system="standard" if color else None, force_terminal=color)


def _harmless(text: str) -> str:
    """What is printed, with colours but without any other code that a terminal would obey, whoever put it there."""
    if "\x1b" not in text:
        return visible(text, keep="\n")
    pieces = _COLOUR.split(text)
    return "".join(piece if number % 2 else visible(piece, keep="\n") for number, piece in enumerate(pieces))


_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
_STAND_INS = str.maketrans({"…": "...", "→": "->", "·": "-", "─": "-", "━": "=", "•": "*"})


def _writable(text: str, encoding: str) -> str:
    try:
        text.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return text.translate(_STAND_INS).encode("ascii", "backslashreplace").decode("ascii")
    return text
