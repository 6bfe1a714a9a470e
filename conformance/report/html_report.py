"""The report as one HTML file that needs nothing else: no script, no font, no address, as its own policy demands."""

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher

from conformance.report import html_page
from conformance.report.causes_text import counts_of
from conformance.report.conclusion import conclude
from conformance.report.model import Exhibit, Report, Result
from conformance.report.operations import NOT_ASKED, NOT_THERE, THERE
from conformance.report.plain import duration, of_your_own, proof
from conformance.report.reference import reference
from conformance.report.verdict import Verdict

EXHIBITS = 3
"""Findings of one requirement that are drawn; the others are counted."""
FEW_FAILED = 10
"""So many failed requirements at most are shown open."""
LONGEST_LIST = 200
"""Rows of a list that are drawn."""
ORDER = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.WARN,
    Verdict.INCONCLUSIVE,
    Verdict.UNSUPPORTED,
    Verdict.NOT_EXERCISED,
    Verdict.PASS,
)
"""The worst first."""
PRESENCES = (NOT_THERE, NOT_ASKED, THERE)
"""Operations as well: those that are missing first."""
_WORD = re.compile(r"\w+|\s+|[^\w\s]")
Pieces = list[tuple[str, bool]]
"""A text in pieces, each with whether it differs from what it is compared with."""


@dataclass(frozen=True)
class AreaBar:
    """The verdicts of one area: `pieces` are a verdict, where its piece begins, and how many requirements it has."""

    name: str
    results: tuple[Result, ...]
    pieces: tuple[tuple[str, int, int], ...]
    words: str

    @property
    def total(self) -> int:
        """How many requirements the area has."""
        return len(self.results)


def render(report: Report) -> str:
    """The whole page."""
    counts = Counter(result.verdict for result in report.results)
    return html_page.render(
        "report.html",
        header=report.header,
        conclusion=conclude(report),
        duration=duration(report.header.seconds),
        causes=report.causes,
        few_failed=counts[Verdict.FAIL] <= FEW_FAILED,
        tiles=[(verdict.value, counts[verdict]) for verdict in ORDER if counts[verdict]],
        areas=_areas(report),
        operations=sorted(report.operations, key=lambda line: PRESENCES.index(line.presence)),
        scenarios=[line for line in report.scenarios if line.outcome != "completed"][:LONGEST_LIST],
        skipped=report.skipped[:LONGEST_LIST],
        counts_of=counts_of,
        diff=differences,
        exhibits=_exhibits,
        kind_of=_kind_of,
        of_your_own=of_your_own,
        proof=_proof,
        reference=reference,
    )


def _areas(report: Report) -> list[AreaBar]:
    areas: dict[str, list[Result]] = {}
    for result in report.results:
        areas.setdefault(result.area, []).append(result)
    return [_bar(name, results) for name, results in sorted(areas.items())]


def _bar(name: str, results: list[Result]) -> AreaBar:
    counts = Counter(result.verdict for result in results)
    pieces, start = [], 0
    for verdict in ORDER:
        if counts[verdict]:
            pieces.append((verdict.value, start, counts[verdict]))
            start += counts[verdict]
    words = ", ".join(f"{count:,} {verdict.replace('-', ' ')}" for verdict, _, count in pieces)
    ordered = sorted(results, key=lambda result: (ORDER.index(result.verdict), result.requirement))
    return AreaBar(name, tuple(ordered), tuple(pieces), words)


def _exhibits(result: Result) -> tuple[Exhibit, ...]:
    return result.exhibits[:EXHIBITS]


def _proof(result: Result) -> str:
    return proof(result.kills, result.real_exchanges)


def _kind_of(result: Result) -> str:
    """Under which choice of the page a requirement is shown."""
    match result.verdict:
        case Verdict.FAIL | Verdict.ERROR:
            return "fail"
        case Verdict.WARN | Verdict.PASS:
            return result.verdict.value
        case _:
            return "open"


def differences(expected: str, actual: str) -> tuple[Pieces, Pieces]:
    """Both texts in pieces, word by word; texts that have little in common do not differ in words but altogether."""
    was, now = _WORD.findall(expected), _WORD.findall(actual)
    matcher = SequenceMatcher(None, was, now, autojunk=False) if len(was) * len(now) < 40_000 else None
    if matcher is None or matcher.ratio() < 0.5:
        return [(expected, False)], [(actual, False)]
    left: Pieces = []
    right: Pieces = []
    for kind, a, b, c, d in matcher.get_opcodes():
        left += [("".join(was[a:b]), kind != "equal")] if b > a else []
        right += [("".join(now[c:d]), kind != "equal")] if d > c else []
    return left, right
