"""From records to verdicts: what was examined, what was found, and why nothing was."""

import json
from typing import Any

import pytest

from conformance import contract
from conformance.contract import resources
from conformance.evidence.run_states import RunState
from conformance.report.model import Exhibit, Result, StateSeen, WireLine
from conformance.report.verdict import Verdict
from conformance.session import selection
from conformance.session.attempt import FindingRecord, Outcome, ScenarioRecord, repeat
from conformance.session.selection import Selection, UnknownSelection
from conformance.session.verdicts import SHOWN_PER_REQUIREMENT, decide
from conformance.trace.presence import Presence

MUST, SHOULD, MAY = "RUN-STATE-01", "ERROR-ID-01", "LIMIT-MSG-11"
EVERYTHING = Selection(None, None)


def test_the_words_of_verdicts_are_those_of_the_report_format() -> None:
    words = ["fail", "error", "warn", "pass", "inconclusive", "unsupported", "not-exercised"]
    assert [str(verdict) for verdict in Verdict] == words


def _finding(requirement: str) -> FindingRecord:
    return FindingRecord(requirement, 1, None, "", "this", "that")


def _record(outcome: Outcome = Outcome.COMPLETED, scenario: str = "runs.text", **fields: object) -> ScenarioRecord:
    return ScenarioRecord(scenario, str(outcome), **fields)  # type: ignore[arg-type]


def _result(requirement: str, *records: ScenarioRecord, **options: bool) -> Result:
    results = decide(contract.load(), records, EVERYTHING, rerun="run it --only", **options)
    return next(result for result in results if result.requirement == requirement)


@pytest.mark.parametrize(
    ("requirement", "verdict"), [(MUST, Verdict.FAIL), (SHOULD, Verdict.WARN), (MAY, Verdict.PASS)]
)
def test_the_level_decides_what_a_violation_is(requirement: str, verdict: Verdict) -> None:
    record = _record(examined={requirement: 3}, found={requirement: 1}, findings=[_finding(requirement)])
    result = _result(requirement, record)
    assert result.verdict is verdict
    assert (result.examined, result.findings_total) == (3, 1)
    assert result.exhibits[0].rerun == "run it --only runs.text"


@pytest.mark.parametrize(
    ("shared", "verdict"), [((True,), Verdict.WARN), ((False,), Verdict.FAIL), ((True, False), Verdict.FAIL)]
)
def test_a_closed_rule_fails_only_where_nobody_else_used_the_endpoint(
    shared: tuple[bool, ...], verdict: Verdict
) -> None:
    closed, certain = "RUN-MADE-01", MUST
    for name, expected in ((closed, verdict), (certain, Verdict.FAIL)):
        broken: dict[str, Any] = {"examined": {name: 1}, "found": {name: 1}, "findings": [_finding(name)]}
        result = _result(name, *(_record(shared=one, **broken) for one in shared))
        assert result.verdict is expected
        assert ("--sole-client" in (result.reason or "")) is (expected is Verdict.WARN)


def test_one_violation_outweighs_many_passes() -> None:
    good = [_record(examined={MUST: 5}, scenario=f"runs.s{n}") for n in range(3)]
    bad = _record(examined={MUST: 1}, found={MUST: 1}, findings=[_finding(MUST)])
    assert _result(MUST, *good, bad).verdict is Verdict.FAIL


def test_what_examined_nothing_never_passes() -> None:
    result = _result(MUST, _record())
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "the answers in runs.text gave nothing to examine")
    assert _result(MUST).verdict is Verdict.NOT_EXERCISED
    assert _result(MUST).reason == "its scenarios were not run"


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome.INCONCLUSIVE, Verdict.INCONCLUSIVE),
        (Outcome.UNANSWERED, Verdict.INCONCLUSIVE),
        (Outcome.UNSUPPORTED, Verdict.UNSUPPORTED),
        (Outcome.NOT_OFFERED, Verdict.NOT_EXERCISED),
        (Outcome.ERROR, Verdict.ERROR),
    ],
)
def test_the_scenarios_fate_is_the_reason(outcome: Outcome, verdict: Verdict) -> None:
    result = _result(MUST, _record(outcome, reason="because"))
    assert result.verdict is verdict
    assert result.reason == "runs.text: because"


def test_a_check_that_broke_is_an_error_of_each_of_its_requirements() -> None:
    record = _record(examined={MUST: 1}, crashed={"runs.transitions": "KeyError: 'x'"})
    result = _result(MUST, record)
    assert result.verdict is Verdict.ERROR
    assert "runs.transitions broke in runs.text" in (result.reason or "")


def test_a_violated_must_outweighs_a_check_that_broke_and_that_outweighs_a_should() -> None:
    crashed = {"runs.transitions": "KeyError: 'x'", "errors.envelope": "KeyError: 'y'"}
    names = (MUST, "ERROR-TYPE-01", SHOULD)
    record = _record(crashed=crashed, found=dict.fromkeys(names, 1), findings=[_finding(name) for name in names])
    assert _result(MUST, record).verdict is Verdict.FAIL
    broken = _record(crashed=crashed, examined={MUST: 4})
    assert _result(MUST, broken).verdict is Verdict.ERROR
    assert _result("RUN-STATE-04", broken).verdict is not Verdict.ERROR


