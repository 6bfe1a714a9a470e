"""A sweep's cells, and the documents they make: JSON and Markdown (HTML is `matrix_page`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance.evidence.secrets import redact_text
from conformance.issues.affected import NONE
from conformance.issues.catalogue import Catalogue, Issue
from conformance.issues.cell import NEW_ID, Cell, Outcome, WorkaroundResult
from conformance.issues.sdk import Language, Sdk

FORMAT = 1
WORDS = {
    Outcome.REPRODUCED: "yes",
    Outcome.HUNG: "hung",
    Outcome.NOT_REPRODUCED: "no",
    Outcome.NOT_APPLICABLE: "-",
    Outcome.COULD_NOT_RUN: "?",
}
_UNMEASURED = (Outcome.COULD_NOT_RUN, "not measured")
MEANINGS = {
    Outcome.REPRODUCED: "reproduced",
    Outcome.HUNG: "reproduced, in that the program did not end by itself",
    Outcome.NOT_REPRODUCED: "not reproduced",
    Outcome.NOT_APPLICABLE: "not applicable",
    Outcome.COULD_NOT_RUN: "could not run",
}
LEGEND = "; ".join(f"{WORDS[outcome]}: {meaning}" for outcome, meaning in MEANINGS.items())
ABOUT = (
    "Each issue ran on the real SDK under its condition and without it (the control), on loopback, with a dummy key. "
    "Python releases before 1.55.3 ran with httpx below 0.28, which they need; all else is the newest allowed."
)


@dataclass(frozen=True)
class Matrix:
    """The cells of one sweep, with the catalogue they belong to."""

    catalogue: Catalogue
    cells: tuple[Cell, ...]

    @property
    def issues(self) -> list[Issue]:
        """The issues tried, in the order of the catalogue."""
        keys = {cell.key for cell in self.cells}
        return [issue for issue in self.catalogue if issue.key in keys]

    def sdks(self, language: Language) -> list[Sdk]:
        """The releases tried, oldest first."""
        return sorted({cell.sdk for cell in self.cells if cell.sdk.language is language}, key=lambda sdk: sdk.order)

    def rows(self, language: Language) -> list[tuple[Issue, list[Cell]]]:
        """Every issue that can show in a language, with its cells from the oldest release to the newest."""
        found = {(cell.key, cell.sdk): cell for cell in self.cells}
        sdks = self.sdks(language)
        return [
            (issue, [found.get((issue.key, sdk)) or Cell(issue.key, sdk, *_UNMEASURED) for sdk in sdks])
            for issue in self.issues
            if language in issue.signs and sdks
        ]

    def over(self, earlier: Sequence[Cell]) -> Matrix:
        """This matrix, with the cells of an earlier one where it has none; what is no longer listed is dropped."""
        listed = {(issue.key, sdk) for issue in self.catalogue.shown() for sdk in self.catalogue.releases}
        found = {(cell.key, cell.sdk): cell for cell in earlier if (cell.key, cell.sdk) in listed}
        found |= {(cell.key, cell.sdk): cell for cell in self.cells}
        return Matrix(self.catalogue, tuple(found.values()))

    def affected(self) -> dict[str, dict[str, str]]:
        """Which measured releases have each issue: spans by language, by key."""
        return {
            issue.key: {str(language): spans(cells) for language, cells in by_language(self, issue).items()}
            for issue in self.issues
        }


def spans(cells: Sequence[Cell]) -> str:
    """Which measured releases have the issue, in words: `1.21.2 to 1.55.3, 2.0.0`."""
    runs: list[list[Cell]] = []
    open_run = False
    for cell in cells:
        if cell.affected is None and cell.outcome is Outcome.COULD_NOT_RUN:
            continue  # an unmeasured release neither ends a span nor makes one
        if cell.affected:
            runs = [*runs[:-1], [*runs[-1], cell]] if open_run else [*runs, [cell]]
        open_run = bool(cell.affected)
    texts = [run[0].sdk.version if len(run) == 1 else f"{run[0].sdk.version} to {run[-1].sdk.version}" for run in runs]
    return ", ".join(texts) or NONE


def read_cells(path: Path) -> tuple[Cell, ...]:
    """The cells of a matrix that was written as JSON; none where there is no such file. Raises ValueError."""
    if not path.is_file():
        return ()
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["issues"]
        return tuple(_read_cell(row["key"], cell) for row in rows for cell in row["cells"])
    except (LookupError, TypeError, ValueError) as problem:
        raise ValueError(f"{path} is no matrix of an earlier sweep: {problem}") from problem


def _read_cell(key: str, cell: Mapping[str, Any]) -> Cell:
    outcome = Outcome(cell["verdict"])
    return Cell(
        key,
        Sdk.parse(cell["sdk"]),
        outcome,
        reason=cell["evidence"].removeprefix(f"{outcome}: "),
        wire=tuple(cell.get("wire", ())),
        workarounds=tuple(WorkaroundResult(mode, works) for mode, works in cell.get("workarounds", {}).items()),
    )


def as_json(matrix: Matrix) -> str:
    """The matrix as a JSON document, in the order of the catalogue and of the releases."""
    affected = matrix.affected()
    document: dict[str, Any] = {
        "format": FORMAT,
        "sdks": [str(sdk) for language in Language for sdk in matrix.sdks(language)],
        "issues": [
            {
                "key": issue.key,
                "title": issue.title,
                "affected": affected[issue.key],
                "cells": [_cell(cell) for cells in by_language(matrix, issue).values() for cell in cells],
            }
            for issue in matrix.issues
        ],
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def as_markdown(matrix: Matrix) -> str:
    """The matrix as Markdown: one table per language, then what came of the workarounds."""
    lines = ["# Known issues on real SDK releases", "", ABOUT, "", f"{LEGEND}.", ""]
    for language in Language:
        rows = matrix.rows(language)
        if not rows:
            continue
        lines += [f"## openai for {language.title()}", "", "| issue | affected of those measured | first | last |"]
        lines += ["| --- | --- | --- | --- |"]
        for issue, cells in rows:
            measured = [cell for cell in cells if cell.outcome is not Outcome.NOT_APPLICABLE] or cells
            edge = " | ".join(f"{cell.sdk.version}: {WORDS[cell.outcome]}" for cell in (measured[0], measured[-1]))
            lines.append(f"| {issue.key} {_plain(issue.title)} | {spans(cells)} | {edge} |")
        lines.append("")
    lines += ["## Workarounds tried", "", "| issue | workaround | outcome | works on |", "| --- | --- | --- | --- |"]
    for issue in matrix.issues:
        for workaround in issue.workarounds:
            count, worked = tried(matrix, issue, workaround.mode)
            if count:
                row = (issue.key, _plain(workaround.text), _plain(workaround.outcome), f"{worked} of {count} releases")
                lines.append(f"| {' | '.join(row)} |")
    lines += [
        "",
        "## Notes",
        "",
        *(f"- {issue.key}: {_plain(issue.note).strip()}" for issue in matrix.issues if issue.note),
    ]
    return "\n".join(lines) + "\n"


def evidence(cell: Cell) -> str:
    """What a verdict rests on, in one line."""
    if cell.reason:
        return redact_text(f"{cell.outcome}: {cell.reason}")
    texts = {name: value for name, value in cell.signals.items() if name not in ("version", "ended")}
    error = texts.pop("error", None)
    parts = [f"{error['class']}: {error['message']}"] if isinstance(error, Mapping) else []
    parts += [f"{name} {json.dumps(value, ensure_ascii=False)}" for name, value in texts.items()]
    return redact_text(NEW_ID.sub(r"\1\2…", f"{cell.outcome}: {'; '.join(parts)}")[:400])


def _cell(cell: Cell) -> dict[str, Any]:
    texts: dict[str, Any] = {
        "sdk": str(cell.sdk),
        "verdict": cell.outcome.value,
        "affected": cell.affected,
        "evidence": evidence(cell),
    }
    if cell.wire:
        texts["wire"] = list(cell.wire)
    if cell.workarounds:
        texts["workarounds"] = {one.mode: one.works for one in cell.workarounds}
    return texts


def by_language(matrix: Matrix, issue: Issue) -> dict[Language, list[Cell]]:
    """The cells of an issue by language, from the oldest release to the newest."""
    found: dict[Language, list[Cell]] = {}
    for language in Language:
        cells = [cell for cell in matrix.cells if cell.key == issue.key and cell.sdk.language is language]
        if cells:
            found[language] = sorted(cells, key=lambda cell: cell.sdk.order)
    return found


def tried(matrix: Matrix, issue: Issue, mode: str) -> tuple[int, int]:
    """On how many releases a workaround was tried, and on how many of them it worked."""
    remedies = [one for cell in matrix.cells if cell.key == issue.key for one in cell.workarounds if one.mode == mode]
    return len(remedies), sum(one.works for one in remedies)


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
