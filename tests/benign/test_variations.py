"""Harmless variations of the reference endpoint: not one is accused. `make proof` runs all scenarios."""

import pytest

from conformance.proof.harness import scenarios
from conformance.proof.interception import ignore_broken_answers
from conformance.proof.variations import all_variations
from conformance.proof.variations.run import run_variations

SCENARIOS = (
    "objects.assistant_lifecycle",
    "identity.assistant_nulls",
    "objects.thread_lifecycle",
    "messages.content",
    "lists.messages",
    "runs.text",
    "tools.parallel",
    "streams.text",
    "deltas.function",
    "files.lifecycle",
    "vector_stores.lifecycle",
    "errors.unknown_ids",
    "limits.assistant_name",
    "runs.overrides",
    "runs.without_instructions",
)


def test_there_are_many_and_each_says_why_it_is_right() -> None:
    assert len(all_variations()) >= 30
    assert all(len(one.why) > 12 and one.about for one in all_variations().values())
    assert set(SCENARIOS) <= set(scenarios())


@pytest.mark.parametrize("name", all_variations())
def test_a_variation_is_not_accused(name: str) -> None:
    ignore_broken_answers()
    (outcome,) = run_variations([name], only=SCENARIOS).outcomes
    assert not outcome.false_alarms, [
        f"{one.requirement} in {one.scenario}: expected {one.expected}; got {one.actual}"
        for one in outcome.false_alarms
    ]
    assert not outcome.broken
    assert outcome.scenarios
    assert outcome.changed, "it changed nothing"
