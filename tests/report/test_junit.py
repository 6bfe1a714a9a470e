"""The JUnit report."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest
import xmlschema
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from conformance.contract import resources
from conformance.report import junit
from conformance.report.model import Report, ScenarioLine, WireLine
from conformance.report.verdict import Verdict
from tests.report import samples


def case_of(report: Report, requirement: str) -> ElementTree.Element:
    tree = ElementTree.fromstring(junit.render(report))
    return next(case for case in tree.iter("testcase") if case.get("name", "").startswith(requirement))


def test_what_a_ci_reads(snapshot: SnapshotAssertion) -> None:
    assert junit.render(samples.broken()) == snapshot


@pytest.mark.parametrize(
    ("verdict", "tag"),
    [
        (Verdict.FAIL, "failure"),
        (Verdict.ERROR, "error"),
        (Verdict.WARN, "system-out"),
        (Verdict.PASS, None),
        (Verdict.INCONCLUSIVE, "skipped"),
        (Verdict.UNSUPPORTED, "skipped"),
        (Verdict.NOT_EXERCISED, "skipped"),
    ],
)
def test_each_verdict_has_its_place(verdict: Verdict, tag: str | None) -> None:
    report = replace(samples.conformant(), results=(samples.result("RUN-A-01", verdict, reason="so it is"),))
    assert [child.tag for child in case_of(report, "RUN-A-01")] == ([tag] if tag else [])
    if tag == "skipped":
        assert case_of(report, "RUN-A-01")[0].get("message") == f"{verdict}: so it is"


def test_totals_are_those_of_the_cases() -> None:
    tree = ElementTree.fromstring(junit.render(samples.broken()))
    for element in [tree, *tree.findall("testsuite")]:
        assert element.get("tests") == str(len(list(element.iter("testcase"))))
        assert element.get("failures") == str(len(list(element.iter("failure"))))
    assert [suite.get("name") for suite in tree] == ["messages", "runs", "streams", "vector_stores"]
    assert tree.get("failures") == "2"
    assert tree.get("skipped") == "5"


SCHEMA = xmlschema.XMLSchema(resources.specs() / "junit.xsd")


@pytest.mark.parametrize("made", ["broken", "conformant", "unreachable", "hostile", "audit", "troubled"])
def test_it_fits_its_published_schema(made: str) -> None:
    SCHEMA.validate(junit.render(getattr(samples, made)()))


def test_the_seconds_of_a_scenario_are_shared_by_what_was_examined_in_it() -> None:
    one, other, third = (samples.result(f"RUN-A-0{n}", Verdict.PASS) for n in (1, 2, 3))
    results = (
        replace(one, sources=("runs.a", "runs.b")), replace(other, sources=("runs.a",)), replace(third, sources=())
    )  # fmt: skip
    lines = tuple(
        ScenarioLine(name, "completed", None, 1, 0, took) for name, took in (("runs.a", 3.0), ("runs.b", 1.0))
    )
    tree = ElementTree.fromstring(junit.render(Report(samples.conformant().header, results, lines)))
    assert [case.get("time") for case in tree.iter("testcase")] == ["2.500", "1.500", "0.000"]
    assert [suite.get("time") for suite in tree] == ["4.000"]


def test_a_run_that_reached_nobody_is_not_green() -> None:
    tree = ElementTree.fromstring(junit.render(samples.unreachable()))
    assert tree.get("errors") == "1"
    stopped = samples.conformant()
    stopped = replace(stopped, header=replace(stopped.header, interrupted=True))
    assert ElementTree.fromstring(junit.render(stopped)).get("errors") == "1"


def test_hostile_text_is_shown_escaped() -> None:
    failure = case_of(samples.hostile(), "RUN-STATE-01")[0].text or ""
    assert "\\x1b]0;owned\\x07" in failure
    assert "<script>" in failure
    assert "\\u202e" in failure
    assert len(failure) < 10_000


@given(text=st.text(st.characters(), max_size=100))
def test_any_text_makes_valid_xml(text: str) -> None:
    report = samples.hostile()
    bent = Report(
        replace(report.header, problem=text, started=text),
        tuple(
            replace(
                result,
                rule=text,
                reason=text,
                exhibits=tuple(replace(e, source=text, actual=text, wire=(WireLine(text),)) for e in result.exhibits),
            )
            for result in report.results
        ),
    )
    ElementTree.fromstring(junit.render(bent).encode("utf-8"))