def test_the_first_scenario_in_which_a_check_broke_is_told() -> None:
    records = [_record(scenario=f"runs.s{n}", crashed={"runs.transitions": f"KeyError: {n}"}) for n in range(2)]
    assert _result(MUST, *records).reason == "the check runs.transitions broke in runs.s0: KeyError: 0"


def test_an_exhibit_is_the_finding_whole() -> None:
    states = [RunState(0.0, "queued", 1), RunState(1.5, "in_progress", 3)]
    wire = [("line", False), ("marked", True)]
    finding = FindingRecord(MUST, 3, 7, "/status", "this", "that", wire, "curl x", states, seen=2)
    record = _record(repeats=3, examined={MUST: 1}, found={MUST: 4}, findings=[_finding(SHOULD), finding])
    result = _result(MUST, record)
    assert result.exhibits == (
        Exhibit(
            source="runs.text",
            exchange=3,
            event=7,
            pointer="/status",
            expected="this",
            actual="that",
            wire=(WireLine("line", False), WireLine("marked", True)),
            curl="curl x",
            rerun="run it --only runs.text",
            states=(StateSeen(0.0, "queued", 1), StateSeen(1.5, "in_progress", 3)),
            seen=2,
            repeats=3,
        ),
    )


def test_without_a_command_nothing_is_said_to_be_run_again() -> None:
    record = _record(examined={MUST: 1}, found={MUST: 1}, findings=[_finding(MUST)])
    (result,) = [one for one in decide(contract.load(), [record], EVERYTHING) if one.requirement == MUST]
    assert result.exhibits[0].rerun is None


def test_a_result_tells_its_rule_and_its_scenarios() -> None:
    other = "runs.other"
    records = [
        _record(examined={MUST: 2}),
        _record(scenario=other, found={MUST: 1}),
        _record(scenario="runs.third", examined={SHOULD: 1}),
    ]
    result, rule = _result(MUST, *records), contract.load().requirements[MUST]
    assert (result.requirement, result.area, result.level, result.rule) == (MUST, rule.area, rule.level, rule.rule)
    assert [(line.evidence, line.pointer) for line in result.evidence] == [
        (source.evidence, source.pointer) for source in rule.sources
    ]
    assert result.sources == ("runs.text", other)
    assert (result.verdict, result.reason) == (Verdict.PASS, None)


def test_a_result_carries_its_proof() -> None:
    kills, real = selection.kills(), selection.real_traffic().examined
    both = next(name for name, number in real.items() if number != kills.get(name, 0) > 0)
    result = _result(both)
    assert (result.kills, result.real_exchanges) == (kills[both], real[both])
    unproven = next((name for name in contract.load().requirements if name not in kills and name not in real), MUST)
    assert (_result(unproven).kills, _result(unproven).real_exchanges) == (kills.get(unproven, 0), 0)


def test_why_nothing_was_examined() -> None:
    loaded = contract.load().requirements
    untestable = next(name for name, one in loaded.items() if one.untestable)
    assert _result(untestable).reason == f"cannot be tested from outside: {loaded[untestable].untestable}"
    assert _result(MUST, audit=True).reason == "the recordings hold nothing to examine it on"
    undriven = next(
        name
        for name, one in loaded.items()
        if one.checks and not one.live_only and all(name not in ids for ids in selection.load().values())
    )
    assert _result(undriven).reason == "no scenario exercises it yet"


def test_of_several_scenarios_the_one_that_decides_gives_the_reason() -> None:
    fates = [
        _record(Outcome.NOT_OFFERED, scenario="runs.function", reason="no way"),
        _record(Outcome.UNSUPPORTED, scenario="runs.inherited", reason="not there"),
        _record(Outcome.UNANSWERED, scenario="runs.text", reason="no answer"),
        _record(Outcome.INCONCLUSIVE, scenario="runs.tools", reason="later"),
    ]
    result = _result(MUST, *fates)
    assert (result.verdict, result.reason) == (Verdict.INCONCLUSIVE, "runs.text: no answer")
    broken = _record(Outcome.ERROR, scenario="runs.overrides", reason="the scenario itself broke")
    result = _result(MUST, _record(), *fates, broken)
    assert (result.verdict, result.reason) == (Verdict.ERROR, "runs.overrides: the scenario itself broke")
    through = _record(scenario="runs.second_run")
    assert _result(MUST, through, *fates).reason == "runs.text: no answer"
    assert _result(MUST, through, *fates[:2]).reason == "runs.inherited: not there"
    assert _result(MUST, fates[0], through).reason == "the answers in runs.second_run gave nothing to examine"


def test_a_scenario_that_went_on_without_an_operation_tells_that_it_is_not_there() -> None:
    told = "createRun is not there: POST /threads/{thread_id}/runs answered 501"
    without = _record(absences={"createRun": told}, presences={"createRun": Presence.NOT_THERE})
    result = _result(MUST, without)
    assert (result.verdict, result.reason) == (Verdict.UNSUPPORTED, f"runs.text: {told}")


