"""A badge: the verdict as a small picture that needs no service."""

from html import escape

from conformance.report.conclusion import Outcome, conclude, exercised
from conformance.report.model import Report
from conformance.report.verdict import Verdict

LABEL = "Assistants API v2"
GREEN, RED, GREY = "#1a7f37", "#c62828", "#57606a"
"""On each of them white letters have a contrast above 5 : 1."""
_LETTER, _PAD = 6.6, 6.0
"""Breadth of a letter and of a margin, for letters of 11 pixels; `textLength` makes them fit in any font."""


def render(report: Report) -> str:
    """The badge as an SVG document."""
    message, colour = _message(report)
    left, right = (round(len(text) * _LETTER + 2 * _PAD) for text in (LABEL, message))
    title = escape(f"{LABEL}: {message}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{title}">\n'
        f"<title>{title}</title>\n"
        f'<rect width="{left + right}" height="20" rx="3" fill="{colour}"/>\n'
        f'<path d="M3 0H{left}V20H3A3 3 0 0 1 0 17V3A3 3 0 0 1 3 0Z" fill="#24292f"/>\n'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\n'
        f"{_text(LABEL, 0, left)}{_text(message, left, right)}</g>\n</svg>\n"
    )


def _text(text: str, start: int, width: int) -> str:
    length = f'textLength="{width - 2 * _PAD:g}" lengthAdjust="spacingAndGlyphs"'
    return f'<text x="{start + _PAD:g}" y="14" {length}>{escape(text)}</text>\n'


def _message(report: Report) -> tuple[str, str]:
    tested, failed = sum(exercised(one.verdict) for one in report.results), report.count(Verdict.FAIL)
    match conclude(report).outcome:
        case Outcome.CONFORMANT:
            part = " in part" if report.header.part else ""
            return f"conformant{part} ({tested - failed:,}/{tested:,})", GREEN
        case Outcome.HOLDS:
            return f"{tested:,} hold, {len(report.header.unasked):,} fail", GREY
        case Outcome.ACCEPTED:
            return f"{failed:,} accepted of {tested:,}", GREEN
        case Outcome.NOT_CONFORMANT:
            return f"{failed:,} of {tested:,} fail" if failed else "not as its baseline", RED
        case _:
            return "no verdict", GREY
