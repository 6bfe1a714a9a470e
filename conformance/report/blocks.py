"""How one requirement that did not simply pass is shown on a terminal."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from rich.cells import cell_len, chop_cells
from rich.console import Console
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from conformance.report.model import Exhibit, Result, WireLine
from conformance.report.plain import fitted, of_your_own, proof, shown, visible
from conformance.report.reference import reference
from conformance.report.verdict import Verdict

LABEL = 10
MARKED_ROWS = 4
WIRE_LINES = 30
COMMAND_LIMIT = 6000
FLAGS = ("-sS", "-i", "-d", "--no-buffer", "--globoff", "--path-as-is", "--head")  # options without a value


def block(console: Console, result: Result, most: int) -> None:
    """A requirement with its evidence and its first `most` findings in full, the rest counted."""
    word, style = _heading(result.verdict)
    console.print()
    title = Text.assemble((word, style), "  ", (visible(result.requirement), "bold"), "  ", visible(result.level))
    console.print(Rule(title, align="left", style="red"))
    console.print(Text(shown(result.rule, 500)))
    rows = [("because", result.reason or "", "")]
    rows += [
        ("evidence" if index == 0 else "", f"{line.evidence}: {line.pointer}", "dim")
        for index, line in enumerate(result.evidence)
    ]
    rows.append(("proof", proof(result.kills, result.real_exchanges), "dim"))
    rows.append(("reference", reference(result.requirement), "dim"))
    _rows(console, [row for row in rows if row[1]])
    told: set[str] = set()
    for exhibit in result.exhibits[:most]:
        console.print()
        _exhibit(console, exhibit, told)
    _rest(console, result, most)


def warning(console: Console, result: Result) -> None:
    """A requirement and its first finding, each in a line or two."""
    _short(console, result, "yellow")


def remark(console: Console, result: Result) -> None:
    """The same for a finding that is only told: the requirement is a MAY."""
    _short(console, result, "")


def _heading(verdict: Verdict) -> tuple[str, str]:
    match verdict:
        case Verdict.FAIL:
            return "FAIL", "bold red"
        case Verdict.ERROR:
            return "ERROR", "bold magenta"
        case Verdict.WARN:
            return "WARN", "yellow"
        case Verdict.PASS:
            return "PASS", "green"
        case Verdict.INCONCLUSIVE | Verdict.UNSUPPORTED | Verdict.NOT_EXERCISED:
            return verdict.value.replace("-", " ").upper(), "cyan"
        case _:
            assert_never(verdict)


def _rows(console: Console, rows: Sequence[tuple[str, str, str]]) -> None:
    """Labelled texts: (label, text, style) each."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=LABEL, no_wrap=True)
    table.add_column(overflow="fold")
    for label, text, style in rows:
        table.add_row(Text(label, "dim"), Text(shown(text, 400), style))
    console.print(Padding(table, (0, 0, 0, 2)))


def _exhibit(console: Console, exhibit: Exhibit, told: set[str]) -> None:
    """One finding in full; of the commands only those not `told` before."""
    rows = [("where", _where(exhibit), ""), ("expected", exhibit.expected, "green"), ("actual", exhibit.actual, "red")]
    if 0 < exhibit.seen < exhibit.repeats:
        rows.append(("varies", f"seen in {exhibit.seen} of {exhibit.repeats} repeats", "yellow"))
    _rows(console, rows)
    if exhibit.wire:
        console.print()
        for line in _around_marked(exhibit.wire):
            _wire_line(console, line)
    commands = [("by hand", exhibit.curl), ("rerun", exhibit.rerun)]
    if exhibit.wire and any(command and command not in told for _, command in commands):
        console.print()
    for label, command in commands:
        if command and command not in told:
            told.add(command)
            _command(console, label, command)
            if remark := of_your_own(command):
                _rows(console, [("", remark, "dim")])


def _where(exhibit: Exhibit) -> str:
    place = [shown(exhibit.source, 80), exhibit.place]
    if exhibit.event is not None:
        place.append(f"event {exhibit.event}")
    if exhibit.pointer:
        place.append(fitted(exhibit.pointer, 120))
    return ", ".join(place)


