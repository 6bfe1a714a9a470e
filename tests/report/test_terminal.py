"""What people see, frozen. `pytest --snapshot-update` changes it; look at the difference."""

import io
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from syrupy.assertion import SnapshotAssertion

from conformance.report import terminal
from conformance.report.blocks import _shell_lines
from conformance.report.model import OperationLine, Report, SourceLine, WireLine
from conformance.report.terminal import Detail
from conformance.report.verdict import Verdict
from tests.report import samples

FILES = ("reports/latest/report.json", "reports/latest/junit.xml", "reports/latest/report.txt")
REPORTS = {
    "conformant": samples.conformant,
    "broken": samples.broken,
    "unreachable": samples.unreachable,
    "audit": samples.audit,
    "hostile": samples.hostile,
}


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", REPORTS)
def test_what_a_reader_sees(name: str, width: int, snapshot: SnapshotAssertion) -> None:
    assert terminal.render(REPORTS[name](), width, FILES) == snapshot


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("name", REPORTS)
def test_what_a_reader_sees_first(name: str, width: int, snapshot: SnapshotAssertion) -> None:
    assert terminal.render(REPORTS[name](), width, FILES, Detail.SUMMARY) == snapshot


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_summary_of_many_failures_fits_a_screen(width: int) -> None:
    lines = terminal.render(samples.troubled(), width, FILES, Detail.SUMMARY).splitlines()
    assert len(lines) <= 60
    assert lines[0].startswith("Not conformant: 80 of ")
    assert len([line for line in lines if re.match(r" ?\d+\. ", line)]) == 10
    assert "and 20 more causes" in " ".join(lines)
    assert any("--failed" in line for line in lines)


def test_the_summary_tells_which_operations_are_missing_and_only_then() -> None:
    lines = tuple(OperationLine(f"op{n}", f"GET /{n}", "there" if n < 5 else "not asked") for n in range(8))
    report = replace(samples.conformant(), operations=lines)
    assert "operations are there" not in terminal.render(report, 120, FILES, Detail.SUMMARY)
    missing = replace(report, operations=(replace(lines[0], presence="not there"), *lines[1:]))
    told = terminal.render(missing, 120, FILES, Detail.SUMMARY).splitlines()
    assert "4 of 8 operations are there; not there: op0; not asked: 3" in told


def test_the_summary_of_many_sources_shows_the_worst_and_fits_a_screen() -> None:
    sources = tuple(SourceLine(f"{n}.har", "HAR", 4, 1, 4, 0, n, 0) for n in range(30))
    report = replace(samples.troubled(), sources=sources)
    lines = terminal.render(report, 80, FILES, Detail.SUMMARY).splitlines()
    assert len(lines) <= 60
    shown = [line.split()[0] for line in lines if ".har" in line]
    assert shown == [f"{n}.har" for n in range(29, 21, -1)]
    assert "and 22 more, all in report.json" in lines


def test_few_failures_are_named_in_the_summary() -> None:
    text = terminal.render(samples.broken(), 100, FILES, Detail.SUMMARY)
    assert "RUN-SHAPE-01" in text
    assert "STREAM-STATE-01" in text
    assert "POST /v1/threads" not in text, "no exchange is shown"


def test_every_failure_is_shown_whole_where_that_is_asked_for() -> None:
    text = terminal.render(samples.broken(), 100, FILES, Detail.FAILURES)
    assert text.index("FAIL  RUN-SHAPE-01") < text.index("Not conformant")
    assert "POST /v1/threads" in text


def test_a_narrow_terminal(snapshot: SnapshotAssertion) -> None:
    assert terminal.render(samples.broken(), 44, FILES).split("FAIL  ")[0] == snapshot


def test_colours(snapshot: SnapshotAssertion) -> None:
    stream = io.StringIO()
    terminal.show(samples.broken(), FILES, stream, 80, color=True, detail=Detail.ALL)
    assert stream.getvalue().replace("\x1b", "ESC") == snapshot


def test_colour_changes_no_word() -> None:
    stream = io.StringIO()
    terminal.show(samples.broken(), FILES, stream, 80, color=True, detail=Detail.ALL)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert [line.rstrip() for line in plain.splitlines()] == terminal.render(samples.broken(), 80, FILES).splitlines()


