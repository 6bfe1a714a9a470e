"""Operators break recorded traces so that the checks notice; a sample of them, by seed, over the bundled cassettes."""

from dataclasses import replace
from random import Random

import pytest

from conformance import contract
from conformance.contract import resources
from conformance.proof.operators import TraceView, all_operators
from conformance.proof.operators.mutants import Fate, Mutant, MutantReport, mutants, recorded
from conformance.proof.operators.unseen import CURSOR
from conformance.proof.variations.run import Variations
from conformance.proof.wider import Wider, markdown
from conformance.trace.trace import Trace
from tests.traces import RUN, THREAD, call, error, listing, message, run, trace

SEED = 5
PAGE = f"GET /threads/{THREAD}/messages?limit=1"
SAMPLE = 0.2
KILLED = 0.99
"""A floor for a small sample; the whole run says what the share is."""


@pytest.fixture(scope="module")
def report() -> MutantReport:
    loaded = contract.load()
    return mutants(recorded([resources.cassettes() / "reference"], loaded), loaded, seed=SEED, sample=SAMPLE)


def test_the_checks_notice_what_operators_do(report: MutantReport) -> None:
    assert len(report.mutants) > 500
    assert report.count(Fate.CRASHED) == 0
    told = "\n".join(f"{one.operator} in {one.source}: {one.done}" for one in report.survivors)
    assert report.share >= KILLED, told


def test_every_survivor_has_its_reason(report: MutantReport) -> None:
    assert [f"{one.operator} in {one.source}: {one.done}" for one in report.unexplained] == []
    assert report.to_dict()["unexplained"] == 0


def test_a_survivor_without_a_reason_is_unexplained() -> None:
    lost = Mutant("a trace", "lost_item", 0, "a list without its item 0", Fate.SURVIVED)
    told = replace(lost, reason="what has a time to expire may be gone from a list")
    found = MutantReport(0, 1, (lost, told))
    assert found.unexplained == (lost,)
    page = markdown(Wider(found, Variations(()), recordings=False))
    assert "2 mutants were noticed by no check, 1 of them unexplained." in page
    assert "| lost_item | a trace | a list without its item 0 | unexplained |" in page
    assert (
        "| lost_item | a trace | a list without its item 0 | what has a time to expire may be gone from a list |"
        in page
    )


def test_a_mutant_that_survived_tells_the_reason_of_its_operator() -> None:
    unknown = trace(error("GET /threads/thread_T1/messages?after=msg_0", 404), call(PAGE, listing(message())))
    made = mutants([unknown], contract.load(), seed=SEED)
    [survivor] = [one for one in made.survivors if one.operator == "accepted"]
    assert survivor.reason == CURSOR
    assert all(one.reason is None for one in made.mutants if one.fate is Fate.KILLED)


def test_the_same_seed_gives_the_same_mutants() -> None:
    loaded = contract.load()
    folder = [resources.cassettes() / "reference" / "objects"]
    first, second = (mutants(recorded(folder, loaded), loaded, seed=SEED, sample=SAMPLE) for _ in range(2))
    assert first == second
    assert first.mutants


@pytest.mark.parametrize("name", sorted(all_operators()))
def test_an_operator_leaves_alone_what_it_cannot_break(name: str) -> None:
    empty = Trace("nothing", ())
    assert all_operators()[name].function(TraceView(empty, contract.load()), Random(SEED)) is None


def test_an_operator_names_requirements_of_the_registry() -> None:
    known = contract.load().requirements
    for operator in all_operators().values():
        for pattern in operator.requirements:
            named = replace(operator, requirements=(pattern,))
            assert any(named.names(requirement) for requirement in known), f"{operator.name}: {pattern}"


def test_a_mutant_that_changes_nothing_that_is_known_is_equivalent() -> None:
    path = f"GET /threads/{THREAD}/runs/{RUN}"
    looked = trace(call(path, run("completed")), call(path, run("completed")), call(path, run("completed")))
    mutation = all_operators()["stale_snapshot"].function(TraceView(looked, contract.load()), Random(SEED))
    assert mutation is not None
    assert mutation.equivalent == "the object had not changed"
