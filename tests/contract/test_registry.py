"""The registry holds together: ids, checks, evidence, levels, names."""

import ast
import re
from fnmatch import fnmatch
from importlib import import_module
from pkgutil import iter_modules

import pytest

import conformance.checks
from conformance import contract
from conformance.checks import all_checks
from conformance.contract import Evidence, Level, Requirement, resources
from conformance.scenarios import registry
from conformance.session import selection

REQUIREMENTS = contract.load().requirements
AREAS = {path.stem for path in (resources.specs() / "requirements").glob("*.yaml")}


@pytest.mark.parametrize("requirement", REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_every_requirement_names_what_judges_it(requirement: Requirement) -> None:
    for name in requirement.checks:
        if name.startswith("scenarios."):
            assert name.removeprefix("scenarios.") in selection.load()
            continue
        assert any(fnmatch(requirement.id, pattern) for pattern in all_checks()[name].requirements)


NOT_DRIVEN = {
    "ANNOTATION-QUOTE-01": "no finished message that was recorded has a quote, so the reference endpoint sends none",
    "ERROR-TYPE-02": "the reference endpoint has no failure of its own to show; planted faults do",
    "SCHEMA-DeleteModelResponse": "no scenario deletes a model of the user's",
}
"""Requirements that checks judge where they meet them, but that no scenario may or can bring about; with the reason."""
WAITING: frozenset[str] = frozenset()
"""Requirements whose scenario or whose part of the reference endpoint is still to come."""


def test_every_tested_requirement_is_exercised_on_the_reference() -> None:
    exercised = set().union(*selection.load().values())
    tested = {name for name, requirement in REQUIREMENTS.items() if requirement.checks}
    assert tested - exercised - set(NOT_DRIVEN) == WAITING
    assert not exercised & set(NOT_DRIVEN), "exercised after all"


@pytest.mark.parametrize("requirement", REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_every_requirement_has_evidence_that_can_be_found(requirement: Requirement) -> None:
    assert requirement.sources
    for source in requirement.sources:
        assert len(source.pointer) > 10
        assert not re.search(r"\.\./|/work/|/home/|shared/", source.pointer)
    assert bool(requirement.checks) is not bool(requirement.untestable)


DISAGREEMENTS = {
    "tools of a run": "LIMIT-RUN-07",
    "completion tokens of a run": "LIMIT-RUN-03",
    "files of a batch": "LIMIT-BATCH-01",
    "files of a vector store": "LIMIT-VS-03",
    "tokens of a file": "LIMIT-FILE-02",
    "storage": "LIMIT-FILE-03",
    "length of a message": "LIMIT-MSG-04",
    "role of a message": "LIMIT-MSG-02",
    "smallest page": "LIMIT-LIST-08",
    "kinds of files that cannot be searched": "LIMIT-FILE-07",
    "kinds of files": "LIMIT-FILE-08",
    "what can be changed of a thread": "LIMIT-THREAD-02",
    "what locks a thread": "LOCK-MESSAGE-01",
    "statuses of a run": "SCHEMA-RunObject",
    "statuses of a vector store": "SCHEMA-VectorStoreObject",
    "the end of the API": "LEGACY-END-01",
    "response formats": "LIMIT-FORMAT-01",
    "taking a file out of a vector store": "LIMIT-FILE-12",
}


@pytest.mark.parametrize("topic", DISAGREEMENTS)
def test_where_sources_disagree_it_is_decided_once(topic: str) -> None:
    decided = REQUIREMENTS[DISAGREEMENTS[topic]].conflict
    assert decided is not None
    assert re.search(r"taken|conforms?|conform\.|wins", decided)


@pytest.mark.parametrize("requirement", REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_no_must_rests_on_inference(requirement: Requirement) -> None:
    strong = {Evidence.RECORDED, Evidence.SPEC, Evidence.DOCUMENTED}
    assert requirement.sources
    assert requirement.level is not Level.MUST or strong & {source.evidence for source in requirement.sources}


def test_ids_have_one_form_and_areas_one_file() -> None:
    assert {requirement.area for requirement in REQUIREMENTS.values()} == AREAS
    odd = [name for name in REQUIREMENTS if not re.fullmatch(r"[A-Z]+(-[A-Z0-9]+)+-\d\d|SCHEMA-[A-Za-z]+", name)]
    assert odd == []


def test_every_check_judges_something_and_is_named_by_it() -> None:
    named = {name for requirement in REQUIREMENTS.values() for name in requirement.checks}
    assert set(all_checks()) <= named, "a check that no requirement names"
    for check in all_checks().values():
        for pattern in check.requirements:
            assert any(fnmatch(name, pattern) for name in REQUIREMENTS), f"{check.name} judges {pattern}: no such id"


def test_every_check_module_can_be_imported_alone() -> None:
    for module in iter_modules(conformance.checks.__path__):
        assert import_module(f"conformance.checks.{module.name}").__doc__


def test_every_scenario_has_a_cassette_and_every_cassette_a_scenario() -> None:
    folder = resources.cassettes() / "reference"
    cassettes = {f"{path.parent.name}.{path.name.partition('.')[0]}" for path in folder.glob("*/*.yaml*")}
    assert cassettes == set(registry.registry()) == set(selection.load())


def test_the_scenario_registry_reads_the_source_as_python_does() -> None:
    parsed = {
        f"{path.stem}.{node.name.removeprefix('test_')}"
        for path in registry.FOLDER.glob("*.py")
        for node in ast.parse(path.read_bytes()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    assert set(registry.registry()) == parsed


def test_scenarios_stand_in_areas_of_the_requirements() -> None:
    assert registry.areas() <= AREAS


def test_every_area_has_scenarios() -> None:
    assert AREAS - registry.areas() == set()


def test_coverage_knows_only_requirements_of_the_registry() -> None:
    assert set().union(*selection.load().values()) <= set(REQUIREMENTS)
