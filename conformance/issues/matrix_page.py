"""The SDK matrix as one HTML file: the newest release first, whose fault each issue is, what a verdict rests on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from conformance.issues.catalogue import Fault, Issue
from conformance.issues.cell import Cell, Outcome
from conformance.issues.describe import FAULTS, rows
from conformance.issues.matrix import ABOUT, MEANINGS, WORDS, Matrix, by_language, evidence, spans, tried
from conformance.issues.sdk import Language
from conformance.report import html_page


@dataclass(frozen=True)
class Mark:
    """How the page marks whose fault an issue is: a sign beside the word, since colour alone tells nobody."""

    sign: str
    short: str
    words: str


@dataclass(frozen=True)
class Word:
    """An outcome on the page: its style and its text."""

    kind: str
    text: str


@dataclass(frozen=True)
class Span:
    """Releases in a row that said the same, with what the verdict rests on."""

    releases: str
    word: Word
    evidence: str


MARKS = {
    Fault.SDK: Mark("■", "SDK", FAULTS[Fault.SDK]),
    Fault.API: Mark("●", "API", FAULTS[Fault.API]),
    Fault.USER: Mark("▲", "caller", FAULTS[Fault.USER]),
    Fault.DOCS: Mark("◆", "docs", FAULTS[Fault.DOCS]),
    Fault.INTEROP: Mark("○", "interop", FAULTS[Fault.INTEROP]),
}


def render(matrix: Matrix) -> str:
    """The whole page."""
    faults = [fault for fault in MARKS if any(fault in issue.fault for issue in matrix.issues)]
    return html_page.render(
        "sdk_matrix.html",
        about=ABOUT,
        faults={fault.value: MARKS[fault] for fault in faults},
        fault_choices=[(fault.value, MARKS[fault].short) for fault in faults],
        legend=[(_word(outcome), meaning) for outcome, meaning in MEANINGS.items()],
        languages=[_table(matrix, language) for language in Language if matrix.rows(language)],
        issues=[_issue(matrix, issue) for issue in matrix.issues],
    )


def _word(outcome: Outcome) -> Word:
    return Word(outcome.replace(" ", "-"), WORDS[outcome])


def _table(matrix: Matrix, language: Language) -> dict[str, object]:
    return {
        "language": language.value,
        "versions": [sdk.version for sdk in reversed(matrix.sdks(language))],
        "rows": [
            {
                "key": issue.key,
                "title": issue.title,
                "faults": [fault.value for fault in issue.fault],
                "classes": _classes(issue, [cells]),
                "words": [_word(cell.outcome) for cell in reversed(cells)],
            }
            for issue, cells in matrix.rows(language)
        ],
    }


def _issue(matrix: Matrix, issue: Issue) -> dict[str, object]:
    measured = {language: cells for language, cells in by_language(matrix, issue).items() if language in issue.signs}
    return {
        "key": issue.key,
        "title": issue.title,
        "faults": [fault.value for fault in issue.fault],
        "classes": _classes(issue, list(measured.values())),
        "facts": [*rows(issue), *_facts(matrix, issue)],
        "measured": [(language.value, _spans(cells)) for language, cells in measured.items()],
    }


def _facts(matrix: Matrix, issue: Issue) -> Iterator[tuple[str, str]]:
    for language, cells in by_language(matrix, issue).items():
        if language in issue.signs:
            yield f"affected of the {language.title()} releases measured", spans(cells)
    for workaround in issue.workarounds:
        count, worked = tried(matrix, issue, workaround.mode)
        if count:
            yield workaround.mode, f"works on {worked} of {count} releases"


def _classes(issue: Issue, measured: Sequence[Sequence[Cell]]) -> str:
    """What the page's choices ask of an issue: whose fault it is, and whether a newest release has it."""
    newest = "there" if any(cells[-1].affected for cells in measured) else "gone"
    return " ".join([*(f"fault-{fault}" for fault in issue.fault), f"newest-{newest}"])


def _spans(cells: Sequence[Cell]) -> list[Span]:
    """The verdicts from the newest release to the oldest, those in a row told once that rest on the same."""
    found = []
    for (outcome, reason), group in groupby(reversed(cells), key=lambda cell: (cell.outcome, evidence(cell))):
        versions = [cell.sdk.version for cell in group]
        releases = versions[0] if len(versions) == 1 else f"{versions[0]} to {versions[-1]}"
        found.append(Span(releases, _word(outcome), reason.removeprefix(f"{outcome}: ")))
    return found
