"""The report as Markdown: what a job summary, a pull request or a wiki shows."""

import re
from collections import Counter
from collections.abc import Iterator

from conformance.report.causes_text import counts_of
from conformance.report.conclusion import conclude, counted
from conformance.report.model import Cause, Report
from conformance.report.plain import duration, fitted, shown, visible
from conformance.report.reference import reference
from conformance.report.verdict import Verdict

CAUSES, FAILURES, NOTES = 10, 100, 10
"""So many are told; GitHub takes summaries up to 1 MiB, and nobody reads the half of that."""
_UNDECIDED = (Verdict.INCONCLUSIVE, Verdict.UNSUPPORTED, Verdict.NOT_EXERCISED)
_RED = (Verdict.FAIL, Verdict.ERROR)


def render(report: Report) -> str:
    """Verdict, areas in which something is wrong, the first causes with an example each, and what failed."""
    conclusion, header = conclude(report), report.header
    judged = (
        counted(header.exchanges, "exchange"),
        counted(header.streams, "stream"),
        f"{counted(header.subjects, 'subject')} judged in {duration(header.seconds)}",
    )
    parts = [
        f"## {literal(conclusion.sentence)}",
        literal(conclusion.counts),
        f"{code(header.target)}: {header.mode}, {', '.join(judged)} (assistants-conformance {literal(header.version)})",
        "\n".join(_areas(report)),
        *_causes(report),
        *_failures(report),
        "\n".join(f"- {literal(shown(note, 400))}" for note in header.notes[:NOTES]),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def literal(text: str) -> str:
    """The text as itself, whatever Markdown would make of it."""
    return _MARKUP.sub(r"\\\g<0>", visible(text))


def code(text: str, limit: int = 300) -> str:
    """The text as a code span, cut in its middle where it is longer."""
    text = fitted(text, limit)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if len(fence) > 1 or text.strip() != text or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


# What is markup anywhere, what is at the start of a line, and what GitHub makes links of.
_MARKUP = re.compile(r"[\\`*_{}\[\]<>#|~&$@!]|^[-+=]|(?<=^\d)[.)]|(?<=^\d\d)[.)]|:(?=//)|(?<=\bwww)\.")


def _areas(report: Report) -> Iterator[str]:
    """A table of the areas in which something failed or warned, and of all."""
    areas: dict[str, Counter[Verdict]] = {}
    for result in report.results:
        areas.setdefault(result.area, Counter())[result.verdict] += 1
    total = sum(areas.values(), Counter())
    rows = {area: counts for area, counts in sorted(areas.items()) if counts.keys() & {*_RED, Verdict.WARN}}
    if not rows:
        return
    yield "| area | pass | fail | warn | undecided |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, counts in {**{literal(area): counts for area, counts in rows.items()}, "**all**": total}.items():
        red, undecided = (sum(counts[verdict] for verdict in group) for group in (_RED, _UNDECIDED))
        numbers = (counts[Verdict.PASS], red, counts[Verdict.WARN], undecided)
        yield f"| {name} | {' | '.join(f'{number:,}' for number in numbers)} |"


def _causes(report: Report) -> Iterator[str]:
    if not report.causes:
        return
    yield f"### {counted(len(report.causes), 'cause')}, the first to mend first"
    yield "\n".join(f"1. {_cause(cause)}" for cause in report.causes[:CAUSES])
    if (rest := len(report.causes) - CAUSES) > 0:
        yield f"and {counted(rest, 'more cause')}"


def _cause(cause: Cause) -> str:
    title = f"**{literal(shown(cause.title, 300))}** ({counts_of(cause)})"
    example = cause.example
    if example is None:
        return title
    told = f"{code(example.source)}: expected {code(example.expected)}, got {code(example.actual)}"
    return f"{title}  \n   {told}"


def _failures(report: Report) -> Iterator[str]:
    failed = [result for result in report.results if result.verdict in _RED]
    if not failed:
        return
    yield f"<details><summary>{counted(len(failed), 'failing requirement')}</summary>"
    yield "\n".join(f"- {code(one.requirement)} {literal(shown(one.rule, 300))}" for one in failed[:FAILURES])
    if (rest := len(failed) - FAILURES) > 0:
        yield f"and {rest:,} more"
    yield f"`{reference('ID')}` tells everything about one."
    yield "</details>"
