"""The JSON report: fits its published schema, is the same for equal runs, and comes back as it was."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
import pytest

from conformance.contract import resources
from conformance.report import json_report, model
from conformance.report.json_report import UnreadableReport
from conformance.report.verdict import Verdict
from tests.report import samples

SCHEMA: dict[str, Any] = json.loads((resources.specs() / "report.schema.json").read_text())
REPORTS = [samples.conformant, samples.broken, samples.unreachable, samples.audit, samples.hostile]


def test_the_schema_is_a_schema() -> None:
    jsonschema_rs.meta.validate(SCHEMA)
    assert SCHEMA["properties"]["format"]["const"] == model.REPORT_FORMAT


@pytest.mark.parametrize("make", REPORTS)
def test_reports_fit_the_schema(make: Any) -> None:
    jsonschema_rs.validate(SCHEMA, json.loads(json_report.dumps(make())))


@pytest.mark.parametrize(
    ("noun", "place"),
    [
        (model.Report, SCHEMA),
        (model.Header, SCHEMA["$defs"]["header"]),
        (model.Result, SCHEMA["$defs"]["result"]),
        (model.Exhibit, SCHEMA["$defs"]["exhibit"]),
        (model.ScenarioLine, SCHEMA["$defs"]["scenario"]),
        (model.Skipped, SCHEMA["$defs"]["skipped"]),
        (model.EvidenceLine, SCHEMA["$defs"]["result"]["properties"]["evidence"]["items"]),
        (model.WireLine, SCHEMA["$defs"]["exhibit"]["properties"]["wire"]["items"]),
    ],
)
def test_the_schema_names_what_the_model_has(noun: Any, place: dict[str, Any]) -> None:
    names = [field.name for field in fields(noun)]
    assert sorted(place["properties"]) == sorted(names)
    assert sorted(place["required"]) == sorted(names)


def test_the_schema_names_every_verdict() -> None:
    assert sorted(SCHEMA["$defs"]["verdict"]["enum"]) == sorted(Verdict)


@pytest.mark.parametrize("make", REPORTS[:-1])
def test_a_report_comes_back_as_it_was(make: Any, tmp_path: Path) -> None:
    report = make()
    json_report.write(report, tmp_path / "report.json")
    back = json_report.load(tmp_path / "report.json")
    assert sorted(back.scenarios, key=str) == sorted(report.scenarios, key=str)
    assert sorted(back.skipped, key=str) == sorted(report.skipped, key=str)
    assert (back.header, back.results) == (report.header, report.results)


def test_hostile_text_comes_back_but_for_lone_surrogates(tmp_path: Path) -> None:
    json_report.write(samples.hostile(), tmp_path / "report.json")
    orjson.loads((tmp_path / "report.json").read_bytes())  # the strictest reader takes it
    back = json_report.load(tmp_path / "report.json")
    assert back.header.target == samples.HOSTILE.replace("\ud800", "\\ud800")


def test_order_does_not_depend_on_who_finished_first() -> None:
    report = samples.broken()
    turned = replace(report, results=report.results[::-1], scenarios=report.scenarios[::-1])
    assert json_report.dumps(turned) == json_report.dumps(report)


def test_the_file_can_be_printed() -> None:
    text = json_report.dumps(samples.hostile())
    assert all(line.isprintable() for line in text.split("\n"))


def test_unknown_keys_are_ignored(tmp_path: Path) -> None:
    document = json.loads(json_report.dumps(samples.broken()))
    document["later"] = document["header"]["later"] = document["results"][0]["later"] = 1
    (tmp_path / "report.json").write_text(json.dumps(document))
    assert json_report.load(tmp_path / "report.json").results == samples.broken().results


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "not a report of format 1"),
        ('{"format": 99}', r"its format is 99"),
        ('{"format": 1}', "header"),
        ('{"format": true, "header": {}}', "not a report of format 1"),
    ],
)
def test_what_is_no_report_is_told(content: str | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(UnreadableReport, match=reason) as raised:
        json_report.load(path)
    assert raised.value.path == path


def test_a_flaw_is_told_with_its_place(tmp_path: Path) -> None:
    document = json.loads(json_report.dumps(samples.broken()))
    document["results"][2]["verdict"] = "perhaps"
    (tmp_path / "report.json").write_text(json.dumps(document))
    with pytest.raises(UnreadableReport, match="/results/2/verdict"):
        json_report.load(tmp_path / "report.json")
