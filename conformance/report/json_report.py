"""The report as JSON: what other programs read."""

import json
import re
from dataclasses import asdict

from conformance.report.model import Report


def dumps(report: Report) -> str:
    """The report as JSON text that fits `specs/report.schema.json`.

    Causes stand in the order in which they are best mended, results by area and id, scenarios and sources by name,
    skipped input by source, so that equal runs differ in the header and in measured seconds only. Characters that could
    fool a terminal or a reader are escaped.
    """
    document = asdict(report)
    ordered = {
        "format": document["format"],
        "header": document["header"],
        "baseline": document["baseline"],
        "causes": document["causes"],
        "results": sorted(document["results"], key=lambda row: (row["area"], row["requirement"])),
        "scenarios": sorted(document["scenarios"], key=lambda row: row["name"]),
        "operations": sorted(document["operations"], key=lambda row: row["operation"]),
        "sources": sorted(document["sources"], key=lambda row: row["name"]),
        "skipped": sorted(document["skipped"], key=lambda row: (row["source"], row["reason"])),
    }
    return _UNSAFE.sub(_escape, json.dumps(ordered, ensure_ascii=False, indent=1)) + "\n"


# C1 controls, zero-width and direction characters, separators, lone surrogates: json escapes only C0 by itself.
_UNSAFE = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    # A lone surrogate becomes text that looks like its escape: a real escape of it is JSON, but many parsers refuse it.
    return f"\\\\u{code:04x}" if 0xD800 <= code <= 0xDFFF else f"\\u{code:04x}"
