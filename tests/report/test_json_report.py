"""The JSON report: fits its published schema, is the same for equal runs, and is readable."""

import json
from dataclasses import fields, replace
from typing import Any

import jsonschema_rs
import orjson
import pytest

from conformance.contract import resources
from conformance.report import json_report, model
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
        (model.BaselineResult, SCHEMA["$defs"]["baseline"]),
        (model.Cause, SCHEMA["$defs"]["cause"]),
        (model.CauseExample, SCHEMA["$defs"]["cause"]["properties"]["example"]),
        (model.ScenarioLine, SCHEMA["$defs"]["scenario"]),
        (model.SourceLine, SCHEMA["$defs"]["source"]),
        (model.Skipped, SCHEMA["$defs"]["skipped"]),
        (model.EvidenceLine, SCHEMA["$defs"]["result"]["properties"]["evidence"]["items"]),
        (model.WireLine, SCHEMA["$defs"]["exhibit"]["properties"]["wire"]["items"]),
        (model.StateSeen, SCHEMA["$defs"]["exhibit"]["properties"]["states"]["items"]),
    ],
)
def test_the_schema_names_what_the_model_has(noun: Any, place: dict[str, Any]) -> None:
    names = [field.name for field in fields(noun)]
    assert sorted(place["properties"]) == sorted(names)
    assert sorted(place["required"]) == sorted(names)


def test_the_schema_names_every_verdict() -> None:
    assert sorted(SCHEMA["$defs"]["verdict"]["enum"]) == sorted(Verdict)


def test_hostile_text_can_be_read_but_for_lone_surrogates() -> None:
    back = orjson.loads(json_report.dumps(samples.hostile()))  # the strictest reader takes it
    assert back["header"]["target"] == samples.HOSTILE.replace("\ud800", "\\ud800")


def test_order_does_not_depend_on_who_finished_first() -> None:
    report = samples.broken()
    turned = replace(report, results=report.results[::-1], scenarios=report.scenarios[::-1])
    assert json_report.dumps(turned) == json_report.dumps(report)


def test_the_file_can_be_printed() -> None:
    text = json_report.dumps(samples.hostile())
    assert all(line.isprintable() for line in text.split("\n"))
