"""Progress: a bar on a terminal, plain lines elsewhere, nothing when quiet."""

import io
import re

import pytest

from conformance.report.progress import SILENCE, Progress


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


def drive(progress: Progress) -> None:
    progress.start(12)
    progress.scenario("runs.cancel")
    progress.scenario("runs.create")
    progress.done("runs.cancel", "completed", ())
    progress.done("runs.create", "completed", ("RUN-A-01", "RUN-B-01"))
    progress.scenario("streams.\x1b[2J\n")
    progress.done("streams.\x1b[2J\n", "unanswered", ())
    progress.stop()
    progress.stop()


def test_what_cannot_be_carried_out_is_told_as_it_happens() -> None:
    stream = io.StringIO()
    drive(Progress(stream))
    assert stream.getvalue().splitlines() == [
        "[ 2/12] 16 %, 2 requirements fail, 0:00 of about 0:00",
        "[ 3/12] streams.\\x1b[2J\\n: unanswered",
    ]


def test_every_scenario_where_that_is_asked_for() -> None:
    stream = io.StringIO()
    drive(Progress(stream, verbose=True))
    assert stream.getvalue().splitlines() == [
        "[ 1/12] runs.cancel: completed",
        "[ 2/12] runs.create: completed, 2 requirements fail",
        "[ 3/12] streams.\\x1b[2J\\n: unanswered",
    ]


def test_a_line_for_each_tenth_or_after_a_silence() -> None:
    stream = io.StringIO()
    seconds = 0.0
    progress = Progress(stream, clock=lambda: seconds)
    progress.start(305)
    for number in range(1, 306):
        seconds += SILENCE + 1 if number == 40 else 0.1
        progress.done("runs.create", "completed", ())
    lines = stream.getvalue().splitlines()
    told = [line.partition(",")[0] for line in lines]
    assert told[:3] == ["[ 31/305] 10 %", "[ 40/305] 13 %", "[ 61/305] 20 %"]
    assert told[-1] == "[305/305] 100 %"
    assert len(lines) == 11


def test_failures_so_far_stand_in_the_lines_between() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    progress.start(20)
    for failing in (("RUN-A-01", "RUN-B-01"), ("RUN-B-01",), (), ("RUN-A-01",)):
        progress.done("runs.create", "completed", failing)
    assert [line.rpartition(",")[0] for line in stream.getvalue().splitlines()] == [
        "[ 2/20] 10 %, 2 requirements fail",
        "[ 4/20] 20 %, 2 requirements fail",
    ]


def test_the_time_that_it_will_take_is_told() -> None:
    stream = io.StringIO()
    seconds = 0.0
    progress = Progress(stream, clock=lambda: seconds)
    seconds = 100.0  # what came before the first scenario is not part of it
    progress.start(4)
    seconds = 130.0
    progress.done("runs.create", "completed", ())
    assert stream.getvalue() == "[1/4] 25 %, 0:30 of about 2:00\n"


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
    assert "2 requirements fail" in text
    assert "0:00 of about 0:00" in text
    assert "[ 1/12]" not in text
    assert "[ 3/12]" in text
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
