"""Reports that were written before: report.json back to the model. Keys that are not known are passed over."""

import json
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from conformance.report.model import (
    REPORT_FORMAT,
    BaselineResult,
    Cause,
    CauseExample,
    EvidenceLine,
    Exhibit,
    Header,
    OperationLine,
    Report,
    Result,
    ScenarioLine,
    Skipped,
    SourceLine,
    StateSeen,
    WireLine,
)
from conformance.report.verdict import Verdict

NAME = "report.json"
T = TypeVar("T")


class UnreadableReport(Exception):
    """A file that is no report, or one of another format; the text says which."""


def load(path: Path) -> Report:
    """The report in a file, or in a folder under its usual name; raises `UnreadableReport`."""
    path = path / NAME if path.is_dir() else path
    try:
        document = json.loads(path.read_bytes())
        if document["format"] != REPORT_FORMAT:
            raise UnreadableReport(
                f"{path} is of format {document['format']}, and this is the suite for {REPORT_FORMAT}"
            )
        return Report(
            _made(Header, {key: tuple(v) if isinstance(v, list) else v for key, v in document["header"].items()}),
            tuple(map(_result, document["results"])),
            tuple(_made(ScenarioLine, row) for row in document["scenarios"]),
            tuple(_made(Skipped, row) for row in document["skipped"]),
            tuple(_made(SourceLine, row) for row in document.get("sources", ())),
            operations=tuple(_made(OperationLine, row) for row in document.get("operations", ())),
            causes=tuple(map(_cause, document.get("causes", ()))),
            baseline=_baseline(document.get("baseline")),
        )
    except OSError as problem:
        raise UnreadableReport(f"there is no report at {path}: {problem.strerror or problem}") from None
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        raise UnreadableReport(f"{path} is not a report of this suite") from None


def _result(row: dict[str, Any]) -> Result:
    return _made(
        Result,
        row,
        verdict=Verdict(row["verdict"]),
        evidence=tuple(_made(EvidenceLine, line) for line in row["evidence"]),
        exhibits=tuple(
            _made(
                Exhibit,
                one,
                wire=tuple(_made(WireLine, line) for line in one["wire"]),
                states=tuple(_made(StateSeen, state) for state in one.get("states", ())),
            )
            for one in row["exhibits"]
        ),
        sources=tuple(row["sources"]),
    )


def _baseline(row: dict[str, Any] | None) -> BaselineResult | None:
    if row is None:
        return None
    return _made(BaselineResult, {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()})


def _cause(row: dict[str, Any]) -> Cause:
    lists = {name: tuple(row[name]) for name in ("operations", "failed", "warned", "undecided", "issues")}
    return _made(Cause, row, **lists, example=row["example"] and _made(CauseExample, row["example"]))


def _made(noun: type[T], row: dict[str, Any], **given: Any) -> T:
    """An object of the model; members that an older report does not have keep their defaults."""
    values = {**row, **given}
    known = fields(noun)  # type: ignore[arg-type]
    if missing := [one.name for one in known if one.name not in values and one.default is MISSING]:
        raise KeyError(*missing)
    return noun(**{one.name: values[one.name] for one in known if one.name in values})
