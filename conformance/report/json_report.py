"""The report as JSON: what other programs read, and what `compare` and `report` read back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from conformance.contract import resources
from conformance.evidence.safe_files import write_files
from conformance.report.model import (
    REPORT_FORMAT,
    EvidenceLine,
    Exhibit,
    Header,
    Report,
    Result,
    ScenarioLine,
    Skipped,
    WireLine,
)
from conformance.report.verdict import Verdict

if TYPE_CHECKING:
    from jsonschema_rs import Validator

T = TypeVar("T")


class UnreadableReport(Exception):
    """A file that is no report of this format: which one, and why."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def dumps(report: Report) -> str:
    """The report as JSON text that fits `specs/report.schema.json`.

    Results stand by area and id, scenarios by name, skipped input by source, so that equal runs differ in the header
    and in measured seconds only. Characters that could fool a terminal or a reader are escaped.
    """
    document = asdict(report)
    ordered = {
        "format": document["format"],
        "header": document["header"],
        "results": sorted(document["results"], key=lambda row: (row["area"], row["requirement"])),
        "scenarios": sorted(document["scenarios"], key=lambda row: row["name"]),
        "skipped": sorted(document["skipped"], key=lambda row: (row["source"], row["reason"])),
    }
    return _UNSAFE.sub(_escape, json.dumps(ordered, ensure_ascii=False, indent=1)) + "\n"


# C1 controls, zero-width and direction characters, separators, lone surrogates: json escapes only C0 by itself.
_UNSAFE = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    # A lone surrogate becomes text that looks like its escape: a real escape of it is JSON, but many parsers refuse it.
    return f"\\\\u{code:04x}" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"


def write(report: Report, path: Path) -> None:
    """Write the report to a file, whole or not at all; raises `NotWritten`."""
    write_files({path: dumps(report)})


def load(path: Path) -> Report:
    """Read a report back; keys that this version does not know are ignored. Raises `UnreadableReport`."""
    try:
        document = json.loads(path.read_bytes())
    except OSError as problem:
        raise UnreadableReport(path, problem.strerror or str(problem)) from problem
    except (ValueError, RecursionError) as problem:
        raise UnreadableReport(path, f"not JSON ({problem})") from problem
    told = document.get("format") if isinstance(document, dict) else None
    if isinstance(told, bool) or told != REPORT_FORMAT:
        raise UnreadableReport(path, f"not a report of format {REPORT_FORMAT} (its format is {json.dumps(told)[:40]})")
    if (flaw := next(_schema().iter_errors(document), None)) is not None:
        place = "".join(f"/{step}" for step in flaw.instance_path)
        raise UnreadableReport(path, f"{place or '/'}: {flaw.message[:200]}")
    return Report(
        header=_build(Header, document["header"], notes=tuple(document["header"]["notes"])),
        results=tuple(_result(row) for row in document["results"]),
        scenarios=tuple(_build(ScenarioLine, row) for row in document["scenarios"]),
        skipped=tuple(_build(Skipped, row) for row in document["skipped"]),
    )


@cache
def _schema() -> Validator:
    import jsonschema_rs

    return jsonschema_rs.validator_for(json.loads((resources.specs() / "report.schema.json").read_bytes()))


def _result(row: Mapping[str, Any]) -> Result:
    return _build(
        Result,
        row,
        verdict=Verdict(row["verdict"]),
        evidence=tuple(_build(EvidenceLine, line) for line in row["evidence"]),
        exhibits=tuple(
            _build(Exhibit, item, wire=tuple(_build(WireLine, line) for line in item["wire"]))
            for item in row["exhibits"]
        ),
        sources=tuple(row["sources"]),
    )


def _build(noun: type[T], row: Mapping[str, Any], **values: Any) -> T:
    known = {item.name for item in fields(noun)}  # type: ignore[arg-type]
    return noun(**{key: value for key, value in row.items() if key in known} | values)
