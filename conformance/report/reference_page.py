"""The page of all requirements: what `explain` tells, under an anchor for each."""

import re
from collections.abc import Iterable, Iterator

from conformance.contract import Requirement

_SPECIAL = re.compile(r"[\\`*<>\[\]|]|\b_|_\b|(?<=\W)_(?=\W)")
_HEAD = """\
# Requirements

Every rule that the suite judges by, with its evidence; `assistants-conformance explain ID` also tells which scenarios
exercise it and what proves its check. Generated from the registry: `assistants-conformance requirements --reference`.

MUST: a violation fails the run. SHOULD: a violation is a warning. MAY: only told. Evidence is recorded (traffic of the
vendor's own API), spec (the published OpenAPI document), documented (guides and references), or inferred.
"""


def render(told: Iterable[tuple[Requirement, Iterable[tuple[str, str]]]]) -> str:
    """The page as Markdown, from each requirement and its labelled lines; the anchor is the id in lower case."""
    areas: dict[str, list[str]] = {}
    for requirement, rows in told:
        areas.setdefault(requirement.area.replace("_", " "), []).extend(_section(requirement, rows))
    links = (f"[{area}](#{area.replace(' ', '-')})" for area in sorted(areas))
    lines = [_HEAD, " · ".join(links)]
    for area, sections in sorted(areas.items()):
        lines += ["", f"## {area.capitalize()}", *sections]
    return "\n".join(lines) + "\n"


def _section(requirement: Requirement, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield f"\n### {requirement.id}\n"
    yield f"**{requirement.level}** {_plain(requirement.rule)}\n"
    for label, text in rows:
        if label != "level":
            yield f"- {label}: {_plain(text)}"


def _plain(text: str) -> str:
    """A text in which Markdown finds nothing to mark up."""
    return _SPECIAL.sub(r"\\\g<0>", text)