def test_no_color_is_obeyed_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Tty(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = Tty()
    terminal.show(samples.broken(), file=coloured, width=80, detail=Detail.ALL)
    assert "\x1b[1;31m" in coloured.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Tty()
    terminal.show(samples.broken(), file=plain, width=80)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", plain.getvalue())


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("width", [10, 40, 60, 80, 200])
def test_only_commands_run_over_the_edge(name: str, width: int) -> None:
    edge = min(max(width, 40), 120)
    for detail in Detail:
        for line in terminal.render(REPORTS[name](), width, FILES, detail).splitlines():
            commands = r"  (by hand|rerun)  |             |  assistants-conformance "
            assert cell_len(line) <= edge or re.match(commands, line), line


def test_the_last_line_is_the_conclusion() -> None:
    last = terminal.render(samples.broken(), 120, FILES).splitlines()[-2:]
    assert " ".join(last).startswith("Not conformant: 2 of 5 exercised requirements failed.")
    assert " ".join(last).endswith("See reports/latest/report.json, junit.xml and report.txt.")


def test_a_problem_is_told_first() -> None:
    broken = samples.broken()
    first = terminal.render(replace(broken, header=replace(broken.header, problem="The disk is full.")), 120)
    assert first.startswith("The disk is full.\n")


def test_where_nothing_was_judged_the_problem_is_told_once_and_no_verdicts_are_counted_by_area() -> None:
    text = " ".join(terminal.render(samples.unreachable(), 120).split())
    assert text.count("http://localhost:8000/v1 cannot be reached") == 1
    assert "No verdict: http://localhost:8000/v1 cannot be reached: connection refused." in text
    assert "area" not in text


def test_failures_stand_before_errors_before_warnings() -> None:
    text = terminal.render(samples.broken(), 80)
    places = [text.index(word) for word in ("FAIL  ", "ERROR  ", "Warnings (1)", "Unsupported", "Notes")]
    assert places == sorted(places)


def test_findings_that_are_not_kept_are_not_promised() -> None:
    report = samples.broken()
    assert "and 7 more" in terminal.render(report, 120)
    assert "the first 6 are in report.json" in terminal.render(report, 120)
    all_kept = replace(
        report, results=tuple(replace(r, findings_total=len(r.exhibits)) for r in report.results if r.exhibits)
    )
    assert "all are in report.json" in terminal.render(all_kept, 120)


def test_a_may_is_told() -> None:
    exhibit = samples.broken().results[2].exhibits[0]
    report = replace(
        samples.conformant(),
        results=(
            samples.result("RUN-NAME-01", Verdict.PASS, "Names.", level="MAY", exhibits=(exhibit,), findings_total=1),
        ),
    )
    assert "Allowed, but unusual (1)" in terminal.render(report, 80)


def test_the_marked_line_stays_in_a_long_excerpt() -> None:
    failing = samples.broken().results[2]
    wire = tuple(WireLine(f"line {number}", number == 180) for number in range(200))
    long = replace(failing, exhibits=(replace(failing.exhibits[0], wire=wire),), findings_total=1)
    text = terminal.render(replace(samples.broken(), results=(long,)), 80)
    assert "    > line 180" in text
    assert "line 100" not in text


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1", "utf-8"])
def test_any_stream_can_take_it(encoding: str) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    for detail in Detail:
        terminal.show(samples.broken(), FILES, stream, 80, detail=detail)
        terminal.show(samples.hostile(), FILES, stream, 80, detail=detail)
    assert "FAIL  RUN-SHAPE-01" in raw.getvalue().decode(encoding)


texts = st.text(st.characters(), max_size=200)


@given(text=texts)
def test_no_text_reaches_the_terminal_as_a_command(text: str) -> None:
    report = samples.hostile()
    bent = Report(
        replace(report.header, target=text, problem=text, notes=(text,)),
        tuple(
            replace(
                result,
                rule=text,
                reason=text,
                exhibits=tuple(
                    replace(e, source=text, pointer=text, actual=text, wire=(WireLine(text, True),), curl=text)
                    for e in result.exhibits
                ),
            )
            for result in report.results
        ),
        tuple(replace(line, name=text, reason=text) for line in report.scenarios),
        tuple(replace(row, source=text, reason=text) for row in report.skipped),
    )
    assert all(line.isprintable() for line in terminal.render(bent, 80).split("\n"))


COMMAND = (
    """curl -sS -i http://localhost/v1/a -H "Authorization: Bearer $K" -H 'A: b c' """
    """--data-raw '{"a": "b \\ '"'"' c"}' | gunzip"""
)


def test_commands_break_only_between_words() -> None:
    lines = list(_shell_lines(COMMAND, 30))
    assert len(lines) > 3
    told = [
        subprocess.run(
            ["bash", "-c", "gunzip() { cat; }; curl() { printf '%s\\n' \"$@\"; }\n" + command],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for command in (COMMAND, "\n".join(lines))
    ]
    assert told[0] == told[1]
    assert '{"a": "b \\ \' c"}' in told[0]


def test_rich_is_loaded_only_to_show_something() -> None:
    code = "import sys, conformance.report, conformance.report.progress; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