def test_the_verdicts_are_those_of_the_published_schema() -> None:
    schema = json.loads((resources.specs() / "report.schema.json").read_text())
    assert [str(verdict) for verdict in Verdict] == schema["$defs"]["verdict"]["enum"]


def test_what_only_times_can_show_is_left_to_live_runs() -> None:
    name = next(name for name, one in contract.load().requirements.items() if one.live_only)
    assert "live endpoint" in (_result(name, replay=True).reason or "")


def test_an_audit_shows_no_command_to_repeat_a_request() -> None:
    finding = _finding(MUST)
    finding.curl = "curl http://somewhere.invalid"
    record = _record(examined={MUST: 1}, found={MUST: 1}, findings=[finding])
    assert _result(MUST, record).exhibits[0].curl is not None
    assert _result(MUST, record, audit=True).exhibits[0].curl is None


def test_a_flood_of_findings_is_counted_and_not_kept() -> None:
    records = [
        _record(scenario=f"runs.s{n}", examined={MUST: 9}, found={MUST: 9}, findings=[_finding(MUST)] * 5)
        for n in range(10)
    ]
    result = _result(MUST, *records)
    assert result.findings_total == 90
    assert len(result.exhibits) == SHOWN_PER_REQUIREMENT


def test_a_failure_is_repeated_to_tell_what_varies_and_never_forgotten() -> None:
    bad = _record(found={MUST: 1}, findings=[_finding(MUST)], examined={MUST: 1})
    later = iter(
        [_record(examined={MUST: 2}), _record(examined={MUST: 2}, found={SHOULD: 1}, findings=[_finding(SHOULD)])]
    )
    merged = repeat(bad, lambda: next(later), 3, contract.load())
    assert merged.repeats == 3
    assert {(finding.requirement, finding.seen) for finding in merged.findings} == {(MUST, 1), (SHOULD, 1)}
    assert _result(MUST, merged).verdict is Verdict.FAIL


def test_what_did_not_fail_is_not_repeated() -> None:
    fine = _record(examined={MUST: 1}, found={SHOULD: 1}, findings=[_finding(SHOULD)])
    assert repeat(fine, lambda: pytest.fail("driven again"), 3, contract.load()) == fine


def test_selection_by_area_requirement_and_scenario() -> None:
    assert Selection.of(()).admits("anything")
    assert Selection.of(("runs.text",)).scenarios == {"runs.text"}
    by_id = Selection.of((MUST,))
    assert by_id.requirements == {MUST}
    assert by_id.scenarios == set(selection.scenarios_for(MUST))
    area = Selection.of(("headers",))
    assert area.scenarios is not None
    assert {"headers.beta", "headers.key"} <= area.scenarios
    assert area.reports("HDR-KEY-01")
    assert not area.reports(MUST)
    assert Selection.of(("runs.text, headers,",)).scenarios == {"runs.text", *area.scenarios}
    with pytest.raises(UnknownSelection, match="did you mean"):
        Selection.of(("RUN-STATE-1",))
    for empty in ((",",), ("runs", "")):
        with pytest.raises(UnknownSelection, match="names nothing"):
            Selection.of(empty)


@pytest.mark.parametrize(
    ("word", "scenarios", "requirements", "told"),
    [
        ("RUN-STATE", "", "RUN-STATE-", "RUN-STATE is all that begins with RUN-STATE: "),
        ("streams", "streams.", "STREAM-", "streams is the area streams: "),
        ("limits.run", "limits.run", "", "limits.run is a group of scenarios: "),
    ],
)
def test_what_several_begin_with_is_told(word: str, scenarios: str, requirements: str, told: str) -> None:
    chosen = Selection.of((word,))
    assert chosen.meanings[0].startswith(told)
    assert chosen.scenarios
    assert chosen.requirements
    assert not chosen.is_narrow
    if scenarios == word:
        assert all(name.startswith(scenarios) for name in chosen.scenarios)
    if requirements == f"{word}-":
        assert all(name.startswith(requirements) for name in chosen.requirements)


@pytest.mark.parametrize("word", ["runs.text", MUST])
def test_one_thing_is_narrow(word: str) -> None:
    assert Selection.of((word,)).is_narrow
    assert not Selection.of((word, "runs.text", "headers")).is_narrow
    assert Selection.of((word,)).meanings == ()


def test_what_is_excluded_is_neither_run_nor_reported() -> None:
    everything = Selection.of((), ("headers", "RUN-STATE", "runs.text"))
    assert not everything.admits("headers.beta")
    assert not everything.admits("runs.text")
    assert everything.admits("runs.many_tools_of_the_assistant")
    assert not everything.reports("HDR-KEY-01")
    assert not everything.reports("RUN-STATE-04")
    assert everything.reports("RUN-FIELD-06")
    some = Selection.of(("streams",), ("STREAM-FRAME-01",))
    assert some.reports("STREAM-FRAME-03")
    assert not some.reports("STREAM-FRAME-01")
    with pytest.raises(UnknownSelection):
        Selection.of((), ("haeders",))