def _around_marked(lines: Sequence[WireLine]) -> Sequence[WireLine]:
    if len(lines) <= WIRE_LINES:
        return lines
    marked = next((index for index, line in enumerate(lines) if line.marked), 0)
    start = max(0, min(marked - WIRE_LINES // 2, len(lines) - WIRE_LINES))
    return lines[start : start + WIRE_LINES]


def _wire_line(console: Console, line: WireLine) -> None:
    """One line of the wire, cut at the right edge; an offending one is marked with `>` and runs on for a few rows."""
    room = console.width - 6
    pieces = chop_cells(shown(line.text, 500), room) or [""]
    if not line.marked:
        text = pieces[0] if len(pieces) == 1 else f"{chop_cells(pieces[0], room - 1)[0]}…"
        console.print(Text(f"      {text}", "dim"), no_wrap=True)
        return
    if len(pieces) > MARKED_ROWS:
        pieces = [*pieces[: MARKED_ROWS - 1], f"{chop_cells(pieces[MARKED_ROWS - 1], room - 1)[0]}…"]
    for piece in pieces:
        console.print(Text.assemble("    ", ("> ", "bold red"), (piece, "bold")), no_wrap=True)


def _command(console: Console, label: str, command: str) -> None:
    """A command that can be copied: broken only where a shell allows it, never inside a quoted text."""
    indent = " " * (LABEL + 3)
    if len(command) > COMMAND_LIMIT:
        command = f"(a command of {len(command):,} characters; it is in report.json)"
    for number, line in enumerate(_shell_lines(visible(command), console.width - len(indent) - 6)):
        start = Text(f"  {label:<{LABEL + 1}}", "dim") if number == 0 else Text(f"{indent}  ")
        console.print(start.append(line, "not dim"), soft_wrap=True)


def _shell_lines(command: str, width: int) -> Iterator[str]:
    """The command in lines of about `width`, each but the last ending in a backslash; an option keeps its value."""
    units: list[str] = []
    for word in _shell_words(command):
        takes_value = units and units[-1].startswith("-") and " " not in units[-1] and units[-1] not in FLAGS
        if takes_value and not word.startswith("-"):
            units[-1] += f" {word}"
        else:
            units.append(word)
    line = ""
    for unit in units:
        if line and cell_len(line) + cell_len(unit) + 1 > width:
            yield f"{line} \\"
            line = unit
        else:
            line = f"{line} {unit}" if line else unit
    if line:
        yield line


def _shell_words(command: str) -> Iterator[str]:
    """The command split at its unquoted spaces, quotes kept."""
    word, quote, escaped = "", "", False
    for character in command:
        if character == " " and not quote and not escaped:
            if word:
                yield word
            word = ""
            continue
        word += character
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
    if word:
        yield word


def _rest(console: Console, result: Result, most: int) -> None:
    rest = result.findings_total - min(most, len(result.exhibits))
    if rest <= 0:
        return
    sources = [shown(source, 80) for source in dict.fromkeys(exhibit.source for exhibit in result.exhibits[most:])]
    kept = len(result.exhibits)
    where = f" in {', '.join(sources[:3])}{', …' if len(sources) > 3 else ''}" if sources else ""
    told = "all are in report.json" if kept >= result.findings_total else f"the first {kept:,} are in report.json"
    console.print(Padding(Text(f"and {rest:,} more{where}; {told}", "dim"), (1, 0, 0, 2)))


def _short(console: Console, result: Result, style: str) -> None:
    console.print(Text.assemble((visible(result.requirement), f"bold {style}".strip()), "  ", shown(result.rule, 300)))
    if result.exhibits:
        first = result.exhibits[0]
        more = f", and {result.findings_total - 1:,} more" if result.findings_total > 1 else ""
        rows = [
            ("expected", first.expected, ""),
            ("actual", first.actual, ""),
            ("where", f"{_where(first)}{more}", "dim"),
        ]
        if 0 < first.seen < first.repeats:
            rows.append(("varies", f"seen in {first.seen} of {first.repeats} repeats", ""))
        _rows(console, rows)
    elif result.reason:
        _rows(console, [("because", result.reason, "")])
