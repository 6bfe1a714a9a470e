"""Progress: a bar on a terminal, plain lines elsewhere, nothing when quiet."""

from __future__ import annotations

import io
import re

import pytest

from conformance.report.progress import Progress


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def drive(progress: Progress) -> None:
    progress.start(12)
    progress.scenario("runs.cancel")
    progress.scenario("runs.create")
    progress.done("runs.cancel", "completed", 0)
    progress.done("runs.create", "completed", 2)
    progress.scenario("streams.\x1b[2J\n")
    progress.done("streams.\x1b[2J\n", "unanswered", 0)
    progress.stop()
    progress.stop()


def test_plain_lines_where_nobody_watches() -> None:
    stream = io.StringIO()
    drive(Progress(stream))
    assert stream.getvalue().splitlines() == [
        "[ 1/12] runs.cancel: completed",
        "[ 2/12] runs.create: completed, 2 requirements broken",
        "[ 3/12] streams.\\x1b[2J\\n: unanswered",
    ]


def test_quiet() -> None:
    for stream in (io.StringIO(), Tty()):
        drive(Progress(stream, quiet=True))
        assert stream.getvalue() == ""


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    stream = Tty()
    drive(Progress(stream))
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", stream.getvalue())
    assert "3/12" in text
    assert "2 broken" in text
    assert "[ 1/12]" not in text
    assert stream.getvalue().endswith("\x1b[2K"), "the bar is wiped away"
    assert "\x1b[?25h" in stream.getvalue(), "the cursor is given back"


def test_leaving_gives_the_terminal_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Tty()

    def interrupted() -> None:
        with Progress(stream) as progress:
            progress.start(2)
            progress.scenario("runs.[bold]create[/bold]")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert "\x1b[?25h" in stream.getvalue()
