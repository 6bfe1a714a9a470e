"""The registry holds together: ids, checks, evidence, levels, names."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from importlib import import_module
from pkgutil import iter_modules

import pytest

import conformance.checks
from conformance import contract, coverage, resources
from conformance.checks import all_checks
from conformance.contract import Evidence, Level, Requirement

REQUIREMENTS = contract.load().requirements
SCENARIO_FOLDER = resources.specs().parent / "conformance" / "scenarios"
AREAS = {path.stem for path in (resources.specs() / "requirements").glob("*.yaml")}


@pytest.mark.parametrize("requirement", REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_every_requirement_names_what_judges_it(requirement: Requirement) -> None:
    for name in requirement.checks:
        if name.startswith("scenarios."):
            assert name.removeprefix("scenarios.") in coverage.load()
            continue
        assert any(fnmatch(requirement.id, pattern) for pattern in all_checks()[name].requirements)


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
    cassettes = {f"{path.parent.name}.{path.stem}" for path in folder.glob("*/*.yaml")}
    scenarios = {
        f"{path.stem.removeprefix('test_')}.{name}"
        for path in SCENARIO_FOLDER.glob("test_*.py")
        for name in re.findall(r"^def test_(\w+)\(api: Driver\)", path.read_text(), re.MULTILINE)
    }
    assert cassettes == scenarios == set(coverage.load())


def test_coverage_knows_only_requirements_of_the_registry() -> None:
    assert set().union(*coverage.load().values()) <= set(REQUIREMENTS)
